"""How quick painting is: event to repaint, undo, memory. Prints a table, asserts nothing.

Run it as ``python -m tests.bench.bench_painting``; it needs no screen.
"""

from __future__ import annotations

import math
import os
import statistics
import time
from collections.abc import Callable, Iterator

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter
from PySide6.QtWidgets import QApplication

from app.domain.document import Document
from app.domain.geometry import Rect
from app.domain.label_map import LabelMap
from app.domain.paint import Paint
from app.domain.palette import GarmentClass, Palette
from app.domain.shapes import ellipse
from app.ui.design.canvas import LabelCanvas

WIDTH, HEIGHT = 2048, 1536
BRUSH = 60


def palette() -> Palette:
    """26 classes of distinct colours; which ones does not matter here."""
    return Palette(
        tuple(
            GarmentClass(index, f"class-{index}", {}, (index * 9, 255 - index * 9, 90), "all")
            for index in range(26)
        )
    )


class TimedCanvas(LabelCanvas):
    """A canvas that notes when its last repaint was over."""

    painted = 0.0

    def viewportEvent(self, event: QEvent) -> bool:
        done = super().viewportEvent(event)
        if event.type() == QEvent.Type.Paint:
            self.painted = time.perf_counter()
        return done


def milliseconds(run: Callable[[], object]) -> float:
    """Time of one call."""
    start = time.perf_counter()
    run()
    return (time.perf_counter() - start) * 1000


def percentile(times: list[float], part: float) -> float:
    """The value that `part` (0..1) of the times do not pass."""
    return sorted(times)[min(len(times) - 1, math.ceil(part * len(times)) - 1)]


def send(canvas: LabelCanvas, kind: QEvent.Type, at: QPointF) -> None:
    """Send one mouse event at a place on the label map."""
    spot = canvas.viewportTransform().map(at)
    left = Qt.MouseButton.LeftButton
    button = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseMove else left
    held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else left
    where = canvas.viewport().mapToGlobal(spot)
    event = QMouseEvent(kind, spot, where, button, held, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(canvas.viewport(), event)


def wave(canvas: LabelCanvas, number: int, points: int = 60) -> Iterator[QPointF]:
    """One stroke across most of what is in view of the map, another one for every number."""
    seen = QRectF(canvas.viewport().rect())
    seen = QRectF(canvas.to_scene(seen.topLeft()), canvas.to_scene(seen.bottomRight()))
    seen &= QRectF(0, 0, WIDTH, HEIGHT)
    for step in range(points):
        t = step / (points - 1)
        y = 0.5 + 0.4 * math.sin(6.28 * t * (1 + number % 3) + number)
        yield seen.topLeft() + QPointF(seen.width() * (0.05 + 0.9 * t), seen.height() * y)


def stroke(canvas: TimedCanvas, number: int) -> list[float]:
    """Paint one wave; return event-to-repaint milliseconds of every move."""
    canvas.set_class(1 + number % 25)
    way = list(wave(canvas, number))
    send(canvas, QEvent.Type.MouseButtonPress, way[0])
    QApplication.processEvents()
    times = []
    for spot in way[1:]:
        start = time.perf_counter()
        send(canvas, QEvent.Type.MouseMove, spot)
        QApplication.processEvents()
        times.append((max(canvas.painted, start) - start) * 1000)
    send(canvas, QEvent.Type.MouseButtonRelease, way[-1])
    QApplication.processEvents()
    return times


def row(title: str, times: list[float]) -> None:
    """Print one line of the table."""
    print(
        f"| {title:<44} | {statistics.median(times):7.2f} | {percentile(times, 0.95):7.2f} "
        f"| {max(times):7.2f} |"
    )


def strokes(canvas: TimedCanvas, title: str, count: int = 12) -> None:
    """Print how long the moves of `count` strokes took."""
    row(title, [each for number in range(count) for each in stroke(canvas, number)])


def fresh(canvas: LabelCanvas) -> Document:
    """Put a blank document on the canvas."""
    document = Document(LabelMap.blank(WIDTH, HEIGHT, palette()))
    canvas.set_document(document)
    canvas.set_brush_size(BRUSH)
    QApplication.processEvents()
    return document


def undo_and_redo(canvas: TimedCanvas) -> None:
    """Print undo and redo of a stroke over the whole canvas, repaint included."""
    document = fresh(canvas)
    for cls in range(1, 6):
        whole = Rect(0, 0, WIDTH, HEIGHT)
        document.lay(ellipse(whole, whole), Paint(cls))
        document.history.commit()

    def shown(run: Callable[[], None]) -> Callable[[], None]:
        return lambda: (run(), QApplication.processEvents())  # type: ignore[return-value]

    row("undo of a canvas-wide stroke", [milliseconds(shown(canvas.undo)) for _ in range(5)])
    row("redo of a canvas-wide stroke", [milliseconds(shown(canvas.redo)) for _ in range(5)])


def memory(canvas: TimedCanvas) -> None:
    """Print what 200 strokes hold in the history."""
    document = fresh(canvas)
    for number in range(200):
        stroke(canvas, number)
    held = document.history.nbytes / 1024**2
    print(
        f"\n200 strokes of {BRUSH} px across the map: {held:.1f} MiB of history "
        f"({held * 1024 / 200:.0f} KiB each; a full copy is {WIDTH * HEIGHT / 1024:.0f} KiB)"
    )


def full_repaint(canvas: TimedCanvas, title: str) -> None:
    """Print a repaint of the whole view."""
    image = canvas.viewport().grab()

    def paint() -> None:
        painter = QPainter(image)
        canvas.render(painter)
        painter.end()

    row(title, [milliseconds(paint) for _ in range(10)])


def main() -> None:
    """Print the table."""
    app = QApplication.instance() or QApplication([])
    canvas = TimedCanvas()
    canvas.resize(1280, 960)
    canvas.show()
    app.processEvents()
    print(f"Label map {WIDTH} x {HEIGHT}, brush {BRUSH} px, view 1280 x 960; milliseconds\n")
    print(f"| {'':<44} |  median |     p95 |     max |")
    print(f"| {'-' * 44} | ------: | ------: | ------: |")
    fresh(canvas)
    strokes(canvas, "stroke, event to repaint, whole map in view")
    canvas.set_mirror(True)
    strokes(canvas, "the same, mirrored")
    canvas.set_mirror(False)
    canvas.set_protected(frozenset({3, 5}))
    strokes(canvas, "the same, two classes protected")
    canvas.set_protected(frozenset())
    canvas.set_zoom(1.0)
    strokes(canvas, "the same at 100 %")
    canvas.set_zoom(3.0)
    strokes(canvas, "the same at 300 %")
    full_repaint(canvas, "whole view at 300 %")
    picture = QImage(WIDTH, HEIGHT, QImage.Format.Format_ARGB32_Premultiplied)
    picture.fill(QColor(200, 120, 90, 255))
    canvas.fit()
    canvas.set_overlay(picture)
    strokes(canvas, "stroke under an overlay, whole map in view")
    canvas.set_overlay(None)
    canvas.fit()
    full_repaint(canvas, "whole view, whole map")
    undo_and_redo(canvas)
    memory(canvas)


if __name__ == "__main__":
    main()
