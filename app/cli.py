"""The command line: the window's use cases for scripts, with exit codes they can use."""

from __future__ import annotations

import argparse
import re
import sys
import threading
from collections.abc import Callable, Sequence
from enum import IntEnum
from pathlib import Path
from typing import NoReturn

import msgspec

from app import __version__, log, wiring
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
from app.domain.label_file import load_label_map
from app.domain.label_map import check_size
from app.domain.picture import SUFFIXES, save_picture
from app.domain.requests import DEVICE_POLICIES, SynthesisRequest
from app.domain.style import MAX_SEED, Look
from app.inference import probe


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


_CODES: tuple[tuple[type[ToileError], Exit], ...] = (
    (Cancelled, Exit.CANCELLED),
    (LabelMapError, Exit.INPUT),
    (PackError, Exit.PACK),
    (DeviceError, Exit.DEVICE),
    (PictureError, Exit.OUTPUT),
    (SettingsError, Exit.OUTPUT),
)
_EPILOG = """exit codes:
  0  done
  1  there is no screen, or an unexpected failure; the log file has the details
  2  wrong usage
  3  the input file is missing or no label map
  4  a model pack is missing, altered or does not fit
  5  the device cannot be used
  6  the output cannot be written
  130  stopped with Ctrl-C

Without a command the window opens."""

Work = Callable[[CancelToken], int]


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(Exit.USAGE, f"{self.prog}: {message}. See {self.prog} --help.\n")


def main(arguments: Sequence[str]) -> int:
    """Run one subcommand. Returns its exit code; argparse leaves by SystemExit on wrong usage."""
    if arguments[:1] == [probe.COMMAND] and len(arguments) == 4:
        return probe.answer(arguments[1], Path(arguments[2]), Path(arguments[3]))
    parser = _parser()
    if arguments[:1] and Path(arguments[0]).suffix.lower() == ".png":
        parser.error(
            "to open a label map, start toile without it and choose File, Open; "
            "to draw its garment here, use toile synth LABELS.png -o OUT.png"
        )
    options = parser.parse_args(arguments)
    log.setup()
    work: Callable[[argparse.Namespace, CancelToken], int] = options.work
    return _run(lambda cancel: work(options, cancel))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="toile",
        description="A desktop studio for garment design.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"Toile {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    common = _Parser(add_help=False)
    common.add_argument(
        "--device", choices=DEVICE_POLICIES, default="auto", help="default: the best that works"
    )
    common.add_argument(
        "--models", type=Path, metavar="DIR", help="the folder of model packs to use"
    )

    synth = commands.add_parser(
        "synth",
        parents=[common],
        help="draw the garment of a label map",
        description="Draw the garment of a label map as a PNG with a transparent ground.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    synth.add_argument("labels", type=Path, metavar="LABELS.png", help="an indexed PNG")
    synth.add_argument("-o", "--output", type=Path, required=True, metavar="OUT.png")
    synth.add_argument("--seed", type=_seed, default=0, help=f"0 to {MAX_SEED}; default 0")
    synth.add_argument(
        "--size", type=_size, metavar="WxH", help="size of the picture; default: the label map's"
    )
    synth.set_defaults(work=_synth)

    doctor = commands.add_parser(
        "doctor",
        parents=[common],
        help="check this installation and time its packs",
        description="Check versions, devices and model packs, and time every pack.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    doctor.add_argument("--json", action="store_true", help="print JSON")
    doctor.set_defaults(work=_doctor)
    return parser


def _seed(text: str) -> int:
    if not re.fullmatch(r"\d{1,10}", text) or int(text) > MAX_SEED:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 0 to {MAX_SEED}")
    return int(text)


def _size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{1,6})[x×](\d{1,6})", text)
    if not match:
        raise argparse.ArgumentTypeError(f"{text!r} is no size such as 768x1024")
    width, height = int(match[1]), int(match[2])
    try:
        check_size(width, height)
    except LabelMapError as error:
        raise argparse.ArgumentTypeError(error.what) from error
    return width, height


def _run(work: Work) -> int:
    """Do the work in a thread, so that Ctrl-C is heard while a network runs."""
    cancel, done = CancelToken(), threading.Event()
    code: list[int] = []

    def perform() -> None:
        code.append(_told(work, cancel))
        done.set()

    threading.Thread(target=perform, name="command").start()
    while not done.is_set():
        try:
            done.wait(0.1)  # not Thread.join, which takes an interrupted thread for ended
        except KeyboardInterrupt:
            cancel.cancel()
    return code[0]


def _told(work: Work, cancel: CancelToken) -> int:
    """Run ``work``; an error becomes one line on stderr, with its hint, and an exit code."""
    try:
        return work(cancel)
    except ToileError as error:
        print(f"toile: {error}", file=sys.stderr)
        return next((code for kind, code in _CODES if isinstance(error, kind)), Exit.FAILED)
    except BrokenPipeError:
        return Exit.OUTPUT
    except Exception as error:
        log.log.exception("unexpected failure")
        what = str(error).splitlines()[0] if str(error) else type(error).__name__
        print(f"toile: Something unexpected went wrong: {what}.", file=sys.stderr)
        return Exit.FAILED


def _synth(options: argparse.Namespace, cancel: CancelToken) -> int:
    source, target = options.labels, options.output
    if target.exists() and source.exists() and target.samefile(source):
        raise PictureError(
            "The picture would overwrite the label map",
            where=str(target),
            hint="Choose another name after -o.",
        )
    if target.suffix.lower() in SUFFIXES and target.suffix.lower() != ".png":
        raise PictureError(
            f"The picture is a PNG, but the name ends in {target.suffix}",
            where=str(target),
            hint="End the name after -o in .png.",
        )
    label_map = load_label_map(source, wiring.read_palette(options.models))
    services = wiring.open_services(options.device, options.models)
    request = SynthesisRequest(label_map.array, Look(options.seed), options.size)
    result = services.synthesize(request, cancel)
    for notice in result.use.notices:
        print(f"toile: {notice}", file=sys.stderr)
    save_picture(target, result.rgba)
    height, width = result.rgba.shape[:2]
    print(f"{target}: {width} × {height}, {result.use.device}, {result.use.milliseconds:.0f} ms")
    return Exit.OK


def _doctor(options: argparse.Namespace, cancel: CancelToken) -> int:
    from app import doctor  # brings onnxruntime's whole room along; synth needs none of it

    report = doctor.examine(options.device, options.models, cancel)
    if options.json:
        print(msgspec.json.format(msgspec.json.encode(report), indent=2).decode())
    else:
        print(doctor.as_text(report))
    return {"": Exit.OK, "pack": Exit.PACK, "device": Exit.DEVICE}[report["fault"]]
