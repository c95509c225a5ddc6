"""The live preview from stroke end to picture, and the network against the published SPADE."""

import os
import sys
import tempfile
import time
from pathlib import Path

if hasattr(os, "sched_setaffinity"):  # two cores, whatever this machine has
    os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[:2]))

if sys.platform == "win32":  # elsewhere it loads with the network, as in the program
    import onnxruntime  # noqa: F401

import cv2
import numpy as np
from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtGui import QGuiApplication

from app import wiring
from app.domain.cancel import CancelToken
from app.domain.errors import PackError
from app.domain.requests import SynthesisRequest
from app.domain.style import Look
from app.inference.graphs import GENERATOR, load_bank, sample
from app.inference.providers import CPU
from app.inference.session import OrtSession, Tensors, cpu_threads
from app.jobs.lane import InferenceLane
from app.jobs.live import LiveScheduler
from app.ui.imaging import image_from_rgba
from models.training.baselines.spade_reference import build

CANVASES = ((768, 1024), (1536, 2048))
STROKES = 40
TICK = 2  # ms between two heartbeats of the main thread
ROUNDS = 5


class Heartbeat:
    """The longest time in which the main thread answered no event."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._last = time.perf_counter()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start(TICK)

    def reset(self) -> None:
        self.longest, self._last = 0.0, time.perf_counter()

    def _beat(self) -> None:
        now = time.perf_counter()
        self.longest = max(self.longest, (now - self._last) * 1e3 - TICK)
        self._last = now


def figure(width: int, height: int, classes: int) -> np.ndarray:
    """A standing figure in blocks of many classes."""
    labels = np.zeros((height, width), np.uint8)
    for number in range(1, classes):
        x = width // 4 + (number % 3) * width // 8
        y = height // 12 + number * height // (classes + 4)
        cv2.ellipse(labels, (x, y), (width // 7, height // 12), 0, 0, 360, number, -1)
    return labels


def preview(services: wiring.Services, width: int, height: int) -> None:
    """Strokes one after the other; each ends, the newest labels go out, the picture comes back."""
    lane = InferenceLane()
    live = LiveScheduler(lane, services.synthesize)
    labels = figure(width, height, len(services.palette))
    random, loop, heart = np.random.default_rng(0), QEventLoop(), Heartbeat()
    times: list[float] = []
    begun = opening = opening_block = 0.0

    def shown(_request: object, made: object) -> None:
        image_from_rgba(made.rgba)  # type: ignore[attr-defined]
        times.append((time.perf_counter() - begun) * 1e3)
        loop.quit()

    def failed(error: object) -> None:
        raise SystemExit(str(error))

    live.result.connect(shown)
    live.failed.connect(failed)
    for stroke in range(STROKES + 3):
        if stroke == 3:  # the first ones open the graph and warm it
            opening, opening_block = times[0], heart.longest
            times.clear()
            heart.reset()
        start, end = ((int(random.integers(width)), int(random.integers(height))) for _ in "ab")
        cv2.line(labels, start, end, int(random.integers(1, len(services.palette))), 60)
        begun = time.perf_counter()
        live.request(SynthesisRequest(labels.copy(), Look(1)))
        loop.exec()
    blocked = heart.longest
    lane.shutdown()
    p50, p95 = np.percentile(times, (50, 95))
    print(
        f"| {width} × {height} | {opening:.1f} | {opening_block:.1f} | {p50:.1f} | {p95:.1f} "
        f"| {max(times):.1f} | {blocked:.1f} |",
        flush=True,
    )


def timed(session: OrtSession, inputs: Tensors) -> float:
    begun = time.perf_counter()
    session.run(inputs, CancelToken())
    return time.perf_counter() - begun


def against_the_reference(services: wiring.Services) -> None:
    """Both graphs through one runtime with the same options, in turns, in this process."""
    pack = services.pack
    ours = OrtSession(pack.read(GENERATOR), CPU)
    our_inputs = sample(pack, load_bank(pack), GENERATOR)
    size, classes = 256, len(pack.palette)
    content, parameters = build(classes, size)
    with tempfile.TemporaryDirectory() as folder:
        # Through a file, so that the weights are not held twice while the session is made.
        path = Path(folder) / "spade.onnx"
        path.write_bytes(content)
        megabytes = len(content) / 1e6
        del content
        reference = OrtSession(path.read_bytes(), CPU)
    indices = np.random.default_rng(0).integers(0, classes, (16, 16)).repeat(16, 0).repeat(16, 1)
    one_hot = (np.arange(classes)[:, None, None] == indices).astype(np.float32)[None]
    theirs: list[float] = []
    mine: list[float] = []
    timed(reference, {"labels": one_hot})
    for _ in range(3):
        timed(ours, our_inputs)
    for _ in range(ROUNDS):
        theirs.append(timed(reference, {"labels": one_hot}))
        mine += [timed(ours, our_inputs) for _ in range(6)]
    height, width = pack.frame
    print(
        f"\nGenerator ({pack.path(GENERATOR).stat().st_size / 1e6:.1f} MB, {width} × {height}) "
        f"against the published SPADE generator, ngf 64 "
        f"({megabytes:.0f} MB, {parameters / 1e6:.1f} M parameters, {size} × {size})\n\n"
        "| | ours (ms) | SPADE (ms) | ours (µs a pixel) | SPADE | times faster a pixel |\n"
        "| --- | ---: | ---: | ---: | ---: | ---: |"
    )
    for title, pick in (("median", np.median), ("quickest", np.min)):
        fast, slow = float(pick(mine)), float(pick(theirs))
        per_fast, per_slow = fast / (height * width), slow / size**2
        print(
            f"| {title} | {fast * 1e3:.1f} | {slow * 1e3:.0f} | {per_fast * 1e6:.2f} "
            f"| {per_slow * 1e6:.2f} | {per_slow / per_fast:.1f} |"
        )


def main() -> None:
    application = QGuiApplication([])
    try:
        services = wiring.open_services("cpu")
    except PackError as error:
        print(error)
        raise SystemExit(4) from error
    print(
        f"Pack {services.pack_name} {services.pack_version}, onnxruntime on the CPU, "
        f"{cpu_threads()} threads, {STROKES} strokes\n\n"
        "Milliseconds; the first picture of all loads onnxruntime and opens the network.\n\n"
        "| canvas | first | main thread blocked "
        "| stroke end to picture p50 | p95 | longest | main thread blocked |\n"
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    )
    for width, height in CANVASES:
        preview(services, width, height)
    against_the_reference(services)
    application.quit()


if __name__ == "__main__":
    main()
