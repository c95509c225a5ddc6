"""Whole files: failures are told in words, and nothing is ever half written."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

from app.domain.errors import ToileError

TEMPORARY = ".tmp"
"""How the names of temporary files end."""
_SPACE = "Free some space or choose another folder."
_OTHER = "Choose another file."
_RIGHTS = "Choose a folder and file that you may write to."
_REASONS = {
    errno.ENOSPC: ("the disk is full", _SPACE),
    errno.EDQUOT: ("the disk quota is used up", _SPACE),
    errno.EFBIG: ("the file is larger than this disk allows", _SPACE),
    errno.EROFS: ("the disk or folder is read-only", _RIGHTS),
    errno.ENAMETOOLONG: ("the name is too long", "Choose a shorter name."),
    errno.EINVAL: ("the name is not allowed here", "Choose another name."),
    errno.EIO: ("the disk reports an error", "Try again or choose another disk."),
}


def read_bytes(path: Path, *, what: str, error: type[ToileError], limit: int) -> bytes:
    """The whole file, at most ``limit`` bytes.

    ``what`` names the content for the message ("label map"); every failure is raised as ``error``.
    """
    doing = f"The {what} cannot be opened"
    try:
        if path.is_dir():
            raise error(f"{doing}: this is a folder", where=str(path), hint="Choose a file in it.")
        with path.open("rb") as file:
            # Asking for `limit` at once would have that much memory set aside, whatever is there.
            first = min(os.fstat(file.fileno()).st_size, limit) + 1
            data = file.read(first)
            if len(data) == first <= limit:  # it grew, or is no file that has a size
                data += file.read(limit + 1 - first)
    except (OSError, ValueError) as failure:
        raise told(failure, doing, path, error, reading=True) from failure
    if not data:
        raise error(f"{doing}: the file is empty", where=str(path), hint=_OTHER)
    if len(data) > limit:
        size = f"larger than {limit >> 20} MB"
        raise error(f"{doing}: the file is {size}", where=str(path), hint=_OTHER)
    return data


def write_atomic(
    path: Path, data: bytes, *, what: str, error: type[ToileError], via: Path | None = None
) -> None:
    """Write ``data`` so that ``path`` holds either its old content or all of the new.

    The bytes go to a temporary file in the same folder, or in ``via`` on the same disk, are
    flushed to the disk and then take the name of ``path`` in one step; a link is written through.
    The temporary file is removed on failure. Every failure is raised as ``error``.
    """
    doing = f"The {what} cannot be saved"
    try:
        target = path.resolve()
        if target.is_dir():
            raise error(f"{doing}: this is a folder", where=str(path), hint="Add a file name.")
        if target.exists() and not target.is_file():  # a device or pipe would be replaced by a file
            raise error(f"{doing}: this is not an ordinary file", where=str(path), hint=_OTHER)
        if target.exists() and not os.access(target, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        temporary = (via or target.parent) / f".toile-{os.urandom(8).hex()}{TEMPORARY}"
        try:
            with temporary.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if target.exists():
                shutil.copymode(target, temporary)
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except (OSError, ValueError, RuntimeError) as failure:  # resolve: NUL in the name, link loop
        raise told(failure, doing, path, error, reading=False) from failure


def same(one: Path, other: Path) -> bool:
    """Whether both are there and one and the same; False also where that cannot be found out."""
    try:
        return one.samefile(other)
    except OSError:
        return False


def told(
    failure: Exception, doing: str, path: Path, error: type[ToileError], *, reading: bool
) -> ToileError:
    """What the system says of ``path``, as an ``error`` in words; ``doing`` is its first half."""
    if isinstance(failure, FileNotFoundError | NotADirectoryError):
        missing = "there is no such file" if reading else "there is no such folder"
        reason, hint = missing, "Check the name or choose another place."
    elif isinstance(failure, PermissionError):
        verb = "read" if reading else "write"
        reason = f"you may not {verb} it, or another program holds it"
        hint = "" if reading else _RIGHTS
    elif isinstance(failure, OSError):
        code = failure.errno or 0
        reason, hint = _REASONS.get(code, (failure.strerror or "the disk refuses it", ""))
    else:
        reason, hint = _REASONS[errno.EINVAL]
    return error(f"{doing}: {reason}", where=str(path), hint=hint)
