"""Pack photographs and label maps into one compact file that any machine can train from.

    python -m models.training.prepare DATA -o FIGURES.npz

DATA is a folder with ``ccp/`` as the data's README describes. The pack keeps the photographs as
JPEG bytes and the grouped label maps as PNG bytes (uint8, one class per pixel): some 45 MB, which
``figures.load`` unfolds to uint8 arrays in seconds.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import cv2
import numpy as np

from models.training import palette

#: Label maps that are known to be unusable: 0536 is empty.
SKIP = frozenset({"0536"})


def prepare(data: Path, target: Path, limit: int | None = None) -> int:
    """Write the pack; return the number of photographs. ``limit`` takes the first N only."""
    root = data / "ccp"
    names = (root / "label_names.txt").read_text("utf-8").split()
    table = palette.grouping(names)
    rows = [
        row
        for row in csv.DictReader((root / "index.csv").open(encoding="utf-8"))
        if row["annotation"] == "pixel" and row["id"] not in SKIP
    ][:limit]
    photos, labels = [], []
    for row in rows:
        photos.append((root / "photos" / f"{row['id']}.jpg").read_bytes())
        source = cv2.imread(str(root / "labels" / f"{row['id']}.png"), cv2.IMREAD_GRAYSCALE)
        if source is None:
            raise FileNotFoundError(f"label map of {row['id']} is missing or unreadable")
        labels.append(cv2.imencode(".png", table[source])[1].tobytes())
    target.parent.mkdir(parents=True, exist_ok=True)
    np.savez(
        target,
        photos=np.frombuffer(b"".join(photos), np.uint8),
        photo_sizes=np.array([len(p) for p in photos]),
        labels=np.frombuffer(b"".join(labels), np.uint8),
        label_sizes=np.array([len(p) for p in labels]),
        ids=np.array([row["id"] for row in rows]),
        train=np.array([row["split"] == "train" for row in rows]),
    )
    return len(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--limit", type=int, help="first N photographs only")
    args = parser.parse_args()
    count = prepare(args.data, args.output, args.limit)
    print(f"{count} photographs, {args.output.stat().st_size / 1e6:.1f} MB in {args.output}")


if __name__ == "__main__":
    main()
