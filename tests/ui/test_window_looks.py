"""The look is part of the design: saved, opened, asked about and recovered with it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QLabel, QMessageBox
from pytestqt.qtbot import QtBot

from app.domain.chosen import Choice, Chosen, Taken
from app.domain.design_file import LOOK_TEXT, load_design, save_design
from app.domain.label_file import save_label_map
from app.domain.label_map import LabelMap
from app.domain.palette import Palette
from app.ui import document_files, pictures
from tests.ui.studio_made import (
    CODES,
    DIM,
    FakeWiring,
    SlowDisk,
    Studio,
    bank_of,
    label_file,
    open_file,
    paint,
    photo_file,
    recovery_folder,
    save_twice_and_open,
)

Button = QMessageBox.StandardButton
DENIM = Taken(np.array([1, 2, 3, 4], np.float32), "denim.png", "swatch")


def look_of(palette: Palette) -> Chosen:
    """A look of the studio's pack with a choice of every kind."""
    choices = {
        5: Choice(DENIM),
        7: Choice(row=1, second=3, blend=0.25),
        9: Choice(row=2, locked=True),
    }
    return Chosen(77, choices, bank_of(palette).digest)


def design_file(
    folder: Path, palette: Palette, look: Chosen | None = None, name: str = "design.png"
) -> Path:
    """A small design with a look, `look_of` unless it is given."""
    labels = LabelMap.blank(60, 80, palette)
    labels.array[20:40, 10:30] = 5
    save_design(folder / name, labels, look or look_of(palette))
    return folder / name


def notice(studio: Studio) -> str:
    label = studio.window.status.findChild(QLabel, "status.notice")
    assert label is not None
    return label.text()


def test_a_look_survives_saving_and_opening_again(
    studio: Studio, qtbot: QtBot, palette: Palette, tmp_path: Path
) -> None:
    path, look = label_file(tmp_path, palette), studio.window.look
    open_file(studio, path)
    look.set_seed(12)
    look.take({5: DENIM})
    look.set_blend(7, 0.5)
    look.set_locked(9, True)
    studio.window.commands["file.save"].trigger()
    studio.quiet()
    assert not studio.window.isWindowModified()
    drawn = studio.wiring.requests[-1].look
    other = Studio(qtbot, FakeWiring(palette), file=path)
    other.until(lambda: other.window.files.name == path.name)
    other.settle()
    assert other.window.look.chosen == look.chosen
    assert other.wiring.requests[-1].look == drawn
    assert not other.window.isWindowModified()
    assert other.window.design.style_panel.seed.text() == "12"
    other.close()


def test_opening_brings_the_look_back_as_one_step(
    studio: Studio, palette: Palette, tmp_path: Path
) -> None:
    window, look = studio.window, studio.window.look
    window.files.new(30, 40)
    look.set_seed(5)
    look.set_row(5, 2)
    before = look.chosen
    open_file(studio, design_file(tmp_path, palette))
    assert look.chosen == look_of(palette)
    assert not window.isWindowModified()
    studio.until(lambda: studio.wiring.requests[-1].look.seed == 77)
    window.commands["look.back"].trigger()
    assert look.chosen == before
    assert window.isWindowModified()


def test_a_file_without_a_look_leaves_the_look_alone(
    studio: Studio, palette: Palette, tmp_path: Path
) -> None:
    window, look = studio.window, studio.window.look
    window.files.new(30, 40)
    look.set_seed(5)
    before = look.chosen
    open_file(studio, label_file(tmp_path, palette))
    assert look.chosen == before
    assert not window.isWindowModified()


def test_a_damaged_look_is_told_and_the_label_map_opened(
    studio: Studio, palette: Palette, tmp_path: Path
) -> None:
    labels = LabelMap.blank(60, 80, palette)
    save_label_map(tmp_path / "odd.png", labels, {LOOK_TEXT: "{}"})
    before = studio.window.look.chosen
    open_file(studio, tmp_path / "odd.png")
    assert studio.labels().shape == (80, 60)
    assert studio.window.look.chosen == before
    assert "look" in notice(studio)
    assert "cannot be read" in notice(studio)
    assert not studio.window.files.modified


