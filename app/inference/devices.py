"""Which device each pack runs on: the wish, what is there, what proved itself, what is fastest."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from app.domain.cancel import CancelToken
from app.domain.errors import DeviceError
from app.domain.requests import DevicePolicy
from app.inference.packs import Pack
from app.inference.providers import CPU, Device, allowed, devices_there
from app.inference.runtime import offered_providers
from app.inference.session import OpenSession, OrtSession
from app.inference.vetting import Verdict, Vet

_log = logging.getLogger("toile.devices")
AUTO = "Choose the device “auto”."


def all_devices() -> tuple[Device, ...]:
    """What this computer and this installation have, the CPU last. DeviceError without
    onnxruntime."""
    return devices_there(offered_providers())


@dataclass(frozen=True)
class Ranking:
    """Devices in the order in which they are tried, and what a person should know of it."""

    devices: tuple[Device, ...]
    notices: tuple[str, ...] = ()


class Devices:
    """The devices that the networks of one program share. For one thread at a time.

    "auto" takes the fastest device that draws what the CPU draws, by the times that ``vet`` found
    for the pack. A device by name is taken however slow it is. When it cannot be, a ``strict`` wish
    is a DeviceError; any other is served by the CPU, with a notice.
    """

    def __init__(
        self,
        policy: DevicePolicy,
        *,
        vet: Vet,
        strict: bool = True,
        open_session: OpenSession = OrtSession,
        there: Callable[[], tuple[Device, ...]] = all_devices,
    ) -> None:
        self.policy = policy
        self.open_session = open_session
        self.lost = False
        """Whether a device failed in the middle of a run; everything runs on the CPU then."""
        self._vet, self._strict, self._there = vet, strict, there

    def rank(self, pack: Pack, cancel: CancelToken) -> Ranking:
        """The devices to try for ``pack``. DeviceError, PackError, Cancelled."""
        if self.lost or self.policy == "cpu":
            return Ranking((CPU,))
        try:
            wanted = allowed(self.policy, self._there())
        except DeviceError as error:
            return self._without(error.line, error)
        verdicts, notices = {}, []
        for device in wanted:
            if device.is_cpu:
                continue
            cancel.raise_if_cancelled()
            verdict = self._vet(device, pack, cancel)
            if verdict.good:
                verdicts[device] = verdict
            else:
                notices.append(f"{device.label} is not used: {verdict.reason}.")
                _log.warning("%s", notices[-1])
        fastest = sorted(verdicts, key=lambda device: verdicts[device].ms)
        if self.policy == "auto":
            faster = [device for device in fastest if not _slower(verdicts[device])]
            return Ranking((*faster, CPU), tuple(notices))
        if not fastest:
            return self._without(" ".join(notices), DeviceError(notices[-1], hint=AUTO))
        return Ranking(tuple(fastest) if self._strict else (*fastest, CPU), tuple(notices))

    def lose(self) -> None:
        """From now on everything runs on the CPU."""
        self.lost = True

    def _without(self, reason: str, error: DeviceError) -> Ranking:
        if self._strict:
            raise error
        _log.warning("%s", error)
        notice = f"{reason} The CPU draws instead; another device can be chosen in the settings."
        return Ranking((CPU,), (notice,))


def _slower(verdict: Verdict) -> bool:
    """Whether the CPU was faster in the same process."""
    return verdict.ms > verdict.cpu_ms > 0
