"""Trying cloths on in the real window: in, out, what is refused, and what the newest wish is."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.domain.errors import PackError, PictureError
from app.settings import Settings
from app.ui.tryon.workspace import TryOnWorkspace
from tests.ui.studio_made import FakeWiring, Studio
from tests.ui.tryon_made import (
    GREEN,
    OCHRE,
    VIOLET,
    choose,
    cloth_file,
    color_shown,
    drop,
    file_data,
    image_data,
    person_file,
    tryon_of,
    wardrobe_folder,
)

Key = Qt.Key


@pytest.fixture
def room(studio: Studio) -> TryOnWorkspace:
    return tryon_of(studio)


def wear(studio: Studio, room: TryOnWorkspace, folder: Path) -> None:
    """Anna in green."""
    drop(room.person, file_data(person_file(folder)))
    drop(room.cloth, file_data(cloth_file(folder, GREEN, "green.png")))
    studio.quiet()


def message(room: TryOnWorkspace) -> str:
    return room.pane.message.text if not room.pane.message.isHidden() else ""


def test_the_workspace_is_made_when_it_is_first_looked_at(studio: Studio) -> None:
    assert studio.window.workspaces._tryon is None
    assert studio.window.commands["file.save"].isVisible()
    QTest.keyClick(studio.window, Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    assert studio.window.workspaces.current == "tryon"
    assert studio.window.settings.workspace == "tryon"
    assert not studio.window.commands["file.save"].isVisible()
    assert studio.window.commands["tryon.person"].isVisible()
    assert "photo of a person" in message(studio.window.workspaces.tryon)
    titles = [a.text() for a in studio.window.menuBar().actions() if a.isVisible()]
    assert titles == ["&File", "&Edit", "&Try-on", "&View", "&Help"]
    QTest.keyClick(studio.window, Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert studio.window.workspaces.current == "design"
    assert studio.window.commands["file.save"].isVisible()
    assert not studio.window.commands["tryon.save"].isVisible()


def test_a_dropped_person_and_cloth_give_an_outcome(
    studio: Studio, room: TryOnWorkspace, tmp_path: Path
) -> None:
    drop(room.person, file_data(person_file(tmp_path)))
    studio.quiet()
    assert room.pane.before is not None
    assert room.pane.before.full.width() == 90
    assert room.pane.after is None
    assert "Now the cloth" in room.note.text()
    assert room.person.name.whole_text == "Anna.png"
    assert room.person.sheet.image is not None
    drop(room.cloth, file_data(cloth_file(tmp_path, GREEN, "green.png")))
    studio.quiet()
    assert color_shown(room) == GREEN
    assert room.pane.before.full.pixelColor(45, 60).red() == 200
    assert room.note.isHidden()
    assert studio.window.status.device.text() == "Test device · 33 ms"
    assert "Auto chose upper" in room.side.word.text()
    assert studio.window.settings.people == [str(tmp_path / "Anna.png")]
    assert studio.window.settings.cloths == [str(tmp_path / "green.png")]


def test_everything_works_from_the_keyboard(
    studio: Studio, room: TryOnWorkspace, tmp_path: Path
) -> None:
    control = Qt.KeyboardModifier.ControlModifier
    QTest.keyClick(studio.window, Key.Key_O, control)
    choose(studio, person_file(tmp_path))
    room.cloth.sheet.setFocus()
    QTest.keyClick(room.cloth.sheet, Key.Key_Return)
    choose(studio, cloth_file(tmp_path, GREEN, "green.png"))
    assert color_shown(room) == GREEN
    studio.window.commands["tryon.wardrobe"].trigger()
    choose(studio, wardrobe_folder(tmp_path))
    room.wardrobe.view.setFocus()
    QTest.keyClick(room.wardrobe.view, Key.Key_Right)
    studio.quiet()
    assert color_shown(room) == OCHRE
    QTest.keyClick(room.wardrobe.view, Key.Key_Right)
    studio.quiet()
    assert color_shown(room) == GREEN
    studio.window.activateWindow()
    studio.until(studio.window.isActiveWindow)
    QTest.keyClick(studio.window, Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    studio.quiet()
    assert color_shown(room) == VIOLET
    room.person.sheet.setFocus()
    QTest.keyClick(room.person.sheet, Key.Key_Delete)
    assert room.fitting.person is None
    assert room.pane.before is None
    assert "photo of a person" in message(room)


def test_pictures_that_lie_on_their_side_are_turned(
    studio: Studio, room: TryOnWorkspace, tmp_path: Path
) -> None:
    """The network and the slot's thumbnail see the turned picture; four quarters lead back."""
    turn = studio.window.commands["tryon.turn_cloth"]
    assert not turn.isEnabled()
    assert not room.cloth.turn_button.isEnabled()
    drop(room.person, file_data(person_file(tmp_path)))
    path = tmp_path / "sideways.png"
    lying = np.full((60, 90, 4), 255, np.uint8)
    lying[:, :30, 1:3] = 0  # red at the left, which is the top once it is upright
    Image.fromarray(lying).save(path)
    drop(room.cloth, file_data(path))
    studio.quiet()
    assert not studio.wiring.tryons[-1].upright  # as long as nobody says so
    first = studio.wiring.tryons[-1].cloth
    turn.trigger()
    studio.quiet()
    assert studio.wiring.tryons[-1].upright
    upright = studio.wiring.tryons[-1].cloth
    np.testing.assert_array_equal(upright, np.rot90(first, -1))
    shown = room.cloth.sheet.image
    assert shown is not None
    assert (shown.width(), shown.height()) == (60, 90)
    assert shown.pixelColor(30, 10).getRgb()[:3] == (255, 0, 0)
    assert room.cloth.name.text() == "sideways.png"
    runs = len(studio.wiring.tryons)
    for _ in range(3):
        room.cloth.turn_button.click()
        studio.quiet()
    assert len(studio.wiring.tryons) == runs + 3
    np.testing.assert_array_equal(studio.wiring.tryons[-1].cloth, first)
    assert studio.wiring.tryons[-1].upright  # it lies as a person wants it
    assert len(room.fitting.outcomes) == 1  # a cloth put right is no other one
    turn.trigger()
    studio.quiet()
    drop(room.cloth, file_data(cloth_file(tmp_path, GREEN, "green.png")))
    studio.quiet()
    runs = len(studio.wiring.tryons)
    drop(room.cloth, file_data(path))
    studio.quiet()
    assert len(studio.wiring.tryons) == runs  # it comes back turned, and was worn so already
    shown = room.cloth.sheet.image
    assert shown is not None
    assert shown.width() < shown.height()
    studio.window.commands["tryon.turn_person"].trigger()
    studio.quiet()
    person = studio.wiring.tryons[-1].person
    assert person.shape[:2] == studio.wiring.tryons[0].person.shape[1::-1]


