"""Hands and eyes at the Wine machine's screen: real keys, a real mouse, and what is to be seen."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import wine
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
Point = tuple[float, float]

_TICK = 0.5
_NOTICEABLE = 24  # of 255: what a pixel has to change by to count


class Desk:
    """The screen of a machine. Points are shares of its width and height; what is seen is an array
    (h, w, 3) uint8 RGB."""

    def __init__(self, machine: wine.WineMachine, shots: Path) -> None:
        self._machine, self._shots = machine, shots
        shots.mkdir(parents=True, exist_ok=True)

    def look(self) -> Pixels:
        """What is on the screen."""
        path = self._shots / "now.png"
        self._machine.tool("import", "-silent", "-window", "root", path)
        with Image.open(path) as picture:
            return np.asarray(picture.convert("RGB"))

    def keep(self, name: str) -> Pixels:
        """Save what is on the screen as ``name``.png and return it."""
        pixels = self.look()
        Image.fromarray(pixels).save(self._shots / f"{name}.png")
        return pixels

    def press(self, *keys: str) -> None:
        """Press keys or combinations by xdotool's names ("ctrl+o", "Return"), one after another."""
        for key in keys:
            self._machine.tool("xdotool", "key", "--clearmodifiers", key)
            time.sleep(0.2)

    def write(self, text: str) -> None:
        self._machine.tool("xdotool", "type", "--clearmodifiers", "--delay", "25", text)

    def click(self, point: Point) -> None:
        self._machine.tool("xdotool", *_move(point), "click", "1")

    def drag(self, points: Sequence[Point]) -> None:
        """One stroke with the left button through all the points."""
        first, *rest = points
        self._machine.tool("xdotool", *_move(first), "mousedown", "1")
        for point in rest:
            time.sleep(0.05)
            self._machine.tool("xdotool", *_move(point))
        time.sleep(0.1)
        self._machine.tool("xdotool", "mouseup", "1")

    def wait(self, what: str, there: Callable[[], bool], limit: float) -> float:
        """Wait until ``there`` says so; the seconds that it took.

        WineError, with the screen kept as failed.png, when it does not within ``limit`` seconds.
        """
        begun = time.monotonic()
        while not there():
            if time.monotonic() - begun > limit:
                self.keep("failed")
                raise wine.WineError(f"after {limit:.0f} s there was no {what}; see failed.png")
            time.sleep(_TICK)
        return time.monotonic() - begun

    def windows(self, title: str = "") -> int:
        """How many visible windows have ``title`` in their name."""
        try:
            found = self._machine.tool("xdotool", "search", "--onlyvisible", "--name", title)
        except wine.WineError:  # there is none
            return 0
        return len(found.split())


def _move(point: Point) -> list[str]:
    x, y = (round(share * side) for share, side in zip(point, wine.SCREEN, strict=True))
    return ["mousemove", str(x), str(y)]


def part(pixels: Pixels, left: float, top: float, right: float, bottom: float) -> Pixels:
    """The part of a picture between these shares of its width and height."""
    height, width = pixels.shape[:2]
    rows = slice(round(top * height), round(bottom * height))
    return pixels[rows, round(left * width) : round(right * width)]


def changed(before: Pixels, after: Pixels) -> float:
    """The share of pixels that differ noticeably, 0..1."""
    difference = np.abs(before.astype(np.int16) - after.astype(np.int16)).max(axis=2)
    return float((difference > _NOTICEABLE).mean())
