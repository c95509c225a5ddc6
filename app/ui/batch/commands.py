"""The commands of Batch. They are there from the start; the workspace is made when it is first
looked at."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from operator import methodcaller
from typing import TYPE_CHECKING

from app.ui.actions import Commands

if TYPE_CHECKING:
    from app.ui.batch.workspace import BatchWorkspace
    from app.ui.workspaces import Workspaces

_ENTRIES = (
    ("people", "Choose people …", "account-multiple-outline", "ask_people", "Ctrl+O", ""),
    ("cloths", "Choose cloths …", "hanger", "ask_cloths", "Ctrl+Shift+O", ""),
    ("output", "Choose output folder …", "folder-outline", "ask_output", "Ctrl+Shift+S", ""),
    ("estimate", "Estimate", "timer-sand", "estimate", "Ctrl+T",
     "Try a few pairs to see how long all will take and how much room they need"),
    ("start", "Start", "play", "start", "Ctrl+Return", "Dress what is not done yet"),
    ("anew", "Start anew …", "restart", "start_anew", "",
     "Forget the batch in the output folder and replace its outcomes"),
    ("adopt", "Use its settings", "import", "adopt", "",
     "Fill the form with the settings of the batch in the output folder"),
    ("pause", "Pause", "pause", "pause", "Ctrl+P", "Hold after the pair in hand, or go on"),
    ("stop", "Stop", "stop", "stop", "Shift+Esc", "Stop here; what is done stays, and Resume goes "
     "on from there"),
    ("retry", "Retry failed", "refresh", "retry_failed", "Ctrl+R",
     "Try the pairs that failed once more"),
    ("folder", "Open output folder", "folder-open-outline", "open_folder", "Ctrl+Shift+E", ""),
    ("sheet", "Contact sheet", "view-grid-outline", "open_sheet", "", "Open contact-sheet.jpg"),
    ("report", "Report", "table", "open_report", "", "Open report.csv"),
)  # fmt: skip
_AT_REST = ("batch.people", "batch.cloths", "batch.output")


def add_batch_commands(commands: Commands, rooms: Workspaces) -> None:
    """Make the actions of Batch."""
    for name, text, mark, method, key, tip in _ENTRIES:
        run = partial(_call, rooms, methodcaller(method))
        action = commands.add(f"batch.{name}", text, mark, run, (key,) if key else (), tip)
        action.setToolTip(f"{tip or text.rstrip(' …')}{f' ({key})' if key else ''}")
        action.setEnabled(action.objectName() in _AT_REST)
    commands["batch.pause"].setCheckable(True)


def _call(rooms: Workspaces, method: Callable[[BatchWorkspace], object]) -> None:
    method(rooms.batch)
