"""Writing packs, and looking at what was written: what every export and evaluation shares."""

from __future__ import annotations

import copy
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

from app.domain.cancel import CancelToken
from app.inference.devices import Devices
from app.inference.packs import Pack
from app.inference.providers import Device
from app.inference.vetting import Verdict
from models.training import folding, pictures

_TOLERANCE = 1e-3  # between PyTorch and ONNX Runtime
_SAME = "same:"  # before the name of a weight that equals another
_HALF = ".half"  # after the name of a weight in half precision


def on_cpu() -> Devices:
    """The application's devices for code that measures packs: the CPU alone."""
    return Devices("cpu", vet=_unasked)


def _unasked(device: Device, pack: Pack, cancel: CancelToken) -> Verdict:
    """Devices are asked whether they draw what the CPU draws; here nothing else does."""
    raise AssertionError(f"{device.label} is not to be used")


def write_graph(
    module: nn.Module,
    inputs: Mapping[str, Tensor],
    outputs: Sequence[str],
    path: Path,
    *,
    half: bool = False,
    exact: bool = False,
) -> float:
    """Export at opset 17 with fixed shapes; returns the largest difference from PyTorch.

    Weights are not folded: the runtime does that on opening. With ``half`` the
    weights are rounded to half precision and stored so, each under its name in PyTorch (see
    `weights_of`); the runtime widens them once, on opening. RuntimeError if ONNX and PyTorch, with
    the same weights, differ by more than 1e-3; with ``exact`` PyTorch computes in double precision,
    for outputs in pixels, where its own single precision may be off by more than that.
    """
    module = copy.deepcopy(module).eval().to(memory_format=torch.contiguous_format)
    path.parent.mkdir(parents=True, exist_ok=True)
    if half:
        for value in module.parameters():
            value.data = value.data.half().float()
    torch.onnx.export(
        module,
        tuple(inputs.values()),
        str(path),
        input_names=list(inputs),
        output_names=list(outputs),
        opset_version=17,
        do_constant_folding=False,
        dynamo=False,
        # Evaluation mode would merge batch norms into weights and lose their names.
        training=torch.onnx.TrainingMode.PRESERVE if half else torch.onnx.TrainingMode.EVAL,
    )
    if half:
        _halve(path, module)
    folding.fold(path, {k: v.numpy() for k, v in inputs.items()})
    onnx.checker.check_model(str(path))
    wide = torch.float64 if exact else torch.float32
    feed = [v.to(wide) if v.is_floating_point() else v for v in inputs.values()]
    with torch.no_grad():
        expected = module.to(wide)(*feed)
    expected = (expected,) if isinstance(expected, Tensor) else expected
    got = session(path).run(list(outputs), {k: v.numpy() for k, v in inputs.items()})
    differences = [float(np.abs(g - e.numpy()).max()) for g, e in zip(got, expected, strict=True)]
    if max(differences) > _TOLERANCE:
        raise RuntimeError(f"{path.name}: ONNX differs from PyTorch by {differences}")
    return max(differences)


def _halve(path: Path, module: nn.Module) -> None:
    """Store every float weight of two or more dimensions in half precision, widened by a Cast.

    The exporter keeps one of several equal weights: the others' names go into the metadata. What
    only training uses is not in the graph at all.
    """
    model = onnx.load(str(path))
    graph = model.graph
    kept = {w.name: onnx.numpy_helper.to_array(w) for w in graph.initializer}
    for name, value in module.state_dict().items():
        if name not in kept and value.is_floating_point():
            equal = (k for k, v in kept.items() if np.array_equal(v, value.numpy()))
            if (same := next(equal, None)) is not None:
                model.metadata_props.add(key=_SAME + name, value=same)
    casts = []
    for weight in graph.initializer:
        values = onnx.numpy_helper.to_array(weight)
        if values.dtype != np.float32 or values.ndim < 2:
            continue
        name = weight.name
        weight.CopyFrom(onnx.numpy_helper.from_array(values.astype(np.float16), name + _HALF))
        casts.append(
            onnx.helper.make_node("Cast", [name + _HALF], [name], to=onnx.TensorProto.FLOAT)
        )
    for place, node in enumerate(casts):
        graph.node.insert(place, node)
    onnx.save(model, str(path))


def weights_of(path: Path) -> dict[str, Tensor]:
    """The PyTorch weights and statistics of the network in a graph that was written with ``half``,
    by their names in it: exported modules hold their network as ``net``."""
    model = onnx.load(str(path))
    stored = {
        weight.name.removesuffix(_HALF): onnx.numpy_helper.to_array(weight).astype(np.float32)
        for weight in model.graph.initializer
    }
    same = {p.key.removeprefix(_SAME): p.value for p in model.metadata_props if _SAME in p.key}
    stored |= {name: stored[other] for name, other in same.items()}
    return {
        name.removeprefix("net."): torch.from_numpy(values.copy())
        for name, values in stored.items()
        if name.startswith("net.")
    }


def blend(net: nn.Module, theirs: Mapping[str, Tensor]) -> None:
    """Give ``net`` the mean of its weights and of those of a network that its training went on from
    (model soups, Wortsman et al. 2022); parts that the other does not have, or has in another
    shape, stay as they are. ValueError where it has none."""
    own = net.state_dict()
    mixed = {
        name: value.lerp(theirs[name], 0.5)
        for name, value in own.items()
        if value.is_floating_point() and name in theirs and theirs[name].shape == value.shape
    }
    if not mixed:
        raise ValueError(f"the other network has none of its parts but {list(theirs)[:4]}")
    net.load_state_dict(own | mixed)


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


def tell(run: Path, figures: Mapping[str, object], sheets: Mapping[str, pictures.Image]) -> None:
    """Write what was measured as ``figures.json`` into ``run``, the contact sheets as JPEG files by
    their names, and print the figures."""
    run.mkdir(parents=True, exist_ok=True)
    text = json.dumps(figures, indent=1)
    (run / "figures.json").write_text(text + "\n", "utf-8")
    for name, sheet in sheets.items():
        pictures.save(run / f"{name}.jpg", sheet)
    print(text)


def session(path: Path, threads: int = 2) -> onnxruntime.InferenceSession:
    """A graph on the CPU."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def parameters(path: Path) -> int:
    """Numbers in a graph's weights."""
    graph = onnx.load(str(path)).graph
    floats = (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16)
    return int(sum(np.prod(i.dims) for i in graph.initializer if i.data_type in floats))


def costs(path: Path, feed: Mapping[str, Any]) -> dict[str, object]:
    """What a graph takes: numbers in its weights, megabytes, milliseconds a run."""
    return {
        "parameters": parameters(path),
        "megabytes": round(path.stat().st_size / 1e6, 2),
        "milliseconds": {f"{t} threads": speed(path, feed, t) for t in (1, 2)},
    }


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
