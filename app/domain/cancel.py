"""A flag that one thread raises and another obeys."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import count

from app.domain.errors import Cancelled


class CancelToken:
    """Raised once, never lowered; every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cancelled = False
        self._callbacks: dict[int, Callable[[], None]] = {}
        self._keys = count()

    @property
    def cancelled(self) -> bool:
        return self._cancelled

    def cancel(self) -> None:
        """Raise the flag and call every registered callback once, in the caller's thread."""
        with self._lock:
            if self._cancelled:
                return
            self._cancelled = True
            callbacks = list(self._callbacks.values())
            self._callbacks.clear()
        for callback in callbacks:
            callback()

    def raise_if_cancelled(self) -> None:
        """Raise `Cancelled` when the flag is up."""
        if self._cancelled:
            raise Cancelled

    def on_cancel(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Have ``callback`` called once on cancel, at once when already cancelled.

        Returns a function that unregisters it. The callback runs in the thread that cancels,
        so it must be short and safe there.
        """
        with self._lock:
            if not self._cancelled:
                key = next(self._keys)
                self._callbacks[key] = callback
                return lambda: self._forget(key)
        callback()
        return lambda: None

    def _forget(self, key: int) -> None:
        with self._lock:
            self._callbacks.pop(key, None)
