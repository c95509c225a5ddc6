"""Devices a graph may run on, in the order they are tried."""

from __future__ import annotations

import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.domain.errors import DeviceError
from app.domain.requests import DevicePolicy


@dataclass(frozen=True, slots=True)
class Device:
    """``kind`` as in the policy ("dml", "cuda", "cpu"), onnxruntime's provider, a display name."""

    kind: DevicePolicy
    provider: str
    label: str

    @property
    def is_cpu(self) -> bool:
        return self.kind == "cpu"


CPU = Device("cpu", "CPUExecutionProvider", "CPU")
DEVICES = (
    Device("dml", "DmlExecutionProvider", "DirectML"),
    Device("cuda", "CUDAExecutionProvider", "CUDA"),
    CPU,
)
"""Every device, best first."""


def candidates(policy: DevicePolicy, offered: Sequence[str]) -> tuple[Device, ...]:
    """Devices to try in order, of those whose provider is ``offered`` by onnxruntime.

    "auto" gives all of them with the CPU last; a named device gives that one alone, and
    DeviceError when this installation does not have it.
    """
    have = tuple(device for device in DEVICES if device.provider in offered or device.is_cpu)
    if policy == "auto":
        return have
    chosen = tuple(device for device in have if device.kind == policy)
    if not chosen:
        raise DeviceError(
            f"This installation cannot use {device_named(policy).label}",
            where=f"onnxruntime offers {', '.join(device.label for device in have)}",
            hint="Choose the device “auto” or install the variant of onnxruntime that has it.",
        )
    return chosen


def device_named(kind: str) -> Device:
    """The device of this kind; DeviceError for an unknown word."""
    for device in DEVICES:
        if device.kind == kind:
            return device
    raise DeviceError(f"There is no device {kind!r}", hint="Use cpu, cuda or dml.")


def fingerprint(device: Device) -> str:
    """The machine and the drivers behind ``device``, as text that changes when they do."""
    drivers = _windows_adapters() if sys.platform == "win32" else _linux_drivers()
    return "|".join([device.kind, platform.system(), platform.machine(), *sorted(drivers)])


def _linux_drivers() -> list[str]:
    """The loaded NVIDIA kernel module's version, if any."""
    try:
        return ["nvidia " + Path("/sys/module/nvidia/version").read_text("ascii").strip()]
    except OSError:
        return []


def _windows_adapters() -> list[str]:
    """Name and driver version of every display adapter in the registry."""
    import winreg  # exists on Windows alone

    found: list[str] = []
    if sys.platform == "win32":
        display = r"SYSTEM\CurrentControlSet\Control\Class\{4d36e968-e325-11ce-bfc1-08002be10318}"
        for number in range(16):
            try:
                with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, f"{display}\\{number:04}") as key:
                    name = winreg.QueryValueEx(key, "DriverDesc")[0]
                    found.append(f"{name} {winreg.QueryValueEx(key, 'DriverVersion')[0]}")
            except OSError:
                continue
    return found
