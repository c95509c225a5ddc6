"""Train the try-on network on made pairs: one command, resumable after a kill at any moment.

    python -m models.training.tryon.train PAIRS.npz RUN --parser models/person-parser \
        --garments GARMENTS.npz

In the plan, height 64 stands for the reader of cloths alone, which sees them at 128 as in the next
phase; at 128 it and the coarse flow learn; at 256 all nets do, and most of the people are seen as
the parser reads them, with its mistakes: that is how the application will show them.
"""

from __future__ import annotations

import dataclasses
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
)
from models.training.tryon.body import HEIGHT, LAYERS, Body
from models.training.tryon.networks import TryOnNet, covering, warp

BATCH = {64: 16, 128: 16, 256: 6}
_LAYER_WEIGHTS = torch.tensor([0.5, 0.7, 3.0, 2.0])  # of `LAYERS`: bared skin is rare
_BARE_MORE = 3.0  # times as often are people seen whose arms or legs the garment leaves bare
_CONTESTED = 5.0  # times as much the outline counts where the old garment lies
_ASTRAY = 0.02  # of the frame's half, how far points are moved at random before the first flow
_PASTED = 0.45  # share of people who are seen in a photographed garment
_FURTHER = data.Augment(shift=0.08, scale=0.15, rotate=0.15)  # of what the reader alone sees
_READ_SHARE = 0.75  # of the batches in which people are seen as the parser reads them


@dataclass(frozen=True)
class Weights:
    """Factors of the losses."""

    points: float = 5.0
    kind: float = 1.0
    flow: float = 10.0
    around: float = 1.0
    photo: float = 1.0
    cover: float = 1.0
    smooth: float = 20.0
    fill: float = 2.0
    bare: float = 0.6
    revealed: float = 0.3
    perceptual: float = 1.5


def as_read(made: pairs.Pairs, parser: parsing.Pack) -> pairs.Pairs:
    """The same pairs with the label maps and landmarks that a parser reads from their people."""
    labels, points = [], []
    for person, framed_by in zip(made.person.cpu(), made.landmarks.cpu(), strict=True):
        framed = person.permute(1, 2, 0).contiguous().numpy()
        read, found = parser.read_frame(framed, framed_by.numpy())
        labels.append(torch.from_numpy(read))
        points.append(torch.from_numpy(found))
    device = made.person.device
    return dataclasses.replace(
        made,
        labels=torch.stack(labels)[:, None].to(device),
        landmarks=torch.stack(points).to(device),
    )


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
        parser: parsing.Pack | None = None,
        garments: photographed.Garments | None = None,
    ) -> None:
        self.garments = garments
        self.training, self.made, self.weights = training, made, Weights()
        self.read = as_read(made, parser) if parser else made
        self.half = data.halved(made)
        self.chances = chances(self.half)
        self.features = efficientnet.frozen("lite0", TAPS[-1] + 1).to(training.device)

    def __call__(self, height: int, rng: torch.Generator) -> loop.Terms:
        net, weights = self.training.net, self.weights
        made = self.half
        if height == HEIGHT:
            made = self.read if torch.rand(1, generator=rng).item() < _READ_SHARE else self.made
        rows = torch.multinomial(self.chances, BATCH.get(height, 6), True, generator=rng)
        if height < HEIGHT // 2:
            with self._exactly():
                cloth, points, kind = self._cloths(rows, rng)
            return self._misread(*net.read(cloth, kind.category), points, kind)
        with self._exactly():
            batch = data.batch(made, rows, data.Augment(), rng)
            if self.garments is not None:
                how = data.Augment()
                batch = pasting.paste(net.body, batch, self.garments, _PASTED, how, rng)
        hidden, old, front, ignore, unsure = hide(net, batch, rng)
        flat, garment = net.read(batch.cloth, batch.category)
        first = _first_flow(flat, garment, batch.points, rng)
        hidden = net.around(hidden, front, batch.cloth, first)
        seen, wide = net.look(
            batch.person, batch.cloth, batch.labels, batch.points, batch.category, hidden, first
        )
        coarse = net.coarse(wide, first)
        # Whether the new garment lies where the old one did is what outcomes go wrong by.
        known, bounded = 1 - ignore, (1 - unsure) * (1 + (_CONTESTED - 1) * old)
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
            **self._misread(flat, garment, batch.flat, batch.garment),
            "flow": weights.flow * losses.mean_in(gap, sure),
            "around": weights.around * losses.mean_in(gap, ring),
            "cover": weights.cover * losses.outline(coarse[1], half[3], half[4]),
            "smooth": weights.smooth * losses.bending(coarse[0].float()),
        }
        if height < HEIGHT:
            gap = (warp(batch.cloth, coarse[0].float())[:, :3] - batch.person).abs()
            return terms | {"photo": weights.photo * losses.mean_in(gap, sure)}
        return terms | self._fine(net, batch, seen, coarse, hidden, old, known, bounded, inside)

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

    def _misread(
        self, flat: Tensor, garment: bones.Garment, points: Tensor, truth: bones.Garment
    ) -> loop.Terms:
        terms = losses.reading(flat, garment, points, truth)
        return {name: getattr(self.weights, name) * value for name, value in terms.items()}

    def _fine(
        self,
        net: nn.Module,
        batch: data.Batch,
        seen: Tensor,
        coarse: tuple[Tensor, Tensor, Tensor],
        hidden: Tensor,
        old: Tensor,
        known: Tensor,
        bounded: Tensor,
        inside: Tensor,
    ) -> loop.Terms:
        weights = self.weights
        mended = net.mend(batch.cloth, seen, batch.points, coarse)
        flow, logit, fill, layer = (t.float() for t in mended)
        warped = warp(batch.cloth, flow)
        cover = covering(logit, warped[:, 3:].clamp(min=1e-4))  # the root's slope at 0
        bare = hidden * (1 - batch.mask) * known
        kind = net.body.layer[batch.labels]
        weight = bare * _LAYER_WEIGHTS.to(bare)[kind][:, None]
        entropy = functional.cross_entropy(layer, kind, reduction="none")[:, None]
        outcome = batch.person + hidden * (fill - batch.person)
        outcome = outcome + cover * (warped[:, :3] - outcome)
        outcome = torch.where(known > 0.5, outcome, batch.person)
        mine = self.features(outcome, TAPS)
        with torch.no_grad():
            theirs = self.features(batch.person, TAPS)
        content = torch.stack(
            [(m - t).abs().mean() / t.abs().mean() for m, t in zip(mine, theirs, strict=True)]
        ).mean()
        return {
            "fine flow": weights.flow * losses.mean_in((flow - batch.flow).abs(), inside),
            "fine cover": weights.cover * losses.outline(logit, batch.mask, bounded),
            "fine smooth": weights.smooth * losses.bending(flow),
            "photo": weights.photo * losses.mean_in((warped[:, :3] - batch.person).abs(), inside),
            "fill": weights.fill * losses.mean_in((fill - batch.person).abs(), weight),
            "bare": weights.bare * losses.mean_in(entropy, weight),
            "revealed": weights.revealed
            * revealing.loss(layer, *revealing.revealed(net.body, batch, old)),
            "perceptual": weights.perceptual * content,
        }


