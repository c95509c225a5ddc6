"""Arms that a garment leaves bare, and legs that it covers, known whatever a network makes of it.

A top that lies flat is wider than it is worn, and its body reaches over the arms and past them; a
leg of pants that is put on a little beside its leg leaves a gap. Where limbs lie the landmarks say;
where they begin to be bare, how far sleeves and legs reach.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from models.training.tryon import bones
from models.training.tryon.body import HEIGHT, WIDTH, to_bone, x_and_y

_ARM = 0.13  # half the width of an arm, in torsos, at most
_SEEN = 0.5  # confidence from which a limb surely is where its joints are said to be
_THICKEST = 1.35  # half widths of an arm, beyond which it surely is not
_HAND = 1.4  # forearms from the elbow to the tips of a hand
_PALM = 0.4  # torsos around a wrist in which a hand may be
_CORE = 0.9  # of the half width of a limb, what surely is inside of it
_HEM = 0.08  # of a bone, how uncertain it is where sleeves and pants end
_CUFF = 0.12  # of a bone, below what is read of a sleeve
_ARMHOLE = 0.4  # of the upper arm, before whose inner half a body reaches to here
_FLANK = 1.5  # of the hips' half width, from where on an arm hangs beside the body
_WAIST = 0.3  # of the torso, above the hips, from where on a skirt may flare
_HANGS = 0.5  # of a bone's length, how far it leads down at least
_FAR = 0.38  # torsos from the bones of the legs, beyond which no pants lie
_ASTRAY = 2.0  # half widths of a leg, as far as which it may be seen from where its joints lie
_HELD, _FREE = 0.15, 0.5  # of the thighs, as far as which hips hold a skirt, and do not any more
_ANY = 0.15  # share of a limb's second bone from which it surely is covered


@dataclass(frozen=True)
class Bared:
    """Masks (B, 1, H, W) 0 or 1 of arms from where a garment leaves them bare; nothing of what
    hangs from the waist. ``may``: where they may be; ``must``: where they surely are; ``past``:
    beyond them, seen from the trunk; ``beside``: on their outer side, farther away than they
    reach, where an old sleeve was wide."""

    may: Tensor
    must: Tensor
    past: Tensor
    beside: Tensor

    def before(self, skin: Tensor, old: Tensor) -> Tensor:
        """(B, 1, H, W): where no garment shows, for a bared arm is in front of it or before that
        place; ``skin`` is where the person's is seen, ``old`` their old garment."""
        return torch.maximum(torch.maximum(skin * self.may, old * self.must), self.past)


