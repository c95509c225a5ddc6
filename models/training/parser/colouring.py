"""Colours that photographs could have had: of the light, of the ground and of what is worn."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from models.training import palette

IGNORE = 255  # in label maps: nothing is known
_DYED = ("upper", "lower", "dress", "legwear", "footwear", "bag")
_PATTERNED = 0.35  # share of dyed garments that get a pattern


def exchange_ground(picture: Tensor, labels: Tensor, share: float, rng: torch.Generator) -> Tensor:
    """``picture`` (B, 3, H, W) 0..1 with the ground of a ``share`` of them plain or graded, if
    ``labels`` (B, H, W) know a person in them."""
    count, _, height, width = picture.shape
    ends = torch.rand(count, 1, 3, 1, 1, generator=rng) * 0.15 + torch.where(
        torch.rand(count, 1, 1, 1, 1, generator=rng) < 0.6,
        torch.rand(count, 2, 1, 1, 1, generator=rng) * 0.5 + 0.45,
        torch.rand(count, 2, 3, 1, 1, generator=rng) * 0.9,
    )
    angle = torch.rand(count, 1, 1, 1, generator=rng) * 2 * torch.pi
    y = torch.linspace(-0.7, 0.7, height)[:, None]
    x = torch.linspace(-0.7, 0.7, width)[None]
    ramp = (angle.cos() * x + angle.sin() * y + 0.5).clamp(0, 1)
    wall = ends[:, 0] * (1 - ramp) + ends[:, 1] * ramp
    wall = (wall + torch.randn(count, 1, height, width, generator=rng) * 0.012).to(picture.device)
    person = ((labels > 0) & (labels != IGNORE)).float()[:, None]
    # Labels wander by a pixel or two: the seam is soft and a little outside of them.
    soft = functional.avg_pool2d(functional.max_pool2d(person, 3, 1, 1), 3, 1, 1)
    chosen = (torch.rand(count, 1, 1, 1, generator=rng) < share).to(picture.device)
    plain = (picture * soft + wall * (1 - soft)).clamp(0, 1)
    return torch.where(chosen & (person.amax((2, 3), keepdim=True) > 0), plain, picture)


def relight(picture: Tensor, amount: float, rng: torch.Generator) -> Tensor:
    """``picture`` (B, 3, H, W) 0..1 in other light."""
    count = len(picture)

    def around(spread: float, channels: int = 1) -> Tensor:
        value = (torch.rand(count, channels, 1, 1, generator=rng) * 2 - 1) * spread
        return value.to(picture.device)

    picture = (picture + 1e-4) ** (1 + around(amount))
    picture = picture * (1 + around(amount)) * (1 + around(amount / 3, 3))
    grey = picture.mean(1, keepdim=True)
    return (grey + (picture - grey) * (1 + around(amount * 1.6))).clamp(0, 1)


def dye(picture: Tensor, labels: Tensor, share: float, rng: torch.Generator) -> Tensor:
    """``picture`` (B, 3, H, W) 0..1 in which, in a ``share`` of them, every second garment by
    ``labels`` (B, H, W) has another colour and now and then stripes or checks: what a garment is
    called does not depend on them, but for jeans, which only get lighter or darker."""
    count, _, height, width = picture.shape

    def table(low: float, high: float, channels: int) -> Tensor:
        return torch.rand(count, palette.COUNT, channels, generator=rng) * (high - low) + low

    worn = torch.tensor([float(c.group in _DYED) for c in palette.CLASSES])
    any_colour = worn * torch.tensor([float(c.key != "jeans") for c in palette.CLASSES])
    chosen = (torch.rand(count, palette.COUNT, generator=rng) < 0.5).float() * worn
    chosen = chosen * (torch.rand(count, 1, generator=rng) < share).float()
    gain = table(0.45, 1.5, 1) * (1 + any_colour[:, None] * table(-0.35, 0.35, 3))
    lift = table(0, 0.3, 1) * (1 + any_colour[:, None] * table(-1, 1, 3))
    striped = (table(0, 1, 1) < _PATTERNED).float() * any_colour[:, None] * table(-0.35, 0.35, 3)
    every = torch.cat([gain - 1, lift, striped], 2) * chosen[..., None]
    known = labels.where(labels != IGNORE, torch.zeros_like(labels))
    rows = torch.arange(count, device=labels.device)[:, None, None]
    of_pixel = every.to(picture.device)[rows, known].permute(0, 3, 1, 2)
    gain, lift, striped = functional.avg_pool2d(of_pixel, 3, 1, 1).split(3, 1)
    dyed = picture * (1 + gain) + lift + striped * _pattern(count, height, width, rng).to(picture)
    return dyed.clamp(0, 1)


def _pattern(count: int, height: int, width: int, rng: torch.Generator) -> Tensor:
    """(B, 1, H, W) 0 or 1: stripes across, along or aslant, or checks."""
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    angle = torch.rand(count, 1, 1, 1, generator=rng) * torch.pi
    wave = 2 * torch.pi / (torch.rand(count, 1, 1, 1, generator=rng) * 0.05 + 0.015) / height
    first = ((angle.cos() * x + angle.sin() * y) * wave).sin() > 0
    second = ((angle.cos() * y - angle.sin() * x) * wave).sin() > 0
    checked = torch.rand(count, 1, 1, 1, generator=rng) < 0.4
    return (first ^ (second & checked)).float()
