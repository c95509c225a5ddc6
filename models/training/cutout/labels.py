"""Masks of garment photographs without hand labels, where two unlike methods agree.

    python -m models.training.cutout.labels DATA -o CUTOUT.npz

GrabCut (Rother, Kolmogorov, Blake 2004) models the colours inside and outside of a central ellipse;
the random walker (Grady 2006) knows only edges and where it starts. Where both draw the same single
compact piece, it is the garment.

The pack holds the photographs as JPEG bytes and their masks as PNG bytes, garments cut from the
label maps of worn figures, and pieces of street as grounds.
"""

from __future__ import annotations

import argparse
import csv
import multiprocessing
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import linalg

from app.domain.framing import CATEGORIES
from models.training import blobs, palette
from models.training.prepare import SKIP

Image: TypeAlias = npt.NDArray[np.uint8]

#: Answers of the category head, in its order.
KINDS = (*CATEGORIES, "none")
_UPPER = "t-shirt longsleeve shirt outwear polo undershirt blazer hoodie body top blouse"
_LOWER = "pants shorts skirt"
_WORN_UPPER = "top t-shirt blouse shirt sweater cardigan jacket blazer coat vest"
_WORN_LOWER = "skirt pants jeans shorts"


def _kinds(upper: str, lower: str, none: tuple[str, ...] = ()) -> dict[str, int]:
    table = dict.fromkeys(upper.split(), 0) | dict.fromkeys(lower.split(), 1)
    return table | {"dress": 2} | dict.fromkeys(none, 3)


#: Of a category of the garment photographs, and of a class of the palette.
KIND_OF = _kinds(_UPPER, _LOWER, ("shoes", "hat"))
_WORN = _kinds(_WORN_UPPER, _WORN_LOWER)
SIDE, _WALK_SIDE = 128, 96  # longer side at which the two methods work
_AGREE = 0.88
_BALL = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))


def shrunk(photo: Image, side: int) -> Image:
    factor = side / max(photo.shape[:2])
    size = [max(8, round(length * factor)) for length in photo.shape[1::-1]]
    return np.asarray(cv2.resize(photo, size, interpolation=cv2.INTER_AREA), np.uint8)


