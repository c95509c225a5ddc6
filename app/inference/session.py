"""One graph on one device, behind a protocol that the fall-back and the tests share."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from app.domain.cancel import CancelToken
from app.domain.errors import Cancelled, DeviceError, PackError
from app.inference.providers import Device
from app.inference.runtime import onnxruntime, preload_cuda

Tensor: TypeAlias = NDArray[Any]
Tensors: TypeAlias = Mapping[str, Tensor]

_TYPES = {"tensor(float)": "float32", "tensor(uint8)": "uint8"}
_MAX_THREADS = 8
_PREAMBLE = re.compile(r"^.*\[ONNXRuntimeError\] : \d+ : \w+ : ", re.DOTALL)


@dataclass(frozen=True)
class Port:
    """Element type by numpy's name ("uint8", "float32") and the fixed shape of an input or output;
    -1 for a dimension that the graph leaves open."""

    dtype: str
    shape: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.dtype} {list(self.shape)}"


@dataclass(frozen=True)
class Signature:
    """The inputs and outputs of a graph by name."""

    inputs: Mapping[str, Port]
    outputs: Mapping[str, Port]

    def check(self, found: Signature, where: str) -> None:
        """PackError, naming the first difference, when ``found`` is another signature."""
        for what, wanted, have in (
            ("input", self.inputs, found.inputs),
            ("output", self.outputs, found.outputs),
        ):
            for name in sorted({*wanted, *have}):
                if wanted.get(name) != have.get(name):
                    raise PackError(
                        f"The graph does not fit the program: {what} {name!r} is "
                        f"{have.get(name, 'missing')} where {wanted.get(name, 'none')} belongs",
                        where=where,
                        hint="Install a pack made for this version of Toile.",
                    )


class Session(Protocol):
    """An open graph. `run` may be called by one thread at a time."""

    @property
    def signature(self) -> Signature: ...

    def run(self, inputs: Tensors, cancel: CancelToken) -> dict[str, Tensor]:
        """The outputs by name. Cancelled when the token says so, even between two nodes; any other
        exception means that the device failed."""
        ...


OpenSession: TypeAlias = Callable[[bytes, Device], Session]
"""Opens a graph's bytes on a device. PackError when the bytes are no graph, DeviceError when the
device does not take it."""


def cpu_threads() -> int:
    """Threads for a graph on the CPU: one per physical core that this process may use, as far as
    can be told (two logical ones each from four on), and never more than eight."""
    if hasattr(os, "sched_getaffinity"):
        usable = len(os.sched_getaffinity(0))
    else:
        usable = os.cpu_count() or 1
    return min(_MAX_THREADS, usable // 2 if usable > 4 else usable)


class OrtSession:
    """A `Session` of onnxruntime."""

    def __init__(self, graph: bytes, device: Device) -> None:
        runtime = onnxruntime()
        if device.kind == "cuda":
            preload_cuda()
        try:
            self._session = runtime.InferenceSession(
                graph,
                sess_options=_options(runtime, device),
                providers=[_provider(device)],
                enable_fallback=0,  # else it prints what is wrong and goes on with the CPU
            )
        except Exception as error:  # onnxruntime raises some twenty unrelated types here
            reason = _first_line(error)
            if device.is_cpu:
                raise PackError(f"The graph cannot be opened: {reason}") from error
            raise DeviceError(f"The device does not take the graph: {reason}") from error
        if device.provider not in self._session.get_providers():
            # A missing CUDA or DirectML library is a mere warning to onnxruntime.
            raise DeviceError("The device's libraries could not be loaded", where=device.label)
        self._run_options = runtime.RunOptions

    @property
    def signature(self) -> Signature:
        return Signature(_ports(self._session.get_inputs()), _ports(self._session.get_outputs()))

    def run(self, inputs: Tensors, cancel: CancelToken) -> dict[str, Tensor]:
        cancel.raise_if_cancelled()
        options = self._run_options()
        names = [port.name for port in self._session.get_outputs()]

        def stop() -> None:
            options.terminate = True

        forget = cancel.on_cancel(stop)
        try:
            values = self._session.run(names, dict(inputs), options)
        except Exception as error:
            if cancel.cancelled:
                raise Cancelled from error
            raise
        finally:
            forget()
        cancel.raise_if_cancelled()
        return dict(zip(names, values, strict=True))


def _provider(device: Device) -> str | tuple[str, dict[str, str]]:
    return device.provider if device.is_cpu else (device.provider, {"device_id": str(device.index)})


def _options(runtime: Any, device: Device) -> Any:
    options = runtime.SessionOptions()
    options.log_severity_level = 3
    options.execution_mode = runtime.ExecutionMode.ORT_SEQUENTIAL
    options.inter_op_num_threads = 1
    if device.is_cpu:
        options.intra_op_num_threads = cpu_threads()
        # Threads that wait by spinning take a core from the window and from other programs; on
        # two busy cores a picture took 108 ms with them and 66 ms without.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    elif device.kind == "dml":
        # Both are asked for by the DirectML provider's documentation.
        options.enable_mem_pattern = False
        options.intra_op_num_threads = 1
    return options


def _ports(nodes: list[Any]) -> dict[str, Port]:
    return {
        node.name: Port(
            _TYPES.get(node.type, node.type),
            tuple(side if isinstance(side, int) else -1 for side in node.shape),
        )
        for node in nodes
    }


def _first_line(error: Exception) -> str:
    """What onnxruntime says, without the place in its source and the kind of error before it."""
    said = _PREAMBLE.sub("", str(error).strip()) or type(error).__name__
    return said.splitlines()[0][:200]


def all_finite(tensors: Tensors) -> bool:
    """Whether every number is one; a device that breaks often says so with NaN."""
    return all(
        bool(np.isfinite(tensor).all())
        for tensor in tensors.values()
        if np.issubdtype(tensor.dtype, np.floating)
    )
