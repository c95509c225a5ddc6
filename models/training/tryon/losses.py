"""The terms of the try-on's loss that are more than a mean difference."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from models.training import loop
from models.training.tryon import bones


def mean_in(values: Tensor, mask: Tensor) -> Tensor:
    """Mean over the pixels of ``mask`` (B, 1, H, W) and all channels."""
    return (values * mask).sum() / (mask.sum() * values.shape[1] + 1)


def bending(flow: Tensor) -> Tensor:
    """Second differences: a flow may shear and scale freely but not crumple."""
    scale = flow.shape[2] / 128
    along = flow[:, :, 2:] - 2 * flow[:, :, 1:-1] + flow[:, :, :-2]
    across = flow[..., 2:] - 2 * flow[..., 1:-1] + flow[..., :-2]
    return (along.abs().mean() + across.abs().mean()) * scale


def outline(logit: Tensor, mask: Tensor, known: Tensor) -> Tensor:
    """Cross-entropy and Dice of the garment's shape, over what is ``known``: 0, or how much a place
    counts."""
    entropy = functional.binary_cross_entropy_with_logits(logit.float(), mask, reduction="none")
    chance = logit.float().sigmoid() * known
    both = (chance * mask).sum((1, 2, 3))
    dice = 1 - (2 * both + 1) / (chance.sum((1, 2, 3)) + (mask * known).sum((1, 2, 3)) + 1)
    return mean_in(entropy, known) + dice.mean()


def reading(
    flat: Tensor, garment: bones.Garment, points: Tensor, truth: bones.Garment
) -> loop.Terms:
    """How far the points that a cloth has, and its kind, were read wrong."""
    ones = torch.ones_like(truth.skirt)[:, None]
    has = torch.cat([ones, ones, ones, truth.hanging[:, None], truth.limbs.flatten(1)], 1)
    gap = (flat.float() - points).abs().mean(-1)
    legged = 1 - truth.lower * truth.skirt
    covered = (garment.covered.float() - truth.covered).abs().mean((1, 2)) * legged
    skirt = (garment.skirt.float() - truth.skirt).pow(2) * truth.lower
    return {"points": (gap * has).sum() / has.sum(), "kind": (covered + skirt).mean()}