def test_of_another_packs_look_only_what_means_something_is_kept(
    studio: Studio, palette: Palette, tmp_path: Path
) -> None:
    choices = {
        5: Choice(DENIM),
        6: Choice(row=1, locked=True),
        7: Choice(row=CODES - 1),
        9: Choice(Taken(np.zeros(DIM + 1, np.float32), "wide.png", "photo")),
    }
    open_file(studio, design_file(tmp_path, palette, Chosen(8, choices, "another")))
    expected = Chosen(8, {5: Choice(DENIM), 6: Choice(locked=True)})
    assert studio.window.look.chosen == expected
    assert not studio.window.files.modified


def test_a_look_that_is_there_before_its_pack_is_checked_when_it_comes(
    qtbot: QtBot, wiring: FakeWiring, palette: Palette, tmp_path: Path
) -> None:
    choices = {5: Choice(row=2), 7: Choice(row=CODES)}
    chosen = Chosen(8, choices, bank_of(palette).digest)
    path = design_file(tmp_path, palette, chosen)
    studio = Studio(qtbot, wiring, file=path)
    studio.settle()
    assert studio.window.look.chosen == Chosen(8, {5: Choice(row=2)})
    assert not studio.window.isWindowModified()
    studio.close()


@pytest.mark.parametrize(
    "change",
    [
        lambda look: look.set_seed(3),
        lambda look: look.set_row(5, 4),
        lambda look: look.set_blend(7, 0.5),
        lambda look: look.set_locked(6, True),
        lambda look: look.take({6: DENIM}),
        lambda look: look.reset(9),
        lambda look: look.reset_all(),
    ],
)
def test_every_change_of_the_look_counts_until_it_is_taken_back(
    studio: Studio, palette: Palette, tmp_path: Path, change: Callable[[object], None]
) -> None:
    window = studio.window
    open_file(studio, design_file(tmp_path, palette))
    change(window.look)
    assert window.files.modified
    assert window.isWindowModified()
    window.commands["look.back"].trigger()
    assert not window.files.modified
    assert not window.isWindowModified()


def test_a_lock_put_on_and_taken_off_is_no_change(
    studio: Studio, palette: Palette, tmp_path: Path
) -> None:
    open_file(studio, design_file(tmp_path, palette))
    for locked, modified in ((True, True), (False, False)):
        studio.window.look.set_locked(6, locked)
        assert studio.window.isWindowModified() is modified


@pytest.mark.parametrize("button", [Button.Cancel, Button.Discard, Button.Save])
def test_a_changed_look_is_asked_about(
    studio: Studio, palette: Palette, tmp_path: Path, button: Button
) -> None:
    path = design_file(tmp_path, palette)
    open_file(studio, path)
    studio.window.look.set_seed(3)
    studio.window.close()
    studio.box("unsaved_box").button(button).click()
    studio.quiet()
    studio.until(lambda: studio.window.isVisible() is (button is Button.Cancel))
    saved = load_design(path, palette).look
    assert saved is not None
    assert saved.seed == (3 if button is Button.Save else 77)


def test_the_look_of_an_empty_new_label_map_is_not_asked_about(studio: Studio) -> None:
    studio.window.files.new(30, 40)
    studio.window.look.set_seed(3)
    assert not studio.window.isWindowModified()
    studio.window.recovery.keep()
    studio.window.close()
    studio.until(lambda: not studio.window.isVisible())
    assert studio.find("unsaved_box") is None
    assert not recovery_folder().exists()


def test_an_empty_label_map_that_was_saved_has_its_look_asked_about(
    studio: Studio, palette: Palette, tmp_path: Path
) -> None:
    files, look = studio.window.files, studio.window.look
    files.new(30, 40)
    look.set_seed(3)
    files._write(files.document, tmp_path / "empty.png", look.chosen)
    studio.quiet()
    assert not studio.window.isWindowModified()
    look.set_seed(4)
    assert studio.window.isWindowModified()


