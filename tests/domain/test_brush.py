import math
from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import brush
from app.domain.document import Document
from app.domain.geometry import EMPTY, Rect
from app.domain.label_map import LabelMap
from app.domain.paint import Paint
from app.domain.palette import Palette

SIZE = (90, 70)
CANVAS = Rect(0, 0, *SIZE)
places = st.tuples(st.floats(-60, 150), st.floats(-60, 130))
diameters = st.integers(1, 40)


def covered(start: brush.Dab, end: brush.Dab, within: Rect = CANVAS) -> np.ndarray:
    mask = np.zeros((within.h, within.w), bool)
    for stencil in brush.segment(start, end, within):
        rect = stencil.rect
        mask[Rect(rect.x - within.x, rect.y - within.y, rect.w, rect.h).slices] |= stencil.mask
    return mask


def pixel_centres() -> tuple[np.ndarray, np.ndarray]:
    return np.arange(SIZE[0])[None, :] + 0.5, np.arange(SIZE[1])[:, None] + 0.5


@pytest.mark.parametrize("diameter", [1, 2, 3, 4, 5, 8, 13, 24, 60, 61, 255, brush.MAX_DIAMETER])
def test_a_stamp_is_exactly_as_wide_as_asked_and_round(diameter: int) -> None:
    mask = brush.stamp(diameter)
    assert mask.shape == (diameter, diameter)
    assert mask.any(axis=0).all()
    assert mask.any(axis=1).all()
    assert (mask == mask.T).all()
    assert (mask == mask[::-1]).all()
    assert (mask == mask[:, ::-1]).all()
    if diameter > 3:
        assert not mask[0, 0]
        assert abs(mask.sum() / (math.pi * diameter**2 / 4) - 1) < 0.1


@given(places, st.floats(0.2, 60))
def test_every_dab_of_a_size_has_the_same_shape_and_lies_close(
    place: tuple[float, float], diameter: float
) -> None:
    dab = brush.dab(*place, diameter)
    far = Rect(-200, -200, 500, 500)
    mask = covered(dab, dab, far)
    assert mask.sum() == brush.stamp(diameter).sum()
    assert abs(dab.x - place[0]) <= 0.5
    assert abs(dab.y - place[1]) <= 0.5


@given(places, places, diameters, diameters)
def test_a_segment_is_the_union_of_the_dabs_along_it(
    a: tuple[float, float], b: tuple[float, float], da: int, db: int
) -> None:
    start, end = brush.dab(*a, da), brush.dab(*b, db)
    got = covered(start, end)
    x, y = pixel_centres()
    inner = np.zeros(got.shape, bool)
    outer = np.zeros(got.shape, bool)
    steps = 1 + 4 * math.ceil(math.hypot(end.x - start.x, end.y - start.y))
    for t in np.linspace(0, 1, steps + 1):
        distance = np.hypot(
            x - start.x - (end.x - start.x) * t, y - start.y - (end.y - start.y) * t
        )
        radius = (start.diameter + (end.diameter - start.diameter) * t) / 2
        inner |= distance <= radius - 0.02
        outer |= distance <= radius + 0.15
    if max(da, db) > 1:
        assert not (inner & ~got).any()
        assert not (got & ~outer).any()
    else:
        # A line one pixel wide leaves the true line by half a pixel at most.
        assert not (got & ~cv2.dilate(outer.view(np.uint8), np.ones((3, 3))).view(bool)).any()


@given(st.tuples(st.floats(0, 89), st.floats(0, 69)), st.tuples(st.floats(0, 89), st.floats(0, 69)))
def test_the_thinnest_stroke_has_no_gaps_and_no_doubled_pixels(
    a: tuple[float, float], b: tuple[float, float]
) -> None:
    start, end = brush.dab(*a, 1), brush.dab(*b, 1)
    mask = covered(start, end)
    parts, _ = cv2.connectedComponents(mask.view(np.uint8), connectivity=8)
    assert parts == 2
    assert mask.sum() == max(abs(end.x - start.x), abs(end.y - start.y)) + 1


def test_a_long_diagonal_is_cut_into_small_stencils() -> None:
    far = Rect(0, 0, 2048, 1536)
    stencils = list(brush.segment(brush.dab(0, 0, 60), brush.dab(2048, 1536, 60), far))
    assert sum(stencil.mask.size for stencil in stencils) < far.w * far.h / 4


@given(
    st.lists(st.tuples(places, diameters), min_size=2, max_size=5),
    st.integers(1, 25),
    st.sets(st.integers(0, 25), max_size=12),
    st.one_of(st.none(), st.integers(0, 180).map(lambda twice: twice / 2)),
    st.integers(0, 2**32 - 1),
)
def test_strokes_keep_protection_mirror_and_dirty_rectangle(
    palette: Palette,
    stroke: list[tuple[tuple[float, float], int]],
    cls: int,
    protected: set[int],
    axis: float | None,
    seed: int,
) -> None:
    before = np.random.default_rng(seed).integers(0, 26, SIZE[::-1], dtype=np.uint8)
    document = Document(LabelMap(before.copy(), palette))
    paint = Paint(cls, frozenset(protected), axis)
    dirty = EMPTY
    reach = paint.reach(*SIZE)
    dabs = [brush.dab(*place, diameter) for place, diameter in stroke]
    stroked = np.zeros((reach.h, reach.w), bool)
    for start, end in pairwise(dabs):
        stroked |= covered(start, end, reach)
        for stencil in brush.segment(start, end, reach):
            dirty = dirty.union(document.lay(stencil, paint))
    after = document.labels.array
    changed = after != before
    assert not np.isin(before[changed], list(protected)).any()
    outside = changed.copy()
    outside[dirty.slices] = False
    assert not outside.any()
    if axis is not None:
        # The reach is symmetric about the axis, so its mirror image is itself turned round.
        stroked |= stroked[:, ::-1]
    stroked = stroked[:, -reach.x :][:, : SIZE[0]]
    free = ~np.isin(before, list(protected))
    assert np.array_equal(after, np.where(stroked & free, np.uint8(cls), before))


def test_pressure_scales_the_diameter_and_never_below_a_pixel() -> None:
    assert brush.pressed_diameter(40, 1.0, 2.0) == 40
    assert brush.pressed_diameter(40, 0.5) == 20
    assert brush.pressed_diameter(40, 0.5, 0.5) > 20 > brush.pressed_diameter(40, 0.5, 2.0)
    assert brush.pressed_diameter(40, 0.0) == 1
    assert brush.pressed_diameter(40, 7.0) == 40
