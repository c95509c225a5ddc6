"""Which room may know what, read from the source: no import can hide from it."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

APP = Path(__file__).resolve().parents[1] / "app"


def imported(path: Path) -> Iterator[str]:
    """The modules that a file names in imports, wherever they stand in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def breaches(folder: Path, *banned: str) -> list[str]:
    return [
        f"{path.relative_to(APP)} imports {name}"
        for path in sorted(folder.rglob("*.py"))
        for name in imported(path)
        if any(name == room or name.startswith(f"{room}.") for room in banned)
    ]


def test_there_is_something_to_read() -> None:
    assert len(list(APP.rglob("*.py"))) > 40


@pytest.mark.parametrize("room", ["ui", "jobs"])
def test_the_window_knows_no_inference(room: str) -> None:
    banned = ("onnxruntime", "onnx", "app.inference", "app.wiring")
    assert breaches(APP / room, *banned) == []


def test_the_application_knows_no_training() -> None:
    assert breaches(APP, "torch", "models") == []


def test_one_file_crosses_between_arrays_and_images() -> None:
    crossing = [
        path.name
        for path in (APP / "ui").rglob("*.py")
        if "frombuffer" in path.read_text(encoding="utf-8")
        or "Format_RGBA8888" in path.read_text(encoding="utf-8")
    ]
    assert crossing == ["imaging.py"]


def test_the_window_starts_without_what_only_networks_and_photos_need() -> None:
    code = "import sys, app.wiring, app.ui.launch; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, cwd=APP.parent
    )
    late = {"cv2", "onnxruntime", "PIL", "app.domain.picture", "_hashlib"}
    assert not late & set(run.stdout.decode().split())
