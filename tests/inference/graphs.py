"""Tiny real graphs and packs, small enough to build and run in milliseconds."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from app.domain.palette import Palette
from app.inference.packs import CUTOUT, GARMENT

FRAME = (32, 24)
DIM = 4
OPSET = 17


Ports = dict[str, tuple[int, list[int]]]


def model(nodes: list[Any], inputs: Ports, outputs: Ports, values: list[Any]) -> bytes:
    """A checked graph; ports are element type and shape by name."""
    ends = [
        [helper.make_tensor_value_info(name, *port) for name, port in ports.items()]
        for ports in (inputs, outputs)
    ]
    graph = helper.make_graph(nodes, "tiny", *ends, values)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)
    onnx.checker.check_model(made)
    return bytes(made.SerializeToString())


def const(name: str, value: Any, dtype: Any) -> Any:
    return numpy_helper.from_array(np.asarray(value, dtype=dtype), name)


def generator(
    classes: int,
    *,
    frame: tuple[int, int] = FRAME,
    dim: int = DIM,
    output: str = "picture",
    gain: float = 1.0,
    drag: int = 0,
) -> bytes:
    """Every pixel takes the first three numbers of its class's code as RGB; ground is white.

    ``gain`` multiplies the colours (NaN included), ``drag`` adds that many slow nodes.
    """
    height, width = frame
    nodes = [
        helper.make_node("Cast", ["labels"], ["index"], to=TensorProto.INT64),
        helper.make_node("Squeeze", ["codes", "first"], ["table"]),
        helper.make_node("Gather", ["table", "index"], ["spread"], axis=0),
        helper.make_node("Slice", ["spread", "zero", "three", "last"], ["rgb"]),
        helper.make_node("Transpose", ["rgb"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node("Mul", ["planes", "gain"], ["loud"]),
        helper.make_node("Equal", ["index", "ground"], ["is_ground"]),
        helper.make_node("Unsqueeze", ["is_ground", "second"], ["mask"]),
        helper.make_node("Where", ["mask", "one", "loud"], ["clean"]),
    ]
    last = "clean"
    for number in range(drag):
        nodes += [
            helper.make_node("MatMul", ["heavy", "heavy"], [f"p{number}"]) if number == 0
            else helper.make_node("MatMul", [f"q{number - 1}", "heavy"], [f"p{number}"]),
            helper.make_node("Tanh", [f"p{number}"], [f"q{number}"]),
        ]  # fmt: skip
    if drag:
        nodes += [
            helper.make_node("ReduceMean", [f"q{drag - 1}"], ["mean"], keepdims=0),
            helper.make_node("Mul", ["mean", "none"], ["nothing"]),
            helper.make_node("Add", ["clean", "nothing"], ["slow"]),
        ]
        # Not a constant to the optimiser: it depends on the codes.
        nodes[9] = helper.make_node("MatMul", ["seeded", "heavy"], ["p0"])
        nodes[9:9] = [
            helper.make_node("ReduceMean", ["codes"], ["tone"], keepdims=0),
            helper.make_node("Add", ["heavy", "tone"], ["seeded"]),
        ]
        last = "slow"
    nodes.append(helper.make_node("Identity", [last], [output]))
    heavy = np.random.default_rng(0).normal(0, 0.06, (256, 256)) if drag else np.zeros((1, 1))
    values = [
        const("first", [0], np.int64),
        const("second", [1], np.int64),
        const("zero", [0], np.int64),
        const("three", [3], np.int64),
        const("last", [3], np.int64),
        const("ground", 0, np.int64),
        const("one", 1, np.float32),
        const("gain", gain, np.float32),
        const("none", 0, np.float32),
        const("heavy", heavy, np.float32),
    ]
    return model(
        nodes,
        {
            "labels": (TensorProto.UINT8, [1, height, width]),
            "codes": (TensorProto.FLOAT, [1, classes, dim]),
        },
        {output: (TensorProto.FLOAT, [1, 3, height, width])},
        values,
    )


def encoder(classes: int, *, frame: tuple[int, int] = FRAME, dim: int = DIM) -> bytes:
    """A code is the mean colour where its class is, and nothing after it: what `generator` takes
    back to that colour."""
    size = frame[0] * frame[1]
    nodes = [
        helper.make_node("Cast", ["labels"], ["index"], to=TensorProto.INT64),
        helper.make_node("Reshape", ["index", "line"], ["flat"]),
        helper.make_node("Equal", ["flat", "each"], ["is_class"]),
        helper.make_node("Cast", ["is_class"], ["hot"], to=TensorProto.FLOAT),
        helper.make_node("Reshape", ["picture", "planes"], ["pixels"]),
        helper.make_node("Transpose", ["pixels"], ["colors"], perm=[0, 2, 1]),
        helper.make_node("MatMul", ["hot", "colors"], ["sums"]),
        helper.make_node("ReduceSum", ["hot", "last"], ["count"]),
        helper.make_node("Max", ["count", "one"], ["safe"]),
        helper.make_node("Div", ["sums", "safe"], ["means"]),
        helper.make_node("Pad", ["means", "room"], ["codes"]),
    ]
    values = [
        const("line", [1, 1, size], np.int64),
        const("each", np.arange(classes).reshape(1, classes, 1), np.int64),
        const("planes", [1, 3, size], np.int64),
        const("last", [2], np.int64),
        const("one", 1, np.float32),
        const("room", [0, 0, 0, 0, 0, dim - 3], np.int64),
    ]
    return model(
        nodes,
        {
            "picture": (TensorProto.FLOAT, [1, 3, *frame]),
            "labels": (TensorProto.UINT8, [1, *frame]),
        },
        {"codes": (TensorProto.FLOAT, [1, classes, dim])},
        values,
    )


def bank_bytes(codes: NDArray[Any], classes: NDArray[Any]) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, codes=codes, classes=classes)
    return stream.getvalue()


def colors_bank(
    palette: Palette, rows: int = 3, dim: int = DIM
) -> tuple[NDArray[Any], NDArray[Any]]:
    """``rows`` codes for every class but the ground, colours well inside 0..1."""
    random = np.random.default_rng(5)
    classes = np.repeat(np.arange(1, len(palette), dtype=np.uint8), rows)
    codes = random.uniform(0.1, 0.9, (classes.size, dim)).astype(np.float32)
    return codes, classes


def write_pack(
    folder: Path,
    palette: Palette,
    *,
    task: str = GARMENT,
    files: dict[str, bytes] | None = None,
    **changes: Any,
) -> Path:
    """A sound pack in ``folder``; ``files`` and ``changes`` of the manifest replace its parts.

    For another task than garment synthesis every file has to be given.
    """
    folder.mkdir(parents=True, exist_ok=True)
    contents = dict(files or {})
    if task == GARMENT:
        contents = {
            "generator": generator(len(palette)),
            "encoder": encoder(len(palette)),
            "codes": bank_bytes(*colors_bank(palette)),
        } | contents
    entries = {}
    for key, content in contents.items():
        name = f"{key}.npz" if key == "codes" else f"{key}.onnx"
        (folder / name).write_bytes(content)
        entries[key] = {
            "file": name,
            "sha256": hashlib.sha256(content).hexdigest(),
            "bytes": len(content),
        }
    manifest: dict[str, Any] = {
        "format": 1,
        "name": "garment-tiny" if task == GARMENT else f"{task}-tiny",
        "version": "0.0.1",
        "task": task,
        "title": "Tiny",
        "license": "Apache-2.0",
        "frame": {"height": FRAME[0], "width": FRAME[1]},
        "files": entries,
        "made_by": "an unknown field of a later version",
    }
    if task != CUTOUT:
        manifest["palette"] = [
            {
                "key": entry.key,
                "names": dict(entry.names),
                "color": "#{:02x}{:02x}{:02x}".format(*entry.color),
                "group": entry.group,
            }
            for entry in palette
        ]
    if task == GARMENT:
        manifest["style"] = {"dim": DIM}
    (folder / "pack.json").write_text(json.dumps(manifest | changes), encoding="utf-8")
    return folder
