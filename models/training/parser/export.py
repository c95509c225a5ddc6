"""Write the pack ``person-parser`` from a training's averaged weights.

    python -m models.training.parser.export RUN -o models/person-parser

Writes ``parser.onnx`` (opset 17, fixed shapes, weights in half precision) and ``pack.json``, and
checks that ONNX and PyTorch give the same within 1e-3. A later training goes on from that graph.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from models.training import loop, packing, palette
from models.training.parser.data import HEIGHT, WIDTH
from models.training.parser.networks import ExportedParser, Parser

NAME, VERSION = "person-parser", "0.2.0"


def export(parser: Parser, target: Path) -> float:
    """Write the pack into ``target``; returns the largest difference of ONNX from PyTorch."""
    photo = torch.rand(1, 3, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(0))
    difference = packing.write_graph(
        ExportedParser(parser.cpu()),
        {"photo": photo},
        ["probabilities", "landmarks"],
        target / "parser.onnx",
        half=True,
    )
    packing.write_manifest(
        target,
        name=NAME,
        version=VERSION,
        task="person-parsing",
        title="Person parser, U-Net on EfficientNet-Lite0",
        frame=(HEIGHT, WIDTH),
        files={"parser": "parser.onnx"},
        palette=palette.pack_entries(),
    )
    return difference


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("run", type=Path, help="folder of the training")
    parser.add_argument("-o", "--output", type=Path, required=True)
    args = parser.parse_args()
    training = loop.trained(Parser(), args.run)
    difference = export(training.net, args.output)
    print(f"{training}, ONNX differs by at most {difference:.2g}")


if __name__ == "__main__":
    main()
