"""Who is in a photograph and which way they face."""

import numpy as np
import pytest

from app.domain.framing import LANDMARKS
from app.domain.geometry import EMPTY, Rect
from app.domain.palette import Palette
from app.domain.people import (
    facing,
    find_people,
    is_worn,
    largest_person,
    somebody,
    with_shoulders,
)


def figures(*boxes: tuple[int, int, int, int]) -> np.ndarray:
    mask = np.zeros((256, 192), bool)
    for x, y, w, h in boxes:
        mask[y : y + h, x : x + w] = True
    return mask


def test_nobody_is_found_in_nothing_and_in_crumbs() -> None:
    for mask in (figures(), figures((10, 10, 5, 5))):
        people = find_people(mask)
        assert (people.count, people.box) == (0, EMPTY)


def test_one_person_with_a_bag_beside_them_is_one() -> None:
    people = find_people(figures((60, 20, 50, 200), (112, 120, 20, 25)))
    assert (people.count, people.box) == (1, Rect(60, 20, 72, 200))
    assert not people.others.any()


def test_a_thing_far_away_is_not_theirs() -> None:
    people = find_people(figures((60, 20, 50, 200), (160, 120, 20, 25)))
    assert (people.count, people.box) == (1, Rect(60, 20, 50, 200))


def test_the_largest_of_several_is_looked_at_and_the_others_are_known() -> None:
    mask = figures((10, 40, 40, 150), (70, 20, 50, 200), (150, 100, 30, 120))
    people = find_people(mask)
    assert (people.count, people.box) == (3, Rect(70, 20, 50, 200))
    np.testing.assert_array_equal(people.others, mask & (np.indices(mask.shape)[1] // 60 != 1))


def test_what_lies_mostly_in_others_or_away_is_not_the_person() -> None:
    me, bag = (70, 20, 50, 200), (124, 120, 20, 25)
    others = figures((10, 40, 40, 150))
    seen = figures((12, 45, 45, 140), me, bag, (160, 10, 20, 20))
    np.testing.assert_array_equal(largest_person(seen, others), figures(me, bag))
    np.testing.assert_array_equal(largest_person(figures(me), figures()), figures(me))
    assert not largest_person(others, others).any()
    assert not largest_person(figures(), figures()).any()


@pytest.mark.parametrize(
    ("left", "right", "face", "wanted"),
    [
        (130, 70, True, "front"),
        (70, 130, True, "back"),
        (130, 70, False, "back"),
        (104, 96, True, "side"),
        (96, 104, False, "side"),
    ],
)
def test_shoulders_and_face_tell_which_side_is_seen(
    palette: Palette, left: float, right: float, face: bool, wanted: str
) -> None:
    landmarks = np.ones((13, 3), np.float32)
    landmarks[LANDMARKS.index("nose")] = 100, 40, 0.9
    landmarks[LANDMARKS.index("left_shoulder"), :2] = left, 60
    landmarks[LANDMARKS.index("right_shoulder"), :2] = right, 60
    landmarks[LANDMARKS.index("left_hip"), :2] = 115, 140
    landmarks[LANDMARKS.index("right_hip"), :2] = 85, 140
    labels = np.zeros((256, 192), np.uint8)
    labels[20:55, 85:115] = palette.by_key("hair").index
    if face:
        labels[30:55, 90:110] = palette.by_key("skin").index
    for sure in (0.9, 0.1):  # of a head from behind the nose is hardly seen
        landmarks[LANDMARKS.index("nose"), 2] = sure
        assert facing(landmarks, labels, palette) == wanted


def test_a_head_cut_off_by_the_picture_is_no_back(palette: Palette) -> None:
    landmarks = np.ones((13, 3), np.float32)
    landmarks[LANDMARKS.index("nose")] = 100, -30, 0.1
    landmarks[LANDMARKS.index("left_shoulder"), :2] = 130, 5
    landmarks[LANDMARKS.index("right_shoulder"), :2] = 70, 5
    landmarks[[7, 8], :2] = (115, 90), (85, 90)
    assert facing(landmarks, np.full((256, 192), 5, np.uint8), palette) == "front"


def test_a_garment_on_its_own_is_nobody(palette: Palette) -> None:
    landmarks = np.zeros((13, 3), np.float32)
    landmarks[[7, 8], 2] = 0.95  # hips are seen in anything
    labels = np.zeros((256, 192), np.uint8)
    labels[50:200, 40:150] = palette.by_key("t-shirt").index
    assert not somebody(landmarks, labels, palette)
    assert not somebody(landmarks, np.zeros_like(labels), palette)
    for index in (0, 1, 2):
        seen = landmarks.copy()
        seen[index, 2] = 0.6
        assert somebody(seen, labels, palette)
    labels[100:130, 40:60] = palette.by_key("skin").index
    labels[30:50, 80:100] = palette.by_key("hair").index
    assert somebody(landmarks, labels, palette)


def waist_down(*, ankles: bool = True, mirrored: bool = False) -> np.ndarray:
    """Landmarks of somebody seen from the waist to the feet, or to the knees."""
    at = {"hip": (20, 40, 1.0), "knee": (18, 140, 0.9), "ankle": (16, 240, 0.9 if ankles else 0.1)}
    landmarks = np.full((len(LANDMARKS), 3), 0.05, np.float32)
    for part, (aside, y, sure) in at.items():
        for side, sign in (("left", 1), ("right", -1)):
            sign = -sign if mirrored else sign
            landmarks[LANDMARKS.index(f"{side}_{part}")] = (100 + sign * aside, y, sure)
    return landmarks


def test_legs_are_somebody_and_say_where_the_shoulders_would_be(palette: Palette) -> None:
    pants = np.full((256, 192), palette.by_key("pants").index, np.uint8)
    shoulders = [LANDMARKS.index("left_shoulder"), LANDMARKS.index("right_shoulder")]
    for ankles, torso in ((True, 0.67 * 200), (False, 1.27 * 100)):
        landmarks = waist_down(ankles=ankles)
        assert somebody(landmarks, pants, palette)
        assert is_worn(landmarks)
        whole = with_shoulders(landmarks)
        left, right = whole[shoulders]
        np.testing.assert_allclose((left[1], right[1]), 40 - torso, atol=1)
        np.testing.assert_allclose((left[0], right[0]), (100 + 36, 100 - 36), atol=0.1)
        np.testing.assert_array_equal(whole[:, 2], landmarks[:, 2])
        kept = [i for i in range(len(LANDMARKS)) if i not in shoulders]
        np.testing.assert_array_equal(whole[kept], landmarks[kept])
        assert facing(whole, pants, palette) == "front"
    assert facing(with_shoulders(waist_down(mirrored=True)), pants, palette) == "back"


def test_pants_that_lie_are_nobody_and_seen_shoulders_stay(palette: Palette) -> None:
    pants = np.full((256, 192), palette.by_key("pants").index, np.uint8)
    lying = waist_down()
    lying[[LANDMARKS.index("left_knee"), LANDMARKS.index("right_knee")], 2] = 0.45
    assert not somebody(lying, pants, palette)
    assert not is_worn(lying)
    assert with_shoulders(lying) is lying
    seen = waist_down()
    seen[LANDMARKS.index("left_shoulder")] = (130, 5, 0.8)
    assert with_shoulders(seen) is seen
