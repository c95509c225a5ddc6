"""Whether a device draws the same pictures as the CPU: asked once per device, driver and pack."""

from __future__ import annotations

import logging
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

import msgspec
import numpy as np

from app.domain.cancel import CancelToken
from app.domain.errors import SettingsError
from app.domain.files import write_atomic
from app.inference.graphs import graph_keys, sample, signature
from app.inference.packs import Pack
from app.inference.providers import CPU, Device, fingerprint
from app.inference.runtime import version
from app.inference.session import OpenSession, Session, Tensors, all_finite

_log = logging.getLogger("toile.vetting")
_RUNS, _LONGEST = 5, 1.0  # timed runs of a graph, and seconds after which fewer do

MEAN_TOLERANCE = 1 / 255
WORST_TOLERANCE = 16 / 255
"""Of the largest value on the CPU, which for a picture is one: a mean error under one step of
8 bits and no value off by sixteen. fp16 and TF32 kernels stay a tenth below; a broken kernel does
not."""


class Verdict(msgspec.Struct, frozen=True):
    """``good`` when the device may be used; ``reason`` is a clause for the person. ``ms`` and
    ``cpu_ms`` are what one run of every graph took on it and beside it on the CPU, 0 when that was
    not timed; ``fatal`` when the device brought its process down, and would so with any pack."""

    good: bool
    reason: str = ""
    checked: str = ""
    ms: float = 0.0
    cpu_ms: float = 0.0
    fatal: bool = False


Vet: TypeAlias = Callable[[Device, Pack, CancelToken], Verdict]


def compare(on_cpu: Tensors, on_device: Tensors) -> Verdict:
    """Whether two sets of outputs for one input agree within the tolerances above."""
    if not all_finite(on_device):
        return Verdict(False, "it gives values that are no numbers")
    for name, wanted in on_cpu.items():
        error = np.abs(on_device[name].astype(np.float64) - wanted)
        scale = float(np.abs(wanted).max()) or 1.0
        mean, worst = float(error.mean()) / scale, float(error.max()) / scale
        if mean > MEAN_TOLERANCE or worst > WORST_TOLERANCE:
            off = f"it differs from the CPU by {mean:.1%} on average and {worst:.0%} at worst"
            return Verdict(False, off)
    return Verdict(True)


def check(device: Device, pack: Pack, open_session: OpenSession) -> Verdict:
    """Run every graph of ``pack`` on the CPU and on ``device``, compare and time. PackError
    when the pack itself is at fault; any failure of the device is a verdict."""
    nobody, on_device, on_cpu = CancelToken(), 0.0, 0.0
    for key in graph_keys(pack):
        graph, inputs = pack.read(key), sample(pack, key)
        reference = open_session(graph, CPU)
        signature(pack, key).check(reference.signature, str(pack.path(key)))
        wanted = reference.run(inputs, nobody)
        on_cpu += _milliseconds(reference, inputs)
        try:
            session = open_session(graph, device)
            found = session.run(inputs, nobody)
            on_device += _milliseconds(session, inputs)
        except Exception as error:  # whatever a driver raises, the answer is the same
            return Verdict(False, f"it fails: {error}")
        verdict = compare(wanted, found)
        if not verdict.good:
            return verdict
    return Verdict(True, ms=round(on_device, 2), cpu_ms=round(on_cpu, 2))


def _milliseconds(session: Session, inputs: Tensors) -> float:
    """The median of a few runs, after the one that made the session ready."""
    nobody = CancelToken()
    times: list[float] = []
    while len(times) < _RUNS and sum(times) < _LONGEST:
        begun = time.perf_counter()
        session.run(inputs, nobody)
        times.append(time.perf_counter() - begun)
    return statistics.median(times) * 1e3


class VerdictStore:
    """Verdicts in one JSON file of the person's data folder; a damaged file counts as empty."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, key: str) -> Verdict | None:
        return self._load().get(key)

    def put(self, key: str, verdict: Verdict) -> None:
        """Keep ``verdict``. SettingsError when the file cannot be written."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError(
                f"The check of a device cannot be stored: {error.strerror}", where=str(self._path)
            ) from error
        content = msgspec.json.format(msgspec.json.encode(self._load() | {key: verdict}), indent=1)
        write_atomic(self._path, content, what="check of a device", error=SettingsError)

    def _load(self) -> dict[str, Verdict]:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, Verdict])
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return {}


class Vetter:
    """A `Vet` that asks ``probe`` once and remembers the answer; a device that brought one process
    down is not tried with another pack.

    ``fresh`` asks again even when an answer is stored, and stores the new one.
    """

    def __init__(self, store: VerdictStore, probe: Vet, *, fresh: bool = False) -> None:
        self._store, self._probe, self._fresh = store, probe, fresh
        self._fatal: dict[str, Verdict] = {}

    def __call__(self, device: Device, pack: Pack, cancel: CancelToken) -> Verdict:
        """Cancelled when the token says so; then nothing is stored."""
        key = f"{fingerprint(device)}|onnxruntime {version()}|{pack.name} {pack.digest}"
        stored = None if self._fresh else self._store.get(key)
        if stored:
            return stored
        verdict = self._fatal.get(device.id) or self._probe(device, pack, cancel)
        if verdict.fatal:
            self._fatal[device.id] = verdict
        verdict = msgspec.structs.replace(
            verdict, checked=datetime.now(UTC).isoformat("T", "seconds")
        )
        try:
            self._store.put(key, verdict)
        except SettingsError as error:
            _log.warning("%s", error)  # the check works without a memory, only slower
        return verdict
