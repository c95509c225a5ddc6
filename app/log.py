"""The log: a rotating file in the person's log folder, and hooks for what nobody caught."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from app import paths

_BYTES = 1_000_000
_KEPT = 3
_FORMAT = "%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s"

log = logging.getLogger("toile")


def setup(folder: Path | None = None) -> Path | None:
    """Write the log to toile.log in ``folder``, the person's log folder when none is given; three
    older files are kept, 1 MB each.

    Returns the file, or None when the folder cannot be written: the program then runs without a
    log rather than not at all. Calling it again changes nothing.
    """
    root = logging.getLogger()
    for handler in root.handlers:
        if isinstance(handler, RotatingFileHandler):
            return Path(handler.baseFilename)
    file = (folder or paths.log_dir()) / "toile.log"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(file, maxBytes=_BYTES, backupCount=_KEPT, encoding="utf-8")
    except OSError:
        root.addHandler(logging.NullHandler())
        return None
    handler.setFormatter(logging.Formatter(_FORMAT))
    root.addHandler(handler)
    log.setLevel(logging.INFO)
    return file


def catch_uncaught(show: Callable[[str], None] | None = None) -> None:
    """Log every exception that nobody caught, in any thread, in place of a traceback on screen.

    ``show`` then gets one sentence for the person; it may be called from any thread.
    """

    def report(kind: type[BaseException], error: BaseException | None, where: str) -> None:
        trace = error.__traceback__ if error else None
        log.error("uncaught in %s", where, exc_info=(kind, error or kind(), trace))
        if show:
            show(f"Something unexpected went wrong: {error or kind.__name__}.")

    def main_hook(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
        else:
            report(kind, error, "the main thread")

    def thread_hook(args: threading.ExceptHookArgs) -> None:
        report(args.exc_type, args.exc_value, args.thread.name if args.thread else "a thread")

    sys.excepthook = main_hook
    threading.excepthook = thread_hook
