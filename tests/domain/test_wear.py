"""Of a drawn figure only what is worn as one kind of garment is put on somebody else."""

import numpy as np

from app.domain.palette import Palette
from app.domain.wear import garments_alone, main_category

SKIN, SHIRT, COAT, DRESS, JEANS, BAG = 1, 8, 13, 15, 18, 22


def figure() -> np.ndarray:
    """Head, shirt and coat, jeans, bag."""
    labels = np.zeros((60, 40), np.uint8)
    labels[2:10, 15:25] = SKIN
    labels[10:20, 10:20] = SHIRT
    labels[10:30, 20:30] = COAT
    labels[30:50, 12:28] = JEANS
    labels[30:40, 30:36] = BAG
    return labels


def test_the_kind_that_covers_most_is_the_one(palette: Palette) -> None:
    labels = figure()
    assert main_category(labels, palette) == "lower"
    labels[50:58, :] = COAT
    assert main_category(labels, palette) == "upper"
    labels[:] = DRESS
    assert main_category(labels, palette) == "dress"


def test_skin_and_bags_are_no_garments(palette: Palette) -> None:
    labels = np.full((8, 8), SKIN, np.uint8)
    labels[4:] = BAG
    assert main_category(labels, palette) is None
    rgba = np.full((8, 8, 4), 255, np.uint8)
    assert not garments_alone(rgba, labels, palette, None)[..., 3].any()


def test_only_the_garments_of_the_kind_stay(palette: Palette) -> None:
    labels = figure()
    rgba = np.random.default_rng(5).integers(0, 256, (60, 40, 4), np.uint8)
    rgba[..., 3] = np.where(labels > 0, 200, 0)
    upper = garments_alone(rgba, labels, palette, "upper")
    assert np.array_equal(upper[..., 3] > 0, (labels == SHIRT) | (labels == COAT))
    assert np.array_equal(upper[..., :3], rgba[..., :3])
    assert upper[15, 15, 3] == 200
    lower = garments_alone(rgba, labels, palette, "lower")
    assert np.array_equal(lower[..., 3] > 0, labels == JEANS)
    assert rgba[5, 20, 3] == 200  # the picture itself is left alone


def test_a_picture_of_another_size_is_cut_by_the_same_outline(palette: Palette) -> None:
    labels = figure()
    rgba = np.full((120, 80, 4), 255, np.uint8)
    lower = garments_alone(rgba, labels, palette, "lower")[..., 3]
    assert lower[80, 40] == 255
    assert lower[20, 40] == 0
    assert abs(int((lower > 127).sum()) - 4 * 20 * 16) < 200
