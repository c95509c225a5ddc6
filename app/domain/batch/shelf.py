"""Pictures of a run, read ahead in other threads and kept as long as they are likely wanted."""

from __future__ import annotations

import threading
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from app.domain.batch.plan import AT_ONCE, Item
from app.domain.picture import Picture, in_profile, load_picture

_CLOTHS = 8
_PROFILES = 4
_MOST_BYTES = 512 << 20


@dataclass(frozen=True, eq=False)
class Pair:
    """A person, and a cloth in the person's colour profile."""

    person: Picture
    cloth: Picture


class _Loaded:
    """One picture, and the same in other colour profiles."""

    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        self._lock = threading.Lock()
        self._others: OrderedDict[bytes | None, Picture] = OrderedDict()

    @property
    def nbytes(self) -> int:
        """What all of them take."""
        with self._lock:
            every = (self.picture, *self._others.values())
        return sum(picture.rgba.nbytes for picture in every)

    def within(self, icc: bytes | None) -> Picture:
        """Always the same object for a profile: try-on knows a picture again by that."""
        if icc == self.picture.icc:
            return self.picture
        with self._lock:
            if icc not in self._others:
                self._others[icc] = in_profile(self.picture, icc)
            self._others.move_to_end(icc)
            if len(self._others) > _PROFILES:
                self._others.popitem(last=False)
            return self._others[icc]


class Shelf:
    """The pictures at hand. `fetch` is for one thread, the reading happens in ``pool``."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool
        self._people: OrderedDict[Path, Future[_Loaded]] = OrderedDict()
        self._cloths: OrderedDict[Path, Future[_Loaded]] = OrderedDict()

    def fetch(self, item: Item) -> Future[Pair]:
        """Begin to read what an item needs. The result raises PictureError."""
        person = self._load(item.person, self._people, AT_ONCE)
        cloth = self._load(item.cloth, self._cloths, _CLOTHS)
        return self._pool.submit(_paired, person, cloth)

    @property
    def full(self) -> bool:
        """Whether so much is held that reading ahead has to wait."""
        return self._bytes() > _MOST_BYTES

    def _load(
        self, path: Path, held: OrderedDict[Path, Future[_Loaded]], most: int
    ) -> Future[_Loaded]:
        future = held.get(path)
        if future is None or (future.done() and future.exception() is not None):
            held[path] = future = self._pool.submit(lambda: _Loaded(load_picture(path)))
        held.move_to_end(path)
        while len(held) > most or (len(held) > 1 and self.full):
            held.popitem(last=False)
        return future

    def _bytes(self) -> int:
        return sum(
            future.result().nbytes
            for held in (self._people, self._cloths)
            for future in held.values()
            if future.done() and not future.cancelled() and future.exception() is None
        )


def _paired(person: Future[_Loaded], cloth: Future[_Loaded]) -> Pair:
    photo = person.result().picture
    return Pair(photo, cloth.result().within(photo.icc))
