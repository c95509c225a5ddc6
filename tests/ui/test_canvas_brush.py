import numpy as np
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFocusEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.domain.geometry import Rect
from app.domain.palette import Palette
from app.ui.design.canvas import LabelCanvas
from tests.ui.canvas_made import WIDTH, make_canvas, pixels
from tests.ui.hands import LEFT, Pen, drag, move, press, release, spot


@pytest.fixture
def canvas(qtbot: QtBot, palette: Palette) -> LabelCanvas:
    return make_canvas(qtbot, palette)


def steps(canvas: LabelCanvas) -> int:
    """Undo everything and return how many steps that took."""
    count = 0
    document = canvas.document()
    assert document is not None
    while document.history.can_undo:
        canvas.undo()
        count += 1
    return count


def test_a_click_with_size_one_paints_the_pixel_under_the_cursor(canvas: LabelCanvas) -> None:
    canvas.set_brush_size(1)
    drag(canvas, [(30.5, 40.5)])
    assert np.argwhere(pixels(canvas)).tolist() == [[40, 30]]
    assert pixels(canvas)[40, 30] == 5


def test_a_stroke_has_no_gaps_and_its_full_width(canvas: LabelCanvas) -> None:
    drag(canvas, [(20, 50), (60, 50), (100, 50)])
    painted = pixels(canvas) == 5
    assert painted[47:53, 20:100].all()
    assert painted.sum(axis=0)[20:100].max() == 6
    assert painted.any(axis=0).sum() == 80 + 6


def test_one_stroke_is_one_undo_step_and_says_so(canvas: LabelCanvas, qtbot: QtBot) -> None:
    edits: list[Rect] = []
    canvas.edited.connect(edits.append)
    with qtbot.waitSignal(canvas.stroke_finished):
        drag(canvas, [(20, 50), (60, 20), (100, 50)])
    assert len(edits) >= 3
    with qtbot.waitSignal(canvas.undo_changed, check_params_cb=lambda *can: can == (False, True)):
        canvas.undo()
    assert not pixels(canvas).any()
    canvas.redo()
    assert pixels(canvas).any()
    assert steps(canvas) == 1


def test_strokes_leave_the_canvas_and_come_back(canvas: LabelCanvas) -> None:
    drag(canvas, [(100, 50), (WIDTH + 40, 50), (WIDTH + 40, 20), (100, 20)])
    painted = pixels(canvas) == 5
    assert painted[47:53, 100:].all()
    assert painted[17:23, 100:].all()
    assert not painted[26:44].any()
    assert steps(canvas) == 1


def test_eraser_paints_ground(canvas: LabelCanvas) -> None:
    drag(canvas, [(20, 50), (100, 50)])
    canvas.set_tool("eraser")
    drag(canvas, [(60, 40), (60, 60)])
    assert not pixels(canvas)[45:55, 57:63].any()
    assert pixels(canvas)[50, 40] == 5
    assert canvas.easel.cls == 5


def test_shift_click_draws_straight_from_the_last_point(canvas: LabelCanvas) -> None:
    drag(canvas, [(20, 20)])
    drag(canvas, [(100, 80)], Qt.KeyboardModifier.ShiftModifier)
    painted = pixels(canvas) == 5
    for t in np.linspace(0, 1, 30):
        assert painted[int(20 + 60 * t), int(20 + 80 * t)]


def test_pressure_scales_the_width(canvas: LabelCanvas) -> None:
    canvas.set_brush_size(20)
    Pen(canvas).drag([(20, 50), (60, 50), (100, 50)], [0.1, 0.5, 1.0])
    widths = (pixels(canvas) == 5).sum(axis=0)
    assert widths[20] in (2, 3)
    assert 9 <= widths[60] <= 11
    assert widths[100] == 20
    assert steps(canvas) == 1


def test_pressure_curve_and_switch(canvas: LabelCanvas) -> None:
    canvas.set_brush_size(20)
    canvas.set_pressure_curve(2.0)
    Pen(canvas).drag([(30, 50)], [0.5])
    assert (pixels(canvas) == 5).sum(axis=0).max() == 5
    canvas.undo()
    canvas.set_pressure(False)
    Pen(canvas).drag([(30, 50)], [0.5])
    assert (pixels(canvas) == 5).sum(axis=0).max() == 20


def test_the_other_end_of_the_pen_erases(canvas: LabelCanvas) -> None:
    pixels(canvas)[:] = 7
    Pen(canvas, eraser=True).drag([(30, 50), (60, 50)], [1.0, 1.0])
    assert not pixels(canvas)[48:52, 30:60].any()
    Pen(canvas).drag([(30, 50), (60, 50)], [1.0, 1.0])
    assert (pixels(canvas)[48:52, 30:60] == 5).all()


