"""Drawn photographs of garments, with their points marked."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from app.domain.geometry import Rect
from app.domain.requests import CutCloth, DeviceUse

TSHIRT = {
    "category": "upper", "sleeve": 0.6, "left_root": [0.7, 0.3], "right_root": [0.3, 0.3],
    "bottom": [0.5, 0.9], "left_end": [0.9, 0.4], "right_end": [0.1, 0.4],
}  # fmt: skip
LONG = TSHIRT | {
    "sleeve": 2, "left_middle": [0.85, 0.5], "right_middle": [0.15, 0.5],
    "left_end": [0.9, 0.8], "right_end": [0.1, 0.8],
}  # fmt: skip
SKIRT = {
    "category": "lower", "skirt": True, "sleeve": 0, "left_root": [0.6, 0.3],
    "right_root": [0.4, 0.3], "waist": [0.5, 0.1], "knees": [0.5, 0.8],
}  # fmt: skip


class Cutter:
    """Cuts out what is not white."""

    def cut_out(self, photo: np.ndarray) -> CutCloth | None:
        alpha = (photo.min(2) < 250).astype(np.uint8) * 255
        if not alpha.any():
            return None
        box = Rect(0, 0, photo.shape[1], photo.shape[0])
        use = DeviceUse("CPU", "CPUExecutionProvider", 0.0)
        return CutCloth(np.dstack([photo, alpha]), box, np.eye(4, dtype=np.float32)[0], use)


def write_garments(root: Path) -> Path:
    """A pack of a red T-shirt, a blue long-sleeved one and a green skirt; in a fourth photograph
    there is nothing."""
    from models.training.tryon import photographed

    folder = root / "garments"
    folder.mkdir()
    shapes = {
        "shirt.png": [((60, 60), (140, 270)), ((10, 70), (190, 140))],
        "long.png": [((60, 60), (140, 270)), ((10, 70), (190, 250))],
        "skirt.png": [((50, 30), (150, 250))],
        "empty.png": [],
    }
    colours = {"shirt.png": (0, 0, 200), "long.png": (200, 0, 0), "skirt.png": (0, 160, 0)}
    for name, boxes in shapes.items():
        photo = np.full((300, 200, 3), 255, np.uint8)
        for low, high in boxes:
            cv2.rectangle(photo, low, high, colours[name], -1)
        cv2.imwrite(str(folder / name), photo)
    rows = "".join(f"{name},train,any,false\n" for name in shapes)
    (folder / "index.csv").write_text(f"file,split,category,kids\n{rows}", "utf-8")
    marks = {"shirt.png": TSHIRT, "long.png": LONG, "skirt.png": SKIRT, "empty.png": SKIRT}
    target = root / "garments.npz"
    np.savez(target, **photographed.cut_out(folder, marks, Cutter()))
    return target