def test_the_clipboard_fills_the_slots(studio: Studio, room: TryOnWorkspace) -> None:
    clipboard = QGuiApplication.clipboard()
    clipboard.setMimeData(image_data(Qt.GlobalColor.red))
    studio.window.commands["tryon.paste_person"].trigger()
    clipboard.setMimeData(image_data(Qt.GlobalColor.darkGreen))
    studio.window.commands["tryon.paste"].trigger()
    studio.quiet()
    assert room.pane.after is not None
    assert len(studio.wiring.tryons) == 1
    studio.window.commands["tryon.copy"].trigger()
    assert clipboard.image().size() == room.pane.after.full.size()
    clipboard.setText("words")
    studio.window.commands["tryon.paste"].trigger()
    assert "no picture" in studio.window.status.notice.text()


def test_a_drop_beside_the_slots_is_the_person_first_and_then_a_cloth(
    studio: Studio, room: TryOnWorkspace, tmp_path: Path
) -> None:
    drop(room, file_data(person_file(tmp_path)))
    drop(room, file_data(cloth_file(tmp_path, VIOLET, "violet.png")))
    drop(room, file_data(wardrobe_folder(tmp_path)))
    studio.quiet()
    assert color_shown(room) == VIOLET
    assert room.wardrobe.model.rowCount() == 3


def test_what_was_tried_already_is_not_asked_for_again(
    studio: Studio, room: TryOnWorkspace, tmp_path: Path
) -> None:
    room.intake.open_wardrobe(wardrobe_folder(tmp_path))
    drop(room.person, file_data(person_file(tmp_path)))
    studio.quiet()
    names = [room.wardrobe.cells.path(row).name for row in range(3)]
    assert names == ["top 1.png", "top 2.png", "top 10.png"]
    for row, color in ((0, OCHRE), (1, GREEN), (0, OCHRE), (1, GREEN)):
        room.wardrobe.view.setCurrentIndex(room.wardrobe.model.index(row))
        studio.quiet()
        assert color_shown(room) == color
    assert len(studio.wiring.tryons) == 2
    assert len(room.fitting.outcomes) == 2


