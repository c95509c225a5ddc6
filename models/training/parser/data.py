"""Photographs for the parser on the training device, and random windows of them.

The data are whole figures in busy streets; users bring studio pictures cropped at the thigh before
a plain wall as well. So windows run from the whole figure down to head-to-thigh and closer, grounds
are exchanged for plain and graded ones, and what a crop cuts off is filled as the application fills
it: by repeating the edge.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from models.training import blobs
from models.training.parser import colouring
from models.training.parser.colouring import IGNORE

HEIGHT, WIDTH = 384, 288
_SIZE = (576, 432)  # rows and columns in which every stored photograph fits
_FREQUENT = 0.2  # share of the photographs from which a class is seen often enough
_MOST_OFTEN = 3.0  # times that a photograph is drawn as often as others
_HAIR_TOP = 0.75  # of the torso's length, from the shoulders to the top of the head


@dataclass
class People:
    """Photographs (N, 3, 576, 432) and label maps (N, 1, 576, 432) uint8, from the upper left.

    ``sizes`` (N, 2) are height and width of what is filled; ``landmarks`` (N, 13, 3) x, y in its
    pixels and visibility; ``tags`` (N, 26) the classes a list of labels names. ``labels`` is
    `IGNORE` where nothing is known.
    """

    rgb: Tensor
    labels: Tensor
    sizes: Tensor
    landmarks: Tensor
    tags: Tensor
    ids: list[str]

    def __len__(self) -> int:
        return len(self.ids)

    def draw(self, count: int, rng: torch.Generator) -> Tensor:
        """Rows (count,) at random, those with rare classes more often (repeat factor sampling,
        Gupta, Dollar and Girshick 2019)."""
        share = self.tags.float().mean(0).clamp(min=1e-6)
        wanted = (_FREQUENT / share).sqrt().clamp(1, _MOST_OFTEN)
        often = (wanted * self.tags).amax(1).clamp(min=1).cpu()
        return torch.multinomial(often, count, replacement=True, generator=rng)


def load(pack: Path, train: bool, device: torch.device) -> People:
    """One split of a pack made by ``prepare``, labelled or tagged."""
    with np.load(pack) as data:
        chosen = np.flatnonzero(data["train"] == train)
        photos = blobs.parts(data["photos"], data["photo_sizes"])
        maps = blobs.parts(data["labels"], data["label_sizes"])
        landmarks, tags, ids = data["landmarks"][chosen], data["tags"][chosen], data["ids"]
    rgb = np.zeros((len(chosen), *_SIZE, 3), np.uint8)
    labels = np.full((len(chosen), *_SIZE), IGNORE, np.uint8)
    sizes = np.empty((len(chosen), 2), np.float32)
    for row, index in enumerate(chosen):
        photo = cv2.imdecode(photos[index], cv2.IMREAD_COLOR)[:, :, ::-1]
        height, width = photo.shape[:2]
        rgb[row, :height, :width], sizes[row] = photo, (height, width)
        if maps:
            labels[row, :height, :width] = cv2.imdecode(maps[index], cv2.IMREAD_GRAYSCALE)
    return People(
        torch.from_numpy(rgb).permute(0, 3, 1, 2).contiguous().to(device),
        torch.from_numpy(labels)[:, None].to(device),
        torch.from_numpy(sizes),
        torch.from_numpy(landmarks),
        torch.from_numpy(tags).to(device),
        [str(ids[i]) for i in chosen],
    )


def load_nobody(pack: Path, device: torch.device) -> People:
    """Photographs without anybody in them: all ground."""
    people = load(pack, True, device)
    return dataclasses.replace(people, labels=torch.zeros_like(people.labels))


@dataclass(frozen=True)
class Augment:
    """How far windows and colours wander; `FIXED` is the whole photograph as it is."""

    window: bool = True
    rotate: float = 0.12
    mirror: bool = True
    color: float = 0.25
    plain: float = 0.4  #: share of pictures whose ground becomes plain or graded
    dyed: float = 0.4  #: share of pictures in which garments get other colours and patterns


FIXED = Augment(window=False, rotate=0, mirror=False, color=0, plain=0, dyed=0)


@dataclass
class Batch:
    """``picture`` (B, 3, H, W) in [-1, 1]; ``labels`` (B, H, W) int64, `IGNORE` outside the
    photograph; ``points`` (B, 13, 2) in [0, 1] of the frame, ``seen`` (B, 13) whether they are in
    it; ``known`` (B,) whether a pose is known at all."""

    picture: Tensor
    labels: Tensor
    points: Tensor
    seen: Tensor
    known: Tensor


def _windows(
    people: People, rows: Tensor, how: Augment, rng: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Windows (B, 4) x, y, width, height, and the part (B, 4) x0, y0, x1, y1 of the photograph that
    is treated as the whole of it."""
    count = len(rows)

    def uniform(low: float, high: float) -> Tensor:
        return torch.rand(count, generator=rng) * (high - low) + low

    tall, wide = people.sizes[rows, 0], people.sizes[rows, 1]
    part = torch.stack([torch.zeros(count), torch.zeros(count), wide, tall], 1)
    if not how.window:
        height = torch.maximum(tall, wide * HEIGHT / WIDTH)
        width = height * WIDTH / HEIGHT
        return torch.stack([(wide - width) / 2, (tall - height) / 2, width, height], 1), part
    pose = people.landmarks[rows]
    neck, hip = pose[:, 1:3, :2].mean(1), pose[:, 7:9, :2].mean(1)
    torso = (hip - neck).norm(dim=1).clamp(min=tall * 0.12)
    known = pose[:, 0, 2] > 0
    neck = torch.where(known[:, None], neck, torch.stack([wide / 2, tall * 0.2], 1))
    hip = torch.where(known[:, None], hip, torch.stack([wide / 2, tall * 0.5], 1))
    # From head (or waist, for what hangs from it) to somewhere between the hips and the feet.
    top = neck[:, 1] - _HAIR_TOP * torso * uniform(0.9, 1.5)
    low_top = hip[:, 1] - torso * uniform(0.4, 0.9)
    top = torch.where(uniform(0, 1) < 0.12, low_top, top)
    bottom = hip[:, 1] + torso * torch.where(
        uniform(0, 1) < 0.5, uniform(0.25, 1.2), uniform(1.2, 2.2)
    )
    height = (bottom - top) * uniform(0.95, 1.15)
    far = uniform(0, 1) < 0.12  # now and then a small figure in a large picture
    height = torch.where(far, height * uniform(1.2, 1.9), height)
    width = height * WIDTH / HEIGHT
    middle = (neck + hip)[:, 0] / 2 + uniform(-0.12, 0.12) * width
    centre = (top + bottom) / 2 + uniform(-0.04, 0.04) * height
    window = torch.stack([middle - width / 2, centre - height / 2, width, height], 1)
    # Half of the pictures are cut where the window's picture ends, as a studio crops them.
    cut = uniform(0, 1) < 0.5
    left, right = middle - width * uniform(0.25, 0.6), middle + width * uniform(0.25, 0.6)
    crop = torch.stack([left.clamp(min=0), top.clamp(min=0), right, bottom], 1)
    crop = torch.minimum(crop, part[:, [2, 3, 2, 3]])
    return window, torch.where(cut[:, None], crop, part)


