"""The packs that a try-on takes, used as the application uses them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from app.domain.cancel import CancelToken
from app.domain.cloth import cloth_window, frame_cloth
from app.domain.errors import PictureError
from app.domain.framing import Category, Window
from app.domain.requests import CutCloth, TryOnRequest
from app.inference.cutout import Cutout
from app.inference.packs import load_pack
from app.inference.tryon import TryOn
from models.training import packing, pictures
from models.training.parser import evaluate as parsing
from models.training.tryon.body import HEIGHT, WIDTH
from models.training.tryon.exported import INPUTS, OUTPUTS

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]


def photo_of(path: Path) -> Bytes:
    """A photograph (H, W, 3) RGB."""
    return np.ascontiguousarray(cv2.imread(str(path), cv2.IMREAD_COLOR)[:, :, ::-1])


def picture_of(planes: Floats) -> Bytes:
    """Planes (3, H, W) 0..1, as graphs give them, as a picture (H, W, 3) RGB."""
    return (planes.clip(0, 1).transpose(1, 2, 0) * 255).round().astype(np.uint8)


def framed(cut: CutCloth) -> tuple[Bytes, Window]:
    """A cut garment as the network sees it, RGBA (256, 192, 4), and its window in ``cut.rgba``."""
    window = cloth_window(cut.rgba[..., 3])
    return frame_cloth(cut.rgba, window, HEIGHT, WIDTH), window


class Scissors:
    """Cuts garments out of their photographs as the application does; ``folder`` is of packs."""

    def __init__(self, folder: Path) -> None:
        self.cutout = Cutout(load_pack(folder / "cloth-cutout"), packing.on_cpu())

    def cut_out(self, photo: Bytes) -> CutCloth | None:
        """The garment in a photograph (H, W, 3), cut out; None where there is none."""
        try:
            return self.cutout(pictures.opaque(photo), CancelToken())
        except PictureError:
            return None

    def cut(self, photo: Bytes) -> Bytes | None:
        """The same, framed: RGBA (256, 192, 4); None also where it is of no category."""
        cut = self.cut_out(photo)
        return None if cut is None or cut.category is None else framed(cut)[0]


class Packs(Scissors):
    """All the exported graphs that a try-on takes."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.path = folder / "tryon-flow" / "tryon.onnx"
        self.tryon = packing.session(self.path)
        self.parser = parsing.Pack(folder / "person-parser")
        pack = load_pack(folder / "tryon-flow")
        self._studio = TryOn(self.parser.parser, self.cutout, pack, packing.on_cpu())

    def wear(self, person: Bytes, photo: Bytes, category: Category) -> Bytes:
        """Photographs of a person and of a garment (H, W, 3) to the person wearing it, by the
        application. Raises PictureError where the application refuses."""
        request = TryOnRequest(pictures.opaque(person), pictures.opaque(photo), category)
        return self._studio(request, CancelToken()).rgba[..., :3]

    def dress(
        self, person: Bytes, landmarks: Floats, cloth: Bytes, category: int
    ) -> dict[str, Floats]:
        """Framed person (256, 192, 3) and cloth (256, 192, 4) to the graph's outputs. The person is
        read anew; ``landmarks`` (13, 3), by which they were framed, tell of what the frame does not
        show."""
        labels, points = self.parser.read_frame(person, landmarks)
        one_hot = np.zeros((1, 3), np.float32)
        one_hot[0, category] = 1
        values = (
            person.astype(np.float32).transpose(2, 0, 1)[None] / 255,
            cloth.astype(np.float32).transpose(2, 0, 1)[None] / 255,
            labels[None],
            points[None],
            one_hot,
        )
        made = self.tryon.run(list(OUTPUTS), dict(zip(INPUTS, values, strict=True)))
        return {name: value[0] for name, value in zip(OUTPUTS, made, strict=True)}
