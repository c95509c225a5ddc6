"""Folders of small pictures, and a stand-in that dresses at once and always alike."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from app.domain.batch.journal import FOLDER, Journal, Start
from app.domain.batch.order import Order
from app.domain.batch.plan import plan
from app.domain.batch.run import Progress, Run
from app.domain.cancel import CancelToken
from app.domain.errors import PictureError
from app.domain.requests import DeviceUse, Finish, TryOnRequest, TryOnResult

USE = DeviceUse("Test device", "CPUExecutionProvider", 1.0)
REFUSED = 255
"""The red of a person whom the stand-in refuses."""


def picture(path: Path, color: tuple[int, int, int], size: tuple[int, int] = (24, 32)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, color).save(path)
    return path


def made_order(folder: Path, people: int = 3, cloths: int = 2, /, **changed: object) -> Order:
    """An order over pictures that are made in ``folder`` unless they are there."""
    for side, count, base in (("people", people, 10), ("cloths", cloths, 100)):
        for number in range(count):
            path = folder / side / f"{side[0]}{number:03d}.png"
            if not path.exists():
                picture(path, (base, number % 250, number // 250))
    asked = {
        "people": folder / "people",
        "cloths": folder / "cloths",
        "out": folder / "out",
        "kind": "png",
    }
    return Order(**{**asked, **changed})  # type: ignore[arg-type]


class StandIn:
    """A `Tryon` and its `Fit`: the person with a patch of the cloth's colour. Keeps what it was
    asked."""

    def __init__(
        self,
        *,
        seconds: float = 0.0,
        before: Callable[[int, CancelToken], None] = lambda _number, _cancel: None,
    ) -> None:
        self.seconds, self.before = seconds, before
        self.asked: list[TryOnRequest] = []
        self.count = 0
        self.keep = True

    def fit(self, request: TryOnRequest, cancel: CancelToken) -> Finish:
        result = self(request, cancel)
        return lambda _: result

    def __call__(self, request: TryOnRequest, cancel: CancelToken) -> TryOnResult:
        cancel.raise_if_cancelled()
        self.count += 1
        if self.keep:
            self.asked.append(request)
        self.before(self.count, cancel)
        if self.seconds:
            time.sleep(self.seconds)
        if request.person[0, 0, 0] == REFUSED:
            raise PictureError("No person was found in the photo", hint="Choose another photo.")
        rgba = request.person.copy()
        region = np.zeros(rgba.shape[:2], np.uint8)
        region[8:24, 8:16] = 255
        rgba[region > 0] = request.cloth[0, 0]
        return TryOnResult(rgba, request.category or "upper", region, (), USE)


def start(order: Order, how: Start = "new") -> Journal:
    return Journal(plan(order), how)


def run(
    order: Order,
    tryon: StandIn | None = None,
    how: Start = "new",
    *,
    cancel: CancelToken | None = None,
    listen: Callable[[Progress], None] = lambda _: None,
    retry: bool = False,
) -> Progress:
    """One run from plan to end."""
    journal = start(order, how)
    try:
        if retry:
            journal.retry_failed()
        return Run(journal, (tryon or StandIn()).fit, listen=listen)(cancel or CancelToken())
    finally:
        journal.close()


def outcomes(order: Order) -> list[Path]:
    """The files in the output folder that are neither journal nor report, by name."""
    others = {FOLDER, "report.csv", "contact-sheet.jpg"}
    return sorted(path for path in order.out.iterdir() if path.name not in others)


def strays(order: Order) -> list[Path]:
    return [path for path in order.out.rglob("*") if path.suffix == ".tmp"]
