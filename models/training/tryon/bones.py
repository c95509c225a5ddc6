"""How a garment lies on a body, and how it lies flat: linear blend skinning in 2-D.

Six bones are enough: the trunk, a skirt below the hips, and two of each sleeve or leg. Where they
lie on the person the landmarks say; where they lie in a flat cloth its `POINTS` say. Both together
give the flow: for each place of the person frame the place of the cloth frame that shows the same
piece of cloth. A wide skirt hangs in folds, narrower than it lies. The same code lays worn garments
flat for training and, in the shipped graph, puts a cloth whose points were found onto a person
(Magnenat-Thalmann, Laperriere, Thalmann 1988).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from app.domain.framing import CATEGORIES, LANDMARKS
from models.training.tryon.body import HEIGHT, WIDTH, to_bone

#: Places of a garment in its cloth's frame: the roots are the shoulders, of lower garments the
#: hips; the axis is the middle of the hips, of lower garments the waist; the hem lies between the
#: knees (of skirts and dresses); then elbows and wrists, of lower garments knees and ankles.
POINTS = (
    "left_root", "right_root", "axis", "hem",
    "left_middle", "left_end", "right_middle", "right_end",
)  # fmt: skip
#: The trunk, the skirt, then two bones of the left and two of the right limb.
BONES = 6
#: Flows are smooth: they are kept at half the frame.
FLOW_HEIGHT, FLOW_WIDTH = HEIGHT // 2, WIDTH // 2

WHOLE = 0.95  # share from which a bone is covered to its end
_SURE = 0.3  # confidence from which a landmark is used
_SOFT = 0.03  # torso lengths over which one bone hands over to the next
_THICK = ((0.1, 0.075), (0.17, 0.12))  # half the width of sleeves and legs, in torsos
_HANGING = ((0.5, 0.46), (0.85, 0.75))  # lengths of arms and legs whose joints are not seen
_PART = (0.3, 0.15)  # share from which a limb's first and second bone are covered
#: Half the width of each bone of arms and legs at its start and end, in torsos.
_HALF = (((0.085, 0.07), (0.07, 0.05)), ((0.16, 0.11), (0.1, 0.06)))
_BLUR = 0.1
_LONGEST = 2.5  # how far a foreshortened bone may be stretched
_WIDE = 1.06  # how much wider a limb lies than it is worn
_WAIST = 0.4  # of the torso, above the hips
_SLIM = 1.6  # half widths of the hips, up to which a skirt hangs at them as wide as it lies
_FLARE = 0.3  # and how much farther at the knees
_FOLDED = 0.5  # of half widths that lie beyond these: what is seen of w of them is w / (1 + that w)
_TIGHTEST = 0.25  # share of what lies beyond these that is seen at least
_FALLS = 0.2  # of the thighs, above the hips, from where on folds begin; at these they are whole
_FAR = 10.0  # torso lengths; where bones are that a garment does not have
#: Half the width of the trunk at four heights, in half widths of the hips: (where, width) pairs,
#: where in torso lengths below the hips.
_LEGGED = ((-1, 2), (0, 1.6), (0.22, 0), (3, -12))
_SKIRT = ((-1, 2), (0, 2.5), (1, 3), (3, 4))
_TOP = ((0, 1.5), (1, 2), (3, 4))
_DRESS = ((0, 1.7), (1, 2.2), (3, 4))

_index = LANDMARKS.index
_ROOTS = (
    (_index("left_shoulder"), _index("right_shoulder")),
    (_index("left_hip"), _index("right_hip")),
)
_CHAINS = torch.tensor(
    [
        [[_index(f"{side}_{joint}") for joint in joints] for side in ("left", "right")]
        for joints in (("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle"))
    ]
)
#: Of the body's landmarks (2, 3) each, the joints of the left and the right arm, and of the legs.
ARMS = _CHAINS[0]
LEGS = _CHAINS[1]
#: Of `POINTS`, the joints of the left and the right limb.
_FLAT_LIMBS = torch.tensor([[0, 4, 5], [1, 6, 7]])
_UPPER, _LOWER, _DRESSED = (CATEGORIES.index(c) for c in ("upper", "lower", "dress"))


@dataclass(frozen=True)
class Garment:
    """What kinds of garments B cloths are: ``category`` (B, 3) one-hot; ``skirt`` (B,) 0..1, of a
    lower garment whether it has no legs; ``covered`` (B, 2, 2) 0..1, how much of each limb's
    bones, left and right, it covers from the root."""

    category: Tensor
    skirt: Tensor
    covered: Tensor

    @property
    def lower(self) -> Tensor:
        return self.category[:, _LOWER]

    @property
    def hanging(self) -> Tensor:
        """(B,) how much what lies below the hips is a skirt."""
        return self.category[:, _DRESSED] + self.lower * self.skirt

    @property
    def limbs(self) -> Tensor:
        """(B, 2, 2) 0..1: whether each limb's bones move cloth."""
        there = [
            ((self.covered[:, :, part] - limit) / _BLUR + 0.5).clamp(0, 1)
            for part, limit in enumerate(_PART)
        ]
        return torch.stack(there, 2) * (1 - self.lower * self.skirt)[:, None, None]


