"""The try-on network: a coarse flow from person and cloth, then edges, skin and detail.

Flows are sampling positions in the cloth frame (x, y in -1..1, align_corners=False). A reader finds
the points of the cloth (shoulders, elbows, wrists and so on); with the person's landmarks they give
a first flow by linear blend skinning (`bones`), to which every scale of the coarse net adds a
residual. A second net sees the warped cloth at full size and mends flow and outline and paints what
the cloth leaves bare. Cascaded flows after PF-AFN (Ge et al. 2021), made small; taught by known
flows. Both nets see the photograph itself too, what is to go included.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from app.domain.framing import CATEGORIES
from app.domain.palette import CLOTHES
from models.training import efficientnet
from models.training.tryon import bones
from models.training.tryon.body import HEIGHT, KINDS, LAYERS, WIDTH, Body
from models.training.unet import ConvNorm

#: Ways in which a cloth may lie in its picture.
QUARTERS = 4
_COARSE = (32, 48, 64, 96, 128, 128)
_FINE = (48, 64, 96)
_SURELY = 8.0  # added to the logit of what is known
_FEW = 30.0  # pixels; of fewer the colour of a kind is not trusted
_ALIKE = 0.35  # how far colours of one skin lie apart, of -1..1
_SHADE = 0.2  # of skin's lightness, how much darker it is at the sides of limbs
_REFINE = 0.1  # of the frame, what the second net may shift the flow by
_BLOCKS = 11  # of EfficientNet-Lite0, down to stride 16
_TOLD = 64  # hidden units of what tells quarters
_REACH = 1.5  # of the frame, how far from a place its vote for a point may go


def warp(cloth: Tensor, flow: Tensor) -> Tensor:
    """``cloth`` (B, C, H, W) sampled at ``flow`` (B, 2, H, W); beyond its edges 0."""
    grid = flow.permute(0, 2, 3, 1).clamp(-1, 1)
    return functional.grid_sample(cloth, grid, padding_mode="zeros", align_corners=False)


def covering(logit: Tensor, alpha: Tensor) -> Tensor:
    """How much of a place the cloth covers, 0..1: where the garment is, by ``logit``, as far as
    the warped cloth's ``alpha`` reaches."""
    return logit.sigmoid() * alpha.clamp(0, 1) ** 0.5


def _grow(x: Tensor, size: tuple[int, int] | torch.Size) -> Tensor:
    return functional.interpolate(x, size=tuple(size), mode="bilinear", align_corners=False)


def diffuse(rgb: Tensor, known: Tensor) -> Tensor:
    """``rgb`` (B, 3, H, W) where ``known`` (B, 1, H, W) is 1, and elsewhere what lies around it:
    push-pull on halved grids (Gortler et al. 1996, section 3.4)."""
    colour, weight = rgb * known, known
    levels = []
    while min(colour.shape[2:]) > 3:
        levels.append((colour, weight))
        share = functional.avg_pool2d(weight, 2)
        weight = (share * 4).clamp(max=1.0)  # one known place of four is enough
        colour = functional.avg_pool2d(colour, 2) / (share + 1e-4) * weight
    mean = colour.mean((2, 3), keepdim=True) / (weight.mean((2, 3), keepdim=True) + 1e-3)
    spread = colour + (1 - weight) * mean
    for colour, weight in reversed(levels):
        spread = colour + (1 - weight) * _grow(spread, colour.shape[2:])
    return spread


def _inner(mask: Tensor) -> Tensor:
    """``mask`` (B, 1, H, W) without its edge, where colours are mixed, unless little else is
    left."""
    inner = -functional.max_pool2d(-mask, 3, 1, 1)
    enough = (inner.sum((2, 3), keepdim=True) / _FEW).clamp(max=1)
    return mask + enough * (inner - mask)


def _alike(rgb: Tensor, mask: Tensor) -> Tensor:
    """``mask`` (B, 1, H, W) without what differs in colour from the most of it: a cuff that was
    taken for a hand would turn a whole arm white."""
    alike = mask
    for _ in range(3):
        mean = (rgb * alike).sum((2, 3), keepdim=True) / (alike.sum((2, 3), keepdim=True) + 1e-3)
        alike = mask * torch.exp((rgb - mean).pow(2).sum(1, keepdim=True) / (-2 * _ALIKE**2))
    return alike


