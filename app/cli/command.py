"""What every command shares: its place in the help, its exit codes, its kinds of argument."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from types import MappingProxyType
from typing import NoReturn, TypeAlias

from app.domain.batch.order import OrderError, StoreError
from app.domain.cancel import CancelToken
from app.domain.errors import (
    Cancelled,
    DeviceError,
    LabelMapError,
    PackError,
    PictureError,
    SettingsError,
    ToileError,
)
from app.domain.files import same
from app.domain.framing import CATEGORIES, Category
from app.domain.label_map import check_size
from app.domain.picture import QUALITY
from app.domain.requests import DEVICE_PATTERN, DevicePolicy


class Exit(IntEnum):
    """Exit codes; `--help` lists them."""

    OK = 0
    FAILED = 1
    USAGE = 2
    INPUT = 3
    PACK = 4
    DEVICE = 5
    OUTPUT = 6
    CANCELLED = 130


EPILOG = """exit codes:
  0  done
  1  there is no screen, or an unexpected failure; the log file has the details
  2  wrong usage
  3  an input file is missing or not of the kind that the command reads; items of a batch failed
  4  a model pack is missing, altered or does not fit
  5  the device cannot be used
  6  the output cannot be written
  130  stopped with Ctrl-C

Without a command the window opens; toile FILE opens a label map or photo in it.
toile --selftest checks this installation, its window included."""

_BY_PICTURE = "auto"

Work: TypeAlias = Callable[[argparse.Namespace, CancelToken], int]
Commands: TypeAlias = "argparse._SubParsersAction[CommandParser]"


class InputError(ToileError):
    """A file that the command was to read."""


class OutputError(ToileError):
    """A file that the command was to write."""


_CODES: tuple[tuple[type[ToileError], Exit], ...] = (
    (Cancelled, Exit.CANCELLED),
    (PackError, Exit.PACK),
    (DeviceError, Exit.DEVICE),
    (InputError, Exit.INPUT),
    (LabelMapError, Exit.INPUT),
    (PictureError, Exit.INPUT),
    (OutputError, Exit.OUTPUT),
    (SettingsError, Exit.OUTPUT),
    (OrderError, Exit.INPUT),
    (StoreError, Exit.OUTPUT),
)


def exit_code(error: ToileError) -> Exit:
    return next((code for kind, code in _CODES if isinstance(error, kind)), Exit.FAILED)


class CommandParser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(Exit.USAGE, f"{self.prog}: {message}. See {self.prog} --help.\n")


def add_command(
    commands: Commands, name: str, work: Work, *, summary: str, description: str
) -> CommandParser:
    """A command with the arguments that all of them take; ``summary`` is its line in the list."""
    parser = commands.add_parser(
        name,
        help=summary,
        description=description,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--device",
        type=device,
        default="auto",
        metavar="auto|cpu|cuda|dml",
        help="default: the fastest that works; one of several as dml:1, see toile doctor",
    )
    parser.add_argument(
        "--models", type=Path, metavar="DIR", help="the folder of model packs to use"
    )
    parser.set_defaults(work=work)
    return parser


def device(text: str) -> DevicePolicy:
    """A device written as auto, cpu, cuda or dml:1; for argparse."""
    if not re.match(DEVICE_PATTERN, text):
        raise argparse.ArgumentTypeError(f"{text!r} is no device such as auto, cpu, cuda or dml:1")
    return text


def size(text: str) -> tuple[int, int]:
    """Width and height written as 768x1024; for argparse."""
    match = re.fullmatch(r"(\d{1,6})[x×](\d{1,6})", text)
    if not match:
        raise argparse.ArgumentTypeError(f"{text!r} is no size such as 768x1024")
    width, height = int(match[1]), int(match[2])
    try:
        check_size(width, height)
    except LabelMapError as error:
        raise argparse.ArgumentTypeError(error.what) from error
    return width, height


def quality(text: str) -> int:
    """How good a JPEG or WebP is to be; for argparse."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 100:
        raise argparse.ArgumentTypeError(f"{text!r} is no quality from 1 to 100")
    return int(text)


def add_outcome_options(parser: argparse.ArgumentParser) -> None:
    """The options of every command that puts garments on people."""
    parser.add_argument(
        "--category",
        choices=(_BY_PICTURE, *CATEGORIES),
        default=_BY_PICTURE,
        help="what kind of garment it is; default: seen from its picture",
    )
    parser.add_argument(
        "--upright",
        action="store_true",
        help="put a cloth on as it lies in its picture, even if it seems to lie sideways",
    )
    parser.add_argument(
        "--quality",
        type=quality,
        default=QUALITY,
        metavar="1-100",
        help=f"of JPEG and WebP; default {QUALITY}",
    )


def chosen_category(options: argparse.Namespace) -> Category | None:
    """The kind of garment that was asked for; None leaves it to the picture."""
    return None if options.category == _BY_PICTURE else options.category


def check_target(
    target: Path,
    what: str,
    sources: Sequence[tuple[Path, str]],
    endings: Mapping[str, str] = MappingProxyType({".png": "PNG"}),
) -> None:
    """OutputError when ``target`` is no name for what is written or is one of the ``sources``.

    ``what`` and the words beside the sources name them in the message, as "label map";
    ``endings`` are those of the formats it can be written in.
    """
    for source, word in sources:
        if same(target, source):
            raise OutputError(
                f"The {what} would overwrite the {word}",
                where=str(target),
                hint="Choose another name after -o.",
            )
    if target.suffix.lower() not in endings:
        kinds = " or ".join(dict.fromkeys(endings.values()))
        raise OutputError(
            f"The {what} is a {kinds}, but the name ends in {target.suffix or 'none of these'}",
            where=str(target),
            hint=f"End the name after -o in {' or '.join(endings)}.",
        )


@contextmanager
def writing() -> Iterator[None]:
    """Within it an unusable file is the output's fault."""
    try:
        yield
    except (LabelMapError, PictureError) as error:
        raise OutputError(error.what, where=error.where, hint=error.hint) from error


def tell(notices: Sequence[str]) -> None:
    """What a person should know beside the result, one line each on stderr."""
    for notice in notices:
        print(f"toile: {notice}", file=sys.stderr)
