"""What goes into a piece of inference and what comes out; the words between rooms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from app.domain.cancel import CancelToken
from app.domain.framing import CATEGORIES, Category
from app.domain.geometry import Rect
from app.domain.style import Look

DevicePolicy: TypeAlias = str
"""What a person may ask for, as `DEVICE_PATTERN` has it: "auto" takes the fastest device that
proves itself, "dml" the fastest of DirectML's, "dml:1" that one."""

DEVICE_PATTERN = "^(auto|cpu|(cuda|dml)(:[0-9]{1,2})?)$"


@dataclass(frozen=True, eq=False)
class SynthesisRequest:
    """A label map (H, W) uint8 that nobody edits any more, a look, and the picture's (w, h).

    Without ``size`` the picture is as large as the label map. With another shape than the label
    map's the garment keeps its proportions and the rest stays transparent.
    """

    labels: NDArray[np.uint8]
    look: Look
    size: tuple[int, int] | None = None


@dataclass(frozen=True)
class DeviceUse:
    """Which device did the work ("CPU", "DirectML", ...), through which provider, how long the
    whole request took in milliseconds, and what a person should know of it."""

    device: str
    provider: str
    milliseconds: float
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class SynthesisResult:
    """A picture (H, W, 4) uint8 RGBA, transparent where the label is ground, and its device."""

    rgba: NDArray[np.uint8]
    use: DeviceUse


Synthesize: TypeAlias = Callable[[SynthesisRequest, CancelToken], SynthesisResult]


@dataclass(frozen=True, eq=False)
class ParseRequest:
    """A photograph (H, W, 4) uint8 RGBA of a person; what is transparent counts as white."""

    rgba: NDArray[np.uint8]


Facing: TypeAlias = Literal["front", "back", "side"]


@dataclass(frozen=True, eq=False)
class Parsed:
    """What a photograph of a person shows.

    ``labels`` (h, w) uint8 has the photograph's proportions and at most 2048 pixels a side;
    ``landmarks`` (13, 3) float32 are x, y in the photograph's pixels and a confidence 0..1, in
    the order of `app.domain.framing.LANDMARKS`; ``person`` is the box around the person that was
    read, in the photograph's pixels, and ``people`` how many of a similar size are in it.
    """

    labels: NDArray[np.uint8]
    landmarks: NDArray[np.float32]
    person: Rect
    people: int
    facing: Facing
    use: DeviceUse


Parse: TypeAlias = Callable[[ParseRequest, CancelToken], Parsed]


@dataclass(frozen=True, eq=False)
class EncodeRequest:
    """A picture (H, W, 4) uint8 RGBA and a label map (h, w) uint8 of the same proportions that
    says which class each part of it shows. For a swatch the map is one class all over."""

    rgba: NDArray[np.uint8]
    labels: NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Encoded:
    """Style codes (C, S) float32, and for which classes ``present`` (C,) bool there was enough to
    see; the codes of the others mean nothing."""

    codes: NDArray[np.float32]
    present: NDArray[np.bool_]
    use: DeviceUse


Encode: TypeAlias = Callable[[EncodeRequest, CancelToken], Encoded]


@dataclass(frozen=True, eq=False)
class CutCloth:
    """A garment cut out of its picture.

    ``rgba`` (h, w, 4) uint8 is the part of the picture that holds it, at the picture's own
    resolution, with at least one transparent pixel on every side; transparent pixels have the
    colour of the garment nearest to them, so that it may be resampled without a rim. ``box`` is
    where that part lies in the picture (it may reach one pixel beyond). ``likelihood`` (4,)
    float32 says how likely it is an upper, lower or dress, or no garment at all; it sums to 1.
    """

    rgba: NDArray[np.uint8]
    box: Rect
    likelihood: NDArray[np.float32]
    use: DeviceUse

    @property
    def category(self) -> Category | None:
        """The likeliest; None when it is likeliest no garment."""
        best = int(self.likelihood.argmax())
        return CATEGORIES[best] if best < len(CATEGORIES) else None


Cut: TypeAlias = Callable[[NDArray[np.uint8], CancelToken], CutCloth]
"""Cuts the garment out of a picture (H, W, 4) uint8 RGBA."""


@dataclass(frozen=True, eq=False)
class TryOnRequest:
    """Pictures of a person and of a cloth, both (H, W, 4) uint8 RGBA, not edited any more.

    Without a ``category`` the cloth's picture decides. ``region`` (H, W) uint8, of the person's
    picture, is the dressed region as a person corrected it: 0 keeps the photograph, 255 shows
    the outcome. None is the network's own. A garment that lies sideways in its picture is turned,
    unless it is said to be ``upright``.
    """

    person: NDArray[np.uint8]
    cloth: NDArray[np.uint8]
    category: Category | None = None
    region: NDArray[np.uint8] | None = None
    upright: bool = False


@dataclass(frozen=True, eq=False)
class TryOnResult:
    """The dressed person.

    ``rgba`` (H, W, 4) uint8 is as large as the photograph and equal to it wherever ``region``
    (H, W) uint8 is 0; a region of 255 shows nothing of it, and cloth is opaque. ``notices`` are
    sentences about the pictures, ``use.notices`` about the device. By ``quarters`` clockwise the
    cloth was turned by itself.
    """

    rgba: NDArray[np.uint8]
    category: Category
    region: NDArray[np.uint8]
    notices: tuple[str, ...]
    use: DeviceUse
    quarters: int = 0


Tryon: TypeAlias = Callable[[TryOnRequest, CancelToken], TryOnResult]
Finish: TypeAlias = Callable[[CancelToken], TryOnResult]
Fit: TypeAlias = Callable[[TryOnRequest, CancelToken], Finish]
"""The first half of a `Tryon`, all that needs the networks; what it gives does the rest, once, in
any thread."""
