"""The installed window used as a person would, with mouse and keyboard: paint and see the garment
follow, try a garment on, dress three people in a batch, two windows at once.

The pictures are drawn by the installed program itself, from its own samples.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import setup_toile
import wine
from hands import Desk, Pixels, changed, part
from PIL import Image, ImageChops, ImageStat

PEOPLE = ("coat-and-jeans", "dress", "blouse-and-skirt")
CLOTH = "t-shirt"
STUDIO_GREY = (200, 200, 204)
LABELS, GARMENT = (0.08, 0.2, 0.42, 0.9), (0.44, 0.2, 0.78, 0.9)
STROKE = ((0.12, 0.30), (0.15, 0.32), (0.18, 0.31), (0.20, 0.34))
PATIENCE = 300.0

# The time from a process's start to the first paint of an empty window, for comparison.
BARE = """
from app import process
from PySide6.QtCore import QEvent, QTimer
from PySide6.QtWidgets import QApplication, QMainWindow

class Window(QMainWindow):
    def event(self, event):
        if event.type() == QEvent.Type.Paint:
            QTimer.singleShot(0, tell)
        return super().event(event)

def tell():
    print("seconds", round(process.seconds(), 2), flush=True)
    app.exit(0)

app = QApplication(["bare", "-style", "fusion"])
window = Window()
window.resize(1280, 800)
window.show()
app.exec()
"""


def use_window(
    machine: wine.WineMachine, folder: Path, installer: Path, shots: Path
) -> dict[str, Any]:
    """Use the program in ``folder`` from start to end; what was measured. WineError."""
    pictures = draw_pictures(machine, folder)
    bare = [_bare_seconds(machine) for _ in range(3)]
    desk = Desk(machine, shots)
    program = machine.start(folder / "Toile.exe")
    user = _User(machine, desk)
    first_picture = user.arrive()
    follow = user.paint()
    user.open_twice(folder)
    user.try_on(pictures)
    user.batch(pictures)
    refused = machine.run(installer, "/S", timeout=120)
    if refused.code != 2:
        raise wine.WineError(f"the installer went over a running program (code {refused.code})")
    user.leave(program)
    return {
        "bare_window_s": statistics.median(bare),
        "first_picture_s": round(first_picture, 1),
        "garment_follows_s": round(follow, 1),
    }


def draw_pictures(machine: wine.WineMachine, folder: Path) -> Path:
    """The folder with people/, cloths/ and an empty outcomes/: samples as the program draws them,
    on the grey of a studio."""
    top = machine.user / "Pictures" / "toile-check"
    for name, place in (*((name, "people") for name in PEOPLE), (CLOTH, "cloths")):
        target = top / place / f"{name}.jpg"
        target.parent.mkdir(parents=True, exist_ok=True)
        drawn = target.with_suffix(".png")
        sample = folder / "_internal" / "assets" / "samples" / drawn.name
        machine.run(
            *(folder / "toile-cli.exe", "synth", sample, "-o", drawn, "--seed", "3"),
            timeout=PATIENCE,
            check=True,
        )
        with Image.open(drawn) as picture:
            ground = Image.new("RGB", picture.size, STUDIO_GREY)
            ground.paste(picture, mask=picture.getchannel("A"))
        ground.save(target, quality=92)
        drawn.unlink()
    outcomes = top / "outcomes"
    outcomes.mkdir(exist_ok=True)
    for path in (top / "worn.png", *outcomes.rglob("*.*")):
        path.unlink(missing_ok=True)
    return top


class _User:
    """Somebody at the desk, who looks before every next step."""

    def __init__(self, machine: wine.WineMachine, desk: Desk) -> None:
        self._machine, self._desk = machine, desk

    def arrive(self) -> float:
        """Wait for the window and its first garment; the seconds to that."""
        begun = time.monotonic()
        self._desk.wait("window", lambda: self._desk.windows("Toile") > 0, PATIENCE)
        self._settle("first picture", lambda seen: _vivid(part(seen, *GARMENT)))
        seconds = time.monotonic() - begun
        self._desk.keep("1-design")
        return seconds

    def paint(self) -> float:
        """A stroke; the seconds until the garment has followed."""
        before = self._desk.look()
        self._desk.drag(STROKE)
        begun = time.monotonic()

        def followed() -> bool:
            seen = self._desk.look()
            labels = changed(part(before, *LABELS), part(seen, *LABELS))
            return labels > 0.002 and changed(part(before, *GARMENT), part(seen, *GARMENT)) > 0.002

        self._desk.wait("garment that follows the brush", followed, PATIENCE)
        seconds = time.monotonic() - begun
        self._desk.keep("2-painted")
        return seconds

    def open_twice(self, folder: Path) -> None:
        """A second window beside the first works, and its end leaves the first alone."""
        second = self._machine.start(folder / "Toile.exe")
        self._desk.wait("second window", lambda: self._desk.windows("Toile") > 1, PATIENCE)
        self._settle("second picture", lambda seen: _vivid(part(seen, *GARMENT)))
        self._desk.keep("3-second-window")
        self._desk.press("ctrl+q")
        _end(second)
        if not self._desk.windows("Toile"):
            raise wine.WineError("the first window went with the second")

    def try_on(self, pictures: Path) -> None:
        """A person and a cloth by the file dialogs; the outcome is saved by another."""
        desk = self._desk
        desk.press("ctrl+2")
        before = desk.look()
        self._choose("ctrl+o", pictures / "people" / f"{PEOPLE[0]}.jpg")
        self._settle("person", lambda seen: changed(before, seen) > 0.02)
        desk.keep("4-person")
        self._choose("ctrl+shift+o", pictures / "cloths" / f"{CLOTH}.jpg")
        worn = pictures / "worn.png"
        deadline = time.monotonic() + PATIENCE
        # Saving is possible once there is an outcome: until then the key does nothing.
        while not worn.is_file():
            if time.monotonic() > deadline:
                desk.keep("failed")
                raise wine.WineError("no outcome could be saved; see failed.png")
            time.sleep(5)
            if _dialog(desk, "ctrl+s"):
                desk.keep("5-worn")
                self._fill(worn)
                time.sleep(3)
        _compare(pictures / "people" / f"{PEOPLE[0]}.jpg", worn)

    def batch(self, pictures: Path) -> None:
        """Three people in one garment, by folders."""
        desk = self._desk
        desk.press("ctrl+3")
        for key, name in (
            ("ctrl+o", "people"),
            ("ctrl+shift+o", "cloths"),
            ("ctrl+shift+s", "outcomes"),
        ):
            self._choose(key, pictures / name)
        time.sleep(3)
        desk.keep("6-batch-ready")
        desk.press("ctrl+Return")
        outcomes = pictures / "outcomes"
        desk.wait("report of the batch", (outcomes / "report.csv").is_file, PATIENCE)
        made = [path for path in outcomes.glob("*.jpg") if path.name != "contact-sheet.jpg"]
        time.sleep(2)
        desk.keep("7-batch-done")
        if len(made) != len(PEOPLE):
            raise wine.WineError(f"the batch made {len(made)} of {len(PEOPLE)} outcomes")
        for person, outcome in zip(sorted(PEOPLE), sorted(made), strict=True):
            _compare(pictures / "people" / f"{person}.jpg", outcome)

    def leave(self, program: wine.Program) -> None:
        """Take the stroke back, so that nothing asks to be saved, and close the window."""
        self._desk.press("ctrl+1", "ctrl+z", "ctrl+q")
        _end(program)
        logs = self._machine.user / "AppData" / "Local" / "Toile" / "Logs"
        for log in logs.glob("*.log"):
            bad = [line for line in log.read_text("utf-8").splitlines() if " ERROR " in line]
            if bad:
                raise wine.WineError(f"the log tells of errors: {bad[:3]}")

    def _choose(self, key: str, path: Path) -> None:
        """Open a dialog by its key and give it a path."""
        self._desk.wait(f"dialog at {key}", lambda: _dialog(self._desk, key), PATIENCE)
        self._fill(path)

    def _fill(self, path: Path) -> None:
        count = self._desk.windows()
        self._desk.press("Home", "shift+End")  # the name that the dialog proposes
        self._desk.write(self._machine.windows_path(path))
        self._desk.press("Return")
        self._desk.wait("end of the dialog", lambda: self._desk.windows() < count, PATIENCE)

    def _settle(self, what: str, there: Callable[[Pixels], bool]) -> None:
        """Wait until something is to be seen and stays the same for a moment."""
        last: list[Pixels] = []

        def still() -> bool:
            seen = self._desk.look()
            calm = bool(last) and changed(last[-1], seen) < 0.0005
            last[:] = [seen]
            return calm and there(seen)

        self._desk.wait(what, still, PATIENCE)


def _dialog(desk: Desk, key: str) -> bool:
    """Press the key, and see whether one window more comes within a few seconds."""
    count = desk.windows()
    desk.press(key)
    for _ in range(10):
        time.sleep(0.5)
        if desk.windows() > count:
            time.sleep(1)  # until it listens to the keys
            return True
    return False


def _bare_seconds(machine: wine.WineMachine) -> float:
    top = machine.windows_path(setup_toile.ROOT)
    ended = machine.run(
        *(machine.python / "python.exe", "-c", BARE),
        environment={"PYTHONPATH": top},
        check=True,
    )
    return float(ended.text.split("seconds")[1])


def _end(program: wine.Program) -> None:
    ended = program.wait(120)
    if ended.code != 0:
        raise wine.WineError(f"the window ended with {ended.code}: {ended.text[-500:]}")


def _vivid(pixels: Pixels) -> bool:
    """Whether a picture is there rather than the dark of an empty pane."""
    return float((pixels.max(axis=2) > 150).mean()) > 0.05


def _compare(photo: Path, outcome: Path) -> None:
    """An outcome is as large as its photo and differs from it, but not everywhere."""
    with Image.open(photo) as before, Image.open(outcome) as after:
        if before.size != after.size:
            raise wine.WineError(f"{outcome.name} has another size than its photo")
        apart = ImageChops.difference(before.convert("L"), after.convert("L"))
        difference = ImageStat.Stat(apart).mean[0]
    if not 0.5 < difference < 60:
        raise wine.WineError(f"{outcome.name} differs from its photo by {difference:.1f} of 255")