def test_pen_events_are_accepted_so_that_no_mouse_event_doubles_them(canvas: LabelCanvas) -> None:
    pen = Pen(canvas)
    for kind in (QEvent.Type.TabletPress, QEvent.Type.TabletMove, QEvent.Type.TabletRelease):
        assert pen.send(kind, (40, 40), 0.5).isAccepted()
    pen.send(QEvent.Type.TabletPress, (40, 40), 1.0)
    drag(canvas, [(80, 80), (90, 90)])
    pen.send(QEvent.Type.TabletRelease, (40, 40), 0.0)
    assert not pixels(canvas)[75:].any()


def test_lifting_the_pen_adds_nothing(canvas: LabelCanvas) -> None:
    pen = Pen(canvas)
    pen.send(QEvent.Type.TabletPress, (40, 40), 1.0)
    before = pixels(canvas).copy()
    pen.send(QEvent.Type.TabletRelease, (70, 40), 0.0)
    assert np.array_equal(pixels(canvas), before)


def test_mirror_paints_both_sides(canvas: LabelCanvas) -> None:
    canvas.set_mirror(True, 50.5)
    drag(canvas, [(10, 20), (30, 70), (48, 60)])
    painted = pixels(canvas)[:, :101]
    assert painted.any()
    assert np.array_equal(painted, painted[:, ::-1])


def test_protected_classes_stay(canvas: LabelCanvas) -> None:
    pixels(canvas)[:, 40:80] = 9
    canvas.set_protected(frozenset({9}))
    drag(canvas, [(10, 50), (110, 50)])
    assert (pixels(canvas)[:, 40:80] == 9).all()
    assert (pixels(canvas)[48:52, 10:40] == 5).all()


def test_escape_takes_the_stroke_back(canvas: LabelCanvas) -> None:
    drag(canvas, [(20, 20), (40, 20)])
    kept = pixels(canvas).copy()
    press(canvas, (20, 60))
    move(canvas, (80, 60))
    assert not np.array_equal(pixels(canvas), kept)
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    move(canvas, (90, 90))
    release(canvas, (90, 90))
    assert np.array_equal(pixels(canvas), kept)
    assert steps(canvas) == 1


def test_undo_in_the_middle_of_a_stroke_takes_only_that_back(canvas: LabelCanvas) -> None:
    drag(canvas, [(20, 20), (40, 20)])
    kept = pixels(canvas).copy()
    press(canvas, (20, 60))
    move(canvas, (80, 60))
    canvas.undo()
    move(canvas, (90, 90))
    release(canvas, (90, 90))
    assert np.array_equal(pixels(canvas), kept)
    assert steps(canvas) == 1


@pytest.mark.parametrize("interruption", ["tool", "focus", "window", "document"])
def test_an_interrupted_stroke_ends_as_one_step(
    canvas: LabelCanvas, interruption: str, palette: Palette
) -> None:
    document = canvas.document()
    assert document is not None
    press(canvas, (20, 60))
    move(canvas, (80, 60))
    match interruption:
        case "tool":
            canvas.set_tool("lasso")
        case "focus":
            QApplication.sendEvent(canvas, QFocusEvent(QEvent.Type.FocusOut))
        case "window":
            QApplication.sendEvent(canvas, QEvent(QEvent.Type.WindowDeactivate))
        case "document":
            canvas.set_document(None)
    painted = document.labels.array.copy()
    assert painted[60, 50] == 5
    move(canvas, (80, 20))
    release(canvas, (80, 20))
    assert np.array_equal(document.labels.array, painted)
    assert not document.history.is_open
    document.undo()
    assert not document.labels.array.any()
    assert not document.history.can_undo


def test_a_second_button_does_not_disturb_the_stroke(canvas: LabelCanvas) -> None:
    press(canvas, (20, 60))
    QTest.mousePress(canvas.viewport(), Qt.MouseButton.MiddleButton, pos=spot(canvas, (30, 60)))
    QTest.mouseRelease(canvas.viewport(), Qt.MouseButton.MiddleButton, pos=spot(canvas, (30, 60)))
    move(canvas, (80, 60))
    release(canvas, (80, 60))
    assert (pixels(canvas)[58:62, 20:80] == 5).all()


def test_without_a_document_nothing_breaks(qtbot: QtBot) -> None:
    canvas = LabelCanvas()
    qtbot.addWidget(canvas)
    canvas.show()
    canvas.set_mirror(True)
    for tool in ("brush", "rect", "polygon", "lasso", "fill", "pick", "pan"):
        canvas.set_tool(tool)
        QTest.mouseClick(canvas.viewport(), LEFT)
        QTest.mouseDClick(canvas.viewport(), LEFT)
    Pen(canvas).drag([(10, 10), (20, 20)], [0.5, 0.5])
    canvas.undo()
    canvas.redo()
    canvas.zoom_in()
    canvas.fit()
    canvas.centre_mirror()
    canvas.set_overlay_opacity(0.2)
    assert canvas.document() is None
    assert not canvas.grab().isNull()
