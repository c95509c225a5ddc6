import numpy as np
import pytest

from app.domain.errors import LabelMapError
from app.domain.label_map import MAX_SIDE, LabelMap, check_size
from app.domain.palette import Palette


def test_counts_every_pixel_of_each_class(palette: Palette) -> None:
    array = np.random.default_rng(1).integers(0, len(palette), (37, 53), dtype=np.uint8)
    counts = LabelMap(array, palette).counts()
    assert counts.dtype == np.int64
    assert counts.tolist() == np.bincount(array.ravel(), minlength=len(palette)).tolist()


def test_counts_stay_exact_beyond_the_precision_of_float32(palette: Palette) -> None:
    labels = LabelMap.blank(6000, 5001, palette)
    labels.array[0, 0] = 3
    assert labels.counts()[0] == 6000 * 5001 - 1
    assert labels.counts()[3] == 1


def test_wraps_without_a_copy_but_copies_on_demand(palette: Palette) -> None:
    array = np.zeros((4, 5), np.uint8)
    labels = LabelMap(array, palette)
    twin = labels.copy()
    labels.array[1, 2] = 7
    assert array[1, 2] == 7
    assert twin.array[1, 2] == 0
    assert (labels.width, labels.height) == (5, 4)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((4, 4), np.uint16),
        np.zeros((4, 4, 3), np.uint8),
        np.zeros((0, 4), np.uint8),
        np.full((4, 4), 26, np.uint8),
        np.zeros((1, MAX_SIDE + 1), np.uint8),
    ],
)
def test_refuses_what_is_no_label_map(array: np.ndarray, palette: Palette) -> None:
    with pytest.raises(LabelMapError):
        LabelMap(array, palette)


@pytest.mark.parametrize(("width", "height"), [(0, 5), (5, -1), (20000, 20000), (9000, 9000)])
def test_refuses_sizes_out_of_range_and_says_what_fits(width: int, height: int) -> None:
    with pytest.raises(LabelMapError, match=f"{width} × {height}") as caught:
        check_size(width, height)
    assert caught.value.hint
