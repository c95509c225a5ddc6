"""Cuffs taken for hands, told by their colours."""

import numpy as np

from app.domain.colors import give_back
from app.domain.palette import Palette

ROWS, COLUMNS = 384, 288
SKIN_TONE, WHITE, BLUE = (205, 150, 125), (240, 240, 238), (40, 60, 150)
CUFF = (slice(220, 232), slice(100, 130))
FAR = (slice(345, 350), slice(100, 130))


def scene(
    palette: Palette, shirt: tuple[int, ...], cuff: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels, probabilities and picture of an arm in a sleeve whose end is taken for skin."""
    wear, skin = palette.by_key("shirt").index, palette.by_key("skin").index
    labels = np.zeros((ROWS, COLUMNS), np.uint8)
    labels[60:220, 100:130], labels[220:350, 100:130], labels[:350, 180:] = wear, skin, skin
    picture = np.full((ROWS, COLUMNS, 3), 120, np.uint8)
    picture[:350] = SKIN_TONE
    picture[60:220, 100:130] = shirt
    picture[CUFF] = picture[FAR] = cuff
    noise = np.random.default_rng(1).normal(0, 4, picture.shape)
    picture = np.clip(picture + noise, 0, 255).astype(np.uint8)
    chances = np.full((len(palette), ROWS, COLUMNS), 0.01, np.float32)
    np.put_along_axis(chances, labels[None].astype(np.intp), 0.6, 0)
    chances[wear][220:350, 100:130] = 0.15
    return labels, chances, picture


def given_back(palette: Palette, shirt: tuple[int, ...], cuff: tuple[int, ...]) -> np.ndarray:
    """Which labels changed; all that did are the shirt's now."""
    labels, chances, picture = scene(palette, shirt, cuff)
    before = labels.copy()
    others = [palette.of("skin"), palette.of("hair")]
    give_back(labels, chances, picture, palette.of("upper", "dress"), others)
    changed = labels != before
    assert (labels[changed] == palette.by_key("shirt").index).all()
    return changed


def test_a_cuff_that_was_taken_for_skin_is_the_shirts_again(palette: Palette) -> None:
    changed = given_back(palette, WHITE, WHITE)
    assert changed[CUFF].mean() > 0.95
    assert not changed[236:].any()  # nor is what lies far away, whatever its colour


def test_a_hand_stays_a_hand(palette: Palette) -> None:
    assert not given_back(palette, WHITE, SKIN_TONE).any()
    assert not given_back(palette, SKIN_TONE, SKIN_TONE).any()
    assert not given_back(palette, WHITE, BLUE).any()  # of neither's colours


def test_of_too_little_no_colours_are_known(palette: Palette) -> None:
    labels, chances, picture = scene(palette, WHITE, WHITE)
    labels[66:] = 0
    before = labels.copy()
    give_back(labels, chances, picture, palette.of("upper"), [palette.of("skin")])
    np.testing.assert_array_equal(labels, before)
