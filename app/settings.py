"""What a person has set, kept between starts; only what differs from the defaults is stored."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec

from app.domain.errors import SettingsError
from app.domain.files import write_atomic
from app.domain.requests import DEVICE_PATTERN

MAX_RECENT = 10
ASIDE_SUFFIX = ".damaged"

Theme = Literal["dark", "light"]
Device = Annotated[str, msgspec.Meta(pattern=DEVICE_PATTERN)]
Ground = Literal["white", "checker", "black"]
Workspace = Literal["design", "tryon", "batch"]


class Settings(msgspec.Struct, omit_defaults=True):
    """Every setting with its default; unknown fields of a newer version are ignored."""

    theme: Theme = "dark"
    device: Device = "auto"
    undo_megabytes: Annotated[int, msgspec.Meta(ge=16, le=4096)] = 256
    pen_pressure: bool = True
    pressure_curve: Annotated[float, msgspec.Meta(ge=0.25, le=4.0)] = 1.0
    ground: Ground = "white"
    overlay_percent: Annotated[int, msgspec.Meta(ge=0, le=100)] = 0
    show_grid: bool = True
    new_width: Annotated[int, msgspec.Meta(ge=1, le=16384)] = 768
    new_height: Annotated[int, msgspec.Meta(ge=1, le=16384)] = 1024
    recent: list[str] = []
    pictures_folder: str = ""
    workspace: Workspace = "design"
    people: list[str] = []
    cloths: list[str] = []
    wardrobe: str = ""
    show_wardrobe: bool = True
    batch: str = ""
    batch_folder: str = ""
    compare: bool = False
    outcomes_folder: str = ""
    outcome_ending: str = ".png"
    geometry: str = ""
    splitters: dict[str, list[int]] = {}

    def remember(self, path: Path) -> None:
        """Put a file at the head of the recent ones."""
        self.recent = _first(path, self.recent)

    def remember_picture(self, path: Path, *, person: bool) -> None:
        """Put a picture at the head of the recent people or cloths of the try-on."""
        if person:
            self.people = _first(path, self.people)
        else:
            self.cloths = _first(path, self.cloths)


def _first(path: Path, names: list[str]) -> list[str]:
    name = str(path)
    return [name, *(other for other in names if other != name)][:MAX_RECENT]


def load(path: Path) -> tuple[Settings, str]:
    """The stored settings and a notice, empty when all went well.

    A file that cannot be understood is kept aside beside itself and the defaults are used; a file
    that does not exist is simply a first start.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return Settings(), ""
    except OSError as failure:
        return Settings(), f"The settings cannot be read ({failure.strerror}); defaults are used."
    try:
        return msgspec.json.decode(data, type=Settings), ""
    except (msgspec.DecodeError, UnicodeDecodeError):
        aside = path.with_name(path.name + ASIDE_SUFFIX)
        try:
            path.replace(aside)
        except OSError:
            return Settings(), f"The settings are damaged; defaults are used ({path})."
        return Settings(), f"The settings were damaged and are kept as {aside}; defaults are used."


def save(path: Path, settings: Settings) -> None:
    """Store what differs from the defaults. SettingsError when the file cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as failure:
        raise SettingsError(
            f"The settings cannot be saved: {failure.strerror or 'the folder cannot be made'}",
            where=str(path.parent),
        ) from failure
    data = msgspec.json.format(msgspec.json.encode(settings), indent=2)
    write_atomic(path, data, what="settings file", error=SettingsError)
