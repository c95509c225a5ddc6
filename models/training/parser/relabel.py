"""Let a shipped parser label the photographs of which only a list of labels is known.

    python -m models.training.parser.relabel TAGGED.npz models/person-parser -o RELABELLED.npz

It reads as the application does, the window around the person and along the photograph's edges.
What the list rules out is excluded: an upper garment that was read as a coat is the jacket that is
listed. Where the parser is not sure of what is left nothing is labelled.
A network with another encoder can learn from these at once, and the augmentation, which needs to
know where the person is, works on these photographs too.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt
import torch

from app.domain.cancel import CancelToken
from app.domain.errors import PictureError
from app.domain.scores import enlarge, follow_edges
from app.inference.packs import load_pack
from app.inference.parsing import Found, Parser
from models.training import blobs, packing, palette, pictures
from models.training.parser.colouring import IGNORE
from models.training.parser.losses import with_always
from models.training.parser.networks import FAMILIES

_SURE = 0.5  # probability from which the likeliest listed class is the label
_LEAST = 1e-4  # probability that is worth to be scaled up


class Finder(Protocol):
    """What a `Parser` is needed for here."""

    def find(self, rgba: npt.NDArray[np.uint8], cancel: CancelToken, /) -> Found: ...


def labels_of(
    parser: Finder, photo: npt.NDArray[np.uint8], tags: npt.NDArray[np.bool_]
) -> npt.NDArray[np.uint8]:
    """Label map (H, W) of a photograph (H, W, 3) RGB, of the classes ``tags`` (26,) and what nobody
    is without; `IGNORE` where unsure, and everywhere if nobody is found."""
    height, width = photo.shape[:2]
    try:
        found = parser.find(pictures.opaque(photo), CancelToken())
    except PictureError:
        return np.full((height, width), IGNORE, np.uint8)
    left = constrained(found.probabilities, tags)
    total = np.maximum(left.sum(0, keepdims=True), 1e-6)
    unsure = np.where(total < _SURE, np.float32(1), np.float32(_SURE))
    chances = follow_edges(np.concatenate([left / total, unsure]), found.framed)
    labels = enlarge(chances, found.window, found.width, found.height)
    labels[labels == palette.COUNT] = IGNORE
    return cv2.resize(labels, (width, height), interpolation=cv2.INTER_NEAREST).astype(np.uint8)


def constrained(
    probabilities: npt.NDArray[np.float32], tags: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float32]:
    """``probabilities`` (26, h, w) of the classes that ``tags`` (26,) rule out go to those of the
    same family that are listed, or else are lost."""
    allowed = with_always(torch.from_numpy(tags)[None])[0].numpy()
    left = probabilities * allowed[:, None, None]
    for family in FAMILIES:
        mine = np.array([entry.group in family for entry in palette.CLASSES])
        total, kept = probabilities[mine].sum(0), left[mine].sum(0)
        left[mine] *= np.divide(total, kept, out=np.zeros_like(total), where=kept > _LEAST)
    return np.asarray(left, np.float32)


def relabel(pack: Path, parser: Finder, target: Path) -> float:
    """Write ``pack`` with label maps; returns the share of their pixels that are labelled."""
    with np.load(pack) as source:
        content = dict(source)
    maps, known = [], []
    photos = blobs.parts(content["photos"], content["photo_sizes"])
    for encoded, tags in zip(photos, content["tags"], strict=True):
        photo = np.ascontiguousarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR)[:, :, ::-1])
        labels = labels_of(parser, photo, tags)
        maps.append(cv2.imencode(".png", labels)[1].tobytes())
        known.append(float((labels != IGNORE).mean()))
    content["labels"], content["label_sizes"] = blobs.joined(maps)
    np.savez(target, **content)
    return float(np.mean(known))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("pack", type=Path, help="made by models.training.prepare --kind tagged")
    parser.add_argument("parser", type=Path, help="folder of a pack person-parser")
    parser.add_argument("-o", "--output", type=Path, required=True)
    args = parser.parse_args()
    share = relabel(args.pack, Parser(load_pack(args.parser), packing.on_cpu()), args.output)
    print(f"{share:.0%} of the pixels are labelled in {args.output}")


if __name__ == "__main__":
    main()
