"""Label maps from class scores: smooth edges at any size, and no specks."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.framing import Window, whole
from app.domain.scores import enlarge, follow_edges, leaning, without_specks

ROWS, COLUMNS = 64, 48


def disc(radius: float = 14.0) -> np.ndarray:
    """Soft scores (3, ROWS, COLUMNS): a disc of class 2 in the middle, on ground."""
    y, x = np.mgrid[:ROWS, :COLUMNS] + 0.5
    inside = radius - np.hypot(x - COLUMNS / 2, y - ROWS / 2)
    chance = 1 / (1 + np.exp(-2 * inside))
    return np.stack([1 - chance - 0.001, np.full_like(chance, 0.001), chance]).astype(np.float32)


@pytest.mark.parametrize("scale", [0.5, 1, 3, 10.5, 32])
def test_a_disc_stays_round_at_every_size(scale: float) -> None:
    width, height = round(COLUMNS * scale), round(ROWS * scale)
    labels = enlarge(disc(), whole(width, height), width, height)
    y, x = np.mgrid[:height, :width] + 0.5
    away = np.hypot(x - width / 2, y - height / 2) - 14 * scale
    wrong = (labels == 2) != (away < 0)
    assert np.abs(away[wrong]).max(initial=0) < max(0.15 * scale, 0.75)
    assert set(np.unique(labels)) == {0, 2}


def test_the_whole_is_what_its_tiles_are() -> None:
    """Tiles are decided apart; no seam of theirs may show."""
    random = np.random.default_rng(3)
    scores = cv2.GaussianBlur(random.normal(0, 1, (ROWS, COLUMNS, 4)), (0, 0), 3)
    chances = np.exp(scores * 12).astype(np.float32).transpose(2, 0, 1)
    chances = np.ascontiguousarray(chances / chances.sum(0))
    width, height = 600, 800
    labels = enlarge(chances, whole(width, height), width, height)
    logs = np.log(np.maximum(chances, 1e-4))
    matrix = np.array([[0.08, 0, 0.5 * 0.08 - 0.5], [0, 0.08, 0.5 * 0.08 - 0.5]])
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    planes = [
        cv2.warpAffine(p, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
        for p in logs
    ]
    assert (labels != np.argmax(planes, axis=0)).mean() < 1e-3


def two_sides(edge: float) -> np.ndarray:
    """Soft scores (4, ROWS, COLUMNS): class 0 left of column ``edge``, class 3 right of it."""
    across = np.broadcast_to(np.arange(COLUMNS) + 0.5 - edge, (ROWS, COLUMNS))
    right = 0.97 / (1 + np.exp(-across)) + 0.01
    return np.stack([0.99 - right, *[np.full_like(right, 0.005)] * 2, right]).astype(np.float32)


def test_edges_are_drawn_to_those_of_the_picture() -> None:
    picture = np.full((ROWS, COLUMNS, 3), (200, 60, 50), np.uint8)
    picture[:, 24:] = (50, 90, 160)
    picture = cv2.add(picture, np.random.default_rng(2).integers(0, 12, picture.shape, np.uint8))
    for edge in (22, 24, 26):
        followed = follow_edges(two_sides(edge), picture)
        winners = followed.argmax(axis=0)
        np.testing.assert_array_equal(winners, (np.arange(COLUMNS) >= 24) * 3 * np.ones((ROWS, 1)))
        assert not followed[1:3].any()


def test_a_picture_without_edges_moves_next_to_nothing() -> None:
    grey = np.full((ROWS, COLUMNS, 3), 128, np.uint8)
    for scores in (two_sides(20), disc()):
        winners = follow_edges(scores, grey).argmax(axis=0)
        # A disc as small as the filter's windows shrinks a little.
        assert (winners != scores.argmax(axis=0)).mean() < 0.035


def test_names_of_one_thing_count_together_and_more_where_missing_them_costs_more() -> None:
    """Classes: ground, a shirt, a coat, a bag."""
    things = [np.array(classes) for classes in ([1, 0, 0, 0], [0, 1, 1, 0], [0, 0, 0, 1])]
    things = [classes.astype(bool) for classes in things]
    chances = np.array(
        [
            [0.05, 0.28, 0.32, 0.35],  # a top, though no name of it is the likeliest
            [0.00, 0.20, 0.16, 0.64],  # a bag, but for who would rather lose it
            [0.00, 0.12, 0.13, 0.75],
            [0.90, 0.05, 0.05, 0.00],
        ],
        np.float32,
    ).T[:, :, None]
    assert leaning(chances, things, [1, 1, 1]).ravel().tolist() == [2, 3, 3, 0]
    assert leaning(chances, things, [1, 2, 1]).ravel().tolist() == [2, 1, 3, 0]
    assert leaning(chances, things, [1, 1, 1]).dtype == np.uint8


def test_outside_the_window_there_is_ground() -> None:
    chances = np.zeros((2, ROWS, COLUMNS), np.float32)
    chances[1] = 1
    labels = enlarge(chances, Window(50, 20, 48, 64), 120, 100)
    np.testing.assert_array_equal(np.argwhere(labels)[[0, -1]], [[20, 50], [83, 97]])
    assert labels[20:84, 50:98].all()
    assert not enlarge(chances, Window(-500, 0, 48, 64), 120, 100).any()
    beyond = enlarge(chances, Window(-30, -30, 180, 240), 120, 100)
    assert beyond.all()


def test_a_speck_goes_to_the_class_around_it() -> None:
    labels = np.zeros((60, 60), np.uint8)
    labels[:, 30:] = 5
    labels[10:13, 10:13] = 7
    labels[40:43, 45:48] = 0
    labels[20, 29] = 7
    labels[0, 0] = 9
    labels[50:54, 10:14] = 7
    without_specks(labels, 10)
    wanted = np.zeros((60, 60), np.uint8)
    wanted[:, 30:] = 5
    wanted[50:54, 10:14] = 7
    changed = np.argwhere(labels != wanted).tolist()
    assert changed in ([], [[20, 29]])  # on the border either neighbour may take it


def test_patches_that_touch_by_a_corner_are_one() -> None:
    labels = np.zeros((20, 20), np.uint8)
    labels[5:8, 5:8] = labels[8:11, 8:11] = 3
    before = labels.copy()
    without_specks(labels, 18)
    np.testing.assert_array_equal(labels, before)
    without_specks(labels, 19)
    assert not labels.any()


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 12))
def test_no_patch_is_left_below_the_least_unless_it_is_all_there_is(
    seed: int, side: int, least: int
) -> None:
    labels = np.random.default_rng(seed).integers(0, 4, (side, side), np.uint8)
    for _ in range(200):
        before = labels.copy()
        without_specks(labels, least)
        if np.array_equal(labels, before):
            break
    for cls in np.unique(labels):
        stats = cv2.connectedComponentsWithStats((labels == cls).astype(np.uint8))[2][1:]
        small = stats[:, cv2.CC_STAT_AREA] < least
        assert not small.any() or labels.min() == labels.max()
