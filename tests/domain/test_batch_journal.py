"""Nothing lost, nothing half, nothing twice: after kill -9, a full disk, a missing folder."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.domain import files
from app.domain.batch import journal as module
from app.domain.batch.journal import FOLDER, Made
from app.domain.batch.order import Order, OrderError, StoreError
from app.domain.batch.plan import plan
from app.domain.cancel import CancelToken
from tests.conftest import ROOT
from tests.domain.batch_made import StandIn, made_order, outcomes, picture, run, start, strays

POSIX = pytest.mark.skipif(os.name != "posix", reason="forks and limits are POSIX's")


@POSIX
def test_killed_twelve_times_and_still_whole(tmp_path: Path) -> None:
    found = killed(12, 60, tmp_path, 5)
    assert found.pop("kills") >= 6
    assert found.pop("before") > 30
    assert found.pop("halves") >= 0
    assert found == {
        "items": 60, "whole": 60, "wrong": 0, "files": 60, "twice": 0, "pairs": 60, "strays": 0,
    }  # fmt: skip


def killed(kills: int, items: int, folder: Path, seed: int) -> dict[str, int]:
    arguments = [str(value) for value in (kills, items, folder, seed)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.domain.batch_killer", *arguments],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=300,
    )  # fmt: skip
    return json.loads(done.stdout)


@pytest.mark.parametrize("moment", ["before the file", "after the file"])
def test_a_run_that_ends_while_saving_is_mended(
    moment: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = made_order(tmp_path)
    journal = start(order)

    def dies(*args: object, **options: object) -> None:
        if moment == "after the file":
            files.write_atomic(*args, **options)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    item = journal.waiting()[0]
    monkeypatch.setattr(module, "write_atomic", dies)
    with pytest.raises(KeyboardInterrupt):
        journal.store(item, b"an outcome", Made("upper", (), 0.1, None))
    assert journal.counts()["saving"] == 1
    journal.close()
    (order.out / FOLDER / ".toile-0123456789abcdef.tmp").write_bytes(b"half")
    journal = start(order, "resume")
    there = moment == "after the file"
    assert journal.counts()["done"] == int(there)
    assert (item.number in [other.number for other in journal.waiting()]) is not there
    journal.close()
    assert strays(order) == []


def test_a_lost_or_empty_outcome_is_made_again_and_a_retouched_one_stays(tmp_path: Path) -> None:
    order = made_order(tmp_path)
    run(order)
    first, second, third, *_ = outcomes(order)
    first.unlink()
    second.write_bytes(b"")
    third.write_bytes(b"retouched")
    tryon = StandIn()
    assert run(order, tryon, "resume").done == 6
    assert tryon.count == 2
    assert first.stat().st_size > 20
    assert second.stat().st_size > 20
    assert third.read_bytes() == b"retouched"


def test_a_file_that_came_in_the_meantime_is_not_replaced(tmp_path: Path) -> None:
    order = made_order(tmp_path, 1, 2)
    journal = start(order)
    first, second = journal.waiting()
    journal.fail(first, "It was dark.")
    (order.out / first.outcome).write_bytes(b"made by hand")
    assert journal.retry_failed() == 1
    for item in (first, second):
        journal.store(item, b"an outcome", Made("upper", (), 0.1, None))
    assert [entry.item.outcome for entry in journal.entries("done")] == [
        "p000_c000 (2).png",
        "p000_c001.png",
    ]
    assert (order.out / "p000_c000 (2).png").read_bytes() == b"an outcome"
    assert (order.out / first.outcome).read_bytes() == b"made by hand"
    journal.store(first, b"once more", Made("upper", (), 0.1, None))
    assert (order.out / "p000_c000 (2).png").read_bytes() == b"once more"
    journal.close()


def test_new_pictures_join_a_resumed_batch(tmp_path: Path) -> None:
    order = made_order(tmp_path, 2, 2, template="{person}")
    run(order)
    made_order(tmp_path, 3, 2)
    tryon = StandIn()
    assert run(order, tryon, "resume").total == 6
    assert tryon.count == 2
    assert [path.name for path in outcomes(order)] == [
        f"p00{n}{more}.png" for n in range(3) for more in (" (2)", "")
    ]


def test_a_batch_that_is_there_is_not_begun_again_by_mistake(tmp_path: Path) -> None:
    order = made_order(tmp_path)
    run(order)
    with pytest.raises(StoreError, match="already: 6 of 6 are done"):
        start(order)


def test_other_settings_are_refused_with_their_names(tmp_path: Path) -> None:
    order = made_order(tmp_path)
    run(order)
    other = made_order(tmp_path, template="{n} {cloth}", kind="jpg")
    with pytest.raises(StoreError, match="other settings: the name template, the format"):
        start(other, "resume")
    assert run(other, how="anew").done == 6


def test_what_an_older_program_did_not_ask_is_as_it_was_done_then(tmp_path: Path) -> None:
    order = made_order(tmp_path)
    told = json.loads(order.stored())
    del told["upright"]
    older = json.dumps(told)
    assert Order.read(older, order.out) == order
    assert order.differs(older) == []
    other = made_order(tmp_path, upright=True)
    assert other.differs(older) == ["how cloths that lie sideways are put on"]


def test_anew_replaces_the_old_outcomes_and_nothing_else(tmp_path: Path) -> None:
    order = made_order(tmp_path, 1, 2)
    order.out.mkdir()
    (order.out / "p000_c000.png").write_text("mine")
    (order.out / "report.csv").write_text("mine too")
    run(order)
    names = [path.name for path in outcomes(order)]
    assert names == ["p000_c000 (2).png", "p000_c000.png", "p000_c001.png", "report (2).csv"]
    tryon = StandIn()
    run(order, tryon, "anew")
    assert tryon.count == 2
    assert [path.name for path in outcomes(order)] == names
    assert (order.out / "p000_c000.png").read_text() == "mine"
    assert (order.out / "report.csv").read_text() == "mine too"


def test_the_output_folder_may_move(tmp_path: Path) -> None:
    order = made_order(tmp_path)
    run(order)
    order.out.rename(tmp_path / "moved")
    tryon = StandIn()
    assert run(made_order(tmp_path, out=tmp_path / "moved"), tryon, "resume").done == 6
    assert tryon.count == 0


@POSIX
def test_a_disk_that_fills_up_ends_the_run_and_loses_nothing(tmp_path: Path) -> None:
    """In a child, because a limit of the process stands for the disk's."""
    code = """
import resource, sys
from pathlib import Path
from app.domain.batch.order import StoreError
from tests.domain.batch_made import made_order, outcomes, run
folder = Path(sys.argv[1])
order = made_order(folder, 8, 4)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    run(order, how="resume")
except StoreError as error:
    print(error)
"""
    for limit in (100_000, 110):
        done = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path), str(limit)],
            cwd=ROOT, capture_output=True, text=True, check=True, timeout=120,
        )  # fmt: skip
        assert "Traceback" not in done.stderr
        said = done.stdout
        assert said.count("\n") == 1, said
        assert any(word in said for word in ("full", "larger than this disk allows"))
    order = made_order(tmp_path)
    done_before = len(outcomes(order))
    assert done_before < 32
    tryon = StandIn()
    assert run(order, tryon, "resume").done == 32
    assert tryon.count <= 32 - done_before
    assert strays(order) == []


