"""The ground behind what is taken away, continued from around it."""

import dataclasses

import numpy as np

from app.domain.cancel import CancelToken
from app.domain.cloth import frame_photo
from app.domain.framing import whole
from app.inference.compositing import composite
from app.inference.inpainting import continued
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
    found = continued(framed, ground, bared())
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
    assert continued(framed, np.zeros(FRAME, bool), bared()) is None
    few = np.zeros(FRAME, bool)
    few[80:160, 110:116] = True  # a strip narrower than the patch
    assert continued(framed, few, bared()) is None
    assert continued(framed, np.ones(FRAME, bool), np.zeros(FRAME, np.float32)) is None


def test_patches_that_lie_near_each_other_go_together() -> None:
    """Two strips two pixels apart: between them is nothing that a shift could be mixed of."""
    framed = wall(*FRAME, period=24)
    share = bared()
    share[:, 96:98] = 0
    found = continued(framed, bared() == 0, share)
    assert found is not None
    assert len(np.unique(found.shift[:, 80:160, 86:108].reshape(2, -1), axis=1).T) == 1


def composed(clear: bool) -> tuple[np.ndarray, np.ndarray]:
    """A wall, or a transparent place, of six times the frame's size behind someone who goes; and
    the place in which the person was."""
    truth = wall(6 * ROWS, 6 * COLUMNS, period=144)
    rgba = np.dstack([truth, np.full(truth.shape[:2], 255, np.uint8)])
    if clear:
        rgba[:] = 0
    rows, columns = (slice(6 * part.start, 6 * part.stop) for part in PATCH)
    rgba[rows, columns] = (20, 20, 60, 255)
    window = whole(rgba.shape[1], rgba.shape[0])
    framed = frame_photo(rgba, window, *FRAME)
    who = Person(rgba, window, Guide(framed), np.zeros(FRAME, bool))
    ground = continued(framed, bared() == 0, bared())
    assert ground is not None
    empty = dataclasses.replace(draft(0, bared(), 0.5), ground=ground)
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


def test_a_transparent_ground_is_white_where_a_network_sees_it() -> None:
    outcome, _ = composed(clear=True)
    assert outcome.min() > 250
