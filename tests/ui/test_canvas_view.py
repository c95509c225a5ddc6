import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import (
    QColor,
    QCursor,
    QImage,
    QNativeGestureEvent,
    QPointingDevice,
    QRegion,
    QWheelEvent,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.domain.document import Document
from app.domain.geometry import Rect
from app.domain.label_map import LabelMap
from app.domain.palette import Palette
from app.ui.design import furniture
from app.ui.design.canvas import LabelCanvas
from app.ui.design.zoom_view import MAX_ZOOM, MIN_ZOOM
from app.ui.imaging import LabelImage, image_from_rgba, rgba_from_image
from tests.ui.canvas_made import HEIGHT, WIDTH, make_canvas, pixels
from tests.ui.hands import LEFT, drag, move, press, release, spot

MIDDLE = Qt.MouseButton.MiddleButton


@pytest.fixture
def canvas(qtbot: QtBot, palette: Palette) -> LabelCanvas:
    return make_canvas(qtbot, palette)


def seen(canvas: LabelCanvas, place: tuple[float, float]) -> QColor:
    """The colour on the screen at a place of the label map."""
    at = spot(canvas, place)
    return canvas.viewport().grab().toImage().pixelColor(at)


def turn_wheel(canvas: LabelCanvas, at: QPoint, notches: float) -> None:
    where = QPointF(canvas.viewport().mapToGlobal(at))
    event = QWheelEvent(
        QPointF(at),
        where,
        QPoint(),
        QPoint(0, round(120 * notches)),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(canvas.viewport(), event)


def test_paint_shows_in_the_colour_of_its_class(canvas: LabelCanvas, palette: Palette) -> None:
    drag(canvas, [(20, 50), (100, 50)])
    QApplication.sendEvent(canvas.viewport(), QEvent(QEvent.Type.Leave))
    assert seen(canvas, (60, 50)) == QColor(*palette[5].color)
    canvas.undo()
    assert seen(canvas, (60, 50)) != QColor(*palette[5].color)


@pytest.mark.parametrize("zoom", [0.37, 0.5, 1.0, 2.0, 3.3, 9.0])
def test_partial_repaints_leave_the_same_picture_as_a_full_one(
    qtbot: QtBot, palette: Palette, zoom: float
) -> None:
    canvas = make_canvas(qtbot, palette, 700, 500)
    canvas.set_view(QPointF(350, 250), zoom)
    shown = QImage(canvas.viewport().size(), QImage.Format.Format_RGB32)
    canvas.viewport().render(shown)

    def repaint(x: int, y: int, w: int, h: int) -> None:
        area = QRegion(x, y, w, h)
        canvas.viewport().render(shown, QPoint(x, y), area)

    rng = np.random.default_rng(3)
    pixels(canvas)[:] = np.repeat(np.repeat(rng.integers(0, 26, (100, 140)), 5, 0), 5, 1)
    canvas.set_document(canvas.document())
    canvas.set_view(QPointF(350, 250), zoom)
    for x in range(0, 400, 37):
        for y in range(0, 300, 41):
            repaint(x, y, min(37, 400 - x), min(41, 300 - y))
    whole = canvas.viewport().grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    difference = np.abs(
        rgba_from_image(shown).astype(int) - rgba_from_image(whole).astype(int)
    ).max(axis=2)
    assert (difference > 40).mean() < 0.002


def test_the_wheel_zooms_about_the_cursor(canvas: LabelCanvas, qtbot: QtBot) -> None:
    at = QPoint(300, 80)
    before = canvas.to_scene(QPointF(at))
    with qtbot.waitSignals([canvas.zoom_changed, canvas.view_changed]):
        turn_wheel(canvas, at, 3)
    after = canvas.to_scene(QPointF(at))
    assert canvas.zoom() == pytest.approx(2 * 1.25**3)
    assert (after - before).manhattanLength() <= 2 / canvas.zoom()
    for _ in range(40):
        turn_wheel(canvas, at, -2)
    assert canvas.zoom() == MIN_ZOOM
    for _ in range(60):
        turn_wheel(canvas, at, 2)
    assert canvas.zoom() == MAX_ZOOM


def test_a_pinch_zooms_about_its_place(canvas: LabelCanvas) -> None:
    at = QPointF(100, 200)
    before = canvas.to_scene(at)
    where = QPointF(canvas.viewport().mapToGlobal(at))
    pinch = QNativeGestureEvent(
        Qt.NativeGestureType.ZoomNativeGesture,
        QPointingDevice.primaryPointingDevice(),
        2,
        at,
        at,
        where,
        0.5,
        QPointF(),
    )
    QApplication.sendEvent(canvas.viewport(), pinch)
    assert canvas.zoom() == pytest.approx(3.0)
    assert (canvas.to_scene(at) - before).manhattanLength() < 1


def test_steps_actual_size_and_fit(canvas: LabelCanvas) -> None:
    canvas.zoom_in()
    assert canvas.zoom() == 3.0
    canvas.zoom_out()
    canvas.zoom_out()
    assert canvas.zoom() == 1.5
    canvas.actual_size()
    assert canvas.zoom() == 1.0
    canvas.fit()
    left, top = spot(canvas, (0, 0)).toTuple()
    right, bottom = spot(canvas, (WIDTH, HEIGHT)).toTuple()
    assert left > 0
    assert top > 0
    assert right < 400
    assert bottom < 300
    canvas.resize(800, 600)
    assert spot(canvas, (WIDTH, HEIGHT)).y() > 500


def test_resizing_keeps_a_chosen_view(canvas: LabelCanvas) -> None:
    corner = canvas.to_scene(QPointF(0, 0))
    canvas.resize(700, 500)
    assert canvas.zoom() == 2.0
    assert (canvas.to_scene(QPointF(0, 0)) - corner).manhattanLength() < 1


def test_two_views_can_follow_each_other(
    canvas: LabelCanvas, qtbot: QtBot, palette: Palette
) -> None:
    other = make_canvas(qtbot, palette)
    canvas.set_view(QPointF(30, 70), 5.0)
    other.set_view(canvas.center(), canvas.zoom())
    assert other.zoom() == 5.0
    assert (other.center() - canvas.center()).manhattanLength() < 0.5


@pytest.mark.parametrize("hand", ["middle", "space", "tool"])
def test_panning_moves_the_view_and_paints_nothing(canvas: LabelCanvas, hand: str) -> None:
    before = canvas.to_scene(QPointF(0, 0))
    button = MIDDLE if hand == "middle" else LEFT
    if hand == "space":
        QTest.keyPress(canvas, Qt.Key.Key_Space)
    if hand == "tool":
        canvas.set_tool("pan")
    view = canvas.viewport()
    QTest.mousePress(view, button, pos=QPoint(200, 150))
    QTest.mouseMove(view, QPoint(240, 130))
    assert view.cursor().shape() == Qt.CursorShape.ClosedHandCursor
    QTest.mouseRelease(view, button, pos=QPoint(240, 130))
    way = canvas.to_scene(QPointF(0, 0)) - before
    assert (way.x(), way.y()) == pytest.approx((-20, 10))
    assert not pixels(canvas).any()
    if hand == "space":
        QTest.keyRelease(canvas, Qt.Key.Key_Space)
        assert view.cursor().shape() == Qt.CursorShape.BlankCursor


def test_panning_leaves_no_trail_of_what_stays_at_its_place_in_the_view(
    canvas: LabelCanvas,
) -> None:
    def on_screen() -> QImage:
        QApplication.processEvents()
        return canvas.screen().grabWindow(canvas.winId()).toImage()

    canvas.set_mirror(True)
    canvas.set_view(QPointF(60, 50), 8.0)
    QTest.keyPress(canvas, Qt.Key.Key_Space)
    QTest.mousePress(canvas.viewport(), LEFT, pos=QPoint(200, 150))
    on_screen()
    QTest.mouseMove(canvas.viewport(), QPoint(203, 210))
    panned = on_screen()
    canvas.viewport().repaint()
    assert panned == on_screen()


def test_hovering_tells_place_and_class(canvas: LabelCanvas) -> None:
    spots: list[tuple[int, int, int]] = []
    canvas.hovered.connect(lambda *spot: spots.append(spot))
    pixels(canvas)[30, 20] = 11
    move(canvas, (20.5, 30.5))
    move(canvas, (-9, 30))
    move(canvas, (21.5, 30.5))
    QApplication.sendEvent(canvas.viewport(), QEvent(QEvent.Type.Leave))
    assert spots == [(20, 30, 11), (-1, -1, -1), (21, 30, 0), (-1, -1, -1)]


def test_the_mirror_handle_moves_the_axis_and_snaps_to_the_centre(
    canvas: LabelCanvas, qtbot: QtBot
) -> None:
    canvas.set_mirror(True, 30)
    x, top, _ = canvas._axis()
    handle = furniture.handle_centre(x, top).toPoint()
    view = canvas.viewport()
    QTest.mousePress(view, LEFT, pos=handle)
    QTest.mouseMove(view, handle + QPoint(21, 5))
    assert canvas.easel.axis == pytest.approx(40.5)
    assert view.cursor().shape() == Qt.CursorShape.SizeHorCursor
    QTest.mouseMove(view, handle + QPoint(65, 5))
    assert canvas.easel.axis == WIDTH / 2
    with qtbot.waitSignal(canvas.mirror_changed):
        QTest.mouseMove(view, handle + QPoint(160, 5))
    QTest.mouseRelease(view, LEFT, pos=handle + QPoint(160, 5))
    assert canvas.easel.axis == 110
    assert not pixels(canvas).any()
    x, top, _ = canvas._axis()
    QTest.mouseDClick(view, LEFT, pos=furniture.handle_centre(x, top).toPoint())
    assert canvas.easel.axis == WIDTH / 2


def test_the_outline_has_the_true_size_of_the_brush(canvas: LabelCanvas) -> None:
    canvas.set_brush_size(20)
    pixels(canvas)[:] = 3
    canvas.set_document(canvas.document())
    canvas.set_view(QPointF(60, 50), 2.0)
    plain = canvas.viewport().grab().toImage()
    move(canvas, (60, 50))
    image = canvas.viewport().grab().toImage()
    row = spot(canvas, (60, 50)).y()
    changed = [x for x in range(400) if image.pixel(x, row) != plain.pixel(x, row)]
    assert abs((changed[-1] - changed[0]) - 40) <= 4


@pytest.mark.parametrize(("tool", "blank"), [("brush", True), ("rect", False), ("pick", False)])
def test_the_cursor_tells_the_tool(canvas: LabelCanvas, tool: str, blank: bool) -> None:
    canvas.set_tool("fill")
    canvas.set_tool(tool)
    cursor: QCursor = canvas.viewport().cursor()
    assert (cursor.shape() == Qt.CursorShape.BlankCursor) == blank
    assert (cursor.shape() == Qt.CursorShape.BitmapCursor) == (tool == "pick")


def test_previews_show_and_go(canvas: LabelCanvas) -> None:
    plain = canvas.viewport().grab().toImage()
    canvas.set_tool("rect")
    press(canvas, (20, 20))
    move(canvas, (80, 80))
    assert canvas.viewport().grab().toImage().pixel(spot(canvas, (50, 50))) != plain.pixel(
        spot(canvas, (50, 50))
    )
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    assert canvas.viewport().grab().toImage() == plain
    release(canvas, (80, 80))


def test_a_grid_shows_from_800_percent(canvas: LabelCanvas) -> None:
    pixels(canvas)[:] = 3
    canvas.set_document(canvas.document())
    for zoom, lines in ((6.0, False), (10.0, True)):
        canvas.set_view(QPointF(60, 50), zoom)
        image = canvas.viewport().grab().toImage()
        colors = {image.pixel(x, 150) for x in range(100, 300)}
        assert (len(colors) > 1) == lines
    canvas.set_grid(False)
    image = canvas.viewport().grab().toImage()
    assert len({image.pixel(x, 150) for x in range(100, 300)}) == 1


def test_the_overlay_covers_the_labels_by_its_opacity(canvas: LabelCanvas) -> None:
    pixels(canvas)[:] = 3
    canvas.set_document(canvas.document())
    canvas.set_view(QPointF(60, 50), 2.0)
    plain = seen(canvas, (60, 50))
    red = np.zeros((50, 60, 4), np.uint8)
    red[..., 0] = red[..., 3] = 255
    canvas.set_overlay_opacity(1.0)
    canvas.set_overlay(image_from_rgba(red))
    assert seen(canvas, (60, 50)) == QColor(255, 0, 0)
    canvas.set_overlay_opacity(0.5)
    assert abs(seen(canvas, (60, 50)).green() - plain.green() / 2) <= 2
    canvas.set_overlay(None)
    assert seen(canvas, (60, 50)) == plain


def test_a_new_document_starts_fresh(canvas: LabelCanvas, palette: Palette) -> None:
    canvas.set_mirror(True, 20)
    drag(canvas, [(20, 20)])
    canvas.set_document(Document(LabelMap.blank(300, 40, palette)))
    assert canvas.easel.axis == 150
    drag(canvas, [(30, 20)], Qt.KeyboardModifier.ShiftModifier)
    # Shift has no last point here, so this is one dab and its twin.
    assert (pixels(canvas) == 5).any(axis=0).sum() == 12


def test_label_images_follow_the_map(palette: Palette) -> None:
    labels = LabelMap.blank(10, 7, palette)
    picture = LabelImage(labels)
    assert picture.image.pixelColor(3, 3).alpha() == 0
    labels.array[2:4, 3] = 8
    picture.refresh(Rect(3, 2, 1, 2))
    assert picture.image.pixelColor(3, 3) == QColor(*palette[8].color)
    assert picture.image.pixelColor(4, 3).alpha() == 0


def test_pictures_go_to_qt_and_back() -> None:
    rgba = np.random.default_rng(2).integers(0, 256, (9, 13, 4), dtype=np.uint8)
    rgba[..., 3] = 255
    assert np.array_equal(rgba_from_image(image_from_rgba(rgba)), rgba)
