"""A batch of 2-megapixel photos against the networks alone, and how flat its memory stays.

`TOILE_BENCH_PAIRS` sets how many pairs are dressed (24 at least; 1,000 for a soak).
"""

import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path

if hasattr(os, "sched_setaffinity"):  # two cores, whatever this machine has
    os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[:2]))

from PIL import Image

from app import wiring
from app.domain.batch.journal import Journal
from app.domain.batch.order import Order
from app.domain.batch.plan import in_good_order, plan
from app.domain.batch.run import Progress, Run
from app.domain.cancel import CancelToken
from app.domain.errors import PackError, PictureError
from app.domain.picture import load_picture
from app.domain.requests import Finish, TryOnRequest, TryOnResult
from app.inference.session import OrtSession
from tests.conftest import ROOT

DATA = ROOT.parent / "shared" / "data"
PHOTO, CLOTH = 2_000_000, 1_000_000
"""Pixels."""
PAIRS = max(24, int(os.environ.get("TOILE_BENCH_PAIRS", "24")))
ACROSS = 4


def enlarged(path: Path, pixels: int, target: Path) -> None:
    """A photograph as large as those that people have."""
    with Image.open(path) as photo:
        scale = (pixels / (photo.width * photo.height)) ** 0.5
        size = round(photo.width * scale), round(photo.height * scale)
        photo.convert("RGB").resize(size, Image.Resampling.BICUBIC).save(target, quality=92)


class Timed:
    """The try-on with a clock around each of its halves, and one around its networks."""

    def __init__(self) -> None:
        self._tryon = wiring.open_tryon("cpu")
        self.fitting = self.finishing = self.networks = 0.0
        real, book = OrtSession.run, self

        def run(session, inputs, cancel):  # noqa: ANN001, ANN202
            begun = time.perf_counter()
            try:
                return real(session, inputs, cancel)
            finally:
                book.networks += time.perf_counter() - begun

        OrtSession.run = run

    def fit(self, request: TryOnRequest, cancel: CancelToken) -> Finish:
        begun = time.perf_counter()
        try:
            finish = self._tryon.fit(request, cancel)
        finally:
            self.fitting += time.perf_counter() - begun

        def timed(cancel: CancelToken) -> TryOnResult:
            begun = time.perf_counter()
            try:
                return finish(cancel)
            finally:
                self.finishing += time.perf_counter() - begun

        return timed


def resident() -> float:
    """Megabytes of memory that this process holds; 0 where the system does not tell."""
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[1]) * 4096 / 1e6 if statm.exists() else 0.0


def main() -> None:
    if not DATA.is_dir():
        print("no real photographs: ../shared/data is not there")
        return
    folder = Path(tempfile.mkdtemp(prefix="toile-batch-"))
    try:
        measure(folder)
    except PackError as error:
        print(error)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def measure(folder: Path) -> None:
    people = sorted((DATA / "ccp" / "photos").glob("*.jpg"))
    cloths = sorted((DATA / "garments").glob("*.jpg"))
    for side, found, size in (("people", people, PHOTO), ("cloths", cloths, CLOTH)):
        (folder / side).mkdir()
        for path in found[: ACROSS if side == "people" else PAIRS // ACROSS]:
            enlarged(path, size, folder / side / path.name)
    order = Order(
        folder / "people", folder / "cloths", folder / "out", category="upper", kind="jpg"
    )
    bare = alone(order)
    for kind in ("jpg", "png"):
        batch(Order(order.people, order.cloths, folder / kind, category="upper", kind=kind), bare)


def alone(order: Order) -> float:
    """The same pairs in the same order with the pictures in memory; seconds of its networks."""
    made = plan(order)
    journal = Journal(made)
    items = in_good_order(journal.waiting())[:24]
    journal.close()
    held = {path: load_picture(path).rgba for item in items for path in (item.person, item.cloth)}
    tryon, cancel = Timed(), CancelToken()
    done, work = 0, 0.0
    for number, item in enumerate(items):
        if number == ACROSS:  # graphs are open and the people known
            tryon.fitting = tryon.finishing = tryon.networks = 0.0
            done, work = 0, time.process_time()
        with suppress(PictureError):  # as in the batch, where it costs its time too
            tryon.fit(TryOnRequest(held[item.person], held[item.cloth], item.category), cancel)(
                cancel
            )
        done += 1
    spent = tryon.fitting + tryon.finishing
    print(
        f"alone: {done / spent:.2f} a second ({1e3 * spent / done:.0f} ms), "
        f"its networks {1e3 * tryon.networks / done:.0f} ms of that; "
        f"{1e3 * (time.process_time() - work) / done:.0f} ms of processor time"
    )
    return tryon.networks / done


def batch(order: Order, bare: float) -> None:
    tryon = Timed()
    journal = Journal(plan(order))
    begun, work, marks = [0.0], [0.0], {}

    def listen(now: Progress) -> None:
        if now.done + now.failed == ACROSS:
            tryon.fitting = tryon.finishing = tryon.networks = 0.0
            begun[0], work[0] = time.perf_counter(), time.process_time()
        if now.done % 100 == 0:
            marks[now.done] = resident()

    end = Run(journal, tryon.fit, listen=listen)(CancelToken())
    journal.close()
    done = end.done + end.failed - ACROSS
    wall, worked = time.perf_counter() - begun[0], time.process_time() - work[0]
    print(
        f"{order.kind}: {done / wall:.2f} a second ({1e3 * wall / done:.0f} ms), "
        f"{bare * done / wall:.2f} of the networks alone; fitting {1e3 * tryon.fitting / done:.0f} "
        f"(networks {1e3 * tryon.networks / done:.0f}), finishing "
        f"{1e3 * tryon.finishing / done:.0f} ms; "
        f"{1e3 * worked / done:.0f} ms of processor time, {end.failed} failed"
    )
    if len(marks) > 1:
        first, most = marks[min(marks)], max(marks.values())
        print(f"memory: {first:.0f} MB after {min(marks)} items, at most {most:.0f} MB later")
