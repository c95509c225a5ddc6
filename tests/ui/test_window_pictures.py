"""A photo becomes a label map with its colours, a swatch the style of a class; nothing is lost."""

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from app.domain.design_file import Design, load_design
from app.domain.errors import PackError, PictureError
from app.domain.palette import Palette
from app.ui import document_files, main_window, pictures
from tests.ui.hands import LEFT
from tests.ui.studio_made import (
    BLUE,
    CODES,
    RED,
    TOP,
    TROUSERS,
    FakeWiring,
    Studio,
    label_file,
    paint,
    photo_file,
    swatch_file,
)

Button = QMessageBox.StandardButton


def from_photo(studio: Studio, path: Path) -> None:
    studio.window.photo.open(pictures.from_file(path))
    studio.quiet()


def choose(studio: Studio, path: Path) -> None:
    dialog = studio.window.findChild(QFileDialog, "file_dialog")
    assert dialog is not None
    dialog.fileSelected.emit(str(path))
    dialog.close()
    dialog.setObjectName("")
    studio.quiet()


def drop(target: QWidget, data: QMimeData) -> None:
    copy, none = Qt.DropAction.CopyAction, Qt.MouseButton.NoButton
    keys = Qt.KeyboardModifier.NoModifier
    entering = QDragEnterEvent(QPoint(9, 9), copy, data, none, keys)
    QApplication.sendEvent(target, entering)
    assert entering.isAccepted()
    QApplication.sendEvent(target, QDropEvent(QPointF(9, 9), copy, data, none, keys))


