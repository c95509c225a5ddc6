"""Carries out what waits in a journal: reading, dressing and saving at the same time."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from app import process
from app.domain.batch import report
from app.domain.batch.journal import Journal, Made
from app.domain.batch.order import OrderError, StoreError
from app.domain.batch.pace import Pace
from app.domain.batch.plan import Item, in_good_order
from app.domain.batch.shelf import Pair, Shelf
from app.domain.cancel import CancelToken
from app.domain.errors import Cancelled, DeviceError, PackError, ToileError
from app.domain.picture import encode_picture
from app.domain.requests import Finish, Fit, TryOnRequest

_log = logging.getLogger("toile.batch")
_WAIT = 0.1  # seconds between looks at pause and cancel
_TIDIED = 8  # items after which free memory goes back to the system


@dataclass(frozen=True, slots=True)
class Ended:
    """An item that came to its end; ``reason`` is empty when its outcome is there. ``notices`` are
    about its pictures, ``device`` about what it was made on."""

    item: Item
    reason: str
    notices: tuple[str, ...] = ()
    device: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch is. ``rate`` is in items per second as of late, 0 while unknown;
    ``seconds_left`` is None while unknown; ``last`` is the item that has just ended."""

    total: int
    done: int
    failed: int
    rate: float = 0.0
    seconds_left: float | None = None
    last: Ended | None = None

    @property
    def waiting(self) -> int:
        return self.total - self.done - self.failed


