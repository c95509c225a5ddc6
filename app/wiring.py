"""Where the concrete parts meet. Importing it, and reading the palette, loads no onnxruntime.

What only an opened network needs is imported when one is opened: the window starts before that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from app import paths
from app.domain.cancel import CancelToken
from app.domain.errors import DeviceError, PackError
from app.domain.palette import Palette
from app.domain.requests import (
    DEVICE_PATTERN,
    Cut,
    DevicePolicy,
    Encode,
    Fit,
    Parse,
    Synthesize,
    Tryon,
)
from app.domain.style import CodeBank
from app.inference.packs import CUTOUT, GARMENT, PARSING, TRYON, Pack, find_packs, load_pack

if TYPE_CHECKING:
    from app.inference.devices import Devices
    from app.inference.encoding import Encoder
    from app.inference.parsing import Parser
    from app.inference.tryon import TryOn
    from app.inference.vetting import Vetter

Request = TypeVar("Request")
Result = TypeVar("Result")

DEVICE_CHECKS = "device-checks.json"
_JOURNEYS = {
    GARMENT: ("drawing garments", "Design needs"),
    PARSING: ("reading photographs of people", "A label map from a photo and trying on need"),
    CUTOUT: ("cutting out garments", "Trying on needs"),
    TRYON: ("trying garments on", "Trying on needs"),
}


@dataclass(frozen=True)
class Services:
    """The opened packs as callables and plain data; the palette is the garment pack's.

    The callables are for one thread at a time, the same for all of them. All but `synthesize` open
    what they need when they are first called, and may raise PackError then. `tryon` remembers the
    people and cloths that it saw lately; `fit` is its first half, and `cut` shares its cloths.
    """

    pack: Pack
    models: Path | None
    device: DevicePolicy
    bank: CodeBank
    synthesize: Synthesize
    encode: Encode
    parse: Parse
    tryon: Tryon
    fit: Fit
    cut: Cut

    @property
    def palette(self) -> Palette:
        return self.pack.palette

    @property
    def packs(self) -> tuple[Pack, ...]:
        """The packs in use, of those journeys that have a sound one."""
        return tuple(_sound_packs(self.models))


def read_palette(models: Path | None = None) -> Palette:
    """The palette of the pack in use, read from pack.json alone. PackError."""
    return pack_for(GARMENT, models).palette


def open_services(
    device: str = "auto", models: Path | None = None, *, strict: bool = False
) -> Services:
    """Check the pack's codes and make its pictures ready for a device policy.

    The network itself opens with the first picture, on the thread that asks for it. ``models``
    replaces the folder of packs. A device that cannot be used is replaced by the CPU, with a
    notice, unless the wish is ``strict``. PackError, DeviceError.
    """
    from app.inference.synthesis import Synthesizer

    pack = pack_for(GARMENT, models)
    devices = open_devices(device, strict=strict)
    synthesizer = Synthesizer(pack, devices)
    parser = cache(lambda: open_parser(devices, models, pack.palette))
    tryon = cache(lambda: open_tryon(devices, models, parser()))
    return Services(
        pack,
        models,
        devices.policy,
        synthesizer.bank,
        synthesizer,
        encode=_when_called(lambda: open_encoder(devices, models)),
        parse=_when_called(parser),
        tryon=_when_called(tryon),
        fit=_when_called(lambda: tryon().fit),
        cut=_when_called(lambda: tryon().cut),
    )


def open_encoder(device: str | Devices = "auto", models: Path | None = None) -> Encoder:
    """What takes style codes from pictures, with the garment pack. PackError, DeviceError."""
    from app.inference.encoding import Encoder

    return Encoder(pack_for(GARMENT, models), open_devices(device))


def open_parser(
    device: str | Devices = "auto", models: Path | None = None, palette: Palette | None = None
) -> Parser:
    """What reads photographs. PackError, also when its classes are not those of ``palette``, in
    which its label maps are to be used; DeviceError."""
    from app.inference.parsing import Parser

    pack = pack_for(PARSING, models)
    if palette and [entry.key for entry in pack.palette] != [entry.key for entry in palette]:
        raise PackError(
            "The pack for reading photographs has other classes than the pack for drawing garments",
            where=str(pack.folder),
            hint="Install two packs of one version.",
        )
    return Parser(pack, open_devices(device))


def open_tryon(
    device: str | Devices = "auto", models: Path | None = None, parser: Parser | None = None
) -> TryOn:
    """What puts garments on people, with ``parser`` or one of its own. PackError, also when the
    packs for it do not fit each other; DeviceError."""
    from app.inference.cutout import Cutout
    from app.inference.tryon import TryOn

    devices = open_devices(device)
    return TryOn(
        parser or open_parser(devices, models),
        Cutout(pack_for(CUTOUT, models), devices),
        pack_for(TRYON, models),
        devices,
    )


def _when_called(
    opened: Callable[[], Callable[[Request, CancelToken], Result]],
) -> Callable[[Request, CancelToken], Result]:
    """What ``opened`` gives, opened at the first call; again at the next one after a failure."""
    once = cache(opened)
    return lambda request, cancel: once()(request, cancel)


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
        hint=f"{user} it: install Toile again, or set TOILE_MODELS to the folder that "
        "holds your packs.",
    )


def _sound_packs(models: Path | None) -> Iterator[Pack]:
    for task in _JOURNEYS:
        with suppress(PackError):
            yield pack_for(task, models)


def open_devices(device: str | Devices = "auto", *, strict: bool = True) -> Devices:
    """The devices that networks are to share, for a policy; those of somebody else as they are.
    DeviceError for a word that is no policy."""
    from app.inference.devices import Devices

    if isinstance(device, Devices):
        return device
    if not re.match(DEVICE_PATTERN, device):
        raise DeviceError(
            f"There is no device {device!r}", hint="Use auto, cpu, cuda, dml, or one as dml:1."
        )
    return Devices(device, vet=vetter(), strict=strict)


def device_choices() -> tuple[tuple[DevicePolicy, str], ...]:
    """What a person may choose from, with the names of this computer's devices. DeviceError."""
    from app.inference.devices import all_devices

    return (("auto", "Automatic"), *((device.id, device.title) for device in all_devices()))


def vetter(*, fresh: bool = False) -> Vetter:
    """The check of devices, in a child process, remembered in the person's data folder."""
    from app.inference import probe
    from app.inference.vetting import VerdictStore, Vetter

    store = VerdictStore(paths.data_dir() / DEVICE_CHECKS)
    return Vetter(store, probe.ask, fresh=fresh)
