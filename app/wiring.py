"""Where the concrete parts meet. Importing it, and reading the palette, loads no onnxruntime.

What only an opened network needs is imported when one is opened: the window starts before that.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app import paths
from app.domain.errors import DeviceError, PackError
from app.domain.palette import Palette
from app.domain.requests import DEVICE_POLICIES, DevicePolicy, Synthesize
from app.domain.style import CodeBank
from app.inference.packs import CUTOUT, GARMENT, PARSING, TRYON, Pack, find_packs, load_pack

if TYPE_CHECKING:
    from app.inference.vetting import Vetter

DEVICE_CHECKS = "device-checks.json"
_JOURNEYS = {
    GARMENT: ("drawing garments", "Design"),
    PARSING: ("reading photographs of people", "A label map from a photograph, and trying on,"),
    CUTOUT: ("cutting out garments", "Trying on"),
    TRYON: ("trying garments on", "Trying on"),
}


@dataclass(frozen=True)
class Services:
    """One opened pack as callables and plain data. `synthesize` is for one thread at a time."""

    pack: Pack
    device: DevicePolicy
    bank: CodeBank
    synthesize: Synthesize

    @property
    def palette(self) -> Palette:
        return self.pack.palette

    @property
    def pack_name(self) -> str:
        return self.pack.name

    @property
    def pack_title(self) -> str:
        return self.pack.title

    @property
    def pack_version(self) -> str:
        return self.pack.version

    @property
    def pack_license(self) -> str:
        return self.pack.license


def read_palette(models: Path | None = None) -> Palette:
    """The palette of the pack in use, read from pack.json alone. PackError."""
    return pack_for(GARMENT, models).palette


def open_services(device: str = "auto", models: Path | None = None) -> Services:
    """Check the pack's codes and make its pictures ready for a device policy.

    The network itself opens with the first picture, on the thread that asks for it. ``models``
    replaces the folder of packs. PackError, DeviceError.
    """
    from app.inference.synthesis import Synthesizer

    pack = pack_for(GARMENT, models)
    policy = device_policy(device)
    synthesizer = Synthesizer(pack, policy, vet=vetter())
    return Services(pack, policy, synthesizer.bank, synthesizer)


def pack_for(task: str, models: Path | None = None) -> Pack:
    """The first pack for ``task`` in the folder; PackError when there is none that is sound, with
    the reason of the first that is not."""
    folder = models or paths.models_dir()
    broken: PackError | None = None
    for candidate in find_packs(folder):
        try:
            pack = load_pack(candidate)
        except PackError as error:
            broken = broken or error
            continue
        if pack.task == task:
            return pack
    purpose, user = _JOURNEYS[task]
    raise broken or PackError(
        f"There is no model pack for {purpose}",
        where=str(folder),
        hint=f"{user} needs it: install Toile again, or set TOILE_MODELS to the folder that "
        "holds your packs.",
    )


def device_policy(word: str) -> DevicePolicy:
    """``word`` as a policy; DeviceError when it is none."""
    if word not in DEVICE_POLICIES:
        raise DeviceError(
            f"There is no device {word!r}", hint=f"Use one of {', '.join(DEVICE_POLICIES)}."
        )
    return word


def vetter(*, fresh: bool = False) -> Vetter:
    """The check of devices, in a child process, remembered in the person's data folder."""
    from app.inference import probe
    from app.inference.vetting import VerdictStore, Vetter

    store = VerdictStore(paths.data_dir() / DEVICE_CHECKS)
    return Vetter(store, probe.ask, fresh=fresh)
