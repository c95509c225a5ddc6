"""How a batch stands, in words."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.batch.estimate import Estimate
from app.domain.batch.journal import Found
from app.domain.batch.run import Progress
from app.domain.batch.table import TableError
from app.domain.batch.words import duration, many, pace, size
from app.domain.errors import ToileError
from app.ui.batch.work import Counted

WELCOME = "Dress many people at once"
COUNTING = "Counting …"
_FAULTS = 8  # lines of a table, as many as leave room for the rest


@dataclass(frozen=True)
class Told:
    """A headline, what to know beside it, and how grave it is: a QLabel's role."""

    headline: str
    detail: str = ""
    role: str = "dim"


def of_error(error: ToileError) -> Told:
    """What went wrong and what to do."""
    lines = [error.where, *(_faults(error) if isinstance(error, TableError) else [error.hint])]
    return Told(error.what, "\n".join(line for line in lines if line), "warning")


def _faults(error: TableError) -> list[str]:
    more = len(error.faults) - _FAULTS
    return [*error.faults[:_FAULTS], *([f"And {more:,} more."] if more > 0 else [])]


def of_count(counted: Counted, guess: Estimate | None, tried: bool) -> Told:
    """What there is to do, and what was done before."""
    made, found = counted.plan, counted.found
    people, cloths = many(made.people, "person", "people"), many(made.cloths, "cloth")
    if found is not None and counted.differences:
        return Told(
            "Another batch is in this folder",
            f"{found.done:,} of its {many(found.total, 'pair')} are done. It was started with "
            f"other settings: {', '.join(counted.differences)}. Use its settings to go on, start "
            "anew to replace its outcomes, or choose another output folder.",
            "warning",
        )
    expected, role = _of_guess(guess, tried)
    if found is not None:
        told = _of_found(found)
        return Told(told.headline, "\n".join([told.detail, *expected]), role)
    lines = [f"{people} and {cloths}.", *made.notices, *expected]
    return Told(many(len(made.pairs), "pair"), "\n".join(lines), role)


def _of_guess(guess: Estimate | None, tried: bool) -> tuple[list[str], str]:
    """How long it will take, in sentences, if that was asked."""
    if guess is not None:
        room = f"{size(guess.free)} are free"
        lines = [f"About {duration(guess.seconds)} and {size(guess.bytes)}; {room}."]
        if guess.fits:
            return lines, "dim"
        return [*lines, "There is not enough room on the disk for all outcomes."], "warning"
    if tried:
        failed = "None of the first pairs could be dressed; look at them in Try-on first."
        return [failed], "warning"
    return [], "dim"


def _of_found(found: Found) -> Told:
    failing = f" {found.failed:,} failed." if found.failed else ""
    if not found.left:
        return Told(
            f"{many(found.done, 'outcome')} done",
            f"This batch has come to its end.{failing} When you add pictures to the folders, "
            "Resume dresses these too.",
        )
    lines = [f"There is a batch in this folder that can be resumed.{failing}"]
    if found.fresh:
        lines.append(f"{many(found.fresh, 'pair is', 'pairs are')} new.")
    if found.lost:
        gone = many(found.lost, "outcome is", "outcomes are")
        lines.append(f"{gone} not in the folder any more and will be made again.")
    return Told(f"{found.done:,} of {found.total + found.fresh:,} done", " ".join(lines))


def of_run(now: Progress, state: str) -> Told:
    """How far a run is."""
    headline = {"paused": "Paused", "stopping": "Stopping …"}.get(state, "Dressing")
    parts = []
    if state == "running" and now.rate:
        parts.append(pace(now.rate))
        if now.seconds_left:
            parts.append(f"{duration(now.seconds_left)} left")
    if state == "paused":
        parts.append("what is done is saved")
    text = " · ".join(parts)
    return Told(headline, text[:1].upper() + text[1:])


def of_end(now: Progress) -> Told:
    """What came of a run."""
    failed = f", {now.failed:,} failed" if now.failed else ""
    if now.waiting:
        return Told(
            f"Stopped: {now.done:,} of {now.total:,} done{failed}",
            "Everything that is done is saved. Resume goes on from there, at any time.",
        )
    detail = "report.csv lists them all, the contact sheet shows them at a glance."
    if not now.done:
        return Told("No pair could be dressed", "The reasons are below.", "warning")
    if now.failed:
        detail = "The reasons are below and in report.csv."
    return Told(f"Done: {many(now.done, 'outcome')}{failed}", detail)


def counts(now: Progress) -> str:
    """Under the bar."""
    failed = f" · {now.failed:,} failed" if now.failed else ""
    return f"{now.done + now.failed:,} of {now.total:,}{failed}"
