"""The part of the self-test that is done in the window: look, paint, read a person, dress them."""

from __future__ import annotations

from functools import partial
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, QPointF, Qt, QTimer, qVersion
from PySide6.QtGui import QGuiApplication, QMouseEvent
from PySide6.QtWidgets import QApplication

from app import process, wiring
from app.domain.cancel import CancelToken
from app.domain.errors import ToileError
from app.domain.requests import DeviceUse, ParseRequest, SynthesisResult, TryOnRequest
from app.selftest.course import Course
from app.ui.main_window import MainWindow
from app.wiring import Services

Pixels = NDArray[np.uint8]

_STROKE = ((0.06, 0.06), (0.06, 0.10), (0.07, 0.14), (0.09, 0.18))
"""Across a corner of the label map that the sample leaves free, in shares of its sides."""
_SETTLE = 1000  # milliseconds after which an idle window holds the memory that it needs
_LEFT, _NO_BUTTON = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton


class Visit(QObject):
    """Uses a window that was just shown and leaves its event loop at the end.

    What it sees goes into ``course``: "window" and "journeys" of the report, and problems.
    """

    def __init__(self, window: MainWindow, course: Course) -> None:
        super().__init__(window)
        self._window, self._course = window, course
        screen = window.screen()
        self._seen: dict[str, Any] = {
            "platform": QGuiApplication.platformName(),
            "qt": qVersion(),
            "screen": [screen.size().width(), screen.size().height()],
            "scale": window.devicePixelRatioF(),
            "font": QApplication.font().family(),
            "shown_s": round(process.seconds(), 2),
        }
        course.report["window"] = self._seen
        self._first: Pixels | None = None  # the picture of the sample, a person in clothes
        self._before: Pixels | None = None
        self._stroke_at = 0.0
        window.design.canvas.viewport().installEventFilter(self)
        window.live.shown.connect(self._on_picture)
        window.live.failed.connect(self._fail)
        window.network.failed.connect(self._fail)
        self._patrol = QTimer(self)
        self._patrol.setInterval(200)
        self._patrol.timeout.connect(self._look_around)
        self._patrol.start()
        course.at("drawing the first picture")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        there = self._window.files.document is not None
        if event.type() == QEvent.Type.Paint and there and "usable_s" not in self._seen:
            self._window.design.canvas.viewport().removeEventFilter(self)
            QTimer.singleShot(0, self._on_painted)
        return False

    def _on_painted(self) -> None:
        self._seen["usable_s"] = round(process.seconds(), 2)

    def _look_around(self) -> None:
        """What no signal tells: that time is up, or that there was nothing to begin with."""
        if self._course.cancel.cancelled:
            self._leave()
        elif not self._window.files.has_palette:
            try:
                wiring.read_palette()
            except ToileError as error:
                self._fail(error)
        elif self._window.network.error is not None:
            self._fail(self._window.network.error)

    def _on_picture(self, result: SynthesisResult) -> None:
        if self._first is None:
            self._first = result.rgba
            self._seen |= {"picture_s": round(process.seconds(), 2)} | _use(result.use)
            self._course.at("waiting beside the idle window")
            QTimer.singleShot(_SETTLE, self._paint)
        elif self._before is not None:
            self._check_stroke(result)

    def _paint(self) -> None:
        """A stroke in a free corner, with the class in hand, by the events a mouse would send."""
        self._course.report["memory_mb"] = {"idle": process.memory().get("now", 0)}
        self._course.at("painting a stroke")
        document = self._window.files.document
        if document is None or not document.labels.array.any():
            self._course.problem(
                "The sample label maps are missing "
                f"({self._window.places.samples}). Install Toile again."
            )
            self._leave()
            return
        labels = document.labels
        self._before = labels.array.copy()
        self._stroke_at = process.seconds()
        places = [QPointF(x * labels.width, y * labels.height) for x, y in _STROKE]
        self._send(QEvent.Type.MouseButtonPress, places[0], _LEFT, _LEFT)
        for place in places[1:]:
            self._send(QEvent.Type.MouseMove, place, _NO_BUTTON, _LEFT)
        self._send(QEvent.Type.MouseButtonRelease, places[-1], _LEFT, _NO_BUTTON)
        if (labels.array == self._before).all():
            self._course.problem("The canvas takes no strokes: the label map stayed as it was.")
            self._leave()

    def _send(
        self, kind: QEvent.Type, place: QPointF, button: Qt.MouseButton, held: Qt.MouseButton
    ) -> None:
        canvas = self._window.design.canvas
        at = canvas.viewportTransform().map(place)
        globally = QPointF(canvas.viewport().mapToGlobal(at))
        no_key = Qt.KeyboardModifier.NoModifier
        event = QMouseEvent(kind, at, globally, button, held, no_key)
        QApplication.sendEvent(canvas.viewport(), event)

    def _check_stroke(self, result: SynthesisResult) -> None:
        document, drawn = self._window.files.document, self._window.live.labels
        if document is None or drawn is None or not (drawn == document.labels.array).all():
            return  # a picture of the middle of the stroke; the last one is on its way
        self._seen["stroke_to_picture_ms"] = round((process.seconds() - self._stroke_at) * 1e3)
        painted = drawn != self._before
        self._before = None
        if not result.rgba[painted][:, 3].all():
            self._course.problem("The picture does not follow the stroke.")
            self._leave()
            return
        self._course.at("trying a garment on")
        self._wear()

    def _wear(self) -> None:
        """The figure of the sample is read as a photograph and put into a drawn shirt, with the
        window's own networks on their own thread."""
        services, person = cast(Services, self._window.network.services), cast(Pixels, self._first)
        work = partial(_journeys, services, person)
        job = self._window.lane.submit(work, "Trying a garment on")
        job.succeeded.connect(self._on_journeys)
        job.failed.connect(self._fail)

    def _on_journeys(self, report: object) -> None:
        self._course.report["journeys"] = report
        self._leave()

    def _fail(self, error: ToileError) -> None:
        self._course.problem(str(error))
        self._leave()

    def _leave(self) -> None:
        self._patrol.stop()
        # Not quit, which would ask what is to become of the stroke.
        QApplication.exit(0)


def _journeys(services: Services, person: Pixels, cancel: CancelToken) -> dict[str, Any]:
    """Parsing, cut-out and try-on, with the device and milliseconds of each."""
    from app.inference.mannequin import shirt

    height, width = person.shape[:2]
    drawn = shirt(height, width)
    drawn[..., 3] = 255  # the network has to find the garment on its white ground
    parsed = services.parse(ParseRequest(person), cancel)
    cut = services.cut(drawn, cancel)
    worn = services.tryon(TryOnRequest(person, drawn, cut.category), cancel)
    changed = float((worn.region > 0).mean())
    if not changed:
        raise ToileError("Trying on changed nothing in the sample", hint="Install Toile again.")
    return {
        "parsing": _use(parsed.use) | {"classes": len(np.unique(parsed.labels))},
        "cut_out": _use(cut.use) | {"category": cut.category or "none"},
        "try_on": _use(worn.use) | {"category": worn.category, "changed": round(changed, 3)},
    }


def _use(use: DeviceUse) -> dict[str, Any]:
    return {
        "device": use.device,
        "ms": round(use.milliseconds, 1),
        "notices": list(use.notices),
    }
