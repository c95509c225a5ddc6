"""What was worked out from pictures lately, so that nothing is worked out twice in a row."""

from __future__ import annotations

import hashlib
import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")


class Digests:
    """Names pictures by their content. For one thread at a time.

    A picture that was named before and still lives is known by itself: to hash 12 megapixels
    takes as long as a network. Pictures must not be edited once they are named.
    """

    def __init__(self, kept: int = 64) -> None:
        self._kept = kept
        self._known: OrderedDict[int, tuple[weakref.ref[NDArray[np.uint8]], bytes]] = OrderedDict()

    def __call__(self, rgba: NDArray[np.uint8]) -> bytes:
        entry = self._known.get(id(rgba))
        if entry and entry[0]() is rgba:
            return entry[1]
        content = hashlib.sha256(repr(rgba.shape).encode())
        content.update(np.ascontiguousarray(rgba).data)
        digest = content.digest()
        self._known[id(rgba)] = weakref.ref(rgba), digest
        if len(self._known) > self._kept:
            self._known.popitem(last=False)
        return digest


class Recent(Generic[T]):
    """The last ``count`` values, by key, of ``most`` together as ``size`` measures them."""

    def __init__(
        self, count: int, *, size: Callable[[T], int] = lambda _: 0, most: int = 1
    ) -> None:
        self._count, self._size, self._most = count, size, most
        self._values: OrderedDict[tuple[bytes, str], T] = OrderedDict()

    def get(self, digest: bytes, what: str, make: Callable[[], T]) -> T:
        """The value for a picture's ``digest`` and ``what`` of it; made when it is not there.

        What ``make`` raises is not remembered.
        """
        key = digest, what
        if key not in self._values:
            self._values[key] = make()
        self._values.move_to_end(key)
        value = self._values[key]
        while len(self._values) > 1 and (
            len(self._values) > self._count
            or sum(map(self._size, self._values.values())) > self._most
        ):
            self._values.popitem(last=False)
        return value