def layers(seen: Tensor, points: Tensor) -> Tensor:
    """(B, 4, 3, H, W): what a bared place may look like, by `LAYERS`, from what is ``seen``
    (`TryOnNet.look`). A kind of which nothing is seen looks like what lies around. Limbs are round:
    skin is darker towards their sides."""
    around, kinds = seen[:, :3], dict(zip(KINDS, seen[:, 4:].split(1, 1), strict=True))
    clothes = torch.stack([kinds[group] for group in CLOTHES]).sum(0)
    known = torch.stack([kinds["ground"], _alike(around, _inner(kinds["skin"])), clothes], 1)
    count = known.shape[1]
    spread = diffuse(
        around[:, None].expand(-1, count, -1, -1, -1).flatten(0, 1), known.flatten(0, 1)
    )
    spread = spread.unflatten(0, (-1, count))
    there = (known.sum((2, 3, 4), keepdim=True) / _FEW).clamp(max=1)
    spread = spread * there + around[:, None] * (1 - there)
    off = bones.off_limbs(points, around.shape[2]).amin((1, 2))[:, None].clamp(max=1.2)
    light = 1 + _SHADE * (0.35 - off * off)
    ground, skin, clothes = spread.unbind(1)
    return torch.stack([around, ground, (skin + 1) * light - 1, clothes], 1)


@dataclass(frozen=True)
class Look:
    """What the nets see of a person: ``photo`` (B, 3, H, W) in -1..1; ``seen`` (B, 13, H, W), the
    same with the hidden part filled from around it, what is hidden, and what shows, by `KINDS`;
    ``old`` (B, 1, H, W), the old garment by the labels; ``points`` (B, 13, 3); ``wide``, all at
    128x96 and the cloth as the first flow moves it."""

    photo: Tensor
    seen: Tensor
    old: Tensor
    points: Tensor
    wide: Tensor


@dataclass(frozen=True)
class Mended:
    """What the second net says, at 256x192: ``flow`` (B, 2, ...), ``logit`` (B, 1, ...) of the
    garment, ``fill`` (B, 3, ...) in -1..1, ``bare`` (B, 4, ...) logits of the `LAYERS` it is made
    of, and ``gone`` (B, 1, ...), the logit of what has to go."""

    flow: Tensor
    logit: Tensor
    fill: Tensor
    bare: Tensor
    gone: Tensor


class _Glance(nn.Sequential):
    """Features of the photograph, added to those of a net that did without it: at first none."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(ConvNorm(inputs, 32), ConvNorm(32, 32), nn.Conv2d(32, outputs, 1))
        nn.init.zeros_(self[-1].weight)
        nn.init.zeros_(self[-1].bias)


class _Down(nn.Sequential):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, 3, 2, 1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
            ConvNorm(outputs, outputs),
        )


class Reader(nn.Module):
    """What lies in a cloth's picture (B, 4, 256, 192): `bones.POINTS` (B, 8, 2) in -1..1 of its
    frame, and its kind. Every place votes where each point lies and how much it knows of it, so
    that points outside of cloth and frame can be found. The encoder starts from ImageNet."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = efficientnet.frozen("lite0", _BLOCKS).requires_grad_(True)
        stride, width = self.encoder.strides[-1], 128
        self.alpha = nn.Conv2d(1, 32, stride, stride)
        self.mix = nn.Sequential(
            ConvNorm(self.encoder.channels[-1] + 32 + 3, width), ConvNorm(width, width)
        )
        count = len(bones.POINTS)
        self.votes = nn.Conv2d(width, 3 * count, 1)
        self.kind = nn.Sequential(nn.Linear(width, 64), nn.ReLU(inplace=True), nn.Linear(64, 5))
        rows, columns = HEIGHT // stride, WIDTH // stride
        y, x = torch.meshgrid(
            (torch.arange(rows) + 0.5) / rows * 2 - 1,
            (torch.arange(columns) + 0.5) / columns * 2 - 1,
            indexing="ij",
        )
        self.register_buffer("places", torch.stack([x, y]).flatten(1), persistent=False)

    def forward(self, cloth: Tensor, category: Tensor) -> tuple[Tensor, bones.Garment]:
        return self.said(self.features(cloth, category)[0], category)

    def features(self, cloth: Tensor, category: Tensor) -> tuple[Tensor, Tensor]:
        """Features (B, 128, 16, 12) of a cloth's picture, and what it is like as a whole (B, T),
        which `turning` is told."""
        seen = self.encoder(cloth[:, :3], (_BLOCKS - 1,))[0]
        spread = category[:, :, None, None].expand(-1, -1, *seen.shape[2:])
        x = self.mix(torch.cat([seen, self.alpha(cloth[:, 3:]), spread], 1))
        traits = [x.mean((2, 3)), x.amax((2, 3)), seen.mean((2, 3)), category]
        return x, torch.cat(traits, 1)

    @property
    def traits(self) -> int:
        """How many numbers say what a cloth is like as a whole."""
        return 2 * self.votes.in_channels + self.encoder.channels[-1] + len(CATEGORIES)

    def said(self, x: Tensor, category: Tensor) -> tuple[Tensor, bones.Garment]:
        """The answer by ``features``."""
        votes = self.votes(x).flatten(2).unflatten(1, (len(bones.POINTS), 3))
        known = votes[:, :, 2].softmax(-1)[:, :, None]
        flat = (known * (self.places + _REACH * votes[:, :, :2])).sum(-1)
        kind = self.kind(x.mean((2, 3))).sigmoid()
        return flat, bones.Garment(category, kind[:, 4], kind[:, :4].view(-1, 2, 2))


