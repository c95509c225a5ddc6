"""Training pictures for the cut-out: real garment photographs, and garments laid on other grounds.

Two of three pictures are photographs as they are; the others are pasted: a garment whose mask is
known, lying or hanging before a plain, graded, shadowed, tiled or busy ground. Grounds with nothing
on them teach what no garment looks like.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from app.domain import framing
from models.training import blobs
from models.training.blobs import Bytes
from models.training.cutout import compose
from models.training.cutout.compose import Rng
from models.training.cutout.labels import KINDS, Image

HEIGHT, WIDTH = 256, 192
NONE = KINDS.index("none")
#: Shares of photographs with a mask, photographs without (they teach the category), laid garments
#: of photographs, laid garments of figures, bare grounds.
_SHARES = (0.45, 0.12, 0.25, 0.12, 0.06)


@dataclass
class Photos:
    """One split of a pack made by ``labels``; pictures stay encoded, some 100 MB in all.

    ``masked`` and ``plain`` are the photographs with a mask and without; ``origin`` 1 where two
    methods agreed, 2 where a network proposed the mask.
    """

    photos: list[Bytes]
    masks: list[Bytes]
    kinds: npt.NDArray[np.uint8]
    origin: npt.NDArray[np.uint8]
    files: list[str]
    garments: list[tuple[Bytes, Bytes, int]]
    grounds: list[Bytes]

    def __post_init__(self) -> None:
        self.masked = np.flatnonzero(self.origin > 0)
        self.plain = np.flatnonzero(self.origin == 0)

    def __len__(self) -> int:
        return len(self.photos)

    def photo(self, index: int) -> Image:
        """RGB (H, W, 3)."""
        return colour(self.photos[index])

    def mask(self, index: int) -> Image:
        """0/1 (H, W)."""
        return grey(self.masks[index])


def colour(data: Bytes) -> Image:
    picture = cv2.imdecode(data, cv2.IMREAD_COLOR)
    return np.asarray(picture[:, :, ::-1], np.uint8)


def grey(data: Bytes) -> Image:
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)


def load(pack: Path, train: bool) -> Photos:
    """One split of a pack made by ``labels``."""
    with np.load(pack) as data:
        chosen = np.flatnonzero(data["train"] == train)
        names = [name.removesuffix("_sizes") for name in data.files if name.endswith("_sizes")]
        files = {name: blobs.parts(data[name], data[f"{name}_sizes"]) for name in names}
        kinds = data["garment_kinds"].tolist()
        return Photos(
            [files["photos"][i] for i in chosen],
            [files["masks"][i] for i in chosen],
            data["kinds"][chosen],
            data["origin"][chosen],
            [str(data["files"][i]) for i in chosen],
            list(zip(files["garments"], files["garment_masks"], kinds, strict=True)),
            files["grounds" if train else "val_grounds"],
        )


@dataclass
class Batch:
    """``picture`` (B, 3, H, W) in [-1, 1], ``mask`` (B, 1, H, W) 0/1, ``known`` (B,) 1 where the
    mask is known, ``kind`` (B,) int64."""

    picture: Tensor
    mask: Tensor
    known: Tensor
    kind: Tensor

    def to(self, device: torch.device) -> Batch:
        """The same on ``device``."""
        return Batch(*(t.to(device) for t in (self.picture, self.mask, self.known, self.kind)))


def framed(photo: Image, height: int, *, nearest: bool = False) -> Image:
    """A whole photograph in the frame of that height, as the application lays it."""
    window = framing.whole(photo.shape[1], photo.shape[0])
    return window.cut(photo, height, height * 3 // 4, nearest=nearest)


def batch(photos: Photos, count: int, height: int, rng: Rng) -> Batch:
    """``count`` random training pictures."""
    made = zip(*(_sample(photos, height, rng) for _ in range(count)), strict=True)
    return stack(*(list(part) for part in made))


def stack(pictures: list[Image], masks: list[Image], known: list[bool], kinds: list[int]) -> Batch:
    """Frames as tensors."""
    picture = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1
    return Batch(
        picture.contiguous(memory_format=torch.channels_last),
        torch.from_numpy(np.stack(masks))[:, None].float(),
        torch.tensor(known).float(),
        torch.tensor(kinds),
    )


def _sample(photos: Photos, height: int, rng: Rng) -> tuple[Image, Image, bool, int]:
    way = int(rng.choice(len(_SHARES), p=_SHARES))
    size = (height, height * 3 // 4)
    known = True
    if way == 4:
        picture, mask, kind = _ground(photos, size, rng), np.zeros(size, np.uint8), NONE
    elif way == 3 and photos.garments:
        cloth, shape, kind = photos.garments[int(rng.integers(len(photos.garments)))]
        ground = _ground(photos, size, rng)
        picture, mask = compose.laid(colour(cloth), grey(shape), ground, size, rng)
    else:
        known = way != 1 or not len(photos.plain)
        index = int(rng.choice(photos.masked if known else photos.plain))
        photo, kind = photos.photo(index), int(photos.kinds[index])
        mask = photos.mask(index) if known else np.zeros(photo.shape[:2], np.uint8)
        if way == 2:
            mask = cv2.erode(mask, np.ones((3, 3), np.uint8))  # no rim of the old ground
            picture, mask = compose.laid(photo, mask, _ground(photos, size, rng), size, rng)
        else:
            picture, mask = compose.moved(photo, mask, size, rng)
    return compose.lit(picture, rng), mask, known, kind


def _ground(photos: Photos, size: compose.Size, rng: Rng) -> Image:
    chance = rng.random()
    patch = None
    if chance > 0.8 and photos.grounds:
        patch = colour(photos.grounds[int(rng.integers(len(photos.grounds)))])
    elif chance > 0.45:
        index = int(rng.choice(photos.masked))
        patch = compose.beside(photos.photo(index), photos.mask(index))
    return compose.studio(size, rng) if patch is None else compose.spread(patch, size, rng)
