"""Counting, estimating and running a batch in the background, one thing at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from PySide6.QtCore import QObject, Signal

from app.domain.batch.estimate import estimate
from app.domain.batch.journal import Entry, Found, Journal, Start, look
from app.domain.batch.order import Order
from app.domain.batch.plan import Plan, plan
from app.domain.batch.run import Progress, Run
from app.domain.batch.words import many
from app.domain.cancel import CancelToken
from app.domain.errors import PictureError, ToileError
from app.domain.picture import load_picture
from app.domain.requests import Finish, Fit, TryOnRequest
from app.jobs.files import FilePool
from app.jobs.lane import InferenceLane, Job, Workers
from app.ui import imaging
from app.ui.imaging import Levels
from app.ui.network import Network

State = Literal["idle", "estimating", "running", "paused", "stopping"]
_STOPPED_WITHIN = 5.0  # seconds that closing the window waits for the item in hand


@dataclass(frozen=True)
class Counted:
    """A plan, and the batch that is in its output folder, if any, with its contact sheet."""

    plan: Plan
    found: Found | None
    sheet: Levels | None

    @property
    def left(self) -> int:
        """Outcomes that are still to be made."""
        return len(self.plan.pairs) if self.found is None else self.found.left

    @property
    def differences(self) -> list[str]:
        """What the batch in the folder was asked for otherwise, in words."""
        return self.plan.order.differs(self.found.order) if self.found else []


@dataclass(frozen=True)
class Begun:
    """A run that begins: how far the batch is, and what has failed before."""

    progress: Progress
    failures: list[Entry]


def _count(order: Order) -> Counted:
    made = plan(order)
    found = look(made)
    return Counted(made, found, _sheet(found.sheet) if found is not None else None)


def _sheet(path: Path) -> Levels | None:
    """The contact sheet; None while there is none that can be read."""
    try:
        return imaging.levels_from_rgba(load_picture(path).rgba)
    except PictureError:
        return None


class BatchWork(QObject):
    """Its signals fire on the main thread."""

    counted = Signal(object)  # Counted
    refused = Signal(object)  # ToileError: the order cannot be carried out
    estimated = Signal(object)  # Estimate, or None when no pair could be dressed
    begun = Signal(object)  # Begun
    progressed = Signal(object)  # Progress
    ended = Signal(object)  # Progress; something waits when it was stopped
    failed = Signal(object)  # ToileError, of an estimate or a run
    state_changed = Signal(str)
    job_started = Signal(object)  # Job

    def __init__(
        self,
        lane: InferenceLane,
        pool: FilePool,
        network: Network,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._lane, self._pool, self._network = lane, pool, network
        self._workers = Workers("batch", 1, self)
        self._job: Job | None = None
        self._run: Run | None = None
        self._fault: ToileError | None = None
        self._wanted: Order | None = None
        self._counts = 0  # counts under way
        self.state: State = "idle"

    @property
    def busy(self) -> bool:
        """Whether a run or an estimate goes on."""
        return self.state != "idle"

    @property
    def counting(self) -> bool:
        """Whether pairs are being counted."""
        return self._counts > 0

    @property
    def running(self) -> bool:
        return self.state in ("running", "paused", "stopping")

    @property
    def ready(self) -> bool:
        """Whether there are networks to dress with."""
        return self._network.services is not None

    def count(self, order: Order) -> None:
        """Pair what the folders hold; the newest order counts."""
        self._wanted = order
        self._counts += 1
        job = self._pool.submit(lambda: _count(order), "Counting the pairs")
        job.finished.connect(self._end_count)
        job.succeeded.connect(lambda counted: self._tell(order, self.counted.emit, counted))
        job.failed.connect(lambda error: self._tell(order, self.refused.emit, error))

    def _end_count(self) -> None:
        self._counts -= 1

    def forget(self) -> None:
        """Have no count under way told."""
        self._wanted = None

    def _tell(self, order: Order, say: Callable[[object], None], value: object) -> None:
        if order is self._wanted:
            say(value)

    def estimate(self, made: Plan, left: int) -> None:
        """Dress a few pairs to see how long the ``left`` ones will take."""
        fit = self._fit()
        if fit is None or self.busy:
            return
        job = self._begin(
            lambda token: estimate(made, fit, token, count=left), "Trying a few pairs", "estimating"
        )
        job.succeeded.connect(self.estimated)

    def start(self, made: Plan, how: Start, *, retry: bool = False) -> None:
        """Run what waits; with ``retry`` also what has failed before."""
        fit = self._fit()
        if fit is None or self.busy:
            return
        self._run = None

        def work(token: CancelToken) -> Progress:
            journal = Journal(made, how)
            try:
                if retry:
                    journal.retry_failed()
                run = Run(journal, fit, listen=self.progressed.emit)
                self._run = run
                if self.state == "paused":
                    run.pause()
                self.begun.emit(Begun(run.progress, list(journal.entries("failed"))))
                return run(token)
            finally:
                journal.close()

        self._begin(work, f"Batch of {many(len(made.pairs), 'pair')}", "running")

    def pause(self, on: bool) -> None:
        """Hold after the item in hand, or go on."""
        if self.state not in ("running", "paused"):
            return
        self._set("paused" if on else "running")
        if self._run is not None:
            if on:
                self._run.pause()
            else:
                self._run.go_on()

    def stop(self) -> None:
        """End the run or the estimate; a run can be resumed later."""
        if self._job is not None:
            self._set("stopping")
            self._job.cancel()

    def close(self) -> None:
        """Stop, and wait a little for what is being saved."""
        self._workers.shutdown(_STOPPED_WITHIN)

    def _begin(self, work: Callable[[CancelToken], object], title: str, state: State) -> Job:
        job = self._workers.submit_work(work, title)
        self._job = job
        job.failed.connect(self._keep)
        job.finished.connect(self._finish)
        self._set(state)
        self.job_started.emit(job)
        return job

    def _keep(self, error: ToileError) -> None:
        self._fault = error

    def _finish(self) -> None:
        ran, run, fault = self.running, self._run, self._fault
        self._job = self._run = self._fault = None
        self._set("idle")
        if fault is not None:
            self.failed.emit(fault)
        elif ran and run is not None:
            self.ended.emit(run.progress)

    def _set(self, state: State) -> None:
        self.state = state
        self.state_changed.emit(state)

    def _fit(self) -> Fit | None:
        """The networks in the lane, pair by pair: in between, the other workspaces have their
        turn."""
        services = self._network.services
        if services is None:
            return None
        fit, lane = services.fit, self._lane

        def turn(request: TryOnRequest, cancel: CancelToken) -> Finish:
            return cast(
                Finish,
                lane.call(lambda token: fit(request, token), "Dressing this pair", cancel),
            )

        return turn
