"""What became of every item, on disk: whatever happens, no outcome is lost, half or made twice.

A folder `toile-batch` in the output folder holds the journal (SQLite) and the temporary files. An
outcome is entered with its checksum before its file gets its name, and as done afterwards, so that
a run which ends anywhere between can tell later whether the file is there.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, Literal

from app.domain.batch.database import Database
from app.domain.batch.names import Taken
from app.domain.batch.order import Order, StoreError
from app.domain.batch.plan import Item, Plan, name_items
from app.domain.files import TEMPORARY, told, write_atomic
from app.domain.framing import CATEGORIES

FOLDER = "toile-batch"
_FILE = "journal.sqlite"
_FORMAT = "1"
Start = Literal["new", "resume", "anew"]
State = Literal["waiting", "saving", "done", "failed"]


@dataclass(frozen=True, slots=True)
class Made:
    """What is kept of an outcome beside its file; ``thumbnail`` is a JPEG or None."""

    worn_as: str
    notices: Sequence[str]
    seconds: float
    thumbnail: bytes | None


@dataclass(frozen=True, slots=True)
class Entry:
    """An item and what became of it, for lists and reports."""

    item: Item
    state: State
    reason: str
    worn_as: str
    notices: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Found:
    """A batch that is in a folder: how far it is, the text of its order, its two reports, and
    the items that failed with their reasons.

    ``fresh`` pairs of the plan are not among its items, and ``lost`` outcomes that were done are
    not in the folder any more, or empty.
    """

    done: int
    failed: int
    total: int
    fresh: int
    lost: int
    order: str
    report: Path
    sheet: Path
    failures: tuple[tuple[Item, str], ...]

    @property
    def left(self) -> int:
        """Outcomes that going on would make."""
        return self.total - self.done - self.failed + self.fresh


def look(plan: Plan) -> Found | None:
    """The batch in a plan's output folder; None when there is none. StoreError, also while it
    runs."""
    folder = plan.order.out
    path = folder.absolute() / FOLDER / _FILE
    if not path.is_file():
        return None
    db = Database(path, folder)
    try:
        meta = dict(db.rows("SELECT key, value FROM meta"))
        counts = dict(db.rows(_COUNTED))
        failures = db.rows(f"{_ENTRIES} WHERE state = 'failed' {_SORTED}")
        have = {tuple(row) for row in db.rows(_PAIRS)}
        made = db.rows("SELECT outcome FROM items WHERE state = 'done'")
    finally:
        db.close()
    if meta.get("format") != _FORMAT:
        return None
    lost = sum(not _kept(folder / outcome) for (outcome,) in made)
    return Found(
        len(made) - lost,
        counts.get("failed", 0),
        sum(counts.values()),
        sum(_key(pair) not in have for pair in plan.pairs),
        lost,
        meta["order"],
        folder / meta["report"],
        folder / meta["sheet"],
        tuple((_item(row), str(row[6])) for row in failures),
    )


def refuse_another(order: Order, stored: str) -> None:
    """StoreError when the batch that is ``stored`` in an order's folder was asked for otherwise."""
    different = order.differs(stored)
    if different:
        raise StoreError(
            f"The batch in this folder was started with other settings: {', '.join(different)}",
            where=str(order.out.absolute()),
            hint="Set these as they were, start anew, or choose another output folder.",
        )