@dataclass(frozen=True)
class Frame:
    """A person's measures in frame pixels, from landmarks: ``torso`` (B,), its ``neck`` and ``hip``
    (B, 2), ``half`` (B,) width of the hips, ``chains`` (B, 2, 2, 3, 2): arms and legs, left and
    right, from the root outwards."""

    torso: Tensor
    neck: Tensor
    hip: Tensor
    half: Tensor
    chains: Tensor

    @classmethod
    def of(cls, points: Tensor) -> Frame:
        """From landmarks (B, 13, 3): x, y in pixels of the 256x192 frame, and confidence. Joints
        that are not seen hang straight down."""
        xy, sure = points[..., :2], (points[..., 2:] > _SURE).to(points.dtype)
        neck, hip = (xy[:, list(r)].mean(1) for r in _ROOTS)
        torso = (hip - neck).pow(2).sum(1).sqrt().clamp(min=8.0)
        half = torch.maximum((xy[:, _ROOTS[1][0], 0] - hip[:, 0]).abs(), 0.17 * torso)
        joints, seen = xy[:, _CHAINS], sure[:, _CHAINS]
        lengths = torch.tensor(_HANGING, dtype=xy.dtype, device=xy.device)[:, None]
        chain = [joints[..., 0, :]]
        for joint in (1, 2):
            hanging = lengths[..., joint - 1] * torso[:, None, None]
            fallback = chain[-1] + functional.pad(hanging[..., None], (1, 0))
            chain.append(fallback + seen[..., joint, :] * (joints[..., joint, :] - fallback))
        chains = torch.stack(chain, -2)
        return cls(torso, neck, hip, half, chains)

    @property
    def hem(self) -> Tensor:
        """(B, 2): the middle of the knees."""
        return self.chains[:, 1, :, 1].mean(1)

    def limbs(self, lower: Tensor) -> Tensor:
        """(B, 2, 3, 2): the chains that move with a garment: legs where ``lower`` (B,) is 1."""
        arms, legs = self.chains.unbind(1)
        return arms + lower[:, None, None, None] * (legs - arms)

    def points(self, lower: Tensor) -> Tensor:
        """(B, 8, 2): `POINTS` on the person."""
        limbs = self.limbs(lower)
        waist = self.hip + _WAIST * (self.neck - self.hip)
        axis = self.hip + lower[:, None] * (waist - self.hip)
        middle = torch.stack([axis, self.hem], 1)
        return torch.cat([limbs[:, :, 0], middle, limbs[:, :, 1:].flatten(1, 2)], 1)


def grid(like: Tensor, height: int = FLOW_HEIGHT, width: int = FLOW_WIDTH) -> tuple[Tensor, Tensor]:
    """x, y (1, height, width): pixel centres in pixels of the person frame."""
    y, x = torch.meshgrid(
        (torch.arange(height, device=like.device, dtype=like.dtype) + 0.5) * (HEIGHT / height),
        (torch.arange(width, device=like.device, dtype=like.dtype) + 0.5) * (WIDTH / width),
        indexing="ij",
    )
    return x[None], y[None]


def _along(y: Tensor, heights: Tensor, values: Tensor) -> Tensor:
    """Piecewise linear: ``values`` (..., K) at ``heights`` (..., K) read at ``y`` (1, H, W):
    (..., H, W)."""
    low, high = heights[..., :-1], heights[..., 1:]
    span = (high - low).clamp(min=1e-3)
    slope = (values[..., 1:] - values[..., :-1]) / span
    done = torch.minimum((y - low[..., None, None]).clamp(min=0), span[..., None, None])
    return values[..., :1, None] + (slope[..., None, None] * done).sum(-3)


