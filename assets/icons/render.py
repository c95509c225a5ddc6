"""Draws toile.svg as the PNG and ICO files that the program and the installer use.

Run it after changing the drawing: `python assets/icons/render.py`.
"""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image
from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

FOLDER = Path(__file__).resolve().parent
ICO_SIZES = (16, 20, 24, 32, 40, 48, 64, 128, 256)
PNG_SIZE = 512


def draw(renderer: QSvgRenderer, side: int) -> Image.Image:
    """The icon, `side` pixels wide and high, drawn at that size rather than shrunk."""
    image = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    renderer.render(painter)
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    return Image.open(io.BytesIO(bytes(buffer.data().data())))


def main() -> None:
    QGuiApplication(["render", "-platform", "offscreen"])
    renderer = QSvgRenderer(str(FOLDER / "toile.svg"))
    pictures = {side: draw(renderer, side) for side in (*ICO_SIZES, PNG_SIZE)}
    pictures[PNG_SIZE].save(FOLDER / "toile.png", optimize=True)
    others = [pictures[side] for side in ICO_SIZES[:-1]]
    sizes = [(side, side) for side in ICO_SIZES]
    pictures[256].save(FOLDER / "toile.ico", sizes=sizes, append_images=others)


if __name__ == "__main__":
    main()
