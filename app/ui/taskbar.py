"""Progress on the program's button in the taskbar of Windows; elsewhere nothing happens."""

from __future__ import annotations

import ctypes
import logging
import sys
import uuid
from collections.abc import Callable
from typing import Literal, Protocol

from PySide6.QtWidgets import QWidget

_log = logging.getLogger("toile.ui")
State = Literal["none", "busy", "running", "paused", "failed"]
_FLAGS: dict[State, int] = {"none": 0, "busy": 1, "running": 2, "failed": 4, "paused": 8}
"""TBPFLAG of shobjidl_core.h."""
_CLASS = "56fdf344-fd6d-11d0-958a-006097c9a090"  # CLSID_TaskbarList
_INTERFACE = "ea1afb91-9e28-4b86-90e9-9e9f8a5eefaf"  # IID_ITaskbarList3
_INIT, _VALUE, _STATE = 3, 9, 10  # places of its methods in the interface's table
_IN_PROCESS = 1  # CLSCTX_INPROC_SERVER


class Button(Protocol):
    """The taskbar's buttons, of a window with this handle."""

    def set_state(self, window: int, flag: int) -> None: ...

    def set_value(self, window: int, done: int, total: int) -> None: ...


class Taskbar:
    """Says on the button of a widget's window how far something is. For the main thread."""

    def __init__(self, widget: QWidget, opened: Callable[[], Button | None] | None = None) -> None:
        """``opened`` gives the button at the first use; the system's when not given."""
        self._widget, self._opened = widget, opened or _system_button
        self._button: Button | None = None
        self._tried = False
        self._state: State = "none"

    def show(self, state: State, done: int = 0, total: int = 0) -> None:
        """``done`` of ``total``; "busy" says nothing of how far, "none" takes it away."""
        if state == self._state == "none":
            return
        if not self._tried:
            self._tried = True
            self._button = self._opened()
        if self._button is None:
            return
        window = int(self._widget.window().winId())
        try:
            if state not in ("none", "busy") and total:
                self._button.set_value(window, min(done, total), total)
            if state != self._state:
                self._button.set_state(window, _FLAGS[state])
        except OSError as error:  # the shell is gone or does not take it: nothing depends on it
            _log.info("the taskbar shows no progress: %s", error)
            self._button = None
        self._state = state


if sys.platform == "win32":
    from ctypes import HRESULT, WINFUNCTYPE, OleDLL, c_int, c_ulonglong, c_void_p

    class _ShellButton:
        """ITaskbarList3, by the places of its methods; OSError when a call fails."""

        def __init__(self) -> None:
            self._object = c_void_p()
            kind, interface = (
                (ctypes.c_byte * 16).from_buffer_copy(uuid.UUID(text).bytes_le)
                for text in (_CLASS, _INTERFACE)
            )
            create = OleDLL("ole32").CoCreateInstance  # Qt has opened COM in this thread
            create(kind, None, _IN_PROCESS, interface, ctypes.byref(self._object))
            table = ctypes.cast(self._object, ctypes.POINTER(ctypes.POINTER(c_void_p)))[0]
            self._init = WINFUNCTYPE(HRESULT, c_void_p)(table[_INIT] or 0)
            self._value = WINFUNCTYPE(HRESULT, c_void_p, c_void_p, c_ulonglong, c_ulonglong)(
                table[_VALUE] or 0
            )
            self._state = WINFUNCTYPE(HRESULT, c_void_p, c_void_p, c_int)(table[_STATE] or 0)
            self._init(self._object)

        def set_state(self, window: int, flag: int) -> None:
            self._state(self._object, window, flag)

        def set_value(self, window: int, done: int, total: int) -> None:
            self._value(self._object, window, done, total)

    def _system_button() -> Button | None:
        """The button of Windows, if it has one."""
        try:
            return _ShellButton()
        except OSError as error:
            _log.info("the taskbar shows no progress: %s", error)
            return None

else:

    def _system_button() -> Button | None:
        """There is none."""
        return None
