"""Photographs as a parser reads them badly.

It has learned from the very people that a try-on network learns from, and makes fewer mistakes on
them than on strangers: the old garment's IoU is below 0.8 for 17 % of them and for 31 % of people
of ``val``. A network that saw only such readings would trust labels more than the photograph. So
photographs are `disguised` before they are read, and in what was read garments and what lies before
them are `confused`: of the tops of strangers 12 % is read as something else, most of it cuffs,
collars and tails that are called bag, ground, hair or skin.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from app.domain.framing import CATEGORIES
from models.training import palette

#: Amounts of change; at the last one half of the readings have an IoU below 0.8.
AMOUNTS = (0.0, 0.35, 0.7)
_HUE = 30.0  # of 180, in which OpenCV counts
_FADED, _VIVID = 0.6, 0.4  # of the saturation
_LIGHT = 0.5  # of the logarithm of the exponent
_BLUR = (0.3, 1.6)  # pixels
_NOISE = 12.0  # of 255

#: What a piece of an old garment of each category is taken for, and how often.
_TAKEN_FOR = {
    "upper": {"bag": 3, "ground": 3, "hair": 2, "skin": 2, "scarf": 2, "accessories": 2, "belt": 1,
              "skirt": 1, "jeans": 1, "pants": 1},
    "lower": {"skin": 4, "ground": 2, "legwear": 2, "jacket": 1, "coat": 1, "sweater": 1,
              "footwear": 1, "bag": 1},
    "dress": {"ground": 3, "skin": 3, "bag": 2, "legwear": 1, "hair": 1, "scarf": 1,
              "accessories": 1, "footwear": 1},
}  # fmt: skip
_BEFORE = ("bag", "hair", "skin", "accessories", "scarf", "hat")  # what is taken for a garment
_PIECES = (3, 2)  # at most of an old garment, and of what lies before it
_CONFUSED = (0.5, 0.25)  # how often each of them is
_RADIUS = (0.015, 0.09)  # of a piece, of the frame's height
_ALIKE = (0.15, 0.7)  # how far its colours may lie from the one in its middle, of -1..1
_RAGGED = 0.3  # of its radius
_BORDER = 4.0  # times as often is a piece at the border of what it is a piece of
_BESIDE = 0.04  # of the frame's height, how near an old garment something lies before it


def disguised(
    photo: NDArray[np.uint8], amount: float, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """A picture (h, w, 3) RGB in other colours and other light, unsharp and noisy, as far as
    ``amount`` 0..1; itself at 0."""
    if amount == 0:
        return photo
    hue, saturation, value = cv2.split(cv2.cvtColor(photo, cv2.COLOR_RGB2HSV).astype(np.float32))
    hue = (hue + rng.uniform(-_HUE, _HUE) * amount) % 180
    saturation = saturation * rng.uniform(1 - _FADED * amount, 1 + _VIVID * amount)
    turned = cv2.merge([hue, saturation, value]).clip(0, 255).astype(np.uint8)
    light = cv2.cvtColor(turned, cv2.COLOR_HSV2RGB).astype(np.float32) / 255
    light = 255 * light ** np.exp(rng.uniform(-_LIGHT, _LIGHT) * amount)
    soft = cv2.GaussianBlur(light, (0, 0), rng.uniform(*_BLUR) * amount)
    noisy = soft + rng.normal(0, _NOISE * amount, soft.shape) * rng.uniform()
    return np.asarray(noisy.clip(0, 255), np.uint8)


class Confusion:
    """Confuses label maps (B, H, W) on ``device``."""

    def __init__(self, device: torch.device) -> None:
        names = [entry.key for entry in palette.CLASSES]
        rows = [[float(_TAKEN_FOR[c].get(name, 0)) for name in names] for c in CATEGORIES]
        self.taken_for = torch.tensor(rows)
        self.before = torch.tensor([float(name in _BEFORE) for name in names], device=device)

    def __call__(
        self, labels: Tensor, photo: Tensor, old: Tensor, category: Tensor, rng: torch.Generator
    ) -> Tensor:
        """``labels`` (B, H, W) int64 of what ``photo`` (B, 3, H, W) in -1..1 shows, with pieces of
        the ``old`` garment (B, 1, H, W) called by the names of other things, and pieces of what
        lies before it by the garment's name; ``category`` (B, 3) one-hot."""
        count, classes = len(labels), len(self.before)
        reach = 2 * round(_BESIDE * labels.shape[1]) + 1
        near = functional.max_pool2d(old, reach, 1, reach // 2) * (1 - old)
        before = self.before[labels][:, None] * near
        sorts = labels + classes * torch.arange(count, device=labels.device).view(-1, 1, 1)
        worn = torch.bincount(sorts.flatten(), old.flatten(), count * classes)
        own = worn.view(count, classes).argmax(1)
        chances = category.cpu() @ self.taken_for
        for region, most, share in zip((old, before), _PIECES, _CONFUSED, strict=True):
            chosen = torch.rand(count, generator=rng) < share
            inner = -functional.max_pool2d(-region, 9, 1, 4)
            middles = (region * (1 + (_BORDER - 1) * (1 - inner))).flatten(1).cpu() + 1e-9
            for number in range(most):
                name = torch.multinomial(chances, 1, generator=rng)[:, 0].to(own)
                name = name if region is old else own
                here = (chosen & (torch.rand(count, generator=rng) < 1 / (1 + number))).to(old)
                middle = torch.multinomial(middles, 1, generator=rng).to(own)
                piece = _piece(region, middle, photo, rng) * here[:, None, None, None]
                labels = torch.where(piece[:, 0] > 0.5, name[:, None, None], labels)
        return labels


def _piece(region: Tensor, middle: Tensor, photo: Tensor, rng: torch.Generator) -> Tensor:
    """(B, 1, H, W) 0 or 1: a ragged piece of each ``region`` (B, 1, H, W) of one colour of the
    ``photo`` (B, 3, H, W), about its ``middle`` (B, 1), an index of places; nothing of what is
    empty."""
    count, _, height, width = region.shape

    def drawn(low: float, high: float) -> Tensor:
        share = torch.rand(count, 1, 1, 1, generator=rng).to(region)
        return low + share**2 * (high - low)

    y = torch.arange(height, device=region.device).view(1, 1, -1, 1)
    x = torch.arange(width, device=region.device).view(1, 1, 1, -1)
    far_y, far_x = y - (middle // width)[:, :, None, None], x - (middle % width)[:, :, None, None]
    ragged = torch.randn(count, 1, 12, 9, generator=rng).to(region)
    ragged = functional.interpolate(ragged, size=(height, width), mode="bicubic")
    radius, wide = drawn(*_RADIUS) * height, drawn(0.6, 1.6)
    apart = ((far_x / wide) ** 2 + (far_y * wide) ** 2).sqrt() / radius + _RAGGED * ragged
    colour = photo.flatten(2).gather(2, middle[:, None].expand(-1, 3, -1))[..., None]
    alike = (photo - colour).abs().amax(1, keepdim=True) < drawn(*_ALIKE)
    return region * (apart < 1) * alike
