"""Measure a pack ``garment-spade`` on held-out photographs; rebuilds every figure of its card.

    python -m models.training.garment.evaluate FIGURES.npz models/garment-spade RUN \
        --parser models/person-parser

Runs the shipped graphs through ONNX Runtime on ``val``. Writes ``RUN/figures.json``, the contact
sheet ``RUN/sheet.jpg`` (photographs of the data set: never to be committed) and prints the figures.
"""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch

from models.training import figures, measures, packing, palette, pictures
from models.training.parser import evaluate as parsing

Array = npt.NDArray[np.float32]
_FEWEST = 200  # pixels a class needs to be measured


class Pack:
    """The graphs and codes of an exported pack."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.generator = packing.session(folder / "generator.onnx")
        self.encoder = packing.session(folder / "encoder.onnx")
        with np.load(folder / "codes.npz") as bank:
            self.codes, self.classes = bank["codes"], bank["classes"]

    def encode(self, picture: Array, labels: npt.NDArray[np.uint8]) -> Array:
        return self.encoder.run(None, {"picture": picture[None], "labels": labels[None]})[0]

    def generate(self, labels: npt.NDArray[np.uint8], codes: Array) -> Array:
        """(3, H, W) RGB 0..1."""
        return self.generator.run(None, {"labels": labels[None], "codes": codes})[0][0]

    def draw(self, seed: int) -> Array:
        """A code of the bank for every class."""
        rng = np.random.default_rng(seed)
        codes = np.zeros((1, palette.COUNT, self.codes.shape[1]), np.float32)
        for index in range(1, palette.COUNT):
            codes[0, index] = rng.choice(self.codes[self.classes == index])
        return codes


def cases(data: figures.Figures) -> list[tuple[Array, npt.NDArray[np.uint8]]]:
    """Each held-out photograph as a whole figure and as two parts: pictures (3, H, W) RGB 0..1,
    ground white, and label maps."""
    out = []
    rng = pictures.torch_seeded(11)
    rows = torch.arange(len(data))
    for whole in (1.0, 0.0, 0.0):
        how = dataclasses.replace(figures.FIXED, whole=whole)
        for part in rows.split(16):
            picture, labels = figures.crops(data, part, 256, 192, how, rng)
            out += zip(((picture + 1) / 2).numpy(), labels.byte().numpy(), strict=True)
    return out


def flat_fill(picture: Array, labels: npt.NDArray[np.uint8]) -> Array:
    """The baseline: every class filled with its mean colour in the photograph."""
    out = np.ones_like(picture)
    for index in np.unique(labels[labels > 0]):
        out[:, labels == index] = picture[:, labels == index].mean(1, keepdims=True)
    return out


def fidelity(
    parser: parsing.Pack, labels: list[npt.NDArray[np.uint8]], sets: dict[str, list[Array]]
) -> dict[str, object]:
    """How well a parser finds each label map in the pictures made from it, beside how well it does
    so in the photographs (``real``): grouped mean IoU and its share of the photographs'."""
    found: dict[str, float] = {}
    for name, made in sets.items():
        scores = parsing.Scores()
        for picture, truth in zip(made, labels, strict=True):
            photo = (picture.transpose(1, 2, 0) * 255).round().clip(0, 255).astype(np.uint8)
            scores.add(truth, parser.read_frame(np.ascontiguousarray(photo))[0])
        found[name] = float(scores.result([0])["grouped_mean_iou"])  # type: ignore[arg-type]
    return {n: {"iou": v, "share": round(v / found["real"], 3)} for n, v in found.items()}


