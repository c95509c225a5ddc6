"""Photographed garments put on people by their marked points: what wearing them would look like.

Nobody of the photographed people wears a photographed garment, but bones and points say where each
piece of it would lie. The picture is only as good as they are; yet it shows real cut-outs, and that
the whole of a cloth is worn, sleeves too.
"""

from __future__ import annotations

import dataclasses

import torch
from torch import Tensor
from torch.nn import functional

from models.training.tryon import bones, limbs
from models.training.tryon.body import HEIGHT, WIDTH, Body, looked_up
from models.training.tryon.data import Augment, Batch
from models.training.tryon.networks import warp
from models.training.tryon.photographed import Garments

_NECK = (0.3, 0.05)  # radius of the neck and its height above the shoulders, in torsos


def about_the_neck(points: Tensor, height: int) -> Tensor:
    """(B, 1, height, ...) 0 or 1: where necklines may end."""
    frame = bones.Frame.of(points)
    x, y = bones.grid(points, height, height * WIDTH // HEIGHT)
    torso = frame.torso[:, None, None]
    neck_y = frame.neck[:, 1, None, None] - _NECK[1] * torso
    squared = (x - frame.neck[:, 0, None, None]).pow(2) + (y - neck_y).pow(2)
    return (squared < (_NECK[0] * torso).pow(2))[:, None].to(x.dtype)


@torch.no_grad()
def paste(
    body: Body, batch: Batch, garments: Garments, share: float, how: Augment, rng: torch.Generator
) -> Batch:
    """The batch with ``share`` of its people, drawn by chance, in photographed garments of the
    category that they wore; the inside of a garment's back lies behind the neck, and arms from
    where it leaves them bare in front of it. Unsure is where arms end, necks where no front's edge
    is marked, and the very edge; what bared arms look like nobody knows, and what else an old
    garment leaves open is for `train.hide` to say."""
    height = batch.person.shape[2]
    rows, there = garments.like(batch.category, rng)
    drawn = garments.draw(rows, height, how, rng)
    cloth, flat, kind = drawn.cloth, drawn.flat, drawn.garment
    flow = bones.flow(batch.points, kind, flat)
    if flow.shape[2] != height:
        size = batch.person.shape[2:]
        flow = functional.interpolate(flow, size=size, mode="bilinear", align_corners=False)
    warped, inside = warp(torch.cat([cloth, drawn.inside], 1), flow).split((4, 1), 1)
    reach = torch.ones(len(rows), device=flow.device)
    _, old, front = body(batch.labels, batch.points, batch.category, reach)
    bare = limbs.bared(batch.points, kind, height)
    neck = about_the_neck(batch.points, height)
    skin = looked_up(body.skin, batch.labels)
    behind = torch.maximum(torch.maximum(front, bare.before(skin, old)), inside)
    cover = warped[:, 3:].clamp(0, 1) * (1 - behind)
    # Cloths lie on white, which the edge's colours hold a share of.
    colour = (1 + (warped[:, :3] - 1) / warped[:, 3:].clamp(min=0.2)).clamp(-1, 1)
    person = batch.person + cover * (colour - batch.person)
    # Where a front ends is marked or it is not: then it may end anywhere about the neck.
    marked = (drawn.inside.amax((1, 2, 3), keepdim=True) > 0.5).to(neck)
    edge = neck * skin * (cover > 0.2) * (1 - marked)
    edge = torch.maximum(edge, ((cover > 0.02) & (cover <= 0.5)).to(edge))
    unsure = torch.maximum(edge, bare.may * old * (1 - bare.must))
    unknown = torch.maximum(edge, bare.may * old)
    chosen = ((torch.rand(len(rows), generator=rng) < share) & there).to(flow.device)

    def mixed(new: Tensor, own: Tensor) -> Tensor:
        return torch.where(chosen.view(-1, *[1] * (own.dim() - 1)), new, own)

    return dataclasses.replace(
        batch,
        person=mixed(person, batch.person),
        cloth=mixed(cloth, batch.cloth),
        flow=mixed(flow, batch.flow),
        mask=mixed((cover > 0.5).to(batch.mask), batch.mask),
        ignore=mixed(torch.maximum(batch.ignore, unknown), batch.ignore),
        unsure=mixed(torch.maximum(batch.unsure, unsure), batch.unsure),
        laid=mixed(torch.ones_like(batch.laid), batch.laid),
        flat=mixed(flat, batch.flat),
        garment=bones.Garment(
            batch.category,
            mixed(kind.skirt, batch.garment.skirt),
            mixed(kind.covered, batch.garment.covered),
        ),
    )
