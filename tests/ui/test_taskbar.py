"""Progress in the taskbar: what is asked of Windows, and that nothing depends on it."""

import sys

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.ui.taskbar import Taskbar


class Button:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []
        self.fault: OSError | None = None

    def set_state(self, window: int, flag: int) -> None:
        self._keep("state", window, flag)

    def set_value(self, window: int, done: int, total: int) -> None:
        self._keep("value", window, done, total)

    def _keep(self, *told: object) -> None:
        if self.fault is not None:
            raise self.fault
        self.told.append(told)


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    window = QWidget()
    qtbot.addWidget(window)
    return window


def test_a_batch_from_begin_to_end(window: QWidget) -> None:
    button, inner = Button(), QWidget(window)
    taskbar = Taskbar(inner, lambda: button)
    handle = int(window.winId())
    taskbar.show("none")
    assert button.told == []
    taskbar.show("busy")
    taskbar.show("running", 1, 4)
    taskbar.show("running", 2, 4)
    taskbar.show("paused", 2, 4)
    taskbar.show("none")
    assert button.told == [
        ("state", handle, 1),
        ("value", handle, 1, 4),
        ("state", handle, 2),
        ("value", handle, 2, 4),
        ("value", handle, 2, 4),
        ("state", handle, 8),
        ("state", handle, 0),
    ]


def test_a_shell_that_fails_is_left_alone(window: QWidget) -> None:
    button = Button()
    taskbar = Taskbar(window, lambda: button)
    taskbar.show("running", 1, 4)
    button.fault = OSError("the shell is gone")
    taskbar.show("running", 2, 4)
    button.fault = None
    told = list(button.told)
    taskbar.show("running", 3, 4)
    assert button.told == told


@pytest.mark.skipif(sys.platform == "win32", reason="there the system has such a button")
def test_elsewhere_nothing_happens(window: QWidget) -> None:
    taskbar = Taskbar(window)
    taskbar.show("running", 1, 2)
    taskbar.show("none")
    assert taskbar._button is None
