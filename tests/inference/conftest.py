"""Sound tiny packs for all tests of the engine."""

from pathlib import Path

import pytest

from app.domain.palette import Palette
from app.inference.packs import CUTOUT, PARSING, TRYON, Pack, load_pack
from tests.inference import photo_graphs
from tests.inference.graphs import write_pack


@pytest.fixture(scope="session")
def pack(tmp_path_factory: pytest.TempPathFactory, palette: Palette) -> Pack:
    return load_pack(write_pack(tmp_path_factory.mktemp("packs") / "tiny", palette))


@pytest.fixture
def folder(tmp_path: Path, palette: Palette) -> Path:
    """A sound pack that a test may spoil."""
    return write_pack(tmp_path / "spoilt", palette)


@pytest.fixture(scope="session")
def photo_packs(tmp_path_factory: pytest.TempPathFactory, palette: Palette) -> Path:
    """A folder with a sound pack for each task that looks at photographs."""
    folder = tmp_path_factory.mktemp("photo-packs")
    graphs = {
        PARSING: {"parser": photo_graphs.parser(palette)},
        CUTOUT: {"cutout": photo_graphs.cutout()},
        TRYON: {"tryon": photo_graphs.tryon()},
    }
    for task, files in graphs.items():
        write_pack(folder / task, palette, task=task, files=files)
    return folder


@pytest.fixture(scope="session")
def parser_pack(photo_packs: Path) -> Pack:
    return load_pack(photo_packs / PARSING)


@pytest.fixture(scope="session")
def cutout_pack(photo_packs: Path) -> Pack:
    return load_pack(photo_packs / CUTOUT)


@pytest.fixture(scope="session")
def tryon_pack(photo_packs: Path) -> Pack:
    return load_pack(photo_packs / TRYON)
