"""Builds the application and its window, shows it, and only then loads what takes time."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from app import log, paths
from app import settings as settings_file
from app.jobs.files import FilePool
from app.jobs.lane import InferenceLane
from app.ui import theme
from app.ui.commands import fill_file_menus, sample_files
from app.ui.main_window import MainWindow, Places
from app.ui.services import Wiring


class _Bridge(QObject):
    """Brings a sentence from any thread to the main one."""

    said = Signal(str)


def main(argv: Sequence[str], wiring: Wiring) -> int:
    """Run the window until it closes. `argv` is Qt's; returns the exit code."""
    app = QApplication.instance() or QApplication(list(argv))
    if not isinstance(app, QApplication):
        raise TypeError("the running Qt application has no widgets")
    settings, notice = settings_file.load(paths.settings_file())
    prepare(app, settings.theme)
    lane, pool = InferenceLane(), FilePool()
    window = make_window(settings, wiring, lane, pool)
    bridge = _Bridge()
    bridge.said.connect(window.status.say, Qt.ConnectionType.QueuedConnection)
    log.catch_uncaught(bridge.said.emit)
    if notice:
        window.status.say(notice)
    window.show()
    code = app.exec()
    lane.shutdown()
    pool.shutdown(60.0)
    return code


def prepare(app: QApplication, name: settings_file.Theme) -> None:
    """Name and dress the application."""
    app.setApplicationName("Toile")
    app.setApplicationDisplayName("Toile")
    app.setDesktopFileName("toile")
    app.setStyle("Fusion")
    app.setWindowIcon(QIcon(str(paths.assets_dir() / "icons" / "toile.png")))
    theme.apply(app, name)


def make_window(
    settings: settings_file.Settings, wiring: Wiring, lane: InferenceLane, pool: FilePool
) -> MainWindow:
    """The window, with its palette and a sample on the way; its network loads once it shows."""
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
        if samples:
            window.files.open_sample(samples[0])
        else:
            window.files.new(settings.new_width, settings.new_height)
        window.first_shown.connect(window.load_network)
        window.first_shown.connect(window.offer_recovery)
    return window