def test_a_full_disk_for_one_outcome_keeps_the_item_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = made_order(tmp_path, 5, 4)
    real, calls = os.fsync, []

    def full(handle: int) -> None:
        calls.append(handle)
        if len(calls) > 8:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(handle)

    with monkeypatch.context() as patched:
        patched.setattr(files.os, "fsync", full)
        with pytest.raises(StoreError, match="the disk is full") as caught:
            run(order)
    assert "Free some space" in caught.value.hint
    assert strays(order) == []
    there = len(outcomes(order))
    assert 0 < there < 20
    tryon = StandIn()
    assert run(order, tryon, "resume").done == 20
    assert tryon.count == 20 - there


@POSIX
def test_a_read_only_folder_is_refused_in_words(ordinary: Path) -> None:
    order = made_order(ordinary)
    order.out.mkdir()
    order.out.chmod(0o500)
    with pytest.raises(StoreError, match=r"may not write|read-only"):
        run(order)


def test_an_output_folder_that_cannot_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for out in (tmp_path / "file", tmp_path / "file" / "inner"):
        with pytest.raises(StoreError, match="output folder cannot be used"):
            start(made_order(tmp_path, out=out))


def test_an_output_folder_that_vanishes_ends_the_run(tmp_path: Path) -> None:
    order = made_order(tmp_path, 4, 4)

    def before(number: int, _cancel: CancelToken) -> None:
        if number == 5:
            order.out.rename(tmp_path / "elsewhere")

    with pytest.raises(StoreError):
        run(order, StandIn(before=before))


def test_input_that_vanishes_costs_its_items_but_a_folder_costs_none(tmp_path: Path) -> None:
    order = made_order(tmp_path, 8, 2)

    def one(number: int, _cancel: CancelToken) -> None:
        if number == 1:
            (tmp_path / "people" / "p007.png").unlink()

    end = run(order, StandIn(before=one))
    assert (end.done, end.failed) == (14, 2)
    order = made_order(tmp_path, 8, 2, out=tmp_path / "second")

    def all_of_them(number: int, _cancel: CancelToken) -> None:
        if number == 1:
            (tmp_path / "people").rename(tmp_path / "gone")

    with pytest.raises(OrderError, match="folder of people is empty or not there any more"):
        run(order, StandIn(before=all_of_them))
    (tmp_path / "people").mkdir()  # where a disk was, its place remains
    with pytest.raises(OrderError, match="no pictures in the folder of people"):
        run(order, how="resume")
    (tmp_path / "people").rmdir()
    (tmp_path / "gone").rename(tmp_path / "people")
    end = run(order, how="resume")
    assert (end.done, end.failed) == (16, 0)


def test_a_damaged_journal_is_said_with_its_place(tmp_path: Path) -> None:
    order = made_order(tmp_path)
    run(order)
    path = order.out / FOLDER / "journal.sqlite"
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(StoreError, match="damaged") as caught:
        start(order, "resume")
    assert caught.value.where == str(path)


def test_a_journal_knows_non_ascii_names_and_long_plans(tmp_path: Path) -> None:
    order = made_order(tmp_path, 1, 1)
    picture(tmp_path / "people" / "人物 ünï 👗.png", (1, 2, 3))
    journal = start(order)
    names = [item.person.name for item in journal.waiting()]
    journal.close()
    assert "人物 ünï 👗.png" in names
    assert len(plan(order).pairs) == 2
