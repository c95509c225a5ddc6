import numpy as np
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFocusEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.domain.palette import Palette
from app.ui.design.canvas import LabelCanvas
from tests.ui.canvas_made import make_canvas, pixels
from tests.ui.hands import LEFT, RIGHT, Pen, drag, move, press, release, spot

SHIFT = Qt.KeyboardModifier.ShiftModifier
CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def canvas(qtbot: QtBot, palette: Palette) -> LabelCanvas:
    return make_canvas(qtbot, palette)


def painted_box(canvas: LabelCanvas) -> tuple[int, int, int, int]:
    """(left, top, right, bottom) of what is not ground, all included."""
    rows, columns = np.nonzero(pixels(canvas))
    return int(columns.min()), int(rows.min()), int(columns.max()), int(rows.max())


def click(canvas: LabelCanvas, place: tuple[float, float]) -> None:
    QTest.mouseClick(canvas.viewport(), LEFT, pos=spot(canvas, place))


def test_rectangle_includes_both_corners(canvas: LabelCanvas) -> None:
    canvas.set_tool("rect")
    drag(canvas, [(80.5, 70.5), (30.5, 20.5)])
    assert painted_box(canvas) == (30, 20, 80, 70)
    assert (pixels(canvas)[20:71, 30:81] == 5).all()


def test_shift_and_control_make_a_square_from_its_middle(canvas: LabelCanvas) -> None:
    canvas.set_tool("rect")
    drag(canvas, [(50.5, 50.5), (60.5, 54.5)], SHIFT)
    assert painted_box(canvas) == (50, 50, 60, 60)
    canvas.undo()
    drag(canvas, [(50.5, 50.5), (60.5, 54.5)], CONTROL)
    assert painted_box(canvas) == (40, 46, 60, 54)


def test_ellipse_fills_its_box_but_not_the_corners(canvas: LabelCanvas) -> None:
    canvas.set_tool("ellipse")
    drag(canvas, [(20.5, 20.5), (80.5, 60.5)])
    assert painted_box(canvas) == (20, 20, 80, 60)
    assert pixels(canvas)[20, 20] == 0
    assert pixels(canvas)[40, 50] == 5


def test_line_is_as_wide_as_the_brush_and_holds_to_angles(canvas: LabelCanvas) -> None:
    canvas.set_tool("line")
    drag(canvas, [(20, 50), (100, 54)], SHIFT)
    assert painted_box(canvas)[1::2] == (47, 52)
    canvas.undo()
    drag(canvas, [(20, 50), (100, 90)])
    assert pixels(canvas)[70, 60] == 5


def test_lasso_fills_what_it_runs_round(canvas: LabelCanvas) -> None:
    canvas.set_tool("lasso")
    drag(canvas, [(20, 20), (90, 25), (60, 80), (25, 60)])
    assert (pixels(canvas)[30:50, 40:60] == 5).all()
    assert pixels(canvas)[90, 10] == 0


def test_shapes_paint_nothing_before_the_release(canvas: LabelCanvas) -> None:
    for tool in ("line", "rect", "ellipse", "lasso"):
        canvas.set_tool(tool)
        press(canvas, (20, 20))
        move(canvas, (60, 60))
        assert not pixels(canvas).any()
        QTest.keyClick(canvas, Qt.Key.Key_Escape)
        release(canvas, (60, 60))
        assert not pixels(canvas).any()


def test_shift_pressed_without_a_move_changes_the_shape(canvas: LabelCanvas) -> None:
    canvas.set_tool("rect")
    press(canvas, (20.5, 20.5))
    move(canvas, (60.5, 30.5))
    QTest.keyPress(canvas, Qt.Key.Key_Shift)
    canvas.set_tool("brush")
    assert painted_box(canvas) == (20, 20, 60, 60)


@pytest.mark.parametrize("closing", ["double click", "first corner", "enter", "tool"])
def test_polygon_closes_in_four_ways(canvas: LabelCanvas, closing: str) -> None:
    canvas.set_tool("polygon")
    for place in [(20, 20), (90, 20), (90, 80)]:
        click(canvas, place)
    assert not pixels(canvas).any()
    match closing:
        case "double click":
            QTest.mouseDClick(canvas.viewport(), LEFT, pos=spot(canvas, (90, 80)))
        case "first corner":
            click(canvas, (20, 20))
        case "enter":
            QTest.keyClick(canvas, Qt.Key.Key_Return)
        case "tool":
            canvas.set_tool("brush")
    assert painted_box(canvas) == (20, 20, 90, 80)
    assert pixels(canvas)[30, 70] == 5
    assert pixels(canvas)[70, 30] == 0
    canvas.undo()
    assert not pixels(canvas).any()


def test_backspace_and_undo_take_corners_back_and_escape_all(canvas: LabelCanvas) -> None:
    canvas.set_tool("polygon")
    for place in [(20, 20), (90, 20), (90, 80), (5, 95), (5, 50)]:
        click(canvas, place)
    QTest.keyClick(canvas, Qt.Key.Key_Backspace)
    canvas.undo()
    QTest.keyClick(canvas, Qt.Key.Key_Enter)
    assert painted_box(canvas) == (20, 20, 90, 80)
    canvas.undo()
    for place in [(20, 20), (90, 20), (90, 80)]:
        click(canvas, place)
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    QTest.keyClick(canvas, Qt.Key.Key_Enter)
    assert not pixels(canvas).any()


