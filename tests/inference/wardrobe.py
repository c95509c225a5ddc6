"""Drawn people and garments, and tiny packs for trying on in the networks' real frame."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from app.domain.cancel import CancelToken
from app.domain.palette import Palette
from app.inference.cutout import Cutout
from app.inference.devices import Devices
from app.inference.packs import CUTOUT, PARSING, TRYON, load_pack
from app.inference.parsing import Parser
from app.inference.providers import Device
from app.inference.session import OrtSession, Session, Signature, Tensor, Tensors
from app.inference.tryon import TryOn
from tests.inference import photo_graphs
from tests.inference.doubles import devices
from tests.inference.graphs import write_pack
from tests.inference.test_parsing import person, photo

FRAME = (256, 192)
SIZE = {"height": FRAME[0], "width": FRAME[1]}
CLOTH = (40, 90, 160)


def write_packs(
    folder: Path,
    palette: Palette,
    *,
    category: int = 0,
    read_at: tuple[int, int] = FRAME,
    keeps: int | None = None,
) -> Path:
    """Parser, cut-out and try-on in ``folder``; every garment is of this category, 3 is none, the
    parser's frame is ``read_at``, and the class ``keeps`` stays under what is put on."""
    graphs = {
        PARSING: {"parser": photo_graphs.parser(palette, frame=read_at)},
        CUTOUT: {"cutout": photo_graphs.cutout(frame=FRAME, category=category)},
        TRYON: {"tryon": photo_graphs.tryon(frame=FRAME, keeps=keeps)},
    }
    for task, files in graphs.items():
        height, width = read_at if task == PARSING else FRAME
        size = {"height": height, "width": width}
        write_pack(folder / task, palette, task=task, files=files, frame=size)
    return folder


class Counting:
    """An `OpenSession` on the CPU that counts runs and may call ``before`` each of them."""

    def __init__(self, before: Callable[[int], None] = lambda _: None) -> None:
        self.runs, self.before = 0, before

    def __call__(self, graph: bytes, device: Device) -> Session:
        return _Counted(OrtSession(graph, device), self)


class _Counted:
    def __init__(self, real: OrtSession, book: Counting) -> None:
        self._real, self._book = real, book

    @property
    def signature(self) -> Signature:
        return self._real.signature

    def run(self, inputs: Tensors, cancel: CancelToken) -> dict[str, Tensor]:
        self._book.runs += 1
        self._book.before(self._book.runs)
        return self._real.run(inputs, cancel)


def opened(folder: Path, sessions: Counting | None = None) -> TryOn:
    """The packs of ``folder`` on the CPU."""
    return made(folder, devices("cpu", sessions or OrtSession))


def made(folder: Path, on: Devices) -> TryOn:
    parser, cutout = Parser(load_pack(folder / PARSING), on), Cutout(load_pack(folder / CUTOUT), on)
    return TryOn(parser, cutout, load_pack(folder / TRYON), on)


def standing(
    palette: Palette, height: int = 800, width: int = 600, *, tall: int = 700, x: int | None = None,
    y: int = 50, labels: np.ndarray | None = None,
) -> np.ndarray:  # fmt: skip
    """A photo of one drawn person on a white ground."""
    drawing = np.zeros((height, width), np.uint8) if labels is None else labels
    person(drawing, width // 2 if x is None else x, y, tall)
    return photo(drawing, palette)


def shirt(height: int = 320, width: int = 240) -> np.ndarray:
    """A dark garment lying on white."""
    rgba = np.full((height, width, 4), 255, np.uint8)
    corners = np.array(
        [(0.2, 0.15), (0.8, 0.15), (0.95, 0.4), (0.8, 0.45), (0.8, 0.9), (0.2, 0.9), (0.2, 0.45),
         (0.05, 0.4)]
    )  # fmt: skip
    points = np.round(corners * (width, height)).astype(np.int32)
    cv2.fillPoly(rgba, [points], (*CLOTH, 255), cv2.LINE_AA)
    return rgba
