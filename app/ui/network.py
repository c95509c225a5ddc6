"""Opens the network in the inference lane, after the window shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from PySide6.QtCore import QObject, Signal

from app.domain.errors import ToileError
from app.jobs.lane import InferenceLane, Job
from app.ui.services import Services, Wiring

_TITLE = "Loading the network"


class Network(QObject):
    """The services in use, and how they come and go."""

    loading = Signal()
    opened = Signal(object)  # Services
    failed = Signal(object)  # ToileError

    def __init__(self, wiring: Wiring, lane: InferenceLane, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._wiring = wiring
        self._lane = lane
        self._job: Job | None = None
        self.services: Services | None = None
        self.error: ToileError | None = None
        """Why there are no services; None too while they are still to come."""

    def device_choices(self) -> Sequence[tuple[str, str]]:
        """Device policies a person may choose, with names. Raises DeviceError."""
        return self._wiring.device_choices()

    def open(self, device: str) -> None:
        """Open the pack for a device policy; an opening on its way for another one is dropped."""
        if self._job is not None:
            self._job.cancel()
        self.services = self.error = None
        self.loading.emit()
        job = self._lane.submit(lambda _token: self._wiring.open_services(device), _TITLE)
        self._job = job
        job.succeeded.connect(self._on_opened)
        job.failed.connect(self._on_failed)

    def _on_opened(self, services: object) -> None:
        self._job = None
        self.services = cast(Services, services)
        self.opened.emit(self.services)

    def _on_failed(self, error: ToileError) -> None:
        self._job = None
        self.error = error
        self.failed.emit(error)
