"""`toile batch`: many people in many garments, unattended."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import msgspec

from app import wiring
from app.cli.command import (
    Commands,
    Exit,
    add_command,
    add_outcome_options,
    chosen_category,
    exit_code,
    tell,
)
from app.domain.batch.estimate import Estimate, estimate
from app.domain.batch.journal import Journal, Start, look, refuse_another
from app.domain.batch.names import FIELDS
from app.domain.batch.order import KIND, KINDS, TEMPLATE, Order, Pairing
from app.domain.batch.plan import Plan, plan
from app.domain.batch.run import Progress, Run
from app.domain.batch.words import duration, many, pace, size
from app.domain.cancel import CancelToken
from app.domain.errors import ToileError

_EVERY = 2.0  # seconds between lines of progress
_PAIRINGS: dict[str, Pairing] = {"all": "all", "name": "name"}


def add(commands: Commands) -> None:
    parser = add_command(
        commands,
        "batch",
        _batch,
        summary="put many garments on many people",
        description="Put the garments of one folder on the people of another. A journal in the "
        "output folder remembers what is done: after any interruption --resume goes on from "
        "there. report.csv and contact-sheet.jpg are written at the end.",
    )
    parser.add_argument("people", type=Path, metavar="PEOPLE", help="a folder of photos, or one")
    parser.add_argument("cloths", type=Path, metavar="CLOTHS", help="a folder of garments, or one")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="OUT", help="a folder for the outcomes"
    )
    parser.add_argument(
        "--pairs",
        default="all",
        metavar="all|name|CSV",
        help="everyone in everything (default), files of the same name, or a CSV file of lines "
        "person,cloth[,category]",
    )
    parser.add_argument("--format", choices=KINDS, default=KIND, help=f"default {KIND}")
    add_outcome_options(parser)
    parser.add_argument(
        "--template",
        default=TEMPLATE,
        help=f"names of the outcomes, of {', '.join(f'{{{name}}}' for name in FIELDS)}; "
        f"default {TEMPLATE}",
    )
    again = parser.add_mutually_exclusive_group()
    again.add_argument(
        "--resume", action="store_true", help="go on with the batch in OUT, or begin it"
    )
    again.add_argument(
        "--retry-failed", action="store_true", help="resume, and try what failed once more"
    )
    again.add_argument(
        "--anew", action="store_true", help="forget the batch in OUT and replace its outcomes"
    )
    parser.add_argument(
        "--jobs", type=_jobs, default=2, metavar="N",
        help="threads that read and threads that save, 1 to 32; default 2",
    )  # fmt: skip
    parser.add_argument(
        "--dry-run", action="store_true", help="count, try a few, estimate; write nothing"
    )
    parser.add_argument(
        "--json-progress", action="store_true", help="print a line of JSON for every event"
    )


def _jobs(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 32:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 to 32")
    return int(text)


def _batch(options: argparse.Namespace, cancel: CancelToken) -> int:
    made = plan(_order(options))
    tell(made.notices)
    speaker = _Json() if options.json_progress else _Lines(options.output)
    if options.dry_run:
        return _dry_run(made, options, cancel, speaker)
    fit = wiring.open_tryon(options.device, options.models).fit
    start: Start = "anew" if options.anew else "new"
    if options.resume or options.retry_failed:
        start = "resume"
    journal = Journal(made, start)
    try:
        if options.retry_failed:
            journal.retry_failed()
        run = Run(journal, fit, jobs=options.jobs, listen=speaker.item)
        speaker.begin(made, run.progress)
        try:
            end = run(cancel)
        except ToileError as error:
            speaker.end("stopped", run.progress)
            print(f"toile: {error}", file=sys.stderr)
            speaker.say_how_to_go_on()
            return exit_code(error)
        speaker.end("done" if not end.waiting else "cancelled", end)
        if end.waiting:
            speaker.say_how_to_go_on()
            return Exit.CANCELLED
        return Exit.INPUT if end.failed else Exit.OK
    finally:
        journal.close()


def _order(options: argparse.Namespace) -> Order:
    pairing = _PAIRINGS.get(options.pairs, "table")
    return Order(
        people=options.people,
        cloths=options.cloths,
        out=options.output,
        pairing=pairing,
        table=Path(options.pairs) if pairing == "table" else None,
        category=chosen_category(options),
        upright=options.upright,
        template=options.template,
        kind=options.format,
        quality=options.quality,
    )


def _dry_run(
    made: Plan, options: argparse.Namespace, cancel: CancelToken, speaker: _Json | _Lines
) -> int:
    found = look(made) if options.resume or options.retry_failed else None
    left = len(made.pairs)
    if found is not None:
        refuse_another(made.order, found.order)
        left = found.left + (found.failed if options.retry_failed else 0)
    fit = wiring.open_tryon(options.device, options.models).fit
    guess = estimate(made, fit, cancel, count=left, jobs=options.jobs)
    speaker.dry(made, left, guess)
    return Exit.OK if guess else Exit.INPUT


class _Lines:
    """Progress for a person: a line now and then, and one for every failure."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._said_at = 0.0
        self._device: set[str] = set()

    def dry(self, made: Plan, left: int, guess: Estimate | None) -> None:
        print(_counted(made), end="")
        if not left:
            print(". Nothing is left to do.")
            return
        if guess is None:
            print(". None of the first pairs could be dressed; try one with toile tryon.")
            return
        begun = f", {left} still to do" if left < len(made.pairs) else ""
        print(
            f"{begun}: about {duration(guess.seconds)} and {size(guess.bytes)}; "
            f"{size(guess.free)} are free."
        )
        if not guess.fits:
            tell(["There is not enough room on the disk for all outcomes."])

    def begin(self, made: Plan, now: Progress) -> None:
        print(f"{_counted(made)}.")
        if now.done or now.failed:
            print(f"{now.done} done and {now.failed} failed before; {now.waiting} to do.")

    def item(self, now: Progress) -> None:
        last = now.last
        if last is not None and last.reason:
            tell([f"{last.item.person.name} in {last.item.cloth.name}: {last.reason}"])
        news = [text for text in (last.device if last else ()) if text not in self._device]
        self._device.update(news)
        tell(news)
        moment = time.monotonic()
        if moment - self._said_at >= _EVERY and now.waiting:
            self._said_at = moment
            left = f", {duration(now.seconds_left)} left" if now.seconds_left else ""
            speed = f", {pace(now.rate)}" if now.rate else ""
            print(f"{now.done + now.failed} of {now.total}{speed}{left}", flush=True)

    def end(self, state: str, now: Progress) -> None:
        failed = f", {now.failed} failed" if now.failed else ""
        waiting = f", {now.waiting} still to do" if now.waiting else ""
        print(f"{self._out}: {many(now.done, 'outcome')}{failed}{waiting}.", flush=True)
        if state == "done" and now.failed:
            tell(["report.csv tells why; --retry-failed tries these once more."])

    def say_how_to_go_on(self) -> None:
        tell(["To go on, give the same command with --resume."])


