"""Runs one command: arguments in, an exit code out, Ctrl-C heard, no traceback."""

from __future__ import annotations

import argparse
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from app import __version__, log
from app.cli import batch, doctor, parse, synth, tryon
from app.cli.command import EPILOG, CommandParser, Exit, Work, exit_code
from app.domain.cancel import CancelToken
from app.domain.errors import ToileError
from app.inference import probe


def main(arguments: Sequence[str]) -> int:
    """Run one subcommand. Returns its exit code; argparse leaves by SystemExit on wrong usage."""
    if arguments[:1] == [probe.COMMAND] and len(arguments) == 4:
        return probe.answer(arguments[1], Path(arguments[2]), Path(arguments[3]))
    parser = _parser()
    if arguments[:1] and Path(arguments[0]).suffix.lower() == ".png":
        parser.error(
            "to open a label map or photo in the window, give it alone: toile FILE.png; "
            "to draw its garment here, use toile synth LABELS.png -o OUT.png"
        )
    options = parser.parse_args(arguments)
    log.setup()
    return _run(options.work, options)


def _parser() -> CommandParser:
    parser = CommandParser(
        prog="toile",
        description="A desktop studio for garment design.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"Toile {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in (synth, parse, tryon, batch, doctor):
        command.add(commands)
    return parser


def _run(work: Work, options: argparse.Namespace) -> int:
    """Do the work in a thread, so that Ctrl-C is heard while a network runs."""
    cancel, done = CancelToken(), threading.Event()
    code: list[int] = []

    def perform() -> None:
        code.append(_told(work, options, cancel))
        done.set()

    threading.Thread(target=perform, name="command").start()
    while not done.is_set():
        try:
            done.wait(0.1)  # not Thread.join, which takes an interrupted thread for ended
        except KeyboardInterrupt:
            cancel.cancel()
    return code[0]


def _told(work: Work, options: argparse.Namespace, cancel: CancelToken) -> int:
    """Do ``work``; an error becomes one line on stderr, with its hint, and an exit code."""
    try:
        return work(options, cancel)
    except ToileError as error:
        print(f"toile: {error}", file=sys.stderr)
        return exit_code(error)
    except BrokenPipeError:
        return Exit.OUTPUT
    except Exception as error:
        log.log.exception("unexpected failure")
        what = str(error).splitlines()[0] if str(error) else type(error).__name__
        print(f"toile: Something unexpected went wrong: {what}.", file=sys.stderr)
        return Exit.FAILED
