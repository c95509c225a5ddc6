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
from models.training.parser.networks import ENCODERS, ExportedParser, Parser

NAME, VERSION = "person-parser", "0.3.0"


def export(parser: Parser, target: Path) -> float:
    """Write the pack into ``target``; returns the largest difference of ONNX from PyTorch."""
    photo = torch.rand(1, 3, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(0))
    difference = packing.write_graph(
        ExportedParser(parser.cpu()),
        {"photo": photo},
        ["probabilities", "landmarks"],
        target / "parser.onnx",
        half=True,
        exact=True,
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


def blend(net: Parser, graph: Path) -> None:
    """Give ``net`` the mean of its weights and those of a graph that its training went on from. The
    shift that older graphs do not have counts as nothing."""
    theirs = packing.weights_of(graph)
    theirs.setdefault("shift.weight", torch.zeros_like(net.state_dict()["shift.weight"]))
    packing.blend(net, theirs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("run", type=Path, help="folder of the training")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--blend", type=Path, help="a shipped graph to take the mean with")
    parser.add_argument("--encoder", choices=ENCODERS, default=ENCODERS[0], help="the training's")
    args = parser.parse_args()
    training = loop.trained(Parser(args.encoder), args.run)
    if args.blend:
        blend(training.net, args.blend)
    difference = export(training.net, args.output)
    print(f"{training}, ONNX differs by at most {difference:.2g}")


if __name__ == "__main__":
    main()
