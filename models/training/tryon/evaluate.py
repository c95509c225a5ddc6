"""Measure a pack ``tryon-flow`` on people and garments it has not seen; all figures of its card.

    python -m models.training.tryon.evaluate PAIRS.npz DATA models RUN

``models`` is the folder of packs; parser and cut-out are used as the application uses them. Pairs:
the shipped graph on made pairs of ``val``, beside two baselines. Unpaired: ``val`` garments
photographed flat, on ``val`` people. Writes ``RUN/figures.json`` and ``RUN/pairs.jpg``,
``RUN/upper.jpg`` and so on (photographs of the data set: never to be committed).
"""

from __future__ import annotations

import argparse
import csv
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch

from app.domain.cloth import cloth_window, frame_cloth
from app.domain.framing import CATEGORIES, Window, whole
from models.training import measures, packing, pictures
from models.training.parser import evaluate as parsing
from models.training.tryon import pairs
from models.training.tryon.body import HEIGHT, WIDTH
from models.training.tryon.export import INPUTS, OUTPUTS

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
_FRAME = Window(0, 0, WIDTH, HEIGHT)
_UNPAIRED = 68  # pairs of each category


class Packs:
    """The exported graphs that a try-on takes."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "tryon-flow" / "tryon.onnx"
        self.tryon = packing.session(self.path)
        self.cutout = packing.session(folder / "cloth-cutout" / "cutout.onnx")
        self.parser = parsing.Pack(folder / "person-parser")

    def cut(self, photo: Bytes) -> tuple[Bytes, Floats]:
        """A garment's photograph (H, W, 3) cut and framed: RGBA (256, 192, 4), and likelihoods."""
        height, width = photo.shape[:2]
        window = whole(width, height)
        frame = window.cut(photo, HEIGHT, WIDTH).astype(np.float32).transpose(2, 0, 1) / 255
        mask, category = self.cutout.run(["mask", "category"], {"photo": frame[None]})
        alpha = parsing.place(mask[0, 0], window, height, width)
        rgba = np.dstack([photo, (alpha * 255).round().clip(0, 255).astype(np.uint8)])
        if alpha.max() < 0.6:
            return np.zeros((HEIGHT, WIDTH, 4), np.uint8), category[0]
        return frame_cloth(rgba, cloth_window(rgba[..., 3]), HEIGHT, WIDTH), category[0]

    def dress(self, person: Bytes, cloth: Bytes, category: int) -> dict[str, Floats]:
        """Framed person (256, 192, 3) and cloth (256, 192, 4) to the graph's outputs."""
        chance, points = self.parser.look(person, _FRAME)
        one_hot = np.zeros((1, 3), np.float32)
        one_hot[0, category] = 1
        values = (
            person.astype(np.float32).transpose(2, 0, 1)[None] / 255,
            cloth.astype(np.float32).transpose(2, 0, 1)[None] / 255,
            chance.argmax(0).astype(np.uint8)[None],
            points[None],
            one_hot,
        )
        made = self.tryon.run(list(OUTPUTS), dict(zip(INPUTS, values, strict=True)))
        return {name: value[0] for name, value in zip(OUTPUTS, made, strict=True)}


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


