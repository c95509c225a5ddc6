"""The try-on behind its widgets: what is in hand, what is being worked out, what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.domain.cancel import CancelToken
from app.domain.errors import PictureError, ToileError
from app.domain.framing import Category
from app.domain.requests import Tryon, TryOnRequest
from app.jobs.files import FilePool
from app.jobs.lane import InferenceLane, Job
from app.ui import imaging
from app.ui.imaging import Levels
from app.ui.network import Network
from app.ui.tryon.correction import Correction
from app.ui.tryon.outcomes import Outcome, Outcomes
from app.ui.tryon.pieces import Loaded, Piece, Shelf

WAITING = "Loading the network"


@dataclass(frozen=True, eq=False)
class _Order:
    """What a run of the network is asked for."""

    person: Piece
    cloth: Piece
    choice: Category | None
    correction: Correction | None

    def follows(self, other: _Order) -> bool:
        """Whether only the painted region differs: then a run under way is worth ending."""
        same = (self.person.key, self.cloth.key, self.choice)
        return same == (other.person.key, other.cloth.key, other.choice)


class Fitting(QObject):
    """Goes on by itself whenever something changed: reads, asks the network, tells.

    The newest wish wins: what is worked on for an older one is cancelled, but for the region while
    it is painted. Everything is called and told on the main thread.
    """

    pieces_changed = Signal()
    """Person, cloth or the choice of category is another."""
    photo_shown = Signal(object, object)  # Levels of the person's photo, Piece
    shown = Signal(object, object)  # Outcome, its Levels
    failed = Signal(object)  # ToileError
    piece_failed = Signal(bool, object)  # whether it is the person, ToileError
    busy_changed = Signal(str)  # what is being done; empty for nothing
    cancelled = Signal()
    fitted = Signal(object)  # Outcome that the network just made
    job_started = Signal(object)  # Job

    def __init__(
        self, lane: InferenceLane, pool: FilePool, network: Network, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._lane, self._pool, self._network = lane, pool, network
        self.shelf = Shelf(pool)
        self.outcomes = Outcomes(self)
        self.person: Piece | None = None
        self.cloth: Piece | None = None
        self.outcome: Outcome | None = None
        """The one that is shown; None while there is none of what is in hand."""
        self._choices: dict[str, Category | None] = {}
        self._quarters: dict[str, int | None] = {}
        self._correction: Correction | None = None
        self._job: Job | None = None
        self._order: _Order | None = None
        self._again = False
        self._waiting = False
        network.opened.connect(lambda _services: self._resume())
        network.failed.connect(lambda _error: self._resume())

    # What is in hand

    @property
    def choice(self) -> Category | None:
        """The category that a person chose for the cloth in hand; None: by itself."""
        return self._choices.get(self.cloth.family) if self.cloth is not None else None

    def set_person(self, person: Piece | None) -> None:
        """Take a person in hand, turned as they were last."""
        self.person = self._as_turned(person)
        self._start_over()

    def _as_turned(self, piece: Piece | None) -> Piece | None:
        quarters = self._quarters.get(piece.family) if piece is not None else None
        while piece is not None and quarters is not None and piece.quarters != quarters:
            piece = piece.turned()
        return piece

    def turn(self, *, person: bool) -> None:
        """Turn the person or the cloth a quarter; it is remembered for that picture. A cloth that
        was turned by itself is first put on as it lies."""
        piece = self.person if person else self.cloth
        if piece is None:
            return
        untouched = not person and piece.quarters is None
        by_itself = untouched and any(
            one.turned and one.cloth.family == piece.family for one in self.outcomes
        )
        self._quarters[piece.family] = 0 if by_itself else piece.turned().quarters
        (self.set_person if person else self.set_cloth)(piece)

    def set_cloth(self, cloth: Piece | None) -> None:
        """Take a cloth in hand, turned as it was last; one that is in hand is not begun anew while
        it is worked on."""
        cloth = self._as_turned(cloth)
        same = cloth is not None and self.cloth is not None and cloth.key == self.cloth.key
        if same and (self.outcome is not None or self.working):
            return
        self.cloth = cloth
        self._start_over()

    def set_choice(self, choice: Category | None) -> None:
        """Say what kind of garment the cloth in hand is; it is remembered for that cloth."""
        if self.cloth is not None and choice != self.choice:
            self._choices[self.cloth.family] = choice
            self._start_over()

    def return_to(self, outcome: Outcome) -> None:
        """Take up an outcome of this sitting again, with what it was made of."""
        self.person, self.cloth = outcome.person, outcome.cloth
        self._choices[outcome.cloth.family] = outcome.choice
        for piece in (outcome.person, outcome.cloth):
            self._quarters[piece.family] = piece.quarters
        self._start_over()

    def correct(self, correction: Correction | None) -> None:
        """Use a painted region for what is shown; None is the network's own again."""
        self._correction = correction
        self._advance()

    def region(self) -> Correction | None:
        """The region of what is shown, to be painted in."""
        if self.outcome is None:
            return None
        return self.outcome.correction or Correction.begin(self.outcome.whole_region())

    def again(self) -> None:
        """Try once more after a failure."""
        self._start_over()

    def stop(self) -> None:
        """Stop what is being done, as a person asked."""
        if self.working:
            self._drop()
            self._on_cancelled()

    @property
    def working(self) -> bool:
        """Whether something is being done or waits for the network."""
        return self._job is not None or self._waiting

    @property
    def photo(self) -> Loaded | None:
        """The photo of the person in hand, once it is read."""
        return self.shelf.person(self.person) if self.person is not None else None

    # Going on

    def _start_over(self) -> None:
        known = None
        if self.person is not None and self.cloth is not None:
            known = self.outcomes.find(self.person, self.cloth, self.choice)
        self._correction = known.correction if known is not None else None
        self.outcome = None
        self._drop()
        self.pieces_changed.emit()
        self._advance()

    def _advance(self) -> None:
        person, cloth = self.person, self.cloth
        if person is None:
            return
        photo = self.shelf.person(person)
        if photo is None:
            self._read(person, self.shelf.read_person(person), is_person=True)
            return
        if photo.levels is not None and self.outcome is None:
            self.photo_shown.emit(photo.levels, person)
        if cloth is None:
            return
        known = self.outcomes.find(person, cloth, self.choice)
        if known is not None and known.correction is self._correction:
            if known is not self.outcome:
                self._show_again(known, photo)
            return
        form = cloth.worn_as(self.choice)
        worn = self.shelf.cloth(form, photo.picture.icc)
        if worn is None:
            self._read(form, self.shelf.read_cloth(form, photo.picture.icc), is_person=False)
            return
        self._ask(_Order(person, cloth, self.choice, self._correction), photo, worn)

    def _resume(self) -> None:
        if self._waiting:
            self._waiting = False
            self._advance()

    def _read(self, piece: Piece, job: Job, *, is_person: bool) -> None:
        job.failed.connect(lambda error: self._on_piece_failed(is_person, error))
        self._follow(job, f"Opening {piece.name}", lambda _loaded: self._advance())

    def _show_again(self, known: Outcome, photo: Loaded) -> None:
        job = self._pool.submit(
            lambda: imaging.levels_from_rgba(known.rgba(photo.picture.rgba)),
            f"Showing {known.name}",
        )
        self._follow(job, "", lambda levels: self._show(known, levels))

    def _ask(self, order: _Order, photo: Loaded, worn: Loaded) -> None:
        if self._order is not None and self._job is not None:
            if order.follows(self._order):
                self._again = True
                return
            self._drop()
        services = self._network.services
        if services is None:
            self._wait_for_network()
            return
        try:
            tryon = services.tryon
        except ToileError as error:
            self.failed.emit(error)
            return
        self._order = order
        job = self._lane.submit(_work(tryon, order, photo, worn), f"Trying on {order.cloth.name}")
        job.failed.connect(self._on_failed)
        self._follow(job, job.title, self._on_made)

    def _wait_for_network(self) -> None:
        reason = self._network.error
        if reason is not None:
            self.failed.emit(reason)
        else:
            self._waiting = True
            self.busy_changed.emit(WAITING)

    def _on_made(self, made: tuple[Outcome, Levels]) -> None:
        outcome, levels = made
        self.outcomes.put(outcome)
        self._show(outcome, levels)
        self.fitted.emit(outcome)

    def _show(self, outcome: Outcome, levels: Levels) -> None:
        self.outcome = outcome
        self.shown.emit(outcome, levels)

    def _on_failed(self, error: ToileError) -> None:
        self.outcome = None
        self.failed.emit(error)

    def _on_cancelled(self) -> None:
        if self.outcome is not None:
            self._correction = self.outcome.correction
        self.cancelled.emit()

    def _on_piece_failed(self, is_person: bool, error: ToileError) -> None:
        self.outcome = None
        self.piece_failed.emit(is_person, error)

    # Jobs

    def _follow(self, job: Job, doing: str, done: Callable[[Any], None]) -> None:
        """Have `job` be what is being done; nothing comes of the one before any more."""
        self._job = job
        self.busy_changed.emit(doing)

        def finished() -> None:
            if self._job is not job:
                return
            self._job = self._order = None
            again, self._again = self._again, False
            if job.cancelled:
                self.busy_changed.emit("")
                self._on_cancelled()
            elif again:
                self._advance()
            else:
                self.busy_changed.emit("")

        def succeeded(result: object) -> None:
            if self._job is job:
                self._order = None
                done(result)

        job.succeeded.connect(succeeded)
        job.finished.connect(finished)
        self.job_started.emit(job)

    def _drop(self) -> None:
        job, self._job, self._order = self._job, None, None
        self._again = self._waiting = False
        if job is not None:
            job.cancel()
        self.busy_changed.emit("")


def _work(
    tryon: Tryon, order: _Order, photo: Loaded, worn: Loaded
) -> Callable[[CancelToken], tuple[Outcome, Levels]]:
    """What the lane does for an order."""

    def work(token: CancelToken) -> tuple[Outcome, Levels]:
        correction = order.correction
        region = correction.region() if correction is not None else None
        person, cloth = photo.picture.rgba, worn.picture.rgba
        drawn = order.cloth.worn_as(None).category
        upright = drawn is not None or order.cloth.quarters is not None
        request = TryOnRequest(person, cloth, order.choice or drawn, region, upright)
        result = tryon(request, token)
        if result.rgba.shape != person.shape:
            raise PictureError("The outcome is not as large as the photo")
        token.raise_if_cancelled()
        outcome = Outcome.of(order.person, order.cloth, order.choice, correction, result)
        return outcome, imaging.levels_from_rgba(result.rgba)

    return work
