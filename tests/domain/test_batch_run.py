"""A batch from its first item to its report; what goes wrong costs what it must and no more."""

import csv
import dataclasses
import io
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from app.domain.batch.estimate import estimate
from app.domain.batch.order import Order, StoreError
from app.domain.batch.pace import Pace
from app.domain.batch.plan import plan
from app.domain.batch.run import Progress, Run
from app.domain.batch.shelf import _Loaded
from app.domain.batch.words import duration, many, pace, size
from app.domain.cancel import CancelToken
from app.domain.errors import DeviceError, PackError
from app.domain.picture import load_picture
from app.domain.requests import Finish, TryOnRequest, TryOnResult
from tests.domain.batch_made import (
    REFUSED,
    StandIn,
    made_order,
    outcomes,
    picture,
    run,
    start,
    strays,
)
from tests.domain.test_picture import bad_pictures


def rows(order: Order) -> list[dict[str, str]]:
    text = (order.out / "report.csv").read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_everyone_gets_everything(tmp_path: Path) -> None:
    order = made_order(tmp_path, 3, 2)
    heard: list[Progress] = []
    end = run(order, listen=heard.append)
    assert (end.total, end.done, end.failed, end.waiting) == (6, 6, 0, 0)
    assert [path.name for path in outcomes(order)] == [
        f"p00{person}_c00{cloth}.png" for person in range(3) for cloth in range(2)
    ]
    seen = load_picture(order.out / "p002_c001.png").rgba
    assert tuple(seen[0, 0]) == (10, 2, 0, 255)
    assert tuple(seen[12, 12]) == (100, 1, 0, 255)
    assert [now.done for now in heard] == [1, 2, 3, 4, 5, 6]
    assert heard[-1].rate > 0
    assert strays(order) == []


def test_the_report_has_a_line_for_every_item_and_the_sheet_the_outcomes(tmp_path: Path) -> None:
    order = made_order(tmp_path, 2, 2, category="lower")
    picture(tmp_path / "people" / "=1+1.png", (REFUSED, 0, 0))
    run(order)
    lines = rows(order)
    assert [line["number"] for line in lines] == ["1", "2", "3", "4", "5", "6"]
    assert [line["state"] for line in lines] == ["failed"] * 2 + ["done"] * 4
    assert lines[0]["person"].startswith(str(tmp_path))
    assert lines[0]["outcome"] == ""
    assert "No person was found" in lines[0]["reason"]
    assert lines[2]["category"] == "lower"
    assert lines[2]["outcome"] == "p000_c000.png"
    with Image.open(order.out / "contact-sheet.jpg") as sheet:
        assert sheet.width == 4 * 170 + 10
        assert sheet.height == 250