def measure_pairs(packs: Packs, made: pairs.Pairs) -> tuple[dict[str, object], pictures.Image]:
    """Figures on made pairs, with both baselines, and a contact sheet."""
    names = ("ours", "no warp", "thin plate by landmarks")
    tallies = {name: _Tally([], [], [], []) for name in names}
    truth: list[Floats] = []
    columns = []
    size = torch.tensor([WIDTH / 2, HEIGHT / 2]).view(2, 1, 1).numpy()
    y, x = (np.mgrid[:HEIGHT, :WIDTH] + 0.5).astype(np.float32)
    still = np.stack([x / WIDTH * 2 - 1, y / HEIGHT * 2 - 1])
    for index in range(len(made)):
        person = made.person[index].permute(1, 2, 0).numpy()
        cloth = made.cloth[index, 0].permute(1, 2, 0).numpy()
        mask = made.mask[index, 0].numpy() > 0
        flow = np.stack(
            [cv2.resize(f, (WIDTH, HEIGHT)) for f in made.flow[index, 0].float().numpy()]
        )
        outputs = packs.dress(np.ascontiguousarray(person), cloth, int(made.category[index]))
        real = person.astype(np.float32).transpose(2, 0, 1) / 255
        unit = cloth.astype(np.float32).transpose(2, 0, 1) / 255
        points = made.landmarks[index, 1:, :2].numpy()
        inside = ((points > 2) & (points < [WIDTH - 2, HEIGHT - 2])).all(1)
        columns_of = points[inside].astype(int)
        known = points[inside]
        goals = flow[:, columns_of[:, 1], columns_of[:, 0]].T
        flows = (outputs["flow"], still, thin_plate(known, goals))
        cells = [cloth[..., :3], person]
        for name, own in zip(names, flows, strict=True):
            shown = outputs["outcome"] if name == "ours" else _laid(real, outputs, unit, own)
            alpha = outputs["cover"][0] if name == "ours" else _alpha(unit, own)
            tally = tallies[name]
            tally.outcomes.append(np.clip(shown, 0, 1).astype(np.float32))
            tally.ssim.append(measures.ssim(shown.transpose(1, 2, 0), real.transpose(1, 2, 0)))
            gap = np.linalg.norm((own - flow) * size, axis=0)
            tally.flow_error.append(float(gap[mask].mean()))
            read = alpha > 0.5
            tally.iou.append(float((read & mask).sum() / max((read | mask).sum(), 1)))
            cells.append((shown.clip(0, 1).transpose(1, 2, 0) * 255).round().astype(np.uint8))
        truth.append(real)
        if index % max(1, len(made) // 24) == 0:
            columns.append(cells)
    distance = measures.PerceptualDistance()
    figures: dict[str, object] = {name: tallies[name].result(truth, distance) for name in names}
    return figures | {"pairs": len(made)}, pictures.columns_sheet(columns, 12)


def _alpha(cloth: Floats, flow: Floats) -> Floats:
    x, y = (flow[0] + 1) / 2 * WIDTH - 0.5, (flow[1] + 1) / 2 * HEIGHT - 0.5
    return np.asarray(cv2.remap(cloth[3], x, y, cv2.INTER_LINEAR, borderValue=0))


_KINDS = {
    "upper": "t-shirt longsleeve shirt outwear polo undershirt blazer hoodie body top blouse",
    "lower": "pants shorts skirt",
    "dress": "dress",
}


def _garments(data: Path, category: str) -> list[Path]:
    with (data / "garments" / "index.csv").open(encoding="utf-8") as file:
        return [
            data / "garments" / row["file"]
            for row in csv.DictReader(file)
            if row["split"] == "val"
            and row["category"] in _KINDS[category].split()
            and row["kids"] == "false"
        ]


def measure_unpaired(
    packs: Packs, made: pairs.Pairs, data: Path
) -> tuple[dict[str, object], dict[str, pictures.Image]]:
    """Colour of the garment on people of ``val`` and a contact sheet of each category, of the first
    pairs of a fixed shuffle."""
    rng = np.random.default_rng(0)
    figures: dict[str, object] = {}
    sheets = {}
    for index, category in enumerate(CATEGORIES):
        people = np.flatnonzero(made.category.numpy() == index)
        garments = _garments(data, category)
        colours, columns, refused = [], [], 0
        for number in range(_UNPAIRED):
            person = made.person[int(people[number % len(people)])].permute(1, 2, 0).numpy()
            path = garments[int(rng.integers(len(garments)))]
            photo = cv2.imread(str(path), cv2.IMREAD_COLOR)[:, :, ::-1]
            cloth, likely = packs.cut(np.ascontiguousarray(photo))
            if not cloth[..., 3].any() or likely.argmax() == 3:
                refused += 1
                continue
            outputs = packs.dress(np.ascontiguousarray(person), cloth, index)
            shown = (
                (outputs["outcome"].clip(0, 1).transpose(1, 2, 0) * 255).round().astype(np.uint8)
            )
            covered, solid = outputs["cover"][0] > 0.9, cloth[..., 3] > 250
            if covered.sum() > 100:
                means = [measures.lab(p.mean(0) / 255) for p in (shown[covered], cloth[solid, :3])]
                colours.append(float(measures.delta_e2000(means[0], means[1])))
            columns.append(
                [
                    whole(*photo.shape[1::-1]).cut(photo, HEIGHT, WIDTH),
                    cloth[..., :3],
                    person,
                    shown,
                ]
            )
        figures[category] = {
            "pairs": len(columns),
            "refused": refused,
            "colour_delta_e2000_median": round(float(np.median(colours)), 2) if colours else None,
        }
        sheets[category] = pictures.columns_sheet(columns[:24], 12)
    return figures, sheets


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("pack", type=Path, help="made by models.training.tryon.pairs")
    parser.add_argument("data", type=Path, help="folder with garments/")
    parser.add_argument("models", type=Path, help="folder of packs")
    parser.add_argument("run", type=Path, help="folder that receives figures and contact sheets")
    args = parser.parse_args()
    packs = Packs(args.models)
    made = pairs.load(args.pack, False, torch.device("cpu"))
    paired, sheet = measure_pairs(packs, made)
    unpaired, sheets = measure_unpaired(packs, made, args.data)
    feed = {
        "person": np.zeros((1, 3, HEIGHT, WIDTH), np.float32),
        "cloth": np.zeros((1, 4, HEIGHT, WIDTH), np.float32),
        "labels": np.zeros((1, HEIGHT, WIDTH), np.uint8),
        "landmarks": made.landmarks[:1].numpy(),
        "category": np.eye(3, dtype=np.float32)[:1],
    }
    result = {
        "made_pairs": paired,
        "unpaired": unpaired,
        **packing.costs(packs.path, feed),
    }
    packing.tell(args.run, result, {"pairs": sheet, **sheets})


if __name__ == "__main__":
    main()
