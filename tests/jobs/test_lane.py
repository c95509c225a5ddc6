"""The lane and the file pool: order, one answer per job, always on the main thread."""

import threading
import time
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QThread
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.domain.cancel import CancelToken
from app.domain.errors import Cancelled, PackError, ToileError
from app.jobs.files import FilePool
from app.jobs.lane import InferenceLane, Job


@pytest.fixture
def lane(qapp: QApplication) -> Iterator[InferenceLane]:
    lane = InferenceLane()
    yield lane
    assert lane.shutdown()


def until_cancelled(token: CancelToken) -> str:
    while not token.cancelled:
        time.sleep(0.001)
    token.raise_if_cancelled()
    return "unreachable"


def watch(job: Job, heard: list[tuple[str, object, bool]]) -> None:
    def here() -> bool:
        return QThread.currentThread().isMainThread()

    job.succeeded.connect(lambda value: heard.append(("succeeded", value, here())))
    job.failed.connect(lambda error: heard.append(("failed", error, here())))
    job.finished.connect(lambda: heard.append(("finished", None, here())))


def test_a_result_arrives_on_the_main_thread_though_work_ran_in_another(
    lane: InferenceLane, qtbot: QtBot
) -> None:
    heard: list[tuple[str, object, bool]] = []
    job = lane.submit(lambda _: threading.current_thread().name, "name")
    watch(job, heard)
    qtbot.waitUntil(lambda: len(heard) == 2)
    assert heard == [("succeeded", "inference-0", True), ("finished", None, True)]
    assert 0 < job.seconds < 1


def test_jobs_run_one_at_a_time_in_order(lane: InferenceLane, qtbot: QtBot) -> None:
    running, most, order = [0], [0], []

    def work(number: int) -> int:
        running[0] += 1
        most[0] = max(most[0], running[0])
        time.sleep(0.002)
        running[0] -= 1
        return number

    jobs = [lane.submit(lambda _, n=n: work(n), str(n)) for n in range(8)]
    for job in jobs:
        job.succeeded.connect(order.append)
    qtbot.waitUntil(lambda: len(order) == 8)
    assert order == list(range(8))
    assert most == [1]


def test_an_expected_failure_is_handed_on_as_it_is(lane: InferenceLane, qtbot: QtBot) -> None:
    error = PackError("The pack is broken", where="here")

    def work(_: CancelToken) -> None:
        raise error

    heard: list[tuple[str, object, bool]] = []
    watch(lane.submit(work, "broken"), heard)
    qtbot.waitUntil(lambda: len(heard) == 2)
    assert heard == [("failed", error, True), ("finished", None, True)]


