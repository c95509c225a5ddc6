"""What shows where an old garment goes and the new one does not reach.

Nobody photographed it, so its colours cannot be judged; but where arms and legs lie the landmarks
say: skin along them, and beside them whatever is behind the person.
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
_BEHIND = [LAYERS.index("around"), LAYERS.index("ground")]


@torch.no_grad()
def revealed(body: Body, batch: Batch, old: Tensor) -> tuple[Tensor, Tensor]:
    """(B, 1, H, W) each, 0 or 1: of what the old garment covered and the new one leaves open, what
    must be skin and what must be behind the person. ``old`` is `Body.forward`'s."""
    height = batch.mask.shape[2]
    upper, lower, _ = (batch.category[:, i, None, None, None] for i in range(len(CATEGORIES)))
    # Below a crop the last row is repeated; nobody has limbs there.
    cropped = batch.ignore.amin(3, keepdim=True)
    near = functional.max_pool2d(batch.mask, (1, 2 * _NEAR + 1), 1, (0, _NEAR))
    opened = old * (1 - near) * (1 - cropped)
    tights = torch.isin(batch.labels, torch.tensor(_LEGWEAR, device=old.device))
    bare_legged = (tights.float().mean((1, 2)) < _TIGHTS).float()[:, None, None, None]
    arms, legs = bones.off_limbs(batch.points, height).unbind(1)
    bared = (arms < 1) & (batch.garment.covered.flatten(1)[..., None, None] < bones.WHOLE)
    # An arm begins at the cuff, which lies where the garment does; a leg is bare below the hem.
    below = 1 - batch.mask.flip(2).cummax(2)[0].flip(2)
    skin = torch.maximum(
        bared.any(1, keepdim=True).float() * (1 - lower),
        (legs < 1).any(1, keepdim=True).float() * (1 - upper) * bare_legged * below,
    )
    off = torch.minimum(arms.amin(1, keepdim=True), legs.amin(1, keepdim=True))
    size = batch.mask.shape[2:]
    trunk = functional.interpolate(body.trunk(batch.points), size=size)
    return opened * skin, opened * (off > _BESIDE).float() * (1 - trunk)


def loss(layer: Tensor, skin: Tensor, beside: Tensor) -> Tensor:
    """How far the logits (B, 4, H, W) of `LAYERS` are from saying so."""
    chance = layer.float().log_softmax(1)
    of_skin = chance[:, LAYERS.index("skin")][:, None]
    behind = chance[:, _BEHIND].logsumexp(1, keepdim=True)
    least = layer.shape[0] * (HEIGHT / 8) ** 2 / 8  # pixels; of fewer not each counts whole
    return -(of_skin * skin + behind * beside).sum() / ((skin + beside).sum() + least)
