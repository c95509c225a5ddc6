"""The canvas: turns mouse, pen and keys into calls on a tool."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import (
    QEnterEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPointingDevice,
    QTabletEvent,
)
from PySide6.QtWidgets import QPinchGesture, QWidget

from app.domain.document import Document
from app.ui.design.canvas_view import PAN, TOOL_NAMES, CanvasView
from app.ui.design.easel import Pointer
from app.ui.design.tools import PickTool, Tool

_GRIP = 6.0  # viewport pixels that count as the same spot
_AXIS_PULL = 8.0  # viewport pixels within which the mirror axis snaps to the centre
_MODIFIERS = (Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt)
_PAINTING = (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton)
_TABLET = (QEvent.Type.TabletPress, QEvent.Type.TabletMove, QEvent.Type.TabletRelease)
_NOWHERE = (-1, -1, -1)


class LabelCanvas(CanvasView):
    """Paints one document with the mouse, a pen or the keyboard; the right button lays ground.

    `edited` carries the changed Rect after every change, `hovered` column, row and class (-1 each
    outside), `undo_changed` whether undo and redo would do anything.
    """

    hovered = Signal(int, int, int)
    tool_changed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # The tool that follows the pointer while it is pressed, if any.
        self._held: Tool | None = None
        self._button = Qt.MouseButton.NoButton  # that is down and paints
        self._pen_down = False
        self._hovered = _NOWHERE
        self.viewport().setTabletTracking(True)
        self._update_cursor()

    # What others call

    def set_document(self, document: Document | None) -> None:
        """Show and paint another document, fitted; a stroke in progress ends on the old one."""
        self.end_stroke()
        for tool in self._tools.values():
            tool.cancel()
            tool.forget()
        self._show_document(document)

    def tool(self) -> str:
        return self._tool_name

    def set_tool(self, name: str) -> None:
        """Choose one of TOOL_NAMES; a stroke in progress ends first, as its own undo step."""
        if name not in TOOL_NAMES:
            raise ValueError(f"no tool is called {name!r}")
        if name == self._tool_name:
            return
        self.end_stroke()
        if self._tool is not None:
            self._tool.finish()
        self._tool_name = name
        self._update_cursor()
        self._refresh()
        self.tool_changed.emit(name)

    def set_class(self, cls: int) -> None:
        """Choose the class to paint with."""
        self.easel.set_class(cls)

    def set_brush_size(self, diameter: float) -> None:
        """Choose the brush diameter in label map pixels."""
        self.easel.set_size(diameter)

    def set_pressure(self, on: bool) -> None:
        """Choose whether the pressure of the pen scales the brush."""
        self.easel.set_pressure(on)

    def set_pressure_curve(self, exponent: float) -> None:
        """Choose how: diameter = size * pressure ** exponent."""
        self.easel.set_pressure(self.easel.pressure, exponent)

    def set_mirror(self, on: bool, axis_x: float | None = None) -> None:
        """Mirror all painting at x = `axis_x` (pixel edges, rounded to 0.5; default: as it is)."""
        self.easel.set_mirror(on, axis_x)

    def centre_mirror(self) -> None:
        """Move the mirror axis to the middle of the canvas."""
        document = self.document()
        if document is not None:
            self.easel.set_mirror(self.easel.mirror, document.labels.width / 2)

    def set_protected(self, classes: frozenset[int]) -> None:
        """Choose the classes that may not be painted over."""
        self.easel.protected = classes

    def undo(self) -> None:
        """Take back the stroke in progress or the last corner of a polygon, else one step."""
        if self._tool is not None and self._tool.active:
            self._shape_command("step_back")
        else:
            self.easel.undo()

    def redo(self) -> None:
        """Go one undone step forth."""
        if self._tool is None or not self._tool.active:
            self.easel.redo()

    def clear(self) -> None:
        """Lay ground over all that is not protected, as one step of its own."""
        self.end_stroke()
        if self._tool is not None:
            self._tool.finish()
        self.easel.clear()
        self._refresh()

    def end_stroke(self) -> None:
        """End a stroke in progress with what there is, as one undo step."""
        self._axis_held = self._pen_down = False
        self._button = Qt.MouseButton.NoButton
        if self._held is not None and not self._held.lingers:
            self._held.finish()
        self._held = None
        self._refresh()

    # Pointer: mouse and pen meet in _press, _drag and _release

    def _pointer(self, event: QMouseEvent | QTabletEvent | QEnterEvent) -> Pointer:
        spot = self.to_scene(event.position())
        keys = event.modifiers()
        self._alt = bool(keys & Qt.KeyboardModifier.AltModifier)
        pen = isinstance(event, QTabletEvent)
        erases = self._button == Qt.MouseButton.RightButton or (
            pen and event.pointerType() == QPointingDevice.PointerType.Eraser
        )
        return Pointer(
            spot.x(),
            spot.y(),
            event.pressure() if isinstance(event, QTabletEvent) else 1.0,
            pen,
            erases,
            bool(keys & Qt.KeyboardModifier.ShiftModifier),
            bool(keys & Qt.KeyboardModifier.ControlModifier),
            _GRIP / self.zoom(),
        )

    def pans_with(self, event: QMouseEvent | QTabletEvent) -> bool:
        left = event.button() == Qt.MouseButton.LeftButton
        return super().pans_with(event) or (left and self._tool_name == PAN)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()
        if self._pen_down or self._held or self._axis_held or self.panning:
            return
        if self.pans_with(event):
            self.start_pan(event.position())
        elif event.button() in _PAINTING:
            self._button = event.button()
            self._press(self._pointer(event), event.position())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._over_handle(event.position()):
            self.centre_mirror()
        else:
            self.mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        event.accept()
        if self.panning:
            self.continue_pan(event.position())
        elif not self._pen_down:
            self._drag(self._pointer(event), event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()
        if self.panning:
            self.end_pan()
            self._drag(self._pointer(event), event.position())
        elif event.button() == self._button and not self._pen_down:
            self._release(self._pointer(event))
            self._button = Qt.MouseButton.NoButton

    def _pen(self, event: QTabletEvent) -> None:
        # Accepted in every case, or Qt would send the same as mouse events.
        event.accept()
        kind = event.type()
        pressed = kind == QEvent.Type.TabletPress and not self._pen_down
        if pressed and event.button() in _PAINTING:
            self._button = event.button()
        paints = event.button() == self._button
        pointer = self._pointer(event)
        if kind == QEvent.Type.TabletPress and self._held is None and not self.panning:
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            if self.pans_with(event):
                self.start_pan(event.position())
            elif paints:
                self._pen_down = True
                self._press(pointer, event.position())
        elif kind == QEvent.Type.TabletMove and self.panning:
            self.continue_pan(event.position())
        elif kind == QEvent.Type.TabletMove:
            self._drag(pointer, event.position())
        elif kind == QEvent.Type.TabletRelease and self.panning:
            self.end_pan()
        elif kind == QEvent.Type.TabletRelease and paints:
            self._pen_down = False
            self._release(pointer)
            self._button = Qt.MouseButton.NoButton

    def _press(self, pointer: Pointer, position: QPointF) -> None:
        self._at = pointer
        tool = self._tools[PickTool.name] if self._alt else self._tool
        if self.document() is None or tool is None:
            return
        if self._over_handle(position):
            self._axis_held = True
        else:
            self._held = tool
            tool.press(pointer)
        self._update_cursor(position)
        self.easel.tell_undo()
        self._refresh()

    def _drag(self, pointer: Pointer, position: QPointF) -> None:
        self._at = pointer
        if self._axis_held:
            self.easel.set_mirror(True, pointer.x, _AXIS_PULL / self.zoom())
        elif self._held is not None:
            self._held.move(pointer)
        elif self._tool is not None:
            self._tool.hover(pointer)
        self._tell_hover(pointer)
        self._update_cursor(position if self._held is None else None)
        self._refresh()

    def _release(self, pointer: Pointer) -> None:
        held, self._held = self._held, None
        if held is not None and held.active:
            held.release(pointer)
        if self._axis_held:
            self._axis_held = False
            self.viewport().update()
        self._tell_hover(pointer)
        self._refresh()

    def _tell_hover(self, pointer: Pointer | None) -> None:
        spot = _NOWHERE
        if pointer is not None:
            cls = self.easel.class_at(*pointer.point)
            spot = (int(pointer.x), int(pointer.y), cls) if cls >= 0 else _NOWHERE
        if spot != self._hovered:
            self._hovered = spot
            self.hovered.emit(*spot)

    def pinch(self, gesture: QPinchGesture) -> None:
        # The first finger may have begun a stroke before the second one came.
        if self._held is not None:
            self._held.cancel()
            self._held = None
        super().pinch(gesture)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() in _TABLET and isinstance(event, QTabletEvent):
            self._pen(event)
            return True
        if event.type() == QEvent.Type.Enter and isinstance(event, QEnterEvent):
            self._tell_hover(self._pointer(event))
        elif event.type() == QEvent.Type.Leave:
            self._at = None
            self._tell_hover(None)
            self._refresh()
        return super().viewportEvent(event)

    # Keys and focus

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            # An unfinished shape comes before a command of the window on the same key.
            if self._command_of(event):
                event.accept()
                return True
        elif event.type() == QEvent.Type.WindowDeactivate:
            self._lose_hold()
        return super().event(event)

    def _command_of(self, event: QKeyEvent) -> str:
        """Return what a key does to the stroke or shape in progress, "" for nothing."""
        if self._tool is None or not self._tool.active:
            return ""
        match event.key():
            case Qt.Key.Key_Escape:
                return "cancel"
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                return "finish"
            case Qt.Key.Key_Backspace:
                return "step_back"
        return ""

    def _shape_command(self, command: str) -> None:
        tool, self._held = self._tool, None
        if tool is not None:
            {"cancel": tool.cancel, "finish": tool.finish, "step_back": tool.step_back}[command]()
        self.easel.tell_undo()
        self._refresh()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        command = self._command_of(event)
        if command:
            self._shape_command(command)
        elif event.key() in _MODIFIERS:
            self._hold_modifier(event, True)
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() in _MODIFIERS:
            self._hold_modifier(event, False)
        else:
            super().keyReleaseEvent(event)

    def _hold_modifier(self, event: QKeyEvent, held: bool) -> None:
        """Show at once what a modifier changes, without waiting for the next move."""
        event.ignore()
        if event.key() == Qt.Key.Key_Alt:
            self._alt = held
        elif self._at is not None:
            shift = event.key() == Qt.Key.Key_Shift
            self._at = replace(self._at, **{"shift" if shift else "control": held})
            if self._held is not None:
                self._held.move(self._at)
            elif self._tool is not None:
                self._tool.hover(self._at)
        self._update_cursor()
        self._refresh()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._lose_hold()
        super().focusOutEvent(event)

    def _lose_hold(self) -> None:
        self._alt = False
        self.release_hand()
        self.end_stroke()
