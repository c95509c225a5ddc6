"""Icons: glyphs of QtAwesome's fonts in the colours of the theme.

Only the fonts and their tables of names are taken from QtAwesome. Importing the package itself
pulls in all of qtpy and loads a dozen fonts: a third of the time the window may take to start.
"""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path

import msgspec
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QIcon,
    QIconEngine,
    QPainter,
    QPixmap,
)

from app.ui import theme

_FILL = 1.0  # glyph size over icon size


@cache
def _fonts_folder() -> Path:
    spec = importlib.util.find_spec("qtawesome")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("QtAwesome is not installed; its fonts are needed for the icons")
    return Path(spec.origin).parent / "fonts"


@cache
def _glyphs() -> dict[str, str]:
    """Code points in hexadecimal by glyph name of Material Design Icons 6."""
    table = next(_fonts_folder().glob("materialdesignicons6-webfont-charmap-*.json"))
    return msgspec.json.decode(table.read_bytes(), type=dict[str, str])


@cache
def _family() -> str:
    font = next(_fonts_folder().glob("materialdesignicons6-webfont-*.ttf"))
    number = QFontDatabase.addApplicationFont(str(font))
    families = QFontDatabase.applicationFontFamilies(number)
    return families[0] if families else ""


def glyph(name: str) -> str:
    """The character of `name`, such as "mdi6.brush". KeyError for a name the font does not have."""
    return chr(int(_glyphs()[name.removeprefix("mdi6.")], 16))


class _GlyphEngine(QIconEngine):
    """Draws one glyph at any size, in the colour that the theme has at that moment."""

    def __init__(self, name: str, color: QColor | None, checked_color: QColor | None) -> None:
        super().__init__()
        self._name = name
        self._color = color
        self._checked_color = checked_color

    def clone(self) -> QIconEngine:
        return _GlyphEngine(self._name, self._color, self._checked_color)

    def _pen(self, mode: QIcon.Mode, state: QIcon.State) -> QColor:
        colors = theme.current()
        if mode == QIcon.Mode.Disabled:
            return colors.disabled
        if state == QIcon.State.On and self._checked_color is not None:
            return self._checked_color
        if self._color is not None:
            return self._color
        return colors.on_accent if mode == QIcon.Mode.Selected else colors.icon

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        font = QFont(_family())
        font.setPixelSize(max(1, round(rect.height() * _FILL)))
        painter.save()
        painter.setFont(font)
        painter.setPen(self._pen(mode, state))
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, glyph(self._name))
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        pixmap = QPixmap(size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return pixmap


def icon(name: str, color: QColor | None = None, checked_color: QColor | None = None) -> QIcon:
    """The icon "mdi6.NAME" in the theme's icon colour, or in the colours given."""
    return QIcon(_GlyphEngine(name, color, checked_color))
