"""The tool bar, and the actions for everything that the canvas can be told to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QFrame, QToolButton, QVBoxLayout, QWidget

from app.ui.design.canvas import LabelCanvas
from app.ui.icons import icon

ICON = QSize(20, 20)
TARGET = 34
GAP = 2


class _Entry(NamedTuple):
    """One action: object name, title, icon, shortcuts, and what it does beyond its title."""

    name: str
    title: str
    icon: str
    keys: tuple[str, ...]
    tip: str = ""


_TOOLS = (
    _Entry("tool.brush", "Brush", "brush", ("B",), "Shift+click draws a straight line"),
    _Entry("tool.eraser", "Eraser", "eraser", ("E",), "Paints ground"),
    _Entry("tool.line", "Line", "vector-line", ("N",), "Shift keeps to 45°"),
    _Entry("tool.rect", "Rectangle", "rectangle", ("R",), "Shift: square, Ctrl: from the middle"),
    _Entry("tool.ellipse", "Ellipse", "ellipse", ("O",), "Shift: circle, Ctrl: from the middle"),
    _Entry(
        "tool.polygon",
        "Polygon",
        "pentagon",
        ("P",),
        "Click the corners; double click or Enter closes, Backspace takes one back",
    ),
    _Entry("tool.lasso", "Lasso", "lasso", ("L",), "Draw round an area to fill it"),
    _Entry(
        "tool.fill",
        "Fill",
        "format-color-fill",
        ("G",),
        "Fills a connected area; Shift: its class everywhere",
    ),
    _Entry("tool.pick", "Pick class", "eyedropper", ("I",), "Alt+click does it with any tool"),
    _Entry("tool.pan", "Pan", "hand-back-right-outline", ("H",), "Space + drag with any tool"),
)
_UNDO = _Entry("edit.undo", "Undo", "undo", ("Ctrl+Z",))
_REDO = _Entry("edit.redo", "Redo", "redo", ("Ctrl+Shift+Z", "Ctrl+Y"))
_CLEAR = _Entry(
    "edit.clear", "Clear the label map", "eraser-variant", ("Delete",), "Protected classes stay"
)
_SWAP = _Entry("class.swap", "Last class", "swap-horizontal", ("X",), "Back to the class before")
_SMALLER = _Entry("brush.smaller", "Smaller brush", "minus", ("[",))
_LARGER = _Entry("brush.larger", "Larger brush", "plus", ("]",))
_PRESSURE = _Entry(
    "brush.pressure", "Pen pressure", "gesture-tap-hold", ("Shift+P",), "Pressure scales the brush"
)
_MIRROR = _Entry(
    "mirror.on", "Mirror", "reflect-horizontal", ("M",), "Drag the handle to move the axis"
)
_CENTRE = _Entry(
    "mirror.centre", "Centre the mirror", "format-horizontal-align-center", ("Shift+M",)
)
_ZOOM_IN = _Entry("view.zoom_in", "Zoom in", "magnify-plus-outline", ("+", "=", "Ctrl++", "Ctrl+="))
_ZOOM_OUT = _Entry("view.zoom_out", "Zoom out", "magnify-minus-outline", ("-", "Ctrl+-"))
_FIT = _Entry("view.fit", "Fit to window", "fit-to-page-outline", ("0", "Ctrl+0"))
_ACTUAL = _Entry("view.actual", "Actual size (100 %)", "numeric-1-box-outline", ("1",))
_GRID = _Entry("view.grid", "Pixel grid", "grid", ("Ctrl+'",), "Shown from 800 % on")

# The brush grows and shrinks by about this part of itself, at least one pixel.
_SIZE_STEP = 0.12


def build_canvas_actions(canvas: LabelCanvas) -> list[QAction]:
    """Return actions for all tools and commands of `canvas`, each kept in step with it.

    They belong to the canvas and work through their shortcuts at once. Object names start with
    "tool.", "edit.", "class.", "brush.", "mirror." and "view."; tools exclude one another.
    """
    group = QActionGroup(canvas)
    tools = [_tool(canvas, entry, group) for entry in _TOOLS]
    undo = _command(canvas, _UNDO, canvas.undo)
    redo = _command(canvas, _REDO, canvas.redo)
    undo.setEnabled(False)
    redo.setEnabled(False)
    canvas.undo_changed.connect(lambda can_undo, can_redo: undo.setEnabled(can_undo))
    canvas.undo_changed.connect(lambda can_undo, can_redo: redo.setEnabled(can_redo))
    canvas.easel.tell_undo()
    pressure = _switch(canvas, _PRESSURE, canvas.set_pressure, canvas.easel.pressure)
    canvas.pressure_changed.connect(lambda on, _: pressure.setChecked(on))
    mirror = _switch(canvas, _MIRROR, canvas.set_mirror, canvas.easel.mirror)
    canvas.mirror_changed.connect(lambda on, _: mirror.setChecked(on))
    centre = _command(canvas, _CENTRE, canvas.centre_mirror)
    centre.setEnabled(canvas.easel.mirror)
    canvas.mirror_changed.connect(lambda on, _: centre.setEnabled(on))
    return [
        *tools,
        undo,
        redo,
        _command(canvas, _CLEAR, canvas.clear),
        _command(canvas, _SWAP, canvas.easel.swap_class),
        _command(canvas, _SMALLER, lambda: _resize(canvas, -1), repeat=True),
        _command(canvas, _LARGER, lambda: _resize(canvas, 1), repeat=True),
        pressure,
        mirror,
        centre,
        _command(canvas, _ZOOM_IN, canvas.zoom_in, repeat=True),
        _command(canvas, _ZOOM_OUT, canvas.zoom_out, repeat=True),
        _command(canvas, _FIT, canvas.fit),
        _command(canvas, _ACTUAL, canvas.actual_size),
        _switch(canvas, _GRID, canvas.set_grid, True),
    ]


def _resize(canvas: LabelCanvas, way: int) -> None:
    size = canvas.easel.size
    canvas.set_brush_size(round(size) + way * max(1, round(size * _SIZE_STEP)))


def _action(canvas: LabelCanvas, entry: _Entry, repeat: bool = False) -> QAction:
    action = QAction(icon(f"mdi6.{entry.icon}"), entry.title, canvas)
    action.setObjectName(entry.name)
    action.setShortcuts([QKeySequence(key) for key in entry.keys])
    action.setAutoRepeat(repeat)
    shortcut = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    action.setToolTip(f"{entry.title} ({shortcut})" + (f"\n{entry.tip}" if entry.tip else ""))
    canvas.addAction(action)
    return action


def _command(
    canvas: LabelCanvas, entry: _Entry, run: Callable[[], None], repeat: bool = False
) -> QAction:
    action = _action(canvas, entry, repeat)
    action.triggered.connect(lambda: run())
    return action


def _switch(canvas: LabelCanvas, entry: _Entry, run: Callable[[bool], None], on: bool) -> QAction:
    action = _action(canvas, entry)
    action.setCheckable(True)
    action.setChecked(on)
    action.toggled.connect(run)
    return action


def _tool(canvas: LabelCanvas, entry: _Entry, group: QActionGroup) -> QAction:
    name = entry.name.removeprefix("tool.")
    action = _action(canvas, entry)
    action.setCheckable(True)
    action.setChecked(canvas.tool() == name)
    action.triggered.connect(lambda: canvas.set_tool(name))
    canvas.tool_changed.connect(lambda now: action.setChecked(action.isChecked() or now == name))
    group.addAction(action)
    return action


def action_button(action: QAction, parent: QWidget) -> QToolButton:
    """Return a button for `action` that leaves the keyboard to the canvas."""
    button = QToolButton(parent)
    button.setDefaultAction(action)
    button.setObjectName(f"{action.objectName()}.button")
    button.setIconSize(ICON)
    button.setFixedSize(TARGET, TARGET)
    button.setAutoRaise(True)
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return button


class ToolBar(QFrame):
    """All tools in a column, and below them, where there is room, what one needs at once while
    painting; on a low screen the menus and keys have it."""

    _BELOW = ("class.swap", "mirror.on", "edit.undo", "edit.redo")
    _BREAKS = ("tool.line", "tool.fill", "class.swap", "edit.undo")

    def __init__(self, actions: list[QAction], parent: QWidget | None = None) -> None:
        """Show those of `build_canvas_actions`."""
        super().__init__(parent)
        self.setProperty("role", "panel")
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 6, 4, 6)
        column.setSpacing(GAP)
        by_name = {action.objectName(): action for action in actions}
        self._add(column, [by_name[entry.name] for entry in _TOOLS])
        self._tools_height = column.sizeHint().height()
        self._below = QWidget(self)
        below = QVBoxLayout(self._below)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(GAP)
        self._add(below, [by_name[name] for name in self._BELOW])
        column.addWidget(self._below)
        self._whole_height = column.sizeHint().height()
        column.addStretch(1)

    def _add(self, column: QVBoxLayout, actions: list[QAction]) -> None:
        for action in actions:
            if action.objectName() in self._BREAKS:
                column.addSpacing(4)
                column.addWidget(self._line())
                column.addSpacing(4)
            column.addWidget(action_button(action, self))

    def minimumSizeHint(self) -> QSize:
        return QSize(super().minimumSizeHint().width(), self._tools_height)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._below.setVisible(self.height() >= self._whole_height)

    def _line(self) -> QFrame:
        line = QFrame(self)
        line.setProperty("role", "line")
        line.setFixedHeight(1)
        return line
