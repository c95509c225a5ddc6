"""The people of made pairs in other garments, as the packs dress them: what a student sees of them.

    python -m models.training.tryon.redressed PAIRS.npz GARMENTS.npz models -o REDRESSED.npz

Each in photographed garments of their category and in one that another wore. The packs in
``models`` are the teacher, with its mistakes; the photograph is the truth that the student is to
bring back (`views`). The same seed makes the same views.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from models.training import blobs, pictures
from models.training.tryon import making, misread, pairs, photographed, views
from models.training.tryon.shipped import Packs, picture_of

_PHOTOGRAPHED = 2  # views in photographed garments; one more in another's
_LEAST = 0.05  # of cover or fill, from which a place is changed
_SHOWN = 24

Bytes = NDArray[np.uint8]


def redress(
    packs: Packs,
    made: pairs.Pairs,
    garments: photographed.Garments,
    rng: np.random.Generator,
    amounts: Sequence[float] = (0.0,),
) -> dict[str, list[Any]]:
    """All views of ``made``, one person after the other, encoded, each read as badly as one of
    ``amounts`` says (`misread`)."""
    rows: dict[str, list[Any]] = {name: [] for name in (*views.PICTURES, "landmarks")}
    rows["ids"] = list(made.ids)
    for index in range(len(made)):
        person = np.ascontiguousarray(made.person[index].permute(1, 2, 0).numpy())
        landmarks, category = made.landmarks[index].numpy(), int(made.category[index])
        for cloth in _others(made, garments, index, rng):
            worn = packs.dress(person, landmarks, cloth, category)
            photo = making.jpeg(picture_of(worn["outcome"]))
            shown = np.ascontiguousarray(making.decoded(photo))
            number = len(rows["photo"])
            amount = amounts[(index + number) % len(amounts)]
            (labels,), points = views.read_badly(packs.parser, shown, landmarks, [amount], number)
            changed = np.maximum(worn["cover"][0], worn["replace"][0]) > _LEAST
            rows["photo"].append(photo)
            rows["labels"].append(making.png(labels))
            rows["gone"].append(making.png(changed.astype(np.uint8)))
            rows["landmarks"].append(points)
    return rows


def _others(
    made: pairs.Pairs, garments: photographed.Garments, index: int, rng: np.random.Generator
) -> list[Bytes]:
    """Cloths (256, 192, 4) of the same category that this person does not wear."""
    own = made.category[index]
    lying = [garments.cloth[i] for i in np.flatnonzero((garments.category == own).numpy())]
    wearers = np.flatnonzero((made.category == own).numpy())
    worn = [cloth for i in wearers if made.ids[i] != made.ids[index] for cloth in made.cloth[i]]
    pools = [lying or worn] * _PHOTOGRAPHED + [worn or lying]
    cloths = [pool[rng.integers(len(pool))] for pool in pools]
    return [np.ascontiguousarray(cloth.permute(1, 2, 0).numpy()) for cloth in cloths]


def save(parts: dict[bool, dict[str, list[Any]]], target: Path) -> None:
    """Write the pack: ``parts`` are the rows of both splits, True those to train on."""
    count = _PHOTOGRAPHED + 1
    rows = {name: parts[True][name] + parts[False][name] for name in parts[True]}
    landmarks = np.array(rows.pop("landmarks"), np.float32)
    trained = len(parts[True]["landmarks"]) // count
    arrays: dict[str, NDArray[np.generic]] = {
        "landmarks": landmarks.reshape(-1, count, *landmarks.shape[1:]),
        "train": np.arange(len(landmarks) // count) < trained,
        "ids": np.array(rows.pop("ids")),
    }
    for name, files in rows.items():
        arrays[name], arrays[f"{name}_sizes"] = blobs.joined(files)
    blobs.write(target, arrays)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("pack", type=Path, help="made by models.training.tryon.pairs")
    parser.add_argument("garments", type=Path, help="made by models.training.tryon.photographed")
    parser.add_argument("models", type=Path, help="folder of packs, the teacher")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sheet", type=Path, help="contact sheet (photographs: do not publish it)")
    args = parser.parse_args()
    packs, cpu = Packs(args.models), torch.device("cpu")
    rng = np.random.default_rng(args.seed)
    parts = {
        train: redress(
            packs,
            pairs.load(args.pack, train, cpu),
            photographed.load(args.garments, train, cpu),
            rng,
            misread.AMOUNTS if train else (0.0,),
        )
        for train in (True, False)
    }
    save(parts, args.output)
    if args.sheet:
        held_out = views.load(args.output, pairs.load(args.pack, False, cpu), False)
        cells = [pictures.to_images(view.float() / 127.5 - 1) for view in held_out.photo[:_SHOWN]]
        pictures.save(args.sheet, pictures.columns_sheet([list(c) for c in cells], 12))
    print(f"{len(parts[True]['photo'])} views to learn from, {len(parts[False]['photo'])} held out")


if __name__ == "__main__":
    main()
