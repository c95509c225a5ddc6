"""Opening, saving, refusing, guarding, recovering: nothing a person painted gets lost."""

import stat
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QMessageBox
from pytestqt.qtbot import QtBot

from app import paths
from app import settings as settings_file
from app.domain.design_file import load_design, save_design
from app.domain.errors import LabelMapError
from app.domain.label_file import load_label_map
from app.domain.label_map import LabelMap
from app.domain.palette import Palette
from app.domain.picture import load_picture
from app.ui import document_files, messages, recovery
from app.ui.size_dialogs import ExportDialog
from tests.ui.studio_made import (
    FakeWiring,
    SlowDisk,
    Studio,
    label_file,
    open_file,
    paint,
    recovery_folder,
    save_twice_and_open,
)

Button = QMessageBox.StandardButton


def test_first_start_opens_a_sample_with_its_garment(studio: Studio) -> None:
    assert studio.labels().any()
    assert not studio.window.files.modified
    assert studio.window.design.picture.image is not None
    assert studio.window.windowTitle().startswith("Coat and jeans")


def test_a_label_map_survives_opening_painting_saving_and_opening_again(
    studio: Studio, palette: Palette, tmp_path: Path
) -> None:
    path = label_file(tmp_path, palette, "Kleid – ärmellos.png")
    open_file(studio, path)
    assert studio.labels().shape == (80, 60)
    paint(studio, 7)
    assert studio.window.isWindowModified()
    painted = studio.labels().copy()
    assert (painted == 7).any()
    studio.window.commands["file.save"].trigger()
    studio.quiet()
    assert not studio.window.isWindowModified()
    assert np.array_equal(load_label_map(path, palette).array, painted)


def test_what_is_painted_while_saving_stays_unsaved(
    studio: Studio, palette: Palette, tmp_path: Path
) -> None:
    path = label_file(tmp_path, palette)
    open_file(studio, path)
    paint(studio, 7)
    studio.window.files.save()
    paint(studio, 9)
    studio.quiet()
    assert studio.window.files.modified
    assert not (load_label_map(path, palette).array == 9).any()


