"""What a network sees of people who are to be dressed: a picture, and what a parser reads in it.

A network that saw its people in the very garment that it is to put on them would copy it. So the
pictures of made pairs are seen in another garment, as a teacher dressed them (`redressed`), with
the photograph as the truth; and as they are, where another garment is put on them (`pasting`).
Parser-free try-on by such tutors: Issenhuth et al. 2020, Ge et al. 2021.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from models.training import blobs
from models.training.parser import evaluate as parsing
from models.training.tryon import making, pairs
from models.training.tryon.body import Body

#: Encoded pictures of a view, in the order in which they are stored.
PICTURES = ("photo", "labels", "gone")


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

    def __len__(self) -> int:
        return len(self.photo)

    def halved(self) -> Views:
        """The same at half the size; landmarks stay as they are."""
        half = torch.stack(
            [functional.avg_pool2d(p.float(), 2).round().byte() for p in self.photo.unbind(1)], 1
        )
        labels, gone = (t[..., ::2, ::2].contiguous() for t in (self.labels, self.gone))
        return Views(half, labels, gone, self.landmarks)


def own(made: pairs.Pairs, parser: parsing.Pack) -> Views:
    """The people of pairs in what they wear, as a parser reads them; what has to go is by their
    true labels."""
    labels, points = [], []
    for person, framed_by in zip(made.person.cpu(), made.landmarks.cpu(), strict=True):
        framed = person.permute(1, 2, 0).contiguous().numpy()
        read, found = parser.read_frame(framed, framed_by.numpy())
        labels.append(torch.from_numpy(read))
        points.append(torch.from_numpy(found))
    device = made.person.device
    category = functional.one_hot(made.category, 3).float()
    reach = torch.ones(len(made), device=device)
    _, old, _ = Body().to(device)(made.labels[:, 0], made.landmarks, category, reach)
    return Views(
        made.person[:, None],
        torch.stack(labels)[:, None, None].to(device),
        old[:, None].byte(),
        torch.stack(points)[:, None].to(device),
    )


def load(pack: Path, train: bool, device: torch.device) -> Views:
    """Unfold one split of a pack that `redressed` wrote."""
    with np.load(pack) as content:
        chosen = np.flatnonzero(content["train"] == train)
        landmarks = content["landmarks"][chosen]
        count = landmarks.shape[1]
        every = (chosen[:, None] * count + np.arange(count)).ravel()
        images = {}
        for name in PICTURES:
            files = blobs.parts(content[name], content[f"{name}_sizes"])
            images[name] = _stacked([making.decoded(files[i]) for i in every], count)
    return Views(
        **{name: image.to(device) for name, image in images.items()},
        landmarks=torch.from_numpy(landmarks).to(device),
    )


def _stacked(images: list[NDArray[np.uint8]], count: int) -> Tensor:
    """(N, ``count``, C, H, W) of pictures (H, W, C) or (H, W)."""
    stacked = np.stack(images)
    stacked = stacked[..., None] if stacked.ndim == 3 else stacked
    planes = torch.from_numpy(np.ascontiguousarray(stacked.transpose(0, 3, 1, 2)))
    return planes.unflatten(0, (len(images) // count, count))
