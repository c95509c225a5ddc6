"""What every command of the window does."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup, QGuiApplication
from PySide6.QtWidgets import QApplication, QMenu

from app.domain.errors import ToileError
from app.settings import Theme, Workspace
from app.ui import theme
from app.ui.actions import Commands
from app.ui.batch.commands import add_batch_commands
from app.ui.look_commands import add_look_commands
from app.ui.outside import open_outside
from app.ui.tryon.commands import add_tryon_commands

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow


def build_commands(window: MainWindow) -> Commands:
    """Make all actions of the window."""
    commands = Commands(window)
    commands.adopt(window.design.canvas_actions)
    commands.adopt(window.design.ground_actions)
    _file(commands, window)
    _classes(commands, window)
    _view(commands, window)
    add_look_commands(commands, window)
    _help(commands, window)
    _workspaces(commands, window)
    add_tryon_commands(commands, window.workspaces)
    add_batch_commands(commands, window.workspaces)
    return commands


def _workspaces(commands: Commands, window: MainWindow) -> None:
    rooms = window.workspaces
    group = QActionGroup(window)
    places: tuple[tuple[Workspace, str, str, str, str], ...] = (
        ("design", "Design", "tshirt-crew-outline", "Ctrl+1", "paint a label map"),
        ("tryon", "Try-on", "human-handsup", "Ctrl+2", "put a cloth on a person"),
        ("batch", "Batch", "view-grid-plus-outline", "Ctrl+3", "put many cloths on many people"),
    )
    for name, title, mark, key, what in places:
        action = commands.add(f"workspace.{name}", title, mark, partial(rooms.go, name), (key,))
        action.setToolTip(f"{title}: {what} ({key})")
        action.setCheckable(True)
        action.setChecked(name == "design")
        group.addAction(action)
    wear = commands.add(
        "design.wear",
        "Try this design on …",
        "human-handsup",
        rooms.wear_design,
        ("Ctrl+Shift+T",),
        "Put the garment on a person; the outcome follows what you paint",
    )

    def show() -> None:
        wear.setEnabled(rooms.can_wear)

    window.live.shown.connect(lambda _result: show())
    window.live.failed.connect(lambda _error: show())
    window.network.loading.connect(show)
    show()


def fill_file_menus(window: MainWindow) -> None:
    """Have the lists of recent files and samples made when they are opened."""
    recent = window.commands.submenus["file.recent"]
    recent.aboutToShow.connect(lambda: _fill_recent(recent, window))
    samples = window.commands.submenus["file.samples"]
    samples.aboutToShow.connect(lambda: _fill_samples(samples, window))


def sample_files(folder: Path) -> list[Path]:
    """The sample label maps that come with the program, the one of the first start first."""
    return sorted(folder.glob("*.png"), key=lambda path: (path.stem != "coat-and-jeans", path.stem))


def sample_title(path: Path) -> str:
    """A sample's file name as a title."""
    return path.stem.replace("-", " ").capitalize()


def _file(commands: Commands, window: MainWindow) -> None:
    files = window.files
    commands.add("file.new", "New …", "file-plus-outline", lambda: _ask_new(window), ("Ctrl+N",))
    commands.add(
        "file.open", "Open label map …", "folder-open-outline", files.ask_open, ("Ctrl+O",)
    )
    commands.add(
        "file.photo",
        "From photo …",
        "camera-outline",
        window.photo.ask,
        ("Ctrl+Shift+O",),
        "Turn a photo of a person into a label map, with its colours",
    )
    commands.add(
        "file.paste",
        "Paste photo",
        "content-paste",
        window.paste,
        ("Ctrl+V",),
        "Turn the picture in the clipboard into a label map",
    )
    commands.add("file.save", "Save", "content-save-outline", lambda: files.save(), ("Ctrl+S",))
    commands.add(
        "file.save_as",
        "Save as …",
        "content-save-edit-outline",
        lambda: files.save_as(),
        ("Ctrl+Shift+S",),
    )
    commands.add(
        "file.export",
        "Export picture …",
        "image-move",
        window.export_picture,
        ("Ctrl+E",),
        "Save the garment as PNG with a transparent ground",
    )
    commands.add(
        "file.settings", "Settings …", "cog-outline", lambda: _ask_settings(window), ("Ctrl+,",)
    )
    commands["file.settings"].setToolTip("Settings")
    commands["file.settings"].setMenuRole(QAction.MenuRole.PreferencesRole)
    commands.add("file.quit", "Quit", "exit-to-app", window.close, ("Ctrl+Q",))
    commands["file.quit"].setMenuRole(QAction.MenuRole.QuitRole)


def _ask_new(window: MainWindow) -> None:
    from app.ui.size_dialogs import NewDialog

    dialog = NewDialog(window, window.settings.new_width, window.settings.new_height)

    def create(width: int, height: int) -> None:
        window.keep("new_width", width)
        window.keep("new_height", height)
        window.files.new(width, height)

    dialog.chosen.connect(create)
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()


def _fill_recent(menu: QMenu, window: MainWindow) -> None:
    menu.clear()
    for number, name in enumerate(window.settings.recent, start=1):
        path = Path(name)
        action = menu.addAction(f"&{number % 10}  {path.name}")
        action.setToolTip(name)
        action.triggered.connect(lambda _=False, path=path: window.files.open(path))
    if not window.settings.recent:
        menu.addAction("No label maps yet").setEnabled(False)
        return
    menu.addSeparator()
    menu.addAction("Clear this list").triggered.connect(lambda: _clear_recent(window))


