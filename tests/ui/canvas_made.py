"""A canvas as the tests need it: visible, at 200 %, with a small blank map."""

import numpy as np
from PySide6.QtCore import QPointF
from pytestqt.qtbot import QtBot

from app.domain.document import Document
from app.domain.label_map import LabelMap
from app.domain.palette import Palette
from app.ui.design.canvas import LabelCanvas

WIDTH, HEIGHT = 120, 100


def make_canvas(
    qtbot: QtBot, palette: Palette, width: int = WIDTH, height: int = HEIGHT
) -> LabelCanvas:
    """Return a focused canvas 400 x 300 whose map lies at whole viewport pixels."""
    canvas = LabelCanvas()
    qtbot.addWidget(canvas)
    canvas.resize(400, 300)
    canvas.show()
    canvas.set_document(Document(LabelMap.blank(width, height, palette)))
    canvas.set_view(QPointF(width / 2, height / 2), 2.0)
    canvas.set_class(5)
    canvas.set_brush_size(6)
    canvas.setFocus()
    qtbot.waitUntil(canvas.hasFocus)
    return canvas


def pixels(canvas: LabelCanvas) -> np.ndarray:
    """Return the label map itself, uint8 (H, W)."""
    document = canvas.document()
    assert document is not None
    return document.labels.array
