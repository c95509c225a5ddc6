"""Train the person parser: one command, resumable after a kill at any moment.

    python -m models.training.parser.train FIGURES.npz RUN --tagged TAGGED.npz --nobody NOBODY.npz

Photographs that have only a list of labels teach in two ways: what the list rules out must get no
probability, and they get label maps from which every class that the list rules out is excluded (few
hand labels, a U-Net, then a large set of constrained pseudo-labels). These are first what an older
parser made of them (`relabel`), if it did, and after a third of the plan what the averaged network
itself says, where it is sure. Photographs of garments that nobody wears teach what is no person.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from models.training import loop, pictures
from models.training.parser import data, losses
from models.training.parser.networks import ENCODERS, Parser

#: Samples per step by picture height.
BATCH = {128: 16, 192: 12, 256: 8, 384: 5}
_TAGGED_SHARE = 0.4  # of the batches
_NOBODY_SHARE = 0.06
_LABELS_ITSELF = 1 / 3  # of the plan, after which the average labels what it is shown
_SURE = 0.6  # probability from which the average's own label teaches


class Teacher:
    """Batches and their loss terms."""

    def __init__(
        self,
        training: loop.Training,
        labelled: data.People,
        tagged: data.People | None = None,
        nobody: data.People | None = None,
    ) -> None:
        self.training, self.labelled, self.tagged, self.nobody = training, labelled, tagged, nobody
        self.weights = losses.class_weights(labelled.labels).to(training.device)

    def __call__(self, height: int, rng: torch.Generator) -> loop.Terms:
        training = self.training
        chance = torch.rand(1, generator=rng).item()
        people = self.labelled
        if self.tagged and chance < _TAGGED_SHARE:
            people = self.tagged
        elif self.nobody and chance > 1 - _NOBODY_SHARE:
            people = self.nobody
        rows = people.draw(BATCH.get(height, 8), rng)
        batch = data.windows(people, rows, height, data.Augment(), rng)
        scores, places, points, seen, worn = training.net(batch.picture)
        if people is self.nobody:
            batch.known[:] = True  # that no landmark can be seen
        terms = losses.pose(places, points, seen, batch, -(-height // 4))
        if people is not self.tagged:
            terms["worn"] = losses.worn(worn, batch.labels)
            return losses.parsing(scores, batch.labels, self.weights, rng) | terms
        allowed = people.tags[rows.to(training.device)]
        terms["absent"] = losses.absent(scores, allowed)
        terms["worn"] = losses.worn_tags(worn, allowed)
        labels = batch.labels
        if training.step >= _LABELS_ITSELF * training.plan.total:
            with torch.no_grad():
                own = training.average(batch.picture)[0]
            own_labels = losses.constrained(own, allowed, height, _SURE)
            labels = own_labels.where(own_labels != data.IGNORE, labels)
        return losses.parsing(scores, labels, self.weights, rng) | terms


def sheet(people: data.People, average: nn.Module, height: int) -> pictures.Image:
    """Fixed held-out windows: photograph, label map, what the network reads, with landmarks."""
    rng = pictures.torch_seeded(11)
    rows = torch.arange(0, len(people), max(1, len(people) // 16))[:16]
    batch = data.windows(people, rows, height, data.Augment(color=0, rotate=0), rng)
    scores, _, points, seen, _ = average(batch.picture)
    read = nn.functional.interpolate(scores, size=batch.labels.shape[1:], mode="bilinear").argmax(1)
    truth = batch.labels.where(batch.labels != data.IGNORE, torch.zeros_like(batch.labels))
    photos = pictures.to_images(batch.picture)
    for photo, own, sure in zip(photos, points.cpu(), seen.sigmoid().cpu(), strict=True):
        _dot(photo, own, sure)
    return pictures.sheet([photos, pictures.label_images(truth), pictures.label_images(read)])


def _dot(photo: pictures.Image, points: Tensor, sure: Tensor) -> None:
    height, width = photo.shape[:2]
    for (x, y), seen in zip((points * torch.tensor([width, height])).long(), sure, strict=True):
        colour = (255, 40, 40) if seen > 0.5 else (120, 120, 255)
        photo[max(0, y - 1) : y + 2, max(0, x - 1) : x + 2] = colour


def main() -> None:
    parser = loop.arguments("Train the person parser.", "128:1500,192:1500,256:1500,384:1500")
    parser.add_argument("--tagged", type=Path, help="TAGGED.npz of models.training.prepare")
    parser.add_argument("--nobody", type=Path, help="NOBODY.npz of models.training.prepare")
    parser.add_argument("--encoder", choices=ENCODERS, default=ENCODERS[0])
    args = parser.parse_args()
    torch.manual_seed(0)
    device = loop.device_for(args.device)
    net = Parser(args.encoder)
    training = loop.Training(net, net.groups(), args.run, args.plan, device, rate=args.rate)
    if args.start:
        training.start_from(args.start)
    labelled = data.load(args.pack, True, device)
    tagged = data.load(args.tagged, True, device) if args.tagged else None
    nobody = data.load_nobody(args.nobody, device) if args.nobody else None
    held_out = data.load(args.pack, False, device)
    training.go(
        Teacher(training, labelled, tagged, nobody),
        lambda average, height: sheet(held_out, average, height),
        minutes=args.minutes,
        save_every=args.save_every,
    )


if __name__ == "__main__":
    main()
