"""What a try-on may change of a person and what it must leave alone, computed in the graph.

The region in which the new garment may lie is the old garment, arms or legs, and a generous margin.
The network sees the person with it and without it, filled from around; who has no teacher only the
latter, so that what is worn tells nothing. Hair, face, hands, bags and the like stay in front.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from app.domain.framing import CATEGORIES, LANDMARKS
from app.domain.palette import CLOTHES
from models.training import palette

HEIGHT, WIDTH = 256, 192
_SURE = 0.3  # confidence from which a landmark is used
_UNSEEN = 100.0  # squared distance, in radii, from limbs that are not in the picture

#: Groups of the palette that a garment of each category takes the place of.
_OLD = {
    "upper": ("upper",),
    "lower": ("lower",),
    "dress": ("upper", "lower", "dress"),
}
#: Classes and groups that stay in front of it.
_FRONT = {
    "upper": ("hair", "hat", "glasses", "bag", "accessories", "footwear"),
    "lower": ("hair", "hat", "bag", "accessories", "upper", "footwear", "scarf"),
    "dress": ("hair", "hat", "glasses", "bag", "accessories", "footwear"),
}
#: Groups of what is seen of legs that no pants or skirt covers.
_BARE = ("skin", "legwear")
#: Kinds of things the network is told of where they stay visible.
KINDS = ("ground", "skin", "hair", "upper", "lower", "dress", "legwear", "footwear", "bag")

#: What a bared place can look like: like whatever lies around it, or like the nearest of its kind.
LAYERS = ("around", "ground", "skin", "clothes")

_ARMS = (
    ("left_shoulder", "left_elbow", 0.17),
    ("left_elbow", "left_wrist", 0.15),
    ("right_shoulder", "right_elbow", 0.17),
    ("right_elbow", "right_wrist", 0.15),
)
_TRUNK = (
    ("left_shoulder", "left_hip", 0.2),
    ("right_shoulder", "right_hip", 0.2),
    ("left_shoulder", "right_hip", 0.2),
    ("right_shoulder", "left_hip", 0.2),
    ("left_shoulder", "right_shoulder", 0.18),
)
_LEGS = (
    ("left_hip", "right_hip", 0.28),
    ("left_hip", "left_knee", 0.26),
    ("left_knee", "left_ankle", 0.2),
    ("right_hip", "right_knee", 0.26),
    ("right_knee", "right_ankle", 0.2),
    ("left_knee", "right_knee", 0.2),
)
_HIPS = (("left_hip", "right_hip", 0.3),)
_LIMBS = {
    "upper": (*_TRUNK, *_ARMS, *_HIPS),
    "lower": _LEGS,
    "dress": (*_TRUNK, *_ARMS, *_LEGS),
}
#: Of its distance to the middle of the shoulders, how far the chin lies below the nose.
_CHIN = 0.5
_WAIST = 0.1  # of the torso, below the hips, where a dress divides into top and skirt
_SLEEVE = 0.5  # of the arms' radii, within which a dress is sleeve
_HAND = (0.35, 0.2)  # beyond the wrist, in forearms; radius, in torsos


def _table(names: dict[str, tuple[str, ...]]) -> Tensor:
    rows = [
        [float(c.key in names[category] or c.group in names[category]) for c in palette.CLASSES]
        for category in CATEGORIES
    ]
    return torch.tensor(rows)


Limbs = tuple[tuple[str, str, float], ...]


def _segments(limbs: Limbs) -> tuple[list[int], list[int], list[float]]:
    index = LANDMARKS.index
    return [index(a) for a, _, _ in limbs], [index(b) for _, b, _ in limbs], [r for *_, r in limbs]


def x_and_y(vectors: Tensor) -> tuple[Tensor, Tensor]:
    """x and y (..., 1, 1) of vectors (..., 2), to be spread over places."""
    return vectors[..., :1, None], vectors[..., 1:, None]


def to_bone(x: Tensor, y: Tensor, start: Tensor, end: Tensor) -> tuple[Tensor, Tensor]:
    """(..., H, W) each: how far along bones from ``start`` to ``end`` (..., 2) the places ``x``,
    ``y`` (1, H, W) lie, 0..1 beside them, and their squared distance from them."""
    along = end - start
    length = (along * along).sum(-1) + 1e-3
    from_x, from_y = x_and_y(start)
    step_x, step_y = x_and_y(along)
    gap_x, gap_y = x - from_x, y - from_y
    share = (gap_x * step_x + gap_y * step_y) / length[..., None, None]
    near = share.clamp(0, 1)
    gap_x, gap_y = gap_x - near * step_x, gap_y - near * step_y
    return share, gap_x * gap_x + gap_y * gap_y


def looked_up(table: Tensor, labels: Tensor) -> Tensor:
    """``table`` (B or 1, 26) read at ``labels`` (B, H, W): (B, 1, H, W)."""
    places = labels.flatten(1).long()
    return table.expand(len(labels), -1).gather(1, places).view(labels.shape)[:, None]


class Body(nn.Module):
    """From labels and landmarks to what is hidden, old and in front. No weights.

    Label maps may have any size of the frame's proportions; landmarks are in pixels of the frame of
    256x192 always.
    """

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("old", _table(_OLD), persistent=False)
        self.register_buffer("front", _table(_FRONT), persistent=False)
        for name, groups in (("skin", ("skin",)), ("dress", ("dress",)), ("bare", _BARE)):
            row = [[float(c.group in groups) for c in palette.CLASSES]]
            self.register_buffer(name, torch.tensor(row), persistent=False)
        kinds = [[float(kind in (c.key, c.group)) for c in palette.CLASSES] for kind in KINDS]
        self.register_buffer("kinds", torch.tensor(kinds)[None], persistent=False)
        layers = [
            LAYERS.index("clothes" if c.group in CLOTHES else c.group)
            if c.group in (*CLOTHES, *LAYERS)
            else 0
            for c in palette.CLASSES
        ]
        self.register_buffer("layer", torch.tensor(layers), persistent=False)
        y, x = torch.meshgrid(torch.arange(HEIGHT) + 0.5, torch.arange(WIDTH) + 0.5, indexing="ij")
        self.register_buffer("x", x[None], persistent=False)
        self.register_buffer("y", y[None], persistent=False)

    def _places(self, step: int) -> tuple[Tensor, Tensor]:
        """x and y (1, H, W) in frame pixels of every ``step``-th place."""
        rows, columns = HEIGHT // step, WIDTH // step
        return self.x[:, :rows, :columns] * step, self.y[:, :rows, :columns] * step

    def _distance(self, points: Tensor, limbs: Limbs, reach: Tensor) -> Tensor:
        """(B, H/2, W/2): squared distance to the nearest limb, in its radius times ``reach`` (B,)
        pixels; of limbs that are not in the picture, large."""
        starts, ends, radii = _segments(limbs)
        start, end = points[:, starts], points[:, ends]
        known = torch.minimum(start[..., 2], end[..., 2]) > _SURE
        _, squared = to_bone(*self._places(2), start[..., :2], end[..., :2])
        limit = reach[:, None] * torch.tensor(radii, device=reach.device)
        gap = squared / (limit * limit)[..., None, None]
        gap = gap + _UNSEEN * (1 - known.to(gap))[..., None, None]
        return gap.amin(1).clamp(max=_UNSEEN)

    def _near(self, points: Tensor, limbs: Limbs, reach: Tensor) -> Tensor:
        """(B, H/2, W/2) 0 or 1: within the limbs' radii times ``reach`` (B,) pixels."""
        return (self._distance(points, limbs, reach) < 1).float()

    def limbs(self, points: Tensor) -> Tensor:
        """(B, 2, H/2, W/2): 1 along the bones of arms and legs, falling to nothing beyond them."""
        torso = self._torso(points)
        near = [self._distance(points, limbs, torso) for limbs in (_ARMS, _LEGS)]
        return torch.stack([torch.exp(-2 * n) for n in near], 1)

    def trunk(self, points: Tensor) -> Tensor:
        """(B, 1, H/2, W/2) 0 or 1: near the trunk."""
        wide = torch.full_like(points[:, 0, 0], 1.3)
        return self._near(points, (*_TRUNK, *_HIPS), self._torso(points) * wide)[:, None]

    def sleeves(self, points: Tensor) -> Tensor:
        """(B, 1, H/2, W/2) 0 or 1: near the arms that are seen, where a dress is sleeve and goes
        with its top wherever they hang."""
        return self._near(points, _ARMS, self._torso(points) * _SLEEVE)[:, None]

    @staticmethod
    def _torso(points: Tensor) -> Tensor:
        """(B,): from the middle of the shoulders to that of the hips, in pixels."""
        neck, hip = points[:, 1:3, :2].mean(1), points[:, 7:9, :2].mean(1)
        return (hip - neck).pow(2).sum(1).sqrt().clamp(min=8.0)

    def forward(
        self, labels: Tensor, points: Tensor, category: Tensor, reach: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Masks (B, 1, H, W) of what is hidden, of the old garment, and of what stays in front.

        ``labels`` (B, H, W) integers; ``points`` (B, 13, 3) in frame pixels with confidence;
        ``category`` (B, 3) one-hot; ``reach`` (B,) factor of the limbs' radii, 1 or more.
        """
        size = labels.shape[1:]
        neck, hip = points[:, 1:3, :2].mean(1), points[:, 7:9, :2].mean(1)
        torso = self._torso(points)
        zones = torch.stack([self._near(points, _LIMBS[c], torso * reach) for c in CATEGORIES], 1)
        zone = (zones * category[:, :, None, None]).sum(1, keepdim=True)
        bare = self._in_front(points, neck, torso, category)
        sleeves = self.sleeves(points)
        if size[0] != HEIGHT // 2:
            zone, bare, sleeves = (
                functional.interpolate(m, scale_factor=2.0) for m in (zone, bare, sleeves)
            )
        old = looked_up(category @ self.old, labels)
        skin, dress = (looked_up(t, labels) for t in (self.skin, self.dress))
        # Under a new top a dress lives on as a skirt, above new pants as a top.
        waist = (hip[:, 1] + _WAIST * torso)[:, None, None]
        above = (self._places(HEIGHT // size[0])[1] < waist).float()[:, None]
        above = torch.maximum(above, sleeves)
        upper, lower = (category[:, i, None, None, None] for i in (0, 1))
        old = torch.maximum(old, dress * (upper * above + lower * (1 - above)))
        front = torch.maximum(looked_up(category @ self.front, labels), skin * bare)
        front = torch.maximum(front, dress * lower * above)
        wide = size[0] // 32 + 1
        hidden = torch.maximum(zone, functional.max_pool2d(old, wide, 1, wide // 2)) * (1 - front)
        return hidden, old * (1 - front), front

    def _in_front(self, points: Tensor, neck: Tensor, torso: Tensor, category: Tensor) -> Tensor:
        """(B, 1, H/2, W/2): where skin is a face or a hand, or, for what hangs from the waist, an
        arm."""
        x, y = self._places(2)
        nose = points[:, 0]
        chin = torch.where(
            nose[:, 2] > _SURE,
            nose[:, 1] + _CHIN * (neck[:, 1] - nose[:, 1]),
            neck[:, 1] - 0.3 * torso,
        )
        kept = (y < chin[:, None, None]).float()
        elbow, wrist = points[:, [3, 4]], points[:, [5, 6]]
        known = (wrist[..., 2] > _SURE).float()
        hand_x, hand_y = x_and_y(wrist[..., :2] + _HAND[0] * (wrist - elbow)[..., :2])
        gap_x, gap_y = x - hand_x, y - hand_y
        limit = _HAND[1] * torso
        near = (gap_x * gap_x + gap_y * gap_y < (limit * limit)[:, None, None, None]).float()
        kept = torch.maximum(kept, (near * known[..., None, None]).amax(1))
        arms = self._near(points, _ARMS, torso) * category[:, 1, None, None]
        return torch.maximum(kept, arms)[:, None]

    def seen_kinds(self, labels: Tensor, hidden: Tensor) -> Tensor:
        """(B, 9, H, W): what the visible part shows, by `KINDS`."""
        count, classes = len(KINDS), self.kinds.shape[-1]
        where = labels.flatten(1).long()[:, None].expand(-1, count, -1)
        kinds = self.kinds.expand(len(labels), count, classes).gather(2, where)
        return kinds.unflatten(2, labels.shape[1:]) * (1 - hidden)

    def heat(self, points: Tensor) -> Tensor:
        """(B, 13, H/2, W/2): a soft spot for each landmark that is in the picture."""
        x, y = self._places(2)
        at_x, at_y = x_and_y(points[..., :2])
        gap_x, gap_y = x - at_x, y - at_y
        spot = torch.exp(-(gap_x * gap_x + gap_y * gap_y) / (2 * 6.0**2))
        return spot * (points[:, :, 2, None, None] > _SURE).float()
