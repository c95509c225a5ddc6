"""How far the test is and what it found, kept in a file at every step: a crash loses nothing."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import msgspec

from app import process
from app.domain.cancel import CancelToken


class Course(logging.Handler):
    """What is known so far; as a handler of logging it keeps the warnings that others log."""

    def __init__(self, answer: Path) -> None:
        super().__init__(logging.WARNING)
        self._answer = answer
        self.problems: list[str] = []
        self.log: list[str] = []
        self.report: dict[str, Any] = {}
        self.step = "starting"
        self.cancel = CancelToken()

    def problem(self, text: str) -> None:
        if text not in self.problems:
            self.problems.append(text)

    def at(self, step: str) -> None:
        """The test is now ``step``, words that follow "it was"; "" when it is done."""
        self.step = step
        known = {
            "step": step,
            "problems": self.problems,
            "seconds": round(process.seconds(), 2),
            **self.report,
            "log": self.log,
        }
        new = self._answer.with_suffix(".new")
        new.write_bytes(msgspec.json.encode(known))
        new.replace(self._answer)

    def emit(self, record: logging.LogRecord) -> None:
        self.log.append(f"{record.name}: {record.getMessage()}")
