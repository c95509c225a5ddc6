"""How long a batch will take and how much room it needs, found by trying a few of its items."""

from __future__ import annotations

import logging
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from app.domain.batch.names import Taken
from app.domain.batch.plan import Item, Plan, in_good_order, name_items
from app.domain.cancel import CancelToken
from app.domain.errors import Cancelled, DeviceError, PackError
from app.domain.picture import encode_picture, in_profile, load_picture
from app.domain.requests import Fit, TryOnRequest

_log = logging.getLogger("toile.batch")
_TIMED, _TRIED, _LOOKED_AT = 3, 8, 500


@dataclass(frozen=True, slots=True)
class Estimate:
    """Of what is still to be done: ``count`` outcomes, ``seconds`` of work and ``bytes``; ``free``
    bytes are left on the disk of the output folder."""

    count: int
    seconds: float
    bytes: int
    free: int

    @property
    def fits(self) -> bool:
        """Whether there is room for all outcomes."""
        return self.bytes < self.free


def estimate(
    plan: Plan, fit: Fit, cancel: CancelToken, *, count: int | None = None, jobs: int = 2
) -> Estimate | None:
    """Dress a few items of the plan without keeping the outcomes; None when none of them works.

    ``count`` outcomes are still to be made; without it all of the plan. The very first opens the
    networks and is not counted, unless it is the only one. PackError, DeviceError, Cancelled.
    """
    count = len(plan.pairs) if count is None else count
    free = _free(plan.order.out.absolute())
    if not count:
        return Estimate(0, 0.0, 0, free)
    pairs = plan.pairs[:_LOOKED_AT]
    items = in_good_order(name_items(plan.order, pairs, Taken(())))
    times: list[float] = []
    sizes: list[int] = []
    for item in items[:_TRIED]:
        cancel.raise_if_cancelled()
        try:
            seconds, size = _try(plan, item, fit, cancel, jobs)
        except (Cancelled, PackError, DeviceError):
            raise
        except Exception as error:  # as in the run itself, it is that item's alone
            _log.warning("item %d cannot be tried: %s", item.number, error)
            continue
        times.append(seconds)
        sizes.append(size)
        if len(times) > _TIMED:
            break
    if not times:
        return None
    warm = times[1:] or times
    each, room = sum(warm) / len(warm), sum(sizes) / len(sizes)
    return Estimate(count, each * count, round(room * count), free)


def _try(plan: Plan, item: Item, fit: Fit, cancel: CancelToken, jobs: int) -> tuple[float, int]:
    """Seconds that an item costs when reading, finishing and saving go on beside the networks, and
    the size of its outcome in bytes."""
    begun = time.perf_counter()
    person = load_picture(item.person)
    cloth = in_profile(load_picture(item.cloth), person.icc)
    read = time.perf_counter()
    upright = plan.order.upright
    finish = fit(TryOnRequest(person.rgba, cloth.rgba, item.category, upright=upright), cancel)
    fitted = time.perf_counter()
    result = finish(cancel)
    name = Path(item.outcome)
    data = encode_picture(name, result.rgba, icc=person.icc, quality=plan.order.quality)
    beside = read - begun + time.perf_counter() - fitted
    return fitted - read + beside / (2 * max(1, jobs)), len(data)


def _free(folder: Path) -> int:
    """Bytes on the disk of a folder, or of the nearest one above it that can be looked at."""
    for place in (folder, *folder.parents):
        try:
            return shutil.disk_usage(place).free
        except OSError as failure:
            _log.debug("%s has no disk yet: %s", place, failure)
    return 0
