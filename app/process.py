"""This process as the system sees it: how long it has been there, how much memory it holds."""

from __future__ import annotations

import ctypes
import os
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

_SINCE = time.perf_counter()
_MB = 1 << 20
_MMAP_THRESHOLD = -3  # M_MMAP_THRESHOLD of glibc's malloc.h


def seconds() -> float:
    """Since the process was started, its loading and Python's own start included; since this module
    was imported where the system does not tell."""
    begun = _begun()
    return time.perf_counter() - _SINCE if begun is None else max(0.0, time.time() - begun)


def memory() -> dict[str, int]:
    """Megabytes that are the process's own or shared with others: "now" and the "peak" so far.
    Empty where the system does not tell."""
    if sys.platform == "win32":
        now, peak = _windows_memory()
        return {"now": now // _MB, "peak": peak // _MB}
    try:
        lines = Path("/proc/self/status").read_text("ascii").splitlines()
    except OSError:
        return {}
    kilobytes = {line.split(":")[0]: line.split()[1] for line in lines if line.endswith(" kB")}
    return {"now": int(kilobytes["VmRSS"]) >> 10, "peak": int(kilobytes["VmHWM"]) >> 10}


def expect_pictures() -> None:
    """Have memory for pictures come from the system and go back to it, where the C library would
    cut it into pieces (glibc: it learns from the first large block that is freed)."""
    if sys.platform == "linux":
        _c("mallopt")(_MMAP_THRESHOLD, 4 * _MB)


def give_back() -> None:
    """Return free memory to the system where the C library would keep it (glibc: what smaller
    blocks of changing sizes leave between them adds up); a few milliseconds."""
    if sys.platform == "linux":
        _c("malloc_trim")(0)


@cache
def _c(name: str) -> Callable[..., int]:
    """A function of the C library; nothing happens where it has none of that name."""
    return getattr(ctypes.CDLL(None), name, lambda *_: 0)


def _begun() -> float | None:
    """When the process was started, in seconds as `time.time` counts them."""
    if sys.platform == "win32":
        return _windows_start()
    try:
        # The name before the bracket may hold blanks; field 22 of all is the start in ticks.
        fields = Path("/proc/self/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        ticks = int(fields[19]) / os.sysconf("SC_CLK_TCK")
        return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) + ticks
    except (OSError, AttributeError):
        return None


if sys.platform == "win32":
    from ctypes import wintypes

    _KERNEL = ctypes.WinDLL("kernel32", use_last_error=True)
    _KERNEL.GetCurrentProcess.restype = wintypes.HANDLE
    _1970 = 116_444_736_000_000_000  # in the tenths of microseconds since 1601 of a FILETIME

    class _Counters(ctypes.Structure):
        """PROCESS_MEMORY_COUNTERS."""

        _fields_ = (
            ("cb", wintypes.DWORD),
            ("page_faults", wintypes.DWORD),
            ("peak_working_set", ctypes.c_size_t),
            ("working_set", ctypes.c_size_t),
            ("rest", ctypes.c_size_t * 6),
        )

    def _windows_start() -> float | None:
        times = [wintypes.FILETIME() for _ in range(4)]
        process = wintypes.HANDLE(_KERNEL.GetCurrentProcess())
        if not _KERNEL.GetProcessTimes(process, *(ctypes.byref(each) for each in times)):
            return None
        made = times[0].dwHighDateTime << 32 | times[0].dwLowDateTime
        return float(made - _1970) / 1e7

    def _windows_memory() -> tuple[int, int]:
        counters = _Counters()
        counters.cb = ctypes.sizeof(counters)
        process = wintypes.HANDLE(_KERNEL.GetCurrentProcess())
        _KERNEL.K32GetProcessMemoryInfo(process, ctypes.byref(counters), counters.cb)
        return int(counters.working_set), int(counters.peak_working_set)