def measure(
    pack: Pack, data: figures.Figures, parser: parsing.Pack | None = None
) -> tuple[dict[str, object], pictures.Image]:
    """All figures of the card and the contact sheet; label fidelity with a parser only."""
    found = cases(data)
    real, again, drawn, flat, delta, error, leaks, seeds = [], [], [], [], [], [], [], []
    for number, (picture, labels) in enumerate(found):
        codes = pack.encode(picture, labels)
        made = pack.generate(labels, codes)
        random = pack.generate(labels, pack.draw(2 * number))
        other = pack.generate(labels, pack.draw(2 * number + 1))
        garment = labels > 0
        real.append(picture)
        again.append(made)
        drawn.append(random)
        flat.append(flat_fill(picture, labels))
        error.append(float(np.abs(made - picture)[:, garment].mean()))
        seeds.append(float(np.abs(random - other)[:, garment].mean()))
        present = [c for c in range(1, palette.COUNT) if (labels == c).sum() >= _FEWEST]
        delta += _colour_differences(picture, made, labels, present)
        leaks += _leaks(pack, labels, codes, made, present, number)
    distance = measures.FeatureDistance()
    fed: dict[str, dict[str, float]] = {}
    for height in (64, 128, 256):
        features = {
            n: distance.features(_sized(p, height))
            for n, p in (("real", real), ("codes", again), ("seed", drawn), ("flat", flat))
        }
        fed[f"{height}x{height * 3 // 4}"] = {
            n: round(distance.distance(features["real"], features[n]), 3)
            for n in ("codes", "seed", "flat")
        }
    result: dict[str, object] = {
        "pictures": len(found),
        "colour_delta_e2000_median": round(float(np.median(delta)), 2),
        "reconstruction_l1": round(float(np.mean(error)), 4),
        "leakage_mean": round(float(np.mean(leaks)), 4) if leaks else None,
        "leakage_median": round(float(np.median(leaks)), 4) if leaks else None,
        "seed_difference_mean": round(float(np.mean(seeds)), 4),
        "fed": fed,
        "parameters": {
            n: packing.parameters(pack.folder / f"{n}.onnx") for n in ("generator", "encoder")
        },
        "megabytes": round(sum(f.stat().st_size for f in pack.folder.glob("*.onnx")) / 1e6, 2),
        "milliseconds": {
            f"{t} threads": packing.speed(
                pack.folder / "generator.onnx",
                {"labels": found[0][1][None], "codes": pack.draw(0)},
                t,
            )
            for t in (1, 2)
        },
    }
    if parser:
        sets = {"real": real, "codes": again, "seed": drawn, "flat": flat}
        result["label_fidelity"] = fidelity(parser, [labels for _, labels in found], sets)
    # Every second case a whole figure, the others parts that fill the frame.
    figures_and_parts = [f for pair in zip(found, found[len(data) :], strict=False) for f in pair]
    return result, _sheet(pack, figures_and_parts[:32])


def _colour_differences(
    truth: Array, made: Array, labels: npt.NDArray[np.uint8], present: list[int]
) -> list[float]:
    out = []
    for index in present:
        inside = labels == index
        means = [measures.lab(p[:, inside].mean(1)) for p in (truth, made)]
        out.append(float(measures.delta_e2000(means[0], means[1])))
    return out


def _leaks(
    pack: Pack,
    labels: npt.NDArray[np.uint8],
    codes: Array,
    before: Array,
    present: list[int],
    seed: int,
) -> list[float]:
    """Mean change of the other classes' pixels over the mean change of its own, one class."""
    if len(present) < 2:
        return []
    index = present[seed % len(present)]
    swapped = codes.copy()
    swapped[0, index] = pack.draw(1000 + seed)[0, index]
    change = np.abs(pack.generate(labels, swapped) - before).mean(0)
    own, others = labels == index, (labels != index) & (labels > 0)
    inside = float(change[own].mean())
    return [float(change[others].mean()) / inside] if inside > 0.02 else []


def _sized(chosen: list[Array], height: int) -> torch.Tensor:
    size = (height * 3 // 4, height)
    rows = [
        cv2.resize(p.transpose(1, 2, 0), size, interpolation=cv2.INTER_AREA).transpose(2, 0, 1)
        for p in chosen
    ]
    return torch.from_numpy(np.stack(rows)).float() * 2 - 1


def _sheet(pack: Pack, chosen: list[tuple[Array, npt.NDArray[np.uint8]]]) -> pictures.Image:
    """32 cases, 16 a line: label map, truth, reconstruction, three seeds, one class exchanged."""
    columns = []
    for number, (picture, labels) in enumerate(chosen):
        codes = pack.encode(picture, labels)
        largest = int(np.argmax([(labels == c).sum() * (c > 2) for c in range(palette.COUNT)]))
        swapped = codes.copy()
        swapped[0, largest] = pack.draw(5000 + number)[0, largest]
        looks = [codes, *(pack.draw(100 * number + s) for s in range(3)), swapped]
        made = [picture, *(pack.generate(labels, look) for look in looks)]
        cells = [(m.transpose(1, 2, 0) * 255).round().astype(np.uint8) for m in made]
        columns.append([palette.colors()[labels], *cells])
    return pictures.columns_sheet(columns, 16)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("figures", type=Path, help="made by models.training.prepare")
    parser.add_argument("pack", type=Path, help="folder of the exported pack")
    parser.add_argument("run", type=Path, help="folder that receives figures and contact sheet")
    parser.add_argument("--parser", type=Path, help="pack to measure label fidelity with")
    args = parser.parse_args()
    data = figures.load(args.figures, False, torch.device("cpu"))
    reader = parsing.Pack(args.parser) if args.parser else None
    result, sheet = measure(Pack(args.pack), data, reader)
    packing.tell(args.run, result, {"sheet": sheet})


if __name__ == "__main__":
    main()
