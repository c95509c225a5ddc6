"""What is done with an outcome: compare, correct, save, copy; and the way from and to Design."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox

from app.domain.errors import PictureError
from app.domain.picture import Picture, load_picture
from app.ui.design.canvas import LabelCanvas
from app.ui.help import shortcut_rows
from app.ui.tryon import saving
from app.ui.tryon.correction import Correction
from app.ui.tryon.outcomes import Outcome
from app.ui.tryon.pieces import from_file
from app.ui.tryon.saving import file_stem, free_path, write
from app.ui.tryon.workspace import TryOnWorkspace
from tests.ui.hands import drag
from tests.ui.studio_made import Studio
from tests.ui.tryon_made import (
    GREEN,
    OCHRE,
    PROFILE,
    VIOLET,
    choose,
    cloth_file,
    color_shown,
    drop,
    file_data,
    mean,
    person_file,
    tryon_of,
)

Key = Qt.Key
Button = QMessageBox.StandardButton


@pytest.fixture
def room(studio: Studio, tmp_path: Path) -> TryOnWorkspace:
    """Anna in green."""
    made = tryon_of(studio)
    drop(made.person, file_data(person_file(tmp_path, icc=PROFILE)))
    drop(made.cloth, file_data(cloth_file(tmp_path, GREEN, "green.png")))
    studio.quiet()
    return made


def editor_canvas(room: TryOnWorkspace) -> LabelCanvas:
    assert room.region.editor is not None
    return room.region.editor.canvas


# Compare


def test_the_line_between_before_and_after_is_dragged(studio: Studio, room: TryOnWorkspace) -> None:
    pane = room.pane
    QTest.keyClick(studio.window, Key.Key_Y)
    assert pane.comparing
    assert studio.window.settings.compare
    area = pane.to_view(QRectF(0, 0, 90, 120))
    shot = pane.viewport().grab().toImage()
    ratio = shot.devicePixelRatio()

    def color(x: float) -> tuple[int, int, int]:
        at = QPointF(area.left() + x * area.width(), area.top() + 0.3 * area.height()) * ratio
        picked = shot.pixelColor(at.toPoint())
        return picked.red(), picked.green(), picked.blue()

    assert color(0.40) == (200, 30, 40)
    assert color(0.60) == GREEN
    line = QPoint(round(area.left() + 0.5 * area.width()), round(area.center().y()))
    end = QPoint(round(area.left() + 0.25 * area.width()), line.y())
    QTest.mousePress(pane.viewport(), Qt.MouseButton.LeftButton, pos=line)
    QTest.mouseMove(pane.viewport(), end)
    QTest.mouseRelease(pane.viewport(), Qt.MouseButton.LeftButton, pos=end)
    assert pane.split == pytest.approx(0.25, abs=0.02)
    shot = pane.viewport().grab().toImage()
    assert color(0.40) == GREEN


def test_holding_a_key_shows_the_photo_alone(studio: Studio, room: TryOnWorkspace) -> None:
    room.pane.setFocus()
    QTest.keyPress(room.pane, Key.Key_C)
    assert room.pane._holding
    QTest.keyRelease(room.pane, Key.Key_C)
    assert not room.pane._holding


def test_zoom_commands_are_for_the_outcome(studio: Studio, room: TryOnWorkspace) -> None:
    before = studio.window.design.canvas.zoom()
    studio.window.commands["tryon.actual"].trigger()
    assert room.pane.zoom() == 1.0
    assert studio.window.status.zoom.text() == "100 %"
    studio.window.commands["tryon.fit"].trigger()
    assert room.pane.zoom() > 1.0
    assert studio.window.design.canvas.zoom() == before


# Save


@pytest.mark.parametrize("name", ["out.png", "out.jpg", "out.webp"])
def test_an_outcome_is_saved_with_the_photos_profile(
    studio: Studio, room: TryOnWorkspace, tmp_path: Path, name: str
) -> None:
    QTest.keyClick(studio.window, Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    target = tmp_path / name
    choose(studio, target)
    saved = load_picture(target)
    assert saved.icc == PROFILE
    assert mean(target) == pytest.approx(GREEN, abs=8)
    assert saved.rgba.shape == (120, 90, 4)
    assert studio.window.settings.outcomes_folder == str(tmp_path)
    assert studio.window.settings.outcome_ending == target.suffix
    assert room.fitting.outcome is not None
    assert room.fitting.outcome.saved == target
    assert studio.window.status.notice.text() == f"Saved {name}"


def test_save_all_writes_what_is_not_saved_over_nothing(
    studio: Studio, room: TryOnWorkspace, tmp_path: Path
) -> None:
    drop(room.cloth, file_data(cloth_file(tmp_path, OCHRE, "ochre.png")))
    studio.quiet()
    target = tmp_path / "all"
    target.mkdir()
    (target / "Anna in green.png").write_text("mine")
    studio.window.commands["tryon.save_all"].trigger()
    choose(studio, target)
    assert (target / "Anna in green.png").read_text() == "mine"
    assert mean(target / "Anna in green 2.png") == list(GREEN)
    assert mean(target / "Anna in ochre.png") == list(OCHRE)
    studio.window.commands["tryon.save_all"].trigger()
    assert "saved already" in studio.window.status.notice.text()


def test_what_save_all_could_write_is_saved_though_another_failed(
    studio: Studio, room: TryOnWorkspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for color, name in ((OCHRE, "ochre.png"), (VIOLET, "violet.png")):
        drop(room.cloth, file_data(cloth_file(tmp_path, color, name)))
        studio.quiet()
    target = tmp_path / "all"
    target.mkdir()

    def refuse(outcome: Outcome, photo: Picture | None, path: Path) -> None:
        if outcome.cloth.stem == "ochre":
            raise PictureError("The picture cannot be saved: the disk is full")
        write(outcome, photo, path)

    monkeypatch.setattr(saving, "write", refuse)
    studio.window.commands["tryon.save_all"].trigger()
    choose(studio, target)
    box = studio.box("error_box")
    assert "the disk is full" in box.text()
    box.button(Button.Ok).click()
    assert studio.window.status.notice.text() == "Saved 2 of 3 outcomes to all"
    assert [one.saved is not None for one in room.fitting.outcomes] == [True, False, True]
    monkeypatch.setattr(saving, "write", write)
    studio.window.commands["tryon.save_all"].trigger()
    choose(studio, target)
    names = ["Anna in green.png", "Anna in ochre.png", "Anna in violet.png"]
    assert sorted(path.name for path in target.iterdir()) == names


def test_quitting_asks_about_outcomes_that_are_not_saved(
    studio: Studio, room: TryOnWorkspace, tmp_path: Path
) -> None:
    drop(room.cloth, file_data(cloth_file(tmp_path, OCHRE, "ochre.png")))
    studio.quiet()
    target = tmp_path / "all"
    target.mkdir()
    for answer in (Button.Cancel, Button.SaveAll):
        studio.window.close()
        box = studio.box("unsaved_outcomes_box")
        assert box.text() == "2 outcomes are not saved"
        box.button(answer).click()
        studio.until(lambda: studio.find("unsaved_outcomes_box") is None)
        assert studio.window.isVisible()
    choose(studio, target)
    studio.until(lambda: not studio.window.isVisible())
    assert len(list(target.iterdir())) == 2


def test_unsaved_outcomes_are_given_up_when_a_person_says_so(
    studio: Studio, room: TryOnWorkspace
) -> None:
    studio.window.close()
    box = studio.box("unsaved_outcomes_box")
    assert box.text() == "1 outcome is not saved"
    assert box.button(Button.Save) is not None
    box.button(Button.Discard).click()
    studio.until(lambda: not studio.window.isVisible())


def test_saved_outcomes_need_no_question(
    studio: Studio, room: TryOnWorkspace, tmp_path: Path
) -> None:
    studio.window.commands["tryon.save"].trigger()
    choose(studio, tmp_path / "out.png")
    studio.window.close()
    studio.until(lambda: not studio.window.isVisible())


def test_a_folder_that_cannot_be_written_is_told(
    studio: Studio, room: TryOnWorkspace, tmp_path: Path
) -> None:
    assert room.fitting.outcome is not None
    room.saving.save(room.fitting.outcome, tmp_path / "gone" / "out.png")
    studio.quiet()
    box = studio.box("error_box")
    assert "cannot be saved" in box.text()
    box.button(Button.Ok).click()
    assert room.fitting.outcome.saved is None


def test_the_folder_of_a_saved_outcome_opens(
    studio: Studio, room: TryOnWorkspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(
        QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()) or True
    )
    folder = studio.window.commands["tryon.folder"]
    assert not folder.isEnabled()
    studio.window.commands["tryon.save"].trigger()
    choose(studio, tmp_path / "out.png")
    assert folder.isEnabled()
    folder.trigger()
    assert opened == [str(tmp_path)]
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: False)
    folder.trigger()
    assert studio.window.status.notice.text() == f"No program opens this: {tmp_path}"


def test_names_of_files_are_ones_that_every_disk_takes(
    room: TryOnWorkspace, tmp_path: Path
) -> None:
    outcome = room.fitting.outcome
    assert outcome is not None
    assert file_stem(outcome) == "Anna in green"
    outcome.cloth = from_file(tmp_path / 'a:b*"c?.png')
    assert file_stem(outcome) == "Anna in a b  c"
    (tmp_path / "x.png").touch()
    assert free_path(tmp_path, "x", ".png") == tmp_path / "x 2.png"


# Correct


def erase(studio: Studio, room: TryOnWorkspace) -> None:
    """Correct the region: the middle of the garment goes."""
    studio.window.commands["tryon.correct"].trigger()
    canvas = editor_canvas(room)
    canvas.set_tool("eraser")
    canvas.set_brush_size(20)
    drag(canvas, [(45, 60), (46, 60)])
    studio.quiet()


def test_a_painted_region_changes_the_outcome_and_can_be_taken_back(
    studio: Studio, room: TryOnWorkspace
) -> None:
    QTest.keyClick(studio.window, Key.Key_F2)
    canvas = editor_canvas(room)
    assert room.region.active
    document = canvas.document()
    assert document is not None
    assert document.labels.array[60, 45] == 1
    assert document.labels.array[60, 10] == 0
    canvas.set_tool("eraser")
    canvas.set_brush_size(20)
    drag(canvas, [(45, 60), (46, 60)])
    studio.quiet()
    assert color_shown(room) == (200, 30, 40)
    request = studio.wiring.tryons[-1]
    assert request.region is not None
    assert request.region[60, 45] == 0
    assert request.region[25, 45] == 255
    canvas.set_tool("brush")
    drag(canvas, [(10, 60), (11, 60)])
    studio.quiet()
    assert studio.wiring.tryons[-1].region is not None
    assert studio.wiring.tryons[-1].region[60, 10] == 255
    canvas.undo()
    canvas.undo()
    studio.window.commands["tryon.redo"].trigger()
    studio.quiet()
    assert color_shown(room) == (200, 30, 40)
    assert len(room.fitting.outcomes) == 1
    QTest.keyClick(studio.window, Key.Key_Escape)
    assert not room.region.active
    assert not studio.window.commands["tryon.undo"].isEnabled()


def test_resetting_the_region_is_a_step_that_can_be_undone(
    studio: Studio, room: TryOnWorkspace
) -> None:
    commands = studio.window.commands
    erase(studio, room)
    commands["tryon.uncorrect"].trigger()
    studio.quiet()
    assert room.region.active
    assert color_shown(room) == GREEN
    assert studio.wiring.tryons[-1].region is None
    assert not commands["tryon.uncorrect"].isEnabled()
    QTest.keyClick(studio.window, Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    studio.quiet()
    assert color_shown(room) == (200, 30, 40)
    commands["tryon.correct"].trigger()
    commands["tryon.uncorrect"].trigger()
    studio.quiet()
    assert room.region.active
    assert color_shown(room) == GREEN
    commands["tryon.undo"].trigger()
    studio.quiet()
    assert color_shown(room) == (200, 30, 40)


def test_what_was_painted_outlives_a_turn_of_the_cloth(
    studio: Studio, room: TryOnWorkspace
) -> None:
    commands = studio.window.commands
    erase(studio, room)
    painted = room.fitting.outcome
    commands["tryon.turn_cloth"].trigger()
    studio.quiet()
    assert not room.region.active
    assert color_shown(room) == GREEN
    assert len(room.fitting.outcomes) == 2
    for _ in range(3):
        commands["tryon.turn_cloth"].trigger()
        studio.quiet()
    assert room.fitting.outcome is painted
    assert color_shown(room) == (200, 30, 40)


def test_a_cloth_that_was_turned_by_itself_is_turned_back_first(
    studio: Studio, room: TryOnWorkspace
) -> None:
    worn = room.fitting.outcome
    assert worn is not None
    worn.turned = True
    turn = studio.window.commands["tryon.turn_cloth"]
    for quarters in (0, 1, 2):
        turn.trigger()
        studio.quiet()
        assert room.fitting.cloth is not None
        assert room.fitting.cloth.quarters == quarters
        assert studio.wiring.tryons[-1].upright
    assert [outcome.turned for outcome in room.fitting.outcomes] == [False]


def test_what_was_turned_by_itself_is_put_on_as_it_lies_after_a_full_turn(
    room: TryOnWorkspace,
) -> None:
    worn = room.fitting.outcome
    assert worn is not None
    assert not worn.turned
    cloth = worn.cloth
    for _ in range(4):
        cloth = cloth.turned()
    assert cloth.key != worn.cloth.key
    assert room.fitting.outcomes.find(worn.person, cloth, worn.choice) is worn
    worn.turned = True
    assert room.fitting.outcomes.find(worn.person, cloth, worn.choice) is None
    assert room.fitting.outcomes.find(worn.person, worn.cloth, worn.choice) is worn
    worn.correction = Correction.begin(worn.whole_region())
    as_it_lies = dataclasses.replace(worn, cloth=cloth, turned=False, correction=None)
    room.fitting.outcomes.put(as_it_lies)  # what was painted on the other is not lost
    assert len(room.fitting.outcomes) == 2
    assert room.fitting.outcomes.find(worn.person, cloth, worn.choice) is as_it_lies
    assert room.fitting.outcomes.find(worn.person, worn.cloth, worn.choice) is worn


def test_the_tools_for_the_region_are_told_while_they_are_there(
    studio: Studio, room: TryOnWorkspace
) -> None:
    def told() -> list[tuple[str, str]]:
        return dict(shortcut_rows(studio.window.commands))["Try-on"]

    tool = ("Dress with the brush", "B")
    assert tool not in told()
    studio.window.commands["tryon.correct"].trigger()
    assert tool in told()
    studio.window.workspaces.go("design")
    assert "Try-on" not in dict(shortcut_rows(studio.window.commands))


def test_a_correction_stays_with_its_cloth(
    studio: Studio, room: TryOnWorkspace, tmp_path: Path
) -> None:
    erase(studio, room)
    drop(room.cloth, file_data(cloth_file(tmp_path, OCHRE, "ochre.png")))
    studio.quiet()
    assert not room.region.active
    assert studio.wiring.tryons[-1].region is None
    assert color_shown(room) == OCHRE
    calls = len(studio.wiring.tryons)
    drop(room.cloth, file_data(tmp_path / "green.png"))
    studio.quiet()
    assert color_shown(room) == (200, 30, 40)
    assert len(studio.wiring.tryons) == calls


def test_an_unpainted_correction_keeps_the_networks_region_to_the_bit() -> None:
    base = np.random.default_rng(3).integers(0, 256, (70, 50), np.uint8)
    correction = Correction.begin(base)
    assert correction.empty
    assert np.array_equal(correction.region(), base)
    drawn = correction.drawn.copy()
    drawn[10:30, 10:30] = 1
    painted = correction.painted(drawn).region()
    assert (painted[14:26, 14:26] >= 128).all()
    assert np.array_equal(painted[40:], base[40:])


# Design


def test_a_design_is_worn_and_its_changes_follow(
    studio: Studio, room: TryOnWorkspace, tmp_path: Path
) -> None:
    window = studio.window
    window.commands["workspace.design"].trigger()
    window.commands["design.wear"].trigger()
    studio.quiet()
    assert window.workspaces.current == "tryon"
    assert room.cloth.name.whole_text == window.files.name
    request = studio.wiring.tryons[-1]
    labels = studio.labels()
    groups = np.array([entry.group for entry in studio.wiring.palette.classes])[labels]
    assert request.category == "upper"  # the coat covers more than the jeans
    assert request.upright
    high, wide = (np.ptp(places) for places in np.nonzero(groups == "upper"))

    def shown_close() -> bool:
        shown = room.cloth.sheet.image
        return shown is not None and abs(shown.height() / shown.width() - high / wide) < 0.15

    studio.until(shown_close)
    assert np.array_equal(request.cloth[..., 3] > 0, groups == "upper")
    assert request.cloth[0, 0, 0] == window.look.seed % 256
    window.commands["tryon.lower"].trigger()
    studio.quiet()
    request = studio.wiring.tryons[-1]
    assert request.category == "lower"
    assert np.array_equal(request.cloth[..., 3] > 0, groups == "lower")
    window.commands["tryon.auto"].trigger()
    studio.quiet()
    count = len(room.fitting.outcomes)
    assert count == 3  # green, the coat, the jeans
    window.commands["workspace.design"].trigger()
    calls = len(studio.wiring.tryons)
    window.look.set_seed(77)
    studio.quiet()
    assert len(studio.wiring.tryons) == calls  # painting is not held up by it
    window.commands["workspace.tryon"].trigger()
    studio.quiet()
    assert studio.wiring.tryons[-1].cloth[0, 0, 0] == 77
    assert color_shown(room) == (77, 255, 255)
    assert len(room.fitting.outcomes) == count
    window.look.set_seed(99)
    studio.until(lambda: room.pane.after is not None and color_shown(room)[0] == 99)
    studio.quiet()
    drop(room.cloth, file_data(cloth_file(tmp_path, VIOLET, "violet.png")))
    studio.quiet()
    window.look.set_seed(111)
    studio.quiet()
    assert color_shown(room) == VIOLET


def test_an_outcome_becomes_a_label_map(studio: Studio, room: TryOnWorkspace) -> None:
    studio.window.commands["tryon.to_design"].trigger()
    studio.quiet()
    assert studio.window.workspaces.current == "design"
    assert studio.labels().shape == (120, 90)
    worn = studio.wiring.parses[-1].rgba
    assert tuple(worn[60, 45, :3]) == GREEN
    assert studio.window.files.name == "Anna in green labels"


def test_a_photo_that_changed_is_not_mixed_with_an_old_outcome(
    studio: Studio, room: TryOnWorkspace, tmp_path: Path
) -> None:
    outcome = room.fitting.outcome
    assert outcome is not None
    Image.new("RGB", (10, 10)).save(tmp_path / "Anna.png")
    room.fitting.shelf._loaded.clear()
    room.saving.save(outcome, tmp_path / "out.png")
    studio.quiet()
    box = studio.box("error_box")
    assert "has changed" in box.text()
    box.button(Button.Ok).click()
    assert not (tmp_path / "out.png").exists()
