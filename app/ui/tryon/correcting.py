"""The mode in which the dressed region is painted, and what is zoomed in it or out of it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.ui.actions import Commands
from app.ui.design.zoom_view import ZoomView
from app.ui.imaging import Levels
from app.ui.tryon.correction import Correction
from app.ui.tryon.fitting import Fitting
from app.ui.tryon.layout import TryOnLayout
from app.ui.tryon.region import RegionEditor


class Correcting(QObject):
    """Puts the region's canvas in the place of the outcome and takes it away again."""

    changed = Signal()
    zoom_changed = Signal(float)

    def __init__(self, room: TryOnLayout, commands: Commands, fitting: Fitting) -> None:
        super().__init__(room)
        self._room, self._fitting = room, fitting
        self.editor: RegionEditor | None = None
        self._undo, self._redo = commands["tryon.undo"], commands["tryon.redo"]
        for action in (self._undo, self._redo):
            action.setEnabled(False)
        self._menu = commands.submenus["tryon.region"]
        self._menu.menuAction().setEnabled(False)
        self.changed.connect(lambda: self._menu.menuAction().setEnabled(self.active))

    @property
    def active(self) -> bool:
        """Whether the region is being painted."""
        return self.editor is not None and self._room.middle.currentWidget() is self.editor

    def toggle(self) -> None:
        """Begin to paint the dressed region of what is shown, or be done with it."""
        if self.active:
            self.end()
            return
        correction, levels = self._fitting.region(), self._room.pane.after
        if correction is not None and levels is not None:
            if self.editor is None:
                self.editor = self._make()
            self._room.middle.setCurrentWidget(self.editor)
            self.editor.begin(correction, levels)
            self._share_view(levels.full.width() / correction.drawn.shape[1])
            self.zoom_changed.emit(self.view.zoom())
        self.changed.emit()

    def end(self) -> None:
        """Show the outcome again in place of the region."""
        if self.editor is not None and self.active:
            self.editor.end()
            self._room.middle.setCurrentIndex(0)
            self._room.pane.setFocus()
            self.zoom_changed.emit(self.view.zoom())
            self.changed.emit()

    def _share_view(self, scale: float) -> None:
        """Show the part that the outcome's pane showed, unless that was all of it; `scale` are
        the photo's pixels per pixel of the region's map."""
        pane = self._room.pane
        if self.editor is not None and not pane.fitted:
            self.editor.canvas.set_view(pane.center() * (1 / scale), pane.zoom() * scale)

    def forget(self) -> None:
        """Go back to the region that the network chose: a step that can be undone."""
        if not self.active:
            self.toggle()
        if self.editor is not None:
            self.editor.reset()

    def undo(self) -> None:
        if self.editor is not None:
            self.editor.undo()

    def redo(self) -> None:
        if self.editor is not None:
            self.editor.redo()

    def _on_painted(self, correction: Correction) -> None:
        self._fitting.correct(None if correction.empty else correction)

    def follow(self, levels: Levels) -> None:
        """Show what the painted region made of the outcome."""
        if self.editor is not None and self.active:
            self.editor.show_outcome(levels)

    def _make(self) -> RegionEditor:
        editor = RegionEditor(self._undo, self._redo)
        self._room.middle.addWidget(editor)
        editor.painted.connect(self._on_painted)
        editor.done.connect(self.end)
        editor.canvas.zoom_changed.connect(self.zoom_changed)
        self._menu.addActions(editor.actions_used)
        return editor

    @property
    def view(self) -> ZoomView:
        """What the commands for zooming are for."""
        return self.editor.canvas if self.editor is not None and self.active else self._room.pane
