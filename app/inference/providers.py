"""Devices a graph may run on, what they are called, and which of them a person's wish allows."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from app.domain.errors import DeviceError
from app.domain.requests import DevicePolicy
from app.inference.adapters import Adapter, cuda_adapters, dxgi_adapters

Kind: TypeAlias = Literal["dml", "cuda", "cpu"]

_PROVIDERS: dict[Kind, tuple[str, str]] = {
    "dml": ("DmlExecutionProvider", "DirectML"),
    "cuda": ("CUDAExecutionProvider", "CUDA"),
    "cpu": ("CPUExecutionProvider", "CPU"),
}


@dataclass(frozen=True, slots=True)
class Device:
    """``index`` is the number of a card as its library counts, ``name`` its own name if known,
    ``memory`` what it has and ``shared`` what it may take of the computer's, in bytes."""

    kind: Kind
    index: int = 0
    name: str = ""
    memory: int = 0
    shared: int = 0
    driver: str = ""

    @property
    def is_cpu(self) -> bool:
        return self.kind == "cpu"

    @property
    def id(self) -> str:
        """What a person may ask for: "cpu", "dml:1"."""
        return "cpu" if self.is_cpu else f"{self.kind}:{self.index}"

    @property
    def provider(self) -> str:
        """onnxruntime's name for what runs on it."""
        return _PROVIDERS[self.kind][0]

    @property
    def technology(self) -> str:
        return _PROVIDERS[self.kind][1]

    @property
    def label(self) -> str:
        """A short name: the card's own if it is known."""
        return self.name or self.technology

    @property
    def title(self) -> str:
        """A name that tells devices apart: "Arc A770 (DirectML, 16.0 GB)"."""
        if self.is_cpu or not self.name:
            return self.technology
        if self.memory >= 1 << 29:
            room = f"{self.memory / (1 << 30):.1f} GB"
        else:  # a graphics unit within the processor keeps a sliver for itself
            room = f"{self.shared / (1 << 30):.1f} GB shared" if self.shared else ""
        return f"{self.name} ({', '.join(filter(None, (self.technology, room)))})"


CPU = Device("cpu")


def devices_there(offered: Sequence[str]) -> tuple[Device, ...]:
    """The devices of this computer that can be used through the providers that onnxruntime has
    ``offered``; the CPU is always there, as the last."""
    found: list[Device] = []
    if _PROVIDERS["dml"][0] in offered:
        found += [_device("dml", adapter) for adapter in dxgi_adapters()]
    if _PROVIDERS["cuda"][0] in offered:
        found += [_device("cuda", adapter) for adapter in cuda_adapters()]
    return (*found, CPU)


def _device(kind: Kind, of: Adapter) -> Device:
    return Device(kind, of.index, of.name, of.memory, of.shared, of.driver)


def allowed(policy: DevicePolicy, there: Sequence[Device]) -> tuple[Device, ...]:
    """Those of the devices ``there`` that ``policy`` allows: all for "auto", all of a kind for its
    name. DeviceError when there is none."""
    if policy == "auto":
        return tuple(there)
    chosen = tuple(device for device in there if policy in (device.kind, device.id))
    if not chosen:
        raise DeviceError(
            f"This computer has no device {policy} that Toile can use",
            where=f"there is {', '.join(_listed(device) for device in there)}",
            hint="Choose “auto” or one that is there. DirectML is for Windows; "
            "CUDA needs an NVIDIA card and the CUDA variant of Toile.",
        )
    return chosen


def _listed(device: Device) -> str:
    return f"{device.id} {device.name}".strip()


def device_named(identity: str) -> Device:
    """The device of an id or a kind, without what only the system knows of it. DeviceError for an
    unknown word."""
    for kind in _PROVIDERS:
        word, _, number = identity.partition(":")
        if word == kind and (number.isdecimal() or not number):
            return Device(kind, int(number or 0))
    raise DeviceError(f"There is no device {identity!r}", hint="Use cpu, cuda, dml or dml:1.")


def fingerprint(device: Device) -> str:
    """The machine and the driver behind ``device``, as text that changes when they do."""
    system = (platform.system(), platform.machine())
    return "|".join((device.id, device.name, device.driver, *system))
