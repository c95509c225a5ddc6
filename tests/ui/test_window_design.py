"""Palette, look, picture and status: what a person does reaches the network and comes back."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QKeyEvent, QStatusTipEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QSlider, QSpinBox, QToolButton
from pytestqt.qtbot import QtBot

from app.domain.errors import PackError
from app.domain.palette import Palette
from app.settings import Settings
from app.ui import theme
from app.ui.commands import apply_settings
from app.ui.design import live, workspace
from app.ui.design.palette_model import Role
from tests.ui.hands import LEFT, drag, move
from tests.ui.studio_made import CODES, FakeWiring, Studio


def row_centre(studio: Studio, cls: int) -> QPoint:
    view = studio.window.design.palette_panel.view
    model = view.model()
    row = next(
        r for r in range(model.rowCount()) if model.index(r, 0).data(Role.ENTRY).index == cls
    )
    index = model.index(row, 0)
    view.scrollTo(index)
    return view.visualRect(index).center()


def status(studio: Studio, name: str) -> str:
    label = studio.window.status.findChild(QLabel, f"status.{name}")
    assert label is not None
    return label.text()


def test_a_click_in_the_palette_chooses_the_class_to_paint_with(studio: Studio) -> None:
    panel, canvas = studio.window.design.palette_panel, studio.window.design.canvas
    QTest.mouseClick(panel.view.viewport(), LEFT, pos=row_centre(studio, 9))
    assert panel.current == 9
    height, width = studio.labels().shape
    drag(canvas, [(width * 0.4, height * 0.5), (width * 0.5, height * 0.5)])
    assert studio.labels()[height // 2, int(width * 0.45)] == 9


def test_arrow_keys_walk_through_the_classes(studio: Studio) -> None:
    panel = studio.window.design.palette_panel
    panel.select(5)
    QTest.keyClick(panel.view, Qt.Key.Key_Down)
    assert panel.current == 6
    QTest.keyClick(panel.view, Qt.Key.Key_Up)
    QTest.keyClick(panel.view, Qt.Key.Key_Up)
    assert panel.current == 4
    assert studio.window.design.canvas.easel.cls == 4


def test_the_keys_are_for_the_canvas_again_once_the_pointer_is_over_it(studio: Studio) -> None:
    view, canvas = studio.window.design.palette_panel.view, studio.window.design.canvas
    QTest.mouseClick(view.viewport(), LEFT, pos=row_centre(studio, 9))
    assert view.hasFocus()
    move(canvas, (300.0, 400.0))
    move(canvas, (320.0, 400.0))
    assert canvas.hasFocus()


@pytest.mark.parametrize("place", ["size", "spin", "overlay", "blend", "garment", "seed"])
def test_space_and_undo_are_for_the_canvas_while_the_pointer_is_over_it(
    studio: Studio, place: str
) -> None:
    design = studio.window.design
    canvas = design.canvas
    target = {
        "size": design.findChild(QSlider, "options.size_slider"),
        "spin": design.findChild(QSpinBox, "options.size"),
        "overlay": design.overlay.slider,
        "blend": design.style_panel.blend,
        "garment": design.picture,
        "seed": design.style_panel.seed,
    }[place]
    height, width = studio.labels().shape
    drag(canvas, [(width * 0.4, height * 0.5), (width * 0.5, height * 0.5)])
    painted, centre = studio.labels().copy(), canvas.center()
    target.setFocus(Qt.FocusReason.MouseFocusReason)
    move(canvas, (width * 0.3, height * 0.6))
    move(canvas, (width * 0.4, height * 0.6))
    window = studio.window.windowHandle()
    QTest.keyPress(window, Qt.Key.Key_Space)
    drag(canvas, [(width * 0.4, height * 0.6), (width * 0.5, height * 0.7)])
    QTest.keyRelease(window, Qt.Key.Key_Space)
    assert np.array_equal(studio.labels(), painted)
    assert canvas.center() != centre
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert not np.array_equal(studio.labels(), painted)


def test_space_that_is_held_goes_with_the_pointer_from_the_garment_to_the_map(
    studio: Studio,
) -> None:
    canvas, picture = studio.window.design.canvas, studio.window.design.picture
    window, space = studio.window.windowHandle(), Qt.Key.Key_Space
    picture.setFocus(Qt.FocusReason.MouseFocusReason)
    QTest.keyPress(window, space)
    assert picture.space_held
    move(canvas, (300.0, 400.0))
    move(canvas, (320.0, 400.0))
    assert not picture.space_held
    held = QKeyEvent(QEvent.Type.KeyPress, space, Qt.KeyboardModifier.NoModifier, " ", True)
    QApplication.sendEvent(canvas, held)
    before = studio.labels().copy()
    drag(canvas, [(320.0, 400.0), (360.0, 420.0)])
    QTest.keyRelease(window, space)
    assert np.array_equal(studio.labels(), before)
    assert not canvas.space_held


def test_a_slider_let_go_over_the_map_leaves_the_keys_to_the_canvas(studio: Studio) -> None:
    slider, canvas = studio.window.design.overlay.slider, studio.window.design.canvas
    window, main = studio.window.windowHandle(), studio.window
    begin = slider.mapTo(main, slider.rect().center())
    end = canvas.viewport().mapTo(main, canvas.viewport().rect().center())
    QTest.mousePress(window, LEFT, pos=begin)
    QTest.mouseMove(window, begin)
    slider.setFocus(Qt.FocusReason.MouseFocusReason)
    QTest.mouseMove(window, end)
    assert slider.hasFocus()
    QTest.mouseRelease(window, LEFT, pos=end)
    studio.until(canvas.hasFocus)


def test_an_open_list_keeps_the_keys_while_the_pointer_is_over_the_map(studio: Studio) -> None:
    canvas = studio.window.design.canvas
    curve = studio.window.design.findChild(QComboBox, "options.pressure_curve")
    assert curve is not None
    curve.setFocus()
    curve.showPopup()
    canvas.hovered.emit(300, 400, 0)
    assert not canvas.hasFocus()
    curve.hidePopup()
    canvas.hovered.emit(301, 400, 0)
    assert canvas.hasFocus()


def test_what_is_typed_into_a_field_counts_once_the_pointer_is_over_the_map(
    studio: Studio,
) -> None:
    design = studio.window.design
    design.style_panel.seed.setFocus()
    design.style_panel.seed.selectAll()
    QTest.keyClicks(design.style_panel.seed, "77")
    move(design.canvas, (300.0, 400.0))
    move(design.canvas, (320.0, 400.0))
    assert design.canvas.hasFocus()
    assert studio.window.look.seed == 77


def test_a_seed_takes_nothing_but_digits(studio: Studio) -> None:
    field = studio.window.design.style_panel.seed
    field.selectAll()
    QTest.keyClicks(field, "4 2")
    field.insert("seed")
    assert field.text() == "42"
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert studio.window.look.seed == 42
    field.clear()
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert (field.text(), studio.window.look.seed) == ("42", 42)
    field.selectAll()
    field.insert(" 123 ")
    assert field.text() == "123"


def test_the_style_of_a_class_that_is_not_painted_says_so(studio: Studio) -> None:
    design = studio.window.design
    document = design.canvas.document()
    assert document is not None
    painted = {int(cls) for cls in np.unique(document.labels.array)}
    for cls in (max(painted), min(set(range(1, 20)) - painted)):
        design.palette_panel.select(cls)
        said = "not painted yet" in design.style_panel.origin.whole_text
        assert said == (cls not in painted)


def test_a_lock_protects_a_class_on_the_canvas_and_does_not_select_it(studio: Studio) -> None:
    panel, canvas = studio.window.design.palette_panel, studio.window.design.canvas
    dress = panel.current
    panel.select(9)
    row_centre(studio, dress)
    QTest.mouseClick(panel.view.viewport(), LEFT, pos=panel.lock_point(dress))
    assert panel.current == 9
    assert panel.model.protected == {dress}
    before = studio.labels() == dress
    height, width = studio.labels().shape
    drag(canvas, [(width * 0.1, height * 0.6), (width * 0.9, height * 0.6)])
    assert np.array_equal(studio.labels() == dress, before)
    assert (studio.labels() == 9).any()
    studio.window.commands["class.unprotect_all"].trigger()
    drag(canvas, [(width * 0.1, height * 0.6), (width * 0.9, height * 0.6)])
    assert not np.array_equal(studio.labels() == dress, before)


def test_the_palette_shows_what_is_painted(studio: Studio) -> None:
    model = studio.window.design.palette_panel.model
    counts = np.bincount(studio.labels().ravel(), minlength=model.rowCount())
    for cls in (0, int(counts[1:].argmax()) + 1):
        share = 100 * counts[cls] / studio.labels().size
        assert model.index(cls).data(Role.SHARE) == f"{share:.1f} %"
    never = int(np.flatnonzero(counts == 0)[0])
    assert model.index(never).data(Role.SHARE) == ""


def test_the_palette_can_show_one_group(studio: Studio, palette: Palette) -> None:
    panel = studio.window.design.palette_panel
    group = palette[12].group
    row = next(r for r in range(panel._show.count()) if panel._show.itemData(r) == (group, False))
    panel._show.setCurrentIndex(row)
    panel._show.activated.emit(row)
    model = panel.view.model()
    shown = {model.index(r, 0).data(Role.ENTRY).index for r in range(model.rowCount())}
    expected = {entry.index for entry in palette if entry.group == group}
    assert shown == expected | {panel.current}


def test_picking_on_the_canvas_selects_in_the_palette(studio: Studio) -> None:
    canvas = studio.window.design.canvas
    canvas.set_tool("pick")
    rows, columns = np.nonzero(studio.labels() == 1)
    drag(canvas, [(columns[len(columns) // 2] + 0.5, rows[len(rows) // 2] + 0.5)])
    assert studio.window.design.palette_panel.current == 1


def test_a_new_seed_reaches_the_network_and_the_picture(studio: Studio) -> None:
    field = studio.window.design.style_panel.seed
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "4294967295")
    QTest.keyClick(field, Qt.Key.Key_Return)
    studio.until(lambda: studio.wiring.requests[-1].look.seed == 2**32 - 1)
    studio.quiet()
    y, x = np.argwhere(studio.labels())[0].tolist()
    assert studio.window.design.picture.image.pixelColor(x, y).red() == 255


def test_a_style_of_a_class_reaches_the_network_and_can_be_reset(studio: Studio) -> None:
    panel, look = studio.window.design.style_panel, studio.window.look
    cls = studio.window.design.palette_panel.current
    before = look.row(cls)
    studio.window.commands["look.next"].trigger()
    assert look.row(cls) == (before + 1) % CODES
    studio.until(lambda: cls in studio.wiring.requests[-1].look.overrides)
    panel.reset.click()
    assert look.row(cls) == before
    studio.until(lambda: not studio.wiring.requests[-1].look.overrides)


def test_a_locked_style_outlives_the_dice_and_a_loose_one_does_not(studio: Studio) -> None:
    look = studio.window.look
    look.set_row(5, 3)
    look.set_row(6, 3)
    look.set_locked(5, True)
    look.set_seed(look.seed + 1)
    assert look.choice(5).row == 3
    assert look.choice(6).row is None
    look.go_back()
    assert look.choice(6).row == 3


def test_locking_alone_keeps_the_style_that_the_seed_drew(studio: Studio) -> None:
    look = studio.window.look
    drawn = look.code(5).copy()
    look.set_locked(5, True)
    for seed in range(1, 30):
        look.set_seed(seed)
        assert np.array_equal(look.code(5), drawn)


def test_blending_runs_from_one_code_to_the_other(studio: Studio) -> None:
    look = studio.window.look
    cls = studio.window.design.palette_panel.current
    look.set_row(cls, 0)
    look.step_second(cls, 3 - look.second(cls))
    bank = look.bank
    studio.window.design.style_panel.blend.setValue(25)
    expected = 0.75 * bank.code(cls, 0) + 0.25 * bank.code(cls, 3)
    assert look.code(cls) == pytest.approx(expected)
    studio.until(lambda: cls in studio.wiring.requests[-1].look.overrides)


def test_a_slide_of_the_blend_is_one_step_back(studio: Studio) -> None:
    look, blend = studio.window.look, studio.window.design.style_panel.blend
    cls = studio.window.design.palette_panel.current
    for values in ((10, 20, 30, 40), (45, 60)):
        blend.setSliderDown(True)
        for value in values:
            blend.setValue(value)
        blend.setSliderDown(False)
    QTest.keyClick(blend, Qt.Key.Key_Right)
    assert look.choice(cls).blend == 0.61
    for before in (0.6, 0.4, 0.0):
        look.go_back()
        assert look.choice(cls).blend == before
    assert not look.can_go_back


def test_the_picture_follows_a_stroke(studio: Studio) -> None:
    asked = len(studio.wiring.requests)
    canvas = studio.window.design.canvas
    canvas.set_class(9)
    height, width = studio.labels().shape
    drag(canvas, [(width * 0.4, height * 0.5), (width * 0.5, height * 0.5)])
    studio.until(lambda: len(studio.wiring.requests) > asked)
    studio.quiet()
    assert np.array_equal(studio.wiring.requests[-1].labels, studio.labels())
    assert studio.wiring.requests[-1].labels is not studio.labels()


def test_undo_and_redo_reach_picture_and_palette_of_a_large_map(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_LARGE", 0)
    monkeypatch.setattr(workspace, "_LARGE", 0)
    canvas, model = studio.window.design.canvas, studio.window.design.palette_panel.model
    before = studio.labels().copy()
    cls = int(np.flatnonzero(np.bincount(before.ravel(), minlength=model.rowCount()) == 0)[0])
    canvas.set_class(cls)
    height, width = before.shape
    drag(canvas, [(width * 0.4, height * 0.5), (width * 0.5, height * 0.5)])
    painted = studio.labels().copy()
    for command, labels in (("edit.undo", before), ("edit.redo", painted)):
        studio.window.commands[command].trigger()
        studio.quiet()
        assert np.array_equal(studio.wiring.requests[-1].labels, labels)
        shown = bool((labels == cls).any())
        studio.until(lambda shown=shown: bool(model.index(cls).data(Role.SHARE)) is shown)


def test_the_status_bar_shows_device_time_zoom_and_class(studio: Studio) -> None:
    assert status(studio, "device") == "Test device · 12 ms"
    canvas = studio.window.design.canvas
    canvas.set_zoom(2.0)
    assert status(studio, "zoom") == "200 %"
    canvas.hovered.emit(12, 34, 15)
    assert status(studio, "position") == "12, 34 · dress"
    canvas.hovered.emit(-1, -1, -1)
    assert status(studio, "position") == ""


def test_a_notice_stays_under_the_pointer_and_goes_with_what_is_shown(studio: Studio) -> None:
    bar, commands = studio.window.status, studio.window.commands
    bar.say("Saved")
    for action in (commands["file.photo"], commands["tool.brush"]):
        action.showStatusText(studio.window)
        QApplication.sendEvent(studio.window, QStatusTipEvent("Paints ground"))
        assert bar.currentMessage() == ""
    assert status(studio, "notice") == "Saved"
    commands["workspace.tryon"].trigger()
    assert status(studio, "notice") == ""
    bar.say("Saved")
    studio.window.files.new(40, 30)
    assert status(studio, "notice") == ""
    bar.say("Saved")
    assert bar._quiet.isActive()
    assert bar._quiet.interval() == 6000
    bar._quiet.timeout.emit()
    assert bar.notice.text() == bar.notice.toolTip() == ""


def test_a_notice_of_the_device_is_said(qtbot: QtBot, wiring: FakeWiring) -> None:
    wiring.notices = ("DirectML 0 draws other pictures than the CPU; the CPU is used.",)
    studio = Studio(qtbot, wiring)
    studio.settle()
    assert status(studio, "notice") == wiring.notices[0]
    studio.close()


def test_the_network_loads_only_after_the_window_shows(studio: Studio) -> None:
    assert studio.shown_when_loading == [True]


def test_a_broken_pack_is_told_in_the_pane_and_painting_still_works(
    qtbot: QtBot, wiring: FakeWiring
) -> None:
    wiring.fault = PackError(
        "The pack is altered", where="models/garment/generator.onnx", hint="Install it again."
    )
    studio = Studio(qtbot, wiring)
    message = studio.window.design.picture.message
    studio.until(lambda: "altered" in message.text)
    assert "generator.onnx" in message.text
    assert "Install it again." in message.text
    studio.until(lambda: studio.window.files.document is not None)
    canvas = studio.window.design.canvas
    canvas.set_class(9)
    height, width = studio.labels().shape
    drag(canvas, [(width * 0.4, height * 0.5), (width * 0.5, height * 0.5)])
    assert (studio.labels() == 9).any()
    assert not studio.window.commands["file.export"].isEnabled()
    wiring.fault = None
    message._again.click()
    studio.settle()
    assert not message.isVisible()
    studio.close()


def test_without_any_pack_the_window_says_so(qtbot: QtBot, wiring: FakeWiring) -> None:
    wiring.palette_fault = PackError("There is no model pack", where="models", hint="Install it.")
    studio = Studio(qtbot, wiring)
    message = studio.window.design.picture.message
    assert "There is no model pack." in message.text
    assert studio.window.files.document is None
    assert not studio.window.commands["file.new"].isEnabled()
    studio.window.files.open(Path("some.png"))
    assert "some.png needs a model pack" in status(studio, "notice")
    wiring.palette_fault = None
    message._again.click()
    studio.settle()
    studio.close()


def test_an_empty_label_map_says_what_to_do(studio: Studio) -> None:
    design = studio.window.design
    assert not design.picture.message.isVisible()
    studio.window.files.new(80, 100)
    studio.settle()
    assert design.picture.message.isVisible()
    assert "Nothing is painted yet" in design.picture.message.text
    drag(design.canvas, [(30.0, 40.0), (50.0, 60.0)])
    studio.until(lambda: not design.picture.message.isVisible())
    design.canvas.clear()
    studio.until(design.picture.message.isVisible)


def test_the_class_in_hand_stays_in_sight_when_the_palette_gets_lower(studio: Studio) -> None:
    panel = studio.window.design.palette_panel
    panel.select(panel.model.rowCount() - 1)
    studio.window.resize(studio.window.width(), 500)
    studio.until(lambda: panel.view.height() < 300)
    row = panel.view.visualRect(panel.view.currentIndex())
    assert panel.view.viewport().rect().contains(row)


def test_both_panes_zoom_and_pan_as_one(studio: Studio) -> None:
    canvas, picture = studio.window.design.canvas, studio.window.design.picture
    canvas.set_zoom(3.0)
    canvas.pan_by(40, -25)
    assert picture.zoom() == canvas.zoom()
    assert (picture.center() - canvas.center()).manhattanLength() < 1.0
    picture.set_zoom(1.5)
    assert canvas.zoom() == 1.5
    assert (picture.center() - canvas.center()).manhattanLength() < 2.0


def test_the_overlay_slider_lays_the_picture_over_the_labels(studio: Studio) -> None:
    design = studio.window.design
    canvas = design.canvas
    spot = canvas.viewport().rect().center()
    plain = canvas.grab().toImage().pixelColor(spot)
    design.overlay.slider.setValue(100)
    over = canvas.grab().toImage().pixelColor(spot)
    studio.window.commands["view.overlay"].trigger()
    assert over != plain
    assert canvas.grab().toImage().pixelColor(spot) == plain


@pytest.mark.parametrize(("ground", "level"), [("white", 255), ("black", 0)])
def test_the_ground_shows_behind_a_transparent_picture(
    studio: Studio, ground: str, level: int
) -> None:
    design = studio.window.design
    image = design.picture.image.copy()
    image.fill(Qt.GlobalColor.transparent)
    design.picture.show_picture(image)
    design.set_ground(ground)
    spot = design.picture.viewport().rect().center()
    assert design.picture.grab().toImage().pixelColor(spot).red() == level


def test_another_device_opens_the_network_again(studio: Studio) -> None:
    apply_settings(studio.window, {"device": "cpu"})
    studio.until(lambda: studio.wiring.opened == ["auto", "cpu"])
    studio.settle()


def test_another_device_keeps_the_way_back_to_the_looks_before(studio: Studio) -> None:
    look = studio.window.look
    look.set_row(5, 3)
    look.set_row(6, 2)
    apply_settings(studio.window, {"device": "cpu"})
    studio.until(lambda: studio.wiring.opened == ["auto", "cpu"])
    studio.settle()
    assert look.choice(6).row == 2
    look.go_back()
    assert (look.choice(5).row, look.choice(6).row) == (3, None)


def test_of_the_looks_before_only_what_fits_another_pack_is_kept(studio: Studio) -> None:
    look, bank = studio.window.look, studio.window.look.bank
    look.set_locked(5, True)
    look.set_row(6, 1)
    fewer = np.repeat(np.arange(1, 20, dtype=np.uint8), 2)
    look.set_bank(type(bank)(np.zeros((len(fewer), bank.dim), np.float32), fewer))
    assert (look.choice(5).locked, look.choice(6).row) == (True, None)
    look.go_back()
    assert not look.choice(5).locked
    assert not look.can_go_back


def test_the_theme_changes_at_once_and_is_remembered(studio: Studio) -> None:
    studio.window.commands["theme.light"].trigger()
    assert theme.current() is theme.LIGHT
    assert studio.window.palette().window().color() == theme.LIGHT.window
    assert studio.window.settings.theme == "light"
    studio.window.commands["theme.dark"].trigger()
    assert theme.current() is theme.DARK


def test_a_window_keeps_the_settings_it_was_given(qtbot: QtBot, wiring: FakeWiring) -> None:
    settings = Settings(ground="black", overlay_percent=40, pressure_curve=1.8)
    studio = Studio(qtbot, wiring, settings)
    studio.settle()
    design = studio.window.design
    assert design.picture.ground == "black"
    assert design.overlay.slider.value() == 40
    assert design.canvas.easel.curve == 1.8
    studio.close()


@pytest.mark.parametrize("name", ["seed", "code", "size"])
def test_a_number_field_leaves_letters_to_the_tools_and_escape_leads_back(
    qtbot: QtBot, studio: Studio, name: str
) -> None:
    design = studio.window.design
    size = design.findChild(QSpinBox, "options.size")
    assert size is not None
    field = {"seed": design.style_panel.seed, "code": design.style_panel.code.number, "size": size}
    studio.window.activateWindow()
    field[name].setFocus()
    qtbot.waitUntil(field[name].hasFocus)
    QTest.keyClick(field[name], Qt.Key.Key_E)
    assert studio.window.commands["tool.eraser"].isChecked()
    QTest.keyClick(field[name], Qt.Key.Key_1)
    assert field[name].hasFocus()
    QTest.keyClick(field[name], Qt.Key.Key_Escape)
    assert design.canvas.hasFocus()


def test_the_layers_button_shows_and_hides_the_picture_over_the_label_map(studio: Studio) -> None:
    design = studio.window.design
    before = design.overlay.slider.value()
    button = design.findChild(QToolButton, "overlay.garment")
    assert button is not None
    QTest.mouseClick(button, LEFT)
    assert (design.overlay.slider.value() > 0) is (before == 0)
    QTest.mouseClick(button, LEFT)
    assert design.overlay.slider.value() == before
