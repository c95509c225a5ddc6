"""The commands of Try-on. They are there from the start; the workspace is made when it is first
looked at."""

from __future__ import annotations

from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtGui import QActionGroup

from app.domain.framing import Category
from app.ui.actions import Commands

if TYPE_CHECKING:
    from app.ui.workspaces import Workspaces


class _Entry(NamedTuple):
    """One command: name, title, icon, what it calls in the workspace, keys, and its tip."""

    name: str
    text: str
    icon: str
    method: str
    keys: tuple[str, ...] = ()
    tip: str = ""


_ENTRIES = (
    _Entry("person", "Choose person …", "account-outline", "intake.ask_person", ("Ctrl+O",)),
    _Entry("cloth", "Choose cloth …", "hanger", "intake.ask_cloth", ("Ctrl+Shift+O",)),
    _Entry(
        *("wardrobe", "Choose wardrobe folder …", "folder-open-outline", "intake.ask_wardrobe"),
        ("Ctrl+Shift+W",),
        "A folder of garment pictures; a click on one tries it on",
    ),
    _Entry("refresh", "Look through the wardrobe again", "refresh", "wardrobe.refresh", ("F5",)),
    _Entry("paste", "Paste cloth", "content-paste", "intake.paste_cloth", ("Ctrl+V",)),
    _Entry(
        *("paste_person", "Paste person", "account-arrow-down-outline", "intake.paste_person"),
        ("Ctrl+Shift+V",),
    ),
    _Entry(
        *("turn_cloth", "Turn cloth", "rotate-right", "turn_cloth", ("T",)),
        "Turn the cloth a quarter clockwise, neck or waist to the top, or back if it was turned "
        "by itself",
    ),
    _Entry(
        *("turn_person", "Turn person", "rotate-right", "turn_person", ("Shift+T",)),
        "Turn the person's photo a quarter clockwise",
    ),
    _Entry(
        *("save", "Save outcome …", "content-save-outline", "save", ("Ctrl+S",)),
        "Save the outcome as PNG, JPEG or WebP",
    ),
    _Entry(
        *(
            "save_all",
            "Save all outcomes …",
            "content-save-all-outline",
            "save_all",
            ("Ctrl+Shift+S",),
        ),
        "Save every outcome of this sitting that is not saved yet",
    ),
    _Entry("copy", "Copy outcome", "content-copy", "copy", ("Ctrl+C",), "Copy the outcome"),
    _Entry(
        *("folder", "Show in folder", "folder-search-outline", "show_in_folder"),
        ("Ctrl+Shift+E",),
        "Open the folder that the outcome was saved to",
    ),
    _Entry("previous", "Previous cloth", "chevron-left", "wardrobe.previous", ("Alt+Left",)),
    _Entry("next", "Next cloth", "chevron-right", "wardrobe.next", ("Alt+Right",)),
    _Entry("again", "Try again", "restart", "fitting.again", ("Ctrl+R",)),
    _Entry("stop", "Stop", "close-circle-outline", "stop", ("Esc",), "Stop what is being done"),
    _Entry(
        *(
            "to_design",
            "Outcome to Design",
            "tshirt-crew-outline",
            "send_to_design",
            ("Ctrl+Shift+D",),
        ),
        "Make a label map of the outcome, with its colours",
    ),
    _Entry(
        *("correct", "Correct the dressed region", "brush-outline", "region.toggle", ("F2",)),
        "Paint where the cloth shows and where the photo stays",
    ),
    _Entry(
        *("uncorrect", "Reset the dressed region", "restore", "region.forget", ()),
        "Take back all that was painted: the region is again as the network chose it",
    ),
    _Entry("undo", "Undo", "undo", "region.undo", ("Ctrl+Z",)),
    _Entry("redo", "Redo", "redo", "region.redo", ("Ctrl+Shift+Z", "Ctrl+Y")),
    _Entry(
        *("compare", "Before and after", "compare", "toggle_compare", ("Y",)),
        "Show a line to drag between photo and outcome; hold C for the photo alone",
    ),
    _Entry(
        *("show_wardrobe", "Wardrobe", "wardrobe-outline", "toggle_wardrobe", ("F8",)),
        "Show the wardrobe, or leave its room to the picture",
    ),
    _Entry(
        *("zoom_in", "Zoom in", "magnify-plus-outline", "region.view.zoom_in"),
        ("+", "=", "Ctrl++", "Ctrl+="),
    ),
    _Entry(
        *("zoom_out", "Zoom out", "magnify-minus-outline", "region.view.zoom_out"),
        ("-", "Ctrl+-"),
    ),
    _Entry("fit", "Fit to window", "fit-to-page-outline", "region.view.fit", ("0", "Ctrl+0")),
    _Entry(
        *("actual", "Actual size (100 %)", "numeric-1-box-outline", "region.view.actual_size"),
        ("1",),
    ),
)
_SHORT = {
    "tryon.correct": "Correct",
    "tryon.uncorrect": "Reset region",
    "tryon.compare": "Compare",
    "tryon.folder": "Folder",
    "tryon.save": "Save",
    "tryon.save_all": "Save all",
    "tryon.copy": "Copy",
    "tryon.to_design": "To Design",
}
"""What buttons say, that stand under their heading."""
_CHECKABLE = ("tryon.correct", "tryon.compare", "tryon.show_wardrobe")
CATEGORIES: tuple[tuple[str, Category | None, str, str, str], ...] = (
    ("tryon.auto", None, "Auto", "auto-fix", "See by the cloth's picture what kind it is"),
    ("tryon.upper", "upper", "Upper", "tshirt-v-outline", "A top, shirt, jacket …"),
    ("tryon.lower", "lower", "Lower", "seat-legroom-normal", "A skirt, a pair of pants …"),
    ("tryon.dress", "dress", "Dress", "human-female", "A dress or another one-piece"),
)
"""Command, category, title, icon and tip of what a cloth may be; None is seen by its picture."""
KINDS = {category: title for _name, category, title, *_ in CATEGORIES}


def add_tryon_commands(commands: Commands, rooms: Workspaces) -> None:
    """Make the actions of Try-on."""
    for entry in _ENTRIES:
        run = partial(_call, rooms, attrgetter(entry.method))
        action = commands.add(
            f"tryon.{entry.name}", entry.text, entry.icon, run, entry.keys, entry.tip
        )
        keys = action.shortcut().toString()
        action.setToolTip(f"{entry.tip or entry.text.rstrip(' …')}{f' ({keys})' if keys else ''}")
    for name, word in _SHORT.items():
        commands[name].setIconText(word)
    for name in _CHECKABLE:
        commands[name].setCheckable(True)
    group = QActionGroup(rooms)
    for number, (name, category, text, mark, tip) in enumerate(CATEGORIES, start=1):
        run = partial(_choose, rooms, category)
        action = commands.add(name, text, mark, run, (f"Alt+{number}",), f"{tip} (Alt+{number})")
        action.setCheckable(True)
        group.addAction(action)


def _call(rooms: Workspaces, method: attrgetter[object]) -> None:
    run = method(rooms.tryon)
    if callable(run):
        run()


def _choose(rooms: Workspaces, category: Category | None) -> None:
    rooms.tryon.choose(category)
