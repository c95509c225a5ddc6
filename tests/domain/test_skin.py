"""The colour of bared limbs, beside the face's."""

import cv2
import numpy as np
import pytest

from app.domain.framing import LANDMARKS
from app.domain.skin import complexion, toned

HEIGHT, WIDTH = 128, 96
FACE = (224, 180, 150)
PLACES = {
    "nose": (48, 16), "left_shoulder": (60, 32), "right_shoulder": (36, 32),
    "left_elbow": (70, 50), "right_elbow": (26, 50), "left_wrist": (74, 66),
    "right_wrist": (22, 66), "left_hip": (54, 64), "right_hip": (42, 64), "left_knee": (54, 92),
    "right_knee": (42, 92), "left_ankle": (54, 120), "right_ankle": (42, 120),
}  # fmt: skip
ARM, LEG = (slice(36, 56), slice(58, 72)), (slice(84, 116), slice(51, 57))


def landmarks() -> np.ndarray:
    return np.array([(*PLACES[name], 1) for name in LANDMARKS], np.float32)


def person() -> tuple[np.ndarray, np.ndarray]:
    """A picture of a face, and where it shows skin."""
    framed = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    skin = np.zeros((HEIGHT, WIDTH), np.bool_)
    skin[10:24, 42:55] = True
    framed[skin] = FACE
    return framed, skin


def lab(rgb: object) -> np.ndarray:
    pixel = np.array(rgb, np.float32).reshape(1, 1, 3)
    return cv2.cvtColor(pixel / 255, cv2.COLOR_RGB2LAB)[0, 0]


def painted(where: tuple[slice, slice], color: tuple[int, int, int]) -> tuple[np.ndarray, ...]:
    """A fill of which a limb is of one colour, and where it is bared."""
    fill = np.full((3, HEIGHT, WIDTH), 0.5, np.float32)
    bared = np.zeros((HEIGHT, WIDTH), np.float32)
    bared[where] = 1
    fill[:, bared > 0] = np.array(color, np.float32)[:, None] / 255
    return fill, bared


def of(fill: np.ndarray, where: tuple[slice, slice]) -> np.ndarray:
    """Its colour in the middle of a limb."""
    rows, columns = where
    inner = fill[:, rows.start + 6 : rows.stop - 6, columns.start + 2 : columns.stop - 2]
    return lab(255 * np.median(inner.reshape(3, -1), 1))


def test_a_face_tells_its_colour() -> None:
    framed, skin = person()
    face = complexion(framed, skin, landmarks())
    assert face == pytest.approx(lab(FACE), abs=0.5)


def test_a_face_that_is_not_seen_tells_nothing() -> None:
    framed, skin = person()
    assert complexion(framed, np.zeros_like(skin), landmarks()) is None
    unseen = landmarks()
    unseen[0, 2] = 0.1
    assert complexion(framed, skin, unseen) is None


@pytest.mark.parametrize("where", [ARM, LEG])
def test_a_limb_much_darker_than_the_face_gets_lighter(where: tuple[slice, slice]) -> None:
    fill, bared = painted(where, (110, 70, 55))
    none = np.zeros((HEIGHT, WIDTH), np.bool_)
    out = toned(fill, bared, none, landmarks(), lab(FACE))
    light = of(out, where)[0] - lab(FACE)[0]
    assert light == pytest.approx(4.4 if where is ARM else -8.6, abs=1.5)
    assert np.array_equal(out[:, bared == 0], fill[:, bared == 0])


def test_a_limb_like_the_face_stays_as_it_is() -> None:
    fill, bared = painted(LEG, FACE)
    none = np.zeros((HEIGHT, WIDTH), np.bool_)
    out = toned(fill, bared, none, landmarks(), lab(FACE))
    assert np.abs(out - fill).max() < 0.01


def test_a_limb_of_which_enough_is_seen_is_known_better_by_itself() -> None:
    fill, bared = painted(LEG, (110, 70, 55))
    shown = np.zeros((HEIGHT, WIDTH), np.bool_)
    shown[84:124, 38:48] = True  # the other leg
    assert toned(fill, bared, shown, landmarks(), lab(FACE)) is fill


def test_a_very_light_face_does_not_burn_arms_out() -> None:
    fill, bared = painted(ARM, (200, 160, 140))
    none = np.zeros((HEIGHT, WIDTH), np.bool_)
    out = toned(fill, bared, none, landmarks(), lab((255, 250, 245)))
    assert of(out, ARM)[0] == pytest.approx(90, abs=1)


def test_a_chest_is_no_arm() -> None:
    fill, bared = painted(ARM, (110, 70, 55))
    shown = np.zeros((HEIGHT, WIDTH), np.bool_)
    shown[34:52, 43:53] = True
    out = toned(fill, bared, shown, landmarks(), lab(FACE))
    assert of(out, ARM)[0] > of(fill, ARM)[0] + 10


def test_landmarks_that_are_not_seen_tell_nothing() -> None:
    fill, bared = painted(ARM, (110, 70, 55))
    none = np.zeros((HEIGHT, WIDTH), np.bool_)
    unseen = landmarks()
    unseen[1:, 2] = 0
    out = toned(fill, bared, none, unseen, lab(FACE))
    assert np.isfinite(out).all()
    assert of(out, ARM)[0] == pytest.approx(lab(FACE)[0] + 4.4, abs=1.5)


def test_a_limb_keeps_the_colour_of_the_hand_close_by() -> None:
    fill, bared = painted(ARM, (110, 70, 55))
    hand = np.zeros((HEIGHT, WIDTH), np.bool_)
    hand[56:60, 60:72] = True
    out = toned(fill, bared, hand, landmarks(), lab(FACE))
    change = np.abs(out - fill).max(0)
    assert change[55, 66] < 0.3 * change[40, 64]
