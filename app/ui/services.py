"""What the window is given to work with; the concrete parts meet in `app.wiring`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from app.domain.palette import Palette
from app.domain.requests import Encode, Fit, Parse, Synthesize, Tryon
from app.domain.style import CodeBank


class PackInfo(Protocol):
    """What a pack says of itself."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def license(self) -> str: ...


class Services(Protocol):
    """The opened model packs as callables and plain data; the palette is the garment pack's.

    `parse` and `tryon` may raise PackError, when read or when called: they have packs of their own.
    """

    @property
    def palette(self) -> Palette: ...

    @property
    def bank(self) -> CodeBank: ...

    @property
    def synthesize(self) -> Synthesize: ...

    @property
    def encode(self) -> Encode: ...

    @property
    def parse(self) -> Parse: ...

    @property
    def tryon(self) -> Tryon: ...

    @property
    def fit(self) -> Fit: ...

    @property
    def packs(self) -> Sequence[PackInfo]: ...


class Wiring(Protocol):
    """Two steps to the services, so that the window can show before the network loads."""

    def read_palette(self) -> Palette:
        """The palette of the pack, without opening its network: quick. Raises PackError."""
        ...

    def device_choices(self) -> Sequence[tuple[str, str]]:
        """Device policies with the names of this computer's devices: quick. Raises DeviceError."""
        ...

    def open_services(self, device: str = "auto") -> Services:
        """Verify and open the pack for a device policy: slow. Raises PackError, DeviceError."""
        ...
