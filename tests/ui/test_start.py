"""What the program's arguments open: the window, a file in it, or a command."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import __main__ as entry
from app.ui import launch


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Path | None]]:
    """The files that windows were opened with."""
    files: list[Path | None] = []

    def window(_argv: object, _wiring: object, file: Path | None) -> int:
        files.append(file)
        return 0

    monkeypatch.setattr(launch, "main", window)
    yield files
    gc.enable()  # a start switches it off until the window shows


@pytest.mark.parametrize("name", ["dress.png", "Straße 5.JPG", "missing.webp", "a/b.png"])
def test_one_file_name_opens_the_window_with_it(opened: list[Path | None], name: str) -> None:
    assert entry.main([name]) == 0
    assert opened == [Path(name).absolute()]


def test_no_argument_opens_the_window(opened: list[Path | None]) -> None:
    assert entry.main([]) == 0
    assert opened == [None]


@pytest.mark.parametrize("arguments", [["doctor.png", "more.png"], ["nonsense"], ["--what.png"]])
def test_everything_else_is_for_the_command_line(
    opened: list[Path | None], capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    with pytest.raises(SystemExit) as leaving:
        entry.main(arguments)
    assert leaving.value.code == 2
    assert opened == []
    assert "--help" in capsys.readouterr().err