def test_what_is_chosen_while_saving_stays_unsaved(
    studio: Studio, palette: Palette, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = design_file(tmp_path, palette)
    open_file(studio, path)
    studio.window.look.set_seed(3)
    disk = SlowDisk(save_design)
    monkeypatch.setattr(document_files, "save_design", disk)
    studio.window.files.save()
    studio.window.look.set_seed(4)
    disk.go_on.set()
    studio.quiet()
    assert studio.window.isWindowModified()
    assert load_design(path, palette).look == look_of(palette).reseeded(3, bank_of(palette))
    studio.window.look.go_back()
    assert not studio.window.isWindowModified()


def test_a_save_that_waits_writes_the_look_it_was_asked_for(
    studio: Studio, palette: Palette, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = design_file(tmp_path, palette)
    other = design_file(tmp_path, palette, Chosen(5), "other.png")
    open_file(studio, path)
    studio.window.look.set_seed(3)
    save_twice_and_open(studio, other, monkeypatch)
    saved = load_design(path, palette).look
    assert saved is not None
    assert saved.seed == 3
    assert studio.window.look.chosen == Chosen(5)
    assert not studio.window.isWindowModified()


def test_a_look_chosen_while_a_file_is_read_is_guarded(
    studio: Studio, palette: Palette, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_file(studio, design_file(tmp_path, palette))
    disk = SlowDisk(load_design)
    monkeypatch.setattr(document_files, "load_design", disk)
    studio.window.files.open(label_file(tmp_path, palette, "other.png"))
    assert disk.asked.wait(10)
    studio.window.look.set_seed(3)
    disk.go_on.set()
    studio.box("unsaved_box").button(Button.Cancel).click()
    studio.quiet()
    assert (studio.window.files.name, studio.window.look.seed) == ("design.png", 3)


def recovered(studio: Studio, qtbot: QtBot, palette: Palette, name: str) -> Studio:
    """A window that takes up what `studio` kept, once that has crashed."""
    studio.window.recovery.keep()
    studio.quiet()
    (image,) = recovery_folder().glob("*.png")
    image.with_suffix(".lock").unlink()  # its owner is gone
    after = Studio(qtbot, FakeWiring(palette))
    box = after.box("recover_box")
    assert name in box.text()
    next(b for b in box.buttons() if b.text() == "Restore").click()
    after.quiet()
    assert after.window.windowTitle().startswith(f"{name}[*]")
    assert after.window.isWindowModified()
    return after


def test_a_look_is_found_again_after_a_crash(
    studio: Studio, qtbot: QtBot, palette: Palette, tmp_path: Path
) -> None:
    path = design_file(tmp_path, palette)
    open_file(studio, path)
    studio.window.look.set_seed(3)
    after = recovered(studio, qtbot, palette, "design.png")
    assert after.window.look.chosen == studio.window.look.chosen
    assert after.window.files.document.path == path
    after.close()


def test_a_design_in_no_file_keeps_its_title_and_colours_after_a_crash(
    studio: Studio, qtbot: QtBot, palette: Palette, tmp_path: Path
) -> None:
    studio.window.photo.open(pictures.from_file(photo_file(tmp_path)))
    studio.until(lambda: studio.window.files.name == "street labels")
    studio.quiet()
    after = recovered(studio, qtbot, palette, "street labels")
    assert after.window.look.chosen == studio.window.look.chosen
    assert after.window.look.choice(5).taken is not None
    after.close()


def test_a_copy_is_written_again_when_the_look_alone_has_changed(
    studio: Studio, palette: Palette
) -> None:
    paint(studio)
    for seed in (3, 4):
        studio.window.look.set_seed(seed)
        studio.window.recovery.keep()
        studio.quiet()
        (image,) = recovery_folder().glob("*.png")
        kept = load_design(image, palette).look
        assert kept is not None
        assert kept.seed == seed
    studio.window.commands["edit.undo"].trigger()
    studio.window.look.set_seed(0)
    before = image.read_bytes()
    studio.window.recovery.keep()
    studio.quiet()
    assert image.read_bytes() == before
