"""Nothing is sent anywhere: both journeys, with the packs, in a process that may open no socket."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ui import unplugged

ROOT = Path(__file__).resolve().parents[2]


def start(folder: Path, *more: str) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {
        "QT_QPA_PLATFORM": "offscreen", "TOILE_HOME": str(folder / "home"), "TOILE_MODELS": "",
        "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    command = [sys.executable, "-m", "tests.ui.unplugged", str(folder), *more]
    return subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=300
    )


def test_painting_and_trying_on_need_no_network(tmp_path: Path) -> None:
    run = start(tmp_path)
    assert run.returncode == 0, run.stderr
    assert "an outcome with" in run.stdout


def test_the_guard_is_awake(tmp_path: Path) -> None:
    run = start(tmp_path, "python")
    assert run.returncode == unplugged.CAUGHT
    assert "socket.__new__" in run.stderr


@pytest.mark.skipif(not unplugged.GUARDED, reason="only Linux tells of what libraries do")
def test_the_guard_sees_libraries_too(tmp_path: Path) -> None:
    assert start(tmp_path, "library").returncode == -31  # SIGSYS
