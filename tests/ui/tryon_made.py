"""Try-on in the real window: pictures whose outcome is known, and hands for its widgets."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageCms
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget

from app.ui.tryon.workspace import TryOnWorkspace
from tests.ui.studio_made import Studio

GREEN, VIOLET, OCHRE = (20, 160, 60), (120, 40, 160), (200, 150, 30)
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
BODY = (30, 20, 60, 100)
"""Where the person of `person_file` stands: left, top, right, bottom."""


def person_file(folder: Path, name: str = "Anna.png", *, icc: bytes | None = None) -> Path:
    """A white photo, 90 × 120, of someone in red."""
    image = Image.new("RGB", (90, 120), "white")
    image.paste((200, 30, 40), BODY)
    path = folder / name
    image.save(path, **({"icc_profile": icc} if icc else {}))
    return path


def cloth_file(folder: Path, color: tuple[int, int, int], name: str) -> Path:
    """A garment of one colour, cut out."""
    image = Image.new("RGBA", (40, 50), (0, 0, 0, 0))
    image.paste((*color, 255), (8, 8, 32, 42))
    path = folder / name
    image.save(path)
    return path


def wardrobe_folder(folder: Path) -> Path:
    """Three cloths, named so that numbers count, and a file that is none."""
    closet = folder / "closet"
    closet.mkdir()
    for color, name in ((GREEN, "top 2.png"), (VIOLET, "top 10.png"), (OCHRE, "top 1.png")):
        cloth_file(closet, color, name)
    (closet / "notes.txt").write_text("no picture")
    return closet


def tryon_of(studio: Studio) -> TryOnWorkspace:
    """Go to Try-on."""
    studio.window.commands["workspace.tryon"].trigger()
    return studio.window.workspaces.tryon


def color_shown(room: TryOnWorkspace) -> tuple[int, int, int]:
    """The colour of the person's middle in the outcome that the pane shows."""
    assert room.pane.after is not None
    color = room.pane.after.full.pixelColor(45, 60)
    return color.red(), color.green(), color.blue()


def mean(path: Path) -> list[int]:
    with Image.open(path) as image:
        return np.array(image.convert("RGB"))[60, 45].tolist()


def file_data(*paths: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def image_data(color: Qt.GlobalColor = Qt.GlobalColor.darkGreen) -> QMimeData:
    image = QImage(90, 120, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    for y in range(20, 100):
        for x in range(30, 60):
            image.setPixelColor(x, y, color)
    data = QMimeData()
    data.setImageData(image)
    return data


def drop(target: QWidget, data: QMimeData) -> None:
    """Drag something over a widget and let it go, as the file manager does."""
    copy, none = Qt.DropAction.CopyAction, Qt.MouseButton.NoButton
    keys = Qt.KeyboardModifier.NoModifier
    entering = QDragEnterEvent(QPoint(9, 9), copy, data, none, keys)
    QApplication.sendEvent(target, entering)
    assert entering.isAccepted()
    QApplication.sendEvent(target, QDropEvent(QPointF(9, 9), copy, data, none, keys))


def choose(studio: Studio, path: Path) -> None:
    """Choose a file or folder in the dialog that is open."""
    dialog = studio.window.findChild(QFileDialog, "file_dialog")
    assert dialog is not None
    dialog.fileSelected.emit(str(path))
    dialog.close()
    dialog.setObjectName("")
    studio.quiet()
