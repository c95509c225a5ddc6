"""A graph on the best device that proves itself, and on the CPU when that device is lost."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from app.domain.cancel import CancelToken
from app.domain.errors import Cancelled, DeviceError, PackError
from app.inference.devices import AUTO, Devices
from app.inference.graphs import require, signature
from app.inference.packs import Pack
from app.inference.providers import CPU, Device
from app.inference.session import Session, Tensor, Tensors, all_finite

_log = logging.getLogger("toile.inference")
_REINSTALL = "Install the pack again."


@dataclass(frozen=True)
class Outcome:
    """The outputs by name, the device that made them, and what changed on the way, in sentences."""

    outputs: dict[str, Tensor]
    device: Device
    notices: tuple[str, ...] = ()


class GraphRunner:
    """Runs graph ``key`` of ``pack``; the session opens at the first run.

    PackError at once when the pack is for something else or lacks the graph.

    For one thread at a time.
    """

    def __init__(self, pack: Pack, key: str, devices: Devices) -> None:
        require(pack, key)
        self._pack, self._key, self._devices = pack, key, devices
        self._session: Session | None = None
        self._device = CPU
        self._notices: list[str] = []

    def run(self, inputs: Tensors, cancel: CancelToken) -> Outcome:
        """The outputs for ``inputs``.

        When the device fails in the middle, the graph is opened again on the CPU and the same
        inputs run there; the outcome then says so, and whatever else runs on these devices goes to
        the CPU from then on. PackError, DeviceError or Cancelled.
        """
        if self._devices.lost and not self._device.is_cpu:
            self._open(CPU)
        session = self._session or self._start(cancel)
        try:
            outputs = session.run(inputs, cancel)
            if not all_finite(outputs):
                raise FloatingPointError("a value is no number")
        except Cancelled:
            raise
        except Exception as error:  # each provider has its own exceptions for a lost device
            if self._device.is_cpu:
                raise DeviceError(
                    f"The network failed: {error}", where=str(self._pack.path(self._key))
                ) from error
            _log.exception("%s failed; going on with the CPU", self._device.label)
            self._notices.append(
                f"{self._device.label} stopped working; pictures now come from the CPU."
            )
            self._devices.lose()
            return self.run(inputs, cancel)
        notices, self._notices = tuple(self._notices), []
        return Outcome(outputs, self._device, notices)

    def _start(self, cancel: CancelToken) -> Session:
        """Open the first of the devices that takes the graph."""
        ranking = self._devices.rank(self._pack, cancel)
        notices = list(ranking.notices)
        for device in ranking.devices:
            cancel.raise_if_cancelled()
            try:
                session = self._open(device)
            except DeviceError as error:
                _log.warning("%s: %s", device.label, error)
                notices.append(f"{device.label} is not used: {error.line}")
                continue
            self._notices += notices
            return session
        raise DeviceError(notices[-1], hint=AUTO)

    def _open(self, device: Device) -> Session:
        where = str(self._pack.path(self._key))
        try:
            session = self._devices.open_session(self._pack.read(self._key), device)
        except PackError as error:
            raise PackError(error.what, where=where, hint=error.hint or _REINSTALL) from error
        signature(self._pack, self._key).check(session.signature, where)
        self._session, self._device = session, device
        return session
