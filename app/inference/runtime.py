"""The one door to onnxruntime: imported when first needed, with a clear error when it cannot be."""

from __future__ import annotations

import contextlib
import io
import logging
from functools import cache
from typing import Any

from app.domain.errors import DeviceError

_log = logging.getLogger("toile.runtime")


def onnxruntime() -> Any:
    """The onnxruntime module; DeviceError when it is missing or its libraries do not load."""
    try:
        import onnxruntime as module
    except (ImportError, OSError) as error:
        raise DeviceError(
            "onnxruntime cannot be loaded",
            where=str(error).splitlines()[0] if str(error) else "",
            hint="Set the environment up again as the README says.",
        ) from error
    return module


@cache
def preload_cuda() -> None:
    """Load the CUDA and cuDNN libraries that the extra `gpu` installs, which no search path of the
    system knows. What of them is missing is logged; opening a session then fails by itself."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        try:
            onnxruntime().preload_dlls(msvc=False)
        except (OSError, RuntimeError, AttributeError) as error:
            print(error)
    for line in said.getvalue().splitlines():
        _log.info("%s", line)


def version() -> str:
    """onnxruntime's version, such as 1.24.4."""
    return str(onnxruntime().__version__)


def offered_providers() -> tuple[str, ...]:
    """Execution providers that the installed wheel was built with, by onnxruntime's names."""
    return tuple(onnxruntime().get_available_providers())