def test_the_newest_of_several_quick_clicks_wins(
    studio: Studio, room: TryOnWorkspace, tmp_path: Path
) -> None:
    room.intake.open_wardrobe(wardrobe_folder(tmp_path))
    drop(room.person, file_data(person_file(tmp_path)))
    studio.quiet()
    studio.wiring.may_wear.clear()
    room.wardrobe.view.setCurrentIndex(room.wardrobe.model.index(0))
    studio.until(lambda: len(studio.wiring.tryons) == 1)
    for row in (1, 2):
        room.wardrobe.view.setCurrentIndex(room.wardrobe.model.index(row))
    studio.until(lambda: len(studio.wiring.tryons) == 2)
    studio.wiring.may_wear.set()
    studio.quiet()
    assert color_shown(room) == VIOLET
    assert len(room.fitting.outcomes) == 1  # the first was given up, the second never begun


def test_escape_stops_and_another_try_goes_through(
    studio: Studio, room: TryOnWorkspace, tmp_path: Path
) -> None:
    studio.wiring.may_wear.clear()
    drop(room.person, file_data(person_file(tmp_path)))
    drop(room.cloth, file_data(cloth_file(tmp_path, GREEN, "green.png")))
    studio.until(lambda: len(studio.wiring.tryons) == 1)
    studio.until(lambda: not room.busy.isHidden())
    assert "green.png" in room.busy.word.text()
    assert studio.window.commands["tryon.stop"].isEnabled()
    QTest.keyClick(studio.window, Key.Key_Escape)
    studio.quiet()
    assert room.busy.isHidden()
    assert room.pane.after is None
    assert "Stopped" in room.note.text()
    studio.wiring.may_wear.set()
    studio.window.commands["tryon.again"].trigger()
    studio.quiet()
    assert color_shown(room) == GREEN


def test_the_status_bar_cancels_too(studio: Studio, room: TryOnWorkspace, tmp_path: Path) -> None:
    studio.wiring.may_wear.clear()
    drop(room.person, file_data(person_file(tmp_path)))
    drop(room.cloth, file_data(cloth_file(tmp_path, GREEN, "green.png")))
    studio.until(lambda: len(studio.wiring.tryons) == 1)
    studio.until(lambda: not room.busy.isHidden())
    status = studio.window.status
    status._show_job()
    assert not status.cancel.isVisible()  # one telling is enough
    studio.window.workspaces.go("design")
    studio.until(lambda: status.job.text().startswith("Trying on green.png"))
    status.cancel.click()
    studio.quiet()
    assert "Stopped" in room.note.text()
    studio.wiring.may_wear.set()


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (PictureError("The person is seen from behind", hint="Use another."), "seen from behind"),
        (PackError("There is no model pack for trying on", hint="Install."), "no model pack"),
    ],
)
def test_a_refusal_stands_in_the_pane(
    studio: Studio, room: TryOnWorkspace, tmp_path: Path, fault: PictureError, words: str
) -> None:
    studio.wiring.tryon_fault = fault
    wear(studio, room, tmp_path)
    assert words in message(room)
    assert fault.hint in message(room)
    assert room.pane.after is None
    assert not studio.window.commands["tryon.save"].isEnabled()
    studio.wiring.tryon_fault = None
    room.pane.message.again.emit()
    studio.quiet()
    assert message(room) == ""
    assert color_shown(room) == GREEN


def test_nobody_in_the_photo_is_said(studio: Studio, room: TryOnWorkspace, tmp_path: Path) -> None:
    Image.new("RGB", (90, 120), "white").save(tmp_path / "wall.png")
    drop(room.person, file_data(tmp_path / "wall.png"))
    drop(room.cloth, file_data(cloth_file(tmp_path, GREEN, "green.png")))
    studio.quiet()
    assert "No person was found" in message(room)
    drop(room.person, file_data(person_file(tmp_path)))
    studio.quiet()
    assert color_shown(room) == GREEN


