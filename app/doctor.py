"""What `toile doctor` finds out: versions, folders, devices, and whether every pack works."""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

import numpy as np

from app import __version__, paths, wiring
from app.domain.cancel import CancelToken
from app.domain.errors import Cancelled, DeviceError, PackError, ToileError
from app.domain.requests import DevicePolicy, SynthesisRequest
from app.domain.style import Look
from app.inference.devices import all_devices
from app.inference.graphs import GENERATOR, graph_keys, load_bank, sample, signature
from app.inference.packs import GARMENT, Pack, find_packs, load_pack
from app.inference.providers import CPU, Device, allowed
from app.inference.runner import GraphRunner
from app.inference.runtime import offered_providers, version
from app.inference.session import OrtSession, cpu_threads
from app.inference.synthesis import Synthesizer
from app.inference.vetting import Vet

Report = dict[str, Any]
Fault = Literal["", "pack", "device"]

_LIBRARIES = ("numpy", "opencv-python-headless", "pillow", "msgspec", "PySide6-Essentials")
_RUNS = 20
_WARM_UP = 3
_CANVAS = (1024, 768)


def examine(
    policy: DevicePolicy,
    models: Path | None,
    cancel: CancelToken,
    *,
    fresh: bool = True,
    runs: int = _RUNS,
) -> Report:
    """A report of plain values, ready for JSON.

    Nothing broken raises: it is in the report, with ``fault`` saying of what kind the worst is
    ("" for none, "pack" or "device"). Devices other than the CPU are checked anew if ``fresh``;
    ``runs`` of each pack are timed. Cancelled.
    """
    folder = models or paths.models_dir()
    runtime: Report = {"threads": cpu_threads()}
    device_fault = ""
    try:
        runtime |= {"onnxruntime": version(), "providers": list(offered_providers())}
        runtime["devices"] = [_device(device) for device in all_devices()]
        allowed(policy, all_devices())
    except DeviceError as error:
        device_fault = str(error)
    exam = _Exam(policy, wiring.vetter(fresh=fresh), runs, cancel)
    packs = [_pack(entry, exam) for entry in find_packs(folder)]
    pack_fault = not packs or any(pack["error"] for pack in packs)
    if device_fault or any(pack.get("device_error") for pack in packs):
        fault: Fault = "device"
    else:
        fault = "pack" if pack_fault else ""
    return {
        "toile": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "frozen": bool(getattr(sys, "frozen", False)),
        "libraries": {name: _library(name) for name in _LIBRARIES},
        "runtime": runtime,
        "device_policy": policy,
        "device_error": device_fault,
        "folders": {
            "models": str(folder),
            "data": str(paths.data_dir()),
            "settings": str(paths.settings_file().parent),
            "log": str(paths.log_dir()),
        },
        "packs": packs,
        "fault": fault,
    }


def _device(device: Device) -> Report:
    return {
        "id": device.id,
        "name": device.label,
        "through": device.technology,
        "memory_mb": device.memory >> 20,
        "shared_mb": device.shared >> 20,
        "driver": device.driver,
    }


