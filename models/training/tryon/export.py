"""Write the pack ``tryon-flow`` from a training's averaged weights.

    python -m models.training.tryon.export PAIRS.npz RUN -o models/tryon-flow

Writes ``tryon.onnx`` (opset 17, fixed shapes, weights in half precision) and ``pack.json``, and
checks that ONNX and PyTorch give the same within 1e-3. A later training goes on from that graph.
`turning` comes first, with the same ``--blend``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch import Tensor

from models.training import loop, packing, palette
from models.training.tryon import data, pairs, turning, views
from models.training.tryon.body import HEIGHT, WIDTH
from models.training.tryon.exported import INPUTS, OUTPUTS, ExportedTryOn
from models.training.tryon.networks import TryOnNet, Turning

NAME, VERSION = "tryon-flow", "0.12.0"


def inputs(batch: data.Batch) -> dict[str, Tensor]:
    """A batch as the shipped graph takes it, the people by the first of its sights: pictures 0..1,
    labels uint8."""
    sight = batch.sights[0]
    cloth = torch.cat([(batch.cloth[:, :3] + 1) / 2, batch.cloth[:, 3:]], 1)
    values = ((sight.photo + 1) / 2, cloth, sight.labels.byte(), sight.points, batch.category)
    return {k: v.contiguous() for k, v in zip(INPUTS, values, strict=True)}


def export(
    net: TryOnNet, lies: Turning, made: pairs.Pairs, target: Path, blind: bool = False
) -> float:
    """Write the pack into ``target``; returns the largest difference of ONNX from PyTorch."""
    rng = torch.Generator().manual_seed(0)
    batch = data.batch(made, torch.arange(1), data.FIXED, rng, [views.true(made)])
    difference = packing.write_graph(
        ExportedTryOn(net.cpu(), lies, blind),
        inputs(batch),
        OUTPUTS,
        target / "tryon.onnx",
        half=True,
    )
    packing.write_manifest(
        target,
        name=NAME,
        version=VERSION,
        task="try-on",
        title="Try-on by flow, from person and cloth",
        frame=(HEIGHT, WIDTH),
        files={"tryon": "tryon.onnx"},
        palette=palette.pack_entries(),
    )
    return difference


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("pack", type=Path, help="made by models.training.tryon.pairs")
    parser.add_argument("run", type=Path, help="folder of the training")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--blind", action="store_true", help="it learned without --redressed")
    parser.add_argument("--blend", type=Path, help="a shipped graph to take the mean with")
    args = parser.parse_args()
    training = loop.trained(TryOnNet(), args.run)
    if args.blend:
        packing.blend(training.net, packing.weights_of(args.blend))
    made = pairs.load(args.pack, False, torch.device("cpu"))
    lies = turning.trained(training.net.reader, args.run)
    difference = export(training.net, lies, made, args.output, args.blind)
    print(f"{training}, ONNX differs by at most {difference:.2g}")


if __name__ == "__main__":
    main()
