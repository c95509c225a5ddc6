"""How soon the window can be used, against an empty PySide6 window. Prints a table.

Both are whole processes, started in turns: from the start of the interpreter to the first painting
of an empty window, and to the painting of Toile's window with the sample on a canvas that takes
strokes. The network is not part of it: that it loads after this moment is printed too.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time

from app import wiring
from app.domain.errors import PackError

TURNS = 9
READY, LATER = "ready", "network"

EMPTY = """
import sys
from PySide6.QtCore import QEvent, QTimer
from PySide6.QtWidgets import QApplication, QMainWindow

class Window(QMainWindow):
    def event(self, event):
        if event.type() == QEvent.Type.Paint:
            QTimer.singleShot(0, tell)
        return super().event(event)

def tell():
    print("ready", flush=True)
    app.quit()

app = QApplication(sys.argv)
window = Window()
window.resize(1280, 800)
window.show()
app.exec()
"""

TOILE = """
import gc
import os
import sys
gc.disable()  # as app.__main__ does
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
from app import log, wiring
from app.ui import launch
from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication

class Watch(QObject):
    told = False

    def eventFilter(self, watched, event):
        there = window.files.document is not None
        if event.type() == QEvent.Type.Paint and there and not self.told:
            self.told = True
            QTimer.singleShot(0, tell)
        return False

def tell():
    print("ready", "onnxruntime" in sys.modules, flush=True)

def make_window(*parts):
    global window
    window = made(*parts)
    window.design.canvas.viewport().installEventFilter(watch)
    window.live.shown.connect(lambda _: (print("network", flush=True), QApplication.quit()))
    window.live.failed.connect(lambda _: (print("network", flush=True), QApplication.quit()))
    window.network.failed.connect(lambda _: (print("network", flush=True), QApplication.quit()))
    return window

watch = Watch()
made, launch.make_window = launch.make_window, make_window
log.setup()
sys.exit(launch.main(sys.argv[:1], wiring))
"""


def start(code: str, cache: str) -> dict[str, tuple[float, str]]:
    """Milliseconds from the start of the process to each line it prints, and the line's rest.

    Bytecode is kept in the folder `cache`, as an installed program has it.
    """
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": cache}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    begun = time.perf_counter()
    seen: dict[str, tuple[float, str]] = {}
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        for line in child.stdout:
            word, _, rest = line.strip().partition(" ")
            seen.setdefault(word, ((time.perf_counter() - begun) * 1000, rest))
    if READY not in seen:
        raise RuntimeError(f"no window came: the process ended with {child.returncode}")
    return seen


def main() -> None:
    try:
        wiring.read_palette()
    except PackError as error:  # the window would wait for a pack without end
        raise SystemExit(str(error)) from error
    with tempfile.TemporaryDirectory() as cache:
        measure(cache)


def measure(cache: str) -> None:
    for code in (EMPTY, TOILE):
        start(code, cache)  # fills the disk cache and writes bytecode
    empty, toile, later, early = [], [], [], False
    for _ in range(TURNS):
        empty.append(start(EMPTY, cache)[READY][0])
        seen = start(TOILE, cache)
        toile.append(seen[READY][0])
        early = early or seen[READY][1] == "True"
        if LATER in seen:
            later.append(seen[LATER][0])
    rows = [("empty PySide6 window", empty), ("Toile, sample on the canvas", toile)]
    if later:
        rows.append(("Toile, its first picture", later))
    print(f"{'median of ' + str(TURNS) + ', in turns':32}{'ms':>8}{'least':>8}")
    for name, times in rows:
        print(f"{name:32}{statistics.median(times):8.0f}{min(times):8.0f}")
    ratios = [ours / theirs for ours, theirs in zip(toile, empty, strict=True)]
    print(f"ratio (median of the turns): {statistics.median(ratios):.2f}, allowed 2.50")
    print(f"onnxruntime loaded before the window: {'yes' if early else 'no'}")


if __name__ == "__main__":
    main()
