"""The Design workspace: tools, label map, garment, palette, style, and how they hang together."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QActionGroup, QImage, QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from app.domain.document import Document
from app.domain.errors import ToileError
from app.domain.palette import GROUND, Palette
from app.settings import Ground
from app.ui.design.canvas import LabelCanvas
from app.ui.design.fields import ElidedLabel
from app.ui.design.look import LookModel
from app.ui.design.overlay import OverlayBar, small_button
from app.ui.design.palette_panel import PalettePanel
from app.ui.design.preview import PicturePane
from app.ui.design.style_panel import StylePanel
from app.ui.design.tool_bar import ToolBar, build_canvas_actions
from app.ui.design.tool_options import ToolOptions
from app.ui.icons import icon

GROUNDS: tuple[tuple[Ground, str, str], ...] = (
    ("white", "White", "mdi6.square"),
    ("checker", "Checkerboard", "mdi6.checkerboard"),
    ("black", "Black", "mdi6.square-outline"),
)
_COUNT_PAUSE = 150  # milliseconds between two counts while painting goes on
_LARGE = 8_000_000  # pixels: counting such a map takes long enough to wait for the stroke's end
_PANEL_WIDTH = 276


def _strip(title: str) -> tuple[QFrame, QHBoxLayout]:
    strip = QFrame()
    strip.setProperty("role", "strip")
    strip.setFixedHeight(34)
    row = QHBoxLayout(strip)
    row.setContentsMargins(12, 0, 6, 0)
    row.setSpacing(4)
    heading = QLabel(title)
    heading.setProperty("role", "heading")
    row.addWidget(heading)
    return strip, row


class DesignWorkspace(QWidget):
    """Holds the widgets and keeps class, view, protection and overlay the same in all of them."""

    ground_changed = Signal(str)

    def __init__(self, look: LookModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.look = look
        self._palette: Palette | None = None
        self.canvas = LabelCanvas()
        self.canvas.setObjectName("label_canvas")
        self.canvas.setAccessibleName("Label map")
        self.picture = PicturePane()
        self.palette_panel = PalettePanel()
        self.style_panel = StylePanel(look)
        self.canvas_actions = build_canvas_actions(self.canvas)
        self.overlay = OverlayBar(self.canvas)
        self.origin = ElidedLabel(Qt.TextElideMode.ElideRight)
        self.origin.setObjectName("map_origin")
        self.origin.setProperty("role", "dim")
        self.ground_actions = self._make_grounds()
        self._count_timer = QTimer(self)
        self._count_timer.setSingleShot(True)
        self._count_timer.setInterval(_COUNT_PAUSE)
        self._count_timer.timeout.connect(self.count)
        self._lay_out()
        self._connect()

    def _make_grounds(self) -> list[QAction]:
        group = QActionGroup(self)
        actions = []
        for name, title, mark in GROUNDS:
            action = QAction(icon(mark), title, self)
            action.setObjectName(f"ground.{name}")
            action.setToolTip(f"{title} ground behind the garment")
            action.setCheckable(True)
            action.setData(name)
            group.addAction(action)
            actions.append(action)
        group.triggered.connect(lambda action: self.set_ground(action.data()))
        return actions

    def _lay_out(self) -> None:
        map_strip, map_row = _strip("Label map")
        map_row.addSpacing(8)
        map_row.addWidget(self.origin, 1)
        map_row.addWidget(self.overlay)
        picture_strip, picture_row = _strip("Garment")
        picture_row.addStretch(1)
        for action in self.ground_actions:
            button = small_button()
            button.setDefaultAction(action)
            picture_row.addWidget(button)
        self.views = QSplitter(Qt.Orientation.Horizontal)
        self.views.setObjectName("views")
        for strip, view in ((map_strip, self.canvas), (picture_strip, self.picture)):
            self.views.addWidget(_column(strip, view))
        self.panels = QSplitter(Qt.Orientation.Vertical)
        self.panels.setObjectName("panels")
        self.panels.addWidget(self.palette_panel)
        self.panels.addWidget(self.style_panel)
        self.panels.setStretchFactor(0, 1)
        self.panels.setStretchFactor(1, 0)
        self.panels.setCollapsible(0, False)
        self.across = QSplitter(Qt.Orientation.Horizontal)
        self.across.setObjectName("across")
        self.across.addWidget(self.views)
        self.across.addWidget(self.panels)
        self.across.setStretchFactor(0, 1)
        self.across.setStretchFactor(1, 0)
        self.across.setCollapsible(0, False)
        self.across.setSizes([2000, _PANEL_WIDTH])
        self.views.setSizes([1000, 1000])
        for splitter in (self.views, self.panels, self.across):
            splitter.setHandleWidth(1)
            splitter.setChildrenCollapsible(False)
        self.palette_panel.setMinimumWidth(240)
        self.canvas.setMinimumSize(160, 160)
        self.picture.setMinimumSize(160, 160)
        for view in (self.canvas, self.picture):  # a dropped file is for the window
            view.setAcceptDrops(False)
            view.viewport().setAcceptDrops(False)
        middle = _column(ToolOptions(self.canvas, self.canvas_actions), self.across)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        tools = ToolBar(self.canvas_actions)
        row.addWidget(tools)
        edge = QFrame()
        edge.setProperty("role", "line")
        edge.setFixedWidth(1)
        row.addWidget(edge)
        row.addWidget(middle, 1)

    def _connect(self) -> None:
        canvas, picture = self.canvas, self.picture
        self._following = False
        canvas.view_changed.connect(lambda: self._follow(picture, canvas))
        picture.view_changed.connect(lambda: self._follow(canvas, picture))
        picture.resized.connect(lambda: self._follow(picture, canvas))
        canvas.edited.connect(lambda _rect: self._on_edited())
        canvas.stroke_finished.connect(self._count_soon)
        canvas.hovered.connect(self._take_focus_back)
        canvas.class_picked.connect(self.palette_panel.select)
        self.palette_panel.class_chosen.connect(self._on_class)
        self.palette_panel.protected_changed.connect(canvas.set_protected)

    def _follow(
        self, follower: LabelCanvas | PicturePane, leader: LabelCanvas | PicturePane
    ) -> None:
        """Show the same part of the garment in both panes."""
        if self._following or self._palette is None:
            return
        self._following = True
        try:
            follower.set_view(leader.center(), leader.zoom())
        finally:
            self._following = False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter and Escape in a field of the panels lead back to the canvas."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape):
            self.canvas.setFocus()
        else:
            super().keyPressEvent(event)

    def _take_focus_back(self, x: int, _y: int, _cls: int) -> None:
        """A pointer over the map means painting: the keys are for the canvas again."""
        if x >= 0 and QApplication.activePopupWidget() is None:
            self.canvas.setFocus()

    # Palette, document, picture

    def set_palette(self, palette: Palette) -> None:
        """Use the classes of a pack."""
        self._palette = palette
        self.palette_panel.set_palette(palette)

    def set_document(self, document: Document) -> None:
        """Show a document; the view is fitted and the picture of the one before goes."""
        chosen = self.palette_panel.current
        if chosen < 0:
            chosen = _largest_class(document)
        self._following = True
        self.picture.set_map_size(document.labels.width, document.labels.height)
        self.overlay.set_picture("garment", None)
        self._show_origin(None, "")
        self.canvas.set_document(document)
        self._following = False
        self.canvas.fit()
        self.count()
        self.palette_panel.select(chosen)
        self.canvas.set_class(chosen)

    def _on_edited(self) -> None:
        document = self.canvas.document()
        if document is not None and document.labels.array.size <= _LARGE:
            self._count_soon()

    def _count_soon(self) -> None:
        if not self._count_timer.isActive():
            self._count_timer.start()

    def count(self) -> None:
        """Count how much of the label map each class covers."""
        document = self.canvas.document()
        if document is not None:
            counts = document.labels.counts()
            self.palette_panel.set_counts(counts)
            self.style_panel.set_painted(frozenset(np.flatnonzero(counts).tolist()))
            self.picture.set_blank(not counts[GROUND + 1 :].any())

    def class_name(self, cls: int) -> str:
        """The display name of a class; empty for none."""
        palette = self._palette
        return palette[cls].name() if palette is not None and 0 <= cls < len(palette) else ""

    def _on_class(self, cls: int) -> None:
        if self._palette is not None:
            self.style_panel.set_class(self._palette[cls])
            self.canvas.set_class(cls)

    # Overlay and ground

    def show_picture(self, image: QImage) -> None:
        """Show a new picture of the garment, beside the label map and, if wanted, over it."""
        self.picture.show_picture(image)
        self.overlay.set_picture("garment", image)

    def tell_error(self, error: ToileError) -> None:
        """Say why there is no picture; the last one goes from everywhere."""
        self.picture.tell_error(error)
        self.overlay.set_picture("garment", None)

    def show_photo(self, photo: QImage, name: str, remarks: list[str]) -> None:
        """Tell that the label map was made from a photo, and take a class of it in hand."""
        self._show_origin(photo, "; ".join([f"from {name}", *remarks]))
        document = self.canvas.document()
        if document is not None and not document.labels.counts()[self.palette_panel.current]:
            self.palette_panel.select(_largest_class(document))

    def _show_origin(self, photo: QImage | None, text: str) -> None:
        self.overlay.set_picture("photo", photo)
        self.origin.set_text(text)

    def set_ground(self, ground: Ground) -> None:
        """Choose what shows through behind the garment."""
        for action in self.ground_actions:
            with QSignalBlocker(action):
                action.setChecked(action.data() == ground)
        if ground != self.picture.ground:
            self.picture.set_ground(ground)
            self.ground_changed.emit(ground)


def _largest_class(document: Document) -> int:
    """The class that covers most of the label map, the ground aside; the first of an empty one."""
    counts = document.labels.counts()
    counts[GROUND] = 0
    return int(counts.argmax()) if counts.any() else GROUND + 1


def _column(head: QWidget, body: QWidget) -> QWidget:
    holder = QWidget()
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addWidget(head)
    column.addWidget(body, 1)
    return holder
