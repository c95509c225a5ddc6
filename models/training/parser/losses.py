"""What the parser is taught by."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from models.training import palette
from models.training.parser.data import IGNORE, Batch


def class_weights(labels: Tensor) -> Tensor:
    """(26,) weights from label maps (N, 1, H, W): rare classes count more, by a mild root."""
    counts = torch.bincount(labels[:, :, ::8, ::8].flatten().long(), minlength=256)[: palette.COUNT]
    share = counts.float() / counts.sum()
    weights = (share + 1e-4) ** -0.2
    return weights / (weights * share).sum()


def parsing(
    scores: Tensor, labels: Tensor, weights: Tensor, rng: torch.Generator
) -> dict[str, Tensor]:
    """Weighted cross-entropy with soft labels at class borders, and the Dice loss of the classes in
    the batch, over pixels that are known.

    ``labels`` have twice the size of ``scores``; one of the four pixels under each score, another
    every time, teaches it: a quarter of the cost.
    """
    row, column = torch.randint(2, (2,), generator=rng).tolist()
    labels = labels[:, row::2, column::2]
    full = scores.float()
    entropy = functional.cross_entropy(
        full, labels, weights, ignore_index=IGNORE, label_smoothing=0.03
    )
    known = (labels != IGNORE)[:, None]
    if not known.any():
        return {}
    hot = functional.one_hot(labels.where(known[:, 0], 0), palette.COUNT).permute(0, 3, 1, 2)
    hot = hot * known
    chance = full.softmax(1) * known
    both = (chance * hot).sum((0, 2, 3))
    size = chance.sum((0, 2, 3)) + hot.sum((0, 2, 3))
    present = hot.sum((0, 2, 3)) > 0
    dice = (1 - (2 * both + 1) / (size + 1))[present].mean()
    return {"entropy": entropy, "dice": dice}


def with_always(allowed: Tensor) -> Tensor:
    """Lists of labels leave out what nobody is without: ground, skin and hair."""
    always = torch.zeros_like(allowed)
    always[:, :3] = True
    return allowed | always


def absent(scores: Tensor, allowed: Tensor) -> Tensor:
    """-log of the probability left for the classes (B, 26) that a list of labels allows."""
    chance = scores.float().softmax(1)
    left = (chance * with_always(allowed)[:, :, None, None]).sum(1)
    return -(left.clamp(min=1e-4)).log().mean()


_IN_ANY_CROP = [c.group in ("upper", "lower", "dress") for c in palette.CLASSES]
_FEWEST = 0.001  # of the pixels, for a class to be in the picture


def worn(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy of each class being in the picture, from label maps (B, H, W)."""
    hot = functional.one_hot(labels.where(labels != IGNORE, 0)[:, ::4, ::4], palette.COUNT)
    target = (hot.float().mean((1, 2)) > _FEWEST).float()
    return 0.5 * functional.binary_cross_entropy_with_logits(logits.float(), target)


def worn_tags(logits: Tensor, allowed: Tensor) -> Tensor:
    """The same from lists of labels (B, 26): what is not listed is not there; of what is listed,
    only garments are sure to be in every crop."""
    allowed = with_always(allowed)
    known = ~allowed | torch.tensor(_IN_ANY_CROP, device=allowed.device)
    each = functional.binary_cross_entropy_with_logits(
        logits.float(), allowed.float(), reduction="none"
    )
    return 0.5 * (each * known).sum() / known.sum()


def constrained(scores: Tensor, allowed: Tensor, height: int, sure: float) -> Tensor:
    """Labels (B, H, W) from scores with ruled-out classes excluded; `IGNORE` where unsure."""
    size = (height, scores.shape[3] * height // scores.shape[2])
    full = functional.interpolate(scores.float(), size=size, mode="bilinear", align_corners=False)
    full = full.masked_fill(~with_always(allowed)[:, :, None, None], -1e4)
    best, labels = full.softmax(1).max(1)
    return labels.masked_fill(best < sure, IGNORE)


def pose(
    places: Tensor, points: Tensor, seen: Tensor, batch: Batch, rows: int
) -> dict[str, Tensor]:
    """L1 of the expected place, cross-entropy against a small Gaussian, and of being in the
    picture."""
    columns = places.shape[-1] // rows
    x = (torch.arange(columns, device=places.device) + 0.5) / columns
    y = (torch.arange(rows, device=places.device) + 0.5) / rows
    across = (x - batch.points[..., :1]) * columns
    down = (y - batch.points[..., 1:]) * rows
    target = (
        torch.exp(-0.5 * (across / 1.2) ** 2)[:, :, None]
        * torch.exp(-0.5 * (down / 1.2) ** 2)[..., None]
    )
    target = target.flatten(2)
    target = target / (target.sum(-1, keepdim=True) + 1e-6)
    total = batch.seen.sum() + 1
    spread = -(target * (places.float() + 1e-8).log()).sum(-1)
    gap = (points.float() - batch.points).abs().sum(-1)
    sight = functional.binary_cross_entropy_with_logits(
        seen.float(), batch.seen, reduction="none"
    ).mean(1)
    return {
        "heat": 0.1 * (spread * batch.seen).sum() / total,
        "points": 4 * (gap * batch.seen).sum() / total,
        "seen": 0.3 * (sight * batch.known).mean(),
    }
