"""Settings: only overrides are stored, and a damaged file never stops the program."""

import json
from pathlib import Path

import pytest

from app import settings
from app.domain.errors import SettingsError
from app.settings import MAX_RECENT, Settings


def test_only_what_differs_is_stored(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "settings.json"
    settings.save(path, Settings(theme="light"))
    assert json.loads(path.read_text(encoding="utf-8")) == {"theme": "light"}
    loaded, notice = settings.load(path)
    assert loaded == Settings(theme="light")
    assert notice == ""


def test_a_first_start_has_the_defaults(tmp_path: Path) -> None:
    assert settings.load(tmp_path / "settings.json") == (Settings(), "")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        '{"theme": "purple"}',
        '{"device": "tpu"}',
        '{"undo_megabytes": -1}',
        "[1]",
        "\x00\xff",
    ],
)
def test_a_damaged_file_is_kept_aside(tmp_path: Path, text: str) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(text.encode("latin-1"))
    loaded, notice = settings.load(path)
    assert loaded == Settings()
    aside = tmp_path / "settings.json.damaged"
    assert aside.read_bytes() == text.encode("latin-1")
    assert str(aside) in notice
    assert not path.exists()


def test_fields_of_a_newer_version_are_ignored(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"theme": "light", "telepathy": true}', encoding="utf-8")
    assert settings.load(path) == (Settings(theme="light"), "")


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    with pytest.raises(SettingsError) as told:
        settings.save(blocked / "settings.json", Settings())
    assert told.value.where


def test_recent_files_are_few_and_newest_first(tmp_path: Path) -> None:
    chosen = Settings()
    for number in range(MAX_RECENT + 5):
        chosen.remember(tmp_path / f"{number}.png")
    chosen.remember(tmp_path / "10.png")
    assert len(chosen.recent) == MAX_RECENT
    assert chosen.recent[0] == str(tmp_path / "10.png")
    assert len(set(chosen.recent)) == MAX_RECENT
