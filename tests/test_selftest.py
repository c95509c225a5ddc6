"""The self-test as a whole, in a process of its own: what it says of a sound installation, and of
broken ones."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app import process

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 240


def selftest(
    tmp_path: Path, *arguments: object, **more: str
) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
    """Run it with an empty folder for what it leaves behind, and that folder must stay empty."""
    scratch, home = tmp_path / "scratch", tmp_path / "home"
    for folder in (scratch, home):
        folder.mkdir()
    environment = os.environ | {
        "TMPDIR": str(scratch), "TEMP": str(scratch), "TMP": str(scratch),
        "TOILE_HOME": str(home), "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen",
    }  # fmt: skip
    command = [sys.executable, "-m", "app", "--selftest", *map(str, arguments)]
    run = subprocess.run(
        command, env=environment | more, cwd=tmp_path, capture_output=True, text=True,
        encoding="utf-8", timeout=SECONDS,
    )  # fmt: skip
    assert "Traceback" not in run.stderr
    assert [*scratch.iterdir(), *home.iterdir()] == []
    return run, json.loads(run.stdout)


def test_a_sound_installation_passes_and_says_how_fast_it_is(tmp_path: Path) -> None:
    file = tmp_path / "Bericht über 试衣.json"
    run, report = selftest(tmp_path, file, "--device", "cpu")
    assert (run.returncode, report["ok"], report["problems"]) == (0, True, []), run.stderr
    assert json.loads(file.read_text(encoding="utf-8")) == report
    tasks = {pack["task"]: pack for pack in report["packs"]}
    assert {*tasks} == {"garment-synthesis", "person-parsing", "cloth-cutout", "try-on"}
    for pack in tasks.values():
        assert pack["timing"]["device"] == "CPU"
        assert 0 < pack["timing"]["p50_ms"] <= pack["timing"]["first_ms"] * 20
    for journey in ("parsing", "cut_out", "try_on"):
        assert report["journeys"][journey]["ms"] > 0
    window = report["window"]
    assert 0 < window["shown_s"] <= window["usable_s"] <= window["picture_s"] < SECONDS
    assert window["stroke_to_picture_ms"] > 0
    if sys.platform in ("linux", "win32"):
        assert 20 < report["memory_mb"]["idle"] <= report["memory_mb"]["peak"] < 4000
    assert report["frozen"] is False


def test_without_packs_it_says_so_in_words(tmp_path: Path) -> None:
    models = tmp_path / "none"
    models.mkdir()
    run, report = selftest(tmp_path, "--models", models)
    assert run.returncode == 4
    assert not report["ok"]
    assert "There is no model pack for drawing garments" in run.stderr
    assert str(models) in run.stderr


def test_without_a_screen_it_still_checks_the_packs(tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("there is always a screen here")
    run, report = selftest(tmp_path, QT_QPA_PLATFORM="", DISPLAY="", WAYLAND_DISPLAY="")
    assert run.returncode == 1
    assert "There is no screen" in report["problems"][0]
    assert len(report["packs"]) == 4
    assert "window" not in report


def test_a_window_that_kills_the_process_is_told(tmp_path: Path) -> None:
    run, report = selftest(tmp_path, QT_QPA_PLATFORM="no-such-platform")
    assert run.returncode == 1
    assert "ended by itself" in report["problems"][0]
    assert "opening the window" in report["problems"][0]


def test_it_ends_when_its_time_is_up(tmp_path: Path) -> None:
    run, report = selftest(tmp_path, "--limit", 0.01)
    assert run.returncode == 1
    assert "did not end in time" in report["problems"][0]


def test_a_report_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    file = tmp_path / "missing" / "report.json"
    run, _ = selftest(tmp_path, file, "--models", tmp_path / "empty")
    assert run.returncode == 6
    assert "The report cannot be written to" in run.stderr


def test_a_process_knows_its_age_and_its_memory() -> None:
    code = (
        "import time; time.sleep(0.5); from app import process; "
        "print(process.seconds(), process.memory().get('now', 20))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=ROOT)
    age, megabytes = map(float, run.stdout.split())
    assert 0.4 < age < 60
    assert 5 < megabytes < 500
    assert process.seconds() > 0
