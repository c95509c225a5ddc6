"""The live preview from stroke end to picture, and the network against the published SPADE."""

import importlib
import os
import sys
import time
from typing import Any

if hasattr(os, "sched_setaffinity"):  # two cores, whatever this machine has
    os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[:2]))

if sys.platform == "win32":  # elsewhere it loads with the network, as in the program
    importlib.import_module("onnxruntime")

import cv2
import numpy as np
from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtGui import QGuiApplication

from app import wiring
from app.domain.errors import PackError
from app.domain.requests import SynthesisRequest
from app.domain.style import Look
from app.inference.graphs import GENERATOR, sample
from app.inference.runtime import onnxruntime
from app.inference.session import Tensors, cpu_threads
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


def timed(session: Any, inputs: Tensors) -> float:
    begun = time.perf_counter()
    session.run(None, dict(inputs))
    return time.perf_counter() - begun


def against_the_reference(services: wiring.Services) -> None:
    """Both graphs through one runtime with its own default options, in turns, in this process."""
    pack = services.pack
    our_graph = pack.read(GENERATOR)
    our_inputs = sample(pack, GENERATOR)
    size, classes = 256, len(pack.palette)
    reference_graph, parameters = build(classes, size)
    indices = np.random.default_rng(0).integers(0, classes, (16, 16)).repeat(16, 0).repeat(16, 1)
    one_hot = (np.arange(classes)[:, None, None] == indices).astype(np.float32)[None]
    height, width = pack.frame
    print(
        f"\nGenerator ({len(our_graph) / 1e6:.1f} MB, {width} × {height}) "
        f"against the published SPADE generator, ngf 64 "
        f"({len(reference_graph) / 1e6:.0f} MB, {parameters / 1e6:.1f} M parameters, "
        f"{size} × {size})\n\n"
        "| | ours (ms) | SPADE (ms) | ours (µs a pixel) | SPADE | times faster a pixel |\n"
        "| --- | ---: | ---: | ---: | ---: | ---: |"
    )
    for threads in (1, 2):
        reference, ours = opened(reference_graph, threads), opened(our_graph, threads)
        theirs: list[float] = []
        mine: list[float] = []
        timed(reference, {"labels": one_hot})
        for _ in range(3):
            timed(ours, our_inputs)
        for _ in range(ROUNDS):
            theirs.append(timed(reference, {"labels": one_hot}))
            mine += [timed(ours, our_inputs) for _ in range(6)]
        for title, pick in (("median", np.median), ("quickest", np.min)):
            fast, slow = float(pick(mine)), float(pick(theirs))
            per_fast, per_slow = fast / (height * width), slow / size**2
            print(
                f"| {threads} threads, {title} | {fast * 1e3:.1f} | {slow * 1e3:.0f} "
                f"| {per_fast * 1e6:.2f} | {per_slow * 1e6:.2f} | {per_slow / per_fast:.1f} |",
                flush=True,
            )


def opened(graph: bytes, threads: int) -> Any:
    """The graph on the CPU with the runtime's defaults but for the number of threads."""
    runtime = onnxruntime()
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    return runtime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def main() -> None:
    application = QGuiApplication([])
    try:
        services = wiring.open_services("cpu")
    except PackError as error:
        print(error)
        raise SystemExit(4) from error
    print(
        f"Pack {services.pack.name} {services.pack.version}, onnxruntime on the CPU, "
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
