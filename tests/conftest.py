"""What all tests share: no screen, no user's own folders, one palette."""

import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import onnxruntime  # noqa: F401  (before any Qt: the other order has broken DLL loading on Windows)
import pytest
from hypothesis import settings

from app.domain.palette import GarmentClass, Palette

ROOT = Path(__file__).resolve().parents[1]

settings.register_profile("toile", deadline=None, max_examples=60, print_blob=True)
settings.load_profile("toile")


@pytest.fixture(autouse=True)
def _own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings, caches and logs of a test never reach those of the person who runs it."""
    monkeypatch.setenv("TOILE_HOME", str(tmp_path_factory.mktemp("home")))


@pytest.fixture(autouse=True)
def _no_early_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """What ends its process would end the tests with it, and nobody would miss the rest."""
    tests, end = os.getpid(), os._exit

    def leave(code: int) -> None:
        if os.getpid() == tests:
            pytest.fail(f"The tests' own process was to end with code {code}")
        end(code)

    monkeypatch.setattr(os, "_exit", leave)


@pytest.fixture(autouse=True, scope="session")
def _ctrl_c_is_heard() -> None:
    """A shell that runs the tests in the background has their process ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def palette() -> Palette:
    """The 26 classes of the pack garment-spade."""
    entries = json.loads((ROOT / "tests" / "palette.json").read_text(encoding="utf-8"))
    return Palette(
        tuple(
            GarmentClass(
                index=index,
                key=entry["key"],
                names=entry["names"],
                color=tuple(bytes.fromhex(entry["color"][1:])),
                group=entry["group"],
            )
            for index, entry in enumerate(entries)
        )
    )


@pytest.fixture
def ordinary() -> Iterator[Path]:
    """A folder of an ordinary user, whose rights the test has: for root nothing is read-only."""
    folder = Path(tempfile.mkdtemp())
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    if root:
        nobody = 65534
        os.chown(folder, nobody, nobody)
        os.seteuid(nobody)
    try:
        if not all(os.access(place, os.X_OK, effective_ids=root) for place in (ROOT, sys.prefix)):
            pytest.skip("only root can read the program here")
        yield folder
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(0o700)
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real photographs beside the checkout; skips where there is none."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no real photographs: ../shared/data is not there")
    return folder
