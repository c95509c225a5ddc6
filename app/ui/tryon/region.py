"""The dressed region, painted over the outcome with the tools of the Design canvas."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.domain.document import Document
from app.domain.geometry import Rect
from app.domain.label_map import LabelMap
from app.domain.paint import Paint, Stencil
from app.domain.palette import GROUND, GarmentClass, Palette
from app.ui.design.canvas import LabelCanvas
from app.ui.design.fields import ElidedLabel
from app.ui.design.tool_bar import action_button, build_canvas_actions
from app.ui.design.tool_options import ToolOptions
from app.ui.imaging import Levels
from app.ui.tryon.correction import Correction

DRESSED = 1
_TINT = 0.35
_UNDO = 64 << 20
_PALETTE = Palette(
    (
        GarmentClass(0, "kept", {"en": "Photo"}, (255, 255, 255), "ground"),
        GarmentClass(DRESSED, "dressed", {"en": "Dressed"}, (64, 196, 255), "garment"),
    )
)
_TOOLS = (
    *("tool.brush", "tool.eraser", "tool.rect", "tool.ellipse", "tool.polygon", "tool.lasso"),
    "tool.pan",
)
_OTHER = ("brush.smaller", "brush.larger", "brush.pressure", "mirror.on", "mirror.centre")
_TITLES = {"tool.brush": "Dress with the brush", "tool.eraser": "Show the photo again (eraser)"}


class RegionEditor(QWidget):
    """Paints a `Correction`; `painted` comes with the new one after every stroke and undo."""

    painted = Signal(object)
    done = Signal()

    def __init__(self, undo: QAction, redo: QAction, parent: QWidget | None = None) -> None:
        """`undo` and `redo` are the workspace's; they are enabled while they would do anything."""
        super().__init__(parent)
        self.canvas = LabelCanvas()
        self.canvas.setObjectName("region_canvas")
        self.canvas.setAccessibleName("Dressed region")
        self.canvas.setAcceptDrops(False)
        self.canvas.viewport().setAcceptDrops(False)
        self._correction: Correction | None = None
        every = build_canvas_actions(self.canvas)
        self.actions_used: list[QAction] = []
        for action in every:
            name = action.objectName()
            if name in (*_TOOLS, *_OTHER):
                self.actions_used.append(action)
            else:  # the workspace has its own, on the same keys
                self.canvas.removeAction(action)
            if name in _TITLES:
                action.setText(_TITLES[name])
                action.setToolTip(f"{_TITLES[name]} ({action.shortcut().toString()})")
        self._lay_out(every, undo, redo)
        for action in self.actions_used:  # for the menus: their own names
            action.setObjectName(f"region.{action.objectName()}")
        self.canvas.stroke_finished.connect(self._tell)
        self.canvas.undo_changed.connect(lambda can_undo, _: undo.setEnabled(can_undo))
        self.canvas.undo_changed.connect(lambda _, can_redo: redo.setEnabled(can_redo))

    def _lay_out(self, every: list[QAction], undo: QAction, redo: QAction) -> None:
        by_name = {action.objectName(): action for action in every}
        strip = QFrame()
        strip.setProperty("role", "strip")
        row = QHBoxLayout(strip)
        row.setContentsMargins(8, 3, 8, 3)
        row.setSpacing(2)
        for name in _TOOLS:
            if name in ("tool.rect", "tool.pan"):
                row.addSpacing(8)
            row.addWidget(action_button(by_name[name], self))
        row.addSpacing(8)
        for action in (undo, redo):
            row.addWidget(action_button(action, self))
        row.addSpacing(10)
        word = ElidedLabel(Qt.TextElideMode.ElideRight)
        word.set_text("Blue is dressed; the eraser brings the photo back.")
        word.setProperty("role", "dim")
        row.addWidget(word, 1)
        finish = QPushButton("Done")
        finish.setObjectName("region.done")
        finish.setToolTip("Back to the outcome (Esc)")
        finish.clicked.connect(self.done)
        row.addWidget(finish)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(strip)
        column.addWidget(ToolOptions(self.canvas, every))
        column.addWidget(self.canvas, 1)

    def begin(self, correction: Correction, levels: Levels) -> None:
        """Paint in a region, over the outcome as it is."""
        self._correction = correction
        height, width = correction.drawn.shape
        labels = LabelMap.blank(width, height, _PALETTE)
        labels.array[:] = correction.drawn
        self.canvas.set_document(Document(labels, budget=_UNDO))
        self.show_outcome(levels)
        self.canvas.set_class(DRESSED)
        self.canvas.set_tool("brush")
        self.canvas.set_brush_size(max(8, round(max(width, height) / 24)))
        self.canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_outcome(self, levels: Levels) -> None:
        """The outcome followed what was painted."""
        document = self.canvas.document()
        if document is not None:
            self.canvas.set_underlay(levels.at_least(document.labels.width), _TINT)

    def undo(self) -> None:
        self.canvas.undo()
        self._tell()

    def redo(self) -> None:
        self.canvas.redo()
        self._tell()

    def reset(self) -> None:
        """Have the region as the network chose it, as one step."""
        document = self.canvas.document()
        if self._correction is None or document is None:
            return
        self.canvas.end_stroke()
        whole = Rect(0, 0, document.labels.width, document.labels.height)
        for cls in (GROUND, DRESSED):
            self.canvas.easel.lay(Stencil(whole, self._correction.given == cls), Paint(cls))
        self.canvas.easel.commit()

    def end(self) -> None:
        """Let go of everything."""
        self.canvas.end_stroke()
        self.canvas.set_document(None)
        self._correction = None

    def _tell(self) -> None:
        document = self.canvas.document()
        if self._correction is None or document is None:
            return
        drawn = document.labels.array.copy()
        if not np.array_equal(drawn, self._correction.drawn):
            self._correction = self._correction.painted(drawn)
            self.painted.emit(self._correction)