def _trunk(frame: Frame, garment: Garment, x: Tensor, y: Tensor) -> Tensor:
    """(B, H, W): distance from what moves with the trunk, in pixels, negative inside."""

    def table(rows: tuple[tuple[float, float], ...]) -> Tensor:
        return torch.tensor(rows, dtype=x.dtype, device=x.device)

    below = table(_LEGGED) + garment.skirt[:, None, None] * (table(_SKIRT) - table(_LEGGED))
    above = table(_TOP) + garment.category[:, _DRESSED, None, None] * (table(_DRESS) - table(_TOP))
    sign = torch.tensor([[1.0], [-1.0]], dtype=x.dtype, device=x.device)
    hip_x, hip_y = frame.hip[:, :1, None], frame.hip[:, 1:, None]
    half, torso = frame.half[:, None, None], frame.torso[:, None, None]
    root = frame.chains[:, 0, :, 0]
    root = root + 0.14 * (frame.neck[:, None] - root)
    every = torch.cat([above, below], 1)[:, None]
    heights, sides = hip_y + every[..., 0] * torso, hip_x + sign * every[..., 1] * half
    heights = torch.cat([root[..., 1:], heights.expand(-1, 2, -1)], 2)
    sides = torch.cat([root[..., :1], sides], 2)
    rows, first = y[..., :1], 1 + len(_TOP)
    edge = _along(rows, heights[..., :first], sides[..., :first])
    low = _along(rows, heights[..., first:], sides[..., first:])
    edge = edge + garment.lower[:, None, None, None] * (low - edge)
    return (sign[..., None] * (x - edge)).amax(1)


def weights(frame: Frame, garment: Garment) -> Tensor:
    """(B, 6, 128, 96): how much each place follows each bone; their sum is 1."""
    torso = frame.torso[:, None, None]
    x, y = grid(frame.torso)
    joints = frame.limbs(garment.lower)
    start, end = joints[:, :, :2], joints[:, :, 1:]
    # The first bone of a limb ends where the garment does.
    reach = functional.pad((garment.covered[..., :1] + 0.05).clamp(max=1), (0, 1), value=1.0)
    _, squared = to_bone(x, y, start, start + (end - start) * reach[..., None])
    sleeve, leg = torch.tensor(_THICK, dtype=x.dtype, device=x.device)
    thick = sleeve + garment.lower[:, None, None] * (leg - sleeve)
    away = (thick - _FAR * (1 - garment.limbs)) * torso
    limbs = ((squared + 1e-3).sqrt() - away[..., None, None]).flatten(1, 2)
    distances = torch.cat([_trunk(frame, garment, x, y)[:, None], limbs], 1)
    shares = (distances / (-_SOFT * torso[:, None])).softmax(1)
    depth = ((y[..., :1] - frame.hip[:, 1:, None]) / (0.35 * torso)).clamp(0, 1)
    depth = depth * depth * (3 - 2 * depth) * garment.hanging[:, None, None]
    trunk, depth = shares[:, :1], depth[:, None]
    return torch.cat([trunk * (1 - depth), trunk * depth, shares[:, 1:]], 1)


def _linear(a: Tensor, b: Tensor, to_a: Tensor, to_b: Tensor) -> Tensor:
    """(..., 2, 2) that takes vectors ``a``, ``b`` (..., 2) to ``to_a``, ``to_b``."""
    size = a[..., :1] * b[..., 1:] - a[..., 1:] * b[..., :1]
    size = torch.where(size.abs() < 1.0, torch.ones_like(size), size)
    back = torch.stack([-_aside(b), _aside(a)], -2) / size[..., None]
    return torch.stack([to_a, to_b], -1) @ back


def _moved(linear: Tensor, start: Tensor, to: Tensor) -> Tensor:
    """(..., 2, 3): ``linear`` with ``start`` going to ``to``."""
    return torch.cat([linear, to[..., None] - linear @ start[..., None]], -1)


def _aside(step: Tensor) -> Tensor:
    return torch.cat([-step[..., 1:], step[..., :1]], -1)


def moves(frame: Frame, lower: Tensor, flat: Tensor, wide: float = _WIDE) -> Tensor:
    """(B, 6, 2, 3): each bone's affine from person frame pixels to those of the cloth frame.

    ``flat`` (B, 8, 2) are `POINTS` in pixels of the cloth frame; limbs get ``wide`` times wider.
    """
    own = frame.points(lower)
    middle, to_middle = own[:, :2].mean(1), flat[:, :2].mean(1)
    across, axis = (own[:, 0] - own[:, 1]) / 2, own[:, 2] - middle
    to_axis = flat[:, 2] - to_middle
    linear = _linear(across, axis, (flat[:, 0] - flat[:, 1]) / 2, to_axis)
    body = _moved(linear, middle, to_middle)
    scale = _length(to_axis, 0) / _length(axis)
    low = (linear @ (frame.hip - middle)[..., None])[..., 0] + to_middle
    turn, to_turn = own[:, 3] - frame.hip, flat[:, 3] - low
    aside, to_aside = _aside(turn) / _length(turn), _aside(to_turn) / _length(to_turn)
    broad = _length(linear[:, :, 0], 0)
    skirt = _moved(_linear(turn, aside, to_turn, to_aside * broad), frame.hip, low)
    joints, to = frame.limbs(lower), flat[:, _FLAT_LIMBS]
    step, to_step = (j[:, :, 1:] - j[:, :, :2] for j in (joints, to))
    length, to_length = _length(step), _length(to_step)
    u, v = step / length, to_step / to_length
    scale = scale[:, None, None]
    along = torch.minimum(to_length / length, _LONGEST * scale)
    linear = _linear(u, _aside(u), v * along, _aside(v) * wide * scale)
    limbs = _moved(linear, joints[:, :, :2], to[:, :, :2]).flatten(1, 2)
    return torch.cat([torch.stack([body, skirt], 1), limbs], 1)


