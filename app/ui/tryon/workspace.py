"""The Try-on workspace: it puts the parts together and leaves the work to them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage, QKeyEvent
from PySide6.QtWidgets import QWidget

from app.domain.errors import ToileError
from app.domain.framing import Category
from app.jobs.files import FilePool
from app.jobs.lane import InferenceLane
from app.settings import Settings
from app.ui import pictures
from app.ui.actions import Commands
from app.ui.imaging import Levels
from app.ui.network import Network
from app.ui.pictures import Source
from app.ui.tryon.commands import CATEGORIES
from app.ui.tryon.correcting import Correcting
from app.ui.tryon.fitting import Fitting
from app.ui.tryon.intake import Intake
from app.ui.tryon.layout import TryOnLayout
from app.ui.tryon.outcomes import Outcome
from app.ui.tryon.pieces import Piece
from app.ui.tryon.saving import Saving
from app.ui.tryon.slot import Slot

_EMPTY = "Drop a photo of a person"
_EMPTY_HINT = (
    "Seen from the front: from the head to the hips at least, or for pants and skirts from the "
    "waist down. Then choose a cloth."
)
_NEXT = "Now the cloth: drop its picture, or choose a wardrobe below and click one."
_STOPPED = "Stopped. Ctrl+R tries it on after all."
_HOLD = Qt.Key.Key_C


class TryOnWorkspace(TryOnLayout):
    """What happens where; the work is done in `fitting` and `saving`."""

    job_started = Signal(object)  # Job
    notice = Signal(str)
    zoom_changed = Signal(float)
    device_used = Signal(object)  # DeviceUse
    to_design = Signal(object)  # Source
    settings_changed = Signal()

    def __init__(
        self,
        commands: Commands,
        lane: InferenceLane,
        pool: FilePool,
        network: Network,
        settings: Settings,
        window: QWidget,
    ) -> None:
        self.fitting = Fitting(lane, pool, network)
        super().__init__(commands, pool, self.fitting.outcomes, settings.splitters, window)
        self.fitting.setParent(self)
        self.setObjectName("tryon_workspace")
        self.setAcceptDrops(True)
        self._commands, self._pool, self._settings = commands, pool, settings
        self.saving = Saving(window, pool, settings, self.fitting.shelf)
        self.intake = Intake(self, settings, window)
        self.region = Correcting(self, commands, self.fitting)
        self._connect()
        self.pane.set_comparing(settings.compare)
        self.wardrobe.setVisible(settings.show_wardrobe)
        self.pane.message.tell(_EMPTY, hint=_EMPTY_HINT)
        self._refresh()

    def _connect(self) -> None:
        fitting = self.fitting
        fitting.pieces_changed.connect(self._on_pieces)
        fitting.photo_shown.connect(self._on_photo)
        fitting.shown.connect(self._on_outcome)
        fitting.failed.connect(self._on_failed)
        fitting.piece_failed.connect(self._on_piece_failed)
        fitting.cancelled.connect(self._on_cancelled)
        fitting.busy_changed.connect(self._on_busy)
        fitting.fitted.connect(lambda outcome: self.device_used.emit(outcome.use))
        self.intake.person_taken.connect(lambda piece: self._on_taken(piece, person=True))
        self.intake.cloth_taken.connect(lambda piece: self._on_taken(piece, person=False))
        self.intake.wardrobe_opened.connect(lambda: self._show_wardrobe(True))
        self.intake.notice.connect(self.notice)
        self.intake.settings_changed.connect(self.settings_changed)
        self.person.clear.connect(lambda: fitting.set_person(None))
        self.cloth.clear.connect(lambda: fitting.set_cloth(None))
        self.side.history.chosen.connect(fitting.return_to)
        self.wardrobe.changed.connect(self._refresh)
        self.saving.job_started.connect(self.job_started)
        self.saving.notice.connect(self.notice)
        self.saving.saved.connect(self._on_saved)
        self.busy.stop.connect(fitting.stop)
        self.pane.message.again.connect(self.fitting.again)
        self.pane.zoom_changed.connect(self.zoom_changed)
        self.region.zoom_changed.connect(self.zoom_changed)
        self.region.changed.connect(self._refresh)

    # What is in hand

    def _on_taken(self, piece: Piece, *, person: bool) -> None:
        self.region.end()
        if person:
            self.fitting.set_person(piece)
        else:
            self.fitting.set_cloth(piece)

    def turn_person(self) -> None:
        """Turn the person's photo a quarter clockwise."""
        self.region.end()
        self.fitting.turn(person=True)

    def turn_cloth(self) -> None:
        """Turn the cloth a quarter clockwise, or back if it was turned by itself."""
        self.region.end()
        self.fitting.turn(person=False)

    def choose(self, category: Category | None) -> None:
        """Say what kind of garment the cloth is; None has it seen by its picture."""
        self.region.end()
        self.fitting.set_choice(category)
        self._refresh()

    def stop(self) -> None:
        if self.region.active:
            self.region.end()
        else:
            self.fitting.stop()

    # What came of it

    def _on_pieces(self) -> None:
        fitting = self.fitting
        cloth = fitting.cloth.worn_as(fitting.choice) if fitting.cloth is not None else None
        for slot, piece in ((self.person, fitting.person), (self.cloth, cloth)):
            self._show_piece(slot, piece)
        if fitting.person is None:
            self.pane.show_photo(None)
            self.pane.message.tell(_EMPTY, hint=_EMPTY_HINT)
        self._say("")
        self.wardrobe.select(fitting.cloth.path if fitting.cloth is not None else None)
        self._refresh()

    def _show_piece(self, slot: Slot, piece: Piece | None) -> None:
        key = piece.key if piece is not None else ""
        if key == slot.key:
            return
        slot.key = key
        if piece is None:
            slot.show_piece("")
            return
        slot.show_piece(piece.name, str(piece.path or ""))
        job = self._pool.submit(piece.thumbnail, f"Thumbnail of {piece.name}")

        def arrived(image: QImage) -> None:
            if slot.key == key:
                slot.show_image(image)

        job.succeeded.connect(arrived)

    def _on_photo(self, levels: Levels) -> None:
        if self.pane.before is not levels or self.fitting.cloth is None:
            self.pane.show_photo(levels)
        self.pane.message.hide()
        if self.fitting.cloth is None:
            self._say(_NEXT)

    def _on_outcome(self, outcome: Outcome, levels: Levels) -> None:
        photo = self.fitting.photo
        if photo is not None and self.pane.before is not photo.levels:
            self.pane.show_photo(photo.levels)
        self.pane.show_outcome(levels)
        self._say(" ".join(outcome.notices))
        self.region.follow(levels)
        self._refresh()

    def _on_failed(self, error: ToileError) -> None:
        self.region.end()
        self.pane.show_photo(None)
        self._say("")
        self.pane.message.tell_error(error)
        self._refresh()

    def _on_piece_failed(self, is_person: bool, error: ToileError) -> None:
        self._on_failed(error)
        slot = self.person if is_person else self.cloth
        slot.show_trouble("This picture cannot be used.")

    def _on_cancelled(self) -> None:
        if self.fitting.outcome is not None:  # a correction: what was there before it stays
            self.notice.emit("Stopped; the outcome is as it was.")
        else:
            photo = self.fitting.photo
            if photo is not None:
                self.pane.show_photo(photo.levels)
            self._say(_STOPPED)
        self._refresh()

    def _on_busy(self, doing: str) -> None:
        self.busy.tell(doing)
        self._refresh()

    def _on_saved(self, outcome: Outcome) -> None:
        self.side.history.tell(outcome)
        self._refresh()
        self.settings_changed.emit()

    def _say(self, text: str) -> None:
        self.note.setText(text)
        self.note.setVisible(bool(text))

    def _refresh(self) -> None:
        """Have commands and panels say what can be done now."""
        fitting, commands = self.fitting, self._commands
        outcome = fitting.outcome
        for name in ("save", "copy", "to_design", "correct", "compare"):
            commands[f"tryon.{name}"].setEnabled(outcome is not None)
        commands["tryon.uncorrect"].setEnabled(
            outcome is not None and outcome.correction is not None
        )
        commands["tryon.folder"].setEnabled(outcome is not None and outcome.saved is not None)
        commands["tryon.save_all"].setEnabled(len(fitting.outcomes) > 0)
        ready = fitting.person is not None and fitting.cloth is not None
        commands["tryon.again"].setEnabled(ready and outcome is None and not fitting.working)
        commands["tryon.stop"].setEnabled(fitting.working or self.region.active)
        commands["tryon.turn_person"].setEnabled(fitting.person is not None)
        commands["tryon.turn_cloth"].setEnabled(fitting.cloth is not None)
        for name in ("previous", "next"):
            commands[f"tryon.{name}"].setEnabled(self.wardrobe.model.rowCount() > 0)
        commands["tryon.refresh"].setEnabled(self.wardrobe.folder is not None)
        for name, category, *_ in CATEGORIES:
            commands[name].setEnabled(fitting.cloth is not None)
            commands[name].setChecked(category == fitting.choice)
        commands["tryon.compare"].setChecked(self.pane.comparing)
        commands["tryon.show_wardrobe"].setChecked(self._settings.show_wardrobe)
        commands["tryon.correct"].setChecked(self.region.active)
        self.side.show_category(fitting.choice, outcome.category if outcome is not None else None)
        self.side.history.select(outcome)

    # What is done with an outcome

    def save(self) -> None:
        if self.fitting.outcome is not None:
            self.saving.ask(self.fitting.outcome)

    def save_all(self) -> None:
        self.saving.ask_all(list(self.fitting.outcomes))

    def guard(self, then: Callable[[], None]) -> None:
        """Do ``then``, which ends the program, after asking about outcomes that are not saved."""
        self.saving.guard(list(self.fitting.outcomes), then)

    def show_in_folder(self) -> None:
        if self.fitting.outcome is not None:
            self.saving.show_in_folder(self.fitting.outcome)

    def copy(self) -> None:
        if self.pane.after is not None:
            QGuiApplication.clipboard().setImage(self.pane.after.full)
            self.notice.emit("The outcome is in the clipboard.")

    def send_to_design(self) -> None:
        """Make a label map of the outcome."""
        outcome, photo = self.fitting.outcome, self.fitting.photo
        if outcome is not None and photo is not None:
            self.region.end()
            rgba = photo.picture.rgba
            self.to_design.emit(Source(outcome.name, lambda: outcome.rgba(rgba)))

    def toggle_compare(self) -> None:
        self.pane.set_comparing(not self.pane.comparing)
        self._settings.compare = self.pane.comparing
        self._refresh()

    def toggle_wardrobe(self) -> None:
        self._show_wardrobe(not self._settings.show_wardrobe)

    def _show_wardrobe(self, on: bool) -> None:
        self._settings.show_wardrobe = on
        self.wardrobe.setVisible(on)
        self._refresh()

    # Keys and dropping

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == _HOLD and not event.modifiers() and not event.isAutoRepeat():
            self.pane.set_holding(True)
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == _HOLD and not event.isAutoRepeat():
            self.pane.set_holding(False)
        else:
            super().keyReleaseEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.WindowDeactivate:
            self.pane.set_holding(False)
        return super().event(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        source = pictures.dropped(event)
        if source is None:
            return
        pictures.accept_copy(event)
        if source.path is not None and source.path.is_dir():
            self.notice.emit("A folder of garment pictures becomes the wardrobe.")
        elif self.fitting.person is None:
            self.notice.emit("The photo is taken as the person.")
        else:
            self.notice.emit("The picture is taken as the cloth.")

    def dropEvent(self, event: QDropEvent) -> None:
        source = pictures.dropped(event)
        if source is not None:
            pictures.accept_copy(event)
            self.intake.take(source, person=self.fitting.person is None)
