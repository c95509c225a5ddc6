"""Encoded pictures in a pack: the bytes of all of them in one array, and their sizes in another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]


def joined(files: Sequence[bytes | Bytes]) -> tuple[Bytes, npt.NDArray[np.int64]]:
    """All bytes (N,), and the size of each file."""
    return np.frombuffer(b"".join(files), np.uint8), np.array([len(f) for f in files], np.int64)


def parts(blob: Bytes, sizes: npt.NDArray[np.int64]) -> list[Bytes]:
    """The files that were joined."""
    return np.split(blob, np.cumsum(sizes)[:-1]) if len(sizes) else []


def write(target: Path, arrays: Mapping[str, npt.NDArray[np.generic]]) -> None:
    """A pack of ``arrays``, moved into place whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(target.name + ".part")
    with unfinished.open("wb") as file:
        np.savez(file, **arrays)
    unfinished.replace(target)
