"""What every function made of one graph has: its pack, its runner, and the device it tells of."""

from __future__ import annotations

import time
from typing import ClassVar

from app.domain.palette import Palette
from app.domain.requests import DeviceUse
from app.inference.devices import Devices
from app.inference.packs import Pack
from app.inference.providers import Device
from app.inference.runner import GraphRunner


class Network:
    """Graph `graph` of a pack behind a function of the domain. For one thread at a time.

    PackError at once when the pack is for something else or lacks the graph, which opens at its
    first run, on one of ``devices``.
    """

    graph: ClassVar[str]

    def __init__(self, pack: Pack, devices: Devices) -> None:
        self._pack = pack
        self._runner = GraphRunner(pack, self.graph, devices)

    @property
    def palette(self) -> Palette:
        """The classes that the network knows."""
        return self._pack.palette

    @property
    def frame(self) -> tuple[int, int]:
        """Height and width of the pictures that the network sees."""
        return self._pack.frame


def use_of(device: Device, begun: float, notices: tuple[str, ...]) -> DeviceUse:
    """What a result says of ``device``; ``begun`` is the `time.perf_counter` of the request."""
    return DeviceUse(device.label, device.provider, (time.perf_counter() - begun) * 1e3, notices)
