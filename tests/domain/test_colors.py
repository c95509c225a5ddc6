"""Cuffs taken for hands, and floor taken for trousers, told by their colours."""

import numpy as np

from app.domain.colors import claim, without_ground
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
    claim(labels, chances, picture, palette.of("upper", "dress"), others)
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
    claim(labels, chances, picture, palette.of("upper"), [palette.of("skin")])
    np.testing.assert_array_equal(labels, before)


FLOOR, DENIM = (190, 150, 90), (50, 70, 120)
GAP, PRINT = (slice(120, 250), slice(93, 99)), (slice(40, 70), slice(60, 130))


def pants() -> tuple[np.ndarray, np.ndarray]:
    """Pants with a print of the floor's colour upon it, and a mask that took the gap between the
    legs for a part of them."""
    picture = np.full((256, 192, 3), FLOOR, np.uint8)
    picture[20:250, 50:142] = DENIM
    picture[GAP] = picture[PRINT] = FLOOR
    noise = np.random.default_rng(2).normal(0, 5, picture.shape)
    picture = np.clip(picture + noise, 0, 255).astype(np.uint8)
    mask = np.zeros((256, 192), np.float32)
    mask[20:250, 50:142] = 1
    mask[GAP] = 0.7
    return mask, picture


def test_the_floor_between_trouser_legs_is_no_part_of_them() -> None:
    mask, picture = pants()
    mask[PRINT] = 0.95
    picture[PRINT] = DENIM
    found = without_ground(mask, picture)
    assert found[GAP].max() == 0
    legs = mask > 0.9
    np.testing.assert_array_equal(found[legs], mask[legs])


def test_a_print_of_the_floors_colour_stays() -> None:
    mask, picture = pants()
    found = without_ground(mask, picture)
    assert found[PRINT].min() == 1


def test_a_garment_of_the_grounds_colour_keeps_its_mask() -> None:
    mask, picture = pants()
    picture[:] = np.clip(np.random.default_rng(3).normal(230, 5, picture.shape), 0, 255)
    np.testing.assert_array_equal(without_ground(mask, picture), mask)
    everywhere = np.ones_like(mask)  # and one that fills the picture
    np.testing.assert_array_equal(without_ground(everywhere, picture), everywhere)
