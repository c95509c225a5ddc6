"""How the colours of bare limbs differ from faces, which `app.domain.skin` keeps to.

    python -m models.training.tryon.tones DATA

Prints, in CIELAB, the first, second and third quarter of bare forearms and lower legs less the face
of the same person, in the labelled photographs of Clothing Co-Parsing.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from app.domain.framing import LANDMARKS
from app.domain.skin import complexion
from models.training import palette
from models.training.prepare import SKIP, read_landmarks
from models.training.tryon.shipped import photo_of

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
_LIMBS = {"forearms": ("elbow", "wrist"), "lower legs": ("knee", "ankle")}
_WIDE = 0.12  # torso lengths beside a bone that are a limb's
_ENDS = 0.1  # of a bone that are its joints'
_FEWEST = 80  # pixels of a limb that tell its colour
_CORE = np.ones((3, 3), np.uint8)


def people(data: Path) -> Iterator[tuple[Bytes, Mask, Floats]]:
    """Photographs (H, W, 3) RGB, where they show skin (H, W), and landmarks (13, 3) in pixels."""
    root = data / "ccp"
    landmarks = read_landmarks(root)
    classes = palette.grouping((root / "label_names.txt").read_text("utf-8").split())
    skin = np.array([entry.group == "skin" for entry in palette.CLASSES])
    with (root / "index.csv").open(encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            name = row["id"]
            if row["annotation"] != "pixel" or name in SKIP or name not in landmarks:
                continue
            labels = cv2.imread(str(root / "labels" / f"{name}.png"), cv2.IMREAD_GRAYSCALE)
            points = np.asarray(landmarks[name], np.float32).reshape(len(LANDMARKS), 3)
            yield photo_of(root / "photos" / f"{name}.jpg"), skin[classes[labels]], points


def gaps(photo: Bytes, skin: Mask, points: Floats) -> Iterator[tuple[str, Floats]]:
    """The limbs (kind, L a b less the face's) of which enough is bare."""
    face = complexion(photo, skin, points)
    if face is None:
        return
    colors = cv2.cvtColor(photo.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    core = cv2.erode(skin.view(np.uint8), _CORE) > 0
    y, x = np.mgrid[: skin.shape[0], : skin.shape[1]] + 0.5
    neck, hip = (points[[i, i + 1], :2].mean(0) for i in (1, 7))
    torso = float(np.linalg.norm(hip - neck))
    for kind, joints in _LIMBS.items():
        for side in ("left", "right"):
            start, end = (points[LANDMARKS.index(f"{side}_{joint}"), :2] for joint in joints)
            step = end - start
            offset = np.stack([x - start[0], y - start[1]], -1)
            share = offset @ step / max(1.0, float(step @ step))
            away = np.linalg.norm(offset - share.clip(0, 1)[..., None] * step, axis=-1)
            there = core & (away < _WIDE * torso) & (share > _ENDS) & (share < 1 - _ENDS)
            if np.count_nonzero(there) > _FEWEST:
                yield kind, np.asarray(np.median(colors[there], 0) - face, np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path)
    found: dict[str, list[Floats]] = {kind: [] for kind in _LIMBS}
    for person in people(parser.parse_args().data):
        for kind, gap in gaps(*person):
            found[kind].append(gap)
    for kind, each in found.items():
        print(len(each), kind, np.percentile(each, (25, 50, 75), axis=0).round(1).tolist())


if __name__ == "__main__":
    main()
