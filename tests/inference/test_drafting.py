"""What a network says of a frame, made ready for composing."""

import numpy as np
import pytest

from app.inference.drafting import Floats, Seen, creases, drafted

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
        "ground": none.copy(), "clothes": none, "outcome": outcome,
    }  # fmt: skip
    return {name: plane[None] for name, plane in planes.items()}


def seen() -> Seen:
    nothing = np.zeros((ROWS, COLUMNS), np.bool_)
    photo = np.zeros((ROWS, COLUMNS, 3), np.uint8)
    return Seen(photo, photo[..., 0], nothing, nothing)


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
    assert not behind.share[0][20:40, GAP[1]].any()