def _clear_recent(window: MainWindow) -> None:
    window.settings.recent = []
    window.store_settings()


def _fill_samples(menu: QMenu, window: MainWindow) -> None:
    menu.clear()
    for path in sample_files(window.places.samples):
        action = menu.addAction(sample_title(path))
        action.triggered.connect(lambda _=False, path=path: window.files.open_sample(path))
    if menu.isEmpty():
        menu.addAction("No samples installed").setEnabled(False)


def _ask_settings(window: MainWindow) -> None:
    from app.ui.settings.dialog import SettingsDialog

    try:
        choices = {"device": window.network.device_choices()}
    except ToileError as error:
        window.status.say(str(error))
        choices = {}
    dialog = SettingsDialog(window.settings, window, choices)
    dialog.applied.connect(lambda changed: apply_settings(window, changed))
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()


def apply_settings(window: MainWindow, changed: dict[str, object]) -> None:
    """Put changed settings into effect and store them."""
    for key, value in changed.items():
        window.keep(key, value)
    settings = window.settings
    if "theme" in changed:
        set_theme(window, settings.theme)
    if "ground" in changed:
        window.design.set_ground(settings.ground)
    if "pressure_curve" in changed:
        window.design.canvas.set_pressure_curve(settings.pressure_curve)
    if "device" in changed:
        window.load_network()
    window.store_settings()


def set_theme(window: MainWindow, name: Theme) -> None:
    """Dress the whole program in a theme."""
    app = QApplication.instance()
    if isinstance(app, QApplication):
        theme.apply(app, name)
    window.keep("theme", name)
    window.commands[f"theme.{name}"].setChecked(True)


def _classes(commands: Commands, window: MainWindow) -> None:
    panel = window.design.palette_panel
    commands.add("class.previous", "Class above", "chevron-up", lambda: panel.step(-1), (",",))
    commands.add("class.next", "Class below", "chevron-down", lambda: panel.step(1), (".",))
    protect = commands.add(
        "class.protect",
        "Protect the class",
        "lock-outline",
        panel.toggle_protection,
        ("K",),
        "A protected class is not painted over",
    )
    protect.setCheckable(True)
    everything = commands.add(
        "class.unprotect_all",
        "Lift all protections",
        "lock-open-variant-outline",
        panel.unprotect_all,
        ("Shift+K",),
    )
    everything.setEnabled(False)

    def show() -> None:
        protect.setChecked(panel.current in panel.model.protected)
        everything.setEnabled(bool(panel.model.protected))

    panel.class_chosen.connect(show)
    panel.protected_changed.connect(show)


def _view(commands: Commands, window: MainWindow) -> None:
    design = window.design
    overlay = commands.add(
        "view.overlay",
        "Garment over the label map",
        "layers-outline",
        lambda: design.overlay.toggle("garment"),
        ("V",),
    )
    photo = commands.add(
        "view.photo",
        "Photo over the label map",
        "image-outline",
        lambda: design.overlay.toggle("photo"),
        ("Shift+V",),
        "There when the label map was made from a photo",
    )
    for action in (overlay, photo):
        action.setCheckable(True)

    def show() -> None:
        overlay.setChecked(design.overlay.percent("garment") > 0)
        photo.setChecked(design.overlay.percent("photo") > 0)
        photo.setEnabled(design.overlay.has_photo)

    design.overlay.changed.connect(show)
    show()
    panels = commands.add(
        "view.panels",
        "Palette and style",
        "dock-right",
        lambda: design.panels.setVisible(panels.isChecked()),
        ("F8",),
    )
    panels.setCheckable(True)
    panels.setChecked(True)
    full = commands.add(
        "view.full_screen", "Full screen", "fullscreen", lambda: _toggle_full(window), ("F11",)
    )
    full.setCheckable(True)
    group = QActionGroup(window)
    themes: tuple[tuple[Theme, str, str], ...] = (
        ("dark", "Dark", "weather-night"),
        ("light", "Light", "white-balance-sunny"),
    )
    for name, title, mark in themes:
        action = commands.add(f"theme.{name}", title, mark, partial(set_theme, window, name))
        action.setCheckable(True)
        action.setChecked(window.settings.theme == name)
        group.addAction(action)


def _toggle_full(window: MainWindow) -> None:
    """Fill the screen, or be again as large as before, maximized or not."""
    window.setWindowState(window.windowState() ^ Qt.WindowState.WindowFullScreen)


def _help(commands: Commands, window: MainWindow) -> None:
    commands.add(
        "help.shortcuts",
        "Keyboard shortcuts",
        "keyboard-outline",
        lambda: _show_shortcuts(window),
        ("F1",),
    )
    commands.add(
        "help.log",
        "Open log folder",
        "text-box-outline",
        lambda: open_outside(window.places.logs, window.status.say),
    )
    about = commands.add(
        "help.about", "About Toile", "information-outline", lambda: _show_about(window)
    )
    about.setMenuRole(QAction.MenuRole.AboutRole)


def _show_shortcuts(window: MainWindow) -> None:
    from app.ui.help import ShortcutSheet

    sheet = ShortcutSheet(window.commands, window)
    sheet.finished.connect(sheet.deleteLater)
    sheet.show()


def _show_about(window: MainWindow) -> None:
    from app.ui.help import AboutDialog

    mark = QGuiApplication.windowIcon()
    dialog = AboutDialog(window.network.services, mark, window)
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
