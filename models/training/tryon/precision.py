"""Compare the try-on graph in single, half and 8-bit precision; the card's reason for what ships.

    python -m models.training.tryon.precision PAIRS.npz REDRESSED.npz models RUN

Measures each variant on the made pairs of ``val``: size, time, and how far pictures and figures
move. The 8-bit variant has its convolutions quantised per channel, calibrated on made pairs to
train on. Writes ``RUN/figures.json``; give it a RUN of its own.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import torch
from onnxruntime import quantization
from onnxruntime.transformers import float16

from models.training import packing
from models.training.tryon import data, evaluate, export, pairs, views
from models.training.tryon.shipped import Packs

Feed = dict[str, npt.NDArray[np.generic]]
_CALIBRATION = 32  # made pairs to train on whose activations set the 8-bit ranges
_EXACT = ["GridSample", "Resize"]  # half a pixel of a flow is less than half precision resolves


def feeds(made: pairs.Pairs, shown: views.Views, count: int) -> Iterator[Feed]:
    """What the graph takes, of ``count`` records spread over ``made``, as they are ``shown``."""
    rng = torch.Generator().manual_seed(0)
    for row in torch.linspace(0, len(made) - 1, count).long():
        batch = data.batch(made, row[None], data.FIXED, rng, [shown])
        yield {name: value.numpy() for name, value in export.inputs(batch).items()}


class _Calibration(quantization.CalibrationDataReader):  # type: ignore[misc]
    def __init__(self, made: pairs.Pairs, shown: views.Views) -> None:
        self._feeds = feeds(made, shown, _CALIBRATION)

    def get_next(self) -> Feed | None:
        return next(self._feeds, None)


def single(graph: Path, target: Path) -> Path:
    """The graph in single precision, its normalisations merged into the convolutions."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(target)
    onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
    return target


def variants(graph: Path, made: pairs.Pairs, shown: views.Views, folder: Path) -> dict[str, Path]:
    """Files of the same network, by how they are stored and computed."""
    full = single(graph, folder / "single.onnx")
    half = float16.convert_float_to_float16(
        onnx.load(str(full)), keep_io_types=True, op_block_list=_EXACT
    )
    onnx.save(half, str(folder / "half.onnx"))
    quantization.quantize_static(
        str(full),
        str(folder / "eight.onnx"),
        _Calibration(made, shown),
        quant_format=quantization.QuantFormat.QDQ,
        op_types_to_quantize=["Conv"],
        per_channel=True,
    )
    return {
        "single": full,
        "stored in half, computed in single": graph,
        "half": folder / "half.onnx",
        "8 bit": folder / "eight.onnx",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("pack", type=Path, help="made by models.training.tryon.pairs")
    parser.add_argument("redressed", type=Path, help="the people in other garments")
    parser.add_argument("models", type=Path, help="folder of packs")
    parser.add_argument("run", type=Path, help="folder that receives the figures")
    args = parser.parse_args()
    cpu = torch.device("cpu")
    held_out = pairs.load(args.pack, False, cpu)
    shown = views.load(args.redressed, held_out, False)
    packs = Packs(args.models)
    result: dict[str, dict[str, object]] = {}
    expected: list[npt.NDArray[np.float32]] = []
    with tempfile.TemporaryDirectory() as folder:
        taught = pairs.load(args.pack, True, cpu)
        taught_as = views.load(args.redressed, taught, True)
        files = variants(packs.path, taught, taught_as, Path(folder))
        cases = list(feeds(held_out, shown, 16))
        for name, path in files.items():
            packs.tryon = packing.session(path)
            pictures = [packs.tryon.run(["outcome"], feed)[0] for feed in cases]
            expected = expected or pictures
            gaps = [np.abs(p - e) for p, e in zip(pictures, expected, strict=True)]
            figures, _ = evaluate.measure_pairs(packs, held_out, shown)
            result[name] = {
                **packing.costs(path, cases[0]),
                "picture differs, mean of 255": round(float(np.mean(gaps)) * 255, 3),
                "picture differs, 99.9 % of 255": round(
                    float(np.quantile(np.stack(gaps), 0.999)) * 255, 1
                ),
                "made pairs": figures["ours"],
            }
    packing.tell(args.run, result, {})


if __name__ == "__main__":
    main()
