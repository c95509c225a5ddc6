"""What shows where an old garment goes and the new one does not reach.

Nobody photographed it, so its colours cannot be judged; but where arms and legs lie the landmarks
say: skin along them, under a coat what else is worn on the legs, and beside them whatever is behind
the person.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from app.domain.framing import CATEGORIES
from models.training import palette
from models.training.tryon import bones
from models.training.tryon.body import HEIGHT, LAYERS, Body
from models.training.tryon.data import Batch

_BESIDE = 1.5  # half widths from which a place is surely not on a limb
_NEAR = 4  # pixels beside the new garment in which it is too near to tell
_TIGHTS = 0.003  # share of the picture from which legs are known not to be bare
_LEGWEAR = [i for i, c in enumerate(palette.CLASSES) if c.group == "legwear"]
_WORN = 0.005  # share of the picture from which something is known to be worn on the legs
_ON_LEGS = [i for i, c in enumerate(palette.CLASSES) if c.group in ("lower", "dress", "legwear")]
_BEHIND = [LAYERS.index("around"), LAYERS.index("ground")]


@torch.no_grad()
def revealed(body: Body, batch: Batch, old: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """(B, 1, H, W) each, 0 or 1: of what the old garment covered and the new one leaves open, what
    must be skin, what other clothes, and what must be behind the person. ``old`` is
    `Body.forward`'s."""
    height = batch.mask.shape[2]
    upper, lower, _ = (batch.category[:, i, None, None, None] for i in range(len(CATEGORIES)))
    # Below a crop the last row is repeated; nobody has limbs there.
    cropped = batch.ignore.amin(3, keepdim=True)
    near = functional.max_pool2d(batch.mask, (1, 2 * _NEAR + 1), 1, (0, _NEAR))
    opened = old * (1 - batch.mask) * (1 - cropped)
    tights, worn = (_share(batch.labels, classes) for classes in (_LEGWEAR, _ON_LEGS))
    bare_legged, clothed = (tights < _TIGHTS).float(), (worn > _WORN).float()
    arms, legs = bones.off_limbs(batch.points, height).unbind(1)
    bared = (arms < 1) & (batch.garment.covered.flatten(1)[..., None, None] < bones.WHOLE)
    # An arm begins at the cuff, which lies where the garment does; a leg is bare below the hem.
    below = 1 - batch.mask.flip(2).cummax(2)[0].flip(2)
    on_arms, on_legs = bared.any(1, keepdim=True).float(), (legs < 1).any(1, keepdim=True).float()
    # What was put on lies behind arms that it leaves bare, so they are seen right beside it.
    opened = opened * (1 - near * (1 - on_arms * batch.laid))
    skin = torch.maximum(on_arms * (1 - lower), on_legs * (1 - upper) * bare_legged * below)
    clothes = on_legs * upper * clothed * below * (1 - skin)
    off = torch.minimum(arms.amin(1, keepdim=True), legs.amin(1, keepdim=True))
    size = batch.mask.shape[2:]
    trunk = functional.interpolate(body.trunk(batch.points), size=size)
    return opened * skin, opened * clothes, opened * (off > _BESIDE).float() * (1 - trunk)


def _share(labels: Tensor, classes: list[int]) -> Tensor:
    """(B, 1, 1, 1): the share of pixels (B, H, W) that are of any of ``classes``."""
    there = torch.isin(labels, torch.tensor(classes, device=labels.device))
    return there.float().mean((1, 2))[:, None, None, None]


def loss(layer: Tensor, skin: Tensor, clothes: Tensor, beside: Tensor) -> Tensor:
    """How far the logits (B, 4, H, W) of `LAYERS` are from saying so."""
    chance = layer.float().log_softmax(1)
    of_skin, of_clothes = (chance[:, LAYERS.index(n)][:, None] for n in ("skin", "clothes"))
    behind = chance[:, _BEHIND].logsumexp(1, keepdim=True)
    said = (of_skin * skin + of_clothes * clothes + behind * beside).sum()
    least = layer.shape[0] * (HEIGHT / 8) ** 2 / 8  # pixels; of fewer not each counts whole
    return -said / ((skin + clothes + beside).sum() + least)
