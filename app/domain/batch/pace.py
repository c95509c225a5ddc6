"""How fast items end, pauses left out."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

_REMEMBERED = 60


class Pace:
    """Counts ends in time. For one thread at a time, but `hold` and `go_on` for another."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._held_at: float | None = None
        self._held = 0.0
        self._ends: deque[float] = deque(maxlen=_REMEMBERED)

    def hold(self) -> None:
        """Stop the clock."""
        self._held_at = self._clock()

    def go_on(self) -> None:
        """Let the clock go on."""
        if self._held_at is not None:
            self._held += self._clock() - self._held_at
            self._held_at = None

    def tick(self) -> None:
        """An item has ended now."""
        self._ends.append(self._now)

    @property
    def rate(self) -> float:
        """Items per second over the last 60; 0 until two have ended."""
        if len(self._ends) < 2:
            return 0.0
        passed = self._ends[-1] - self._ends[0]
        return (len(self._ends) - 1) / passed if passed > 0 else 0.0

    @property
    def _now(self) -> float:
        return (self._held_at if self._held_at is not None else self._clock()) - self._held