class _Json:
    """Progress for a program: one JSON object a line."""

    def dry(self, made: Plan, left: int, guess: Estimate | None) -> None:
        known: dict[str, Any] = {"seconds": None, "bytes": None, "free": None}
        if guess is not None:
            known = {
                "seconds": round(guess.seconds, 1),
                "bytes": guess.bytes,
                "free": guess.free,
            }
        self._say("estimate", {"people": made.people, "cloths": made.cloths,
                               "total": len(made.pairs), "left": left, **known})  # fmt: skip

    def begin(self, made: Plan, now: Progress) -> None:
        self._say("start", {"people": made.people, "cloths": made.cloths, **_numbers(now)})

    def item(self, now: Progress) -> None:
        if now.last is not None:
            item, reason = now.last.item, now.last.reason
            self._say(
                "item",
                {
                    "number": item.number,
                    "person": str(item.person),
                    "cloth": str(item.cloth),
                    "outcome": None if reason else item.outcome,
                    "state": "failed" if reason else "done",
                    "reason": reason,
                    "notices": [*now.last.notices, *now.last.device],
                    **_numbers(now),
                },
            )

    def end(self, state: str, now: Progress) -> None:
        self._say("end", {"state": state, **_numbers(now)})

    def say_how_to_go_on(self) -> None:
        tell(["To go on, give the same command with --resume."])

    def _say(self, event: str, values: dict[str, Any]) -> None:
        print(msgspec.json.encode({"event": event, **values}).decode(), flush=True)


def _numbers(now: Progress) -> dict[str, Any]:
    left = now.seconds_left
    return {
        "done": now.done,
        "failed": now.failed,
        "waiting": now.waiting,
        "total": now.total,
        "rate": round(now.rate, 3),
        "seconds_left": None if left is None else round(left, 1),
    }


def _counted(made: Plan) -> str:
    people, cloths = many(made.people, "person", "people"), many(made.cloths, "cloth")
    return f"{people} and {cloths}, {many(len(made.pairs), 'pair')}"
