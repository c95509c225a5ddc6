"""From labelled photographs to records of made pairs, two photographs at a time."""

from __future__ import annotations

import csv
import multiprocessing
import os
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from app.domain import framing
from app.domain.frame import like_nearest
from app.domain.palette import GROUND
from models.training import blobs, palette
from models.training.parser.colouring import IGNORE
from models.training.prepare import SKIP, read_landmarks
from models.training.tryon import finding, flat, skinning, worn

Bytes = NDArray[np.uint8]
Row = dict[str, bytes]
_UNSURE = 0.3  # of a person, edges and all, of which a parser may be unsure
_TORN = 0.045  # share of a garment that may tear, where sleeves come off the body


@dataclass
class Record:
    """One garment on one person as it is stored: encoded maps of the person (``blobs``), how much
    of its limbs the garment covers (4) and whether it is a skirt, and of each cloth the encoded
    picture and alpha, the flow, its `bones.POINTS` (8, 2) in -1..1 of its frame, how far the cloth
    put back by it is from the photograph (mean of 0..1 over what it shows) and the share of the
    garment it tears."""

    photo: str
    train: bool
    category: int
    garment: int
    landmarks: NDArray[np.float32]
    blobs: Row
    covered: tuple[float, float, float, float]
    skirt: bool
    cloths: list[Row] = field(default_factory=list)
    flows: list[NDArray[np.float16]] = field(default_factory=list)
    points: list[NDArray[np.float32]] = field(default_factory=list)
    errors: list[float] = field(default_factory=list)
    torn: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class _Drawn:
    """A photograph whose label map was drawn by hand, in a folder ``ccp``."""

    root: Path
    photo: str

    def read(self) -> tuple[Bytes, Bytes]:
        """The photograph (H, W, 3) RGB and its classes of the palette (H, W)."""
        photo = cv2.imread(str(self.root / "photos" / f"{self.photo}.jpg"), cv2.IMREAD_COLOR)
        source = cv2.imread(str(self.root / "labels" / f"{self.photo}.png"), cv2.IMREAD_GRAYSCALE)
        if photo is None or source is None:
            raise FileNotFoundError(f"photo or label map of {self.photo} is missing or unreadable")
        names = (self.root / "label_names.txt").read_text("utf-8").split()
        return np.ascontiguousarray(photo[:, :, ::-1]), palette.grouping(names)[source]


@dataclass(frozen=True)
class _Relabelled:
    """A photograph that a parser labelled (`models.training.parser.relabel`), both encoded."""

    photo: bytes
    labels: bytes

    def read(self) -> tuple[Bytes, Bytes] | None:
        """As `_Drawn.read`; what the parser was unsure of is what lies next to it. None where it
        was unsure of too much."""
        labels = decoded(self.labels)
        unsure = labels == IGNORE
        if unsure.all():
            return None
        whole = like_nearest(labels, ~unsure)
        if unsure.sum() > _UNSURE * np.count_nonzero(whole != GROUND):
            return None
        return np.ascontiguousarray(decoded(self.photo)), whole


@dataclass(frozen=True)
class _Task:
    source: _Drawn | _Relabelled
    photo: str
    train: bool
    landmarks: NDArray[np.float32]
    seed: int
    variants: int


def _make(task: _Task) -> tuple[list[Record], list[str]]:
    read = task.source.read()
    if read is None:
        return [], ["any: labels unsure"]
    garments, refused = finding.find(*read, task.landmarks)
    records = []
    for garment in garments:
        record = _record(task, garment)
        if record is None:
            refused.append(f"{garment.category}: tears when laid flat")
        else:
            records.append(record)
    return records, refused


def _lay(
    rig: skinning.Rig, texture: Bytes, rng: np.random.Generator
) -> tuple[NDArray[np.float16], worn.Points, Bytes, worn.Mask] | None:
    """Flow, points, cloth, alpha of one pose; None if even the narrowest poses tear the garment."""
    for spread in (1.0, 0.5, 0.0):
        places, points = skinning.lay(rig, rng, spread)
        flow = skinning.as_flow(places)
        if flat.torn(flow, rig.worn.mask) < _TORN:
            cloth, alpha = flat.draw(flow, rig, texture)
            areas = cv2.connectedComponentsWithStats((alpha > 127).astype(np.uint8))[2][1:, 4]
            if len(areas) and areas.max() > (1 - _TORN) * areas.sum():
                return flow, points, cloth, alpha
    return None


