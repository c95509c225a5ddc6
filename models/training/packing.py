"""Writing packs, and looking at what was written: what every export and evaluation shares."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from torch import Tensor, nn

_TOLERANCE = 1e-3  # between PyTorch and ONNX Runtime


def write_graph(
    module: nn.Module,
    inputs: Mapping[str, Tensor],
    outputs: Sequence[str],
    path: Path,
    *,
    fold: bool = False,
) -> float:
    """Export at opset 17 with fixed shapes; returns the largest difference from PyTorch.

    ``fold`` computes constants now; without it the runtime does so on opening, and noise that is
    drawn in the graph stays out of the file. RuntimeError if the two differ by more than 1e-3.
    """
    module = module.eval().to(memory_format=torch.contiguous_format)
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        module,
        tuple(inputs.values()),
        str(path),
        input_names=list(inputs),
        output_names=list(outputs),
        opset_version=17,
        do_constant_folding=fold,
        dynamo=False,
    )
    onnx.checker.check_model(str(path))
    with torch.no_grad():
        expected = module(*inputs.values())
    expected = (expected,) if isinstance(expected, Tensor) else expected
    got = session(path).run(list(outputs), {k: v.numpy() for k, v in inputs.items()})
    differences = [float(np.abs(g - e.numpy()).max()) for g, e in zip(got, expected, strict=True)]
    if max(differences) > _TOLERANCE:
        raise RuntimeError(f"{path.name}: ONNX differs from PyTorch by {differences}")
    return max(differences)


def write_manifest(
    folder: Path,
    *,
    name: str,
    version: str,
    task: str,
    title: str,
    frame: tuple[int, int],
    files: Mapping[str, str],
    **more: Any,
) -> None:
    """``pack.json`` for ``files`` (key: name in ``folder``) that lie there already.

    ``frame`` is (height, width); ``more`` are the fields of one task, such as ``palette``.
    """
    entries = {}
    for key, file in files.items():
        content = (folder / file).read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        entries[key] = {"file": file, "sha256": digest, "bytes": len(content)}
    pack = {
        "format": 1,
        "name": name,
        "version": version,
        "task": task,
        "title": title,
        "license": "Apache-2.0",
        "frame": {"height": frame[0], "width": frame[1]},
        **more,
        "files": entries,
    }
    text = json.dumps(pack, ensure_ascii=False, indent=1) + "\n"
    (folder / "pack.json").write_text(text, "utf-8")


def session(path: Path, threads: int = 2) -> onnxruntime.InferenceSession:
    """A graph on the CPU."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def parameters(path: Path) -> int:
    """Numbers in a graph's weights."""
    graph = onnx.load(str(path)).graph
    return int(sum(np.prod(i.dims) for i in graph.initializer if i.data_type == 1))


def speed(path: Path, feed: Mapping[str, Any], threads: int) -> dict[str, float]:
    """Milliseconds of a run: median and 95th percentile of 40."""
    graph = session(path, threads)
    times = []
    for _ in range(45):
        start = time.perf_counter()
        graph.run(None, dict(feed))
        times.append((time.perf_counter() - start) * 1000)
    p50, p95 = np.percentile(times[5:], (50, 95))
    return {"p50": round(float(p50), 1), "p95": round(float(p95), 1)}
