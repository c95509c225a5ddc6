"""Measure a pack ``cloth-cutout`` on held-out photographs; rebuilds every figure of its card.

    python -m models.training.cutout.evaluate CUTOUT.npz models/cloth-cutout RUN

Masks, as the application has them, are compared, at 256x192, with those on which GrabCut and random
walker agreed; GrabCut alone stands beside them as the baseline on pasted garments, whose masks are
exact. Writes ``RUN/figures.json``; ``RUN/sheet.jpg`` shows 40 photographs drawn with a fixed seed,
all else darkened, to be judged by eye, ``RUN/worst.jpg`` the masks furthest from the agreed ones
(photographs of the data set: never to be committed).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from app.domain.colors import without_ground
from models.training import packing, pictures
from models.training.blobs import Bytes
from models.training.cutout import compose, data
from models.training.cutout.data import HEIGHT, NONE, WIDTH
from models.training.cutout.labels import KINDS, Image, grab_cut, overlap, tidy

Floats = npt.NDArray[np.float32]
_JUDGED, PASTED = 40, 100
_GROUNDS = ("studio", "beside", "street")


class Pack:
    """An exported cut-out."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "cutout.onnx"
        self._session = packing.session(self.path)

    def look(self, frame: Image) -> tuple[Floats, Floats]:
        """Mask (256, 192) 0..1, by its colours too, and category (4,) of a frame (256, 192, 3)
        RGB."""
        photo = frame.astype(np.float32).transpose(2, 0, 1)[None] / 255
        mask, category = self._session.run(None, {"photo": photo})
        return without_ground(mask[0, 0], np.ascontiguousarray(frame)), category[0]


def pasted(
    held_out: data.Photos, grounds: list[Bytes], kind: str, seed: int
) -> tuple[Image, Image]:
    """A held-out garment on a ground of that kind: frame and its exact mask."""
    rng = np.random.default_rng(seed)
    size = (HEIGHT, WIDTH)
    index, other = (int(i) for i in rng.choice(held_out.masked, 2, replace=False))
    patch = None
    if kind == "beside":
        patch = compose.beside(held_out.photo(other), held_out.mask(other))
    elif kind == "street":
        patch = data.colour(grounds[seed % len(grounds)])
    ground = compose.studio(size, rng) if patch is None else compose.spread(patch, size, rng)
    mask = cv2.erode(held_out.mask(index), np.ones((3, 3), np.uint8))
    return compose.laid(held_out.photo(index), mask, ground, size, rng)


def by_colour(frame: Image) -> Image:
    """The baseline: GrabCut from a central ellipse, its largest piece."""
    y, x = np.mgrid[-1 : 1 : frame.shape[0] * 1j, -1 : 1 : frame.shape[1] * 1j]
    guess = ((x / 0.76) ** 2 + (y / 0.84) ** 2 < 1).astype(np.uint8)
    return tidy(grab_cut(np.ascontiguousarray(frame[:, :, ::-1]), guess))[0]


def _spread_of(values: list[float]) -> dict[str, float]:
    low, middle = np.percentile(values, (10, 50))
    return {
        "mean": round(float(np.mean(values)), 4),
        "median": round(float(middle), 4),
        "tenth": round(float(low), 4),
    }


def _compare(
    pack: Pack, held_out: data.Photos
) -> tuple[list[tuple[float, int]], dict[str, object]]:
    """Overlap with the agreed masks, and the categories of all photographs."""
    found: list[tuple[float, int]] = []
    confusion = np.zeros((len(KINDS), len(KINDS)), np.int64)
    for index in range(len(held_out)):
        mask, category = pack.look(data.framed(held_out.photo(index), HEIGHT))
        confusion[held_out.kinds[index], int(category.argmax())] += 1
        if held_out.origin[index]:
            truth = data.framed(held_out.mask(index), HEIGHT, nearest=True)
            found.append((overlap((mask > 0.5).astype(np.uint8), truth), index))
    garments = confusion[:NONE]
    result: dict[str, object] = {
        "photographs": len(held_out),
        "with_agreed_mask": len(found),
        "overlap_with_agreed_masks": _spread_of([f[0] for f in found]),
        "category_accuracy": round(float(np.trace(confusion) / confusion.sum()), 4),
        "category_accuracy_of_garments": round(
            float(np.trace(garments[:, :NONE]) / garments.sum()), 4
        ),
        "garments_called_none": int(garments[:, NONE].sum()),
        "confusion_truth_by_answer": {
            kind: dict(zip(KINDS, row, strict=True))
            for kind, row in zip(KINDS, confusion.tolist(), strict=True)
        },
    }
    return sorted(found), result


def measure(
    pack: Pack, held_out: data.Photos
) -> tuple[dict[str, object], pictures.Image, pictures.Image]:
    """All figures of the card, the sheet to be judged and that of the worst masks."""
    found, result = _compare(pack, held_out)
    garments: dict[str, object] = {}
    for number, kind in enumerate(_GROUNDS):
        ours, baseline = [], []
        for seed in range(PASTED):
            frame, truth = pasted(held_out, held_out.grounds, kind, 1000 * number + seed)
            ours.append(overlap((pack.look(frame)[0] > 0.5).astype(np.uint8), truth))
            baseline.append(overlap(by_colour(frame), truth))
        garments[kind] = {"ours": _spread_of(ours), "grabcut": _spread_of(baseline)}
    feed = {"photo": np.random.default_rng(0).random((1, 3, HEIGHT, WIDTH), dtype=np.float32)}
    result |= {"overlap_on_pasted_garments": garments, **packing.costs(pack.path, feed)}
    wearable = np.flatnonzero(held_out.kinds != NONE)
    judged = np.random.default_rng(0).permutation(wearable)[:_JUDGED]
    return (
        result,
        _sheet(pack, held_out, judged),
        _sheet(pack, held_out, [i for _, i in found[:20]]),
    )


def _sheet(pack: Pack, held_out: data.Photos, chosen: npt.ArrayLike) -> pictures.Image:
    """Ten cases a line: photograph above, what is cut out below, with the answer for category."""
    columns = []
    for index in np.asarray(chosen):
        frame = data.framed(held_out.photo(int(index)), HEIGHT)
        mask, category = pack.look(frame)
        dark = frame // 5 + np.array([90, 0, 90], np.uint8)
        cut = frame * mask[..., None] + dark * (1 - mask[..., None])
        cell = np.ascontiguousarray(cut.round().astype(np.uint8))
        text = f"{KINDS[int(category.argmax())]} {category.max():.2f}"
        cv2.putText(cell, text, (4, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (255, 255, 255), 1)
        columns.append([frame, cell])
    return pictures.columns_sheet(columns, 10)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path, help="made by models.training.cutout.labels")
    parser.add_argument("pack", type=Path, help="folder of the exported pack")
    parser.add_argument("run", type=Path, help="folder that receives figures and contact sheets")
    args = parser.parse_args()
    result, judged, worst = measure(Pack(args.pack), data.load(args.data, False))
    packing.tell(args.run, result, {"sheet": judged, "worst": worst})


if __name__ == "__main__":
    main()