class Run:
    """One run over the items that wait. Call it once; pause and go on from any thread.

    ``fit`` is called in the thread that calls the run. ``jobs`` threads read, and as many finish
    what was fitted and save it: the networks need not wait for either.
    ``listen`` gets the progress after every item, one call at a time, in any thread.
    """

    def __init__(
        self,
        journal: Journal,
        fit: Fit,
        *,
        jobs: int = 2,
        listen: Callable[[Progress], None] = lambda _: None,
    ) -> None:
        self._journal, self._fit, self._listen = journal, fit, listen
        self._jobs = max(1, jobs)
        self._paused = threading.Event()
        self._lock = threading.Lock()
        self._room = threading.Semaphore(self._jobs + 1)  # pairs fitted and not saved
        self._fault: ToileError | None = None
        self._pace = Pace()
        counts = journal.counts()
        self._total, self._done = sum(counts.values()), counts["done"]
        self._failed = counts["failed"]

    def pause(self) -> None:
        """Begin no further item until `go_on`."""
        self._paused.set()

    def go_on(self) -> None:
        """End a pause."""
        self._paused.clear()

    @property
    def progress(self) -> Progress:
        """How far it is now."""
        with self._lock:
            return self._progress(None)

    def __call__(self, cancel: CancelToken) -> Progress:
        """Do what waits, then write report and contact sheet; also when ``cancel`` ends it early.

        An item that cannot be done costs that item. What concerns all of them ends the run and
        leaves them waiting: StoreError for the output folder, OrderError when an input folder is
        gone, PackError, DeviceError.
        """
        process.expect_pictures()
        waiting = deque(in_good_order(self._journal.waiting()))
        ahead: deque[tuple[Item, Future[Pair]]] = deque()
        with (
            ThreadPoolExecutor(self._jobs, "batch-save") as savers,
            ThreadPoolExecutor(self._jobs, "batch-load") as loaders,
        ):
            shelf, done = Shelf(loaders), 0
            try:
                while (ahead or waiting) and self._may_go_on(cancel):
                    while waiting and (not ahead or (len(ahead) <= self._jobs and not shelf.full)):
                        item = waiting.popleft()
                        ahead.append((item, shelf.fetch(item)))
                    item, pair = ahead.popleft()
                    self._dress(item, pair, cancel, savers)
                    done += 1
                    if done % _TIDIED == 0:
                        process.give_back()
            finally:
                loaders.shutdown(wait=False, cancel_futures=True)
        if self._fault is not None:
            raise self._fault
        write_report(self._journal)
        return self.progress

    def _may_go_on(self, cancel: CancelToken) -> bool:
        if self._paused.is_set():
            self._pace.hold()
            while self._paused.is_set() and not cancel.cancelled and self._fault is None:
                time.sleep(_WAIT)
            self._pace.go_on()
        return not cancel.cancelled and self._fault is None

    def _dress(
        self, item: Item, pair: Future[Pair], cancel: CancelToken, savers: ThreadPoolExecutor
    ) -> None:
        try:
            pictures = pair.result()
            begun = time.perf_counter()
            person, cloth = pictures.person.rgba, pictures.cloth.rgba
            upright = self._journal.order.upright
            request = TryOnRequest(person, cloth, item.category, upright=upright)
            finish = self._fit(request, cancel)
            seconds = time.perf_counter() - begun
        except Cancelled:
            return
        except (PackError, DeviceError):
            raise
        except Exception as error:
            if isinstance(error, ToileError):
                self._check_places()
            self._give_up(item, reason(error))
            return
        self._room.acquire()
        savers.submit(self._save, item, finish, pictures.person.icc, seconds)

    def _save(self, item: Item, finish: Finish, icc: bytes | None, fitting: float) -> None:
        order = self._journal.order
        begun = time.perf_counter() - fitting
        try:
            result = finish(CancelToken())  # what is fitted is not lost when the run is stopped
            seconds = time.perf_counter() - begun
            path = self._journal.folder / item.outcome
            data = encode_picture(path, result.rgba, icc=icc, quality=order.quality)
            small = report.thumbnail(result.rgba) if item.number <= report.SHOWN else None
            made = Made(result.category, (*result.notices, *result.use.notices), seconds, small)
            self._journal.store(item, data, made)
        except StoreError as error:
            self._fault = self._fault or error
        except Exception as error:
            try:
                self._give_up(item, reason(error))
            except StoreError as other:
                self._fault = self._fault or other
        else:
            self._note(Ended(item, "", result.notices, result.use.notices))
        finally:
            self._room.release()

    def _check_places(self) -> None:
        """OrderError when all that is left would fail because a folder is gone."""
        order = self._journal.order
        for place, word in ((order.people, "people"), (order.cloths, "cloths")):
            if _empty(place):
                raise OrderError(
                    f"The folder of {word} is empty or not there any more",
                    where=str(place),
                    hint="Bring it back, then resume the batch.",
                )

    def _give_up(self, item: Item, reason: str) -> None:
        self._journal.fail(item, reason)
        self._note(Ended(item, reason))

    def _note(self, ended: Ended) -> None:
        with self._lock:
            self._pace.tick()
            if ended.reason:
                self._failed += 1
            else:
                self._done += 1
            self._listen(self._progress(ended))

    def _progress(self, last: Ended | None) -> Progress:
        rate = self._pace.rate
        waiting = self._total - self._done - self._failed
        left = waiting / rate if rate else None
        return Progress(self._total, self._done, self._failed, rate, left, last)


def reason(error: Exception) -> str:
    """Why an item failed, in a line; of a path its name is enough beside the item. What nobody
    expected goes to the log as well."""
    if isinstance(error, ToileError):
        return str(ToileError(error.what, where=Path(error.where).name, hint=error.hint))
    if isinstance(error, MemoryError):
        return "There is not enough memory for these pictures."
    _log.error("an item failed", exc_info=error)
    return f"Something unexpected went wrong: {str(error) or type(error).__name__}."


def _empty(place: Path) -> bool:
    """Whether nothing is there, as where the disk has gone that a folder was on."""
    try:
        return not place.is_file() and next(place.iterdir(), None) is None
    except OSError:
        return True


def write_report(journal: Journal) -> None:
    """Write the table of all items and the contact sheet of the first outcomes. StoreError."""
    journal.write(journal.path("report"), report.table(journal.entries()), "report")
    sheet = report.contact_sheet(journal.thumbnails())
    if sheet is not None:
        journal.write(journal.path("sheet"), sheet, "contact sheet")
