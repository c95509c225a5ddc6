"""Times, sizes and counts as a person reads them."""

from __future__ import annotations


def duration(seconds: float) -> str:
    """About how long: "40 s", "12 min", "3 h 20 min", "2 days 4 h"."""
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        hours, rest = divmod(minutes, 60)
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    days, rest = divmod(round(minutes / 60), 24)
    return f"{days} days {rest} h" if rest else f"{days} days"


def size(count: int) -> str:
    """Bytes as "640 KB", "12 MB", "4.1 GB"."""
    if count < 1_000_000:
        return f"{max(1, round(count / 1000))} KB"
    if count < 1_000_000_000:
        return f"{round(count / 1_000_000)} MB"
    return f"{count / 1_000_000_000:.1f} GB"


def pace(rate: float) -> str:
    """Items per second, or per minute or hour where these are few; "" for 0."""
    if rate <= 0:
        return ""
    for per, word in ((1, "a second"), (60, "a minute")):
        if rate * per >= 1:
            return f"{rate * per:.1f} {word}"
    return f"{rate * 3600:.1f} an hour"


def many(count: int, one: str, more: str = "") -> str:
    """A count with its noun: "1 pair", "1,200 pairs"."""
    return f"{count:,} {one if count == 1 else more or one + 's'}"
