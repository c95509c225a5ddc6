"""Pictures that a person hands over: as a file, dropped, or from the clipboard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QDropEvent, QImage, QPixmap

from app.ui import imaging


@dataclass(frozen=True)
class Source:
    """A picture that is still to be read: its name, its file if it has one, and how to read it.

    `read` returns uint8 (H, W, 4) RGBA or raises PictureError; it may run in any thread.
    """

    name: str
    read: Callable[[], NDArray[np.uint8]]
    path: Path | None = None


def from_file(path: Path) -> Source:
    """A picture file."""

    def read() -> NDArray[np.uint8]:
        from app.domain.picture import load_picture  # brings all of Pillow along

        return load_picture(path).rgba

    return Source(path.name, read, path)


def from_mime(data: QMimeData, name: str) -> Source | None:
    """The one local file that `data` holds, or else its pixels, called `name`; None for neither."""
    urls = data.urls()
    if len(urls) == 1 and urls[0].isLocalFile():
        return from_file(Path(urls[0].toLocalFile()))
    if len(urls) > 1 or not data.hasImage():
        return None
    held = data.imageData()
    image = held.toImage() if isinstance(held, QPixmap) else held
    if not isinstance(image, QImage) or image.isNull():
        return None
    return Source(name, lambda: imaging.rgba_from_image(image))


def dropped(event: QDropEvent) -> Source | None:
    """What is being dropped, if it is one file or picture that may be copied."""
    return from_mime(event.mimeData(), "Dropped picture") if may_copy(event) else None


def may_copy(event: QDropEvent) -> bool:
    """Whether what is being dropped may stay where it is."""
    return bool(event.possibleActions() & Qt.DropAction.CopyAction)


def accept_copy(event: QDropEvent) -> None:
    """Take what is being dropped as a copy, whatever keys are held: who gives a file to be moved
    deletes it. Only where it `may_copy`."""
    if may_copy(event):
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