def test_a_file_that_is_no_picture_is_told_in_its_slot(
    studio: Studio, room: TryOnWorkspace, tmp_path: Path
) -> None:
    (tmp_path / "text.png").write_text("no picture")
    drop(room.person, file_data(tmp_path / "text.png"))
    studio.quiet()
    assert "This is no picture" in message(room)
    assert "cannot be used" in room.person.sheet.text


def test_notices_stand_under_the_picture(
    studio: Studio, room: TryOnWorkspace, tmp_path: Path
) -> None:
    studio.wiring.tryon_notices = ("There are 2 people in the photo; the largest is dressed.",)
    wear(studio, room, tmp_path)
    assert "2 people" in room.note.text()
    assert not room.note.isHidden()


def test_a_corrected_category_is_remembered_for_its_cloth_alone(
    studio: Studio, room: TryOnWorkspace, tmp_path: Path
) -> None:
    wear(studio, room, tmp_path)
    assert studio.window.commands["tryon.auto"].isChecked()
    studio.window.commands["tryon.dress"].trigger()
    studio.quiet()
    assert studio.wiring.tryons[-1].category == "dress"
    assert "Dress" in room.side.word.text()
    drop(room.cloth, file_data(cloth_file(tmp_path, OCHRE, "ochre.png")))
    studio.quiet()
    assert studio.wiring.tryons[-1].category is None
    assert studio.window.commands["tryon.auto"].isChecked()
    calls = len(studio.wiring.tryons)
    drop(room.cloth, file_data(tmp_path / "green.png"))
    studio.quiet()
    assert studio.window.commands["tryon.dress"].isChecked()
    assert len(studio.wiring.tryons) == calls


def test_one_cloth_worn_as_two_kinds_has_two_names_in_the_history(
    studio: Studio, room: TryOnWorkspace, tmp_path: Path
) -> None:
    wear(studio, room, tmp_path)
    cells = room.side.history.cells
    assert [cells.word(row) for row in range(len(cells))] == ["green"]
    room.choose("dress")
    studio.quiet()
    assert [cells.word(row) for row in range(len(cells))] == ["green · Dress", "green · Auto"]


def test_the_history_returns_to_person_cloth_and_category(
    studio: Studio, room: TryOnWorkspace, tmp_path: Path
) -> None:
    wear(studio, room, tmp_path)
    studio.window.commands["tryon.lower"].trigger()
    studio.quiet()
    drop(room.person, file_data(person_file(tmp_path, "Ben.png")))
    drop(room.cloth, file_data(cloth_file(tmp_path, OCHRE, "ochre.png")))
    studio.quiet()
    calls = len(studio.wiring.tryons)
    history = room.side.history
    names = [history.cells.outcome(row).name for row in range(history.model.rowCount())]
    assert names[0] == "Ben in ochre"
    assert names[-1] == "Anna in green"
    history.view.setCurrentIndex(history.model.index(len(names) - 2))
    studio.quiet()
    assert len(studio.wiring.tryons) == calls
    assert color_shown(room) == GREEN
    assert room.person.name.whole_text == "Anna.png"
    assert room.cloth.name.whole_text == "green.png"
    assert studio.window.commands["tryon.lower"].isChecked()


def test_a_person_who_comes_before_the_network_waits_for_it(
    qtbot: QtBot, wiring: FakeWiring, tmp_path: Path
) -> None:
    studio = Studio(qtbot, wiring)
    room = tryon_of(studio)
    wear_first = [file_data(person_file(tmp_path)), file_data(cloth_file(tmp_path, GREEN, "g.png"))]
    drop(room.person, wear_first[0])
    drop(room.cloth, wear_first[1])
    studio.until(lambda: room.pane.after is not None)
    assert color_shown(room) == GREEN
    studio.quiet()
    studio.close()


def test_wardrobe_and_workspace_are_there_after_the_next_start(
    qtbot: QtBot, wiring: FakeWiring, tmp_path: Path
) -> None:
    settings = Settings(workspace="tryon", wardrobe=str(wardrobe_folder(tmp_path)), compare=True)
    studio = Studio(qtbot, wiring, settings)
    studio.settle()
    assert studio.window.workspaces.current == "tryon"
    room = studio.window.workspaces.tryon
    assert room.wardrobe.model.rowCount() == 3
    assert room.pane.comparing
    studio.close()
    assert "tryon.rows" in settings.splitters


