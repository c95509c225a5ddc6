"""The settings a person sees, as one table; the dialog is made from it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Field:
    """One setting: its name in `Settings`, section, label, help, and what it may be.

    With `choices` (value, label) it is a list; without, a number between `low` and `high`.
    """

    key: str
    section: str
    label: str
    help: str = ""
    choices: tuple[tuple[object, str], ...] = ()
    low: int = 0
    high: int = 0
    step: int = 1
    suffix: str = ""


SCHEMA = (
    Field(
        "theme",
        "Appearance",
        "Theme",
        choices=(("dark", "Dark"), ("light", "Light")),
    ),
    Field(
        "ground",
        "Appearance",
        "Ground of the picture",
        "Shown behind the garment; exported pictures are always transparent there.",
        choices=(("white", "White"), ("checker", "Checkerboard"), ("black", "Black")),
    ),
    Field(
        "device",
        "Network",
        "Device",
        "Automatic takes the fastest device that draws the same picture as the CPU.",
        choices=(("auto", "Automatic"), ("cpu", "CPU")),
    ),
    Field(
        "pressure_curve",
        "Painting",
        "Pen pressure",
        "How the brush answers to the pressure of a pen.",
        choices=((0.6, "Soft"), (1.0, "Even"), (1.8, "Firm")),
    ),
    Field(
        "undo_megabytes",
        "Painting",
        "Memory for undo",
        "The oldest steps are dropped beyond this; applies to label maps opened from now on.",
        low=16,
        high=4096,
        step=16,
        suffix=" MB",
    ),
)
