"""Write the pack ``garment-spade`` from a training's averaged weights.

    python -m models.training.garment.export FIGURES.npz RUN -o models/garment-spade

Writes ``generator.onnx``, ``encoder.onnx`` (opset 17, fixed shapes, fp32), ``codes.npz`` (codes of
the real garments of the training photographs) and ``pack.json``, and checks that ONNX and PyTorch
give the same within 1e-3. ``RUN/weights.pt`` receives the half-precision weights of all three
networks: the checkpoint that a later training starts from when the full state is gone.
"""

from __future__ import annotations

import argparse
import copy
import dataclasses
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from models.training import figures, packing, palette, pictures
from models.training.garment import checkpoint
from models.training.garment.networks import CLASSES, STYLE, Generator, StyleEncoder, one_hot

NAME, VERSION = "garment-spade", "0.3.0"
HEIGHT, WIDTH = 256, 192
_FEWEST = 150  # pixels at 256x192 a class needs before its code is worth keeping
_PER_CLASS = 160
_CALM = 0.7  # of the detail of skin: a face that nobody taught is better plain than a whirl


class _OnLabels(nn.Module):
    """A network that takes the label map itself and makes the one-hot map in the graph."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("index", torch.arange(CLASSES, dtype=torch.int32).view(1, -1, 1, 1))

    def hot(self, labels: Tensor) -> Tensor:
        """uint8 (1, H, W) to float (1, CLASSES, H, W)."""
        return (labels.to(torch.int32)[:, None] == self.index).float()


class ExportedGenerator(_OnLabels):
    """``labels`` uint8 (1, H, W), ``codes`` float (1, CLASSES, STYLE) to RGB 0..1 (1, 3, H, W)."""

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self.generator = copy.deepcopy(generator)
        self.generator.calm = _CALM
        for stage in self.generator.stages:
            stage.centre()

    def forward(self, labels: Tensor, codes: Tensor) -> Tensor:
        return ((self.generator(self.hot(labels), codes) + 1) / 2).clamp(0, 1)


class ExportedEncoder(_OnLabels):
    """``picture`` RGB 0..1 (1, 3, H, W), ``labels`` uint8 (1, H, W) to (1, CLASSES, STYLE)."""

    def __init__(self, encoder: StyleEncoder) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, picture: Tensor, labels: Tensor) -> Tensor:
        hot = self.hot(labels)
        seen = picture * (1 - hot[:, :1]) + hot[:, :1]  # the ground is white in training
        return self.encoder(seen * 2 - 1, hot)[0]


@torch.no_grad()
def collect_codes(encoder: StyleEncoder, data: figures.Figures) -> tuple[np.ndarray, np.ndarray]:
    """Codes (N, STYLE) float32 of garments in whole-figure and part crops, and their classes (N,)
    uint8, at most ``_PER_CLASS`` a class, largest regions first."""
    found: list[tuple[int, float, np.ndarray]] = []
    rng = pictures.torch_seeded(3)
    views = [dataclasses.replace(figures.FIXED, whole=share) for share in (1, 0)]
    for rows in torch.arange(len(data)).split(16):
        for how in views:
            picture, labels = figures.crops(data, rows, HEIGHT, WIDTH, how, rng)
            hot = one_hot(labels)
            codes, _ = encoder(picture, hot)
            areas = hot.sum((2, 3))
            for b, c in torch.nonzero(areas > _FEWEST).tolist():
                if c:
                    found.append((c, float(areas[b, c]), codes[b, c].numpy()))
    found.sort(key=lambda f: (f[0], -f[1]))
    kept: list[tuple[int, np.ndarray]] = []
    for index in range(1, CLASSES):
        own = [(c, code) for c, _, code in found if c == index][:_PER_CLASS]
        kept += own or [(index, np.zeros(STYLE, np.float32))]
    return np.stack([k[1] for k in kept]).astype(np.float32), np.array(
        [k[0] for k in kept], np.uint8
    )


def export(state: checkpoint.State, data: figures.Figures, target: Path) -> dict[str, float]:
    """Write the pack into ``target``; returns the largest ONNX difference of each graph."""
    rows = torch.arange(1)
    picture, labels = figures.crops(
        data, rows, HEIGHT, WIDTH, figures.FIXED, pictures.torch_seeded(1)
    )
    generator, encoder = state.average["generator"].cpu(), state.average["encoder"].cpu()
    classes = labels.byte()
    unit = ((picture + 1) / 2).contiguous()
    with torch.no_grad():
        codes = encoder(picture, one_hot(labels))[0]
    differences = {
        "generator": packing.write_graph(
            ExportedGenerator(generator),
            {"labels": classes, "codes": codes},
            ["picture"],
            target / "generator.onnx",
        ),
        "encoder": packing.write_graph(
            ExportedEncoder(encoder),
            {"picture": unit, "labels": classes},
            ["codes"],
            target / "encoder.onnx",
        ),
    }
    bank, owners = collect_codes(encoder, data)
    np.savez_compressed(target / "codes.npz", codes=bank, classes=owners)
    packing.write_manifest(
        target,
        name=NAME,
        version=VERSION,
        task="garment-synthesis",
        title="Garment synthesis, class-adaptive SPADE",
        frame=(HEIGHT, WIDTH),
        files={"generator": "generator.onnx", "encoder": "encoder.onnx", "codes": "codes.npz"},
        palette=palette.pack_entries(),
        style={"dim": STYLE},
    )
    return differences


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("pack", type=Path, help="made by models.training.prepare")
    parser.add_argument("run", type=Path, help="folder of the training")
    parser.add_argument("-o", "--output", type=Path, required=True)
    args = parser.parse_args()
    cpu = torch.device("cpu")
    state = checkpoint.create(cpu, 0)
    checkpoint.restore(state, args.run / "state.pt")
    differences = export(state, figures.load(args.pack, True, cpu), args.output)
    checkpoint.save_weights(state, args.run / "weights.pt")
    print(f"step {state.step}, {state.seconds / 3600:.2f} h, ONNX differs by at most {differences}")


if __name__ == "__main__":
    main()
