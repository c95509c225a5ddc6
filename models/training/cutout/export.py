"""Write the pack ``cloth-cutout`` from a training's averaged weights.

    python -m models.training.cutout.export RUN -o models/cloth-cutout

Writes ``cutout.onnx`` (opset 17, fixed shapes, weights in half precision) and ``pack.json``, and
checks that ONNX and PyTorch give the same within 1e-3. A later training goes on from that graph.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from models.training import loop, packing
from models.training.cutout.data import HEIGHT, WIDTH
from models.training.cutout.networks import Cutout, ExportedCutout

NAME, VERSION = "cloth-cutout", "0.1.0"


def export(cutout: Cutout, target: Path) -> float:
    """Write the pack into ``target``; returns the largest difference of ONNX from PyTorch."""
    photo = torch.rand(1, 3, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(0))
    difference = packing.write_graph(
        ExportedCutout(cutout.cpu()),
        {"photo": photo},
        ["mask", "category"],
        target / "cutout.onnx",
        half=True,
    )
    packing.write_manifest(
        target,
        name=NAME,
        version=VERSION,
        task="cloth-cutout",
        title="Cloth cut-out, small U-Net on EfficientNet-Lite0",
        frame=(HEIGHT, WIDTH),
        files={"cutout": "cutout.onnx"},
    )
    return difference


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("run", type=Path, help="folder of the training")
    parser.add_argument("-o", "--output", type=Path, required=True)
    args = parser.parse_args()
    training = loop.trained(Cutout(), args.run)
    difference = export(training.net, args.output)
    print(f"{training}, ONNX differs by at most {difference:.2g}")


if __name__ == "__main__":
    main()
