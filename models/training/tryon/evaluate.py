"""Measure a pack ``tryon-flow`` on people and garments it has not seen; all figures of its card.

    python -m models.training.tryon.evaluate PAIRS.npz DATA models RUN --garments GARMENTS.npz \
        --redressed REDRESSED.npz

``models`` is the folder of packs; parser and cut-out are used as the application uses them. Pairs:
the shipped graph on made pairs of ``val``, beside two baselines; as it sees the photograph, it is
given the people in another garment, and the photograph is the truth. Marked: ``val`` garments
whose points were marked by eye, against where the bones would put them. Unpaired: ``val`` garments
photographed flat, on ``val`` people in the street and as shops show them. Writes
``RUN/figures.json`` and ``RUN/pairs.jpg``, ``RUN/upper.jpg`` and so on (photographs of the data
set: never to be committed).
"""

from __future__ import annotations

import argparse
import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from app.domain.framing import CATEGORIES
from models.training import measures, packing, pictures
from models.training.tryon import data, pairs, pasting, photographed, unpaired, views
from models.training.tryon.body import HEIGHT, WIDTH, Body
from models.training.tryon.shipped import Packs, picture_of

_EDGE = 5  # side of the square that thins regions drawn by hand: two pixels all around
_NEAR = 21  # and of the one that grows the old garment, to find what is before it
_FEW = 60  # pixels, below which a region says nothing

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]


def _laid(person: Floats, made: dict[str, Floats], cloth: Floats, flow: Floats) -> Floats:
    """A baseline's outcome: the same fill under the cloth moved by another flow (2, H, W)."""
    x, y = (flow[0] + 1) / 2 * WIDTH - 0.5, (flow[1] + 1) / 2 * HEIGHT - 0.5
    moved = cv2.remap(cloth.transpose(1, 2, 0), x, y, cv2.INTER_LINEAR, borderValue=0)
    moved = moved.transpose(2, 0, 1)
    base = person + made["replace"] * (made["fill"] - person)
    return base + moved[3:] * (moved[:3] - base)


