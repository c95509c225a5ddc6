"""The log file, the hooks for what nobody caught, and the folders they lie in."""

import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import log, paths


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    root, hooks = logging.getLogger(), (sys.excepthook, threading.excepthook)
    handlers = list(root.handlers)
    for handler in handlers:
        root.removeHandler(handler)
    yield
    for handler in list(root.handlers):
        root.removeHandler(handler)
        handler.close()
    for handler in handlers:
        root.addHandler(handler)
    sys.excepthook, threading.excepthook = hooks


def test_messages_reach_the_file_once_however_often_it_is_set_up(tmp_path: Path) -> None:
    file = log.setup(tmp_path / "new" / "folder")
    assert file == tmp_path / "new" / "folder" / "toile.log"
    assert log.setup(tmp_path / "elsewhere") == file
    log.log.info("hello 服")
    assert file.read_text("utf-8").count("hello 服") == 1


def test_a_log_that_cannot_be_written_does_not_stop_the_program(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert log.setup(tmp_path / "file") is None
    log.log.error("nobody hears this")


def test_uncaught_exceptions_are_logged_and_told_without_a_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, told = log.setup(tmp_path), []
    log.catch_uncaught(told.append)
    thread = threading.Thread(target=lambda: 1 // 0, name="worker-7")
    thread.start()
    thread.join()
    error = ValueError("odd")
    sys.excepthook(ValueError, error, None)
    assert told == [
        "Something unexpected went wrong: integer division or modulo by zero.",
        "Something unexpected went wrong: odd.",
    ]
    assert file is not None
    text = file.read_text("utf-8")
    assert "uncaught in worker-7" in text
    assert "ZeroDivisionError" in text
    assert "ValueError: odd" in text
    assert capsys.readouterr().err == ""


def test_folders_can_be_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = [paths.data_dir(), paths.config_dir(), paths.log_dir()]
    assert len(set(own)) == 3
    assert paths.models_dir() == paths.resource_dir() / "models"
    monkeypatch.setenv("TOILE_HOME", str(tmp_path))
    monkeypatch.setenv("TOILE_MODELS", str(tmp_path / "m"))
    moved = [paths.data_dir(), paths.settings_file(), paths.log_dir(), paths.models_dir()]
    assert all(tmp_path in path.parents for path in moved)
