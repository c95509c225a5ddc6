"""What a network sees of people who are to be dressed: a picture, and what a parser reads in it.

A network that saw its people in the very garment that it is to put on them would copy it. So the
pictures of made pairs are seen in another garment, as a teacher dressed them (`redressed`), with
the photograph as the truth; and as they are, where another garment is put on them (`pasting`).
Parser-free try-on by such tutors: Issenhuth et al. 2020, Ge et al. 2021.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from models.training import blobs
from models.training.parser import evaluate as parsing
from models.training.tryon import making, misread, pairs
from models.training.tryon.body import Body

#: Encoded pictures of a view, in the order in which they are stored.
PICTURES = ("photo", "labels", "gone")
_DIFFERS = 18  # of 255, from which a place is not as it should be


@dataclass
class Views:
    """V views of each of N people, on one device. ``photo`` (N, V, 3, H, W) uint8 RGB; ``labels``
    (N, V, 1, H, W) uint8 and ``landmarks`` (N, V, 13, 3) float32 in pixels of 256 x 192, as a
    parser reads them; ``gone`` (N, V, 1, H, W) uint8 0 or 1: what has to go when the person puts
    on what the pair says."""

    photo: Tensor
    labels: Tensor
    gone: Tensor
    landmarks: Tensor

    def halved(self) -> Views:
        """The same at half the size; landmarks stay as they are."""
        parts = self.photo.flatten(0, 1).split(64)
        halves = [functional.avg_pool2d(part.float(), 2).round().byte() for part in parts]
        half = torch.cat(halves).unflatten(0, self.photo.shape[:2])
        labels, gone = (t[..., ::2, ::2].contiguous() for t in (self.labels, self.gone))
        return Views(half, labels, gone, self.landmarks)


def true(made: pairs.Pairs) -> Views:
    """The people of pairs in what they wear, with their true labels and landmarks."""
    device = made.person.device
    category = functional.one_hot(made.category, 3).float()
    reach = torch.ones(len(made), device=device)
    _, old, _ = Body().to(device)(made.labels[:, 0], made.landmarks, category, reach)
    photo, labels, gone = (t[:, None] for t in (made.person, made.labels, old.byte()))
    return Views(photo, labels, gone, made.landmarks[:, None])


def own(
    made: pairs.Pairs, parser: parsing.Pack, amounts: Sequence[float] = misread.AMOUNTS
) -> Views:
    """The same as a parser reads them, once for each of ``amounts`` (`misread`); landmarks as in
    the photograph itself; what has to go is by their true labels."""
    labels, points = [], []
    for index, person in enumerate(made.person.cpu()):
        framed, framed_by = person.permute(1, 2, 0).contiguous().numpy(), made.landmarks[index]
        read, found = read_badly(parser, framed, framed_by.cpu().numpy(), amounts, index)
        labels.append(np.stack(read))
        points.append(found)
    read, found = (
        torch.from_numpy(np.stack(t)).to(made.person.device)[:, None] for t in (labels, points)
    )
    count = len(amounts)
    seen = true(made)
    photo, gone, landmarks = (
        t.expand(-1, count, *t.shape[2:]) for t in (seen.photo, seen.gone, found)
    )
    return Views(photo, read.transpose(1, 2), gone, landmarks)


def read_badly(
    parser: parsing.Pack,
    framed: NDArray[np.uint8],
    beyond: NDArray[np.float32],
    amounts: Sequence[float],
    seed: int,
) -> tuple[list[NDArray[np.uint8]], NDArray[np.float32]]:
    """Of a picture (h, w, 3) a label map (h, w) for each of ``amounts``, read as badly as that, and
    the landmarks (13, 3) as well as they can be read, ``beyond`` as for `parsing.Pack`."""
    labels, points = parser.read_frame(framed, beyond)
    read = []
    for amount in amounts:
        shown = misread.disguised(framed, amount, np.random.default_rng(seed))
        read.append(labels if shown is framed else parser.read_frame(shown)[0])
    return read, points


def load(pack: Path, made: pairs.Pairs, train: bool) -> Views:
    """The views of ``made``, one split of its pack, that `redressed` wrote. Of what the teacher
    changed only that has to go which is not as in the photograph. ValueError where the views are of
    other people."""
    device = made.person.device
    with np.load(pack) as content:
        chosen = np.flatnonzero(content["train"] == train)
        if content["ids"][chosen].tolist() != made.ids:
            raise ValueError(f"{pack} shows other people than the pairs have; make it anew.")
        landmarks = content["landmarks"][chosen]
        count = landmarks.shape[1]
        every = (chosen[:, None] * count + np.arange(count)).ravel()
        images = {}
        for name in PICTURES:
            files = blobs.parts(content[name], content[f"{name}_sizes"])
            images[name] = _stacked([making.decoded(files[i]) for i in every], count)
    found = Views(
        **{name: image.to(device) for name, image in images.items()},
        landmarks=torch.from_numpy(landmarks).to(device),
    )
    gone = [
        (seen.amax(1, keepdim=True) > 0) & _differs(photo, person)
        for seen, photo, person in zip(found.gone, found.photo, made.person, strict=True)
    ]
    return replace(found, gone=torch.stack(gone).byte())


def _differs(photos: Tensor, truth: Tensor) -> Tensor:
    """(V, 1, H, W) bool: where photographs (V, 3, H, W) uint8 are not as the ``truth`` (3, H, W),
    small holes closed, for two cloths can have one colour."""
    gap = (photos.float() - truth.float()).abs().amax(1, keepdim=True)
    grown = functional.max_pool2d((gap > _DIFFERS).float(), 11, 1, 5)
    return functional.max_pool2d(-grown, 9, 1, 4) < -0.5


def _stacked(images: list[NDArray[np.uint8]], count: int) -> Tensor:
    """(N, ``count``, C, H, W) of pictures (H, W, C) or (H, W)."""
    stacked = np.stack(images)
    stacked = stacked[..., None] if stacked.ndim == 3 else stacked
    planes = torch.from_numpy(np.ascontiguousarray(stacked.transpose(0, 3, 1, 2)))
    return planes.unflatten(0, (len(images) // count, count))