def _length(vectors: Tensor, least: float = 1.0) -> Tensor:
    """(..., 1) of (..., 2)."""
    return vectors.norm(dim=-1, keepdim=True).clamp(min=least)


def _unfurled(frame: Frame, garment: Garment, x: Tensor, y: Tensor) -> Tensor:
    """(B, H, W): x of each place where it would be if the folds of a wide skirt were laid out.

    What lies ``w`` half widths of the hips farther aside than a slim skirt hangs
    ``w / (1 + _FOLDED w)`` aside, but no less than ``_TIGHTEST w``: a little flare is seen, and of
    a circle hardly more.
    """
    hip_x, hip_y = frame.hip[:, :1, None], frame.hip[:, 1:, None]
    hem_x, hem_y = frame.hem.unsqueeze(2).split(1, 1)
    down = (y - hip_y) / (hem_y - hip_y).clamp(min=8.0)
    aside = x - hip_x - down.clamp(0, 1.5) * (hem_x - hip_x)
    half = frame.half[:, None, None]
    hung = (aside.abs() / half - _SLIM - _FLARE * down.clamp(0, 1.5)).clamp(min=0)
    falls = (down / _FALLS + 1).clamp(0, 1) * garment.hanging[:, None, None]
    lies = hung / (1 - _FOLDED * falls * hung).clamp(min=_TIGHTEST)
    return x + (lies - hung) * half * aside.sign()


def flat_places(shares: Tensor, affines: Tensor, frame: Frame, garment: Garment) -> Tensor:
    """(B, 2, 128, 96): x, y in the cloth frame, in pixels, of each place of the person frame."""
    x, y = grid(shares)
    own = torch.stack([x[0], y[0], torch.ones_like(x[0])])
    wide = torch.stack(torch.broadcast_tensors(_unfurled(frame, garment, x, y), own[1], own[2]), 1)
    trunk, limbs = affines.split((2, BONES - 2), 1)
    each = [trunk @ wide.flatten(2)[:, None], limbs @ own.flatten(1)]
    moved = torch.cat(each, 1)  # (B, 6, 2, places)
    return (shares.flatten(2)[:, :, None] * moved).sum(1).unflatten(2, shares.shape[2:])


def off_limbs(points: Tensor, height: int) -> Tensor:
    """(B, 2, 4, height, ...): how far each place is from the two bones of the left arm and then of
    the right one, and from those of the legs, in half their width."""
    frame = Frame.of(points)
    start, end = frame.chains[..., :2, :], frame.chains[..., 1:, :]
    share, squared = to_bone(*grid(points, height, height * WIDTH // HEIGHT), start, end)
    ends = torch.tensor(_HALF, dtype=points.dtype, device=points.device)[:, None, ..., None, None]
    half = ends[:, :, :, 0] + share.clamp(0, 1) * (ends[:, :, :, 1] - ends[:, :, :, 0])
    off = (squared + 1e-3).sqrt() / (half * frame.torso[:, None, None, None, None, None])
    return off.flatten(2, 3)


def flow(points: Tensor, garment: Garment, flat: Tensor) -> Tensor:
    """(B, 2, 128, 96), -1..1 between the edges of the cloth frame (align_corners=False): where a
    cloth whose `POINTS` are ``flat`` (B, 8, 2) in -1..1 shows what is on a person with landmarks
    ``points`` (B, 13, 3) in frame pixels."""
    frame = Frame.of(points)
    half = torch.tensor([WIDTH / 2, HEIGHT / 2], dtype=points.dtype, device=points.device)
    affines = moves(frame, garment.lower, (flat + 1) * half)
    places = flat_places(weights(frame, garment), affines, frame, garment)
    return places / half[:, None, None] - 1
