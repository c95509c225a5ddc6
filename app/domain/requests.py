"""What goes into a piece of inference and what comes out; the words between rooms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from app.domain.cancel import CancelToken
from app.domain.style import Look

DevicePolicy: TypeAlias = Literal["auto", "cpu", "cuda", "dml"]
DEVICE_POLICIES: tuple[DevicePolicy, ...] = get_args(DevicePolicy)
"""What a person may ask for: "auto" takes the best device that proves itself."""


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
    """Which device made a picture ("CPU", "DirectML 0", ...), through which provider, how long
    the request took from labels to RGBA in milliseconds, and what a person should know of it."""

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
