"""Starts the test and tells its outcome: one JSON object, and problems in words."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from app.cli.command import Exit, device
from app.inference.probe import environment, own_program
from app.selftest import INSIDE, OPTION

_LIMIT = 300.0  # seconds; a first start of DirectML compiles every shader of every graph
_GRACE = 20.0  # seconds more, in which the test may end by itself when its time is up
_FAULTS = {"pack": Exit.PACK, "device": Exit.DEVICE}


def main(arguments: Sequence[str]) -> int:
    """Run the test; ``arguments`` are those after the option itself.

    Returns 0 when all is well, else an exit code as the commands have them. Settings, log and
    device checks of the test lie in a folder that goes with it.
    """
    options = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(
        prefix="toile-selftest-", ignore_cleanup_errors=True
    ) as scratch:
        folders = {"TOILE_HOME": str(Path(scratch) / "home")}
        if options.models:
            folders["TOILE_MODELS"] = str(options.models.absolute())
        answer = Path(scratch) / "answer.json"
        ended = _run(options, answer, environment() | folders)
        report = _read(answer, ended)
    return _tell(report, options.output)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"toile {OPTION}", description="Check this installation, its window included."
    )
    parser.add_argument(
        "output", nargs="?", type=Path, metavar="FILE", help="write the JSON to this file too"
    )
    parser.add_argument("--device", type=device, default="auto", metavar="auto|cpu|cuda|dml")
    parser.add_argument("--models", type=Path, metavar="DIR", help="the folder of model packs")
    parser.add_argument(
        "--limit", type=float, default=_LIMIT, metavar="SECONDS", help=f"default {_LIMIT:.0f}"
    )
    return parser


def _run(options: argparse.Namespace, answer: Path, environment: dict[str, str]) -> str:
    """How the test's process ended, as a clause when it did not end well by itself."""
    inside = [INSIDE, str(answer), options.device, str(options.limit)]
    try:
        child = subprocess.Popen(
            [*own_program(), *inside], stdin=subprocess.DEVNULL, env=environment
        )
    except OSError as error:
        return f"could not be started ({error.strerror})"
    try:
        code = child.wait(options.limit + _GRACE)
    except subprocess.TimeoutExpired:
        return "gave no answer in time"
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()
    return f"ended by itself (exit code {code})" if code else ""


def _read(answer: Path, ended: str) -> dict[str, Any]:
    """The test's report; what it knew last when its process was lost."""
    try:
        report = msgspec.json.decode(answer.read_bytes(), type=dict[str, Any])
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        report = {"problems": [], "step": "starting"}
    step = report.pop("step")
    if ended or step:
        report["problems"].append(
            f"Toile {ended or 'ended by itself'} while it was {step or 'ending'}. Install it again."
        )
    return {"ok": not report["problems"]} | report


def _tell(report: dict[str, Any], output: Path | None) -> int:
    """Print and write the report. Returns the exit code."""
    text = msgspec.json.format(msgspec.json.encode(report), indent=2).decode()
    problems = report["problems"]
    code = _FAULTS.get(report.get("fault", ""), Exit.FAILED) if problems else Exit.OK
    if output is not None:
        try:
            output.write_text(text + "\n", encoding="utf-8")
        except OSError as error:
            problems.append(f"The report cannot be written to {output}: {error.strerror}.")
            code = Exit.OUTPUT
    # A program without a console has no standard streams on Windows.
    if sys.stdout is not None:
        print(text, flush=True)
    if sys.stderr is not None:
        for problem in problems:
            print(f"toile: {problem}", file=sys.stderr, flush=True)
    return code