class Turning(nn.Module):
    """What a cloth is like (B, T), by `Reader.features`, to logits (B, 4) of how many quarters
    clockwise its picture must be turned for it to hang upright."""

    def __init__(self, traits: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(traits))
        self.register_buffer("spread", torch.ones(traits))
        self.layers = nn.Sequential(
            nn.Linear(traits, _TOLD), nn.ReLU(), nn.Dropout(0.3), nn.Linear(_TOLD, QUARTERS)
        )

    def forward(self, traits: Tensor) -> Tensor:
        return self.layers((traits - self.mean) / self.spread)  # type: ignore[no-any-return]


def _half(x: Tensor) -> Tensor:
    """At the height of the coarse net."""
    return functional.avg_pool2d(x, 2) if x.shape[2] != HEIGHT // 2 else x


class Coarse(nn.Module):
    """At 128x96, from a first flow: flow (B, 2, ...), logit of the garment (B, 1, ...) and features
    (B, 32, ...)."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        widths = _COARSE
        self.first = ConvNorm(inputs, widths[0])
        self.glance = _Glance(3, widths[0])
        pairs = list(itertools.pairwise(widths))
        self.downs = nn.ModuleList(_Down(a, b) for a, b in pairs)
        self.ups = nn.ModuleList(ConvNorm(a + b, a) for a, b in pairs)
        self.residuals = nn.ModuleList(nn.Conv2d(a, 3, 3, padding=1) for a, _ in pairs)
        for module in self.residuals:
            nn.init.zeros_(module.weight)
            nn.init.zeros_(module.bias)

    def forward(self, look: Look, first: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        warped = look.wide[:, :4]
        x = self.first(look.wide) + self.glance(_half(look.photo))
        levels = [x]
        for down in self.downs:
            x = down(x)
            levels.append(x)
        size = (HEIGHT // 2, WIDTH // 2)
        total = torch.cat([first, 6 * (warped[:, 3:] - 0.5)], 1)
        for level in range(len(self.ups) - 1, -1, -1):
            skip = levels[level]
            x = self.ups[level](torch.cat([skip, _grow(x, skip.shape[2:])], 1))
            total = total + _grow(self.residuals[level](x), size)
        return total[:, :2], total[:, 2:], x


class Fine(nn.Module):
    """At 256x192, from the warped cloth and what is seen of the person: shift of the flow, logit of
    the garment, logits (B, 4, ...) of which of `LAYERS` shows where it leaves the person bare, how
    the colours (B, 3, ...) differ from that layer's, and the logit of what has to go."""

    def __init__(self, seen: int) -> None:
        super().__init__()
        a, b, c = _FINE
        self.first = ConvNorm((4 + seen) * 4 + _COARSE[0], a)
        self.glance = _Glance((3 + 1) * 4, a)
        self.down1, self.down2 = _Down(a, b), _Down(b, c)
        self.deep = nn.Sequential(_Down(c, c), ConvNorm(c, c))
        self.up3, self.up2, self.up1 = ConvNorm(c + c, c), ConvNorm(c + b, b), ConvNorm(b + a, a)
        self.narrow = nn.Conv2d(a, 24, 1)
        self.last = ConvNorm(24 + 8, 24)
        self.head = nn.Conv2d(24, 6, 3, padding=1)
        self.bare = nn.Sequential(ConvNorm(24 + 2, 16), nn.Conv2d(16, len(LAYERS), 3, padding=1))
        self.gone = nn.Conv2d(24, 1, 3, padding=1)
        for module in (self.head, self.bare[-1], self.gone):
            nn.init.zeros_(module.weight)
            nn.init.zeros_(module.bias)

    def forward(
        self, warped: Tensor, look: Look, features: Tensor, limbs: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        full = torch.cat([warped, look.seen], 1)
        x0 = self.first(torch.cat([functional.pixel_unshuffle(full, 2), features], 1))
        photo = torch.cat([look.photo, look.old], 1)
        x0 = x0 + self.glance(functional.pixel_unshuffle(photo, 2))
        x1 = self.down1(x0)
        x2 = self.down2(x1)
        x = _grow(self.deep(x2), x2.shape[2:])
        x = _grow(self.up3(torch.cat([x, x2], 1)), x1.shape[2:])
        x = _grow(self.up2(torch.cat([x, x1], 1)), x0.shape[2:])
        x = self.up1(torch.cat([x, x0], 1))
        x = _grow(self.narrow(x), full.shape[2:])
        x = self.last(torch.cat([x, full[:, :8]], 1))
        out = self.head(x)
        bare = self.bare(torch.cat([x, _grow(limbs, full.shape[2:])], 1))
        logit = out[:, 2:3] + 6 * (warped[:, 3:] - 0.5)
        gone = self.gone(x) + 6 * (look.old - 0.5)
        return out[:, :2] * _REFINE, logit, bare, out[:, 3:].tanh(), gone


class TryOnNet(nn.Module):
    """Both nets. Pictures in -1..1; the cloth's alpha 0..1."""

    def __init__(self) -> None:
        super().__init__()
        self.body = Body()
        seen = 3 + 1 + len(KINDS)
        self.reader = Reader()
        self.coarse = Coarse(4 + seen + 4 + 13 + 3)
        self.fine = Fine(seen)

    def look(
        self,
        person: Tensor,
        cloth: Tensor,
        labels: Tensor,
        points: Tensor,
        category: Tensor,
        hidden: Tensor,
        old: Tensor,
        first: Tensor,
        blind: bool = False,
    ) -> Look:
        """The ``blind`` see nothing of what is hidden, not even in the photograph, and all of it
        has to go: they learn from people who wear what is to be put on them."""
        around = diffuse(person, 1 - hidden)
        seen = torch.cat([around, hidden, self.body.seen_kinds(labels, hidden)], 1)
        half = _half(torch.cat([seen, cloth], 1))
        spread = category[:, :, None, None].expand(-1, -1, *half.shape[2:])
        warped = warp(half[:, -4:], first)
        wide = torch.cat([warped, half, self.body.heat(points), spread], 1)
        photo, old = (around, hidden) if blind else (person, old)
        return Look(photo, seen, old, points, wide)

    def around(self, hidden: Tensor, front: Tensor, cloth: Tensor, first: Tensor) -> Tensor:
        """What is ``hidden`` (B, 1, H, W) of the body, and what the cloth may cover beside it:
        where the ``first`` flow puts it and a little around."""
        reach = cloth.shape[2] // 64
        laid = warp(cloth[:, 3:], _grow(first, cloth.shape[2:]))
        laid = functional.max_pool2d(laid, 2 * reach + 1, 1, reach)
        return torch.maximum(hidden, laid.clamp(0, 1).round() * (1 - front))

    def groups(self) -> list[dict[str, object]]:
        """AdamW's groups: the reader's ImageNet encoder learns slower than what is new."""
        return self.reader.encoder.groups(self, 4e-4, 1.5e-3)

    def read(self, cloth: Tensor, category: Tensor) -> tuple[Tensor, bones.Garment]:
        """The reader's answer for cloths of full or half size."""
        if cloth.shape[2] != HEIGHT:
            cloth = _grow(cloth, (HEIGHT, WIDTH))
        return self.reader(cloth, category)  # type: ignore[no-any-return]

    def mend(
        self,
        cloth: Tensor,
        look: Look,
        coarse: tuple[Tensor, Tensor, Tensor],
        crisp: float = 1.0,
        skin: Tensor | None = None,
    ) -> Mended:
        """The second net after the first; the borders between the layers of the fill get ``crisp``
        times as steep; ``skin`` (B, 1, H, W) is 1 where it surely shows and -1 where it surely does
        not."""
        flow = _grow(coarse[0], (HEIGHT, WIDTH))
        limbs = self.body.limbs(look.points)
        shift, logit, bare, change, gone = self.fine(warp(cloth, flow), look, coarse[2], limbs)
        bare = bare * crisp
        if skin is not None:
            is_skin = torch.arange(len(LAYERS), device=bare.device) == LAYERS.index("skin")
            bare = bare + _SURELY * is_skin[None, :, None, None] * skin
        fill = (layers(look.seen, look.points) * bare.softmax(1)[:, :, None]).sum(1) + change
        return Mended(flow + shift, logit, fill.clamp(-1, 1), bare, gone)