class Journal:
    """The journal of one output folder, held by this object alone until `close`.

    Its methods may be called from any thread. All of them raise StoreError when the disk is full
    or the folder is gone.
    """

    def __init__(self, plan: Plan, start: Start = "new") -> None:
        """Take the output folder for a plan, and make it where it is missing.

        "new" wants a folder without a batch, "resume" goes on with one of the same order or begins
        it, "anew" forgets what is there: outcomes of the same names are then replaced. StoreError
        also when another run holds the folder, or its batch has another order.
        """
        self.order = plan.order
        self.folder = plan.order.out.absolute()
        self._inner = self.folder / FOLDER
        try:
            self._inner.mkdir(parents=True, exist_ok=True)
        except OSError as failure:
            doing = "The output folder cannot be used"
            raise told(failure, doing, self.folder, StoreError, reading=False) from failure
        self._db = Database(self._inner / _FILE, self.folder)
        try:
            self._begin(plan, start)
        except BaseException:
            self.close()
            raise

    # What is there

    def counts(self) -> dict[State, int]:
        """How many items are in each state; all states are there."""
        found: dict[State, int] = {"waiting": 0, "saving": 0, "done": 0, "failed": 0}
        found.update(self._db.rows(_COUNTED))
        return found

    def waiting(self) -> list[Item]:
        """The items still to be done, by number."""
        return [_item(row) for row in self._db.rows(f"{_ITEMS} WHERE state = 'waiting' {_SORTED}")]

    def entries(self, state: State | None = None) -> Iterator[Entry]:
        """Items with their fate by number, a few at a time; all of them or those of a state."""
        after, wanted = 0, [state] if state else ["waiting", "saving", "done", "failed"]
        marks = ",".join("?" * len(wanted))
        query = f"{_ENTRIES} WHERE number > ? AND state IN ({marks}) {_SORTED} LIMIT 500"
        while rows := self._db.rows(query, (after, *wanted)):
            for row in rows:
                yield Entry(_item(row), *row[5:])
            after = rows[-1][0]

    def thumbnails(self) -> list[tuple[int, bytes]]:
        """Number and JPEG of every outcome that has one, by number."""
        return self._db.rows(
            "SELECT number, thumbnail FROM items WHERE state = 'done' AND thumbnail IS NOT NULL "
            + _SORTED
        )

    def path(self, key: Literal["report", "sheet"]) -> Path:
        """Where the report and the contact sheet go."""
        rows = self._db.rows("SELECT value FROM meta WHERE key = ?", (key,))
        return self.folder / str(rows[0][0])

    # What changes

    def store(self, item: Item, data: bytes, made: Made) -> None:
        """Write an outcome's file and note it, all or nothing.

        A file that somebody else has put there stays; the outcome then gets another name.
        """
        name = self._name_of(item)
        self._db.do(
            "UPDATE items SET state = 'saving', reason = '', outcome = ?, worn_as = ?, "
            "notices = ?, seconds = ?, bytes = ?, sha256 = ?, thumbnail = ? WHERE number = ?",
            (
                name,
                made.worn_as,
                " ".join(made.notices),
                made.seconds,
                len(data),
                hashlib.sha256(data).hexdigest(),
                made.thumbnail,
                item.number,
            ),
        )
        path = self.folder / name
        write_atomic(path, data, what="outcome", error=StoreError, via=self._inner)
        # Were this lost, `_mend` would know the file by its checksum.
        self._db.do(f"{_DONE} WHERE number = ?", (item.number,), flush=False)

    def fail(self, item: Item, reason: str) -> None:
        """Note that an item cannot be done, and why."""
        self._db.do(
            "UPDATE items SET state = 'failed', reason = ? WHERE number = ?",
            (reason, item.number),
            flush=False,
        )

    def retry_failed(self) -> int:
        """Have the failed items wait again; returns how many."""
        return self._db.do("UPDATE items SET state = 'waiting', reason = '' WHERE state = 'failed'")

    def write(self, path: Path, data: bytes, what: str) -> None:
        """Write a file beside the outcomes, all or nothing."""
        write_atomic(path, data, what=what, error=StoreError, via=self._inner)

    def close(self) -> None:
        """Let go of the folder; calling it twice does no harm."""
        self._db.close()

    # The journal's own

    def _begin(self, plan: Plan, start: Start) -> None:
        meta = dict(self._db.rows("SELECT key, value FROM meta"))
        if meta and start != "anew":
            self._check(meta, start)
        self._sweep()
        if meta and start != "anew":
            self._mend()
        self._enter(plan, meta, anew=start == "anew")

    def _check(self, meta: dict[str, str], start: Start) -> None:
        if meta["format"] != _FORMAT:
            raise StoreError(
                "The batch in this folder is of another version of Toile",
                where=str(self.folder),
                hint="Choose another output folder.",
            )
        counts = self.counts()
        total = sum(counts.values())
        if start == "new":
            raise StoreError(
                f"There is a batch in this folder already: {counts['done']} of {total} are done",
                where=str(self.folder),
                hint="Resume it, start it anew, or choose another output folder.",
            )
        refuse_another(self.order, meta["order"])

    def _name_of(self, item: Item) -> str:
        query = "SELECT outcome, written FROM items WHERE number = ?"
        name, written = self._db.rows(query, (item.number,))[0]
        if written or not os.path.lexists(self.folder / name):
            return str(name)
        known = {str(row[0]) for row in self._db.rows("SELECT outcome FROM items")}
        parts = PurePath(name)
        return Taken(self._there() | known).give(parts.stem, parts.suffix)

    def _there(self) -> set[str]:
        """The names in the output folder."""
        try:
            return {path.name for path in self.folder.iterdir()}
        except OSError as failure:
            doing = "The output folder cannot be read"
            raise told(failure, doing, self.folder, StoreError, reading=True) from failure

    def _mend(self) -> None:
        """Bring the journal in line with the files after a run that may have ended anywhere.

        Files get their names when they are whole on the disk: one that is done and differs from
        what was written has been worked on since, and is left alone.
        """
        unsure = self._db.rows(
            "SELECT number, outcome, sha256, state FROM items WHERE state IN ('saving', 'done')"
        )
        found: list[tuple[int]] = []
        lost: list[tuple[int]] = []
        for number, outcome, digest, state in unsure:
            path = self.folder / outcome
            if not _kept(path, digest if state == "saving" else ""):
                lost.append((number,))
            elif state == "saving":
                found.append((number,))
        with self._db.changing() as db:
            db.executemany(f"{_DONE} WHERE number = ?", found)
            db.executemany("UPDATE items SET state = 'waiting' WHERE number = ?", lost)

    def _sweep(self) -> None:
        try:
            for stray in self._inner.glob(f"*{TEMPORARY}"):
                stray.unlink(missing_ok=True)
        except OSError as failure:
            doing = "What an earlier run left cannot be removed"
            raise told(failure, doing, self._inner, StoreError, reading=False) from failure

    def _enter(self, plan: Plan, meta: dict[str, str], *, anew: bool) -> None:
        """Add the pairs that are new; all of them at the beginning."""
        outcomes = self._db.rows("SELECT outcome FROM items")
        own = {str(row[0]) for row in outcomes} | {meta[key] for key in _OWN_FILES if meta}
        have = set() if anew else {tuple(row) for row in self._db.rows(_PAIRS)}
        fresh = [pair for pair in plan.pairs if _key(pair) not in have]
        if meta and not anew and not fresh:
            return
        # Anew, the files of the old batch are this program's to replace.
        there = self._there()
        taken = Taken(there - own if anew else there | own)
        with self._db.changing() as db:
            if anew:
                db.execute("DELETE FROM items")
                db.execute("DELETE FROM meta")
            if anew or not meta:
                db.executemany(
                    "INSERT INTO meta VALUES (?, ?)",
                    (
                        ("format", _FORMAT),
                        ("order", self.order.stored()),
                        *((key, taken.give(*parts)) for key, parts in _OWN_FILES.items()),
                    ),
                )
            last = db.execute("SELECT COALESCE(MAX(number), 0) FROM items").fetchone()[0]
            db.executemany(
                "INSERT INTO items (number, person, cloth, category, outcome, written) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (
                    (item.number, str(item.person), str(item.cloth), item.category or "",
                     item.outcome, int(item.outcome in own))
                    for item in name_items(self.order, fresh, taken, last + 1)
                ),
            )  # fmt: skip


