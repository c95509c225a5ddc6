"""The window as the tests of this folder need it."""

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.domain.palette import Palette
from tests.ui.studio_made import FakeWiring, Studio


@pytest.fixture
def wiring(palette: Palette) -> FakeWiring:
    return FakeWiring(palette)


@pytest.fixture
def studio(qtbot: QtBot, wiring: FakeWiring) -> Iterator[Studio]:
    """The window, settled."""
    made = Studio(qtbot, wiring)
    made.settle()
    yield made
    made.close()
