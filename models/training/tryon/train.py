"""Train the try-on network on made pairs: one command, resumable after a kill at any moment.

    python -m models.training.tryon.train PAIRS.npz RUN --parser models/person-parser \
        --garments GARMENTS.npz --redressed REDRESSED.npz

In the plan, height 64 stands for the reader of cloths alone, which sees them at 128 as in the next
phase; at 128 it and the coarse flow learn; at 256 all nets do. People are seen as the parser reads
them, with its mistakes: that is how the application will show them.

A network that has no teacher yet learns without ``--redressed``, and blind: its people wear what it
is to put on them. Once it is a pack, `redressed` lets it dress them in other garments; who learns
from these pictures sees them whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.training import efficientnet, loop
from models.training.garment.losses import TAPS
from models.training.parser import evaluate as parsing
from models.training.tryon import (
    bones,
    data,
    losses,
    pairs,
    pasting,
    photographed,
    revealing,
    samples,
    views,
)
from models.training.tryon.body import HEIGHT, LAYERS, Body
from models.training.tryon.networks import Look, TryOnNet, covering, warp

BATCH = {64: 16, 128: 16, 256: 6}
_LAYER_WEIGHTS = torch.tensor([0.5, 0.7, 3.0, 2.0])  # of `LAYERS`: bared skin is rare
_BARE_MORE = 3.0  # times as often are people seen whose arms or legs the garment leaves bare
_CONTESTED = 5.0  # times as much outlines count at the old garment and what stays before the new
_BEFORE = 0.04  # of the frame's height, how far from a garment something lies before it
_ASTRAY = 0.02  # of the frame's half, how far points are moved at random before the first flow
_PASTED = 0.45  # share of people on whom a photographed garment is put
_FURTHER = data.Augment(shift=0.08, scale=0.15, rotate=0.15)  # of what the reader alone sees


@dataclass(frozen=True)
class Weights:
    """Factors of the losses."""

    points: float = 5.0
    kind: float = 1.0
    flow: float = 10.0
    around: float = 1.0
    photo: float = 1.0
    cover: float = 1.0
    gone: float = 1.0
    smooth: float = 20.0
    fill: float = 2.0
    bare: float = 0.6
    revealed: float = 0.3
    perceptual: float = 1.5


def chances(half: pairs.Pairs) -> Tensor:
    """(N,) how often each record is drawn: more often the more skin lies bare in what is hidden."""
    body = Body().to(half.person.device)
    category = functional.one_hot(half.category, 3).float()
    reach = torch.full((len(half),), 1.25, device=category.device)
    hidden, _, _ = body(half.labels[:, 0], half.landmarks, category, reach)
    skin = (body.layer[half.labels.long()] == LAYERS.index("skin")) * hidden
    share = skin.mean((1, 2, 3)) / hidden.mean((1, 2, 3)).clamp(min=1e-3)
    return (1 + (_BARE_MORE - 1) * (share / 0.1).clamp(max=1)).cpu()


class Teacher:
    """Batches and their loss terms."""

    def __init__(
        self,
        training: loop.Training,
        made: pairs.Pairs,
        own: views.Views,
        redressed: views.Views | None = None,
        garments: photographed.Garments | None = None,
    ) -> None:
        self.garments, self.blind = garments, redressed is None
        self.training, self.made, self.weights = training, made, Weights()
        self.views = [own] if redressed is None else [own, redressed]
        self.half = data.halved(made)
        self.half_views = [view.halved() for view in self.views]
        self.chances = chances(self.half)
        self.features = efficientnet.frozen("lite0", TAPS[-1] + 1).to(training.device)

    def __call__(self, height: int, rng: torch.Generator) -> loop.Terms:
        net, weights = self.training.net, self.weights
        rows = torch.multinomial(self.chances, BATCH.get(height, 6), True, generator=rng)
        if height < HEIGHT // 2:
            with self._exactly():
                cloth, points, kind = self._cloths(rows, rng)
            return self._reading(*net.read(cloth, kind.category), points, kind)
        whole = height == HEIGHT
        made, seen_as = (self.made, self.views) if whole else (self.half, self.half_views)
        with self._exactly():
            batch = data.batch(made, rows, data.Augment(), rng, seen_as)
            if self.garments is not None:
                how = data.Augment()
                batch = pasting.paste(net.body, batch, self.garments, _PASTED, how, rng)
            # Those that another garment is put on are seen in their own, the others in another.
            sight = batch.sights[0].where(batch.laid, batch.sights[-1])
        hidden = hide(net, batch, sight, self.blind, rng)
        flat, garment = net.read(batch.cloth, batch.category)
        first = _first_flow(flat, garment, sight.points, rng)
        region = net.around(hidden.region, hidden.front, batch.cloth, first)
        look = net.look(
            sight.photo, batch.cloth, sight.labels, sight.points, batch.category,
            region, hidden.old, first, self.blind,
        )  # fmt: skip
        coarse = net.coarse(look, first)
        # Whether the new garment lies where the old one did is what outcomes go wrong by.
        known = 1 - hidden.ignore
        reach = 2 * round(_BEFORE * height) + 1
        before = hidden.kept * functional.max_pool2d(batch.mask, reach, 1, reach // 2)
        contested = torch.maximum(sight.gone, before)
        bounded = (1 - hidden.unsure) * _counted(contested)
        # Where a sleeve tore off the body when it was laid flat, the true flow points at nothing.
        solid = (warp(batch.cloth[:, 3:], batch.flow) > 0.5).float()
        inside = batch.mask * known * solid
        half = [batch.flow, inside, known, batch.mask, bounded]
        if height == HEIGHT:
            half = [functional.avg_pool2d(t, 2) for t in half]
        sure = (half[1] > 0.99).float()
        ring = (functional.max_pool2d(sure, 13, 1, 6) - sure) * half[2]
        gap = (coarse[0].float() - half[0]).abs()
        terms = {
            **self._reading(flat, garment, batch.flat, batch.garment),
            "flow": weights.flow * losses.mean_in(gap, sure),
            "around": weights.around * losses.mean_in(gap, ring),
            "cover": weights.cover * losses.outline(coarse[1], half[3], half[4]),
            "smooth": weights.smooth * losses.bending(coarse[0].float()),
        }
        if height < HEIGHT:
            gap = (warp(batch.cloth, coarse[0].float())[:, :3] - batch.person).abs()
            return terms | {"photo": weights.photo * losses.mean_in(gap, sure)}
        truth = _Truth(batch, sight, hidden.was, before, region, known, bounded, inside)
        return terms | self._fine(net, truth, look, coarse)

    def _exactly(self) -> torch.autocast:
        """Truth is made in single precision, whatever the network computes in."""
        return torch.autocast(self.training.device.type, enabled=False)

    def _cloths(self, rows: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor, bones.Garment]:
        """Cloths, their points and kinds for the reader alone, half of them photographed if there
        are such."""
        real = len(rows) // 2 if self.garments is not None else 0
        batch = data.batch(self.half, rows[real:], _FURTHER, rng)
        cloth, points, kind = batch.cloth, batch.flat, batch.garment
        if self.garments is not None:
            chosen = torch.randint(len(self.garments), (real,), generator=rng)
            drawn = self.garments.draw(chosen, cloth.shape[2], _FURTHER, rng)
            cloth, points = torch.cat([cloth, drawn.cloth]), torch.cat([points, drawn.flat])
            kind = bones.Garment(
                torch.cat([kind.category, drawn.garment.category]),
                torch.cat([kind.skirt, drawn.garment.skirt]),
                torch.cat([kind.covered, drawn.garment.covered]),
            )
        return cloth, points, kind

    def _reading(
        self, flat: Tensor, garment: bones.Garment, points: Tensor, truth: bones.Garment
    ) -> loop.Terms:
        terms = losses.reading(flat, garment, points, truth)
        return {name: getattr(self.weights, name) * value for name, value in terms.items()}

    def _fine(
        self, net: nn.Module, truth: _Truth, look: Look, coarse: tuple[Tensor, Tensor, Tensor]
    ) -> loop.Terms:
        weights, batch, sight, known = self.weights, truth.batch, truth.sight, truth.known
        mended = net.mend(batch.cloth, look, coarse)
        flow, logit, fill, layer, gone = (
            t.float() for t in (mended.flow, mended.logit, mended.fill, mended.bare, mended.gone)
        )
        warped = warp(batch.cloth, flow)
        cover = covering(logit, warped[:, 3:].clamp(min=1e-4))  # the root's slope at 0
        bare = torch.maximum(truth.region, sight.gone) * (1 - batch.mask) * known
        kind = net.body.layer[batch.labels]
        weight = bare * _LAYER_WEIGHTS.to(bare)[kind][:, None]
        entropy = functional.cross_entropy(layer, kind, reduction="none")[:, None]
        outcome = sight.photo + gone.sigmoid() * (fill - sight.photo)
        outcome = outcome + cover * (warped[:, :3] - outcome)
        outcome = torch.where(known > 0.5, outcome, batch.person)
        mine = self.features(outcome, TAPS)
        with torch.no_grad():
            theirs = self.features(batch.person, TAPS)
        content = torch.stack(
            [(m - t).abs().mean() / t.abs().mean() for m, t in zip(mine, theirs, strict=True)]
        ).mean()
        flow_gap, colour_gap = (flow - batch.flow).abs(), (warped[:, :3] - batch.person).abs()
        opened = (1 - batch.mask) * (1 - batch.ignore.amin(3, keepdim=True))
        opened = opened * _counted(truth.before * (1 - sight.gone))
        return {
            "fine flow": weights.flow * losses.mean_in(flow_gap, truth.inside),
            "fine cover": weights.cover * losses.outline(logit, batch.mask, truth.bounded),
            "fine smooth": weights.smooth * losses.bending(flow),
            "gone": weights.gone * losses.outline(gone, sight.gone, opened),
            "photo": weights.photo * losses.mean_in(colour_gap, truth.inside),
            "fill": weights.fill * losses.mean_in((fill - batch.person).abs(), weight),
            "bare": weights.bare * losses.mean_in(entropy, weight),
            "revealed": weights.revealed
            * revealing.loss(layer, *revealing.revealed(net.body, batch, truth.was)),
            "perceptual": weights.perceptual * content,
        }


def _counted(contested: Tensor) -> Tensor:
    """How much an outline counts where places are ``contested`` 0..1."""
    return 1 + (_CONTESTED - 1) * contested


def _first_flow(
    flat: Tensor, garment: bones.Garment, points: Tensor, rng: torch.Generator
) -> Tensor:
    """From points as they were read, a little astray as they will be on cloths never seen; teaches
    the reader nothing."""
    astray = torch.randn(flat.shape, generator=rng).to(flat.device) * _ASTRAY
    with torch.no_grad(), torch.autocast(flat.device.type, enabled=False):
        kind = bones.Garment(garment.category, garment.skirt.float(), garment.covered.float())
        return bones.flow(points, kind, flat.float() + astray)


@dataclass(frozen=True)
class _Truth:
    """What the second net is judged by, masks (B, 1, H, W) all: ``was`` as in `Hidden`, what stays
    ``before`` the garment, the ``region`` that may change, where the picture is ``known``, how much
    the outline counts (``bounded``), and where the cloth is seen (``inside``)."""

    batch: data.Batch
    sight: data.Sight
    was: Tensor
    before: Tensor
    region: Tensor
    known: Tensor
    bounded: Tensor
    inside: Tensor


@dataclass(frozen=True)
class Hidden:
    """Masks (B, 1, H, W): the ``region`` that may change, and is hidden from the blind; the ``old``
    garment and what stays in ``front`` as they are read; what of that category truly ``was`` worn
    and what is truly ``kept`` in front; where the picture cannot be judged (``ignore``), for nobody
    knows what was under it; and where the outline cannot (``unsure``): there as well, and where a
    hand or a bag is not seen any more, unless the new garment was put on, whose end is known."""

    region: Tensor
    old: Tensor
    front: Tensor
    was: Tensor
    kept: Tensor
    ignore: Tensor
    unsure: Tensor


def hide(
    net: nn.Module, batch: data.Batch, sight: data.Sight, blind: bool, rng: torch.Generator
) -> Hidden:
    """The region is wider by chance than need be and now and then in the shape of another person's
    garment, so that its outline tells nothing. For the blind, who wear the new garment, it holds
    all of that."""
    count, device = len(batch.person), batch.person.device
    reach = (0.9 + 0.7 * torch.rand(count, generator=rng)).to(device)
    region, old, front = net.body(sight.labels, sight.points, batch.category, reach)
    _, was, kept = net.body(batch.labels, batch.points, batch.category, torch.ones_like(reach))
    lender = torch.arange(count, device=device).roll(1)
    shape = functional.max_pool2d(batch.mask[lender], 5, 1, 2)
    same = (batch.category * batch.category[lender]).sum(1) > 0
    lent = (torch.rand(count, generator=rng) < 0.6).to(device) & same
    region = torch.maximum(region, shape * lent[:, None, None, None]) * (1 - front)
    if blind:
        step = HEIGHT // batch.mask.shape[2]
        wide = int(torch.randint(2, 10, (1,), generator=rng)) * 2 // step + 1
        wide += 1 - wide % 2
        grown = functional.max_pool2d(batch.mask, wide, 1, wide // 2)
        # Even where something labelled as in front was wrong.
        region = torch.maximum(torch.maximum(region, grown * (1 - front)), batch.mask)
    other = was * (1 - batch.mask)
    ignore = torch.maximum(batch.ignore, other)
    unseen = kept * sight.gone
    unsure = torch.maximum(batch.unsure, torch.maximum(other, unseen) * (1 - batch.laid))
    return Hidden(region, old, front, was, kept, ignore, unsure)


def main() -> None:
    parser = loop.arguments("Train the try-on network.", "64:2000,128:2000,256:4000")
    parser.add_argument("--parser", type=Path, required=True, help="pack that reads the people")
    parser.add_argument("--garments", type=Path, help="photographed garments, to learn from too")
    parser.add_argument("--redressed", type=Path, help="the people in other garments")
    args = parser.parse_args()
    torch.manual_seed(0)
    device = loop.device_for(args.device)
    net = TryOnNet()
    training = loop.Training(net, net.groups(), args.run, args.plan, device, rate=args.rate)
    if args.start:
        training.start_from(args.start)
    made, held_out = pairs.load(args.pack, True, device), pairs.load(args.pack, False, device)
    garments = photographed.load(args.garments, True, device) if args.garments else None
    parser_pack = parsing.Pack(args.parser)
    own, held_own = views.own(made, parser_pack), views.own(held_out, parser_pack, (0.0,))
    redressed, shown = (
        (views.load(args.redressed, people, train) if args.redressed else None)
        for people, train in ((made, True), (held_out, False))
    )
    training.go(
        Teacher(training, made, own, redressed, garments),
        lambda average, height: samples.sheet(average, held_out, held_own, shown, height),
        minutes=args.minutes,
        save_every=args.save_every,
    )


if __name__ == "__main__":
    main()
