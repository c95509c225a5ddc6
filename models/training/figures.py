"""Photographs on the training device, and random crops of them.

Everything lives on the device as uint8 (about 0.9 GB for 913 photographs) and is cropped and
augmented there, so the same code feeds a CPU and a GPU without a data loader.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from models.training import blobs, palette

#: Stored size: all photographs fit 576x432 (3:4) after padding with ground.
HEIGHT, WIDTH = 576, 432
_GARMENTS = [i for i, c in enumerate(palette.CLASSES) if c.group not in ("ground", "skin", "hair")]
_MIN_PART = 1500  # pixels at 576 px height below which a part is not worth a frame of its own


@dataclass
class Figures:
    """Photographs ``rgb`` (N, 3, 576, 432) uint8 and ``labels`` (N, 1, 576, 432) uint8.

    ``pyramid`` holds both at full, half and quarter size. ``boxes`` (N, COUNT, 4) are x0, y0, x1,
    y1 of each class in pixels, row 0 the whole figure; NaN where the class is absent or small.
    """

    pyramid: list[tuple[Tensor, Tensor]]
    boxes: Tensor
    ids: list[str]

    def __len__(self) -> int:
        return len(self.ids)


def _boxes(labels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    boxes = np.full((palette.COUNT, 4), np.nan, np.float32)
    for index in [0, *_GARMENTS]:
        mask = labels > 0 if index == 0 else labels == index
        if np.count_nonzero(mask) < _MIN_PART:
            continue
        ys, xs = np.nonzero(mask)
        low, high = (
            (0, 100) if index == 0 else (1, 99)
        )  # stray superpixels stay out of a part's box
        x0, x1 = np.percentile(xs, (low, high))
        y0, y1 = np.percentile(ys, (low, high))
        boxes[index] = x0, y0, x1 + 1, y1 + 1
    return boxes


def load(pack: Path, train: bool, device: torch.device) -> Figures:
    """Unfold one split of a pack made by ``prepare``."""
    with np.load(pack) as data:
        chosen = np.flatnonzero(data["train"] == train)
        photos = blobs.parts(data["photos"], data["photo_sizes"])
        labels = blobs.parts(data["labels"], data["label_sizes"])
        ids = data["ids"]
    rgb = np.full((len(chosen), HEIGHT, WIDTH, 3), 255, np.uint8)
    lab = np.zeros((len(chosen), HEIGHT, WIDTH), np.uint8)
    boxes = np.empty((len(chosen), palette.COUNT, 4), np.float32)
    for row, index in enumerate(chosen):
        photo = cv2.imdecode(photos[index], cv2.IMREAD_COLOR)[:, :, ::-1]
        label = cv2.imdecode(labels[index], cv2.IMREAD_GRAYSCALE)
        height, width = label.shape
        x = (WIDTH - width) // 2
        rgb[row, :height, x : x + width] = photo
        lab[row, :height, x : x + width] = label
        boxes[row] = _boxes(lab[row])
    pictures = torch.from_numpy(rgb).permute(0, 3, 1, 2).contiguous()
    classes = torch.from_numpy(lab)[:, None]
    pyramid = [(pictures.to(device), classes.to(device))]
    for _ in range(2):
        pictures = torch.cat(
            [functional.avg_pool2d(p.float(), 2).round().byte() for p in pictures.split(64)]
        )
        classes = classes[:, :, ::2, ::2].contiguous()
        pyramid.append((pictures.to(device), classes.to(device)))
    return Figures(pyramid, torch.from_numpy(boxes).to(device), [str(ids[i]) for i in chosen])


@dataclass(frozen=True)
class Augment:
    """How far crops wander. Zero everything for the fixed crops of an evaluation."""

    whole: float = 0.35  #: share of crops that show the whole figure
    alone: float = 0.35  #: share of part crops in which every other class becomes ground
    jitter: float = 0.06  #: shift, as a share of the frame
    scale: float = 0.12
    rotate: float = 0.1  #: radians
    mirror: bool = True
    recolor: float = 0.6  #: share of pictures whose garments get new hues and gains
    pad: tuple[float, float] = (1.06, 1.3)


FIXED = Augment(alone=0, jitter=0, scale=0, rotate=0, mirror=False, recolor=0, pad=(1.1, 1.1))


def crops(
    figures: Figures, rows: Tensor, height: int, width: int, how: Augment, rng: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Crops of the photographs ``rows``: pictures (B, 3, H, W) in [-1, 1], ground white, and
    label maps (B, H, W) int64. ``rng`` is a CPU generator; the result lies on the figures' device.
    """
    count = len(rows)

    def uniform(low: float, high: float) -> Tensor:
        return torch.rand(count, generator=rng) * (high - low) + low

    boxes = figures.boxes[rows].cpu()
    present = ~boxes[:, 1:, 0].isnan()
    weights = present.float() + 1e-9
    part = 1 + torch.multinomial(weights, 1, generator=rng)[:, 0]
    whole = (uniform(0, 1) < how.whole) | ~present.any(1)
    part_box = boxes[torch.arange(count), part]
    box = torch.where(whole[:, None], boxes[:, 0], part_box.nan_to_num())
    blend = torch.where(uniform(0, 1) < 0.5, uniform(0, 1), torch.zeros(count))[:, None]
    blend = blend * (how.alone > 0)
    box = box * (1 - blend) + boxes[:, 0] * blend
    size = torch.maximum(box[:, 3] - box[:, 1], (box[:, 2] - box[:, 0]) * height / width)
    size = (size * uniform(*how.pad) * (1 + uniform(-how.scale, how.scale))).clamp(min=64)
    middle = (box[:, :2] + box[:, 2:]) / 2
    middle = middle + torch.stack([uniform(-1, 1), uniform(-1, 1)], 1) * how.jitter * size[:, None]
    angle = uniform(-how.rotate, how.rotate)
    flip = torch.where((uniform(0, 1) < 0.5) & how.mirror, -1.0, 1.0)
    half_h, half_w = size / 2, size / 2 * width / height
    theta = torch.zeros(count, 2, 3)
    theta[:, 0, 0] = half_w * flip * torch.cos(angle) / (WIDTH / 2)
    theta[:, 0, 1] = -half_h * torch.sin(angle) / (WIDTH / 2)
    theta[:, 1, 0] = half_w * flip * torch.sin(angle) / (HEIGHT / 2)
    theta[:, 1, 1] = half_h * torch.cos(angle) / (HEIGHT / 2)
    theta[:, 0, 2] = middle[:, 0] / (WIDTH / 2) - 1
    theta[:, 1, 2] = middle[:, 1] / (HEIGHT / 2) - 1

    device = rows.device
    picture = torch.empty(count, 3, height, width, device=device)
    labels = torch.empty(count, height, width, dtype=torch.int64, device=device)
    level = torch.log2((size / height).clamp(min=1)).round().long().clamp(max=2)
    for index, (rgb, classes) in enumerate(figures.pyramid):
        chosen = torch.nonzero(level == index)[:, 0]
        if not len(chosen):
            continue
        shape = [len(chosen), 3, height, width]
        grid = functional.affine_grid(theta[chosen], shape, align_corners=False).to(device)
        source = rows[chosen.to(device)]
        inside = rgb[source].float().sub_(255)  # outside the photograph becomes white
        picture[chosen.to(device)] = functional.grid_sample(inside, grid, align_corners=False) + 255
        near = functional.grid_sample(
            classes[source].float(), grid, mode="nearest", align_corners=False
        )
        labels[chosen.to(device)] = near[:, 0].long()
    alone = (uniform(0, 1) < how.alone) & ~whole & (blend[:, 0] == 0)
    others = alone.to(device)[:, None, None] & (labels != part.to(device)[:, None, None])
    labels = torch.where(others, torch.zeros_like(labels), labels)
    picture = picture / 127.5 - 1
    if how.recolor:
        picture = _recolor(picture, labels, how.recolor, rng)
    picture = torch.where((labels > 0)[:, None], picture, torch.ones_like(picture))
    return picture, labels


