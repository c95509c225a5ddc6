"""The file behind a journal: one holder, every change on the disk before it counts."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.domain.batch.order import StoreError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS items (
    number INTEGER PRIMARY KEY,
    person TEXT NOT NULL,
    cloth TEXT NOT NULL,
    category TEXT NOT NULL,
    outcome TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL DEFAULT 'waiting'
        CHECK (state IN ('waiting', 'saving', 'done', 'failed')),
    reason TEXT NOT NULL DEFAULT '',
    worn_as TEXT NOT NULL DEFAULT '',
    notices TEXT NOT NULL DEFAULT '',
    seconds REAL NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0,
    sha256 TEXT NOT NULL DEFAULT '',
    thumbnail BLOB,
    written INTEGER NOT NULL DEFAULT 0,
    UNIQUE (person, cloth, category)
);
CREATE INDEX IF NOT EXISTS by_state ON items (state);
"""

_OTHER = "Choose another output folder."
_SPACE = "Free some space, then resume the batch."
_DAMAGED = (
    "The journal of the batch in this folder is damaged",
    "Choose another output folder, or delete the journal to start over.",
)
_REASONS = {
    sqlite3.SQLITE_BUSY: (
        "Another batch is running in this folder",
        "Wait until it is done, or choose another output folder.",
    ),
    sqlite3.SQLITE_FULL: ("The disk is full", _SPACE),
    sqlite3.SQLITE_IOERR: ("The disk is full or reports an error", _SPACE),
    sqlite3.SQLITE_READONLY: ("The output folder is read-only", _OTHER),
    sqlite3.SQLITE_CANTOPEN: ("The output folder is not there or read-only", _OTHER),
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
}


class Database:
    """SQLite in one file, held exclusively until `close`. Its methods work in any thread.

    All of them raise StoreError with ``place`` in it: the disk is full, the folder is read-only
    or gone, the file is damaged, another run holds it.
    """

    def __init__(self, path: Path, place: Path) -> None:
        self._place = place
        self._path = path
        self._lock = threading.RLock()
        self._flushing = True
        with self._telling():
            self._db = sqlite3.connect(path, timeout=0.5, check_same_thread=False)
            try:
                # Exclusive: one run at a time, told by the system even after a crash; and with it
                # a write-ahead log needs no shared memory, which network drives do not have.
                self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
                self._db.execute("PRAGMA journal_mode = WAL")
                self._db.execute("PRAGMA synchronous = FULL")
                self._db.execute("BEGIN EXCLUSIVE")
                self._db.execute("COMMIT")
                self._db.executescript(_SCHEMA)
            except BaseException:
                self._db.close()
                raise

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        """All rows of a query."""
        with self._lock, self._telling():
            return self._db.execute(query, values).fetchall()

    def do(self, statement: str, values: Sequence[Any] = (), *, flush: bool = True) -> int:
        """One change; how many rows it met. `changing` says what ``flush`` is."""
        with self.changing(flush=flush) as db:
            return db.execute(statement, values).rowcount

    @contextmanager
    def changing(self, *, flush: bool = True) -> Iterator[sqlite3.Connection]:
        """Several changes that come about together or not at all.

        They outlive the program in any case. Without ``flush`` a power failure may take them back,
        in order, the latest first; with it they and all before them are on the disk afterwards.
        """
        with self._lock, self._telling():
            if flush is not self._flushing:
                self._db.execute(f"PRAGMA synchronous = {'FULL' if flush else 'NORMAL'}")
                self._flushing = flush
            with self._db:
                yield self._db

    def close(self) -> None:
        """Let go of the file; calling it twice does no harm."""
        with self._lock:
            self._db.close()

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """SQLite's failures in words."""
        try:
            yield
        except sqlite3.Error as failure:
            code = getattr(failure, "sqlite_errorcode", 0) & 0xFF
            what, hint = _REASONS.get(
                code, (f"The journal of the batch cannot be used: {failure}", _OTHER)
            )
            place = self._path if _REASONS.get(code) is _DAMAGED else self._place
            raise StoreError(what, where=str(place), hint=hint) from failure
