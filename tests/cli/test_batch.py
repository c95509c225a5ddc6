"""toile batch: folders in, outcomes, report and exit codes out."""

import dataclasses
import json
import os
import signal
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from app import wiring
from app.domain.batch.journal import FOLDER, Journal
from app.domain.batch.order import Order
from app.domain.batch.plan import plan
from app.domain.palette import Palette
from app.domain.picture import load_picture, save_picture
from tests.cli.terminal import one_line, run
from tests.domain.batch_made import REFUSED, USE, StandIn, made_order, outcomes, picture, strays
from tests.inference.wardrobe import CLOTH, shirt, standing, write_packs


@pytest.fixture
def tryon(monkeypatch: pytest.MonkeyPatch) -> StandIn:
    made = StandIn()
    monkeypatch.setattr(wiring, "open_tryon", lambda *_: made)
    return made


@pytest.fixture
def order(tmp_path: Path) -> Order:
    return made_order(tmp_path, 3, 2)


def batch(order: Order, *more: object) -> int:
    return run("batch", order.people, order.cloths, "-o", order.out, *more)


def test_folders_become_outcomes(
    order: Order, tryon: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    assert batch(order) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert said.out.startswith("3 people and 2 cloths, 6 pairs.\n")
    assert said.out.endswith(f"{order.out}: 6 outcomes.\n")
    assert len(outcomes(order)) == 6
    assert (order.out / "report.csv").exists()
    assert (order.out / "contact-sheet.jpg").exists()


def test_the_real_thing(
    tmp_path: Path, palette: Palette, capsys: pytest.CaptureFixture[str]
) -> None:
    packs = write_packs(tmp_path / "packs", palette)
    order = made_order(tmp_path, 0, 0)
    for side in ("people", "cloths"):
        (tmp_path / side).mkdir()
    save_picture(tmp_path / "people" / "人.png", standing(palette))
    save_picture(tmp_path / "people" / "nobody.png", np.full((300, 200, 4), 255, np.uint8))
    save_picture(tmp_path / "cloths" / "服.png", shirt())
    more = ("--models", packs, "--device", "cpu", "--format", "jpg", "--quality", "95")
    assert batch(order, *more, "--dry-run") == 0
    assert "2 people and 1 cloth, 2 pairs: about" in capsys.readouterr().out
    assert not order.out.exists()
    assert batch(order, *more) == 3
    said = capsys.readouterr()
    assert "nobody.png in 服.png: No person was found" in said.err
    assert "1 outcome, 1 failed." in said.out
    assert "--retry-failed" in said.err
    chest = load_picture(order.out / "人_服.jpg").rgba[330, 250:350, :3].astype(int)
    assert np.abs(chest - CLOTH).max() < 14


def test_what_the_device_says_is_told_once(
    order: Order,
    tryon: StandIn,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = "The device DirectML failed; the CPU goes on."
    use = dataclasses.replace(USE, notices=(said,))
    monkeypatch.setattr("tests.domain.batch_made.USE", use)
    assert batch(order) == 0
    assert capsys.readouterr().err.count(said) == 1


def test_json_progress_is_a_line_for_every_event(
    order: Order, tryon: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    picture(order.people / "bad.png", (REFUSED, 0, 0))
    assert batch(order, "--json-progress", "--template", "{n}", "--jobs", 1) == 3
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["event"] for event in events] == ["start", *["item"] * 8, "end"]
    assert (events[0]["people"], events[0]["cloths"], events[0]["total"]) == (4, 2, 8)
    assert {event["state"] for event in events[1:-1]} == {"done", "failed"}
    failed = next(event for event in events[1:-1] if event["state"] == "failed")
    assert failed["outcome"] is None
    assert "No person" in failed["reason"]
    assert events[-1] == {
        "event": "end", "state": "done", "done": 6, "failed": 2, "waiting": 0, "total": 8,
        "rate": events[-1]["rate"], "seconds_left": 0.0,
    }  # fmt: skip


def test_a_dry_run_counts_estimates_and_writes_nothing(
    order: Order, tryon: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    tryon.seconds = 0.05
    assert batch(order, "--dry-run", "--json-progress") == 0
    (event,) = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (event["event"], event["total"]) == ("estimate", 6)
    assert event["seconds"] > 0
    assert event["bytes"] > 0
    assert not order.out.exists()


def test_a_dry_run_of_a_batch_that_was_begun_estimates_what_is_left(
    order: Order, tryon: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    picture(order.people / "bad.png", (REFUSED, 0, 0))
    assert batch(order) == 3
    picture(order.people / "late.png", (1, 0, 0))
    capsys.readouterr()

    def left(*more: str) -> int:
        assert batch(order, "--dry-run", "--json-progress", *more) == 0
        (line,) = capsys.readouterr().out.splitlines()
        return int(json.loads(line)["left"])

    assert left("--resume") == 2
    assert left("--retry-failed") == 4
    assert left("--anew") == 10
    assert batch(order, "--dry-run", "--resume") == 0
    assert "10 pairs, 2 still to do: about" in capsys.readouterr().out
    assert batch(order, "--dry-run", "--resume", "--format", "png") == 6
    assert "other settings: the format" in one_line_of_errors(capsys)
    assert batch(order, "--resume") == 3
    capsys.readouterr()
    assert left("--resume") == 0
    assert batch(order, "--dry-run", "--resume") == 0
    assert "10 pairs. Nothing is left to do." in capsys.readouterr().out


def test_a_table_of_pairs(order: Order, tryon: StandIn) -> None:
    table = order.people.parent / "pairs.csv"
    table.write_text("p000,c001,dress\np002,c000\n")
    assert batch(order, "--pairs", table, "--template", "{person} {category}") == 0
    assert [path.name for path in outcomes(order)] == ["p000 dress.jpg", "p002 auto.jpg"]
    assert [request.category for request in tryon.asked] == ["dress", None]
    assert not any(request.upright for request in tryon.asked)


def test_cloths_that_are_put_on_as_they_lie(order: Order, tryon: StandIn) -> None:
    assert batch(order, "--upright", "--dry-run") == 0
    assert batch(order, "--upright") == 0
    assert len(tryon.asked) > len(outcomes(order))
    assert all(request.upright for request in tryon.asked)


def test_faults_of_the_order_are_3_and_said_in_a_line(
    order: Order, tryon: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    table = order.people.parent / "pairs.csv"
    table.write_text("p000,c009\n")
    for more, words in (
        (("--pairs", table), "Line 1: there is no cloth 'c009' in cloths."),
        (("--pairs", "name"), "same name"),
        (("--pairs", "nowhere.csv"), "no such file"),
        (("--template", "{who}"), "{who}"),
        (("--template", "x"), "same name"),
    ):
        assert batch(order, *more) == 3
        assert words in one_line(capsys)
    assert not order.out.exists()


@pytest.mark.parametrize(
    "more",
    [("--jobs", "0"), ("--jobs", "many"), ("--quality", "0"), ("--format", "tif"),
     ("--resume", "--anew"), ("--category", "hat")],
)  # fmt: skip
def test_wrong_usage_is_2(
    more: tuple[str, ...], order: Order, capsys: pytest.CaptureFixture[str]
) -> None:
    assert batch(order, *more) == 2
    assert "--help" in one_line(capsys)


def test_resume_retry_and_anew(
    order: Order, tryon: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = picture(order.people / "bad.png", (REFUSED, 0, 0))
    assert batch(order, "--resume") == 3
    assert batch(order) == 6
    assert "already: 6 of 8 are done" in capsys.readouterr().err
    assert batch(order, "--resume") == 3
    picture(bad, (5, 5, 5))
    count = tryon.count
    assert batch(order, "--retry-failed") == 0
    assert tryon.count == count + 2
    assert "6 done and 0 failed before; 2 to do." in capsys.readouterr().out
    assert batch(order, "--resume", "--format", "png") == 6
    assert "other settings: the format" in capsys.readouterr().err
    assert batch(order, "--anew", "--format", "png") == 0
    assert {path.suffix for path in outcomes(order)} == {".png", ".jpg"}


def test_a_folder_in_use_is_6(
    order: Order, tryon: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    journal = Journal(plan(order))
    try:
        assert batch(order, "--resume") == 6
    finally:
        journal.close()
    assert "Another batch is running" in one_line_of_errors(capsys)
    (order.out / FOLDER / "journal.sqlite").write_bytes(b"x" * 4096)
    assert batch(order, "--resume") == 6


def one_line_of_errors(capsys: pytest.CaptureFixture[str]) -> str:
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return said


def test_a_missing_pack_is_4_before_anything_is_written(
    order: Order, capsys: pytest.CaptureFixture[str]
) -> None:
    assert batch(order, "--models", order.people) == 4
    assert "no model pack" in one_line(capsys)
    assert not order.out.exists()


@pytest.mark.skipif(os.name != "posix", reason="os.kill raises no Ctrl-C elsewhere")
def test_ctrl_c_stops_cleanly_and_says_how_to_go_on(
    order: Order, tryon: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    tryon.seconds = 0.05
    begun = threading.Event()
    tryon.before = lambda number, _cancel: begun.set() if number == 2 else None

    def press() -> None:
        begun.wait(20)
        time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()
    assert batch(order) == 130
    thread.join()
    said = capsys.readouterr()
    assert "still to do" in said.out
    assert "with --resume" in said.err
    assert strays(order) == []
    done = len(outcomes(order))
    assert 0 < done < 6
    tryon.seconds = 0.0
    assert batch(order, "--resume") == 0
    assert len(outcomes(order)) == 6
