"""Pack photographs and label maps into one compact file that any machine can train from.

    python -m models.training.prepare DATA -o FIGURES.npz [--kind labelled|tagged|nobody]

DATA is a folder with ``ccp/`` as the data's README describes. The pack keeps the photographs as
JPEG bytes and the grouped label maps as PNG bytes (uint8, one class per pixel): some 45 MB, which
``figures.load`` unfolds to uint8 arrays in seconds. ``tagged`` holds the photographs that have a
list of labels but no label map; both kinds carry that list and the body's landmarks. ``nobody``
holds photographs of garments from ``garments/``, on which there is no person.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from app.domain.framing import LANDMARKS
from models.training import blobs, palette

#: Label maps that are known to be unusable: 0536 is empty.
SKIP = frozenset({"0536"})


def read_landmarks(root: Path) -> dict[str, npt.NDArray[np.float32]]:
    """Landmarks (13, 3) by photograph: x, y in its pixels and visibility 0..1, in the order of
    `LANDMARKS`; a photograph in which nobody was found is missing."""
    with (root / "pose.csv").open(encoding="utf-8") as file:
        return {
            row["id"]: np.array(
                [[float(row[f"{name}_{axis}"]) for axis in "xyv"] for name in LANDMARKS], np.float32
            )
            for row in csv.DictReader(file)
        }


def prepare(data: Path, target: Path, limit: int | None = None, kind: str = "labelled") -> int:
    """Write the pack; return the number of photographs. ``limit`` takes the first N only."""
    root = data / "ccp"
    names = (root / "label_names.txt").read_text("utf-8").split()
    table = palette.grouping(names)
    poses = read_landmarks(root)
    if kind == "nobody":
        rows = [r | {"id": r["file"], "labels": ""} for r in _rows(data / "garments")]
        files = [data / "garments" / row["file"] for row in rows]
    else:
        wanted = {"labelled": "pixel", "tagged": "tags"}[kind]
        rows = [r for r in _rows(root) if r["annotation"] == wanted and r["id"] not in SKIP]
        files = [root / "photos" / f"{row['id']}.jpg" for row in rows]
    rows, files = rows[:limit], files[:limit]
    labels = []
    tags = np.zeros((len(rows), palette.COUNT), bool)
    for index, row in enumerate(rows):
        tags[index, [table[int(tag)] for tag in row["labels"].split()]] = True
        if kind != "labelled":
            continue
        source = cv2.imread(str(root / "labels" / f"{row['id']}.png"), cv2.IMREAD_GRAYSCALE)
        if source is None:
            raise FileNotFoundError(f"label map of {row['id']} is missing or unreadable")
        labels.append(cv2.imencode(".png", table[source])[1].tobytes())
    unknown = np.zeros((len(LANDMARKS), 3), np.float32)
    target.parent.mkdir(parents=True, exist_ok=True)
    photo_bytes, photo_sizes = blobs.joined([file.read_bytes() for file in files])
    label_bytes, label_sizes = blobs.joined(labels)
    np.savez(
        target,
        photos=photo_bytes,
        photo_sizes=photo_sizes,
        labels=label_bytes,
        label_sizes=label_sizes,
        tags=tags,
        landmarks=np.stack([poses.get(row["id"], unknown) for row in rows]),
        ids=np.array([row["id"] for row in rows]),
        train=np.array([row["split"] == "train" for row in rows]),
    )
    return len(rows)


def _rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "index.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--limit", type=int, help="first N photographs only")
    parser.add_argument("--kind", choices=("labelled", "tagged", "nobody"), default="labelled")
    args = parser.parse_args()
    count = prepare(args.data, args.output, args.limit, args.kind)
    print(f"{count} photographs, {args.output.stat().st_size / 1e6:.1f} MB in {args.output}")


if __name__ == "__main__":
    main()
