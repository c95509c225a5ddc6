"""The whole window over a network that answers at once and remembers what it was asked."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from app import paths
from app.domain.cancel import CancelToken
from app.domain.design_file import save_design
from app.domain.errors import PictureError, ToileError
from app.domain.geometry import Rect
from app.domain.label_file import save_label_map
from app.domain.label_map import LabelMap
from app.domain.palette import Palette
from app.domain.requests import (
    DeviceUse,
    Encode,
    Encoded,
    EncodeRequest,
    Facing,
    Finish,
    Parse,
    Parsed,
    ParseRequest,
    SynthesisRequest,
    SynthesisResult,
    Synthesize,
    Tryon,
    TryOnRequest,
    TryOnResult,
)
from app.domain.style import CodeBank
from app.jobs.files import FilePool
from app.jobs.lane import InferenceLane
from app.settings import Settings
from app.ui import document_files, launch, theme
from app.ui.main_window import MainWindow
from tests.ui.hands import drag

CODES = 5
DIM = 4
TOP, TROUSERS = 5, 17
RED, BLUE = (200, 30, 40), (20, 40, 180)


def bank_of(palette: Palette) -> CodeBank:
    """Five codes for every class but the ground, all different."""
    classes = np.repeat(np.arange(1, len(palette), dtype=np.uint8), CODES)
    codes = np.arange(len(classes) * DIM, dtype=np.float32).reshape(-1, DIM)
    return CodeBank(codes, classes)


@dataclass(frozen=True)
class FakePack:
    name: str
    version: str
    title: str
    license: str = "Apache-2.0"


@dataclass
class FakeServices:
    palette: Palette
    synthesize: Synthesize
    encode: Encode
    parse: Parse
    tryon: Tryon
    packs: tuple[FakePack, ...] = (
        FakePack("test-pack", "1.2.3", "A pack for tests"),
        FakePack("other-pack", "4.5.6", "Another"),
    )
    bank: CodeBank = field(init=False)

    def __post_init__(self) -> None:
        self.bank = bank_of(self.palette)

    def fit(self, request: TryOnRequest, cancel: CancelToken) -> Finish:
        result = self.tryon(request, cancel)
        return lambda _: result


class FakeWiring:
    """A `Wiring` that keeps every request; set `fault` or `palette_fault` to have it fail."""

    def __init__(self, palette: Palette) -> None:
        self.palette = palette
        self.requests: list[SynthesisRequest] = []
        self.opened: list[str] = []
        self.notices: tuple[str, ...] = ()
        self.parses: list[ParseRequest] = []
        self.encodes: list[EncodeRequest] = []
        self.people = 1
        self.confidence = 0.9
        self.facing: Facing = "front"
        self.tryons: list[TryOnRequest] = []
        self.tryon_fault: ToileError | None = None
        self.tryon_notices: tuple[str, ...] = ()
        self.may_wear = threading.Event()
        self.may_wear.set()
        self.parse_fault: ToileError | None = None
        self.encode_fault: ToileError | None = None
        self.may_parse = threading.Event()
        self.may_parse.set()
        self.fault: ToileError | None = None
        self.devices_fault: ToileError | None = None
        self.palette_fault: ToileError | None = None

    def read_palette(self) -> Palette:
        if self.palette_fault is not None:
            raise self.palette_fault
        return self.palette

    def device_choices(self) -> list[tuple[str, str]]:
        if self.devices_fault is not None:
            raise self.devices_fault
        return [("auto", "Automatic"), ("dml:1", "Test card (DirectML, 8.0 GB)"), ("cpu", "CPU")]

    def open_services(self, device: str = "auto") -> FakeServices:
        self.opened.append(device)
        if self.fault is not None:
            raise self.fault
        return FakeServices(self.palette, self.draw, self.encode, self.parse, self.wear)

    def draw(self, request: SynthesisRequest, cancel: CancelToken) -> SynthesisResult:
        self.requests.append(request)
        height, width = request.labels.shape
        width, height = request.size or (width, height)
        rgba = np.full((height, width, 4), 255, np.uint8)
        rgba[..., 0] = request.look.seed % 256
        if request.labels.shape == (height, width):
            rgba[request.labels == 0, 3] = 0
        use = DeviceUse("Test device", "CPUExecutionProvider", 12.4, self.notices)
        return SynthesisResult(rgba, use)

    def parse(self, request: ParseRequest, cancel: CancelToken) -> Parsed:
        """Whatever is not white wears a top above its middle and trousers below."""
        self.parses.append(request)
        while not self.may_parse.wait(0.01):
            cancel.raise_if_cancelled()
        if self.parse_fault is not None:
            raise self.parse_fault
        worn = (request.rgba[..., :3] < 250).any(axis=2)
        if not worn.any():
            raise PictureError("No person was found in the photo", hint="Choose another photo.")
        rows, columns = np.nonzero(worn)
        middle = (rows.min() + rows.max()) // 2
        labels = np.where(np.arange(len(worn))[:, None] <= middle, TOP, TROUSERS) * worn
        width, height = int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1
        box = Rect(int(columns.min()), int(rows.min()), width, height)
        return Parsed(
            labels.astype(np.uint8),
            np.full((13, 3), self.confidence, np.float32),
            box,
            self.people,
            self.facing,
            DeviceUse("Test device", "CPUExecutionProvider", 40.0, self.notices),
        )

    def wear(self, request: TryOnRequest, cancel: CancelToken) -> TryOnResult:
        """What is not white in the photo takes the mean colour of the opaque cloth."""
        self.tryons.append(request)
        while not self.may_wear.wait(0.01):
            cancel.raise_if_cancelled()
        if self.tryon_fault is not None:
            raise self.tryon_fault
        region = request.region
        if region is None:
            region = (request.person[..., :3] < 250).any(axis=2).astype(np.uint8) * 255
        if not region.any():
            raise PictureError("No person was found in the photo", hint="Choose another photo.")
        opaque = request.cloth[request.cloth[..., 3] > 128]
        if not len(opaque):
            raise PictureError("There is no garment in the cloth's picture")
        rgba = request.person.copy()
        rgba[region > 0, :3] = opaque[:, :3].mean(axis=0).round()
        use = DeviceUse("Test device", "CPUExecutionProvider", 33.3, self.notices)
        category = request.category or "upper"
        return TryOnResult(rgba, category, region, self.tryon_notices, use)

    def encode(self, request: EncodeRequest, cancel: CancelToken) -> Encoded:
        """The code of a class is its mean colour."""
        self.encodes.append(request)
        if self.encode_fault is not None:
            raise self.encode_fault
        present = np.bincount(request.labels.ravel(), minlength=len(self.palette)) > 0
        codes = np.zeros((len(self.palette), DIM), np.float32)
        for cls in np.flatnonzero(present):
            codes[cls] = request.rgba[request.labels == cls].mean(axis=0)
        use = DeviceUse("Test device", "CPUExecutionProvider", 9.0)
        return Encoded(codes, present, use)


class Studio:
    """A shown window with its sample open and its first picture drawn."""

    def __init__(
        self,
        qtbot: QtBot,
        wiring: FakeWiring,
        settings: Settings | None = None,
        file: Path | None = None,
    ) -> None:
        self.qtbot = qtbot
        self.wiring = wiring
        self.lane, self.pool = InferenceLane(), FilePool()
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        launch.prepare(app, "dark")
        self.window: MainWindow = launch.make_window(
            settings or Settings(), wiring, self.lane, self.pool, file
        )
        self.shown_when_loading: list[bool] = []
        self.window.network.loading.connect(
            lambda: self.shown_when_loading.append(self.window.isVisible())
        )
        theme.dress(app)
        self.window.show()
        qtbot.waitExposed(self.window)

    def settle(self) -> None:
        """Wait for the sample and for the picture of what is on the canvas."""
        self.until(lambda: self.window.files.document is not None)
        self.until(lambda: self.window.network.services is not None)
        self.until(lambda: self.window.design.picture.image is not None)
        self.quiet()

    def quiet(self) -> None:
        """Wait until no background work is left."""
        workers = (self.lane, self.pool)
        self.until(lambda: not any(w._jobs for w in workers) and not self.window.live.waiting)

    def until(self, condition: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(condition, timeout=10_000)

    def box(self, name: str) -> QMessageBox:
        """The message box with this object name, once it is there."""
        self.until(lambda: self.find(name) is not None)
        box = self.find(name)
        assert isinstance(box, QMessageBox)
        return box

    def find(self, name: str) -> QMessageBox | None:
        for widget in QApplication.topLevelWidgets():
            if widget.objectName() == name and widget.isVisible():
                assert isinstance(widget, QMessageBox)
                return widget
        return None

    def labels(self) -> np.ndarray:
        document = self.window.files.document
        assert document is not None
        return document.labels.array

    def close(self) -> None:
        self.window._may_close = True
        self.window.close()
        self.lane.shutdown()
        self.pool.shutdown()
        self.window.deleteLater()


class SlowDisk:
    """Stands in for what reads or writes a file, and does that once it may `go_on`."""

    def __init__(self, work: Callable[..., object]) -> None:
        self._work = work
        self.asked, self.go_on = threading.Event(), threading.Event()

    def __call__(self, *args: object) -> object:
        self.asked.set()
        assert self.go_on.wait(10)
        return self._work(*args)


def paint(studio: Studio, cls: int = 7) -> None:
    """One stroke across the middle of the canvas with the mouse."""
    canvas = studio.window.design.canvas
    canvas.set_tool("brush")
    canvas.set_class(cls)
    height, width = studio.labels().shape
    drag(canvas, [(width * 0.3, height * 0.5), (width * 0.6, height * 0.5)])


def open_file(studio: Studio, path: Path) -> None:
    studio.window.files.open(path)
    studio.quiet()


def save_twice_and_open(studio: Studio, other: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Save twice on a slow disk, and have another file opened before the first save is done."""
    disk = SlowDisk(save_design)
    monkeypatch.setattr(document_files, "save_design", disk)
    studio.window.files.save()
    studio.window.files.save()
    studio.window.files.open(other)
    studio.box("unsaved_box").button(QMessageBox.StandardButton.Discard).click()
    studio.until(lambda: studio.window.files.name == other.name)
    disk.go_on.set()
    studio.quiet()


def label_file(folder: Path, palette: Palette, name: str = "worn.png") -> Path:
    """A small label map file: ground, and a square of class 5."""
    labels = LabelMap.blank(60, 80, palette)
    labels.array[20:40, 10:30] = 5
    path = folder / name
    save_label_map(path, labels)
    return path


def photo_file(folder: Path, name: str = "street.jpg") -> Path:
    """A white photo, 90 × 120, of someone in a red top and blue trousers."""
    image = Image.new("RGB", (90, 120), "white")
    image.paste(RED, (30, 20, 60, 60))
    image.paste(BLUE, (30, 60, 60, 100))
    path = folder / name
    image.save(path, quality=100, subsampling=0)
    return path


def swatch_file(folder: Path, name: str = "denim.png") -> Path:
    """A blue swatch with a transparent border."""
    image = Image.new("RGBA", (40, 30), (0, 0, 0, 0))
    image.paste((*BLUE, 255), (5, 5, 35, 25))
    path = folder / name
    image.save(path)
    return path


def recovery_folder() -> Path:
    return paths.data_dir() / "recovery"
