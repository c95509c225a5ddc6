"""Fixed held-out cases as a training sees them: its contact sheet."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.training import pictures
from models.training.tryon import bones, data, pairs
from models.training.tryon.body import HEIGHT
from models.training.tryon.networks import covering, warp


def sheet(net: nn.Module, made: pairs.Pairs, height: int) -> pictures.Image:
    """Fixed held-out cases: cloth, person, what the network sees, own cloth on, another's cloth."""
    rng = pictures.torch_seeded(5)
    rows = torch.arange(0, len(made), max(1, len(made) // 14))[:14]
    batch = data.batch(made, rows, data.FIXED, rng)
    lines = [pictures.to_images(batch.cloth[:, :3]), pictures.to_images(batch.person)]
    turned = torch.arange(len(rows)).roll(1)
    for order in (torch.arange(len(rows)), turned):
        # Another's cloth only within a category.
        fits = (batch.category * batch.category[order]).sum(1) > 0
        order = torch.where(fits.cpu(), order, torch.arange(len(rows)))
        cloth = batch.cloth[order.to(batch.cloth.device)]
        outcome, hidden = dress(net, batch, cloth, height)
        if len(lines) == 2:
            lines.append(pictures.to_images(batch.person * (1 - hidden)))
        lines += [pictures.to_images(cloth[:, :3]), pictures.to_images(outcome)]
    return pictures.sheet(lines)


@torch.no_grad()
def dress(net: nn.Module, batch: data.Batch, cloth: Tensor, height: int) -> tuple[Tensor, Tensor]:
    """The outcome (B, 3, 256, 192), before any original pixel is kept in the hidden part."""
    reach = torch.full((len(cloth),), 1.25, device=cloth.device)
    hidden, _, front = net.body(batch.labels, batch.points, batch.category, reach)
    flat, garment = net.read(cloth, batch.category)
    first = bones.flow(batch.points, garment, flat)
    hidden = net.around(hidden, front, cloth, first)
    seen, wide = net.look(
        batch.person, cloth, batch.labels, batch.points, batch.category, hidden, first
    )
    coarse = net.coarse(wide, first)
    if height < HEIGHT:
        flow, logit = (
            functional.interpolate(t, size=batch.person.shape[2:], mode="bilinear")
            for t in coarse[:2]
        )
        fill = torch.zeros_like(batch.person)
    else:
        flow, logit, fill, _ = net.mend(cloth, seen, batch.points, coarse)
    warped = warp(cloth, flow)
    outcome = batch.person * (1 - hidden) + fill * hidden
    cover = covering(logit, warped[:, 3:])
    return outcome + cover * (warped[:, :3] - outcome), hidden
