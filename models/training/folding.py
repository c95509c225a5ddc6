"""Smaller graphs: what is the same at every run of a graph of fixed shapes is computed once.

PyTorch's exporter computes sizes and indices by thousands of little nodes, and a runtime that opens
the graph has to fold them every time.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

_MOST = 512  # values of a tensor that is worth writing down


def fold(path: Path, feed: Mapping[str, np.ndarray]) -> None:
    """Replace everything small in the graph at ``path`` that comes of constants and of shapes alone
    by its value; ``feed`` is any input. Weights stay as they are, under their names."""
    model = onnx.load(str(path))
    graph = model.graph
    fixed: set[str] = set()
    for node in graph.node:
        if node.op_type in ("Constant", "Shape") or (
            node.input and all(name in fixed or not name for name in node.input)
        ):
            fixed.update(node.output)
    own = {name for node in graph.node if node.op_type == "Constant" for name in node.output}
    wanted = sorted(
        {
            name
            for node in graph.node
            if not set(node.output) <= fixed
            for name in node.input
            if name in fixed - own
        }
    )
    values = {k: v for k, v in _read(model, wanted, feed).items() if v.size <= _MOST}
    folded = [
        onnx.helper.make_node("Constant", [], [name], value=onnx.numpy_helper.from_array(value))
        for name, value in values.items()
    ]
    kept = [node for node in graph.node if not set(node.output) & values.keys()]
    needed = {output.name for output in graph.output}
    alive = []
    for node in reversed(_once(folded + kept, needed)):
        if needed & set(node.output):
            needed.update(node.input)
            alive.append(node)
    del graph.node[:]
    graph.node.extend(reversed(alive))
    onnx.save(model, str(path))


def _once(nodes: list[onnx.NodeProto], outputs: set[str]) -> list[onnx.NodeProto]:
    """The nodes without those that compute what an earlier one has computed."""
    same: dict[str, str] = {}
    seen: dict[tuple[object, ...], onnx.NodeProto] = {}
    kept = []
    for node in nodes:
        for place, name in enumerate(node.input):
            node.input[place] = same.get(name, name)
        how = (a.SerializeToString(deterministic=True) for a in node.attribute)
        key = (node.op_type, node.domain, *node.input, "", *sorted(how))
        first = seen.setdefault(key, node)
        if first is node or outputs & set(node.output):
            kept.append(node)
        else:
            same.update(zip(node.output, first.output, strict=True))
    return kept


def _read(
    model: onnx.ModelProto, names: list[str], feed: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """The values of inner tensors in one run."""
    open_model = onnx.ModelProto()
    open_model.CopyFrom(model)
    open_model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(
        open_model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return dict(zip(names, session.run(names, dict(feed)), strict=True)) if names else {}