def test_without_a_wardrobe_there_is_none_to_walk_through(
    studio: Studio, room: TryOnWorkspace, tmp_path: Path
) -> None:
    def enabled() -> list[bool]:
        names = ("previous", "next", "refresh")
        return [studio.window.commands[f"tryon.{name}"].isEnabled() for name in names]

    assert enabled() == [False, False, False]
    (tmp_path / "empty").mkdir()
    room.intake.open_wardrobe(tmp_path / "empty")
    studio.quiet()
    assert enabled() == [False, False, True]
    room.intake.open_wardrobe(wardrobe_folder(tmp_path))
    studio.quiet()
    assert enabled() == [True, True, True]


def test_the_wardrobe_is_hidden_and_shown(
    studio: Studio, room: TryOnWorkspace, tmp_path: Path
) -> None:
    def shown() -> tuple[bool, bool, bool]:
        action = studio.window.commands["tryon.show_wardrobe"]
        return room.wardrobe.isVisible(), action.isChecked(), studio.window.settings.show_wardrobe

    assert shown() == (True, True, True)
    QTest.keyClick(studio.window, Key.Key_F8)
    assert shown() == (False, False, False)
    QTest.keyClick(studio.window, Key.Key_F8)
    assert shown() == (True, True, True)
    studio.window.commands["tryon.show_wardrobe"].trigger()
    room.intake.open_wardrobe(wardrobe_folder(tmp_path))
    assert shown() == (True, True, True)
    studio.quiet()


def test_a_hidden_wardrobe_stays_so_and_keeps_its_height(qtbot: QtBot, wiring: FakeWiring) -> None:
    settings = Settings(
        workspace="tryon", show_wardrobe=False, splitters={"tryon.rows": [400, 240]}
    )
    studio = Studio(qtbot, wiring, settings)
    studio.settle()
    studio.until(lambda: studio.window.workspaces.current == "tryon")
    assert not studio.window.workspaces.tryon.wardrobe.isVisible()
    assert not studio.window.commands["tryon.show_wardrobe"].isChecked()
    studio.close()
    assert settings.splitters["tryon.rows"] == [400, 240]


def test_a_wardrobe_that_is_gone_is_said_calmly(
    studio: Studio, room: TryOnWorkspace, tmp_path: Path
) -> None:
    room.intake.open_wardrobe(tmp_path / "gone")
    studio.quiet()
    assert "cannot be opened" in room.wardrobe.word.text()
    (tmp_path / "bare").mkdir()
    room.intake.open_wardrobe(tmp_path / "bare")
    studio.quiet()
    assert room.wardrobe.word.text() == "There are no pictures in bare."


def test_a_large_wardrobe_makes_only_the_thumbnails_in_sight(
    studio: Studio, room: TryOnWorkspace, tmp_path: Path
) -> None:
    closet = tmp_path / "many"
    closet.mkdir()
    first = cloth_file(closet, GREEN, "0000.png").read_bytes()
    for number in range(1, 400):
        (closet / f"{number:04}.png").write_bytes(first)
    room.intake.open_wardrobe(closet)
    studio.quiet()
    assert room.wardrobe.model.rowCount() == 400
    assert "400 pictures" in room.wardrobe.place.whole_text
    studio.until(lambda: len(room.wardrobe._thumbnails._made) > 3)
    studio.quiet()
    assert len(room.wardrobe._thumbnails._made) < 40
    drop(room.person, file_data(person_file(tmp_path)))
    room.wardrobe.view.setCurrentIndex(room.wardrobe.model.index(399))
    studio.quiet()
    assert color_shown(room) == GREEN
    assert room.wardrobe.view.visualRect(room.wardrobe.model.index(399)).right() > 0


def test_a_broken_cloth_is_marked_and_refused_and_the_next_one_goes_on(
    studio: Studio, room: TryOnWorkspace, tmp_path: Path
) -> None:
    closet = wardrobe_folder(tmp_path)
    (closet / "top 0.png").write_bytes(b"\x89PNG broken")
    room.intake.open_wardrobe(closet)
    drop(room.person, file_data(person_file(tmp_path)))
    studio.quiet()
    room.wardrobe.next()
    studio.quiet()
    assert "picture" in message(room)
    assert "cannot be used" in room.cloth.sheet.text
    assert room.wardrobe._thumbnails.broken(closet / "top 0.png")
    room.wardrobe.next()
    studio.quiet()
    assert color_shown(room) == OCHRE
