"""Losses of the garment generator, each a scalar tensor."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

#: Pictures are compared by features after these blocks of EfficientNet-Lite0: strides 2, 4, 8.
TAPS = (0, 2, 4)


def masked_l1(picture: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Mean absolute difference of local means (8x8 pixels) inside ``mask`` (B, 1, H, W).

    Local means hold colour and shading to the truth and leave folds and grain free: a pixel-wise
    difference would ask for the average of all textures, which is none.
    """
    soft = functional.avg_pool2d(mask, 8)
    difference = functional.avg_pool2d((picture - target) * mask, 8).abs().sum()
    return difference / (soft.sum() * 3 + 1e-3)


def perceptual_and_style(
    made: list[Tensor], wanted: list[Tensor], mask: Tensor
) -> tuple[Tensor, Tensor]:
    """Feature distance (Johnson et al. 2016) and Gram-matrix distance (Gatys et al. 2016) between
    features of two pictures, inside ``mask`` (B, 1, H, W).

    Both are relative to the size of the target's features, so that no depth outweighs another. Gram
    matrices are averaged over the garment's area.
    """
    content = mask.new_zeros(())
    style = mask.new_zeros(())
    for ours, theirs in zip(made, wanted, strict=True):
        soft = functional.interpolate(mask, size=ours.shape[-2:], mode="area")
        area = soft.sum((1, 2, 3)) + 1e-3
        level = (theirs.abs() * soft).sum() / (area.sum() * theirs.shape[1]) + 1e-3
        content = content + ((ours - theirs).abs() * soft).sum() / (
            area.sum() * theirs.shape[1] * level
        )
        grams = [_gram(f * soft, area) for f in (ours, theirs)]
        style = style + (grams[0] - grams[1]).abs().mean() / (grams[1].abs().mean() + 1e-4)
    return content / len(made), style / len(made)


def _gram(features: Tensor, area: Tensor) -> Tensor:
    flat = features.flatten(2)
    return torch.bmm(flat, flat.transpose(1, 2)) / area[:, None, None]


def hinge_real(scores: list[Tensor]) -> Tensor:
    """Discriminator's hinge on what it should call real, averaged over heads."""
    return torch.stack([functional.relu(1 - s).mean() for s in scores]).mean()


def hinge_false(scores: list[Tensor]) -> Tensor:
    """Discriminator's hinge on what it should call false, averaged over heads."""
    return torch.stack([functional.relu(1 + s).mean() for s in scores]).mean()


def generator_hinge(scores: list[Tensor]) -> Tensor:
    """Generator's adversarial loss, averaged over heads."""
    return torch.stack([-s.mean() for s in scores]).mean()


def kl(mu: Tensor, log_variance: Tensor, present: Tensor) -> Tensor:
    """Kullback-Leibler divergence from N(0, 1), mean over the classes ``present`` (B, CLASSES)."""
    each = 0.5 * (mu.square() + log_variance.exp() - 1 - log_variance).mean(2)
    return (each * present).sum() / present.sum().clamp(min=1)


def leakage(changed: Tensor, kept: Tensor, own: Tensor) -> Tensor:
    """Change outside one class after only its code was swapped, relative to the change inside.

    ``own`` (B, 1, H, W) is that class's region. Both pictures carry gradients.
    """
    difference = (changed - kept).abs().mean(1, keepdim=True)
    outside = (difference * (1 - own)).sum() / ((1 - own).sum() + 1e-3)
    inside = (difference * own).sum() / (own.sum() + 1e-3)
    return outside / (inside.detach() + 0.05)


def augmented(tensors: list[Tensor], hot: Tensor) -> tuple[list[Tensor], Tensor]:
    """DiffAugment (Zhao et al. 2020): brightness, saturation, contrast, shift and cut-out.

    The same random change falls on every picture of ``tensors`` (B, 3, H, W) and, where it moves
    pixels, on the label map, so that they can still be compared with each other. What is cut out
    or shifted in is of no class.
    """
    count, _, height, width = hot.shape
    device = hot.device
    light = torch.rand(count, 1, 1, 1, device=device) - 0.5
    saturation = torch.rand(count, 1, 1, 1, device=device) * 2
    contrast = torch.rand(count, 1, 1, 1, device=device) + 0.5
    out = []
    for picture in tensors:
        x = picture + light * 0.6
        grey = x.mean(1, keepdim=True)
        x = (x - grey) * saturation + grey
        level = x.mean((1, 2, 3), keepdim=True)
        out.append((x - level) * contrast + level)
    dy, dx = (int(torch.randint(-s // 8, s // 8 + 1, ())) for s in (height, width))
    top, left = int(torch.randint(0, height, ())), int(torch.randint(0, width, ()))
    cut = torch.ones(1, 1, height, width, device=device)
    cut[
        :,
        :,
        max(top - height // 6, 0) : top + height // 6,
        max(left - width // 6, 0) : left + width // 6,
    ] = 0
    moved = [_shift(x, dy, dx) * cut for x in out]
    return moved, _shift(hot, dy, dx) * cut


def _shift(x: Tensor, dy: int, dx: int) -> Tensor:
    return functional.pad(x, (dx, -dx, dy, -dy))