def _sources(
    people: People, rows: Tensor, height: int, how: Augment, rng: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """For every frame pixel its place (B, H, W, 2) in the photograph, whether that is outside, and
    the matrix (B, 2, 3) from frame coordinates in -1..1 to photograph pixels."""
    count, width = len(rows), height * WIDTH // HEIGHT
    window, part = _windows(people, rows, how, rng)
    angle = (torch.rand(count, generator=rng) * 2 - 1) * how.rotate
    flip = torch.where((torch.rand(count, generator=rng) < 0.5) & how.mirror, -1.0, 1.0)
    half_w, half_h = window[:, 2] / 2, window[:, 3] / 2
    theta = torch.zeros(count, 2, 3)
    theta[:, 0, 0], theta[:, 0, 1] = half_w * flip * angle.cos(), -half_h * angle.sin()
    theta[:, 1, 0], theta[:, 1, 1] = half_w * flip * angle.sin(), half_h * angle.cos()
    theta[:, 0, 2] = window[:, 0] + half_w
    theta[:, 1, 2] = window[:, 1] + half_h
    places = functional.affine_grid(theta, [count, 1, height, width], align_corners=False)
    low, high = part[:, None, None, :2], part[:, None, None, 2:]
    outside = ((places < low) | (places > high)).any(-1)
    places = torch.minimum(torch.maximum(places, low + 0.5), high - 0.5)
    return places, outside, theta


def windows(people: People, rows: Tensor, height: int, how: Augment, rng: torch.Generator) -> Batch:
    """Windows of the photographs ``rows`` at ``height``; ``rng`` is a CPU generator."""
    device = people.rgb.device
    places, outside, theta = _sources(people, rows, height, how, rng)
    scale = torch.tensor([_SIZE[1] / 2, _SIZE[0] / 2])
    grid = (places / scale - 1).to(device)
    source = people.rgb[rows.to(device)].float()
    shrink = theta[:, :, :2].det().abs().sqrt().median() * 2 / height
    if shrink > 1.4:  # most windows are larger than the frame: average before sampling
        source = functional.avg_pool2d(source, 2)
    picture = functional.grid_sample(source, grid, padding_mode="border", align_corners=False)
    labels = functional.grid_sample(
        people.labels[rows.to(device)].float(), grid, mode="nearest", align_corners=False
    )[:, 0].long()
    picture = picture / 255
    if how.plain:
        picture = colouring.exchange_ground(picture, labels, how.plain, rng)
    if how.dyed:
        picture = colouring.dye(picture, labels, how.dyed, rng)
    labels = labels.masked_fill(outside.to(device), IGNORE)
    if how.color:
        picture = colouring.relight(picture, how.color, rng)
    points, seen = _points(people.landmarks[rows], theta, outside)
    return Batch(
        (picture * 2 - 1).contiguous(memory_format=torch.channels_last),
        labels,
        points.to(device),
        seen.to(device),
        (people.landmarks[rows, 0, 2] > 0).to(device),
    )


def _points(landmarks: Tensor, theta: Tensor, outside: Tensor) -> tuple[Tensor, Tensor]:
    inverse = torch.linalg.inv(theta[:, :, :2])
    framed = torch.einsum("bij,bkj->bki", inverse, landmarks[..., :2] - theta[:, None, :, 2])
    flip = theta[:, :, :2].det() < 0
    swap = [0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11]  # a mirrored left hand is a right one
    visible = landmarks[..., 2] > 0.4
    framed = torch.where(flip[:, None, None], framed[:, swap], framed)
    visible = torch.where(flip[:, None], visible[:, swap], visible)
    places = framed[:, :, None].clamp(-0.999, 0.999)
    off = functional.grid_sample(
        outside[:, None].float(), places, mode="nearest", align_corners=False
    )[:, 0, :, 0]
    inside = (framed.abs() < 1).all(-1) & (off < 0.5)
    return (framed + 1) / 2, (visible & inside).float()
