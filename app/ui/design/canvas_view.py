"""How a document, the tool at work and the mirror look; what the pointer does is in `canvas`."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRect, QRectF, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath
from PySide6.QtWidgets import QWidget

from app.domain import brush
from app.domain.document import Document
from app.domain.geometry import Rect
from app.domain.palette import GROUND
from app.ui.design import cursors, furniture
from app.ui.design.canvas_item import CanvasItem
from app.ui.design.easel import Easel, Pointer
from app.ui.design.shape_tools import (
    EllipseTool,
    LassoTool,
    LineTool,
    PolygonTool,
    RectangleTool,
)
from app.ui.design.tools import BrushTool, EraserTool, FillTool, PickTool, Tool
from app.ui.design.zoom_view import ZoomView

PAN = "pan"
_TOOLS: tuple[type[Tool], ...] = (
    *(BrushTool, EraserTool, LineTool, RectangleTool, EllipseTool),
    *(PolygonTool, LassoTool, FillTool, PickTool),
)
TOOL_NAMES = (*(tool.name for tool in _TOOLS), PAN)

_SMALL_BRUSH = 7.0  # viewport pixels under which the outline gets a cross


class CanvasView(ZoomView):
    """Shows one document with overlay, brush outline, previews and mirror axis.

    The choices (class, size, mirror...) live in `easel`; the pointer is set by the subclass.
    """

    edited = Signal(object)
    stroke_finished = Signal()
    class_picked = Signal(int)
    brush_changed = Signal(float)
    pressure_changed = Signal(bool, float)
    mirror_changed = Signal(bool, float)
    undo_changed = Signal(bool, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.easel = Easel(self)
        self._tools = {tool.name: tool(self.easel) for tool in _TOOLS}
        self._tool_name = BrushTool.name
        self._item: CanvasItem | None = None
        self._overlay: QImage | None = None
        self._overlay_opacity = 0.5
        self._grid = True
        # The pointer while it is over the canvas, and what it holds there.
        self._at: Pointer | None = None
        self._alt = False
        self._axis_held = False
        self._outlines: list[QPainterPath] = []
        self._areas: list[QPainterPath] = []
        self._knots: list[QPointF] = []
        self._drawn: list[QRect] = []
        self.easel.edited.connect(self._show_edit)
        self.easel.stroke_finished.connect(self.stroke_finished)
        self.easel.class_picked.connect(self._show_class)
        self.easel.brush_changed.connect(self._show_size)
        self.easel.pressure_changed.connect(self.pressure_changed)
        self.easel.mirror_changed.connect(self._show_mirror)
        self.easel.undo_changed.connect(self._show_undo)
        self.view_changed.connect(self._refresh)

    def document(self) -> Document | None:
        return self.easel.document

    def _show_document(self, document: Document | None) -> None:
        if self._item is not None:
            self.scene().removeItem(self._item)
        self._item = self._overlay = None
        self.easel.set_document(document)
        if document is not None:
            self._item = CanvasItem(document.labels)
            self._item.set_grid(self._grid)
            self.scene().addItem(self._item)
            self.set_content_size(document.labels.width, document.labels.height)
        self.viewport().update()
        self._refresh()

    def set_overlay(self, picture: QImage | None) -> None:
        """Lay a picture over the labels, stretched to the canvas; None takes it away."""
        self._overlay = picture
        self._show_overlay()

    def set_overlay_opacity(self, opacity: float) -> None:
        """Set how much the overlay hides the labels, 0..1."""
        self._overlay_opacity = min(max(opacity, 0.0), 1.0)
        self._show_overlay()

    def set_underlay(self, picture: QImage | None, tint: float) -> None:
        """Lay the labels over a picture that is stretched to the canvas, `tint` 0..1 of them."""
        if self._item is not None:
            self._item.set_underlay(picture, tint)

    def set_grid(self, on: bool) -> None:
        """Show lines between the pixels when zoomed in far enough."""
        self._grid = on
        if self._item is not None:
            self._item.set_grid(on)

    @property
    def _tool(self) -> Tool | None:
        return self._tools.get(self._tool_name)

    @property
    def _outlined(self) -> bool:
        """Whether the edge of the brush stands in for the cursor."""
        tool = self._tool
        hand = self.panning or self.space_held or self._alt or self._axis_held
        return self.document() is not None and tool is not None and tool.sized and not hand

    def hand_changed(self) -> None:
        self._update_cursor()
        self._refresh()

    def _update_cursor(self, position: QPointF | None = None) -> None:
        if self.panning:
            cursor = cursors.CLOSED_HAND
        elif self.space_held or self._tool_name == PAN:
            cursor = cursors.OPEN_HAND
        elif self._axis_held or (position is not None and self._over_handle(position)):
            cursor = cursors.SIDEWAYS
        elif self._alt or self._tool_name == PickTool.name:
            cursor = cursors.PICK
        elif self._outlined:
            cursor = cursors.NONE
        else:
            cursor = cursors.CROSS
        cursors.show(self.viewport(), cursor)

    def _over_handle(self, position: QPointF) -> bool:
        if not self.easel.mirror or self.document() is None:
            return False
        axis, top, _ = self._axis()
        way = position - furniture.handle_centre(axis, top)
        return math.hypot(way.x(), way.y()) <= furniture.HANDLE_RADIUS + 3

    def _axis(self) -> tuple[float, float, float]:
        """Return x, top and bottom of the mirror axis in viewport pixels."""
        document = self.document()
        height = document.labels.height if document else 0
        line = self.to_view(QRectF(self.easel.axis, 0, 0, height))
        return line.x(), line.top(), line.bottom()

    def _refresh(self) -> None:
        """Work out outline and preview anew and repaint where they were and are."""
        outlines: list[QPainterPath] = []
        areas: list[QPainterPath] = []
        knots: tuple[tuple[float, float], ...] = ()
        if self._outlined and self._at is not None:
            dab = brush.dab(self._at.x, self._at.y, self.easel.size)
            outlines.append(furniture.brush_outline(dab, self.zoom()))
        preview = self._tool.preview() if self._tool is not None else None
        if preview is not None and self.document() is not None:
            areas.append(furniture.preview_shape(preview))
            knots = preview.marks
        if self.easel.mirror:
            twin = furniture.reflected(self.easel.axis)
            outlines += [twin.map(path) for path in outlines]
            areas += [twin.map(path) for path in areas]
        to_view = self.viewportTransform()
        self._outlines = [to_view.map(path) for path in outlines]
        self._areas = [to_view.map(path) for path in areas]
        self._knots = [to_view.map(QPointF(x, y)) for x, y in knots]
        drawn = [furniture.bounds(path) for path in (*self._outlines, *self._areas)]
        for rect in (*self._drawn, *drawn):
            self.viewport().update(rect)
        self._drawn = drawn

    def drawForeground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        document = self.document()
        if document is None:
            return
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tool = self._tool
        cls = GROUND if tool is not None and tool.lays_ground else self.easel.cls
        color = None if cls == GROUND else QColor(*document.labels.palette[cls].color)
        for path in self._areas:
            furniture.paint_area(painter, path, color)
        furniture.paint_knots(painter, self._knots)
        for path in self._outlines:
            furniture.paint_outline(painter, path)
            if path.boundingRect().width() < _SMALL_BRUSH:
                furniture.paint_cross(painter, path.boundingRect().center())
        if self.easel.mirror:
            furniture.paint_axis(painter, *self._axis(), hot=self._axis_held)
        painter.restore()

    def _show_edit(self, dirty: Rect) -> None:
        if self._item is not None:
            self._item.refresh(dirty)
            area = self.to_view(QRectF(dirty.x, dirty.y, dirty.w, dirty.h))
            self.viewport().update(area.toAlignedRect().adjusted(-2, -2, 2, 2))
        self.edited.emit(dirty)

    def _show_overlay(self) -> None:
        if self._item is not None:
            self._item.set_overlay(self._overlay, self._overlay_opacity)

    def _show_class(self, cls: int) -> None:
        self._refresh()
        self.class_picked.emit(cls)

    def _show_size(self, size: float) -> None:
        self._refresh()
        self.brush_changed.emit(size)

    def _show_mirror(self, on: bool, axis: float) -> None:
        self.viewport().update()
        self._refresh()
        self.mirror_changed.emit(on, axis)

    def _show_undo(self, can_undo: bool, can_redo: bool) -> None:
        active = self._tool is not None and self._tool.active
        self.undo_changed.emit(can_undo or active, can_redo and not active)
