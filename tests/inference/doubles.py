"""Stand-ins for devices this machine has not: real graphs on the CPU behind a faulty front."""

from __future__ import annotations

from collections.abc import Callable

from app.domain.cancel import CancelToken
from app.domain.errors import DeviceError
from app.domain.requests import DevicePolicy
from app.inference.devices import Devices
from app.inference.packs import Pack
from app.inference.providers import CPU, Device
from app.inference.session import OpenSession, OrtSession, Session, Signature, Tensor, Tensors
from app.inference.vetting import Verdict

Spoil = Callable[[dict[str, Tensor]], dict[str, Tensor]]
DML, CUDA = Device("dml"), Device("cuda")
THERE = (DML, CPU)


class FakeDevices:
    """An `OpenSession` in which every device computes on the CPU and may then fail.

    ``refuses``: kinds that take no graph. ``dies_after``: runs until the device is lost.
    ``spoil``: what happens to the outputs of a device other than the CPU.
    """

    def __init__(
        self,
        *,
        refuses: tuple[str, ...] = (),
        dies_after: int | None = None,
        spoil: Spoil | None = None,
    ) -> None:
        self.refuses, self.dies_after, self.spoil = refuses, dies_after, spoil
        self.opened: list[str] = []

    def __call__(self, graph: bytes, device: Device) -> Session:
        if device.kind in self.refuses:
            raise DeviceError("The device does not take the graph")
        self.opened.append(device.kind)
        return _FakeSession(OrtSession(graph, CPU), device, self)


class _FakeSession:
    def __init__(self, real: OrtSession, device: Device, world: FakeDevices) -> None:
        self._real, self._device, self._world, self._runs = real, device, world, 0

    @property
    def signature(self) -> Signature:
        return self._real.signature

    def run(self, inputs: Tensors, cancel: CancelToken) -> dict[str, Tensor]:
        outputs = self._real.run(inputs, cancel)
        if self._device.is_cpu:
            return outputs
        self._runs += 1
        if self._world.dies_after is not None and self._runs > self._world.dies_after:
            raise RuntimeError("887A0005: the GPU device instance has been suspended")
        return self._world.spoil(outputs) if self._world.spoil else outputs


class Vetted:
    """A `Vet` with a fixed answer, or one for each device, that counts how often it was asked."""

    def __init__(self, good: bool = True, reason: str = "", **each: Verdict) -> None:
        self.verdict, self.each = Verdict(good, reason), each
        self.asked: list[str] = []

    def __call__(self, device: Device, pack: Pack, cancel: CancelToken) -> Verdict:
        self.asked.append(device.kind)
        return self.each.get(device.id.replace(":", ""), self.verdict)


def devices(
    policy: DevicePolicy = "cpu",
    world: OpenSession = OrtSession,
    vet: Vetted | None = None,
    *,
    there: tuple[Device, ...] = THERE,
    strict: bool = True,
) -> Devices:
    """What networks run on, on a computer with these devices."""
    return Devices(
        policy, vet=vet or Vetted(), strict=strict, open_session=world, there=lambda: there
    )
