"""The workspaces of the window: which one is shown, and how they hand work to each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSplitter, QStackedWidget, QWidget

from app.domain.requests import SynthesisResult
from app.settings import Workspace
from app.ui.pictures import Source

if TYPE_CHECKING:
    from app.ui.batch.workspace import BatchWorkspace
    from app.ui.main_window import MainWindow
    from app.ui.tryon.workspace import TryOnWorkspace


class Workspaces(QStackedWidget):
    """Design is there from the start; the others are made when they are first looked at."""

    switched = Signal(str)

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._tryon: TryOnWorkspace | None = None
        self._batch: BatchWorkspace | None = None
        self._garment: SynthesisResult | None = None
        self._worn = ""  # the family of designs that is tried on
        self._worn_state: SynthesisResult | None = None
        self.addWidget(window.design)
        window.live.shown.connect(self._on_garment)

    @property
    def current(self) -> Workspace:
        shown = self.currentWidget()
        if shown is self._window.design:
            return "design"
        return "batch" if shown is self._batch else "tryon"

    @property
    def tryon(self) -> TryOnWorkspace:
        if self._tryon is None:
            self._tryon = self._make_tryon()
        return self._tryon

    @property
    def batch(self) -> BatchWorkspace:
        if self._batch is None:
            self._batch = self._make_batch()
        return self._batch

    def guard(self, then: Callable[[], None]) -> None:
        """Do ``then``, which ends the program, after asking about a batch that runs and about
        outcomes that are not saved."""
        tryon, batch = self._tryon, self._batch

        def outcomes() -> None:
            if tryon is not None:
                tryon.guard(then)
            else:
                then()

        if batch is not None:
            batch.guard(outcomes)
        else:
            outcomes()

    def close_work(self) -> None:
        """Stop what goes on in the background; the program ends."""
        if self._batch is not None:
            self._batch.close_work()

    def splitters(self) -> tuple[QSplitter, ...]:
        """What a person moved in Try-on, to be kept."""
        return tuple(part for part, _ in self._tryon.splitters()) if self._tryon else ()

    def go(self, name: Workspace) -> None:
        """Show a workspace, its commands and its zoom."""
        window = self._window
        window.commands[f"workspace.{name}"].setChecked(True)
        if name == self.current:
            return
        window.design.canvas.end_stroke()
        self.setCurrentWidget(self._room(name))
        window.commands.show_for(name)
        window.keep("workspace", name)
        window.status.show_position(-1, -1, "")
        if name == "batch":
            window.status.zoom.clear()
            self.batch.form.people.setFocus()
        else:
            view = self.tryon.region.view if name == "tryon" else window.design.canvas
            window.status.show_zoom(view.zoom())
            view.setFocus()
        if name == "tryon":
            self._follow_design()
        self.switched.emit(name)

    def _room(self, name: Workspace) -> QWidget:
        if name == "batch":
            return self.batch
        return self.tryon if name == "tryon" else self._window.design

    def _make_batch(self) -> BatchWorkspace:
        from app.ui.batch.workspace import BatchWorkspace

        window = self._window
        batch = BatchWorkspace(
            window.commands, window.lane, window.pool, window.network, window.settings, window
        )
        self._join(batch)
        return batch

    def _make_tryon(self) -> TryOnWorkspace:
        from app.ui.tryon.workspace import TryOnWorkspace

        window = self._window
        tryon = TryOnWorkspace(
            window.commands, window.lane, window.pool, window.network, window.settings, window
        )
        self._join(tryon)
        # The pane itself tells what is being done for it, with a button that stops it.
        tryon.fitting.job_started.connect(
            lambda job: window.status.track(job, tryon.pane.isVisible)
        )
        tryon.region.changed.connect(window.status.update_job)
        tryon.device_used.connect(window.status.show_device)
        tryon.zoom_changed.connect(window.status.show_zoom)
        tryon.to_design.connect(self._take_outcome)
        return tryon

    def _join(self, room: TryOnWorkspace | BatchWorkspace) -> None:
        self.addWidget(room)
        room.job_started.connect(self._window.status.track)
        room.notice.connect(self._window.status.say)
        room.settings_changed.connect(self._window.store_settings)

    # From Design to Try-on and back

    @property
    def can_wear(self) -> bool:
        """Whether there is a garment on the canvas to be tried on."""
        return self._garment is not None and self._window.network.services is not None

    def wear_design(self) -> None:
        """Try the garment on the canvas on, as it is and as it goes on changing."""
        self._wear_as("")
        self.go("tryon")

    def _wear_as(self, family: str) -> None:
        """Take the garment in hand as a state of a family of designs; "" begins a new one."""
        from app.ui.tryon import pieces

        window, garment = self._window, self._garment
        labels, services = window.live.labels, window.network.services
        if garment is None or labels is None or services is None:
            return
        name = window.files.name.removesuffix(".png")
        piece = pieces.from_design(garment.rgba, labels, services.palette, name, family)
        self._worn, self._worn_state = piece.family, garment
        self.tryon.intake.wear_design(piece)

    def _on_garment(self, result: SynthesisResult) -> None:
        self._garment = result
        if self.current == "tryon":
            self._follow_design()

    def _follow_design(self) -> None:
        """Have the outcome show the garment as it is now, if it shows an earlier state of it."""
        cloth = self._tryon.fitting.cloth if self._tryon is not None else None
        worn = cloth is not None and cloth.family == self._worn
        if worn and self._garment is not self._worn_state:
            self._wear_as(self._worn)

    def _take_outcome(self, source: Source) -> None:
        self.go("design")
        self._window.open_picture(source)