def _sized(mask: Image, shape: tuple[int, ...]) -> Image:
    soft = cv2.resize(mask.astype(np.float32), shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return (soft > 0.5).astype(np.uint8)


def _ellipse(shape: tuple[int, ...], middle: float, across: float, down: float) -> Image:
    height, width = shape[:2]
    y, x = np.mgrid[:height, :width]
    away = (((x + 0.5) / width - 0.5) / across) ** 2 + (((y + 0.5) / height - middle) / down) ** 2
    return (away < 1).astype(np.uint8)


def _ring(shape: tuple[int, ...], share: float) -> npt.NDArray[np.bool_]:
    edge = max(2, round(share * max(shape[:2])))
    ring = np.ones(shape[:2], bool)
    ring[edge:-edge, edge:-edge] = False
    return ring


def grab_cut(photo: Image, guess: Image, rounds: int = 4) -> Image:
    """Mask (H, W) 0/1 of a BGR photograph, begun from ``guess``; the photograph's rim is ground."""
    state = np.where(guess > 0, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    state[_ring(photo.shape, 0.02) & (guess == 0)] = cv2.GC_BGD
    if not (state & 1).any() or (state & 1).all():
        return guess
    cv2.setRNGSeed(1)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(photo, state, None, *models, rounds, cv2.GC_INIT_WITH_MASK)
    return state & 1


def random_walk(photo: Image, lower: bool) -> Image:
    """Mask (H, W) 0/1: where a walk that shuns edges comes from the middle sooner than from the
    rim. Trousers part below their middle, so their walk starts higher (``lower``)."""
    height, width = photo.shape[:2]
    lab = cv2.cvtColor(photo.astype(np.float32) / 255, cv2.COLOR_BGR2Lab)
    lab = cv2.bilateralFilter(lab, 5, 12, 3)
    across = np.square(lab[:, 1:] - lab[:, :-1]).sum(-1).ravel()
    down = np.square(lab[1:] - lab[:-1]).sum(-1).ravel()
    steps = np.concatenate([across, down])
    weight = np.exp(-steps / (3 * max(1.0, float(np.percentile(steps, 75))))) + 1e-4
    index = np.arange(height * width).reshape(height, width)
    one = np.concatenate([index[:, :-1].ravel(), index[:-1].ravel()])
    two = np.concatenate([index[:, 1:].ravel(), index[1:].ravel()])
    both = np.concatenate([one, two]), np.concatenate([two, one])
    links = sparse.coo_matrix((np.tile(weight, 2), both), shape=(index.size,) * 2).tocsr()
    start = _ellipse(photo.shape, 0.3 if lower else 0.5, 0.14, 0.12 if lower else 0.2).ravel()
    pull = 0.5 * _ring(photo.shape, 0.03).ravel() + 0.02 * start
    whole = np.asarray(links.sum(1)).ravel() + pull
    system = sparse.diags(whole) - links
    guess = _ellipse(photo.shape, 0.5, 0.38, 0.42).ravel().astype(float)
    easier = sparse.diags(1 / whole)
    came, _ = linalg.cg(system, 0.02 * start, x0=guess, rtol=1e-3, maxiter=150, M=easier)
    scaled = np.clip(came / max(float(came.max()), 1e-6) * 255, 0, 255).astype(np.uint8)
    _, mask = cv2.threshold(
        scaled.reshape(height, width), 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU
    )
    return np.asarray(mask, np.uint8)


def tidy(mask: Image) -> tuple[Image, float]:
    """The largest piece without specks and pinholes, and its share of everything marked."""
    mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, _BALL)
    mask = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, _BALL, iterations=2), np.uint8)
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(mask)
    if count < 2:
        return mask, 0.0
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    share = stats[largest, cv2.CC_STAT_AREA] / stats[1:, cv2.CC_STAT_AREA].sum()
    one = (pieces == largest).astype(np.uint8)
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(1 - one)
    for hole in range(1, count):
        if stats[hole, cv2.CC_STAT_AREA] < 0.01 * one.size:
            one[pieces == hole] = 1
    return one, float(share)


def overlap(one: Image, two: Image) -> float:
    """Intersection over union."""
    return float((one & two).sum() / max(1, (one | two).sum()))


def sound(mask: Image, share: float) -> bool:
    area = float(mask.mean())
    return 0.06 < area < 0.85 and share > 0.9 and float(mask[_ring(mask.shape, 0.01)].mean()) < 0.3


