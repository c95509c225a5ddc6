"""The packs that a try-on takes, used as the application uses them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from app.domain.cloth import cloth_window, frame_cloth
from app.domain.framing import whole
from models.training import packing
from models.training.parser import evaluate as parsing
from models.training.tryon.body import HEIGHT, WIDTH
from models.training.tryon.export import INPUTS, OUTPUTS

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]


def photo_of(path: Path) -> Bytes:
    """A photograph (H, W, 3) RGB."""
    return np.ascontiguousarray(cv2.imread(str(path), cv2.IMREAD_COLOR)[:, :, ::-1])


class Packs:
    """The exported graphs that a try-on takes."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "tryon-flow" / "tryon.onnx"
        self.tryon = packing.session(self.path)
        self.cutout = packing.session(folder / "cloth-cutout" / "cutout.onnx")
        self.parser = parsing.Pack(folder / "person-parser")

    def cut_out(self, photo: Bytes) -> tuple[Bytes | None, Floats]:
        """A garment's photograph (H, W, 3) cut out: RGBA (H, W, 4), nothing where no garment is
        found; and the likelihoods of its categories."""
        height, width = photo.shape[:2]
        window = whole(width, height)
        frame = window.cut(photo, HEIGHT, WIDTH).astype(np.float32).transpose(2, 0, 1) / 255
        mask, category = self.cutout.run(["mask", "category"], {"photo": frame[None]})
        alpha = parsing.place(mask[0, 0], window, height, width)
        rgba = np.dstack([photo, (alpha * 255).round().clip(0, 255).astype(np.uint8)])
        return rgba if alpha.max() >= 0.6 else None, category[0]

    def cut(self, photo: Bytes) -> tuple[Bytes, Floats]:
        """The same, framed: RGBA (256, 192, 4), empty where no garment is found."""
        rgba, likely = self.cut_out(photo)
        if rgba is None:
            return np.zeros((HEIGHT, WIDTH, 4), np.uint8), likely
        return frame_cloth(rgba, cloth_window(rgba[..., 3]), HEIGHT, WIDTH), likely

    def dress(self, person: Bytes, cloth: Bytes, category: int) -> dict[str, Floats]:
        """Framed person (256, 192, 3) and cloth (256, 192, 4) to the graph's outputs."""
        labels, points = self.parser.read_frame(person)
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