def _first_flow(
    flat: Tensor, garment: bones.Garment, points: Tensor, rng: torch.Generator
) -> Tensor:
    """From points as they were read, a little astray as they will be on cloths never seen; teaches
    the reader nothing."""
    astray = torch.randn(flat.shape, generator=rng).to(flat.device) * _ASTRAY
    with torch.no_grad(), torch.autocast(flat.device.type, enabled=False):
        kind = bones.Garment(garment.category, garment.skirt.float(), garment.covered.float())
        return bones.flow(points, kind, flat.float() + astray)


def hide(
    net: nn.Module, batch: data.Batch, rng: torch.Generator
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """What the network does not see, wider by chance than need be and now and then in the shape of
    another person's garment, so that its outline tells nothing; the old garment; what stays in
    front; where the picture cannot be judged, as other old garments are hidden too; and where the
    outline cannot: there as well, unless the new garment was put on, whose end is known."""
    count, device = len(batch.person), batch.person.device
    reach = (0.9 + 0.7 * torch.rand(count, generator=rng)).to(device)
    hidden, old, front = net.body(batch.labels, batch.points, batch.category, reach)
    step = HEIGHT // batch.mask.shape[2]
    wide = int(torch.randint(2, 10, (1,), generator=rng)) * 2 // step + 1
    wide += 1 - wide % 2
    grown = functional.max_pool2d(batch.mask, wide, 1, wide // 2)
    order = torch.randperm(count, generator=rng).to(device)
    other = functional.max_pool2d(batch.mask[order], 5, 1, 2)
    same = (batch.category * batch.category[order]).sum(1) > 0
    lent = (torch.rand(count, generator=rng) < 0.6).to(device) & same
    hidden = torch.maximum(hidden, grown)
    hidden = torch.maximum(hidden, other * lent[:, None, None, None])
    # The garment's own pixels are hidden even where something labelled as in front was wrong.
    hidden = torch.maximum(hidden * (1 - front), batch.mask)
    other = old * (1 - batch.mask)
    ignore = torch.maximum(batch.ignore, other)
    unsure = torch.maximum(batch.unsure, other * (1 - batch.laid))
    return hidden, old, front, ignore, unsure


def main() -> None:
    parser = loop.arguments("Train the try-on network.", "64:2000,128:2000,256:4000")
    parser.add_argument("--parser", type=Path, help="pack whose reading of people is learned from")
    parser.add_argument("--garments", type=Path, help="photographed garments, to learn from too")
    args = parser.parse_args()
    torch.manual_seed(0)
    device = loop.device_for(args.device)
    net = TryOnNet()
    training = loop.Training(net, net.groups(), args.run, args.plan, device, rate=args.rate)
    if args.start:
        training.start_from(args.start)
    made, held_out = pairs.load(args.pack, True, device), pairs.load(args.pack, False, device)
    garments = photographed.load(args.garments, True, device) if args.garments else None
    training.go(
        Teacher(training, made, parsing.Pack(args.parser) if args.parser else None, garments),
        lambda average, height: samples.sheet(average, held_out, height),
        minutes=args.minutes,
        save_every=args.save_every,
    )


if __name__ == "__main__":
    main()