def test_a_save_that_waits_is_of_the_design_it_was_asked_for(
    studio: Studio, palette: Palette, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, other = label_file(tmp_path, palette), label_file(tmp_path, palette, "other.png")
    open_file(studio, path)
    paint(studio, 7)
    painted = studio.labels().copy()
    save_twice_and_open(studio, other, monkeypatch)
    assert np.array_equal(load_label_map(path, palette).array, painted)
    assert studio.window.files.document.path == other
    assert studio.window.windowTitle().startswith("other.png")


def test_a_save_leaves_the_name_of_a_design_that_came_meanwhile(
    studio: Studio, palette: Palette, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_file(studio, label_file(tmp_path, palette))
    paint(studio, 7)
    disk = SlowDisk(save_design)
    monkeypatch.setattr(document_files, "save_design", disk)
    studio.window.files.save()
    studio.window.files.adopt(LabelMap.blank(30, 40, palette), "street labels")
    disk.go_on.set()
    studio.quiet()
    assert studio.window.windowTitle().startswith("street labels[*]")
    assert studio.window.files.modified


@pytest.mark.parametrize("newer", ["file", "new", "made"])
def test_a_slow_opening_does_not_replace_what_came_after_it(
    studio: Studio, palette: Palette, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, newer: str
) -> None:
    slow = label_file(tmp_path, palette, "slow.png")
    disk = SlowDisk(load_design)
    monkeypatch.setattr(document_files, "load_design", disk)
    studio.window.files.open(slow)
    assert disk.asked.wait(10)
    monkeypatch.undo()
    if newer == "file":
        studio.window.files.open(label_file(tmp_path, palette, "newer.png"))
        studio.until(lambda: studio.window.files.name == "newer.png")
    elif newer == "new":
        studio.window.files.new(30, 40)
    else:
        studio.window.files.adopt(LabelMap.blank(30, 40, palette), "newer.png")
    name = studio.window.files.name
    disk.go_on.set()
    studio.quiet()
    assert studio.window.files.name == name
    assert studio.find("unsaved_box") is None


def test_a_sample_is_never_overwritten(studio: Studio, tmp_path: Path) -> None:
    paint(studio)
    studio.window.commands["file.save"].trigger()
    dialog = studio.window.findChild(QFileDialog, "file_dialog")
    assert dialog is not None
    dialog.close()
    path = tmp_path / "mine.png"
    studio.window.files._write(studio.window.files.document, path, studio.window.look.chosen)
    studio.quiet()
    assert path.exists()
    assert studio.window.windowTitle().startswith("mine.png")
    assert studio.window.settings.recent == [str(path)]


def test_a_damaged_sample_leaves_an_empty_canvas_and_a_word(
    qtbot: QtBot, wiring: FakeWiring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "samples").mkdir()
    (tmp_path / "samples" / "coat-and-jeans.png").write_bytes(b"no longer a picture")
    monkeypatch.setattr(paths, "assets_dir", lambda: tmp_path)
    studio = Studio(qtbot, wiring)
    studio.box("error_box").accept()
    studio.settle()
    assert studio.labels().shape == (1024, 768)
    studio.close()


@pytest.mark.parametrize("kind", ["rgb", "text", "foreign", "missing"])
def test_what_is_no_label_map_is_refused_and_the_canvas_untouched(
    studio: Studio, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "other.png"
    if kind == "rgb":
        Image.new("RGB", (20, 20), "red").save(path)
    elif kind == "text":
        path.write_text("no picture at all")
    elif kind == "foreign":
        foreign = Image.new("P", (20, 20), 3)
        foreign.putpalette([10, 20, 30] * 256)
        foreign.save(path)
    before, title = studio.labels().copy(), studio.window.windowTitle()
    studio.window.files.open(path)
    box = studio.box("error_box")
    assert str(path) in box.informativeText()
    assert "Traceback" not in box.text() + box.informativeText()
    assert np.array_equal(studio.labels(), before)
    assert studio.window.windowTitle() == title
    box.accept()


@pytest.mark.skipif(sys.platform == "win32", reason="folders have no write bit on Windows")
def test_a_read_only_folder_keeps_the_document_modified(
    studio: Studio, palette: Palette, ordinary: Path
) -> None:
    open_file(studio, label_file(ordinary, palette))
    paint(studio)
    ordinary.chmod(stat.S_IRUSR | stat.S_IXUSR)
    studio.window.files.save()
    studio.box("error_box").accept()
    assert studio.window.files.modified


def test_a_failed_save_keeps_the_document_modified(
    studio: Studio, palette: Palette, tmp_path: Path
) -> None:
    open_file(studio, label_file(tmp_path, palette))
    paint(studio)
    files = studio.window.files
    path = tmp_path / "no such folder" / "map.png"
    files._write(files.document, path, studio.window.look.chosen)
    box = studio.box("error_box")
    assert "no such folder" in box.text()
    box.accept()
    studio.quiet()
    assert studio.window.files.modified
    assert studio.window.files.document.path == tmp_path / "worn.png"


@pytest.mark.parametrize(
    ("button", "replaced"), [(Button.Cancel, False), (Button.Discard, True), (Button.Save, True)]
)
def test_unsaved_changes_are_guarded(
    studio: Studio, palette: Palette, tmp_path: Path, button: Button, replaced: bool
) -> None:
    path = label_file(tmp_path, palette)
    open_file(studio, path)
    paint(studio, 7)
    painted = studio.labels().copy()
    studio.window.files.new(30, 40)
    box = studio.box("unsaved_box")
    assert "worn.png" in box.text()
    box.button(button).click()
    studio.quiet()
    assert (studio.labels().shape == (40, 30)) is replaced
    saved = np.array_equal(load_label_map(path, palette).array, painted)
    assert saved is (button is Button.Save)


def test_a_long_message_is_shown_whole(studio: Studio) -> None:
    messages.show_error(studio.window, "Open label map", LabelMapError("This is too long " * 9))
    label = studio.box("error_box").findChild(QLabel, "qt_msgbox_label")
    assert label is not None
    assert label.wordWrap()
    assert label.height() >= label.heightForWidth(label.width())


def test_opening_a_sample_is_guarded_too(studio: Studio) -> None:
    paint(studio, 7)
    painted = studio.labels().copy()
    sample = next(iter(studio.window.places.samples.glob("*.png")))
    studio.window.files.open_sample(sample)
    studio.box("unsaved_box").button(Button.Cancel).click()
    studio.quiet()
    np.testing.assert_array_equal(studio.labels(), painted)
    studio.window.files.open_sample(sample)
    studio.box("unsaved_box").button(Button.Discard).click()
    studio.quiet()
    assert not studio.window.files.modified


def test_a_name_without_png_gets_it_and_replaces_nothing_unasked(
    studio: Studio, tmp_path: Path
) -> None:
    def choose(name: str) -> None:
        studio.window.files.save_as()
        dialog = studio.window.findChild(QFileDialog, "file_dialog")
        assert dialog is not None
        dialog.fileSelected.emit(str(tmp_path / name))
        dialog.close()
        dialog.setObjectName("")
        studio.quiet()

    choose("coat v1.2")
    assert [entry.name for entry in tmp_path.glob("coat*")] == ["coat v1.2.png"]
    taken = tmp_path / "taken.jpg.png"
    taken.write_bytes(b"old")
    choose("taken.jpg")
    assert taken.read_bytes() == b"old"
    again = studio.window.findChild(QFileDialog, "file_dialog")
    assert again is not None
    assert again.selectedFiles() == [str(taken)]
    again.close()


def test_closing_asks_first_and_cancel_keeps_the_window(studio: Studio) -> None:
    paint(studio)
    event = QCloseEvent()
    studio.window.closeEvent(event)
    assert not event.isAccepted()
    studio.box("unsaved_box").button(Button.Cancel).click()
    assert studio.window.isVisible()
    assert studio.window.files.modified


def test_undoing_back_to_the_saved_state_needs_no_question(studio: Studio) -> None:
    paint(studio)
    assert studio.window.windowTitle().startswith("Coat and jeans[*]")
    assert studio.window.isWindowModified()
    studio.window.commands["edit.undo"].trigger()
    assert not studio.window.isWindowModified()


def test_the_title_names_what_the_window_shows(studio: Studio) -> None:
    paint(studio)
    for room, title in (("tryon", "Try-on[*] — Toile"), ("batch", "Batch[*] — Toile")):
        studio.window.workspaces.go(room)
        assert studio.window.windowTitle() == title
        assert not studio.window.isWindowModified()
    studio.window.workspaces.go("design")
    assert studio.window.windowTitle().startswith("Coat and jeans[*]")
    assert studio.window.isWindowModified()


def test_a_dropped_png_is_opened(studio: Studio, palette: Palette, tmp_path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(label_file(tmp_path, palette)))])
    copy = Qt.DropAction.CopyAction
    none = Qt.MouseButton.NoButton
    keys = Qt.KeyboardModifier.NoModifier
    entering = QDragEnterEvent(QPoint(200, 200), copy, data, none, keys)
    target = studio.window.design.canvas.viewport()
    QApplication.sendEvent(target, entering)
    assert entering.isAccepted()
    QApplication.sendEvent(target, QDropEvent(QPointF(200, 200), copy, data, none, keys))
    studio.quiet()
    assert studio.labels().shape == (80, 60)


def test_work_is_found_again_after_a_crash(
    studio: Studio, qtbot: QtBot, palette: Palette, tmp_path: Path
) -> None:
    path = label_file(tmp_path, palette)
    open_file(studio, path)
    paint(studio, 7)
    painted = studio.labels().copy()
    studio.window.recovery.keep()
    studio.quiet()
    (image,) = recovery_folder().glob("*.png")
    # A crash: the lock's owner is gone.
    image.with_suffix(".lock").unlink()
    next_start = Studio(qtbot, FakeWiring(palette))
    box = next_start.box("recover_box")
    assert "worn.png" in box.text()
    next(b for b in box.buttons() if b.text() == "Restore").click()
    next_start.quiet()
    assert np.array_equal(next_start.labels(), painted)
    assert next_start.window.files.modified
    assert next_start.window.files.document.path == path
    next_start.close()


def test_a_running_window_keeps_its_copy_to_itself(studio: Studio) -> None:
    paint(studio)
    studio.window.recovery.keep()
    studio.quiet()
    assert len(list(recovery_folder().glob("*.png"))) == 1
    assert studio.window.recovery.found() == []


def test_saving_and_closing_leave_no_copy(studio: Studio, palette: Palette, tmp_path: Path) -> None:
    open_file(studio, label_file(tmp_path, palette))
    paint(studio)
    studio.window.recovery.keep()
    studio.quiet()
    studio.window.files.save()
    studio.quiet()
    assert list(recovery_folder().glob("*.png")) == []


def test_a_copy_that_is_being_written_at_the_end_does_not_stay(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    paint(studio)
    disk = SlowDisk(save_design)
    monkeypatch.setattr(recovery, "save_design", disk)
    studio.window.recovery.keep()
    assert disk.asked.wait(10)
    studio.window.close()
    studio.box("unsaved_box").button(Button.Discard).click()
    studio.until(lambda: not studio.window.isVisible())
    disk.go_on.set()
    assert studio.pool.shutdown()
    assert list(recovery_folder().iterdir()) == []


def test_an_unchanged_document_is_not_copied(studio: Studio) -> None:
    studio.window.recovery.keep()
    studio.quiet()
    assert not recovery_folder().exists()


def test_export_has_a_transparent_ground_and_the_size_that_was_asked(
    studio: Studio, tmp_path: Path
) -> None:
    path = tmp_path / "garment.png"
    document = studio.window.files.document
    request = studio.wiring.requests[-1]
    sized = type(request)(document.labels.array.copy(), studio.window.look.look(), (96, 128))
    studio.window.export.run(sized, studio.wiring.draw, path)
    studio.until(path.exists)
    studio.quiet()
    assert load_picture(path).rgba.shape == (128, 96, 4)


def test_an_export_never_replaces_the_label_map_itself(
    studio: Studio, palette: Palette, tmp_path: Path
) -> None:
    path = label_file(tmp_path, palette)
    open_file(studio, path)
    before = path.read_bytes()
    studio.window.commands["file.export"].trigger()
    sizes = studio.window.findChild(ExportDialog)
    assert sizes is not None
    sizes.chosen.emit(60, 80)
    sizes.close()
    dialog = studio.window.findChild(QFileDialog, "file_dialog")
    assert dialog is not None
    dialog.fileSelected.emit(str(path))
    dialog.close()
    box = studio.box("error_box")
    assert "overwrite the label map" in box.text()
    box.accept()
    studio.quiet()
    assert path.read_bytes() == before


@pytest.mark.parametrize("button", ["Quit without it", "Cancel"])
def test_closing_asks_about_an_export_that_is_being_drawn(
    studio: Studio, tmp_path: Path, button: str
) -> None:
    draw = SlowDisk(studio.wiring.draw)
    path = tmp_path / "garment.png"
    studio.window.export.run(studio.wiring.requests[-1], draw, path)
    studio.window.close()
    box = studio.box("drop_export_box")
    assert "garment.png" in box.text()
    next(b for b in box.buttons() if b.text().replace("&", "") == button).click()
    if button == "Cancel":
        draw.go_on.set()
        studio.quiet()
        assert path.exists()
        assert studio.window.isVisible()
        studio.window.close()
    studio.until(lambda: not studio.window.isVisible())
    draw.go_on.set()


def test_recent_files_and_window_are_remembered(
    studio: Studio, palette: Palette, tmp_path: Path
) -> None:
    path = label_file(tmp_path, palette)
    open_file(studio, path)
    studio.window.close()
    studio.until(lambda: not studio.window.isVisible())
    stored, notice = settings_file.load(studio.window.places.settings)
    assert stored.recent == [str(path)]
    assert stored.geometry
    assert notice == ""
