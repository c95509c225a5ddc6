"""Whether a device draws the same pictures as the CPU: asked once per device, driver and pack."""

from __future__ import annotations

import logging
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
from app.inference.session import OpenSession, Tensors, all_finite

_log = logging.getLogger("toile.vetting")

MEAN_TOLERANCE = 1 / 255
WORST_TOLERANCE = 16 / 255
"""Of the largest value on the CPU, which for a picture is one: a mean error under one step of
8 bits and no value off by sixteen. fp16 and TF32 kernels stay a tenth below; a broken kernel does
not."""


class Verdict(msgspec.Struct, frozen=True):
    """``good`` when the device may be used; ``reason`` is a clause for the person."""

    good: bool
    reason: str = ""
    checked: str = ""


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
    """Run every graph of ``pack`` on the CPU and on ``device`` and compare. PackError when the
    pack itself is at fault; any failure of the device is a verdict."""
    nobody = CancelToken()
    for key in graph_keys(pack):
        graph, inputs = pack.read(key), sample(pack, key)
        reference = open_session(graph, CPU)
        signature(pack, key).check(reference.signature, str(pack.path(key)))
        wanted = reference.run(inputs, nobody)
        try:
            found = open_session(graph, device).run(inputs, nobody)
        except Exception as error:  # whatever a driver raises, the answer is the same
            return Verdict(False, f"it fails: {error}")
        verdict = compare(wanted, found)
        if not verdict.good:
            return verdict
    return Verdict(True)


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
    """A `Vet` that asks ``probe`` once and remembers the answer.

    ``fresh`` asks again even when an answer is stored, and stores the new one.
    """

    def __init__(self, store: VerdictStore, probe: Vet, *, fresh: bool = False) -> None:
        self._store, self._probe, self._fresh = store, probe, fresh

    def __call__(self, device: Device, pack: Pack, cancel: CancelToken) -> Verdict:
        """Cancelled when the token says so; then nothing is stored."""
        key = f"{fingerprint(device)}|onnxruntime {version()}|{pack.name} {pack.digest}"
        stored = None if self._fresh else self._store.get(key)
        if stored:
            return stored
        verdict = self._probe(device, pack, cancel)
        verdict = msgspec.structs.replace(
            verdict, checked=datetime.now(UTC).isoformat("T", "seconds")
        )
        try:
            self._store.put(key, verdict)
        except SettingsError as error:
            _log.warning("%s", error)  # the check works without a memory, only slower
        return verdict
