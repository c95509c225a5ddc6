"""Files and folders shown by the programs that the system has for them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices


def open_outside(path: Path, say: Callable[[str], None]) -> None:
    """Open a file or folder; where the system has nothing for it, say so."""
    if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
        say(f"No program opens this: {path}")
