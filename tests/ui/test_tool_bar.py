import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QSlider, QSpinBox, QToolButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.domain.palette import Palette
from app.ui.design.canvas import LabelCanvas
from app.ui.design.canvas_view import TOOL_NAMES
from app.ui.design.tool_bar import ToolBar, build_canvas_actions
from app.ui.design.tool_options import ToolOptions
from tests.ui.canvas_made import make_canvas, pixels
from tests.ui.hands import drag

Actions = dict[str, QAction]


class Studio(QWidget):
    """Canvas, tool bar and options together, as in the window."""

    def __init__(self, canvas: LabelCanvas) -> None:
        super().__init__()
        actions = build_canvas_actions(canvas)
        self.actions_by_name: Actions = {action.objectName(): action for action in actions}
        self.bar = ToolBar(actions, self)
        self.options = ToolOptions(canvas, actions, self)
        self.canvas = canvas
        column = QVBoxLayout(self)
        for part in (self.options, self.bar, canvas):
            column.addWidget(part)


@pytest.fixture
def studio(qtbot: QtBot, palette: Palette) -> Studio:
    studio = Studio(make_canvas(qtbot, palette))
    qtbot.addWidget(studio)
    studio.show()
    studio.canvas.setFocus()
    qtbot.waitUntil(studio.canvas.hasFocus)
    return studio


def test_every_action_has_name_icon_and_tip_and_no_shortcut_twice(studio: Studio) -> None:
    actions = studio.actions_by_name.values()
    shortcuts = [key.toString() for action in actions for key in action.shortcuts()]
    assert len(shortcuts) == len(set(shortcuts))
    for action in actions:
        assert action.objectName().count(".") == 1
        assert action.text()
        assert not action.icon().isNull()
        assert action.shortcut().toString() in action.toolTip()
    tools = {name.removeprefix("tool.") for name in studio.actions_by_name if "tool." in name}
    assert tools == set(TOOL_NAMES)


@pytest.mark.parametrize(
    ("key", "tool"),
    [
        ("E", "eraser"),
        ("N", "line"),
        ("R", "rect"),
        ("O", "ellipse"),
        ("P", "polygon"),
        ("L", "lasso"),
        ("G", "fill"),
        ("I", "pick"),
        ("H", "pan"),
    ],
)
def test_keys_choose_tools(studio: Studio, key: str, tool: str) -> None:
    QTest.keyClick(studio.canvas, key)
    assert studio.canvas.tool() == tool
    assert studio.actions_by_name[f"tool.{tool}"].isChecked()
    QTest.keyClick(studio.canvas, "B")
    assert studio.canvas.tool() == "brush"
    checked = [
        name
        for name, action in studio.actions_by_name.items()
        if action.isChecked() and name.startswith("tool.")
    ]
    assert checked == ["tool.brush"]


def test_a_tool_chosen_elsewhere_is_shown(studio: Studio) -> None:
    studio.canvas.set_tool("lasso")
    button = studio.bar.findChild(QToolButton, "tool.lasso.button")
    assert button.isChecked()
    assert not studio.bar.findChild(QToolButton, "tool.brush.button").isChecked()
    assert min(button.width(), button.height()) >= 32


def test_brackets_change_the_size_everywhere(studio: Studio) -> None:
    spin = studio.options.findChild(QSpinBox, "options.size")
    slider = studio.options.findChild(QSlider, "options.size_slider")
    studio.canvas.set_brush_size(1)
    for expected in (2, 3, 4):
        QTest.keyClick(studio.canvas, "]")
        assert studio.canvas.easel.size == spin.value() == expected
    at = slider.value()
    studio.canvas.set_brush_size(100)
    QTest.keyClick(studio.canvas, "[")
    assert studio.canvas.easel.size == spin.value() == 88
    assert slider.value() > at
    spin.setValue(33)
    assert studio.canvas.easel.size == 33
    slider.setValue(slider.maximum())
    assert studio.canvas.easel.size == spin.value() == 512
    slider.setValue(0)
    assert studio.canvas.easel.size == spin.value() == 1


def test_size_is_offered_only_where_it_counts(studio: Studio) -> None:
    spin = studio.options.findChild(QSpinBox, "options.size")
    studio.canvas.set_tool("rect")
    assert not spin.isEnabled()
    studio.canvas.set_tool("eraser")
    assert spin.isEnabled()