def thin_plate(source: Floats, target: Floats) -> Floats:
    """The flow (2, 256, 192) that takes points ``source`` (N, 2) of the frame to ``target`` (N, 2)
    in -1..1 by a thin-plate spline (Bookstein 1989)."""

    def kernel(gap: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        squared = (gap**2).sum(-1)
        return squared * np.log(squared + 1e-9)

    places = source.astype(np.float64) / HEIGHT
    count = len(places)
    system = np.zeros((count + 3, count + 3))
    system[:count, :count] = kernel(places[:, None] - places[None]) + 1e-4 * np.eye(count)
    system[:count, count] = system[count, :count] = 1
    system[:count, count + 1 :], system[count + 1 :, :count] = places, places.T
    right = np.concatenate([target, np.zeros((3, 2))])
    weights = np.linalg.solve(system, right)
    y, x = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    grid = np.stack([x, y], -1).reshape(-1, 2) / HEIGHT
    terms = np.concatenate([kernel(grid[:, None] - places[None]), np.ones((len(grid), 1)), grid], 1)
    flow = (terms @ weights).reshape(HEIGHT, WIDTH, 2)
    return np.ascontiguousarray(flow.transpose(2, 0, 1)).astype(np.float32)


@dataclass
class _Tally:
    ssim: list[float]
    outcomes: list[Floats]
    flow_error: list[float]
    iou: list[float]

    def result(
        self, truth: list[Floats], distance: measures.PerceptualDistance
    ) -> dict[str, float]:
        stacked = [torch.from_numpy(np.stack(s)) * 2 - 1 for s in (self.outcomes, truth)]
        gaps = [
            g for a, b in zip(*(s.split(16) for s in stacked), strict=True) for g in distance(a, b)
        ]
        return {
            "ssim": round(float(np.mean(self.ssim)), 4),
            "perceptual_distance": round(float(np.mean(gaps)), 4),
            "flow_error_pixels": round(float(np.mean(self.flow_error)), 2),
            "mask_iou": round(float(np.mean(self.iou)), 4),
        }


def measure_pairs(
    packs: Packs, made: pairs.Pairs, shown: views.Views
) -> tuple[dict[str, object], pictures.Image]:
    """Figures on made pairs, from every picture in which the people are ``shown``, with both
    baselines, and a contact sheet."""
    names = ("ours", "no warp", "thin plate by landmarks")
    tallies = {name: _Tally([], [], [], []) for name in names}
    truth: list[Floats] = []
    columns = []
    size = torch.tensor([WIDTH / 2, HEIGHT / 2]).view(2, 1, 1).numpy()
    y, x = (np.mgrid[:HEIGHT, :WIDTH] + 0.5).astype(np.float32)
    still = np.stack([x / WIDTH * 2 - 1, y / HEIGHT * 2 - 1])
    count = shown.photo.shape[1]
    for index, view in itertools.product(range(len(made)), range(count)):
        person = made.person[index].permute(1, 2, 0).numpy()
        given = np.ascontiguousarray(shown.photo[index, view].permute(1, 2, 0).numpy())
        cloth = made.cloth[index, 0].permute(1, 2, 0).numpy()
        mask = made.mask[index, 0].numpy() > 0
        flow = np.stack(
            [cv2.resize(f, (WIDTH, HEIGHT)) for f in made.flow[index, 0].float().numpy()]
        )
        landmarks = made.landmarks[index].numpy()
        category = int(made.category[index])
        outputs = packs.dress(given, landmarks, cloth, category)
        base = given.astype(np.float32).transpose(2, 0, 1) / 255
        real = person.astype(np.float32).transpose(2, 0, 1) / 255
        unit = cloth.astype(np.float32).transpose(2, 0, 1) / 255
        points = made.landmarks[index, 1:, :2].numpy()
        inside = ((points > 2) & (points < [WIDTH - 2, HEIGHT - 2])).all(1)
        columns_of = points[inside].astype(int)
        known = points[inside]
        goals = flow[:, columns_of[:, 1], columns_of[:, 0]].T
        flows = (outputs["flow"], still, thin_plate(known, goals))
        cells = [cloth[..., :3], given, person]
        for name, own in zip(names, flows, strict=True):
            worn = outputs["outcome"] if name == "ours" else _laid(base, outputs, unit, own)
            alpha = outputs["cover"][0] if name == "ours" else _alpha(unit, own)
            tally = tallies[name]
            tally.outcomes.append(np.clip(worn, 0, 1).astype(np.float32))
            tally.ssim.append(measures.ssim(worn.transpose(1, 2, 0), real.transpose(1, 2, 0)))
            gap = np.linalg.norm((own - flow) * size, axis=0)
            tally.flow_error.append(float(gap[mask].mean()))
            read = alpha > 0.5
            tally.iou.append(float((read & mask).sum() / max((read | mask).sum(), 1)))
            cells.append(picture_of(worn))
        truth.append(real)
        step = max(1, len(made) // 24)
        if index % step == 0 and view == index // step % count:
            columns.append(cells)
    distance = measures.PerceptualDistance()
    figures: dict[str, object] = {name: tallies[name].result(truth, distance) for name in names}
    return figures | {"pairs": len(truth)}, pictures.columns_sheet(columns, 12)


def measure_marked(
    packs: Packs, made: pairs.Pairs, garments: photographed.Garments
) -> tuple[dict[str, object], pictures.Image]:
    """How far the graph puts photographed garments from where their marked points and the bones
    put them, by category; what it leaves of the old garment and takes of what was before it, by
    the labels drawn by hand; and a contact sheet: cloth, by the bones, by the graph."""
    rng = pictures.torch_seeded(0)
    batch = data.batch(made, torch.arange(len(made)), data.FIXED, rng)
    worn = pasting.paste(Body(), batch, garments, 1.0, data.FIXED, rng)
    reach = torch.ones(len(made))
    _, old, front = Body()(batch.labels, batch.points, batch.category, reach)
    size = torch.tensor([WIDTH / 2, HEIGHT / 2]).view(2, 1, 1)
    gaps: dict[str, list[_Marked]] = {name: [] for name in CATEGORIES}
    columns = []
    for index in range(len(made)):
        rgb = pictures.to_images(worn.cloth[index : index + 1, :3])[0]
        alpha = (worn.cloth[index, 3] * 255).round().byte().numpy()
        person = np.ascontiguousarray(made.person[index].permute(1, 2, 0).numpy())
        category = int(made.category[index])
        landmarks = made.landmarks[index].numpy()
        own = packs.dress(person, landmarks, np.dstack([rgb, alpha]), category)
        mask, known = worn.mask[index, 0] > 0.5, worn.unsure[index, 0] < 0.5
        gap = ((torch.from_numpy(own["flow"]) - worn.flow[index]) * size).norm(dim=0)
        cover, replace = (torch.from_numpy(own[name][0]) > 0.5 for name in ("cover", "replace"))
        before = front[index] * functional.max_pool2d(old[index], _NEAR, 1, _NEAR // 2)
        left, lost = _share(old[index], ~(cover | replace)), _share(before, cover | replace)
        if (mask & known).any():
            shift = float(gap[mask & known].mean())
            iou = float((cover & mask & known).sum() / ((cover | mask) & known).sum())
            gaps[CATEGORIES[category]].append(_Marked(shift, iou, left, lost))
        shown = picture_of(own["outcome"])
        columns.append([rgb, pictures.to_images(worn.person[index : index + 1])[0], shown])
    figures: dict[str, object] = {name: _means(values) for name, values in gaps.items() if values}
    step = max(1, len(columns) // 36)
    return figures, pictures.columns_sheet(columns[::step][:36], 12)


class _Marked(NamedTuple):
    """Of one pair; None where there is nothing to be left or lost."""

    flow_gap_pixels: float
    mask_iou: float
    old_left: float | None
    front_lost: float | None


def _means(values: list[_Marked]) -> dict[str, float]:
    by_name = {
        name: [value for value in column if value is not None]
        for name, column in zip(_Marked._fields, zip(*values, strict=True), strict=True)
    }
    means = {name: round(float(np.mean(column)), 4) for name, column in by_name.items() if column}
    return {"pairs": len(values), **means}


def _share(region: torch.Tensor, of: torch.Tensor) -> float | None:
    """How much ``of`` (H, W) bool is in a ``region`` (1, H, W) 0 or 1 without its edge, which
    labels drawn by hand do not meet exactly; None where that is small."""
    inner = -functional.max_pool2d(-region, _EDGE, 1, _EDGE // 2)[0] > 0.5
    return float((inner & of).sum() / inner.sum()) if inner.sum() >= _FEW else None


def _alpha(cloth: Floats, flow: Floats) -> Floats:
    x, y = (flow[0] + 1) / 2 * WIDTH - 0.5, (flow[1] + 1) / 2 * HEIGHT - 0.5
    return np.asarray(cv2.remap(cloth[3], x, y, cv2.INTER_LINEAR, borderValue=0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("pack", type=Path, help="made by models.training.tryon.pairs")
    parser.add_argument("data", type=Path, help="folder with garments/")
    parser.add_argument("models", type=Path, help="folder of packs")
    parser.add_argument("run", type=Path, help="folder that receives figures and contact sheets")
    parser.add_argument("--garments", type=Path, help="photographed garments with marked points")
    parser.add_argument("--redressed", type=Path, required=True, help="the people in others")
    args = parser.parse_args()
    packs = Packs(args.models)
    cpu = torch.device("cpu")
    made = pairs.load(args.pack, False, cpu)
    shown = views.load(args.redressed, made, False)
    paired, sheet = measure_pairs(packs, made, shown)
    worn, sheets = unpaired.measure(packs, args.data)
    marked: dict[str, object] = {}
    if args.garments:
        garments = photographed.load(args.garments, False, cpu)
        marked, sheets["marked"] = measure_marked(packs, made, garments)
    feed = {
        "person": np.zeros((1, 3, HEIGHT, WIDTH), np.float32),
        "cloth": np.zeros((1, 4, HEIGHT, WIDTH), np.float32),
        "labels": np.zeros((1, HEIGHT, WIDTH), np.uint8),
        "landmarks": made.landmarks[:1].numpy(),
        "category": np.eye(3, dtype=np.float32)[:1],
    }
    result = {
        "made_pairs": paired,
        "marked": marked,
        "unpaired": worn,
        **packing.costs(packs.path, feed),
    }
    packing.tell(args.run, result, {"pairs": sheet, **sheets})


if __name__ == "__main__":
    main()