def file_data(path: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    return data


def picture_data() -> QMimeData:
    image = QImage(60, 80, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    for y in range(10, 70):
        for x in range(20, 40):
            image.setPixelColor(x, y, Qt.GlobalColor.darkGreen)
    data = QMimeData()
    data.setImageData(image)
    return data


@pytest.mark.parametrize("place", ["window", "style", "slot", "tryon", "line", "batch"])
def test_what_is_dropped_stays_where_it_is(studio: Studio, tmp_path: Path, place: str) -> None:
    rooms, design = studio.window.workspaces, studio.window.design
    target = {
        "window": lambda: design.canvas.viewport(),
        "style": lambda: design.style_panel,
        "slot": lambda: rooms.tryon.cloth,
        "tryon": lambda: rooms.tryon,
        "line": lambda: rooms.batch.form.people.line,
        "batch": lambda: rooms.batch,
    }[place]()
    copy, move = Qt.DropAction.CopyAction, Qt.DropAction.MoveAction
    none, shift = Qt.MouseButton.NoButton, Qt.KeyboardModifier.ShiftModifier
    folder = place in ("line", "batch")
    data = file_data(tmp_path if folder else swatch_file(tmp_path))
    entering = QDragEnterEvent(QPoint(9, 9), copy | move, data, none, shift)
    dropping = QDropEvent(QPointF(9, 9), copy | move, data, none, shift)
    assert dropping.proposedAction() == move
    for event in (entering, dropping):
        QApplication.sendEvent(target, event)
        assert event.isAccepted()
        assert event.dropAction() == copy
    moving = QDragEnterEvent(QPoint(9, 9), move, data, none, shift)
    QApplication.sendEvent(target, moving)
    assert not moving.isAccepted()
    studio.quiet()


# From photo


def test_a_photo_becomes_an_editable_label_map(studio: Studio, tmp_path: Path) -> None:
    studio.window.commands["file.photo"].trigger()
    choose(studio, photo_file(tmp_path))
    labels = studio.labels()
    assert labels.shape == (120, 90)
    assert (labels[20:59, 30:60] == TOP).all()
    assert (labels[61:100, 30:60] == TROUSERS).all()
    assert not labels[:15].any()
    assert studio.window.design.palette_panel.current == TOP  # the coat of the sample is not in it
    assert studio.window.windowTitle() == "street labels[*] — Toile"
    assert studio.window.isWindowModified()
    paint(studio, 9)
    assert (studio.labels() == 9).any()
    studio.window.commands["edit.undo"].trigger()
    assert not (studio.labels() == 9).any()
    assert studio.window.isWindowModified()  # it is in no file yet


def test_a_photo_gives_its_colours_to_the_classes_that_it_shows(
    studio: Studio, tmp_path: Path
) -> None:
    look = studio.window.look
    studio.window.files.new(30, 40)
    look.set_row(9, 2)
    from_photo(studio, photo_file(tmp_path))
    assert look.code(TOP) == pytest.approx([*RED, 255], abs=6)
    assert look.code(TROUSERS) == pytest.approx([*BLUE, 255], abs=6)
    assert look.choice(9).row == 2
    request = studio.wiring.requests[-1]
    assert set(request.look.overrides) == {TOP, TROUSERS, 9}
    assert np.array_equal(request.labels, studio.labels())
    studio.window.commands["look.back"].trigger()
    assert look.choice(TOP).taken is None
    assert look.choice(TROUSERS).taken is None


def test_the_dice_replace_a_photos_colours_unless_they_are_locked(
    studio: Studio, tmp_path: Path
) -> None:
    look = studio.window.look
    from_photo(studio, photo_file(tmp_path))
    red = look.code(TOP).copy()
    look.set_locked(TOP, True)
    look.set_seed(look.seed + 1)
    assert np.array_equal(look.code(TOP), red)
    assert look.choice(TROUSERS).taken is None


@pytest.mark.parametrize("button", [Button.Cancel, Button.Discard])
def test_unsaved_changes_are_guarded_before_a_photo(
    studio: Studio, tmp_path: Path, button: Button
) -> None:
    paint(studio)
    painted = studio.labels().copy()
    from_photo(studio, photo_file(tmp_path))
    studio.box("unsaved_box").button(button).click()
    studio.quiet()
    assert np.array_equal(studio.labels(), painted) is (button is Button.Cancel)
    assert bool(studio.wiring.parses) is (button is Button.Discard)


def test_a_label_map_made_from_a_photo_is_guarded_too(
    studio: Studio, palette: Palette, tmp_path: Path
) -> None:
    from_photo(studio, photo_file(tmp_path))
    studio.window.files.open(label_file(tmp_path, palette))
    box = studio.box("unsaved_box")
    assert "street labels" in box.text()
    box.button(Button.Cancel).click()
    assert studio.labels().shape == (120, 90)


def test_what_is_painted_while_a_photo_is_parsed_is_guarded(studio: Studio, tmp_path: Path) -> None:
    studio.wiring.may_parse.clear()
    studio.window.photo.open(pictures.from_file(photo_file(tmp_path)))
    studio.until(lambda: bool(studio.wiring.parses))
    paint(studio, 7)
    painted = studio.labels().copy()
    studio.wiring.may_parse.set()
    studio.box("unsaved_box").button(Button.Cancel).click()
    studio.quiet()
    assert np.array_equal(studio.labels(), painted)


def test_parsing_shows_in_the_status_bar_and_can_be_cancelled(
    studio: Studio, tmp_path: Path
) -> None:
    before = studio.labels().copy()
    status = studio.window.status
    studio.wiring.may_parse.clear()
    studio.window.photo.open(pictures.from_file(photo_file(tmp_path)))
    studio.until(lambda: bool(studio.wiring.parses) and status.cancel.isVisible())
    assert status.job.text() == "Finding the garments in street.jpg …"
    QTest.mouseClick(status.cancel, LEFT)
    studio.quiet()
    studio.wiring.may_parse.set()
    assert np.array_equal(studio.labels(), before)
    assert status.notice.text() == "Cancelled; everything is as it was."
    assert not status.cancel.isVisible()


def test_the_newest_photo_wins(studio: Studio, tmp_path: Path) -> None:
    studio.wiring.may_parse.clear()
    studio.window.photo.open(pictures.from_file(photo_file(tmp_path, "first.jpg")))
    studio.until(lambda: bool(studio.wiring.parses))
    studio.window.photo.open(pictures.from_file(photo_file(tmp_path, "second.jpg")))
    studio.wiring.may_parse.set()
    studio.quiet()
    assert studio.window.windowTitle().startswith("second labels")
    assert "second.jpg" in studio.window.status.notice.text()


def test_a_photo_counts_more_than_a_file_that_is_still_being_looked_at(
    studio: Studio, palette: Palette, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    monkeypatch.setattr(main_window, "is_indexed_png", lambda _path: go_on.wait(10))
    studio.window.open_picture(pictures.from_file(label_file(tmp_path, palette)))
    studio.window.photo.open(pictures.from_file(photo_file(tmp_path)))
    studio.until(lambda: studio.window.files.name == "street labels")
    go_on.set()
    studio.quiet()
    assert studio.window.files.name == "street labels"
    assert studio.find("unsaved_box") is None


def test_a_file_counts_more_than_a_photo_from_before_it(
    studio: Studio, palette: Palette, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()

    def load(path: Path, palette: Palette) -> Design:
        assert go_on.wait(10)
        return load_design(path, palette)

    monkeypatch.setattr(document_files, "load_design", load)
    studio.wiring.may_parse.clear()
    studio.window.photo.open(pictures.from_file(photo_file(tmp_path)))
    studio.until(lambda: bool(studio.wiring.parses))
    studio.window.files.open(label_file(tmp_path, palette))
    studio.wiring.may_parse.set()
    studio.until(lambda: not studio.lane._jobs)
    go_on.set()
    studio.quiet()
    assert studio.window.files.name == "worn.png"


def test_a_document_opened_meanwhile_is_not_replaced(
    studio: Studio, palette: Palette, tmp_path: Path
) -> None:
    studio.wiring.may_parse.clear()
    studio.window.photo.open(pictures.from_file(photo_file(tmp_path)))
    studio.until(lambda: bool(studio.wiring.parses))
    studio.window.files.open(label_file(tmp_path, palette))
    studio.until(lambda: studio.labels().shape == (80, 60))
    studio.wiring.may_parse.set()
    studio.quiet()
    assert studio.labels().shape == (80, 60)


@pytest.mark.parametrize(
    ("people", "facing", "words"),
    [
        (3, "front", ("3 people, the largest was taken",)),
        (1, "back", ("seen from behind",)),
        (2, "side", ("2 people, the largest was taken", "seen from the side")),
    ],
)
def test_several_people_and_backs_are_told_calmly(
    studio: Studio, tmp_path: Path, people: int, facing: str, words: tuple[str, ...]
) -> None:
    studio.wiring.people, studio.wiring.facing = people, facing
    from_photo(studio, photo_file(tmp_path))
    for word in words:
        assert word in studio.window.status.notice.text()
        assert word in studio.window.design.origin.whole_text
    assert studio.find("error_box") is None
    studio.window.files.guard(lambda: None)
    studio.box("unsaved_box").button(Button.Discard).click()


def test_a_photo_with_hardly_a_person_is_told_as_doubtful(studio: Studio, tmp_path: Path) -> None:
    studio.wiring.confidence = 0.35
    from_photo(studio, photo_file(tmp_path))
    assert "hard to make out" in studio.window.status.notice.text()


def test_a_notice_of_the_parsers_device_is_said(studio: Studio, tmp_path: Path) -> None:
    studio.wiring.notices = ("DirectML 0 reads other label maps than the CPU; the CPU is used.",)
    from_photo(studio, photo_file(tmp_path))
    assert studio.window.status.notice.text() == studio.wiring.notices[0]


def test_a_photo_without_a_person_is_told_and_changes_nothing(
    studio: Studio, tmp_path: Path
) -> None:
    before = studio.labels().copy()
    path = tmp_path / "wall.png"
    Image.new("RGB", (50, 60), "white").save(path)
    from_photo(studio, path)
    box = studio.box("error_box")
    assert "No person was found" in box.text()
    box.accept()
    assert np.array_equal(studio.labels(), before)
    assert not studio.window.files.modified


@pytest.mark.parametrize("content", [b"", b"no picture at all", b"\xff\xd8\xff\xe0 cut short"])
def test_a_broken_photo_is_told_with_its_place(
    studio: Studio, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "broken.jpg"
    path.write_bytes(content)
    before = studio.labels().copy()
    from_photo(studio, path)
    box = studio.box("error_box")
    assert str(path) in box.informativeText()
    box.accept()
    assert np.array_equal(studio.labels(), before)
    assert not studio.wiring.parses


def test_without_a_parser_the_action_explains(studio: Studio, tmp_path: Path) -> None:
    studio.wiring.parse_fault = PackError("There is no parser", hint="Install person-parser.")
    from_photo(studio, photo_file(tmp_path))
    box = studio.box("error_box")
    assert box.text() == "There is no parser."
    assert "Install person-parser." in box.informativeText()
    box.accept()


def test_a_label_map_is_kept_when_only_the_colours_fail(studio: Studio, tmp_path: Path) -> None:
    studio.wiring.encode_fault = PictureError("The encoder is tired")
    from_photo(studio, photo_file(tmp_path))
    assert (studio.labels() == TOP).any()
    assert studio.window.look.choice(TOP).taken is None
    assert "The encoder is tired" in studio.window.status.notice.text()


def test_the_photo_lies_over_the_label_map_when_asked(
    studio: Studio, palette: Palette, tmp_path: Path
) -> None:
    window, design = studio.window, studio.window.design
    action = window.commands["view.photo"]
    button = design.findChild(QToolButton, "overlay.photo")
    assert button is not None
    assert not action.isEnabled()
    assert not button.isVisible()
    from_photo(studio, photo_file(tmp_path))
    assert action.isEnabled()
    spot = design.canvas.viewportTransform().map(QPointF(45, 40)).toPoint()
    plain = design.canvas.grab().toImage().pixelColor(spot)
    QTest.mouseClick(button, LEFT)
    assert action.isChecked()
    design.overlay.slider.setValue(100)
    over = design.canvas.grab().toImage().pixelColor(spot)
    assert (over.red(), over.green(), over.blue()) == pytest.approx(RED, abs=6)
    assert window.settings.overlay_percent == 0
    action.trigger()
    assert design.canvas.grab().toImage().pixelColor(spot) == plain
    window.files._take(studio.window.files.document.labels, None)
    assert not action.isEnabled()
    assert not button.isVisible()


def test_the_garment_over_the_label_map_keeps_its_strength_beside_the_photo(
    studio: Studio, tmp_path: Path
) -> None:
    overlay = studio.window.design.overlay
    overlay.slider.setValue(30)
    from_photo(studio, photo_file(tmp_path))
    assert overlay.percent("garment") == 30
    studio.window.commands["view.photo"].trigger()
    assert (overlay.percent("garment"), overlay.percent("photo")) == (0, 50)
    assert studio.window.settings.overlay_percent == 30
    studio.window.commands["view.overlay"].trigger()
    assert (overlay.percent("garment"), overlay.percent("photo")) == (30, 0)


def test_a_dropped_photo_becomes_a_label_map(studio: Studio, tmp_path: Path) -> None:
    drop(studio.window.design.canvas.viewport(), file_data(photo_file(tmp_path)))
    studio.until(lambda: studio.window.windowTitle().startswith("street labels"))
    studio.quiet()
    assert (studio.labels() == TOP).any()


def test_a_dropped_png_photo_is_told_from_a_label_map(
    studio: Studio, palette: Palette, tmp_path: Path
) -> None:
    viewport = studio.window.design.canvas.viewport()
    drop(viewport, file_data(label_file(tmp_path, palette)))
    studio.until(lambda: studio.labels().shape == (80, 60))
    assert not studio.wiring.parses
    drop(viewport, file_data(photo_file(tmp_path, "street.png")))
    studio.until(lambda: studio.labels().shape == (120, 90))


@pytest.mark.parametrize("way", ["paste", "drop"])
def test_pixels_without_a_file_become_a_label_map(studio: Studio, way: str) -> None:
    if way == "paste":
        QGuiApplication.clipboard().setMimeData(picture_data())
        studio.window.commands["file.paste"].trigger()
    else:
        drop(studio.window.design.canvas.viewport(), picture_data())
    studio.until(lambda: studio.labels().shape == (80, 60))
    studio.quiet()
    assert (studio.labels()[12:68, 21:39] != 0).all()
    name = "Pasted" if way == "paste" else "Dropped"
    assert studio.window.windowTitle() == f"{name} picture labels[*] — Toile"


def test_a_file_in_the_clipboard_is_opened_as_what_it_is(
    studio: Studio, palette: Palette, tmp_path: Path
) -> None:
    QGuiApplication.clipboard().setMimeData(file_data(label_file(tmp_path, palette)))
    studio.window.commands["file.paste"].trigger()
    studio.until(lambda: studio.labels().shape == (80, 60))
    assert studio.window.windowTitle().startswith("worn.png")


def test_a_clipboard_without_a_picture_is_told(studio: Studio) -> None:
    QGuiApplication.clipboard().setText("some words")
    studio.window.commands["file.paste"].trigger()
    assert studio.window.status.notice.text() == "The clipboard holds no picture."


# A file to begin with


@pytest.mark.parametrize("kind", ["label map", "photo", "nothing"])
def test_the_program_begins_with_the_file_it_is_given(
    qtbot: QtBot, wiring: FakeWiring, palette: Palette, tmp_path: Path, kind: str
) -> None:
    make: dict[str, Callable[[], Path]] = {
        "label map": lambda: label_file(tmp_path, palette),
        "photo": lambda: photo_file(tmp_path),
        "nothing": lambda: tmp_path / "nothing.png",
    }
    path = make[kind]()
    studio = Studio(qtbot, wiring, file=path)
    title = {"label map": "worn.png", "photo": "street labels", "nothing": "Untitled"}[kind]
    if kind == "nothing":
        box = studio.box("error_box")
        assert str(path) in box.informativeText()
        box.accept()
    studio.until(lambda: studio.window.windowTitle().startswith(title))
    studio.settle()
    assert (studio.labels() == TOP).any() is np.bool_(kind != "nothing")
    studio.close()


def test_a_photo_to_begin_with_is_told_when_the_network_does_not_open(
    qtbot: QtBot, wiring: FakeWiring, tmp_path: Path
) -> None:
    wiring.fault = PackError("The pack is altered", where="generator.onnx")
    studio = Studio(qtbot, wiring, file=photo_file(tmp_path))
    box = studio.box("error_box")
    assert "street.jpg was not used" in box.text()
    assert "The pack is altered" in box.informativeText()
    box.accept()
    assert studio.window.files.document is not None
    studio.close()


# The style of a class from a picture


def select(studio: Studio, cls: int) -> None:
    studio.window.design.palette_panel.select(cls)


def test_a_class_takes_its_style_from_a_swatch(studio: Studio, tmp_path: Path) -> None:
    window, panel = studio.window, studio.window.design.style_panel
    select(studio, 15)
    assert panel.origin.whole_text == f"Seed {window.look.seed}, not painted yet"
    panel.take.click()
    choose(studio, swatch_file(tmp_path))
    assert window.look.code(15) == pytest.approx([*BLUE, 255])
    assert panel.origin.whole_text == "Picture denim.png, not painted yet"
    assert panel.code.number.text() == "–"
    (request,) = studio.wiring.encodes
    assert set(np.unique(request.labels)) == {0, 15}
    assert (request.labels[6:24, 6:34] == 15).all()
    assert np.array_equal(studio.wiring.requests[-1].look.overrides[15], window.look.code(15))
    assert window.status.notice.text() == "The style of dress is taken from denim.png."


def test_a_taken_style_can_be_reset_gone_back_to_and_left_for_the_packs(
    studio: Studio, tmp_path: Path
) -> None:
    window, panel, look = studio.window, studio.window.design.style_panel, studio.window.look
    select(studio, 15)
    drawn = look.code(15).copy()
    window.swatch.take(panel.entry, pictures.from_file(swatch_file(tmp_path)))
    studio.quiet()
    taken = look.code(15).copy()
    panel.reset.click()
    assert np.array_equal(look.code(15), drawn)
    assert panel.origin.whole_text == f"Seed {look.seed}, not painted yet"
    window.commands["look.back"].trigger()
    assert np.array_equal(look.code(15), taken)
    before = look.row(15)
    window.commands["look.next"].trigger()
    assert look.row(15) == (before + 1) % CODES
    assert panel.origin.whole_text == "Chosen from the pack, not painted yet"
    assert np.array_equal(look.code(15), look.bank.code(15, look.row(15)))


def test_a_taken_style_can_be_blended(studio: Studio, tmp_path: Path) -> None:
    look, panel = studio.window.look, studio.window.design.style_panel
    select(studio, 15)
    studio.window.swatch.take(panel.entry, pictures.from_file(swatch_file(tmp_path)))
    studio.quiet()
    taken = look.code(15).copy()
    panel.blend.setValue(25)
    assert look.code(15) == pytest.approx(0.75 * taken + 0.25 * look.bank.code(15, look.second(15)))
    panel.blend.setValue(0)
    assert np.array_equal(look.code(15), taken)


def test_a_picture_dropped_on_the_style_panel_is_for_the_class(
    studio: Studio, tmp_path: Path
) -> None:
    select(studio, 15)
    before = studio.labels().copy()
    for target in (
        studio.window.design.style_panel,
        studio.window.design.style_panel.seed,
        studio.window.design.style_panel.code.number,
    ):
        studio.window.look.reset(15)
        drop(target, file_data(swatch_file(tmp_path)))
        studio.quiet()
        assert studio.window.look.choice(15).taken.name == "denim.png"
    assert np.array_equal(studio.labels(), before)


def test_the_ground_takes_no_style(studio: Studio, tmp_path: Path) -> None:
    select(studio, 0)
    drop(studio.window.design.style_panel, file_data(swatch_file(tmp_path)))
    studio.quiet()
    assert not studio.wiring.encodes
    assert "The ground has no style" in studio.window.status.notice.text()
    assert not studio.window.commands["look.take"].isEnabled()


def test_a_clear_picture_gives_no_style_and_says_so(studio: Studio, tmp_path: Path) -> None:
    path = tmp_path / "glass.png"
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(path)
    select(studio, 15)
    studio.window.swatch.take(studio.window.design.style_panel.entry, pictures.from_file(path))
    box = studio.box("error_box")
    assert "too little to see" in box.text()
    box.accept()
    assert studio.window.look.choice(15).taken is None


def test_a_class_tells_which_photo_it_comes_from(studio: Studio, tmp_path: Path) -> None:
    from_photo(studio, photo_file(tmp_path))
    select(studio, TOP)
    assert studio.window.design.style_panel.origin.whole_text == "Photo street.jpg"
    select(studio, 9)
    assert studio.window.design.style_panel.origin.whole_text.startswith("Seed")


def test_taken_styles_outlive_another_device_and_not_another_kind_of_pack(
    studio: Studio, palette: Palette, tmp_path: Path
) -> None:
    look = studio.window.look
    from_photo(studio, photo_file(tmp_path))
    studio.window.network.open("cpu")
    studio.settle()
    assert look.code(TOP) == pytest.approx([*RED, 255], abs=6)
    bank = look.bank
    wide = np.zeros((len(palette), 7), np.float32)
    look.set_bank(type(bank)(wide, np.arange(len(palette), dtype=np.uint8)))
    assert look.choice(TOP).taken is None


def test_file_dialogs_for_pictures_begin_where_the_last_one_was(
    studio: Studio, tmp_path: Path
) -> None:
    from_photo(studio, photo_file(tmp_path))
    select(studio, 15)
    studio.window.commands["look.take"].trigger()
    dialog = studio.window.findChild(QFileDialog, "file_dialog")
    assert dialog is not None
    assert Path(dialog.directory().absolutePath()) == tmp_path
    assert "*.JPG" in dialog.nameFilters()[0]
    dialog.close()
