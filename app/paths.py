"""Folders that Toile reads and writes.

``TOILE_MODELS`` replaces the folder of model packs; ``TOILE_HOME`` puts everything the program
writes for a person (data, settings, logs) under one folder, for a memory stick or a test.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import platformdirs

_NAME = "Toile"


def resource_dir() -> Path:
    """The folder that holds ``models`` and ``assets``: the frozen build's data folder, the wheel's
    ``app/_data`` (laid there by setup.py), or the top of the source tree."""
    frozen = getattr(sys, "_MEIPASS", None)
    if frozen:
        return Path(frozen)
    here = Path(__file__).resolve().parent
    return here / "_data" if (here / "_data").is_dir() else here.parent


def models_dir() -> Path:
    """The folder whose subfolders are model packs; it may be missing."""
    override = os.environ.get("TOILE_MODELS")
    return Path(override).expanduser() if override else resource_dir() / "models"


def assets_dir() -> Path:
    """Icons, translations and sample pictures that come with the program."""
    return resource_dir() / "assets"


def data_dir() -> Path:
    """The person's data folder (device checks, later templates and packs); not created here."""
    return _home("data") or platformdirs.user_data_path(_NAME, appauthor=False)


def config_dir() -> Path:
    """The person's settings folder; not created here."""
    return _home("config") or platformdirs.user_config_path(_NAME, appauthor=False)


def settings_file() -> Path:
    """The file of the person's settings; it may be missing."""
    return config_dir() / "settings.json"


def log_dir() -> Path:
    """The folder of the log files; not created here."""
    return _home("log") or platformdirs.user_log_path(_NAME, appauthor=False)


def _home(part: str) -> Path | None:
    home = os.environ.get("TOILE_HOME")
    return Path(home).expanduser() / part if home else None
