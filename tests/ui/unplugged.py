"""A process that may not use a network walks both journeys in the real window, with the packs.

Whoever opens an internet socket ends it: Python's own are seen by an audit hook, those of
libraries, on Linux, by the kernel. `python -m tests.ui.unplugged FOLDER`; with `python` or
`library` as a second argument it opens one that way, to show that the guard is awake.
"""

import ctypes
import os
import platform
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

CAUGHT = 77
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _FILTER = 38, 22, 2
_SOCKET = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
"""The kernel's names of processor and of the call that opens a socket."""
GUARDED = sys.platform == "linux" and platform.machine() in _SOCKET
"""Whether the kernel watches."""
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
SECONDS = 200


def forbid_sockets() -> None:
    """End the process at once when it opens an internet socket or looks up a host."""
    sys.addaudithook(_python)
    if GUARDED:
        _kernel(*_SOCKET[platform.machine()])


def _python(event: str, arguments: tuple[object, ...]) -> None:
    local = event == "socket.__new__" and arguments[1] == getattr(socket, "AF_UNIX", None)
    if event.startswith("socket.") and not local:
        sys.stderr.write(f"{event}{arguments[1:]}\n")
        sys.stderr.flush()
        os._exit(CAUGHT)


def _kernel(processor: int, call: int) -> None:
    class Step(ctypes.Structure):
        _fields_ = [
            ("code", ctypes.c_ushort), ("yes", ctypes.c_ubyte), ("no", ctypes.c_ubyte),
            ("value", ctypes.c_uint),
        ]  # fmt: skip

    class Program(ctypes.Structure):
        _fields_ = [("count", ctypes.c_ushort), ("steps", ctypes.POINTER(Step))]

    steps = (Step * 9)(
        Step(_LOAD, 0, 0, 4), Step(_EQUAL, 0, 5, processor),
        Step(_LOAD, 0, 0, 0), Step(_EQUAL, 0, 3, call),
        Step(_LOAD, 0, 0, 16), Step(_EQUAL, 2, 0, socket.AF_INET),
        Step(_EQUAL, 1, 0, socket.AF_INET6),
        Step(_RETURN, 0, 0, _ALLOW), Step(_RETURN, 0, 0, _KILL),
    )  # fmt: skip
    system = ctypes.CDLL(None, use_errno=True)
    if system.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "the kernel does not take the guard")
    if system.prctl(_PR_SET_SECCOMP, _FILTER, ctypes.byref(Program(len(steps), steps)), 0, 0):
        raise OSError(ctypes.get_errno(), "the kernel does not take the guard")


def walk(folder: Path) -> None:
    """Paint and see the picture; dress the figure of that picture."""
    from PySide6.QtWidgets import QApplication

    from app import wiring
    from app.domain.picture import save_picture
    from app.inference.mannequin import shirt
    from app.jobs.files import FilePool
    from app.jobs.lane import InferenceLane
    from app.settings import Settings
    from app.ui import launch, pictures, theme
    from tests.ui.hands import drag

    qt = QApplication([])
    launch.prepare(qt, "dark")
    lane, pool = InferenceLane(), FilePool()
    window = launch.make_window(Settings(), wiring, lane, pool)
    theme.dress(qt)
    window.resize(1400, 900)
    window.show()

    def wait(until: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + SECONDS
        while not until():
            if time.monotonic() > deadline:
                sys.exit(f"{what} did not come")
            qt.processEvents()
            time.sleep(0.005)

    shown = []
    window.live.shown.connect(lambda result: shown.append(result.rgba))
    wait(lambda: bool(shown), "the first picture")
    count = len(shown)
    drag(window.design.canvas, [(20, 20), (30, 40), (40, 60)])
    wait(lambda: len(shown) > count and not window.live.waiting, "the picture of a stroke")

    person, cloth = folder / "person.png", folder / "cloth.png"
    save_picture(person, shown[0])
    flat = shirt(512, 384)
    flat[..., 3] = 255
    save_picture(cloth, flat)
    room = window.workspaces.go("tryon") or window.workspaces.tryon
    room.intake.take(pictures.from_file(person), person=True)
    room.intake.take(pictures.from_file(cloth), person=False)
    wait(lambda: room.fitting.outcome is not None, "an outcome")
    changed = (room.fitting.outcome.region > 0).mean()
    print(f"{len(shown)} pictures, an outcome with {changed:.3f} of the photo changed")
    sys.stdout.flush()
    os._exit(0 if changed else 1)


if __name__ == "__main__":
    forbid_sockets()
    if sys.argv[2:] == ["python"]:
        socket.socket()
    elif sys.argv[2:] == ["library"]:
        ctypes.CDLL(None).socket(socket.AF_INET, socket.SOCK_STREAM, 0)
    else:
        walk(Path(sys.argv[1]))