def test_a_sheet_shows_two_hundred_at_most(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.domain.batch.report.SHOWN", 12)
    order = made_order(tmp_path, 5, 4)
    run(order)
    with Image.open(order.out / "contact-sheet.jpg") as sheet:
        assert sheet.size == (10 * 170 + 10, 2 * 240 + 10)


def test_without_any_outcome_there_is_no_sheet(tmp_path: Path) -> None:
    order = made_order(tmp_path, 0, 1)
    picture(tmp_path / "people" / "bad.png", (REFUSED, 0, 0))
    assert run(order).failed == 1
    assert not (order.out / "contact-sheet.jpg").exists()
    assert len(rows(order)) == 1


@pytest.mark.parametrize("kind", ["jpg", "webp"])
def test_formats_and_profiles(kind: str, tmp_path: Path) -> None:
    order = made_order(tmp_path, 0, 1, kind=kind, quality=80)
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    path = tmp_path / "people" / "人 ünï.jpg"
    path.parent.mkdir(exist_ok=True)
    Image.new("RGB", (24, 32), (10, 20, 30)).save(path, icc_profile=icc)
    run(order)
    (outcome,) = outcomes(order)
    assert outcome.name == f"人 ünï_c000.{kind}"
    with Image.open(outcome) as seen:
        assert seen.info["icc_profile"] == icc


def test_a_picture_is_the_same_object_each_time_it_comes(tmp_path: Path) -> None:
    tryon = StandIn()
    run(made_order(tmp_path, 4, 3), tryon)
    assert len({id(request.person) for request in tryon.asked}) == 4
    assert len({id(request.cloth) for request in tryon.asked}) == 3


def test_bad_pictures_cost_their_items_alone(tmp_path: Path) -> None:
    order = made_order(tmp_path, 3, 2)
    whole = (tmp_path / "people" / "p000.png").read_bytes()
    (tmp_path / "people" / "cut.png").write_bytes(whole[:60])
    (tmp_path / "people" / "empty.jpg").write_bytes(b"")
    (tmp_path / "people" / "text.webp").write_text("hello")
    picture(tmp_path / "people" / "refused.png", (REFUSED, 1, 1))
    end = run(order)
    assert (end.done, end.failed) == (6, 8)
    reasons = {Path(line["person"]).stem: line["reason"] for line in rows(order)}
    assert "damaged" in reasons["cut"]
    assert "the file is empty" in reasons["empty"]
    assert "no picture" in reasons["text"]
    assert "No person" in reasons["refused"]
    assert reasons["p000"] == ""


@pytest.mark.filterwarnings("ignore:Truncated File Read", "ignore:Corrupt EXIF")
def test_forty_malformed_pictures_cost_forty_items(tmp_path: Path) -> None:
    order = made_order(tmp_path, 3, 1)
    bad = list(bad_pictures().values())
    whole = (tmp_path / "people" / "p000.png").read_bytes()
    cuts = [whole[:length] for length in range(1, len(whole) - 20, 2)]
    files = [*(data for data, _ in bad), *cuts][:40]
    for number, data in enumerate(files):
        (tmp_path / "people" / f"bad{number:02d}.png").write_bytes(data)
    end = run(order)
    assert len(files) == 40
    assert (end.done, end.failed) == (3, 40)
    assert len({line["reason"] for line in rows(order)}) > 3


def test_an_unexpected_failure_costs_one_item(tmp_path: Path) -> None:
    def before(number: int, _cancel: CancelToken) -> None:
        if number == 2:
            raise ZeroDivisionError("division by zero")
        if number == 3:
            raise MemoryError

    end = run(made_order(tmp_path), StandIn(before=before))
    assert (end.done, end.failed) == (4, 2)
    reasons = [line["reason"] for line in rows(made_order(tmp_path)) if line["reason"]]
    assert sorted(reasons) == [
        "Something unexpected went wrong: division by zero.",
        "There is not enough memory for these pictures.",
    ]


def test_an_unexpected_failure_of_the_second_half_costs_one_item_too(tmp_path: Path) -> None:
    tryon = StandIn()

    def fit(request: TryOnRequest, cancel: CancelToken) -> Finish:
        finish, number = tryon.fit(request, cancel), tryon.count

        def fails(cancel: CancelToken) -> TryOnResult:
            if number == 2:
                raise ZeroDivisionError("division by zero")
            return finish(cancel)

        return fails

    order = made_order(tmp_path)
    journal = start(order)
    try:
        end = Run(journal, fit)(CancelToken())
    finally:
        journal.close()
    assert (end.done, end.failed) == (5, 1)
    assert "division by zero" in "".join(line["reason"] for line in rows(order))


def test_what_the_device_says_is_told_and_kept(tmp_path: Path) -> None:
    tryon, said = StandIn(), "The device DirectML failed; the CPU goes on."

    def fit(request: TryOnRequest, cancel: CancelToken) -> Finish:
        result = tryon(request, cancel)
        use = dataclasses.replace(result.use, notices=(said,))
        return lambda _: dataclasses.replace(result, use=use)

    order, heard = made_order(tmp_path, 1, 2), list[Progress]()
    journal = start(order)
    try:
        Run(journal, fit, listen=heard.append)(CancelToken())
    finally:
        journal.close()
    assert [now.last.device for now in heard if now.last] == [(said,), (said,)]
    assert [line["notices"] for line in rows(order)] == [said, said]


def test_pictures_in_other_profiles_count_as_held(tmp_path: Path) -> None:
    cloth = picture(tmp_path / "cloth.png", (1, 2, 3), (100, 100))
    held = _Loaded(load_picture(cloth))
    before = held.nbytes
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert held.within(srgb) is held.within(srgb)
    assert held.nbytes == 2 * before


@pytest.mark.parametrize("error", [PackError("The pack is gone"), DeviceError("The device died")])
def test_what_concerns_all_items_ends_the_run_and_costs_none(
    error: Exception, tmp_path: Path
) -> None:
    def before(number: int, _cancel: CancelToken) -> None:
        if number == 3:
            raise error

    order = made_order(tmp_path)
    with pytest.raises(type(error)):
        run(order, StandIn(before=before))
    assert len(outcomes(order)) == 2
    end = run(order, how="resume")
    assert (end.done, end.failed) == (6, 0)


def test_failed_items_are_tried_again_on_request(tmp_path: Path) -> None:
    order = made_order(tmp_path, 2, 1)
    bad = picture(tmp_path / "people" / "bad.png", (REFUSED, 0, 0))
    assert run(order).failed == 1
    tryon = StandIn()
    end = run(order, tryon, "resume")
    assert (end.done, end.failed, tryon.count) == (2, 1, 0)
    picture(bad, (9, 9, 9))
    end = run(order, tryon, "resume", retry=True)
    assert (end.done, end.failed, tryon.count) == (3, 0, 1)
    assert all(line["state"] == "done" and not line["reason"] for line in rows(order))


def test_cancel_ends_soon_keeps_what_is_done_and_resumes(tmp_path: Path) -> None:
    cancel = CancelToken()

    def before(number: int, token: CancelToken) -> None:
        if number == 3:
            cancel.cancel()
            token.raise_if_cancelled()

    order = made_order(tmp_path)
    end = run(order, StandIn(before=before), cancel=cancel)
    assert (end.done, end.failed, end.waiting) == (2, 0, 4)
    tryon = StandIn()
    assert run(order, tryon, "resume").done == 6
    assert tryon.count == 4


def test_a_pause_holds_and_goes_on(tmp_path: Path) -> None:
    order = made_order(tmp_path, 4, 4)
    journal = start(order)
    heard: list[Progress] = []
    batch = Run(journal, StandIn(seconds=0.005).fit, listen=heard.append)
    batch.pause()
    thread = threading.Thread(target=batch, args=(CancelToken(),))
    thread.start()
    time.sleep(0.25)
    assert heard == []
    batch.go_on()
    thread.join(20)
    journal.close()
    assert heard[-1].done == 16


def test_a_paused_run_can_be_cancelled(tmp_path: Path) -> None:
    journal, cancel = start(made_order(tmp_path)), CancelToken()
    batch = Run(journal, StandIn().fit)
    batch.pause()
    thread = threading.Thread(target=batch, args=(cancel,))
    thread.start()
    cancel.cancel()
    thread.join(20)
    assert not thread.is_alive()
    assert batch.progress.done == 0
    journal.close()


def test_reading_dressing_and_saving_overlap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of the three waits 60 ms for an item; one after the other would take three times it."""
    from app.domain.batch import run as module
    from app.domain.batch import shelf

    spent: list[float] = []

    def slowly(function):  # noqa: ANN001, ANN202
        def slow(*args: object, **options: object) -> object:
            begun = time.perf_counter()
            time.sleep(0.06)
            result = function(*args, **options)
            spent.append(time.perf_counter() - begun)
            return result

        return slow

    monkeypatch.setattr(shelf, "load_picture", slowly(shelf.load_picture))
    monkeypatch.setattr(module, "encode_picture", slowly(module.encode_picture))
    order = made_order(tmp_path, 20, 20)
    for number in range(20):
        (tmp_path / "cloths" / f"c{number:03d}.png").rename(
            tmp_path / "cloths" / f"p{number:03d}.png"
        )
    order = Order(order.people, order.cloths, order.out, pairing="name")
    tryon = StandIn()
    monkeypatch.setattr(tryon, "fit", slowly(tryon.fit))
    begun = time.perf_counter()
    assert run(order, tryon).done == 20
    assert len(spent) == 20 * 4
    assert time.perf_counter() - begun < sum(spent) * 0.75


def test_the_estimate_is_near_and_writes_nothing(tmp_path: Path) -> None:
    order = made_order(tmp_path, 5, 5)
    picture(tmp_path / "people" / "a refused.png", (REFUSED, 0, 0))
    guess = estimate(plan(order), StandIn(seconds=0.05).fit, CancelToken())
    assert guess is not None
    assert 30 * 0.045 < guess.seconds < 30 * 0.15
    assert 0 < guess.bytes < 30_000
    assert guess.fits
    assert not order.out.exists()


def test_the_estimate_passes_over_what_fails(tmp_path: Path) -> None:
    def before(number: int, _cancel: CancelToken) -> None:
        if number == 1:
            raise ZeroDivisionError("division by zero")

    order = made_order(tmp_path, 2, 2)
    assert estimate(plan(order), StandIn(before=before).fit, CancelToken()) is not None
    for path in (tmp_path / "people").iterdir():
        picture(path, (REFUSED, 0, 0))
    assert estimate(plan(order), StandIn().fit, CancelToken()) is None


def test_the_pace_leaves_pauses_out() -> None:
    now = [0.0]
    pace = Pace(lambda: now[0])
    for _ in range(5):
        now[0] += 2.0
        pace.tick()
    pace.hold()
    now[0] += 100.0
    pace.go_on()
    now[0] += 2.0
    pace.tick()
    assert pace.rate == pytest.approx(0.5)


def test_words() -> None:
    told = [duration(seconds) for seconds in (0.2, 59, 61, 3600 * 3 + 1200, 7200, 3600 * 52)]
    assert told == ["1 s", "59 s", "1 min", "3 h 20 min", "2 h", "2 days 4 h"]
    assert [size(count) for count in (10, 4_000_000, 4_100_000_000)] == ["1 KB", "4 MB", "4.1 GB"]
    assert [pace(rate) for rate in (0, 2.5, 0.5, 0.001)] == [
        "", "2.5 a second", "30.0 a minute", "3.6 an hour",
    ]  # fmt: skip
    assert (many(1, "pair"), many(1200, "person", "people")) == ("1 pair", "1,200 people")


def test_memory_stays_flat(tmp_path: Path) -> None:
    """1,000 items: what Python and the system hold grows by less than 5 % after the first 100."""
    statm = Path("/proc/self/statm")
    if not statm.exists():
        pytest.skip("only Linux tells its memory in /proc")
    order = made_order(tmp_path, 40, 25, kind="jpg")
    held: list[int] = []

    def listen(now: Progress) -> None:
        if now.done % 50 == 0:
            held.append(int(statm.read_text().split()[1]))

    tryon = StandIn()
    tryon.keep = False
    assert run(order, tryon, listen=listen).done == 1000
    assert max(held[2:]) < held[1] * 1.05


def test_two_runs_in_one_folder_are_refused(tmp_path: Path) -> None:
    order = made_order(tmp_path)
    journal = start(order)
    try:
        for how in ("new", "resume", "anew"):
            with pytest.raises(StoreError, match="Another batch is running in this folder"):
                start(order, how)  # type: ignore[arg-type]
    finally:
        journal.close()
    assert run(order, how="resume").done == 6
    assert np.all([path.stat().st_size for path in outcomes(order)])