def test_an_unexpected_failure_is_logged_and_told_in_words(
    lane: InferenceLane, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[tuple[str, object, bool]] = []
    watch(lane.submit(lambda _: 1 // 0, "Dividing"), heard)
    qtbot.waitUntil(lambda: len(heard) == 2)
    kind, error, _ = heard[0]
    assert kind == "failed"
    assert isinstance(error, ToileError)
    assert "Dividing failed unexpectedly" in str(error)
    assert "ZeroDivisionError" in caplog.text


def test_cancel_of_a_running_job_gives_finished_alone(lane: InferenceLane, qtbot: QtBot) -> None:
    heard: list[tuple[str, object, bool]] = []
    job = lane.submit(until_cancelled, "long")
    watch(job, heard)
    qtbot.waitUntil(lambda: lane.busy == "long")
    job.cancel()
    qtbot.waitUntil(lambda: bool(heard))
    assert heard == [("finished", None, True)]
    assert lane.busy == ""


def test_a_job_cancelled_while_it_waits_never_begins(lane: InferenceLane, qtbot: QtBot) -> None:
    begun: list[str] = []
    first = lane.submit(until_cancelled, "first")
    second = lane.submit(lambda _: begun.append("second"), "second")
    second.cancel()
    first.cancel()
    with qtbot.waitSignal(second.finished):
        pass
    assert begun == []


def test_busy_tells_the_running_title_then_nothing(lane: InferenceLane, qtbot: QtBot) -> None:
    titles: list[str] = []
    lane.busy_changed.connect(titles.append)
    lane.submit(lambda _: None, "one")
    lane.submit(lambda _: None, "two")
    qtbot.waitUntil(lambda: len(titles) == 4)
    assert titles == ["one", "", "two", ""]


def test_shutdown_stops_running_and_waiting_work_without_a_word(qtbot: QtBot) -> None:
    lane = InferenceLane()
    heard: list[tuple[str, object, bool]] = []
    watch(lane.submit(until_cancelled, "running"), heard)
    watch(lane.submit(until_cancelled, "waiting"), heard)
    qtbot.waitUntil(lambda: lane.busy == "running")
    assert lane.shutdown(2)
    qtbot.wait(20)
    assert heard == []
    assert not [t for t in threading.enumerate() if t.name == "inference-0"]


def test_shutdown_does_not_wait_for_ever_for_work_that_will_not_stop(qtbot: QtBot) -> None:
    lane, release = InferenceLane(), threading.Event()
    lane.submit(lambda _: release.wait(5), "deaf")
    qtbot.waitUntil(lambda: lane.busy == "deaf")
    begun = time.monotonic()
    assert not lane.shutdown(0.05)
    assert time.monotonic() - begun < 1
    release.set()
    assert lane.shutdown(2)


def test_work_after_shutdown_is_cancelled_not_lost(qtbot: QtBot) -> None:
    lane = InferenceLane()
    lane.shutdown()
    job = lane.submit(lambda _: 1, "late")
    with qtbot.waitSignal(job.finished):
        pass
    assert job.cancelled


def test_two_files_are_worked_on_at_once_and_the_main_thread_waits_for_neither(
    qtbot: QtBot,
) -> None:
    pool, both = FilePool(), threading.Barrier(2, timeout=5)
    done: list[object] = []
    for name in ("a", "b"):
        pool.submit(lambda: both.wait() >= 0, name).succeeded.connect(done.append)
    qtbot.waitUntil(lambda: len(done) == 2)
    assert done == [True, True]
    assert pool.shutdown()


def test_closing_finishes_the_files_that_wait(qtbot: QtBot) -> None:
    pool, written = FilePool(), list[int]()

    def write(number: int) -> None:
        time.sleep(0.01)
        written.append(number)

    for number in range(10):
        pool.submit(lambda n=number: write(n), "Saving")
    assert pool.shutdown(10)
    assert sorted(written) == list(range(10))


# Calls from other threads


def called(lane: InferenceLane, work, token: CancelToken | None = None) -> list[object]:  # noqa: ANN001
    """What comes of a call in a thread of its own, at once."""
    came: list[object] = []

    def run() -> None:
        try:
            came.append(lane.call(work, "a call", token or CancelToken()))
        except ToileError as error:
            came.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(10)
    return came


def test_a_call_waits_its_turn_and_returns(lane: InferenceLane) -> None:
    token = CancelToken()
    assert called(lane, lambda given: given is token, token) == [True]
    assert called(lane, lambda _: threading.current_thread().name) == ["inference-0"]
    assert lane.busy == ""


def test_a_call_raises_what_its_work_raises(lane: InferenceLane) -> None:
    def fail(_: CancelToken) -> None:
        raise PackError("The pack is gone")

    (error,) = called(lane, fail)
    assert isinstance(error, PackError)
    (error,) = called(lane, lambda _: 1 / 0)
    assert isinstance(error, ToileError)
    assert "division by zero" in str(error)
    token = CancelToken()
    token.cancel()
    (error,) = called(lane, lambda _: 1, token)
    assert isinstance(error, Cancelled)


def test_jobs_and_calls_take_turns(lane: InferenceLane, qtbot: QtBot) -> None:
    order: list[str] = []
    gate = threading.Event()
    lane.submit(lambda _: gate.wait(10) and order.append("job"), "first")
    done: list[object] = []
    thread = threading.Thread(
        target=lambda: done.append(lane.call(lambda _: order.append("call"), "c", CancelToken()))
    )
    thread.start()
    while not lane._queue:
        time.sleep(0.001)
    lane.submit(lambda _: order.append("job after"), "second")
    gate.set()
    qtbot.waitUntil(lambda: len(order) == 3)
    thread.join(10)
    assert order == ["job", "call", "job after"]


def test_shutdown_frees_whoever_waits(qapp: QApplication) -> None:
    lane = InferenceLane()
    job = lane.submit(until_cancelled, "long")
    came: list[object] = []

    def run() -> None:
        try:
            came.append(lane.call(lambda _: 1, "c", CancelToken()))
        except ToileError as error:
            came.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    while not lane._queue:
        time.sleep(0.001)
    assert lane.shutdown()
    thread.join(10)
    assert [type(one) for one in came] == [Cancelled]
    assert job.cancelled
    assert [type(one) for one in called(lane, lambda _: 1)] == [Cancelled]
