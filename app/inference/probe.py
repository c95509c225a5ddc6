"""The check of a device in a child process, which alone dies when a driver kills its process."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from app.domain.cancel import CancelToken
from app.domain.errors import Cancelled, PackError, ToileError
from app.inference.packs import Pack, load_pack
from app.inference.providers import Device, device_named
from app.inference.session import OrtSession
from app.inference.vetting import Verdict, check

COMMAND = "probe-device"
"""The entry point's hidden subcommand that calls `answer`."""

_PACK_AT_FAULT = 4
_PATIENCE = 180.0  # seconds; a first start of DirectML compiles every shader
_TICK = 0.05


def ask(
    device: Device,
    pack: Pack,
    cancel: CancelToken,
    *,
    program: Sequence[str] = (),
    patience: float = _PATIENCE,
) -> Verdict:
    """A `Vet`: run the check in a child and read its verdict.

    A child that dies or does not answer within ``patience`` seconds makes the device bad.
    PackError when the child found the pack at fault, Cancelled (the child is ended) when asked.
    ``program`` replaces this program's own command line.
    """
    command = [*(program or _own_program()), COMMAND, device.kind, str(pack.folder)]
    try:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError as error:
        return Verdict(False, f"its test program does not start: {error.strerror}")
    try:
        output = _await(child, cancel, time.monotonic() + patience)
    finally:
        if child.poll() is None:
            child.kill()
            child.communicate()
    if output is None:
        return Verdict(False, f"its test program gave no answer in {patience:.0f} s")
    return _read(child.returncode, output, pack)


def answer(kind: str, folder: Path) -> int:
    """The child's part: check the device and print the verdict as JSON. Returns the exit code."""
    try:
        verdict = check(device_named(kind), load_pack(folder), OrtSession)
    except PackError as error:
        print(error.line)
        return _PACK_AT_FAULT
    except ToileError as error:
        verdict = Verdict(False, str(error))
    print(msgspec.json.encode(verdict).decode())
    return 0


def _await(child: subprocess.Popen[bytes], cancel: CancelToken, deadline: float) -> bytes | None:
    while time.monotonic() < deadline:
        if cancel.cancelled:
            raise Cancelled
        try:
            return child.communicate(timeout=_TICK)[0]
        except subprocess.TimeoutExpired:
            continue
    return None


def _read(code: int, output: bytes, pack: Pack) -> Verdict:
    lines = output.decode("utf-8", "replace").strip().splitlines()
    if code == _PACK_AT_FAULT:
        what = lines[-1] if lines else "The pack cannot be checked"
        raise PackError(what, where=str(pack.folder), hint="Install the pack again.")
    if code != 0 or not lines:
        return Verdict(False, f"it ended its test program (exit code {code})")
    try:
        return msgspec.json.decode(lines[-1], type=Verdict)
    except msgspec.MsgspecError:
        return Verdict(False, "its test program gave no verdict")


def _own_program() -> list[str]:
    return [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "app"]


def _environment() -> dict[str, str]:
    """The child finds this very program, from whatever folder it is started."""
    top = str(Path(__file__).resolve().parents[2])
    rest = os.environ.get("PYTHONPATH", "")
    return os.environ | {
        "PYTHONPATH": os.pathsep.join(part for part in (top, rest) if part),
        "PYTHONIOENCODING": "utf-8",
    }