def test_mirror_and_pressure_are_bound_both_ways(studio: Studio) -> None:
    actions, canvas = studio.actions_by_name, studio.canvas
    QTest.keyClick(canvas, "M")
    assert canvas.easel.mirror
    canvas.set_mirror(False)
    assert not actions["mirror.on"].isChecked()
    canvas.set_mirror(True, 12)
    assert actions["mirror.on"].isChecked()
    QTest.keyClick(canvas, "M", Qt.KeyboardModifier.ShiftModifier)
    assert canvas.easel.axis == 60
    actions["brush.pressure"].trigger()
    assert not canvas.easel.pressure
    curve = studio.options.findChild(QComboBox, "options.pressure_curve")
    assert not curve.isEnabled()
    canvas.set_pressure(True)
    assert actions["brush.pressure"].isChecked()
    canvas.set_pressure_curve(2.0)
    assert curve.currentText() == "Firm pen"
    curve.setCurrentIndex(0)
    curve.activated.emit(0)
    assert canvas.easel.curve == 0.6


def test_undo_and_redo_by_their_keys(studio: Studio) -> None:
    canvas, actions = studio.canvas, studio.actions_by_name
    assert not actions["edit.undo"].isEnabled()
    drag(canvas, [(30, 30), (60, 30)])
    assert actions["edit.undo"].isEnabled()
    control, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
    for redo in ((Qt.Key.Key_Z, control | shift), (Qt.Key.Key_Y, control)):
        QTest.keyClick(canvas, Qt.Key.Key_Z, control)
        assert not pixels(canvas).any()
        assert not actions["edit.undo"].isEnabled()
        QTest.keyClick(canvas, *redo)
        assert pixels(canvas).any()
        assert not actions["edit.redo"].isEnabled()


def test_undo_is_offered_for_an_unfinished_polygon(studio: Studio) -> None:
    studio.canvas.set_tool("polygon")
    drag(studio.canvas, [(30, 30)])
    assert studio.actions_by_name["edit.undo"].isEnabled()
    QTest.keyClick(studio.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert not studio.actions_by_name["edit.undo"].isEnabled()


def test_x_swaps_with_the_last_class(studio: Studio) -> None:
    studio.canvas.set_class(9)
    for expected in (5, 9):
        QTest.keyClick(studio.canvas, "X")
        assert studio.canvas.easel.cls == expected


def test_the_first_class_swaps_with_the_ground(studio: Studio) -> None:
    QTest.keyClick(studio.canvas, "X")
    assert studio.canvas.easel.cls == 0


def test_delete_clears_the_label_map(studio: Studio) -> None:
    drag(studio.canvas, [(30, 30), (60, 60)])
    QTest.keyClick(studio.canvas, Qt.Key.Key_Delete)
    assert not pixels(studio.canvas).any()
    QTest.keyClick(studio.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert pixels(studio.canvas).any()


def test_a_low_window_keeps_the_tools_and_leaves_the_rest_to_menus_and_keys(
    qtbot: QtBot, palette: Palette
) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    bar = ToolBar(build_canvas_actions(make_canvas(qtbot, palette)), window)
    bar.resize(bar.sizeHint())
    window.show()
    buttons = bar.findChildren(QToolButton)
    assert all(button.isVisible() for button in buttons)
    bar.resize(bar.width(), bar.minimumSizeHint().height())
    shown = {b.defaultAction().objectName() for b in buttons if b.isVisible()}
    assert shown == {f"tool.{name}" for name in TOOL_NAMES}
    assert all(bar.rect().contains(b.geometry()) for b in buttons if b.isVisible())
    bar.resize(bar.width(), 800)
    assert all(button.isVisible() for button in buttons)


def test_zoom_keys(studio: Studio) -> None:
    canvas = studio.canvas
    QTest.keyClick(canvas, "1")
    assert canvas.zoom() == 1.0
    QTest.keyClick(canvas, "+")
    assert canvas.zoom() == 1.5
    QTest.keyClick(canvas, "-")
    assert canvas.zoom() == 1.0
    QTest.keyClick(canvas, "0")
    assert canvas.zoom() != 1.0


def test_typing_a_size_gives_the_keyboard_back(studio: Studio) -> None:
    spin = studio.options.findChild(QSpinBox, "options.size")
    spin.setFocus()
    spin.selectAll()
    QTest.keyClicks(spin, "17")
    QTest.keyClick(spin, Qt.Key.Key_Return)
    assert studio.canvas.easel.size == 17
    assert studio.canvas.hasFocus()


def test_pressure_is_offered_only_where_there_is_a_size(studio: Studio) -> None:
    pressure, canvas = studio.actions_by_name["brush.pressure"], studio.canvas
    curve = studio.options.findChild(QComboBox, "options.pressure_curve")
    canvas.set_tool("fill")
    assert not pressure.isEnabled()
    assert not curve.isEnabled()
    canvas.set_pressure_curve(2.0)
    assert not curve.isEnabled()
    canvas.set_tool("brush")
    assert pressure.isEnabled()
    assert curve.isEnabled()
    canvas.set_pressure(False)
    canvas.set_tool("pan")
    canvas.set_tool("eraser")
    assert pressure.isEnabled()
    assert not curve.isEnabled()