def _record(task: _Task, garment: worn.Worn) -> Record | None:
    category = framing.CATEGORIES.index(garment.category)
    blobs = {
        "person": jpeg(garment.person),
        "labels": png(garment.labels),
        "mask": png(garment.mask, bits=1),
        "held": png(garment.held, bits=1),
    }
    record = Record(
        task.photo, task.train, category, garment.garment[0], garment.landmarks, blobs,
        garment.limbs, garment.skirt,
    )  # fmt: skip
    rng = np.random.default_rng([task.seed, zlib.crc32(task.photo.encode()), category])
    rig, texture = skinning.rig(garment), flat.painted(garment)
    for _ in range(task.variants):
        laid = _lay(rig, texture, rng)
        if laid is None:
            return None
        flow, points, cloth, alpha = laid
        record.cloths.append({"cloth": jpeg(cloth), "alpha": png(alpha)})
        record.flows.append(flow)
        record.points.append(points / np.array([worn.WIDTH, worn.HEIGHT], np.float32) * 2 - 1)
        # Measured as training sees it: from the stored bytes by the stored flow.
        back = warp(np.dstack([decoded(record.cloths[-1]["cloth"]), alpha]), flow)
        seen = garment.mask > 0
        shown = seen & (back[..., 3] > 127)
        off = np.abs(back[..., :3].astype(int) - garment.person)[shown]
        record.errors.append(float(off.mean()) / 255)
        record.torn.append(1 - float(shown.sum() / seen.sum()))
    return record


def warp(cloth: Bytes, flow: NDArray[np.float16]) -> Bytes:
    """``cloth`` (256, 192, C) put on the person by ``flow`` (2, h, w) enlarged linearly."""
    size = (worn.WIDTH, worn.HEIGHT)
    x, y = (cv2.resize(part.astype(np.float32), size) for part in flow)
    x, y = (x + 1) / 2 * worn.WIDTH - 0.5, (y + 1) / 2 * worn.HEIGHT - 0.5
    return np.asarray(
        cv2.remap(cloth, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def jpeg(rgb: Bytes) -> bytes:
    """A picture (H, W, 3) RGB encoded."""
    coded = cv2.imencode(".jpg", rgb[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92])[1]
    return bytes(coded.tobytes())


def png(values: Bytes, bits: int = 8) -> bytes:
    """A map (H, W) encoded; with one bit, of 0 and 1."""
    how = [cv2.IMWRITE_PNG_BILEVEL, 1] if bits == 1 else []
    return bytes(cv2.imencode(".png", values * 255 if bits == 1 else values, how)[1].tobytes())


def decoded(blob: bytes | Bytes) -> Bytes:
    """A picture (H, W, 3) RGB or a map (H, W) from its encoded bytes."""
    data = np.frombuffer(blob, np.uint8) if isinstance(blob, bytes) else blob
    picture = np.asarray(cv2.imdecode(data, cv2.IMREAD_UNCHANGED), np.uint8)
    return picture[:, :, ::-1] if picture.ndim == 3 else picture


def _start() -> None:
    if hasattr(os, "nice"):
        os.nice(5)
    cv2.setNumThreads(1)


def make(
    data: Path,
    *,
    seed: int = 0,
    variants: int = 3,
    limit: int | None = None,
    relabelled: Path | None = None,
) -> tuple[list[Record], Counter[str]]:
    """Every pair that can be made from the labelled photographs, or from the first ``limit``, and
    from the pack ``relabelled``; and how many garments were refused for what reason."""
    tasks = [
        _Task(source, photo, train, landmarks, seed, variants)
        for source, photo, train, landmarks in chain(
            islice(_drawn(data / "ccp"), limit), _relabelled(relabelled) if relabelled else ()
        )
    ]
    # Not forked: a fork while OpenCV's threads run in this process would hang.
    with multiprocessing.get_context("spawn").Pool(2, _start) as pool:
        made = list(pool.imap(_make, tasks, 8))
    records = [record for of_photo, _ in made for record in of_photo]
    return records, Counter(reason for _, reasons in made for reason in reasons)


def _drawn(root: Path) -> Iterator[tuple[_Drawn, str, bool, NDArray[np.float32]]]:
    landmarks = read_landmarks(root)
    with (root / "index.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            photo = row["id"]
            if row["annotation"] == "pixel" and photo not in SKIP and photo in landmarks:
                yield _Drawn(root, photo), photo, row["split"] == "train", landmarks[photo]


def _relabelled(pack: Path) -> Iterator[tuple[_Relabelled, str, bool, NDArray[np.float32]]]:
    """Those of a pack in which somebody was found, never to be measured on."""
    with np.load(pack) as content:
        photos, labels = (
            blobs.parts(content[f"{what}s"], content[f"{what}_sizes"])
            for what in ("photo", "label")
        )
        rows = zip(content["ids"], photos, labels, content["landmarks"], strict=True)
        for photo, encoded, classes, landmarks in rows:
            if landmarks[:, 2].any():
                source = _Relabelled(encoded.tobytes(), classes.tobytes())
                yield source, str(photo), True, landmarks
