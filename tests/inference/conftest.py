"""One sound tiny pack for all tests of the engine."""

from pathlib import Path

import pytest

from app.domain.palette import Palette
from app.inference.packs import Pack, load_pack
from tests.inference.graphs import write_pack


@pytest.fixture(scope="session")
def pack(tmp_path_factory: pytest.TempPathFactory, palette: Palette) -> Pack:
    return load_pack(write_pack(tmp_path_factory.mktemp("packs") / "tiny", palette))


@pytest.fixture
def folder(tmp_path: Path, palette: Palette) -> Path:
    """A sound pack that a test may spoil."""
    return write_pack(tmp_path / "spoilt", palette)
