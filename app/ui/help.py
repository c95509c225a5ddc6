"""Help: the sheet of shortcuts, and what the program is made of."""

from __future__ import annotations

import platform
from importlib import metadata

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QIcon, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.ui.actions import MENUS, Commands, Place, Sub
from app.ui.services import Services

_PARTS = (
    "PySide6-Essentials",
    "shiboken6",
    "numpy",
    "opencv-python-headless",
    "onnxruntime",
    "onnxruntime-directml",
    "onnxruntime-gpu",
    "pillow",
    "msgspec",
    "platformdirs",
    "QtAwesome",
)
_LICENCES = {
    "PySide6-Essentials": "LGPL-3.0",
    "shiboken6": "LGPL-3.0",
    "numpy": "BSD-3-Clause",
    "opencv-python-headless": "Apache-2.0",
    "onnxruntime": "MIT",
    "onnxruntime-directml": "MIT",
    "onnxruntime-gpu": "MIT",
    "pillow": "MIT-CMU",
    "msgspec": "BSD-3-Clause",
    "platformdirs": "MIT",
    "QtAwesome": "MIT; Material Design Icons: Apache-2.0",
}
_MARGIN = 40  # pixels of the sheet beside its page, a scroll bar among them
_PILES = 3  # columns of the sheet of shortcuts; fewer where the screen is too narrow
_DESIGN, _TRYON = "tool.brush", "tryon.fit"  # commands that are seen in one workspace alone
_MOUSE = (
    ("", "Zoom at the cursor", "Wheel"),
    ("", "Pan", "Space + drag, middle button"),
    (_DESIGN, "Pick the class under the cursor", "Alt + click"),
    (_DESIGN, "Straight line with the brush", "Shift + click"),
    (_DESIGN, "Erase with the tool in hand", "Right button"),
    (_DESIGN, "Fill all of a class, wherever it is", "Shift + click with Fill"),
    (_DESIGN, "Move the mirror axis", "Drag its handle"),
    (_DESIGN, "Open a label map, or make one of a photo", "Drop it on the canvas"),
    (_DESIGN, "Style of the class from a picture", "Drop it on the style panel"),
    (_TRYON, "Person, cloth or wardrobe folder", "Drop it there"),
    (_TRYON, "The photo without the cloth", "Hold C"),
    (_TRYON, "Zoom to pixels and back", "Double click"),
    (_TRYON, "Try the next cloth on", "Arrow keys in the wardrobe"),
)


def shortcut_rows(commands: Commands) -> list[tuple[str, list[tuple[str, str]]]]:
    """Per menu the commands of the workspace that have shortcuts, with their keys."""
    sheet = []
    for title, places in MENUS:
        rows = []
        for action in (action for place in places for action in _actions(commands, place)):
            keys = [
                key.toString(QKeySequence.SequenceFormat.NativeText) for key in action.shortcuts()
            ]
            if keys and action.isVisible():
                rows.append((action.text().rstrip(" …"), " or ".join(keys[:2])))
        if rows:
            sheet.append((title.replace("&", ""), rows))
    mouse = [(what, how) for seen, what, how in _MOUSE if not seen or commands[seen].isVisible()]
    return [*sheet, ("Mouse and pen", mouse)]


def _actions(commands: Commands, place: Place) -> list[QAction]:
    """What stands at a place of a menu; of a menu within it only while that can be opened."""
    if isinstance(place, Sub):
        menu = commands.submenus[place.name]
        opens = menu.menuAction().isVisible() and menu.menuAction().isEnabled()
        return menu.actions() if opens else []
    return [commands[place]] if place else []


class ShortcutSheet(QDialog):
    """Every shortcut of a workspace on one page; stays open beside the work."""

    def __init__(self, commands: Commands, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("shortcut_sheet")
        self.setWindowTitle("Keyboard shortcuts")
        room = self.screen().availableGeometry().size() * 0.95
        sheet = shortcut_rows(commands)
        for piles in range(_PILES, 0, -1):
            page = _page(sheet, piles)
            if page.sizeHint().width() + _MARGIN <= room.width():
                break
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 12)
        column.addWidget(scroll)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        buttons.setContentsMargins(20, 0, 20, 0)
        column.addWidget(buttons)
        wanted = page.sizeHint() + QSize(_MARGIN, 70)
        self.resize(wanted.boundedTo(room))


def _page(sheet: list[tuple[str, list[tuple[str, str]]]], number: int) -> QWidget:
    """The sheet in ``number`` columns of about the same height."""
    page = QWidget()
    columns = QHBoxLayout(page)
    columns.setContentsMargins(20, 16, 20, 16)
    columns.setSpacing(36)
    piles = [QVBoxLayout() for _ in range(number)]
    heights = [0] * number
    for title, rows in sheet:
        shorter = heights.index(min(heights))
        heights[shorter] += len(rows) + 2
        piles[shorter].addLayout(_block(title, rows))
        piles[shorter].addSpacing(10)
    for pile in piles:
        pile.addStretch(1)
        columns.addLayout(pile, 1)
    return page


def _block(title: str, rows: list[tuple[str, str]]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(18)
    grid.setVerticalSpacing(5)
    grid.setColumnStretch(0, 1)
    heading = QLabel(title)
    heading.setProperty("role", "heading")
    grid.addWidget(heading, 0, 0, 1, 2)
    for number, (what, keys) in enumerate(rows, start=1):
        grid.addWidget(QLabel(what), number, 0)
        label = QLabel(keys)
        label.setProperty("role", "dim")
        label.setAlignment(Qt.AlignmentFlag.AlignRight)
        grid.addWidget(label, number, 1)
    return grid


def version() -> str:
    """The version of Toile; "(source)" when it runs without being installed."""
    try:
        return metadata.version("toile")
    except metadata.PackageNotFoundError:
        return "(source)"


def about_text(services: Services | None) -> str:
    """Versions and licences of everything the program runs on."""
    lines = [f"Toile {version()} · Apache-2.0", ""]
    if services is not None:
        for pack in services.packs:
            lines += [
                f"Model pack {pack.name} {pack.version} · {pack.license}",
                f"    {pack.title}",
            ]
        lines.append("")
    lines.append(f"Python {platform.python_version()} · PSF-2.0 · {platform.platform()}")
    for part in _PARTS:
        try:
            lines.append(f"{part} {metadata.version(part)} · {_LICENCES[part]}")
        except metadata.PackageNotFoundError:
            continue
    return "\n".join(lines)


class AboutDialog(QDialog):
    """Name, versions, licences."""

    def __init__(self, services: Services | None, mark: QIcon, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("about_dialog")
        self.setWindowTitle("About Toile")
        self.setModal(True)
        picture = QLabel()
        picture.setPixmap(mark.pixmap(QSize(64, 64), self.devicePixelRatioF()))
        name = QLabel("Toile")
        name.setProperty("role", "headline")
        what = QLabel(
            "A studio for garment design and virtual try-on. Every picture stays on this computer."
        )
        what.setWordWrap(True)
        what.setProperty("role", "dim")
        head = QHBoxLayout()
        head.setSpacing(16)
        words = QVBoxLayout()
        words.addStretch(1)
        words.addWidget(name)
        words.addWidget(what)
        words.addStretch(1)
        head.addWidget(picture)
        head.addLayout(words, 1)
        text = QPlainTextEdit(about_text(services))
        text.setReadOnly(True)
        text.setAccessibleName("Versions and licences")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 14)
        column.setSpacing(14)
        column.addLayout(head)
        column.addWidget(text)
        column.addWidget(buttons)
        self.resize(520, 420)
