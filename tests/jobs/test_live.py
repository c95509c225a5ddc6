"""The live scheduler: newest wins, at most one in flight, slow networks are asked less often."""

import gc
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.domain.cancel import CancelToken
from app.domain.errors import DeviceError
from app.jobs.lane import InferenceLane
from app.jobs.live import FAST, LiveScheduler


@pytest.fixture
def lane(qapp: QApplication) -> Iterator[InferenceLane]:
    lane = InferenceLane()
    yield lane
    assert lane.shutdown()


def collect(live: LiveScheduler) -> list[object]:
    results: list[object] = []
    live.result.connect(lambda payload, made: results.append((payload, made)))
    return results


class Gate:
    """A `run` that waits to be let through and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[object] = []
        self.open = threading.Semaphore(0)
        self.at_once = self.most = 0

    def __call__(self, payload: object, token: CancelToken) -> object:
        self.asked.append(payload)
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        while not self.open.acquire(timeout=0.002):
            if token.cancelled:
                self.at_once -= 1
                token.raise_if_cancelled()
        self.at_once -= 1
        return f"picture of {payload}"


def test_only_the_newest_of_the_waiting_requests_runs(lane: InferenceLane, qtbot: QtBot) -> None:
    gate = Gate()
    live = LiveScheduler(lane, gate)
    results = collect(live)
    live.request(0)
    qtbot.waitUntil(lambda: gate.asked == [0])
    for payload in range(1, 50):
        live.request(payload)
    gate.open.release(2)
    qtbot.waitUntil(lambda: not live.active)
    assert gate.asked == [0, 49]
    assert results == [(0, "picture of 0"), (49, "picture of 49")]
    assert gate.most == 1


def test_a_fast_network_is_asked_at_once(lane: InferenceLane, qtbot: QtBot) -> None:
    live = LiveScheduler(lane, lambda payload, _: payload)
    results = collect(live)
    for payload in range(5):
        live.request(payload)
        qtbot.waitUntil(lambda: not live.active)
    assert [payload for payload, _ in results] == [0, 1, 2, 3, 4]
    assert live.delay == 0


def sleeper(seconds: float) -> Callable[[object, CancelToken], object]:
    def run(payload: object, _: CancelToken) -> object:
        time.sleep(seconds)
        return payload

    return run


def test_a_slow_network_waits_for_a_pause(lane: InferenceLane, qtbot: QtBot) -> None:
    asked: list[object] = []
    slow = sleeper(FAST + 0.05)

    def run(payload: object, token: CancelToken) -> object:
        asked.append(payload)
        return slow(payload, token)

    live = LiveScheduler(lane, run)
    for payload in ("cold", "measured"):
        live.request(payload)
        qtbot.waitUntil(lambda: not live.active)
    assert FAST / 2 < live.delay < FAST
    for payload in range(6):
        live.request(payload)
        qtbot.wait(10)
    assert asked == ["cold", "measured"], "it should wait while requests keep coming"
    qtbot.waitUntil(lambda: not live.active)
    assert asked == ["cold", "measured", 5]


def test_the_first_run_opens_the_graph_and_does_not_make_it_slow(
    lane: InferenceLane, qtbot: QtBot
) -> None:
    live = LiveScheduler(lane, sleeper(FAST + 0.05))
    live.request(0)
    qtbot.waitUntil(lambda: not live.active)
    assert live.delay == 0


def test_a_failure_is_told_and_the_next_request_runs(lane: InferenceLane, qtbot: QtBot) -> None:
    def run(payload: object, _: CancelToken) -> object:
        if payload == "bad":
            raise DeviceError("The device is lost")
        return payload

    live = LiveScheduler(lane, run)
    results, errors = collect(live), []
    live.failed.connect(errors.append)
    live.request("bad")
    qtbot.waitUntil(lambda: bool(errors) and not live.active)
    live.request("good")
    qtbot.waitUntil(lambda: bool(results))
    assert [str(error) for error in errors] == ["The device is lost."]
    assert results == [("good", "good")]


def test_cancel_forgets_waiting_and_running(lane: InferenceLane, qtbot: QtBot) -> None:
    gate = Gate()
    live = LiveScheduler(lane, gate)
    results = collect(live)
    live.request("running")
    qtbot.waitUntil(lambda: gate.asked == ["running"])
    live.request("waiting")
    live.cancel()
    qtbot.waitUntil(lambda: not live.active)
    assert gate.asked == ["running"]
    assert results == []
    gate.open.release()
    live.request("new")
    qtbot.waitUntil(lambda: bool(results))
    assert results == [("new", "picture of new")]


def test_lanes_come_and_go_while_listeners_hold_them(qtbot: QtBot) -> None:
    """A job's last connection may be what holds the lane: Qt must not free either one twice."""
    for _ in range(20):
        lane = InferenceLane()
        live = LiveScheduler(lane, lambda payload, _: payload)
        heard: list[object] = []
        job = lane.submit(lambda _: 1, "one")
        job.succeeded.connect(lambda made, job=job, live=live, h=heard: h.append((job.title, made)))
        live.request("payload")
        live.result.connect(lambda *pair, live=live, h=heard: h.append(pair))
        qtbot.waitUntil(lambda h=heard: len(h) == 2)
        assert heard == [("one", 1), ("payload", "payload")]
        assert lane.shutdown()
        del lane, live, job
    gc.collect()
    qtbot.wait(10)
