"""`toile`, the same as `python -m app`: the window, or a command without one."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from app import selftest


def run() -> NoReturn:
    """Run the program with the process's own arguments and end the process."""
    code = main()
    if "PySide6.QtWidgets" in sys.modules:
        _leave(code)
    sys.exit(code)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program with these arguments, the process's own when none are given. Returns its
    exit code, also when Ctrl-C is pressed."""
    try:
        return _main(sys.argv[1:] if arguments is None else list(arguments))
    except KeyboardInterrupt:
        return 130


def _main(arguments: list[str]) -> int:
    """Everything is imported in here, in the order that works: on Windows onnxruntime has to come
    before Qt, whose older C++ runtime it cannot use; elsewhere it loads after the window shows."""
    _speak_utf8()
    if arguments[:1] == [selftest.OPTION]:
        from app.selftest import program

        return program.main(arguments[1:])
    testing = arguments[:1] == [selftest.INSIDE]
    file = _file_to_open(arguments)
    if arguments and file is None and not testing:
        from app import cli

        return cli.main(arguments)
    if not testing and not _has_screen():
        print(
            "toile: There is no screen to open a window on. "
            "Use “toile synth LABELS.png -o OUT.png”, or see “toile --help”.",
            file=sys.stderr,
        )
        return 1
    # Nothing that a start makes is garbage, yet the collector would go through it again and again;
    # `launch` switches it back on when the window shows.
    gc.disable()
    # numpy's own threads are never used here, and starting them costs a third of its import.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if sys.platform == "win32":
        # A runtime that does not load is told by the window, when the network is to open.
        with contextlib.suppress(ImportError, OSError):
            import onnxruntime  # noqa: F401
    if testing:
        from app.selftest import inside

        return inside.main(arguments[1:], has_screen=_has_screen())
    from app import log, wiring
    from app.ui import launch

    log.setup()
    return int(launch.main(sys.argv[:1], wiring, file))


def _leave(code: int) -> NoReturn:
    """End the process, whose window is closed and whose work is written. An interpreter that takes
    Qt and onnxruntime down in the order in which it comes upon them crashes now and then."""
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os._exit(code)


def _file_to_open(arguments: list[str]) -> Path | None:
    """The file that the window is to open: the one argument, when it reads like a file name.

    Commands have no ending and options begin with a dash; whether there is such a file, the window
    tells.
    """
    if len(arguments) != 1 or arguments[0].startswith("-"):
        return None
    path = Path(arguments[0])
    return path.absolute() if path.suffix else None


def _has_screen() -> bool:
    """Whether Qt could open a window: asked first, because Qt aborts the process when it cannot."""
    if sys.platform != "linux" or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _speak_utf8() -> None:
    """File names and “×” reach any terminal or pipe, whatever its code page."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")


if __name__ == "__main__":
    run()
