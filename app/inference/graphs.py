"""What the graphs of each kind of pack take and give, a fixed input for each, and style codes."""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.domain.errors import PackError
from app.domain.framing import CATEGORIES, LANDMARKS
from app.domain.style import CodeBank
from app.inference.mannequin import PART_KEYS, mannequin, shirt, soft_colors
from app.inference.packs import CUTOUT, GARMENT, PARSING, TRYON, Pack
from app.inference.session import Port, Signature, Tensor

GENERATOR, ENCODER, CODES = "generator", "encoder", "codes"
PARSER_GRAPH, CUTOUT_GRAPH, TRYON_GRAPH = "parser", "cutout", "tryon"
_MAX_ARRAY = 256 << 20  # bytes of one array of the bank; a real one has some hundred kilobytes

_GRAPHS = {
    GARMENT: (GENERATOR, ENCODER),
    PARSING: (PARSER_GRAPH,),
    CUTOUT: (CUTOUT_GRAPH,),
    TRYON: (TRYON_GRAPH,),
}
_NEEDED = {
    GARMENT: (GENERATOR, CODES),
    PARSING: (PARSER_GRAPH,),
    CUTOUT: (CUTOUT_GRAPH,),
    TRYON: (TRYON_GRAPH,),
}


def signature(pack: Pack, key: str) -> Signature:
    """The inputs and outputs that graph ``key`` of ``pack`` must have."""
    labels = Port("uint8", (1, *pack.frame))
    picture = _planes(pack, 3)
    if key in (GENERATOR, ENCODER):
        codes = Port("float32", (1, len(pack.palette), pack.style_dim))
        if key == GENERATOR:
            return Signature({"labels": labels, "codes": codes}, {"picture": picture})
        return Signature({"picture": picture, "labels": labels}, {"codes": codes})
    landmarks = Port("float32", (1, len(LANDMARKS), 3))
    if key == PARSER_GRAPH:
        probabilities = _planes(pack, len(pack.palette))
        return Signature(
            {"photo": picture}, {"probabilities": probabilities, "landmarks": landmarks}
        )
    if key == CUTOUT_GRAPH:
        category = Port("float32", (1, len(CATEGORIES) + 1))  # and "none"
        return Signature({"photo": picture}, {"mask": _planes(pack, 1), "category": category})
    if key == TRYON_GRAPH:
        return Signature(
            {
                "person": picture,
                "cloth": _planes(pack, 4),
                "labels": labels,
                "landmarks": landmarks,
                "category": Port("float32", (1, len(CATEGORIES))),
            },
            {
                "outcome": picture,
                "flow": _planes(pack, 2),
                "cover": _planes(pack, 1),
                "replace": _planes(pack, 1),
                "fill": picture,
                "ground": _planes(pack, 1),
                "clothes": _planes(pack, 1),
                "skin": _planes(pack, 1),
                "quarters": Port("float32", (1, 4)),
            },
        )
    raise PackError(f"The program knows no graph {key!r}", where=str(pack.folder))


def graph_keys(pack: Pack) -> tuple[str, ...]:
    """The graphs this program knows that the pack has; PackError when its task needs more."""
    if pack.task not in _GRAPHS:
        raise PackError(
            f"This version of Toile has no use for a pack for {pack.task!r}",
            where=str(pack.folder),
            hint="Choose a pack made for this version of Toile.",
        )
    for key in _NEEDED[pack.task]:
        pack.path(key)
    return tuple(key for key in _GRAPHS[pack.task] if key in pack.keys)


def require(pack: Pack, key: str) -> None:
    """PackError unless ``pack`` is for the task that graph ``key`` serves, and has it."""
    task = next(task for task, keys in _GRAPHS.items() if key in keys)
    if pack.task != task:
        raise PackError(
            f"The pack is for {pack.task!r}, not for {task!r}",
            where=str(pack.folder),
            hint="Choose a pack made for this version of Toile.",
        )
    graph_keys(pack)
    pack.path(key)


def sample(pack: Pack, key: str) -> dict[str, Tensor]:
    """An input for graph ``key``, the same each time, on which it has something to do.

    Generator and encoder see every class: vertical bands of the classes, shifted from row to row,
    with codes of seed 0 or soft colours. Parser and try-on see a drawn person, cut-out and try-on
    a drawn shirt. PackError when the pack's codes cannot be used.
    """
    height, width = pack.frame
    if key in (GENERATOR, ENCODER):
        rows, columns = np.mgrid[:height, :width]
        bands = (columns * len(pack.palette) // width + rows // 16) % len(pack.palette)
        labels = bands.astype(np.uint8)[None]
        if key == GENERATOR:
            return {"labels": labels, "codes": load_bank(pack).draw(0)[None]}
        return {"picture": to_planes(soft_colors(height, width)), "labels": labels}
    cloth = shirt(height, width)
    if key == CUTOUT_GRAPH:
        return {"photo": to_planes(np.ascontiguousarray(cloth[..., :3]))}
    person = mannequin(height, width)
    photo = to_planes(person.photo)
    if key == PARSER_GRAPH:
        return {"photo": photo}
    known = {entry.key: entry.index for entry in pack.palette}
    classes = np.array([0, *(known.get(part, 1) for part in PART_KEYS)], np.uint8)
    return {
        "person": photo,
        "cloth": to_planes(cloth),
        "labels": classes[person.parts][None],
        "landmarks": person.landmarks[None],
        "category": np.eye(len(CATEGORIES), dtype=np.float32)[:1],
    }


def to_planes(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(h, w, C) uint8 as a network takes it: (1, C, h, w) float32, 0..1."""
    planes = np.ascontiguousarray(pixels.transpose(2, 0, 1)[None], dtype=np.float32)
    planes /= 255
    return planes


def _planes(pack: Pack, count: int) -> Port:
    return Port("float32", (1, count, *pack.frame))


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
