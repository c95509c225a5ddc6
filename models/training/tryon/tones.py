"""How the colours of bare limbs differ from faces, which `app.domain.skin` keeps to.

    python -m models.training.tryon.tones DATA

Prints, in CIELAB, the first, second and third quarter of bare forearms and lower legs less the face
of the same person, in the labelled photographs of Clothing Co-Parsing.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from app.domain.framing import LANDMARKS
from app.domain.skin import complexion, torso_of
from models.training import palette
from models.training.tryon.unpaired import labelled

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
_LIMBS = {"forearms": ("elbow", "wrist"), "lower legs": ("knee", "ankle")}
_WIDE = 0.12  # torso lengths beside a bone that are a limb's
_ENDS = 0.1  # of a bone that are its joints'
_FEWEST = 80  # pixels of a limb that tell its colour
_CORE = np.ones((3, 3), np.uint8)


def gaps(photo: Bytes, skin: Mask, points: Floats) -> Iterator[tuple[str, Floats]]:
    """The limbs (kind, L a b less the face's) of which enough is bare."""
    face = complexion(photo, skin, points)
    if face is None:
        return
    colors = cv2.cvtColor(photo.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    core = cv2.erode(skin.view(np.uint8), _CORE) > 0
    y, x = np.mgrid[: skin.shape[0], : skin.shape[1]] + 0.5
    torso = torso_of(points)
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
    skin = np.array([entry.group == "skin" for entry in palette.CLASSES])
    for photo, labels, points in labelled(parser.parse_args().data, ("train", "val")):
        for kind, gap in gaps(photo, skin[labels], points):
            found[kind].append(gap)
    for kind, each in found.items():
        print(len(each), kind, np.percentile(each, (25, 50, 75), axis=0).round(1).tolist())


if __name__ == "__main__":
    main()
