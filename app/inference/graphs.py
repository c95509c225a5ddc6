"""What the graphs of a garment-synthesis pack take and give, its codes, and a fixed input."""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from app.domain.errors import PackError
from app.domain.style import CodeBank
from app.inference.packs import TASK, Pack
from app.inference.session import Port, Signature, Tensor

GENERATOR, ENCODER, CODES = "generator", "encoder", "codes"
_MAX_ARRAY = 256 << 20  # bytes of one array of the bank; a real one has some hundred kilobytes


def signature(pack: Pack, key: str) -> Signature:
    """The inputs and outputs that graph ``key`` of ``pack`` must have."""
    labels = Port("uint8", (1, *pack.frame))
    picture = Port("float32", (1, 3, *pack.frame))
    codes = Port("float32", (1, len(pack.palette), pack.style_dim))
    if key == GENERATOR:
        return Signature({"labels": labels, "codes": codes}, {"picture": picture})
    return Signature({"picture": picture, "labels": labels}, {"codes": codes})


def graph_keys(pack: Pack) -> tuple[str, ...]:
    """The graphs this program knows that the pack has; PackError when it cannot make pictures."""
    if pack.task != TASK:
        raise PackError(
            f"The pack is for {pack.task!r}, not for {TASK!r}",
            where=str(pack.folder),
            hint="Choose a pack made for this version of Toile.",
        )
    for key in (GENERATOR, CODES):
        pack.path(key)
    return tuple(key for key in (GENERATOR, ENCODER) if key in pack.keys)


def sample(pack: Pack, bank: CodeBank, key: str) -> dict[str, Tensor]:
    """An input for graph ``key`` that shows every class, the same each time: vertical bands of
    the classes, shifted from row to row, codes of seed 0, and for the encoder soft colours."""
    height, width = pack.frame
    rows, columns = np.mgrid[:height, :width]
    bands = (columns * len(pack.palette) // width + rows // 16) % len(pack.palette)
    labels = bands.astype(np.uint8)[None]
    if key == GENERATOR:
        return {"labels": labels, "codes": bank.draw(0)[None]}
    coarse = np.random.default_rng(0).random((height // 16, width // 16, 3), dtype=np.float32)
    picture = np.clip(cv2.resize(coarse, (width, height)), 0, 1).astype(np.float32)
    return {"picture": np.ascontiguousarray(picture.transpose(2, 0, 1)[None]), "labels": labels}


def load_bank(pack: Pack) -> CodeBank:
    """The pack's bank of style codes: at least one code of every class but the ground.

    PackError for a file that is altered, hostile (pickles, absurd sizes) or does not fit the
    palette.
    """
    where = str(pack.path(CODES))
    content = pack.read(CODES)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            codes = _array(archive, "codes.npy")
            classes = _array(archive, "classes.npy")
        if codes.dtype != np.float32 or classes.dtype != np.uint8:
            raise ValueError(f"codes are {codes.dtype} and classes {classes.dtype}")
        bank = CodeBank(codes, classes)
        _check_fit(pack, bank)
    except (
        ValueError, OSError, KeyError, EOFError, MemoryError, OverflowError, TypeError,
        RuntimeError, zipfile.BadZipFile, zlib.error,
    ) as error:  # fmt: skip
        raise PackError(
            f"The pack's style codes cannot be used: {str(error) or type(error).__name__}",
            where=where,
            hint="Install the pack again.",
        ) from error
    return bank


def _array(archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    """One array, never unpickled; its size is looked at before any of it is unpacked."""
    size = archive.getinfo(name).file_size
    if size > _MAX_ARRAY:
        raise ValueError(f"{name} unpacks to {size >> 20} MB")
    with archive.open(name) as member:
        array: NDArray[Any] = np.load(io.BytesIO(member.read(_MAX_ARRAY)), allow_pickle=False)
    return array


def _check_fit(pack: Pack, bank: CodeBank) -> None:
    if (bank.class_count, bank.dim) != (len(pack.palette), pack.style_dim):
        raise ValueError(
            f"they are for {bank.class_count} classes of {bank.dim} numbers, "
            f"the pack has {len(pack.palette)} of {pack.style_dim}"
        )
    for entry in pack.palette.classes[1:]:
        if not bank.count(entry.index):
            raise ValueError(f"there is none for the class {entry.key!r}")
