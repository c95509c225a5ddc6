"""Pictures for drawing: their smaller copies are honest averages, alpha included."""

import numpy as np
import pytest

from app.ui import imaging


def test_levels_halve_down_to_what_is_quick_to_draw() -> None:
    levels = imaging.levels_from_rgba(np.full((3000, 2000, 4), 255, np.uint8))
    assert [(i.width(), i.height()) for i in levels.images] == [
        (2000, 3000),
        (1000, 1500),
        (500, 750),
        (250, 375),
    ]
    assert levels.at_least(600).width() == 1000
    assert levels.at_least(500).width() == 500
    assert levels.at_least(9000) is levels.full


def test_clear_pixels_lend_no_colour_to_smaller_copies() -> None:
    rgba = np.zeros((700, 700, 4), np.uint8)
    rgba[..., 1] = 255  # clear green
    rgba[::2, ::2] = (200, 30, 40, 255)
    color = imaging.levels_from_rgba(rgba).images[1].pixelColor(100, 100)
    assert color.alpha() == pytest.approx(64, abs=1)
    assert (color.red(), color.green(), color.blue()) == pytest.approx((200, 30, 40), abs=4)


def test_a_small_image_has_the_colours_of_the_large_one() -> None:
    rgba = np.full((900, 3000, 4), 255, np.uint8)
    rgba[:, :1500, :3] = (10, 200, 90)
    small = imaging.small_image(rgba, 150)
    assert (small.width(), small.height()) == (150, 45)
    assert small.pixelColor(30, 20).green() == 200
    assert imaging.small_image(rgba[:20, :30], 150).width() == 30
