"""What a network says of a frame, made ready for composing."""

import dataclasses

import cv2
import numpy as np
import pytest

from app.domain.framing import LANDMARKS
from app.inference.drafting import Floats, Seen, creases, drafted, parted
from app.inference.inpainting import Continued

ROWS, COLUMNS = 64, 48
GAP = (slice(10, 50), slice(30, 34))
CLOTH = np.array([0.8, 0.4, 0.2], np.float32)


def said(apart: float) -> dict[str, Floats]:
    """A cloth all over the frame but for a gap, whose right side lies ``apart`` pixels farther in
    the cloth than the gap is wide."""
    y, x = (np.mgrid[:ROWS, :COLUMNS] + 0.5).astype(np.float32)
    x[:, GAP[1].start + 2 :] += apart
    flow = np.stack([x / COLUMNS * 2 - 1, y / ROWS * 2 - 1])
    cover = np.ones((1, ROWS, COLUMNS), np.float32)
    cover[0][GAP] = 0
    outcome = np.broadcast_to(CLOTH[:, None, None], (3, ROWS, COLUMNS)).copy()
    outcome[(slice(None), *GAP)] = 1
    none = np.zeros((1, ROWS, COLUMNS), np.float32)
    planes = {
        "flow": flow, "cover": cover, "replace": none + 1, "fill": none.repeat(3, 0) + 1,
        "ground": none.copy(), "clothes": none, "skin": none, "outcome": outcome,
    }  # fmt: skip
    return {name: plane[None] for name, plane in planes.items()}


def seen() -> Seen:
    nothing = np.zeros((ROWS, COLUMNS), np.bool_)
    photo = np.zeros((ROWS, COLUMNS, 3), np.uint8)
    landmarks = np.zeros((13, 3), np.float32)
    return Seen(photo, photo[..., 0], nothing, nothing, nothing, landmarks, None)


def test_a_gap_between_sleeve_and_body_is_a_dark_fold_of_the_cloth() -> None:
    fill = drafted(said(apart=20), seen(), sleeves=True).fill[(slice(None), *GAP)]
    assert (fill < CLOTH[:, None, None]).all()
    assert (fill > 0.6 * CLOTH[:, None, None]).all()
    hue = fill.mean((1, 2)) / fill.mean()
    assert hue == pytest.approx(CLOTH / CLOTH.mean(), abs=1e-3)


@pytest.mark.parametrize(("apart", "sleeves"), [(0, True), (20, False)])
def test_a_neckline_and_the_ground_between_legs_stay_open(apart: float, sleeves: bool) -> None:
    made = said(apart)
    draft = drafted(made, seen(), sleeves=sleeves)
    np.testing.assert_array_equal(draft.fill, made["fill"][0])
    np.testing.assert_array_equal(draft.replace, made["replace"][0, 0])


def test_a_gap_that_the_photograph_shows_stays_open() -> None:
    made = said(apart=20)
    goes = np.ones((ROWS, COLUMNS), np.bool_)
    goes[GAP[0], GAP[1].start + 1] = False
    gap, _ = creases(made["flow"][0], made["cover"][0, 0], goes, made["outcome"][0])
    assert not gap.any()


def test_a_wide_gap_stays_open() -> None:
    made = said(apart=20)
    made["cover"][0, 0, GAP[0], 26:38] = 0
    goes = np.ones((ROWS, COLUMNS), np.bool_)
    gap, _ = creases(made["flow"][0], made["cover"][0, 0], goes, made["outcome"][0])
    assert not gap.any()


def test_a_fold_is_no_place_where_ground_is_continued() -> None:
    made, place = said(apart=20), seen()
    beside = slice(0, 20)  # of the cloth, where the photograph shows the ground
    hidden = slice(20, 25)  # and where the old garment hid it
    place.ground[:, beside] = True
    made["cover"][..., :25] = made["replace"][..., beside] = 0
    made["ground"][..., hidden] = made["ground"][..., GAP[1]] = 1
    (behind,) = drafted(made, place, sleeves=True).continued
    assert behind.share[0][20:40, hidden].max() > 0.9
    assert behind.reach[0][20:40, GAP[1]].max() < 0.1