def sharpened(photo: Image, mask: Image) -> Image:
    """The mask at the photograph's size, its edge drawn to the photograph's (guided filter, He,
    Sun, Tang 2013, on lightness)."""
    guide = cv2.cvtColor(photo, cv2.COLOR_BGR2GRAY).astype(np.float32) / 255
    soft = cv2.resize(mask.astype(np.float32), photo.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    size = (9, 9)
    mean_g, mean_m = cv2.blur(guide, size), cv2.blur(soft, size)
    slope = (cv2.blur(guide * soft, size) - mean_g * mean_m) / (
        cv2.blur(guide * guide, size) - mean_g * mean_g + 1e-3
    )
    fitted = cv2.blur(slope, size) * guide + cv2.blur(mean_m - slope * mean_g, size)
    return (fitted > 0.5).astype(np.uint8)


def agreed(photo: Image, kind: int) -> Image | None:
    """Mask (H, W) 0/1 of a BGR photograph, or None where GrabCut and random walker differ."""
    small = shrunk(photo, SIDE)
    mask, share = tidy(grab_cut(small, _ellipse(small.shape, 0.5, 0.38, 0.42)))
    if not sound(mask, share):
        return None
    walked, _ = tidy(random_walk(shrunk(photo, _WALK_SIDE), kind == KINDS.index("lower")))
    if overlap(mask, _sized(walked, mask.shape)) < _AGREE:
        return None
    return sharpened(photo, mask)


def _label(task: tuple[Path, int]) -> bytes:
    cv2.setNumThreads(1)
    mask = agreed(cv2.imread(str(task[0])), task[1]) if task[1] != KINDS.index("none") else None
    return b"" if mask is None else cv2.imencode(".png", mask)[1].tobytes()


def cut_from_figures(root: Path, split: str) -> tuple[list[tuple[bytes, bytes, int]], list[bytes]]:
    """Of one split of the photographs in ``ccp/``: garments (JPEG, mask as PNG, kind) whose label
    lies in one large piece, and grounds (JPEG) from beside the figure."""
    table = palette.grouping((root / "label_names.txt").read_text("utf-8").split())
    kinds = {i: _WORN[c.key] for i, c in enumerate(palette.CLASSES) if c.key in _WORN}
    garments, grounds = [], []
    with (root / "index.csv").open(encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file) if r["annotation"] == "pixel"]
    for row in rows:
        if row["split"] != split or row["id"] in SKIP:
            continue
        photo = cv2.imread(str(root / "photos" / f"{row['id']}.jpg"))
        source = cv2.imread(str(root / "labels" / f"{row['id']}.png"), cv2.IMREAD_GRAYSCALE)
        label = table[source]
        columns = np.flatnonzero((label > 0).any(0))
        left, right = int(columns[0]) - 8, int(columns[-1]) + 8
        beside = photo[:, :left] if left > photo.shape[1] - right else photo[:, right:]
        if beside.shape[1] >= 0.15 * photo.shape[1]:
            grounds.append(cv2.imencode(".jpg", beside)[1].tobytes())
        for index, kind in kinds.items():
            mask, share = tidy((label == index).astype(np.uint8))
            mask = cv2.erode(mask, _BALL, iterations=2)  # superpixels wander over the edge
            if mask.mean() < 0.03 or share < 0.93:
                continue
            x, y, w, h = cv2.boundingRect(mask)
            piece = slice(y, y + h), slice(x, x + w)
            pair = (cv2.imencode(e, p[piece])[1] for e, p in ((".jpg", photo), (".png", mask)))
            garments.append((*(data.tobytes() for data in pair), kind))
    return garments, grounds


def prepare(data: Path, target: Path, limit: int | None = None) -> dict[str, int]:
    """Write the pack; returns how much of what is in it. ``limit`` takes the first N photos."""
    root = data / "garments"
    with (root / "index.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))[:limit]
    kinds = [KIND_OF[row["category"]] for row in rows]
    paths = [root / row["file"] for row in rows]
    # Not forked: a fork while OpenCV's threads run in this process would hang.
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        masks = pool.map(_label, list(zip(paths, kinds, strict=True)), chunksize=20)
    origin = np.array([1 if mask else 0 for mask in masks], np.uint8)
    garments, grounds = cut_from_figures(data / "ccp", "train")
    packed = {
        "photos": [path.read_bytes() for path in paths],
        "masks": masks,
        "garments": [g[0] for g in garments],
        "garment_masks": [g[1] for g in garments],
        "grounds": grounds,
        "val_grounds": cut_from_figures(data / "ccp", "val")[1],
    }
    arrays = {}
    for name, files in packed.items():
        arrays[name], arrays[f"{name}_sizes"] = blobs.joined(files)
    target.parent.mkdir(parents=True, exist_ok=True)
    np.savez(
        target,
        kinds=np.array(kinds, np.uint8),
        origin=origin,
        train=np.array([row["split"] == "train" for row in rows]),
        files=np.array([row["file"] for row in rows]),
        garment_kinds=np.array([g[2] for g in garments], np.uint8),
        **arrays,
    )
    return {
        "photographs": len(rows),
        "agreed": int((origin == 1).sum()),
        "garments from figures": len(garments),
        "grounds": len(grounds),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path, help="folder with garments/ and ccp/")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--limit", type=int, help="first N photographs only")
    args = parser.parse_args()
    print(prepare(args.data, args.output, args.limit))


if __name__ == "__main__":
    main()
