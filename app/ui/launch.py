"""Builds the application and its window, shows it, and only then loads what takes time."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from app import log, paths
from app import settings as settings_file
from app.jobs.files import FilePool
from app.jobs.lane import InferenceLane
from app.ui import pictures, theme
from app.ui.commands import fill_file_menus, sample_files
from app.ui.main_window import MainWindow, Places
from app.ui.services import Wiring


class _Bridge(QObject):
    """Brings a sentence from any thread to the main one."""

    said = Signal(str)


class AfterFirstPaint(QObject):
    """Loads the network, and offers lost work, once the document is on the screen."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._gone = False
        window.design.canvas.viewport().installEventFilter(self)
        # A canvas that is left for Try-on before it was painted is not going to be.
        window.workspaces.switched.connect(self._soon)
        window.files.document_changed.connect(
            lambda _document: self._soon() if window.workspaces.current != "design" else None
        )

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            self._soon()
        return False

    def _soon(self) -> None:
        if not self._gone and self._window.files.document is not None:
            self._gone = True
            self._window.design.canvas.viewport().removeEventFilter(self)
            QTimer.singleShot(0, self._go)

    def _go(self) -> None:
        self._window.load_network()
        self._window.workspaces.go(self._window.settings.workspace)
        self._window.offer_recovery()
        self.deleteLater()


def main(
    argv: Sequence[str],
    wiring: Wiring,
    file: Path | None = None,
    *,
    visit: Callable[[MainWindow], object] | None = None,
) -> int:
    """Run the window until it closes. `argv` is Qt's; `file` is a label map or photo to begin with;
    `visit` gets the window once it is shown.

    Returns the exit code.
    """
    # The style as an argument: QApplication.setStyle returns a QStyle, whose enums cost 4 ms.
    app = QApplication.instance() or QApplication([*argv, "-style", "fusion"])
    if not isinstance(app, QApplication):
        raise TypeError("the running Qt application has no widgets")
    settings, notice = settings_file.load(paths.settings_file())
    prepare(app, settings.theme)
    lane, pool = InferenceLane(), FilePool()
    window = make_window(settings, wiring, lane, pool, file)
    theme.dress(app)
    bridge = _Bridge()
    bridge.said.connect(window.status.say, Qt.ConnectionType.QueuedConnection)
    log.catch_uncaught(bridge.said.emit)
    if notice:
        window.status.say(notice)
    window.show()
    gc.freeze()  # what is there now stays to the end: no collection need look at it again
    gc.enable()
    if visit is not None:
        visit(window)
    code = app.exec()
    lane.shutdown()
    pool.shutdown(60.0)
    return code


def prepare(app: QApplication, name: settings_file.Theme) -> None:
    """Name the application and give it its colours."""
    app.setApplicationName("Toile")
    app.setApplicationDisplayName("Toile")
    app.setDesktopFileName("toile")
    app.setWindowIcon(QIcon(str(paths.assets_dir() / "icons" / "toile.png")))
    theme.choose(app, name)


def make_window(
    settings: settings_file.Settings,
    wiring: Wiring,
    lane: InferenceLane,
    pool: FilePool,
    file: Path | None = None,
) -> MainWindow:
    """The window, with its palette and `file` or a sample on the way; its network loads once it
    shows."""
    places = Places(
        settings=paths.settings_file(),
        recovery=paths.data_dir() / "recovery",
        samples=paths.assets_dir() / "samples",
        logs=paths.log_dir(),
    )
    window = MainWindow(settings, places, wiring, lane, pool)
    fill_file_menus(window)
    if window.use_palette():
        samples = sample_files(places.samples)
        if file is not None:
            settings.workspace = "design"  # where the file is to be seen
            window.open_picture(pictures.from_file(file))
        elif samples:
            window.files.open_sample(samples[0])
        else:
            window.files.new(settings.new_width, settings.new_height)
        AfterFirstPaint(window)
    return window