def test_bared_arms_get_the_tone_of_the_face_and_what_is_covered_does_not_count() -> None:
    """Under the new cloth the network may see skin of any colour."""
    face = cv2.cvtColor(np.float32([[[0.9, 0.72, 0.6]]]), cv2.COLOR_RGB2LAB)[0, 0]
    landmarks = np.ones((13, 3), np.float32)
    for side, shoulder, hip in (("left", 34, 30), ("right", 14, 18)):
        for joint, at in (("shoulder", (shoulder, 14)), ("elbow", (shoulder, 24)),
                          ("wrist", (shoulder, 34)), ("hip", (hip, 36)),
                          ("knee", (hip, 50)), ("ankle", (hip, 62))):  # fmt: skip
            landmarks[LANDMARKS.index(f"{side}_{joint}"), :2] = at
    landmarks[LANDMARKS.index("nose"), :2] = (24, 6)
    place = dataclasses.replace(seen(), landmarks=landmarks, face=face)
    made = said(apart=0)
    arm = (slice(14, 34), slice(31, 38))
    made["cover"][:] = 1
    made["cover"][(..., *arm)] = 0
    made["skin"] = np.ones_like(made["cover"])
    dark = np.float32([0.5, 0.36, 0.28])[:, None, None]
    made["fill"][:] = 0.95
    made["fill"][(0, slice(None), *arm)] = dark
    toned = drafted(made, place, sleeves=False).fill
    inner = toned[:, 18:30, 33:36].mean((1, 2))
    gap = cv2.cvtColor(inner[None, None], cv2.COLOR_RGB2LAB)[0, 0] - face
    assert gap[0] == pytest.approx(4.4, abs=1.5)
    blank = drafted(made, seen(), sleeves=False).fill[:, 18:30, 33:36]
    assert np.abs(blank - dark).max() < 1e-6


def test_what_is_continued_ends_where_its_share_is_a_half() -> None:
    """An arm beside the ground: the network mixes both over six pixels."""
    open_ = np.zeros((ROWS, COLUMNS), np.bool_)
    open_[8:56, 8:40] = True
    ramp = np.clip((np.arange(COLUMNS) - 20.5) / 6, 0, 1).astype(np.float32)
    reach = np.broadcast_to(ramp, (ROWS, COLUMNS)) * open_
    arm, floor = np.float32([0.9, 0.7, 0.6]), np.float32([0.1, 0.3, 0.2])
    fill = (arm + ramp[:, None] * (floor - arm)).T[:, None].repeat(ROWS, 1)
    there = np.ones((1, ROWS, COLUMNS), np.float32)
    ground = Continued(there.repeat(2, 0), there.repeat(3, 0), there, reach[None])
    alone, (behind,) = parted(fill, open_, ground, None)
    middle = behind.reach[0][32]
    assert (middle[:23] < 0.5).all()
    assert (middle[25:38] > 0.5).all()
    mixed = np.abs(fill[:, 32, 23] - arm).max()
    assert np.abs(alone[:, 32, :24] - arm[:, None]).max() < 0.25 * mixed
    assert np.array_equal(alone[:, ~open_], fill[:, ~open_])


def test_ground_goes_on_under_what_is_continued_before_it() -> None:
    """At the edge of a skirt either is a half; nothing of the fill shows between them."""
    open_ = np.ones((ROWS, COLUMNS), np.bool_)
    ramp = np.clip((np.arange(COLUMNS) - 20.5) / 6, 0, 1).astype(np.float32)
    there = np.ones((1, ROWS, COLUMNS), np.float32)
    ground, skirt = (
        Continued(there.repeat(2, 0), there.repeat(3, 0), there, share * there)
        for share in (ramp, 1 - ramp)
    )
    fill = np.zeros((3, ROWS, COLUMNS), np.float32)
    _, (behind, below) = parted(fill, open_, ground, skirt)
    assert np.maximum(behind.reach, below.reach).min() > 0.5