_COUNTED = "SELECT state, COUNT(*) FROM items GROUP BY state"
_PAIRS = "SELECT person, cloth, category FROM items"
_SORTED = "ORDER BY number"
_ITEMS = "SELECT number, person, cloth, category, outcome FROM items"
_ENTRIES = (
    "SELECT number, person, cloth, category, outcome, state, reason, worn_as, notices, seconds "
    "FROM items"
)
_DONE = "UPDATE items SET state = 'done', written = written + 1"
_OWN_FILES = {"report": ("report", ".csv"), "sheet": ("contact-sheet", ".jpg")}


def _item(row: Sequence[Any]) -> Item:
    number, person, cloth, category, outcome = row[:5]
    wanted = next((known for known in CATEGORIES if known == category), None)
    return Item(number, Path(person), Path(cloth), wanted, outcome)


def _kept(path: Path, digest: str = "") -> bool:
    """Whether an outcome's file is there; with a ``digest``, as it was written."""
    try:
        return path.stat().st_size > 0 and (
            not digest or hashlib.sha256(path.read_bytes()).hexdigest() == digest
        )
    except OSError:
        return False


def _key(pair: tuple[Path, Path, str | None]) -> tuple[str, str, str]:
    return str(pair[0]), str(pair[1]), pair[2] or ""
