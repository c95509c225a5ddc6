"""Make try-on pairs from labelled photographs: a person, the garment worn laid flat, the true flow.

    python -m models.training.tryon.pairs DATA -o PAIRS.npz --relabelled RELABELLED.npz \
        --sheet SHEET.jpg

No open set holds a garment photographed flat and the same garment worn. So each garment that is
worn from the front and hardly hidden is cut out, moved by the body's bones into a lying pose and
put on white; the way back is known for every pixel. DATA is a folder with ``ccp/`` as `prepare`
reads it, and ``ccp/pose.csv`` (33 landmarks for each photograph, MediaPipe's names). To learn from,
photographs that a parser labelled serve as well, if it was sure of them. The same seed makes the
same pairs, whatever part of the photographs is taken.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from app.domain import framing
from models.training import blobs, palette, pictures
from models.training.tryon import making

#: Encoded pictures of a record and of each of its cloths, in the order in which they are stored.
_OF_PERSON = ("person", "labels", "mask", "held")
_OF_CLOTH = ("cloth", "alpha")
_PLAIN = ("category", "garment", "landmarks", "ids", "points", "covered", "skirt")


@dataclass
class Pairs:
    """N records of a worn garment, V cloths laid flat of each, on one device.

    ``person`` (N, 3, 256, 192) uint8 RGB; ``labels`` (N, 1, 256, 192) uint8, classes of the
    palette; ``mask`` (N, 1, 256, 192) uint8 0 or 1, the garment as one sees it; ``held`` likewise,
    what lies in front of it; ``landmarks`` (N, 13, 3) float32: x, y in frame pixels, visibility;
    ``category`` (N,) index in `framing.CATEGORIES`; ``garment`` (N,) class.
    ``cloth`` (N, V, 4, 256, 192) uint8 RGBA, white where alpha is 0; ``flow`` (N, V, 2, 128, 96)
    float16: for each place of the person frame x, y in the cloth frame, -1..1 between its edges
    (align_corners=False), true where ``mask`` is 1 and smooth beyond. Where sleeves come off the
    body it may tear up to 4.5 % of the garment: there it points at white, alpha 0.
    ``points`` (N, V, 8, 2) float32: `bones.POINTS` in the cloth frame, -1..1; ``covered`` (N, 2, 2)
    0..1 and ``skirt`` (N,) 0 or 1 as in `bones.Garment`.
    """

    ids: list[str]
    person: Tensor
    labels: Tensor
    mask: Tensor
    held: Tensor
    landmarks: Tensor
    category: Tensor
    garment: Tensor
    cloth: Tensor
    flow: Tensor
    points: Tensor
    covered: Tensor
    skirt: Tensor

    def __len__(self) -> int:
        return len(self.ids)


def save(records: list[making.Record], target: Path) -> None:
    """Write the pack."""
    arrays: dict[str, NDArray[np.generic]] = {
        "ids": np.array([r.photo for r in records]),
        "train": np.array([r.train for r in records], np.bool_),
        "category": np.array([r.category for r in records], np.uint8),
        "garment": np.array([r.garment for r in records], np.uint8),
        "landmarks": np.array([r.landmarks for r in records], np.float32),
        "flow": np.array([r.flows for r in records], np.float16),
        "points": np.array([r.points for r in records], np.float32),
        "covered": np.array([r.covered for r in records], np.float32),
        "skirt": np.array([r.skirt for r in records], np.float32),
    }
    packed = [(name, [r.blobs[name] for r in records]) for name in _OF_PERSON]
    packed += [(name, [c[name] for r in records for c in r.cloths]) for name in _OF_CLOTH]
    for name, files in packed:
        arrays[name], arrays[f"{name}_sizes"] = blobs.joined(files)
    blobs.write(target, arrays)


def load(pack: Path, train: bool, device: torch.device) -> Pairs:
    """Unfold one split of a pack: some 0.9 MB on ``device`` for a record with three cloths."""
    with np.load(pack) as data:
        chosen = np.flatnonzero(data["train"] == train)
        flow = data["flow"][chosen]
        variants = flow.shape[1]
        plain = {name: data[name][chosen] for name in _PLAIN}
        person = {name: _unfold(data, name, chosen) for name in _OF_PERSON}
        every = (chosen[:, None] * variants + np.arange(variants)).ravel()
        cloth = {name: _unfold(data, name, every) for name in _OF_CLOTH}
    rgba = torch.cat([cloth["cloth"], cloth["alpha"]], 1)
    return Pairs(
        ids=[str(photo) for photo in plain["ids"]],
        person=person["person"].to(device),
        labels=person["labels"].to(device),
        mask=person["mask"].clamp_(max=1).to(device),
        held=person["held"].clamp_(max=1).to(device),
        landmarks=torch.from_numpy(plain["landmarks"]).to(device),
        category=torch.from_numpy(plain["category"].astype(np.int64)).to(device),
        garment=torch.from_numpy(plain["garment"].astype(np.int64)).to(device),
        cloth=rgba.unflatten(0, (len(chosen), variants)).to(device),
        flow=torch.from_numpy(flow).to(device),
        points=torch.from_numpy(plain["points"]).to(device),
        covered=torch.from_numpy(plain["covered"]).view(-1, 2, 2).to(device),
        skirt=torch.from_numpy(plain["skirt"]).to(device),
    )


def _unfold(data: np.lib.npyio.NpzFile, name: str, chosen: NDArray[np.int64]) -> Tensor:
    files = blobs.parts(data[name], data[f"{name}_sizes"])
    images = np.stack([making.decoded(files[index]) for index in chosen])
    if images.ndim == 3:
        return torch.from_numpy(images[:, None])
    return torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2)))


def sheet(records: list[making.Record], seed: int = 0, per_category: int = 12) -> pictures.Image:
    """Contact sheet, by category: person, two cloths, the first cloth put back on the person."""
    rng = np.random.default_rng(seed)
    cells: list[list[pictures.Image]] = []
    for category in range(len(framing.CATEGORIES)):
        of_category = [r for r in records if r.category == category]
        order = rng.permutation(len(of_category))[:per_category]
        cells += [_cells(of_category[index]) for index in order]
    cells += [[np.full_like(cells[0][0], 255)] * 4] * (-len(cells) % 3)
    return pictures.sheet([list(chain(*cells[i : i + 3])) for i in range(0, len(cells), 3)])


def _cells(record: making.Record) -> list[pictures.Image]:
    person = making.decoded(record.blobs["person"])
    mask = making.decoded(record.blobs["mask"])[..., None] > 0
    cloths = [making.decoded(cloth["cloth"]) for cloth in record.cloths]
    back = np.where(mask, making.warp(cloths[0], record.flows[0]), person // 2)
    return [person, cloths[0], cloths[-1], back]


def _report(records: list[making.Record]) -> Iterable[str]:
    for index, name in enumerate(framing.CATEGORIES):
        of_category = [r for r in records if r.category == index]
        if not of_category:
            continue
        training = sum(r.train for r in of_category)
        errors = np.array([error for r in of_category for error in r.errors])
        torn = np.mean([share for r in of_category for share in r.torn])
        kinds = Counter(palette.CLASSES[r.garment].key for r in of_category)
        yield (
            f"{name}: {training} to train on, {len(of_category) - training} held out; warped back "
            f"{errors.mean():.4f} off (95 %: {np.percentile(errors, 95):.4f}), {torn:.1%} torn; "
            + ", ".join(f"{key} {count}" for key, count in kinds.most_common())
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--variants", type=int, default=3, help="cloths of each garment")
    parser.add_argument("--sheet", type=Path, help="contact sheet (photographs: do not publish it)")
    parser.add_argument("--limit", type=int, help="first N photographs labelled by hand only")
    parser.add_argument("--relabelled", type=Path, help="photographs labelled by a parser, as well")
    args = parser.parse_args()
    records, refused = making.make(
        args.data,
        seed=args.seed,
        variants=args.variants,
        limit=args.limit,
        relabelled=args.relabelled,
    )
    if not records:
        raise SystemExit("No garment in these photographs can be laid flat.")
    save(records, args.output)
    if args.sheet:
        pictures.save(args.sheet, sheet(records, args.seed))
    for reason, count in sorted(refused.items()):
        print(f"refused {count:4} {reason}")
    print("\n".join(_report(records)))
    print(f"{len(records)} records, {args.output.stat().st_size / 1e6:.0f} MB in {args.output}")


if __name__ == "__main__":
    main()
