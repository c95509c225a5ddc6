"""The person parser: a U-Net with two heads, label map and body landmarks."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from app.domain.framing import LANDMARKS
from models.training import palette
from models.training.unet import UNet

_POINTS = len(LANDMARKS)
_CONTEXT = 128


#: The one that ships, and a larger one.
ENCODERS = ("lite0", "lite2")


class Parser(nn.Module):
    """Pictures (B, 3, H, W) in [-1, 1] to

    - scores (B, 26, H/2, W/2) before softmax,
    - heat maps (B, 13, H/4 * W/4), a distribution over places for each landmark,
    - points (B, 13, 2), their expectation in [0, 1] of the frame (integral regression, Sun et al.
      2018), and the logits (B, 13) of each landmark being in the picture,
    - worn (B, 26), logits of each class being in the picture. What they are told from also shifts
      the scores of the whole picture (context encoding, Zhang et al. 2018): the name of a garment
      is seen in all of it.
    """

    def __init__(self, encoder: str = ENCODERS[0]) -> None:
        super().__init__()
        self.net = UNet(encoder)
        self.scores = nn.Conv2d(40, palette.COUNT, 1)
        self.heat = nn.Conv2d(64, _POINTS, 1)
        self.seen = nn.Sequential(
            nn.Linear(self.net.deep, 64), nn.ReLU(inplace=True), nn.Linear(64, _POINTS)
        )
        self.context = nn.Sequential(nn.Linear(self.net.deep, _CONTEXT), nn.ReLU(inplace=True))
        self.worn = nn.Linear(_CONTEXT, palette.COUNT)
        self.shift = nn.Linear(_CONTEXT, palette.COUNT, bias=False)
        nn.init.zeros_(self.shift.weight)

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        fine, quarter, deep = self.net(picture)
        heat = self.heat(quarter)
        _, _, rows, columns = heat.shape
        places = heat.flatten(2).softmax(-1)
        x = (torch.arange(columns, device=heat.device) + 0.5) / columns
        y = (torch.arange(rows, device=heat.device) + 0.5) / rows
        grid = torch.stack([x.repeat(rows), y.repeat_interleave(columns)], 1)
        everywhere = deep.mean((2, 3))
        context = self.context(everywhere)
        return (
            self.scores(fine) + self.shift(context)[:, :, None, None],
            places,
            places @ grid.to(places.dtype),
            self.seen(everywhere),
            self.worn(context),
        )

    def groups(self) -> list[dict[str, object]]:
        """AdamW's groups: the ImageNet encoder learns slower than what is new."""
        encoder, rest = self.net.groups(4e-4, 1.5e-3)
        heads = [self.scores, self.heat, self.seen, self.context, self.worn, self.shift]
        rest["params"] = [*rest["params"], *(p for head in heads for p in head.parameters())]  # type: ignore[misc]
        return [encoder, rest]


#: Groups of the palette of which one person wears one or two pieces, not a patchwork.
FAMILIES = (("upper",), ("lower", "dress", "legwear"))
_AGREEMENT = 2.0


class ExportedParser(nn.Module):
    """As it ships: photo 0..1 in, class probabilities and landmarks in frame pixels out.

    Within a family of garments each class is weighed by how much of the person it surely is: pixels
    that are torn between coat, jacket and blazer follow the others. How likely the family as a
    whole is at a pixel stays.
    """

    def __init__(self, parser: Parser) -> None:
        super().__init__()
        self.net = parser.eval()
        families = [[float(c.group in f) for c in palette.CLASSES] for f in FAMILIES]
        self.register_buffer("families", torch.tensor(families), persistent=False)

    def forward(self, photo: Tensor) -> tuple[Tensor, Tensor]:
        scores, _, points, seen, _ = self.net(photo * 2 - 1)
        chance = scores.softmax(1)
        for family in self.families[:, None, :, None, None]:
            own = chance * family
            total = own.sum(1, keepdim=True)
            evidence = (own * total).sum((2, 3), keepdim=True)
            weight = (evidence / (evidence.amax(1, keepdim=True) + 1e-6)) ** _AGREEMENT
            agreed = own * weight
            agreed = agreed / (agreed.sum(1, keepdim=True) + 1e-9) * total
            chance = chance * (1 - family) + agreed
        size = photo.shape[2:]
        chance = functional.interpolate(chance, size=size, mode="bilinear", align_corners=False)
        pixels = points * torch.tensor([size[1], size[0]], dtype=points.dtype)
        return chance, torch.cat([pixels, seen.sigmoid()[..., None]], -1)