def test_two_corners_make_no_polygon(canvas: LabelCanvas) -> None:
    canvas.set_tool("polygon")
    click(canvas, (20, 20))
    click(canvas, (90, 20))
    QTest.keyClick(canvas, Qt.Key.Key_Return)
    assert not pixels(canvas).any()
    document = canvas.document()
    assert document is not None
    assert not document.modified


def test_an_unfinished_polygon_survives_a_look_elsewhere(canvas: LabelCanvas) -> None:
    canvas.set_tool("polygon")
    for place in [(20, 20), (90, 20), (90, 80)]:
        click(canvas, place)
    QApplication.sendEvent(canvas, QFocusEvent(QEvent.Type.FocusOut))
    canvas.set_class(8)
    QTest.keyClick(canvas, Qt.Key.Key_Return)
    assert pixels(canvas)[30, 70] == 8


def test_a_pen_closes_a_polygon_by_tapping_twice(canvas: LabelCanvas) -> None:
    canvas.set_tool("polygon")
    pen = Pen(canvas)
    for place in [(20, 20), (90, 20), (90, 80), (91, 80)]:
        pen.drag([place], [0.7])
    assert painted_box(canvas) == (20, 20, 90, 80)


def test_fill_and_its_mirror(canvas: LabelCanvas) -> None:
    pixels(canvas)[:, 60] = 9
    canvas.set_tool("fill")
    click(canvas, (10, 10))
    assert (pixels(canvas)[:, :60] == 5).all()
    assert not pixels(canvas)[:, 61:].any()
    canvas.undo()
    canvas.set_mirror(True)
    click(canvas, (10, 10))
    assert (pixels(canvas)[:, 61:] == 5).all()
    assert (pixels(canvas)[:, 60] == 9).all()


def test_shift_fills_all_of_a_class_wherever_it_is(canvas: LabelCanvas) -> None:
    pixels(canvas)[:, 60] = 9
    pixels(canvas)[3, 4] = 9
    canvas.set_tool("fill")
    drag(canvas, [(60.5, 50.5)], SHIFT)
    assert (pixels(canvas) == 5).sum() == 101
    assert not (pixels(canvas) == 9).any()
    canvas.undo()
    canvas.set_protected(frozenset({9}))
    drag(canvas, [(60.5, 50.5)], SHIFT)
    assert not (pixels(canvas) == 5).any()


@pytest.mark.parametrize("tool", ["brush", "line", "rect", "ellipse", "lasso", "fill"])
def test_the_right_button_erases_with_any_tool(canvas: LabelCanvas, tool: str) -> None:
    pixels(canvas)[:] = 9
    canvas.set_tool(tool)
    places = [(20.5, 20.5), (60.5, 30.5), (40.5, 60.5)]
    drag(canvas, places, button=RIGHT)
    assert set(np.unique(pixels(canvas)).tolist()) == ({0} if tool == "fill" else {0, 9})
    canvas.undo()
    assert (pixels(canvas) == 9).all()
    drag(canvas, places)
    assert not (pixels(canvas) == 0).any()
    assert (pixels(canvas) == 5).any()


def test_a_second_button_does_not_disturb_the_stroke(canvas: LabelCanvas) -> None:
    pixels(canvas)[:] = 9
    press(canvas, (20, 50), button=RIGHT)
    press(canvas, (20, 50))
    move(canvas, (60, 50))
    release(canvas, (60, 50))
    move(canvas, (100, 50))
    release(canvas, (100, 50), button=RIGHT)
    assert (pixels(canvas)[50, 20:100] == 0).all()
    move(canvas, (100, 90))
    assert (pixels(canvas)[70:] == 9).all()


def test_clearing_is_one_step_and_spares_the_protected(canvas: LabelCanvas) -> None:
    pixels(canvas)[:, :40] = 9
    pixels(canvas)[:, 40:80] = 7
    before = pixels(canvas).copy()
    canvas.set_protected(frozenset({7}))
    canvas.set_tool("polygon")
    click(canvas, (90, 10))
    canvas.clear()
    assert set(np.unique(pixels(canvas)[:, :40]).tolist()) == {0}
    assert (pixels(canvas)[:, 40:80] == 7).all()
    canvas.undo()
    assert np.array_equal(pixels(canvas), before)


def test_shapes_are_mirrored_and_clipped(canvas: LabelCanvas) -> None:
    canvas.set_mirror(True, 60)
    canvas.set_tool("rect")
    drag(canvas, [(-15.5, 20.5), (10.5, 30.5)])
    assert (pixels(canvas)[20:31, :11] == 5).all()
    assert (pixels(canvas)[20:31, 109:] == 5).all()


def test_pick_chooses_the_class_under_the_pointer(canvas: LabelCanvas, qtbot: QtBot) -> None:
    pixels(canvas)[:, 50:] = 14
    canvas.set_tool("pick")
    with qtbot.waitSignal(canvas.class_picked, check_params_cb=lambda cls: cls == 14):
        click(canvas, (80, 50))
    drag(canvas, [(80, 50), (20, 50)])
    assert canvas.easel.cls == 0


@pytest.mark.parametrize("tool", ["brush", "eraser", "rect", "polygon", "fill"])
def test_alt_click_picks_with_any_tool(canvas: LabelCanvas, tool: str) -> None:
    pixels(canvas)[:, 50:] = 14
    before = pixels(canvas).copy()
    canvas.set_tool(tool)
    drag(canvas, [(80, 50)], Qt.KeyboardModifier.AltModifier)
    assert canvas.easel.cls == 14
    assert canvas.tool() == tool
    assert np.array_equal(pixels(canvas), before)