def _library(name: str) -> str:
    """The version; a frozen build may have left the record of it out."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "unknown"


@dataclass(frozen=True)
class _Exam:
    """What is asked of every pack; one ``vet`` for all, which tries no broken card twice."""

    policy: DevicePolicy
    vet: Vet
    runs: int
    cancel: CancelToken


def _pack(folder: Path, exam: _Exam) -> Report:
    report: Report = {"folder": str(folder), "error": "", "device_error": "", "devices": []}
    try:
        pack = load_pack(folder)
        report |= {
            "name": pack.name,
            "version": pack.version,
            "title": pack.title,
            "license": pack.license,
            "task": pack.task,
            "frame": list(pack.frame),
            "classes": len(pack.palette) if pack.has_palette else 0,
            "files": {key: len(pack.read(key)) for key in pack.keys},
            "codes": _check_graphs(pack),
            "devices": _devices(pack, exam),
            "timing": _timing(pack, exam),
        }
    except Cancelled:
        raise
    except DeviceError as error:
        report["device_error"] = str(error)
    except ToileError as error:
        report["error"] = str(error)
    return report


def _check_graphs(pack: Pack) -> int:
    """Open every graph on the CPU and read the bank, if any; the number of codes in it."""
    for key in graph_keys(pack):
        try:
            found = OrtSession(pack.read(key), CPU).signature
        except PackError as error:
            raise PackError(error.what, where=str(pack.path(key)), hint=error.hint) from error
        signature(pack, key).check(found, str(pack.path(key)))
    if pack.task != GARMENT:
        return 0
    bank = load_bank(pack)
    return sum(bank.count(cls) for cls in range(bank.class_count))


def _devices(pack: Pack, exam: _Exam) -> list[Report]:
    found: list[Report] = []
    for device in allowed(exam.policy, all_devices()):
        entry: Report = {"id": device.id, "device": device.label, "good": True, "reason": ""}
        if not device.is_cpu:
            verdict = exam.vet(device, pack, exam.cancel)
            entry |= {"good": verdict.good, "reason": verdict.reason}
            if verdict.good:
                entry |= {"ms": verdict.ms, "cpu_ms": verdict.cpu_ms}
        found.append(entry)
    return found


def _timing(pack: Pack, exam: _Exam) -> Report:
    """Milliseconds of whole requests where the pack makes pictures on its own, label map in and
    RGBA out for a 768 × 1024 canvas; of its network alone where it does not."""
    if pack.task == GARMENT:
        synthesize = Synthesizer(pack, wiring.open_devices(exam.policy))
        framed = sample(pack, GENERATOR)["labels"][0]
        rows = np.arange(_CANVAS[0]) * framed.shape[0] // _CANVAS[0]
        columns = np.arange(_CANVAS[1]) * framed.shape[1] // _CANVAS[1]
        request = SynthesisRequest(np.ascontiguousarray(framed[rows][:, columns]), Look())
        return _timed(lambda: synthesize(request, exam.cancel).use.device, exam.runs) | {
            "what": f"canvas {_CANVAS[1]} × {_CANVAS[0]}"
        }
    (key,) = graph_keys(pack)
    runner = GraphRunner(pack, key, wiring.open_devices(exam.policy))
    inputs = sample(pack, key)
    timed = _timed(lambda: runner.run(inputs, exam.cancel).device.label, exam.runs)
    return timed | {"what": "network alone"}


def _timed(work: Callable[[], str], runs: int) -> Report:
    times = []
    for _ in range(1 + _WARM_UP + runs):
        begun = time.perf_counter()
        device = work()
        times.append((time.perf_counter() - begun) * 1e3)
    p50, p95 = np.percentile(times[-runs:], (50, 95))
    return {
        "device": device,
        "runs": runs,
        "first_ms": round(times[0], 1),
        "p50_ms": round(float(p50), 1),
        "p95_ms": round(float(p95), 1),
    }


def as_text(report: Report) -> str:
    """The report for a person, a few lines long."""
    runtime, folders = report["runtime"], report["folders"]
    lines = [
        f"Toile {report['toile']} on {report['platform']}, Python {report['python']}",
        "Libraries: " + ", ".join(f"{name} {v}" for name, v in report["libraries"].items()),
        f"onnxruntime {runtime.get('onnxruntime', 'missing')}: "
        f"{', '.join(runtime.get('providers', [])) or 'no providers'}; "
        f"{runtime['threads']} CPU threads",
        *(_device_line(device) for device in runtime.get("devices", [])),
        *(f"Folder of {name}: {folder}" for name, folder in folders.items()),
    ]
    if report["device_error"]:
        lines.append(f"Device “{report['device_policy']}”: {report['device_error']}")
    if not report["packs"]:
        lines.append("No model pack: the folder of models is missing or empty.")
    for pack in report["packs"]:
        lines += _pack_lines(pack)
    lines.append(
        "All is well." if not report["fault"] else f"There is a {report['fault']} problem."
    )
    return "\n".join(lines)


def _device_line(device: Report) -> str:
    words = [device["through"]] if device["name"] != device["through"] else []
    facts = (("memory_mb", "{} MB"), ("shared_mb", "{} MB shared"), ("driver", "driver {}"))
    words += [text.format(device[key]) for key, text in facts if device[key]]
    return f"Device {device['id']}: {device['name']}" + (f" ({', '.join(words)})" if words else "")


def _verdict_line(entry: Report) -> str:
    if not entry["good"]:
        return f"  {entry['device']}: not used, {entry['reason']}"
    times = f", {entry['ms']} ms where the CPU takes {entry['cpu_ms']} ms" if "ms" in entry else ""
    return f"  {entry['device']}: good{times}"


def _pack_lines(pack: Report) -> list[str]:
    if "name" not in pack:
        return [f"Pack {pack['folder']}: {pack['error'] or pack['device_error']}"]
    height, width = pack["frame"]
    parts = [
        f"{pack[name]} {words}"
        for name, words in (("classes", "classes"), ("codes", "style codes"))
        if pack[name]
    ]
    parts += [f"frame {width} × {height}", f"{sum(pack['files'].values()) / 1e6:.1f} MB"]
    lines = [
        f"Pack {pack['name']} {pack['version']} ({pack['license']}) for {pack['task']}: "
        f"{', '.join(parts)}, every file as promised"
    ]
    lines += [_verdict_line(entry) for entry in pack["devices"]]
    timing = pack["timing"]
    return [
        *lines,
        f"  {timing['device']}, {timing['what']}: p50 {timing['p50_ms']} ms, "
        f"p95 {timing['p95_ms']} ms of {timing['runs']} runs; first {timing['first_ms']} ms",
    ]