def bared(points: Tensor, garment: bones.Garment, height: int) -> Bared:
    """Of people with landmarks ``points`` (B, 13, 3) in frame pixels in a ``garment``."""
    frame = bones.Frame.of(points)
    x, y = bones.grid(points, height, height * WIDTH // HEIGHT)
    start, end = frame.chains[:, 0, :, :2], frame.chains[:, 0, :, 1:]
    covered = _reaches(garment)
    # A little below the cuff, for how far it reaches is read; without a sleeve at the shoulder.
    begins = (covered + _CUFF * (covered / _ANY).clamp(max=1))[..., None, None]
    along, squared = to_bone(x, y, start, end)
    armhole = _of_bones(points, _ARMHOLE, 0.0)
    bare = (along >= begins) & (begins < 1)
    outer = _outer(frame, x, y, start, end)
    bare = bare & (outer | (along >= armhole))
    wide = bare & (squared < (_ARM * frame.torso[:, None, None, None, None]).pow(2))
    seen = _seen(points, bones.ARMS)
    off = bones.off_limbs(points, height)[:, 0]
    slim = off.unflatten(1, (2, 2)) < 1
    below = (y - frame.hip[:, 1:, None]) / frame.torso[:, None, None] + _WAIST
    flare = below.clamp(min=0) * (frame.torso * garment.hanging)[:, None, None]
    past = _past(frame, x, y, start, end, begins, flare[:, None, None])
    upper = (1 - garment.lower)[:, None, None, None]
    beside = bare & seen & outer & (off.amin(1) > _THICKEST)[:, None, None]
    masks = torch.stack([wide, bare & seen & slim, past & seen, beside])
    masks = masks.flatten(2, 3).any(2, keepdim=True)
    return Bared(*(masks.to(x.dtype) * upper))


def sleeved(points: Tensor, garment: bones.Garment, height: int) -> Tensor:
    """(B, 1, H, W) 0 or 1, of people in a ``garment`` with sleeves, nothing of lower ones: where
    their arms surely are inside of these, however ragged they may lie."""
    ends = _ends(garment) * (garment.limbs > 0.5)[..., None, None]
    return _inside(points, 0, ends, height) * (1 - garment.lower)[:, None, None, None]


def beside_pants(points: Tensor, garment: bones.Garment, height: int) -> Tensor:
    """(B, 1, H, W) 0 or 1, of people in a ``garment`` with legs, nothing of others: so far from
    legs and hips that no pants can lie there, however badly their points were read."""
    frame = bones.Frame.of(points)
    x, y = bones.grid(points, height, height * WIDTH // HEIGHT)
    legs = frame.chains[:, 1]
    _, squared = to_bone(x, y, legs[..., :2, :], legs[..., 1:, :])
    far = squared > (_FAR * frame.torso)[:, None, None, None, None].pow(2)
    return far.flatten(1, 2).all(1, keepdim=True).to(x.dtype) * _pants(garment)


def about_legs(points: Tensor, height: int) -> Tensor:
    """(B, 1, H, W) 0 or 1: where what looks like a leg is one, be its joints a little astray."""
    off = bones.off_limbs(points, height)[:, 1].amin(1, keepdim=True)
    return (off < _ASTRAY).to(points.dtype)


def beside_limbs(points: Tensor, height: int) -> Tensor:
    """(B, 1, H, W) 0 or 1: below the hips of people whose legs are seen to the ankles, so far from
    arms, hands and legs that no skin shows there."""
    frame = bones.Frame.of(points)
    x, y = bones.grid(points, height, height * WIDTH // HEIGHT)
    far = bones.off_limbs(points, height).flatten(1, 2).amin(1) > _THICKEST
    wrist_x, wrist_y = x_and_y(frame.chains[:, 0, :, 2])
    reach = (_PALM * frame.torso)[:, None, None, None]
    hands = ((x - wrist_x) ** 2 + (y - wrist_y) ** 2 < reach * reach).any(1)
    seen = _seen(points, bones.LEGS).flatten(1, 2).all(1)
    return (far & ~hands & (y > frame.hip[:, 1:, None]) & seen)[:, None].to(points.dtype)


def falling(points: Tensor, garment: bones.Garment, height: int) -> Tensor:
    """(B, 1, H, W) 0..1, of people in skirts and dresses, nothing of others: how freely they fall
    there, not at all at the hips and wholly from the middle of the thighs on."""
    frame = bones.Frame.of(points)
    _, y = bones.grid(points, height, height * WIDTH // HEIGHT)
    hip, hem = frame.hip[:, 1:, None], frame.hem[:, 1:, None]
    down = (y - hip) / (hem - hip).clamp(min=8.0)
    share = ((down - _HELD) / (_FREE - _HELD)).clamp(0, 1)
    return (share * share * (3 - 2 * share) * garment.hanging.round()[:, None, None])[:, None]


def _pants(garment: bones.Garment) -> Tensor:
    """(B, 1, 1, 1): 1 where a garment is of legs."""
    return (garment.lower * (1 - garment.skirt).round())[:, None, None, None]


def _reaches(garment: bones.Garment) -> Tensor:
    """(B, 2, 2): how far a garment covers each limb's bones, the first one whole where it covers
    anything of the second."""
    first, second = garment.covered.unbind(2)
    return torch.stack([torch.maximum(first, (second > _ANY).to(first)), second], 2)


def _ends(garment: bones.Garment) -> Tensor:
    """(B, 2, 2, 1, 1): share of each limb's bones as far as which a garment surely covers it."""
    covered = _reaches(garment)
    return (covered - _HEM * (covered < bones.WHOLE)).clamp(min=0)[..., None, None]


def _inside(points: Tensor, limb: int, ends: Tensor, height: int) -> Tensor:
    """(B, 1, H, W) 0 or 1: where arms (``limb`` 0) or legs (1) surely are, as far along their bones
    as ``ends`` (B, 2, 2, 1, 1)."""
    chain = bones.Frame.of(points).chains[:, limb]
    grid = bones.grid(points, height, height * WIDTH // HEIGHT)
    along, _ = to_bone(*grid, chain[:, :, :2], chain[:, :, 1:])
    slim = bones.off_limbs(points, height)[:, limb].unflatten(1, (2, 2)) < _CORE
    within = (along >= 0) & (along < ends)
    seen = _seen(points, (bones.ARMS, bones.LEGS)[limb])
    return (slim & within & seen).flatten(1, 2).any(1, keepdim=True).to(points.dtype)


def _seen(points: Tensor, joints: Tensor) -> Tensor:
    """(B, 2, 2, 1, 1): whether both ends of each bone between ``joints`` (2, 3) are known."""
    known = points[:, joints, 2]
    return (torch.minimum(known[..., :2], known[..., 1:]) > _SEEN)[..., None, None]


def _of_bones(like: Tensor, first: float, second: float) -> Tensor:
    """(2, 1, 1): what holds for the first and the second bone of a limb."""
    return torch.tensor([first, second], dtype=like.dtype, device=like.device)[:, None, None]


def _outer(frame: bones.Frame, x: Tensor, y: Tensor, start: Tensor, end: Tensor) -> Tensor:
    """(B, 2, 2, H, W): on the other side of each bone of the arms than the trunk is."""
    step_x, step_y = x_and_y(end - start)
    from_x, from_y = x_and_y(start)

    def side(x: Tensor, y: Tensor) -> Tensor:
        return step_x * (y - from_y) - step_y * (x - from_x)

    middle_x, middle_y = (v[:, None, None] for v in x_and_y((frame.neck + frame.hip) / 2))
    return side(x, y) * side(middle_x, middle_y) < 0


def _past(
    frame: bones.Frame,
    x: Tensor,
    y: Tensor,
    start: Tensor,
    end: Tensor,
    begins: Tensor,
    flare: Tensor,
) -> Tensor:
    """(B, 2, 2, H, W): farther aside than each bone of an arm that hangs beside the trunk is in the
    same row, by ``flare`` (B, 1, 1, H, W) pixels, from where it ``begins`` (B, 2, 2, 1, 1) to be
    bare to the tips of the hand."""
    step_x, step_y = x_and_y(end - start)
    from_x, from_y = x_and_y(start)
    hanging = step_y > _HANGS * (step_x**2 + step_y**2).sqrt()
    down = (y - from_y) / step_y.clamp(min=1.0)
    reach = _of_bones(x, 1.0, _HAND)
    there = (down >= begins) & (down < reach) & (begins < 1)
    hip_x = frame.hip[:, None, None, :1, None]
    arm = from_x + down * step_x - hip_x
    beside = arm.abs() > _FLANK * frame.half[:, None, None, None, None]
    farther = ((x - hip_x) * arm > 0) & ((x - hip_x).abs() > arm.abs() + flare)
    return hanging & there & beside & farther


def in_pants(points: Tensor, garment: bones.Garment, height: int) -> tuple[Tensor, Tensor]:
    """(B, 1, H, W) 0 or 1 each, of people in a ``garment`` with legs, nothing of others: where
    their legs surely are inside of it, however badly it may lie; and all between hips and hems,
    where no skin can be seen."""
    frame = bones.Frame.of(points)
    x, y = bones.grid(points, height, height * WIDTH // HEIGHT)
    start, end = frame.chains[:, 1, :, :2], frame.chains[:, 1, :, 1:]
    ends = _ends(garment)
    legs = _inside(points, 1, ends, height)
    down = ((end - start)[..., 1] * ends[..., 0, 0]).sum(2)
    hems = (start[:, :, 0, 1] + down).amin(1)
    above = (y >= frame.hip[:, 1:, None]) & (y < hems[:, None, None])
    above = above.expand(-1, -1, x.shape[2])[:, None]
    pants = _pants(garment)
    return legs * pants, above.to(x.dtype) * pants
