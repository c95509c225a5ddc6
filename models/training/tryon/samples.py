"""Fixed held-out cases as a training sees them: its contact sheet."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.training import pictures
from models.training.tryon import bones, data, pairs, views
from models.training.tryon.body import HEIGHT
from models.training.tryon.networks import covering, warp


def sheet(
    net: nn.Module,
    made: pairs.Pairs,
    own: views.Views,
    redressed: views.Views | None,
    height: int,
) -> pictures.Image:
    """Fixed held-out cases: cloth, person, how the network sees them, that cloth on; another's
    cloth, on the person as they are."""
    rng = pictures.torch_seeded(5)
    rows = torch.arange(0, len(made), max(1, len(made) // 14))[:14]
    blind = redressed is None
    batch = data.batch(
        made, rows, data.FIXED, rng, [own] if redressed is None else [own, redressed]
    )
    plain, sight = batch.sights[0], batch.sights[-1]
    outcome, hidden = dress(net, batch, sight, batch.cloth, height, blind)
    given = sight.photo * (1 - hidden) if blind else sight.photo
    # Another's cloth only within a category.
    order = torch.arange(len(rows)).roll(1)
    fits = (batch.category * batch.category[order]).sum(1) > 0
    order = torch.where(fits.cpu(), order, torch.arange(len(rows)))
    cloth = batch.cloth[order.to(batch.cloth.device)]
    lent, _ = dress(net, batch, plain, cloth, height, blind)
    lines = [batch.cloth[:, :3], batch.person, given, outcome, cloth[:, :3], lent]
    return pictures.sheet([pictures.to_images(line) for line in lines])


@torch.no_grad()
def dress(
    net: nn.Module, batch: data.Batch, sight: data.Sight, cloth: Tensor, height: int, blind: bool
) -> tuple[Tensor, Tensor]:
    """The outcome (B, 3, 256, 192), and what is hidden."""
    reach = torch.full((len(cloth),), 1.25, device=cloth.device)
    hidden, old, front = net.body(sight.labels, sight.points, batch.category, reach)
    flat, garment = net.read(cloth, batch.category)
    first = bones.flow(sight.points, garment, flat)
    hidden = net.around(hidden, front, cloth, first)
    look = net.look(
        sight.photo, cloth, sight.labels, sight.points, batch.category, hidden, old, first, blind
    )
    coarse = net.coarse(look, first)
    if height < HEIGHT:
        flow, logit = (
            functional.interpolate(t, size=batch.person.shape[2:], mode="bilinear")
            for t in coarse[:2]
        )
        fill, gone = torch.zeros_like(batch.person), hidden
    else:
        made = net.mend(cloth, look, coarse)
        flow, logit, fill, gone = made.flow, made.logit, made.fill, made.gone.sigmoid()
    warped = warp(cloth, flow)
    outcome = sight.photo + gone * (fill - sight.photo)
    cover = covering(logit, warped[:, 3:])
    return outcome + cover * (warped[:, :3] - outcome), hidden
