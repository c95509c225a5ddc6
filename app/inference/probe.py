"""The check of a device in a child process, which alone dies when a driver kills its process."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from app.domain.cancel import CancelToken
from app.domain.errors import PackError, ToileError
from app.inference.packs import Pack, load_pack
from app.inference.providers import Device, device_named
from app.inference.session import OrtSession
from app.inference.vetting import Verdict, check

COMMAND = "probe-device"
"""The entry point's hidden subcommand that calls `answer`."""

_PATIENCE = 90.0  # seconds; a first start of DirectML compiles every shader
_TICK = 0.05


class _Answer(msgspec.Struct):
    verdict: Verdict = Verdict(False, "its test program gave no verdict")
    pack_fault: str = ""


def ask(
    device: Device,
    pack: Pack,
    cancel: CancelToken,
    *,
    program: Sequence[str] = (),
    patience: float = _PATIENCE,
) -> Verdict:
    """A `Vet`: run the check in a child process and read its verdict.

    A child that dies or does not answer within ``patience`` seconds makes the device bad.
    PackError when the child found the pack at fault, Cancelled (the child is ended) when asked.
    ``program`` replaces this program's own command line.
    """
    with tempfile.TemporaryDirectory(prefix="toile-", ignore_cleanup_errors=True) as scratch:
        answer_file = Path(scratch) / "answer.json"
        arguments = [COMMAND, device.id, str(pack.folder), str(answer_file)]
        try:
            child = subprocess.Popen(
                [*(program or own_program()), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=environment(),
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as error:
            return Verdict(False, f"its test program does not start: {error.strerror}")
        try:
            ended = _await(child, cancel, time.monotonic() + patience)
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
        if not ended:
            return Verdict(
                False, f"its test program gave no answer in {patience:.0f} s", fatal=True
            )
        return _read(child.returncode, answer_file, pack)


def answer(identity: str, folder: Path, answer_file: Path) -> int:
    """The child's part: check the device and write what came of it. Returns the exit code.

    To a file, because a program without a console has no standard output on Windows.
    """
    try:
        found = _Answer(verdict=check(device_named(identity), load_pack(folder), OrtSession))
    except PackError as error:
        found = _Answer(pack_fault=error.line)
    except ToileError as error:
        found = _Answer(verdict=Verdict(False, str(error)))
    answer_file.write_bytes(msgspec.json.encode(found))
    return 0


def _await(child: subprocess.Popen[bytes], cancel: CancelToken, deadline: float) -> bool:
    """Whether the child ended before the deadline."""
    while time.monotonic() < deadline:
        cancel.raise_if_cancelled()
        try:
            child.wait(timeout=_TICK)
        except subprocess.TimeoutExpired:
            continue
        return True
    return False


def _read(code: int, answer_file: Path, pack: Pack) -> Verdict:
    if code != 0:
        return Verdict(False, f"it ended its test program (exit code {code})", fatal=True)
    try:
        found = msgspec.json.decode(answer_file.read_bytes(), type=_Answer)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return Verdict(False, "its test program gave no verdict")
    if found.pack_fault:
        raise PackError(found.pack_fault, where=str(pack.folder), hint="Install the pack again.")
    return found.verdict


def own_program() -> list[str]:
    """The command line that starts this very program, frozen or not."""
    return [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "app"]


def environment() -> dict[str, str]:
    """Of a child that finds this very program from whatever folder it is started."""
    top = str(Path(__file__).resolve().parents[2])
    rest = os.environ.get("PYTHONPATH", "")
    return os.environ | {"PYTHONPATH": os.pathsep.join(part for part in (top, rest) if part)}
