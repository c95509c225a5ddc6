"""The try-on network as it ships: what it says, and over it what is known without it."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from app.domain.framing import CATEGORIES
from app.domain.palette import GROUND
from models.training.tryon import bones, limbs
from models.training.tryon.body import HEIGHT, LAYERS, WIDTH, looked_up
from models.training.tryon.networks import TryOnNet, Turning, covering, warp

#: Of the layers of the fill, those whose shares the graph gives.
SHARES = ("ground", "clothes", "skin")
#: What the graph takes and gives, in its order; the card has what they are.
INPUTS = ("person", "cloth", "labels", "landmarks", "category")
OUTPUTS = ("outcome", "flow", "cover", "replace", "fill", *SHARES, "quarters")
_CRISP = 3.0  # steepness of the outline; of 1, 2, 3 and 5 the nearest to real pictures
_SURELY = 8.0  # logit of the outline, at least, where the cloth is known to lie
_CRISP_FILL = 2.5  # and of the borders between the layers of which the fill is made
_NEAR = 8  # pixels beyond what is hidden in which something may have to go
_UNLIKELY = 0.05  # chance of having to go, up to which nothing does
_SHADOW = 0.75  # of a cloth's mean colour
_MIDRIFF = 0.45  # of the torso, above the hips, from where on a dress shows below a short top
_ASIDE = 31  # columns, as far as which what a top covers says where it ends
_UPPER = CATEGORIES.index("upper")


class ExportedTryOn(nn.Module):
    """The pack's contract of inputs and outputs is in the card. ``blind`` is one that learned
    without `redressed`."""

    def __init__(
        self, net: TryOnNet, turning: Turning, blind: bool = False, reach: float = 1.25
    ) -> None:
        super().__init__()
        self.net, self.turning, self.blind = net.eval(), turning.eval(), blind
        self.register_buffer("reach", torch.tensor([reach]), persistent=False)
        below = torch.ones(HEIGHT, HEIGHT).triu()
        self.register_buffer("below", below, persistent=False)

    def forward(
        self, person: Tensor, cloth: Tensor, labels: Tensor, landmarks: Tensor, category: Tensor
    ) -> tuple[Tensor, ...]:
        net = self.net
        hidden, old, front = net.body(labels, landmarks, category, self.reach)
        skin, dress = looked_up(net.body.skin, labels), looked_up(net.body.dress, labels)
        rgba = torch.cat([cloth[:, :3] * 2 - 1, cloth[:, 3:]], 1)
        features, traits = net.reader.features(rgba, category)
        flat, garment = net.reader.said(features, category)
        first = bones.flow(landmarks, garment, flat)
        hidden = net.around(hidden, front, rgba, first)
        look = net.look(
            person * 2 - 1, rgba, labels, landmarks, category, hidden, old, first, self.blind
        )
        coarse = net.coarse(look, first)
        bared = limbs.bared(landmarks, garment, HEIGHT)
        legs, clad = limbs.in_pants(landmarks, garment, HEIGHT)
        no_skin = torch.maximum(clad, bared.beside)
        no_skin = torch.maximum(no_skin, limbs.beside_limbs(landmarks, HEIGHT))
        made = net.mend(rgba, look, coarse, _CRISP_FILL, bared.must * old - no_skin)
        # A skirt falls as its bones say, before all but what stays in front and as far as the cloth
        # reaches: the nets round its corners.
        falls = limbs.falling(landmarks, garment, HEIGHT)
        straight = functional.interpolate(first, (HEIGHT, WIDTH), mode="bilinear")
        flow = (made.flow + falls * (straight - made.flow)).clamp(-1, 1)
        warped = warp(cloth, flow)
        sleeved = limbs.sleeved(landmarks, garment, HEIGHT) * torch.maximum(skin, old)
        surely = torch.maximum(sleeved, falls * (1 - front)) > 0.5
        logit = made.logit * _CRISP
        logit = torch.where(surely, logit.clamp(min=_SURELY), logit)
        cover = covering(logit, warped[:, 3:])
        beside = limbs.beside_pants(landmarks, garment, HEIGHT)
        cover = cover * (1 - torch.maximum(bared.before(skin, old), beside))
        # What has to go and the seam around it, but nothing that stays.
        near = functional.max_pool2d(torch.maximum(hidden, old), 2 * _NEAR + 1, 1, _NEAR)
        gone = old if self.blind else (made.gone * _CRISP).sigmoid() * near
        gone = ((gone - _UNLIKELY) / (1 - 2 * _UNLIKELY)).clamp(0, 1)
        replace = functional.avg_pool2d(functional.max_pool2d(gone, 5, 1, 2), 3, 1, 1)
        stays = dress * category[:, _UPPER, None, None, None] * self._under(landmarks, cover)
        replace = replace * (1 - torch.maximum(front * (1 - gone), stays))
        fill = (made.fill + 1) / 2
        # Between its legs and beside them pants that lie badly are in their own shadow.
        seen = looked_up(net.body.bare, labels) * limbs.about_legs(landmarks, HEIGHT) * clad
        legs = torch.maximum(legs, seen) * (1 - front) * (labels != GROUND)[:, None]
        solid = cloth[:, 3:]
        mean = (cloth[:, :3] * solid).sum((2, 3), True) / (solid.sum((2, 3), True) + 1)
        fill = fill + legs * (_SHADOW * mean - fill)
        replace = torch.maximum(replace, legs)
        outcome = person + replace * (fill - person)
        outcome = outcome + cover * (warped[:, :3] - outcome)
        behind = made.bare.softmax(1) * (1 - legs)
        ground, clothes, bare = (behind[:, LAYERS.index(n)][:, None] for n in SHARES)
        quarters = self.turning(traits).softmax(1)
        return outcome, flow, cover, replace, fill, ground, clothes, bare, quarters

    def _under(self, landmarks: Tensor, cover: Tensor) -> Tensor:
        """(B, 1, H, W): below what a top covers nearby, where a dress that is worn under it shows
        on."""
        frame = bones.Frame.of(landmarks)
        _, y = bones.grid(landmarks, *cover.shape[2:])
        from_here = frame.hip[:, 1, None, None] - _MIDRIFF * frame.torso[:, None, None]
        top = functional.max_pool2d((cover > 0.5).to(cover), (1, _ASIDE), 1, (0, _ASIDE // 2))
        open_below = self.below @ top < 0.5
        sleeves = functional.interpolate(self.net.body.sleeves(landmarks), scale_factor=2.0)
        return ((y > from_here)[:, None] & open_below).to(cover) * (1 - sleeves)
