"""The two themes: colours, Qt palette and the small style sheet on top of Fusion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

ThemeName = Literal["dark", "light"]


@dataclass(frozen=True)
class Colors:
    """The colours of one theme, named by their use."""

    window: QColor
    panel: QColor
    well: QColor  # behind canvas and picture: darker than the panels, so that the picture leads
    field: QColor
    raised: QColor
    hover: QColor
    line: QColor
    outline: QColor  # of what can be typed in or chosen: 3:1 against the window
    text: QColor
    dim: QColor
    disabled: QColor
    icon: QColor
    accent: QColor
    accent_soft: QColor
    on_accent: QColor
    warning: QColor
    error: QColor


def _colors(**values: str) -> Colors:
    return Colors(**{name: QColor(value) for name, value in values.items()})


DARK = _colors(
    window="#1e2024",
    panel="#25272c",
    well="#17181b",
    field="#1a1c1f",
    raised="#31343a",
    hover="#3a3e46",
    line="#363a41",
    outline="#6b717b",
    text="#d9dce1",
    dim="#9aa1ab",
    disabled="#5f656e",
    icon="#c3c8d0",
    accent="#7f9df2",
    accent_soft="#323c58",
    on_accent="#11141c",
    warning="#e2b55a",
    error="#ee8277",
)
LIGHT = _colors(
    window="#eceded",
    panel="#f7f7f6",
    well="#cfd0d1",
    field="#ffffff",
    raised="#ffffff",
    hover="#e2e5ea",
    line="#cbced2",
    outline="#7a7f86",
    text="#202327",
    dim="#5d646d",
    disabled="#a3a8ae",
    icon="#444a52",
    accent="#3a5fc4",
    accent_soft="#dbe3f8",
    on_accent="#ffffff",
    warning="#8a5d00",
    error="#b3261e",
)

_OUTLINED = ("QLineEdit", "QAbstractSpinBox", "QComboBox", "QCheckBox")
_DARKER = 140  # percent by which Fusion draws outlines darker than a widget's window colour

_current = DARK


def current() -> Colors:
    """The colours in use; widgets that paint themselves ask for them at each painting."""
    return _current


def choose(app: QApplication, name: ThemeName) -> None:
    """Take the colours of a theme; `dress` must follow once the widgets are there.

    With a style sheet in force every step of building a window polishes all its widgets again,
    which makes it three times as slow.
    """
    global _current
    _current = DARK if name == "dark" else LIGHT
    palette = _palette(_current)
    app.setPalette(palette)
    palette.setColor(QPalette.ColorRole.Window, _current.outline.lighter(_DARKER))
    for kind in _OUTLINED:
        app.setPalette(palette, kind)  # type: ignore[arg-type]  # PySide itself wants a str


def dress(app: QApplication) -> None:
    """Lay the style sheet of the chosen theme over the application."""
    app.setStyleSheet(_sheet(_current))


def apply(app: QApplication, name: ThemeName) -> None:
    """Give the whole application the theme; open windows repaint at once."""
    choose(app, name)
    dress(app)


def _palette(colors: Colors) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    for where, color in (
        (role.Window, colors.window),
        (role.WindowText, colors.text),
        (role.Base, colors.field),
        (role.AlternateBase, colors.panel),
        (role.ToolTipBase, colors.raised),
        (role.ToolTipText, colors.text),
        (role.PlaceholderText, colors.dim),
        (role.Text, colors.text),
        (role.Button, colors.raised),
        (role.ButtonText, colors.text),
        (role.BrightText, colors.error),
        (role.Link, colors.accent),
        (role.LinkVisited, colors.accent),
        (role.Highlight, colors.accent),
        (role.HighlightedText, colors.on_accent),
        (role.Light, colors.hover),
        (role.Midlight, colors.raised),
        (role.Mid, colors.line),
        (role.Dark, colors.line),
        (role.Shadow, colors.well),
        (role.Accent, colors.accent),
    ):
        palette.setColor(where, color)
    for where in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, where, colors.disabled)
    palette.setColor(QPalette.ColorGroup.Disabled, role.Highlight, colors.raised)
    palette.setColor(QPalette.ColorGroup.Disabled, role.HighlightedText, colors.disabled)
    return palette


def _sheet(colors: Colors) -> str:
    values = {name: getattr(colors, name).name() for name in colors.__dataclass_fields__}
    text = _SHEET
    for name in sorted(values, key=len, reverse=True):
        text = text.replace(f"@{name}", values[name])
    return text


# Only what the palette cannot say. Object names and the property "role" are set by the widgets.
_SHEET = """
QToolTip { color: @text; background: @raised; border: 1px solid @line; padding: 4px 6px; }
QMainWindow::separator { background: @line; width: 1px; height: 1px; }
QMenuBar { background: @window; border-bottom: 1px solid @line; padding: 1px 4px; }
QMenuBar::item { padding: 4px 9px; border-radius: 4px; background: transparent; }
QMenuBar::item:selected { background: @hover; }
QMenu { background: @panel; border: 1px solid @line; padding: 5px; }
QMenu::item { padding: 5px 26px 5px 10px; border-radius: 4px; }
QMenu::item:selected { background: @accent_soft; color: @text; }
QMenu::item:disabled { color: @disabled; }
QMenu::icon { padding-left: 8px; }
QMenu::icon:checked { background: @accent_soft; border: 1px solid @accent; border-radius: 4px; }
QMenu::separator { height: 1px; background: @line; margin: 5px 8px; }
QStatusBar { background: @window; border-top: 1px solid @line; }
QStatusBar::item { border: none; }
QSplitter::handle { background: @line; }
QSplitter::handle:hover { background: @accent; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: @hover; border-radius: 3px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 28px; }
QScrollBar::handle:horizontal { min-width: 28px; }
QScrollBar::handle:hover { background: @disabled; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QToolButton { border: 1px solid transparent; border-radius: 5px; padding: 4px; color: @text; }
QToolButton:disabled { color: @disabled; }
QToolButton:hover { background: @hover; }
QToolButton:pressed { background: @line; }
QToolButton:checked { background: @accent_soft; }
QToolButton:focus { border-color: @accent; }
QToolButton::menu-indicator { image: none; }
QToolButton[role="push"] { background: @raised; border-color: @line; padding: 5px 6px 5px 9px; }
QToolButton[role="push"]:hover { background: @hover; }
QToolButton[role="push"]:checked { background: @accent_soft; }
QToolButton[role="push"][main="true"] { background: @accent_soft; border-color: @accent; }
QToolButton[role="push"]:focus { border-color: @accent; }
QFrame[role="panel"] { background: @panel; border: none; }
QFrame[role="panel"][drop="true"] { background: @accent_soft; }
QFrame[role="strip"] { background: @panel; border: none; border-bottom: 1px solid @line; }
QFrame[role="segments"] { background: @field; border: 1px solid @line; border-radius: 7px; }
QFrame[role="pill"] { background: @raised; border: 1px solid @line; border-radius: 16px; }
QFrame[role="rail"] { background: @window; border: none; border-right: 1px solid @line; }
QFrame[role="line"] { background: @line; border: none; }
QLabel[role="heading"] { color: @dim; font-weight: 600; }
QLabel[role="dim"] { color: @dim; }
QLabel[role="note"] { color: @text; background: @panel; border-top: 1px solid @line; }
QLabel[role="warning"] { color: @warning; }
QLabel[role="error"] { color: @error; }
QLabel[role="title"] { font-weight: 600; }
QLabel[role="headline"] { font-size: 20px; font-weight: 600; }
QMessageBox QLabel#qt_msgbox_label { font-weight: 600; }
QMessageBox QLabel#qt_msgbox_informativelabel { min-width: 380px; }
QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
QListView { background: @panel; border: none; outline: none; }
QComboBox QListView { background: @raised; border: 1px solid @outline; }
QTableView { background: @panel; border: none; outline: none; }
QHeaderView { background: @panel; }
QHeaderView::section { background: @panel; color: @dim; border: none; padding: 5px 8px; }
QTableView::item { padding: 4px 6px 4px 5px; border: 0px; }
"""
