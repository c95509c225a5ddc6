import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import shapes
from app.domain.geometry import Rect
from app.domain.paint import Stencil

CANVAS = Rect(0, 0, 60, 40)
points = st.tuples(st.floats(-20, 80), st.floats(-20, 60))


def on_canvas(stencil: Stencil) -> np.ndarray:
    mask = np.zeros((CANVAS.h, CANVAS.w), bool)
    clipped = stencil.clip(CANVAS.w, CANVAS.h)
    mask[clipped.rect.slices] = clipped.mask
    return mask


def winding(x: float, y: float, corners: list[tuple[float, float]]) -> float:
    """Turns of the outline round a point, by summed angles."""
    total = 0.0
    for (ax, ay), (bx, by) in zip(corners, corners[1:] + corners[:1], strict=True):
        cross = (ax - x) * (by - y) - (bx - x) * (ay - y)
        total += math.atan2(cross, (ax - x) * (bx - x) + (ay - y) * (by - y))
    return total / (2 * math.pi)


def test_a_box_includes_both_corners_in_any_direction() -> None:
    assert shapes.box((2.5, 3.5), (2.9, 3.1)) == Rect(2, 3, 1, 1)
    assert shapes.box((2.5, 3.5), (6.0, 1.0)) == Rect(2, 1, 5, 3)
    assert shapes.box((6.0, 1.0), (2.5, 3.5)) == Rect(2, 1, 5, 3)
    assert shapes.box((5.5, 5.5), (1.5, 7.5), square=True) == Rect(1, 5, 5, 5)
    assert shapes.box((5.5, 5.5), (1.5, 7.5), centred=True) == Rect(1, 3, 9, 5)


@pytest.mark.parametrize(
    ("end", "expected"), [((10, 1), (10, 0)), ((7, 6), (6.5, 6.5)), ((-1, -9), (0, -9))]
)
def test_angles_hold_to_45_degrees(end: shapes.Point, expected: shapes.Point) -> None:
    assert shapes.constrain_angle((0, 0), end) == pytest.approx(expected)


def test_rectangle_is_clipped() -> None:
    mask = on_canvas(shapes.rectangle(Rect(-5, 30, 10, 50), CANVAS))
    assert mask.sum() == 5 * 10
    assert not shapes.rectangle(Rect(100, 100, 5, 5), CANVAS).mask.size


@given(st.integers(-10, 50), st.integers(-10, 30), st.integers(1, 50), st.integers(1, 50))
def test_ellipse_holds_the_pixels_whose_centres_lie_in_it(x: int, y: int, w: int, h: int) -> None:
    far = Rect(-100, -100, 300, 300)
    stencil = shapes.ellipse(Rect(x, y, w, h), far)
    assert stencil.rect == Rect(x, y, w, h)
    across = (np.arange(w)[None, :] + 0.5 - w / 2) / (w / 2)
    down = (np.arange(h)[:, None] + 0.5 - h / 2) / (h / 2)
    deep = across**2 + down**2
    assert stencil.mask[deep <= 1 - 1e-5].all()
    assert not stencil.mask[deep > 1 + 1e-5].any()
    assert (stencil.mask == stencil.mask[::-1]).all()
    assert (stencil.mask == stencil.mask[:, ::-1]).all()
    part = shapes.ellipse(Rect(x, y, w, h), CANVAS)
    assert (on_canvas(part) == on_canvas(stencil)).all()


@given(st.lists(points, min_size=1, max_size=7))
def test_polygon_covers_its_corners_and_all_it_winds_round(
    corners: list[tuple[float, float]],
) -> None:
    mask = on_canvas(shapes.polygon(corners, CANVAS))
    for x, y in corners:
        if 0 <= x < CANVAS.w and 0 <= y < CANVAS.h:
            assert mask[int(y), int(x)]
    for row in range(1, CANVAS.h, 7):
        for column in range(1, CANVAS.w, 7):
            turns = winding(column + 0.5, row + 0.5, corners)
            if abs(turns) > 0.6:
                assert mask[row, column]
            elif abs(turns) < 0.4:
                near = min(
                    _distance(column + 0.5, row + 0.5, a, b)
                    for a, b in zip(corners, corners[1:] + corners[:1], strict=True)
                )
                assert not mask[row, column] or near < 1.6


def _distance(x: float, y: float, a: shapes.Point, b: shapes.Point) -> float:
    ax, ay, bx, by = *a, *b
    square = (bx - ax) ** 2 + (by - ay) ** 2
    t = ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / square if square else 0.0
    t = min(max(t, 0.0), 1.0)
    return math.hypot(x - ax - t * (bx - ax), y - ay - t * (by - ay))


def test_a_loop_crossing_itself_leaves_no_hole() -> None:
    star = [
        (30 + 18 * math.sin(k * 4 * math.pi / 5), 20 - 18 * math.cos(k * 4 * math.pi / 5))
        for k in range(5)
    ]
    assert on_canvas(shapes.polygon(star, CANVAS))[20, 30]


def test_nothing_outside_the_window() -> None:
    assert not shapes.polygon([(-9, -9), (-5, -9), (-5, -3)], CANVAS).mask.size
    assert not shapes.polygon([], CANVAS).mask.size
