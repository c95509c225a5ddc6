"""The tiny pack that most commands use."""

from pathlib import Path

import pytest

from app.domain.palette import Palette
from tests.inference.graphs import write_pack


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory, palette: Palette) -> Path:
    folder = tmp_path_factory.mktemp("models")
    write_pack(folder / "garment-tiny", palette)
    return folder