def _recolor(picture: Tensor, labels: Tensor, share: float, rng: torch.Generator) -> Tensor:
    """Turn hue and gain of every garment by its own random amount: codes must carry colour."""
    count = len(picture)
    angle = (torch.rand(count, palette.COUNT, generator=rng) - 0.5) * 2 * torch.pi
    gain = 0.7 + torch.rand(count, palette.COUNT, generator=rng) * 0.4
    keep = torch.rand(count, generator=rng)[:, None] > share
    fixed = torch.tensor([c.group in ("ground", "skin", "hair") for c in palette.CLASSES])
    angle = angle.masked_fill(keep | fixed, 0)
    gain = gain.masked_fill(keep | fixed, 1)
    # Rotation about the grey axis (Rodrigues), so that grey stays grey and lightness nearly so.
    cosine, sine = torch.cos(angle)[..., None, None], torch.sin(angle)[..., None, None]
    cross = torch.tensor([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / 3**0.5
    matrix = cosine * torch.eye(3) + sine * cross + (1 - cosine) / 3
    table = (matrix * gain[..., None, None]).reshape(count * palette.COUNT, 9).to(picture.device)
    offset = torch.arange(count, device=picture.device)[:, None, None] * palette.COUNT
    per_pixel = functional.embedding(labels + offset, table)
    per_pixel = per_pixel.reshape(*labels.shape, 3, 3)
    turned = torch.einsum("bhwij,bjhw->bihw", per_pixel, picture + 1) - 1
    return turned.clamp(-1, 1)
