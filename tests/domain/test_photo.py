"""A photograph laid on white and made small."""

import numpy as np
import pytest

from app.domain.photo import on_white


def test_what_is_opaque_keeps_its_colours() -> None:
    rgba = np.random.default_rng(1).integers(0, 256, (30, 20, 4), np.uint8)
    rgba[..., 3] = 255
    np.testing.assert_array_equal(on_white(rgba, 30), rgba[..., :3])


def test_what_is_clear_is_white_whatever_its_colour() -> None:
    rgba = np.random.default_rng(1).integers(0, 256, (30, 20, 4), np.uint8)
    rgba[:, :10, 3], rgba[:, 10:, 3] = 0, 255
    np.testing.assert_array_equal(on_white(rgba, 30)[:, :10], 255)
    np.testing.assert_array_equal(on_white(rgba, 30)[:, 10:], rgba[:, 10:, :3])


def test_half_clear_is_half_white() -> None:
    rgba = np.full((4, 4, 4), (100, 0, 255, 51), np.uint8)  # a fifth of it
    assert np.abs(on_white(rgba, 4).astype(int) - [224, 204, 255]).max() <= 1


@pytest.mark.parametrize("alpha", [255, 254])
@pytest.mark.parametrize(
    ("shape", "small"), [((300, 200), (100, 67)), ((200, 300), (67, 100)), ((100, 1), (100, 1))]
)
def test_the_longer_side_decides_and_shrinking_averages(
    shape: tuple[int, int], small: tuple[int, int], alpha: int
) -> None:
    rgba = np.full((*shape, 4), alpha, np.uint8)
    rgba[..., :3] = (np.indices(shape).sum(0) % 2 * 200)[..., None]
    rgb = on_white(rgba, 100)
    assert rgb.shape == (*small, 3)
    if small != shape:
        assert np.abs(rgb.astype(int) - 100).max() < 40
