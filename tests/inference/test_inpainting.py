"""What shows where something is taken away, continued from around it."""

import dataclasses

import numpy as np
import pytest

from app.domain.cancel import CancelToken
from app.domain.cloth import frame_photo
from app.domain.framing import whole
from app.inference.compositing import composite
from app.inference.inpainting import BEHIND, BELOW, Continued, continued, wings
from app.inference.planning import Person
from app.inference.upsampling import Guide
from tests.inference.test_compositing import FRAME, cloth, draft

ROWS, COLUMNS = FRAME
PATCH = (slice(80, 160), slice(86, 108))


def wall(height: int, width: int, period: float) -> np.ndarray:
    """Bricks, (height, width, 3) uint8, a course of them every ``period`` / 2 pixels."""
    y, x = np.mgrid[:height, :width] + 0.5
    course = np.floor(2 * y / period)
    joint = ((2 * y / period) % 1 < 0.2) | (((x / period + course / 2) % 1) < 0.1)
    return np.where(joint[..., None], (190, 185, 170), (150, 70, 55)).astype(np.uint8)


def bared() -> np.ndarray:
    share = np.zeros(FRAME, np.float32)
    share[PATCH] = 1
    return share


def shown(framed: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """What is continued in the frame itself, where it is all there is."""
    found = continued(framed, ground, bared(), BEHIND)
    assert found is not None
    y, x = np.mgrid[:ROWS, :COLUMNS]
    across, down = found.shift.astype(int)
    picture = framed.copy()
    full = found.share[0] > 0.99
    copy = framed[(y + down)[full], (x + across)[full]] + found.tone.transpose(1, 2, 0)[full]
    picture[full] = np.clip(copy, 0, 255)
    return picture


def test_bricks_go_on_behind_what_was_hidden() -> None:
    truth = wall(*FRAME, period=24)
    framed = truth.copy()
    framed[PATCH] = (20, 20, 60)
    ground = bared() == 0
    gap = np.abs(shown(framed, ground)[PATCH].astype(int) - truth[PATCH]).mean(2)[2:-2, 2:-2]
    assert gap.mean() < 4


def test_the_tone_follows_the_light_on_a_wall() -> None:
    light = np.linspace(0.5, 1.0, COLUMNS)[None, :, None]
    truth = (wall(*FRAME, period=24) * light).astype(np.uint8)
    framed = truth.copy()
    framed[PATCH] = 0
    ground = bared() == 0
    inside = (slice(90, 150), slice(90, 104))
    tone = shown(framed, ground)[inside].mean((0, 1)) - truth[inside].mean((0, 1))
    assert np.abs(tone).max() < 6


def test_where_there_is_no_ground_nothing_is_continued() -> None:
    framed = wall(*FRAME, period=24)
    assert continued(framed, np.zeros(FRAME, bool), bared(), BEHIND) is None
    few = np.zeros(FRAME, bool)
    few[80:160, 110:116] = True  # a strip narrower than the patch
    assert continued(framed, few, bared(), BEHIND) is None
    assert continued(framed, np.ones(FRAME, bool), np.zeros(FRAME, np.float32), BEHIND) is None


def test_ground_on_either_side_of_legs_comes_from_two_places() -> None:
    """A wide skirt hid it, and what is left of the photograph beside it is narrow."""
    truth = wall(*FRAME, period=24)
    hidden = np.zeros(FRAME, np.float32)
    hidden[150:220, 20:172] = 1
    hidden[150:220, 80:112] = 0  # the legs
    ground = np.zeros(FRAME, bool)
    ground[100:, :] = True
    ground[150:220, 20:172] = False
    framed = truth.copy()
    framed[~ground] = (20, 20, 60)
    found = continued(framed, ground, hidden, BEHIND)
    assert found is not None
    assert (found.share[0][hidden > 0] > 0.99).mean() > 0.8
    y, x = np.mgrid[:ROWS, :COLUMNS]
    across, down = found.shift.astype(int)
    full = (found.share[0] > 0.99) & (hidden > 0)
    copy = framed[(y + down)[full], (x + across)[full]] + found.tone.transpose(1, 2, 0)[full]
    assert np.abs(copy - truth[full]).mean() < 12


def test_patches_that_lie_near_each_other_go_together() -> None:
    """Two strips two pixels apart: between them is nothing that a shift could be mixed of."""
    framed = wall(*FRAME, period=24)
    share = bared()
    share[:, 96:98] = 0
    found = continued(framed, bared() == 0, share, BEHIND)
    assert found is not None
    assert len(np.unique(found.shift[:, 80:160, 86:108].reshape(2, -1), axis=1).T) == 1


def before_a_wall(clear: bool = False) -> tuple[Person, Continued, np.ndarray]:
    """Someone before a wall, or a transparent place, of six times the frame's size; what is
    continued of it where they go, and the whole of the wall."""
    truth = wall(6 * ROWS, 6 * COLUMNS, period=144)
    rgba = np.dstack([truth, np.full(truth.shape[:2], 255, np.uint8)])
    if clear:
        rgba[:] = 0
    rows, columns = (slice(6 * part.start, 6 * part.stop) for part in PATCH)
    rgba[rows, columns] = (20, 20, 60, 255)
    window = whole(rgba.shape[1], rgba.shape[0])
    framed = frame_photo(rgba, window, *FRAME)
    who = Person(rgba, window, Guide(framed), np.zeros(FRAME, bool))
    ground = continued(framed, bared() == 0, bared(), BEHIND)
    assert ground is not None
    return who, ground, truth


def composed(clear: bool) -> tuple[np.ndarray, np.ndarray]:
    """The outcome and the wall where someone went from before it."""
    who, ground, truth = before_a_wall(clear)
    empty = dataclasses.replace(draft(0, bared(), 0.5), continued=(ground,))
    outcome, region = composite(who, cloth(), empty, CancelToken())
    inner = (slice(6 * 84, 6 * 156), slice(6 * 90, 6 * 104))
    assert (region[inner] == 255).all()
    return outcome[inner][..., :3].astype(int), truth[inner]


def test_a_photograph_gets_its_own_pixels_back() -> None:
    """At six times the frame's size the bricks behind the person are as sharp as those beside."""
    outcome, truth = composed(clear=False)
    gap = np.abs(outcome - truth).mean(2)
    assert gap.mean() < 6
    assert (gap > 40).mean() < 0.05


def test_what_is_continued_ends_within_a_pixel_of_the_photograph() -> None:
    """Its share of a place says where, not how softly: an arm's edge is no blur six pixels wide."""
    who, ground, _ = before_a_wall()
    ramp = np.clip((np.arange(COLUMNS) - 93.5) / 6, 0, 1).astype(np.float32)
    half = dataclasses.replace(ground, reach=np.broadcast_to(ramp, (1, *FRAME)).copy())
    arm = dataclasses.replace(draft(0, bared(), 0.0), continued=(half,))  # black where it is not
    outcome, _ = composite(who, cloth(), arm, CancelToken())
    columns = slice(6 * PATCH[1].start, 6 * PATCH[1].stop)
    across = outcome[6 * 84 : 6 * 156, columns, :3].mean(2) > 20
    edge = 6 * (97 - PATCH[1].start)
    assert not across[:, 24 : edge - 6].any()
    assert across[:, edge + 6 : -12].mean() > 0.99


def test_a_transparent_ground_is_white_where_a_network_sees_it() -> None:
    outcome, _ = composed(clear=True)
    assert outcome.min() > 250


SKIRT, LEGS = 5, 7
BAND = (slice(100, 130), slice(60, 130))


def pleated() -> tuple[np.ndarray, np.ndarray]:
    """A pleated skirt on a grey ground whose upper part a coat hid; and the whole of it."""
    truth = np.full((*FRAME, 3), 128, np.uint8)
    pleats = np.where(np.arange(70) % 10 < 5, 40, 200).astype(np.uint8)
    truth[100:200, 60:130] = pleats[None, :, None]
    framed = truth.copy()
    framed[BAND] = (90, 60, 10)
    return framed, truth


def band() -> np.ndarray:
    share = np.zeros(FRAME, np.float32)
    share[BAND] = 1
    return share


def test_pleats_go_on_upwards_under_a_shorter_top() -> None:
    framed, truth = pleated()
    below = np.zeros(FRAME, bool)
    below[130:200, 60:130] = True
    found = continued(framed, below, band(), BELOW)
    assert found is not None
    y, x = np.mgrid[:ROWS, :COLUMNS]
    across, down = found.shift.astype(int)
    full = found.share[0] > 0.99
    assert full[104:126, 66:124].all()
    assert not full[:98].any()
    copy = framed[(y + down)[full], (x + across)[full]] + found.tone.transpose(1, 2, 0)[full]
    assert np.abs(copy - truth[full]).mean() < 6


def test_hips_are_made_of_two_legs() -> None:
    """No one shift takes hips to legs that stand apart; two do."""
    framed = np.full((*FRAME, 3), 128, np.uint8)
    below = np.zeros(FRAME, bool)
    below[130:230, 62:90] = below[130:230, 102:130] = True
    framed[below] = (30, 40, 110)
    found = continued(framed, below, band(), BELOW)
    assert found is not None
    assert len(np.unique(found.shift[:, found.share[0] > 0.99], axis=1).T) >= 2
    assert (found.share[0][105:125, 66:124] > 0.3).mean() > 0.8


def hanging(kind: int) -> np.ndarray:
    """What hangs out over the ground of a bared band over legs that are narrower, or of which below
    shows another ``kind`` of thing."""
    labels = np.zeros(FRAME, np.uint8)
    labels[130:240, 80:110] = kind
    labels[102:131, 90:110] = LEGS  # a slit of it in the band itself
    clothes, there = labels > 0, band() > 0
    there &= ~clothes
    return wings(there, labels, clothes, ~clothes & ~there)


def test_a_wide_coat_leaves_no_wings_beside_narrow_legs() -> None:
    out = hanging(LEGS)
    assert out[105:125, 60:74].all()
    assert out[105:125, 116:130].all()
    assert not out[:, 79:111].any()


def test_a_skirt_over_legs_is_not_cut_to_their_width() -> None:
    assert not hanging(SKIRT).any()


def test_over_something_else_than_ground_nothing_is_known_to_hang_out() -> None:
    labels = np.zeros(FRAME, np.uint8)
    labels[130:240, 80:110] = LEGS
    clothes, there = labels > 0, band() > 0
    assert not wings(there, labels, clothes, np.zeros(FRAME, bool)).any()


def test_hips_that_are_wider_than_knees_stay_so() -> None:
    """A coat hid them to its hem, which is as wide as the legs that come out of it."""
    rows, columns = np.indices(FRAME)
    half = 30 - (rows - 100) * 10 / 60  # 30 pixels at the hips, 20 at the hem
    legs = (np.abs(columns - 95) < np.maximum(half, 20)) & (rows >= 100)
    there = legs & (rows < 160)
    labels = np.where(legs & ~there, LEGS, 0).astype(np.uint8)
    labels[110:160, 90:100] = LEGS  # a slit of the coat
    clothes = labels > 0
    assert not wings(there & ~clothes, labels, clothes, ~legs).any()


@pytest.mark.parametrize("period", [8, 20, 40, 60, 80])
def test_nothing_comes_from_beyond_the_frame(period: int) -> None:
    """A striped skirt whose stripes ask for a copy from further down than there is any."""
    for top, bottom in ((190, 220), (140, 200)):
        share = np.zeros(FRAME, np.float32)
        share[top:bottom, 60:130] = 1
        clothes = np.zeros(FRAME, bool)
        clothes[80:, 40:150] = True
        framed = np.full((*FRAME, 3), 128, np.uint8)
        framed[clothes] = np.random.default_rng(period).integers(60, 90, (clothes.sum(), 1))
        framed[(np.arange(ROWS)[:, None] % period < period // 2) & clothes, 0] = 200
        found = continued(framed, clothes & (share == 0), share, BELOW)
        assert found is not None
        target = np.arange(ROWS)[:, None] + found.shift[1]
        assert ((target < ROWS) | (found.share[0] < 0.5)).all()
