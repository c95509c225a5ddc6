"""The few questions and refusals that stand in front of the window; none blocks the program."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from pathlib import Path

from PySide6 import QtWidgets  # not class by class: each loads its enums when first looked up
from PySide6.QtCore import Qt

from app.domain.errors import ToileError

LABEL_MAP_FILTER = "Label maps (*.png)"
PNG_FILTER = "PNG pictures (*.png)"


class Answer(Enum):
    """What a person wants done with unsaved changes."""

    SAVE = "save"
    DISCARD = "discard"
    CANCEL = "cancel"


def _box(
    parent: QtWidgets.QWidget,
    icon: QtWidgets.QMessageBox.Icon,
    title: str,
    text: str,
    more: Sequence[str] = (),
) -> QtWidgets.QMessageBox:
    box = QtWidgets.QMessageBox(
        icon, title, text, QtWidgets.QMessageBox.StandardButton.NoButton, parent
    )
    box.setInformativeText("\n\n".join(part for part in more if part))
    box.setModal(True)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return box


def show_error(parent: QtWidgets.QWidget, title: str, error: ToileError) -> None:
    """Say what failed, where, and what to do next."""
    box = _box(
        parent,
        QtWidgets.QMessageBox.Icon.Warning,
        title,
        f"{error.what}.",
        (error.where, error.hint),
    )
    box.setObjectName("error_box")
    box.addButton(QtWidgets.QMessageBox.StandardButton.Ok)
    box.open()


def ask_unsaved(parent: QtWidgets.QWidget, name: str, answered: Callable[[Answer], None]) -> None:
    """Ask whether to save the changes in the label map called `name`."""
    box = _box(
        parent,
        QtWidgets.QMessageBox.Icon.Question,
        "Unsaved changes",
        f"Save the changes in “{name}”?",
        ("Without saving, what you changed since the last save is lost.",),
    )
    box.setObjectName("unsaved_box")
    _save_discard_or_cancel(box, QtWidgets.QMessageBox.StandardButton.Save, answered)


def ask_unsaved_outcomes(
    parent: QtWidgets.QWidget, count: int, answered: Callable[[Answer], None]
) -> None:
    """Ask whether to save the `count` outcomes that were never saved, because the program is to
    end."""
    box = _box(
        parent,
        QtWidgets.QMessageBox.Icon.Question,
        "Unsaved outcomes",
        "1 outcome is not saved" if count == 1 else f"{count:,} outcomes are not saved",
        ("The history of Try-on ends with the program.",),
    )
    box.setObjectName("unsaved_outcomes_box")
    button = QtWidgets.QMessageBox.StandardButton
    _save_discard_or_cancel(box, button.Save if count == 1 else button.SaveAll, answered)


def _save_discard_or_cancel(
    box: QtWidgets.QMessageBox,
    save: QtWidgets.QMessageBox.StandardButton,
    answered: Callable[[Answer], None],
) -> None:
    button = QtWidgets.QMessageBox.StandardButton
    box.setStandardButtons(save | button.Discard | button.Cancel)
    box.setDefaultButton(save)
    box.setEscapeButton(button.Cancel)
    answers = {save: Answer.SAVE, button.Discard: Answer.DISCARD}
    box.finished.connect(lambda code: answered(answers.get(button(code), Answer.CANCEL)))
    box.open()


def ask_recover(
    parent: QtWidgets.QWidget,
    name: str,
    when: str,
    restore: Callable[[], None],
    drop: Callable[[], None],
) -> None:
    """Offer the copy of a label map that was not saved when the program ended."""
    box = _box(
        parent,
        QtWidgets.QMessageBox.Icon.Information,
        "Unsaved work found",
        f"Toile ended before “{name}” was saved.",
        (f"A copy from {when} was kept. Closing this box keeps it for the next start.",),
    )
    box.setObjectName("recover_box")
    yes = box.addButton("Restore", QtWidgets.QMessageBox.ButtonRole.AcceptRole)
    no = box.addButton("Delete the copy", QtWidgets.QMessageBox.ButtonRole.DestructiveRole)
    later = box.addButton("Not now", QtWidgets.QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(yes)
    box.setEscapeButton(later)

    def done() -> None:
        if box.clickedButton() is yes:
            restore()
        elif box.clickedButton() is no:
            drop()

    box.finished.connect(done)
    box.open()


def ask_open(parent: QtWidgets.QWidget, folder: Path, chosen: Callable[[Path], None]) -> None:
    """Let a person choose a label map to open."""
    dialog = QtWidgets.QFileDialog(parent, "Open label map", str(folder), LABEL_MAP_FILTER)
    dialog.setFileMode(QtWidgets.QFileDialog.FileMode.ExistingFile)
    _ask_file(dialog, chosen)


def ask_picture(
    parent: QtWidgets.QWidget, title: str, folder: Path, chosen: Callable[[Path], None]
) -> None:
    """Let a person choose a picture of any kind that can be read."""
    from app.domain.picture import SUFFIXES  # brings all of Pillow along

    kinds = " ".join(f"*{suffix} *{suffix.upper()}" for suffix in SUFFIXES)
    dialog = QtWidgets.QFileDialog(parent, title, str(folder), f"Pictures ({kinds})")
    dialog.setOption(QtWidgets.QFileDialog.Option.HideNameFilterDetails)
    dialog.setFileMode(QtWidgets.QFileDialog.FileMode.ExistingFile)
    _ask_file(dialog, chosen)


def ask_save(
    parent: QtWidgets.QWidget, title: str, proposal: Path, kind: str, chosen: Callable[[Path], None]
) -> None:
    """Let a person choose where to save; the name always ends in .png.

    Where the name gets its ending from us and is taken already, the dialog comes once more: it
    asked about replacing another file.
    """

    def named(path: Path) -> None:
        if path.suffix.lower() == ".png":
            chosen(path)
            return
        full = path.with_name(f"{path.name}.png")
        if full.exists():
            ask_save(parent, title, full, kind, chosen)
        else:
            chosen(full)

    dialog = QtWidgets.QFileDialog(parent, title, str(proposal.parent), kind)
    dialog.setAcceptMode(QtWidgets.QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix("png")
    dialog.selectFile(proposal.name)
    _ask_file(dialog, named)


def ask_save_picture(
    parent: QtWidgets.QWidget, title: str, proposal: Path, chosen: Callable[[Path], None]
) -> None:
    """Let a person choose where to save a picture, as PNG, JPEG or WebP.

    A name without one of their endings gets the one of the kind that is chosen in the dialog; as
    with `ask_save`, the dialog then comes once more where that name is taken.
    """
    from app.domain.picture import SAVED_AS

    kinds = {"PNG pictures (*.png)": ".png", "JPEG pictures (*.jpg *.jpeg)": ".jpg"}
    kinds["WebP pictures (*.webp)"] = ".webp"
    wanted = SAVED_AS.get(proposal.suffix.lower(), "PNG")
    first = next(kind for kind, ending in kinds.items() if SAVED_AS[ending] == wanted)
    dialog = QtWidgets.QFileDialog(parent, title, str(proposal.parent), ";;".join(kinds))
    dialog.setAcceptMode(QtWidgets.QFileDialog.AcceptMode.AcceptSave)
    dialog.selectNameFilter(first)
    dialog.setDefaultSuffix(kinds[first].removeprefix("."))
    dialog.filterSelected.connect(
        lambda kind: dialog.setDefaultSuffix(kinds.get(kind, ".png").removeprefix("."))
    )
    dialog.selectFile(proposal.name)

    def named(path: Path) -> None:
        if path.suffix.lower() in SAVED_AS:
            chosen(path)
            return
        ending = kinds.get(dialog.selectedNameFilter(), ".png")
        full = path.with_name(f"{path.name}{ending}")
        if full.exists():
            ask_save_picture(parent, title, full, chosen)
        else:
            chosen(full)

    _ask_file(dialog, named)


def ask_table(parent: QtWidgets.QWidget, folder: Path, chosen: Callable[[Path], None]) -> None:
    """Let a person choose a table of pairs."""
    dialog = QtWidgets.QFileDialog(parent, "Table of pairs", str(folder), "Tables (*.csv *.txt)")
    dialog.setFileMode(QtWidgets.QFileDialog.FileMode.ExistingFile)
    _ask_file(dialog, chosen)


def ask_anew(parent: QtWidgets.QWidget, done: int, agreed: Callable[[], None]) -> None:
    """Ask whether the batch in a folder may be forgotten, `done` of its outcomes being there."""
    box = _box(
        parent,
        QtWidgets.QMessageBox.Icon.Question,
        "Start anew",
        "Start this batch from the first pair?",
        (f"The {done:,} outcomes that are in the folder are replaced as the new ones are made.",),
    )
    box.setObjectName("anew_box")
    _yes_or_cancel(box, "Start anew", agreed)


def ask_stop_batch(parent: QtWidgets.QWidget, agreed: Callable[[], None]) -> None:
    """Ask whether a running batch may be stopped, because the program is to end."""
    box = _box(
        parent,
        QtWidgets.QMessageBox.Icon.Question,
        "A batch is running",
        "Stop the batch and quit?",
        ("What is done is saved, and Resume goes on from there the next time.",),
    )
    box.setObjectName("stop_batch_box")
    _yes_or_cancel(box, "Stop and quit", agreed)


def ask_drop_export(parent: QtWidgets.QWidget, name: str, agreed: Callable[[], None]) -> None:
    """Ask whether the picture `name`, which is being exported, may be given up for the end."""
    box = _box(
        parent,
        QtWidgets.QMessageBox.Icon.Question,
        "A picture is being exported",
        f"Quit before “{name}” is finished?",
        ("The picture is then not exported.",),
    )
    box.setObjectName("drop_export_box")
    _yes_or_cancel(box, "Quit without it", agreed)


def _yes_or_cancel(box: QtWidgets.QMessageBox, word: str, agreed: Callable[[], None]) -> None:
    yes = box.addButton(word, QtWidgets.QMessageBox.ButtonRole.AcceptRole)
    no = box.addButton(QtWidgets.QMessageBox.StandardButton.Cancel)
    box.setDefaultButton(no)
    box.setEscapeButton(no)
    box.finished.connect(lambda: agreed() if box.clickedButton() is yes else None)
    box.open()


def ask_folder(
    parent: QtWidgets.QWidget, title: str, folder: Path, chosen: Callable[[Path], None]
) -> None:
    """Let a person choose a folder."""
    dialog = QtWidgets.QFileDialog(parent, title, str(folder))
    dialog.setFileMode(QtWidgets.QFileDialog.FileMode.Directory)
    dialog.setOption(QtWidgets.QFileDialog.Option.ShowDirsOnly)
    _ask_file(dialog, chosen)


def _ask_file(dialog: QtWidgets.QFileDialog, chosen: Callable[[Path], None]) -> None:
    dialog.setObjectName("file_dialog")
    table = dialog.findChild(QtWidgets.QTreeView, "treeView")
    if table is not None:  # Qt's own dialog, where the system has none
        dialog.resize(860, 520)
        table.header().setSectionResizeMode(QtWidgets.QHeaderView.ResizeMode.ResizeToContents)
        table.header().setSectionResizeMode(0, QtWidgets.QHeaderView.ResizeMode.Stretch)
    dialog.fileSelected.connect(lambda name: chosen(Path(name)))
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
