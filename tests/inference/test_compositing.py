"""A network's small outputs on a large photograph: what is new, what stays, and where it lands."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.cancel import CancelToken
from app.domain.cloth import cloth_window, frame_cloth, frame_photo
from app.domain.errors import Cancelled
from app.domain.framing import Window, whole
from app.inference.compositing import composite
from app.inference.planning import Cloth, Draft, Person
from app.inference.upsampling import Guide

FRAME = (256, 192)
ROOT = Path(__file__).resolve().parents[2]


def identity() -> np.ndarray:
    """A flow that takes every place of the frame from the same place of the cloth's frame."""
    ys, xs = ((np.arange(side) + 0.5) / side * 2 - 1 for side in FRAME)
    return np.stack(np.meshgrid(xs, ys)).astype(np.float32)


def draft(
    cover: np.ndarray | float = 0,
    replace: np.ndarray | float = 0,
    fill: float = 0.5,
    flow: np.ndarray | None = None,
) -> Draft:
    return Draft(
        identity() if flow is None else flow,
        np.broadcast_to(np.float32(cover), FRAME).copy(),
        np.broadcast_to(np.float32(replace), FRAME).copy(),
        np.full((3, *FRAME), fill, np.float32),
    )


def ellipse(x: float, y: float, across: float, down: float) -> np.ndarray:
    """1 inside, softly 0 outside, in frame pixels."""
    mask = np.zeros(FRAME, np.float32)
    center, axes = (round(x), round(y)), (round(across), round(down))
    cv2.ellipse(mask, center, axes, 0, 0, 360, 1.0, -1)
    return cv2.GaussianBlur(mask, (0, 0), 0.7)


def noise(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 4), dtype=np.uint8)


def grey(height: int, width: int, alpha: int = 255) -> np.ndarray:
    rgba = np.full((height, width, 4), 128, np.uint8)
    rgba[..., 3] = alpha
    return rgba


def person(rgba: np.ndarray, window: Window | None = None) -> Person:
    window = window or whole(rgba.shape[1], rgba.shape[0])
    framed = frame_photo(rgba, window, *FRAME)
    return Person(rgba, window, Guide(framed), np.zeros(FRAME, bool))


def cloth(
    height: int = 400, width: int = 300, color: tuple[int, int, int] = (200, 30, 60)
) -> Cloth:
    """A plain rectangle one pixel from the edge."""
    rgba = np.zeros((height, width, 4), np.uint8)
    rgba[..., :3] = color
    rgba[1:-1, 1:-1, 3] = 255
    return hung(rgba)


def hung(rgba: np.ndarray) -> Cloth:
    window = cloth_window(rgba[..., 3])
    return Cloth(rgba, window, frame_cloth(rgba, window, *FRAME)[..., 3].copy())


def frame_box(window: Window, x0: float, y0: float, x1: float, y1: float) -> np.ndarray:
    return window.to_photo(np.float32([[x0, y0], [x1, y1]]), *FRAME)


def run(who: Person, what: Cloth, how: Draft, **more: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    before = who.rgba.copy()
    who.rgba.setflags(write=False)
    rgba, region = composite(who, what, how, CancelToken(), **more)
    np.testing.assert_array_equal(who.rgba, before)
    assert rgba.shape == before.shape
    assert region.shape == before.shape[:2]
    np.testing.assert_array_equal(rgba[region == 0], before[region == 0])
    assert (rgba[..., 3] >= before[..., 3]).all()
    return rgba, region


@settings(max_examples=20)
@given(
    st.integers(20, 400), st.integers(20, 400), st.floats(-0.4, 0.4), st.floats(-0.4, 0.4),
    st.floats(0.2, 1.6), st.floats(10, 180), st.floats(10, 240), st.floats(3, 50),
    st.integers(0, 3),
)  # fmt: skip
def test_every_pixel_outside_the_region_is_the_photographs(
    height: int, width: int, dx: float, dy: float, zoom: float, x: float, y: float, size: float,
    seed: int,
) -> None:  # fmt: skip
    all_of_it = whole(width, height)
    window = Window(
        all_of_it.x + dx * width, all_of_it.y + dy * height,
        all_of_it.width * zoom, all_of_it.height * zoom,
    )  # fmt: skip
    who = person(noise(height, width, seed), window)
    cover, replace = ellipse(x, y, size, size * 1.3), ellipse(x, y, size * 1.4, size)
    rgba, _ = run(who, cloth(), draft(cover, replace * (1 - cover)))
    touched = (cover >= 0.02) | (replace * (1 - cover) >= 0.02)
    grown = cv2.dilate(touched.astype(np.uint8), np.ones((3, 3), np.uint8))
    centers = np.stack(np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5), axis=-1)
    columns, rows = np.floor(window.to_frame(centers, *FRAME)).astype(int).transpose(2, 0, 1)
    inside = (rows >= 0) & (rows < FRAME[0]) & (columns >= 0) & (columns < FRAME[1])
    may = np.zeros((height, width), bool)
    may[inside] = grown[rows[inside], columns[inside]] > 0
    np.testing.assert_array_equal(rgba[~may], who.rgba[~may])


@pytest.mark.parametrize("value", [0, 0.019])
def test_a_network_that_changes_nothing_changes_no_pixel(value: float) -> None:
    who = person(noise(320, 250))
    rgba, region = run(who, cloth(), draft(value, value))
    np.testing.assert_array_equal(rgba, who.rgba)
    assert not region.any()


@pytest.mark.parametrize("size", [(3000, 2200), (1000, 1500), (700, 300), (90, 70)])
def test_the_cloth_lands_within_a_pixel_of_where_the_flow_says(size: tuple[int, int]) -> None:
    who, what = person(grey(*size)), cloth()
    rgba, _ = run(who, what, draft(frame_alpha(what)))
    red = rgba[..., 0].astype(int) > 164  # half way from grey to the cloth
    # The cloth's own box fills 0.9 of its frame; the flow brings it to the same place of the photo.
    corners = np.float32([[1, 1], [299, 399]])
    framed = what.window.to_frame(corners, *FRAME)
    (left, top), (right, bottom) = who.window.to_photo(framed, *FRAME)
    rows, columns = np.flatnonzero(red.any(1)), np.flatnonzero(red.any(0))
    assert columns[0] == pytest.approx(max(left, 0), abs=1)
    assert columns[-1] + 1 == pytest.approx(min(right, size[1]), abs=1)
    assert rows[0] == pytest.approx(max(top, 0), abs=1)
    assert rows[-1] + 1 == pytest.approx(min(bottom, size[0]), abs=1)


def test_a_shifted_flow_shifts_the_cloth_as_far() -> None:
    who, what = person(grey(1200, 900)), cloth()
    flow = identity()
    flow[0] -= 2 * 10.5 / FRAME[1]  # 10.5 frame pixels: the cloth moves to the right
    there = frame_alpha(what)
    moved = cv2.warpAffine(there, np.float32([[1, 0, 10.5], [0, 1, 0]]), FRAME[::-1])
    edges = [
        np.flatnonzero(run(who, what, one)[0][600, :, 0] > 164)[0]
        for one in (draft(there), draft(moved, flow=flow))
    ]
    assert edges[1] - edges[0] == pytest.approx(10.5 * who.window.width / FRAME[1], abs=1)


def test_the_edge_is_as_sharp_as_the_cloths_own() -> None:
    who, what = person(grey(2400, 1800)), cloth(2000, 1500)
    cover = frame_alpha(what)
    rgba, _ = run(who, what, draft(cover))
    row = rgba[1200, :900, 0].astype(int)
    soft = ((row > 131) & (row < 197)).sum()
    assert soft <= 4  # one frame pixel is 9.4 of the photograph


def test_cloth_is_opaque_where_the_photo_is_not() -> None:
    outline = ellipse(96, 128, 50, 70)
    made = {
        alpha: run(person(grey(800, 600, alpha)), cloth(), draft(outline))[0]
        for alpha in (0, 128, 255)
    }
    whole_cloth = np.abs(made[255][..., :3].astype(int) - (200, 30, 60)).max(2) == 0
    for rgba in made.values():
        assert np.abs(rgba[whole_cloth].astype(int) - made[255][whole_cloth]).max() <= 1
    edge = (made[0][..., 3] > 8) & (made[0][..., 3] < 250)
    assert edge.sum() > 100
    assert np.abs(made[0][edge, :3].astype(int) - (200, 30, 60)).max() <= 2  # nothing of the clear
    # On grey, all of them look alike.
    for alpha in (0, 128):
        share = made[alpha][..., 3:].astype(float) / 255
        seen = made[alpha][..., :3] * share + 128 * (1 - share)
        assert np.abs(seen - made[255][..., :3]).max() <= 1.5


def test_filling_is_as_clear_as_the_photo() -> None:
    rgba, region = run(person(grey(400, 300, 128)), cloth(), draft(0, 1.0, fill=0.9))
    assert (region == 255).any()
    assert (rgba[..., 3] == 128).all()
    assert (rgba[region == 255, :3] > 220).all()


def test_an_outline_that_the_network_draws_is_sharp_at_any_size() -> None:
    """A hem or a sleeve that ends within the cloth: no edge of the photograph's, none of alpha."""
    rng = np.random.default_rng(0)
    for scale in (1, 2, 9):
        photo = np.full((256 * scale, 192 * scale, 4), 128, np.uint8)
        photo[..., :3] += rng.integers(0, 40, photo[..., :3].shape, np.uint8)
        rgba, _ = run(person(photo), cloth(1000, 750), draft(ellipse(96, 128, 50, 70)))
        row = rgba[128 * scale, : 96 * scale, 1].astype(int)  # 30 in the cloth, 128 and more beside
        assert ((row > 45) & (row < 120)).sum() <= 4
        assert np.argmax(row < 80) / scale == pytest.approx(46, abs=1.5)


def frame_alpha(what: Cloth) -> np.ndarray:
    alpha = np.ascontiguousarray(what.rgba[..., 3])
    return what.window.cut(alpha, *FRAME, repeat=False).astype(np.float32) / 255


def test_what_must_go_is_filled_up_to_the_cloth_without_a_rim_of_the_old() -> None:
    photo = np.full((1200, 900, 4), 255, np.uint8)
    photo[..., :3] = 0
    who, what = person(photo), cloth(color=(200, 200, 200))
    cover = frame_alpha(what)
    rgba, region = run(who, what, draft(cover, 1 - cover, fill=200 / 255))
    assert rgba[..., :3].min() >= 190
    assert region.min() == 255


def test_cloth_behind_a_hand_ends_at_the_hand() -> None:
    """The network's edge is off by a frame pixel and soft; the photograph's own is taken."""
    photo = np.full((1600, 1200, 4), 255, np.uint8)
    photo[..., :3] = (90, 90, 160)
    photo[700:900, :, :3] = (230, 190, 170)
    hand_there = np.zeros(FRAME, bool)
    hand_there[112:144] = True
    who, what = dataclasses.replace(person(photo), upon=hand_there), cloth()
    cover = np.ones(FRAME, np.float32)
    cover[111:145] = 0  # 694 to 906 of the photograph
    cover = cv2.GaussianBlur(cover, (0, 0), 1)
    rgba, _ = run(who, what, draft(cover))
    hand = np.abs(rgba[..., :3].astype(int) - (230, 190, 170)).max(2) < 12
    inside = hand[704:896, 300:900]
    assert inside.mean() > 0.99
    old = np.abs(rgba[..., :3].astype(int) - (90, 90, 160)).max(2) < 12
    assert old[560:1040, 300:900].mean() < 0.005


def test_a_larger_cloth_is_averaged_not_picked() -> None:
    stripes = np.zeros((2400, 1800, 4), np.uint8)
    stripes[..., :3] = 255 * (np.arange(1800) // 2 % 2)[None, :, None]
    stripes[1:-1, 1:-1, 3] = 255
    who = person(np.full((320, 240, 4), 128, np.uint8))
    what = hung(stripes)
    rgba, _ = run(who, what, draft(frame_alpha(what)))
    assert np.abs(rgba[40:280, 40:200, 0].astype(int) - 127).max() < 40


def test_a_corrected_region_decides() -> None:
    grey = np.full((600, 450, 4), 128, np.uint8)
    who, what = person(grey), cloth()
    small = draft(ellipse(96, 90, 30, 30))
    rgba, region = run(who, what, small)
    corrected = region.copy()
    corrected[:200] = 0
    corrected[400:500, 100:300] = 255
    corrected[595:, :5] = 255  # beyond the cloth: the network's filling
    again, returned = run(who, what, small, region=corrected)
    np.testing.assert_array_equal(returned, corrected)
    np.testing.assert_array_equal(again[:200], who.rgba[:200])
    np.testing.assert_allclose(again[200:390], rgba[200:390], atol=1)
    assert np.abs(again[405:495, 105:295, :3].astype(int) - (200, 30, 60)).max() <= 2
    assert np.abs(again[597:, :3, :3].astype(int) - 128).max() <= 2
    none, _ = run(who, what, small, region=np.zeros_like(region))
    np.testing.assert_array_equal(none, who.rgba)


def test_a_cancelled_composition_stops_between_tiles() -> None:
    class AfterSome(CancelToken):
        asked = 0

        def raise_if_cancelled(self) -> None:
            self.asked += 1
            if self.asked == 3:
                self.cancel()
            super().raise_if_cancelled()

    token = AfterSome()
    who = person(np.full((1600, 1200, 4), 128, np.uint8))
    with pytest.raises(Cancelled):
        composite(who, cloth(), draft(1.0), token)
    assert token.asked == 3


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak from /proc")
def test_24_megapixels_stay_within_a_gigabyte() -> None:
    """The whole process: interpreter, libraries, photograph, outcome, region."""
    code = """
import re, numpy as np
from pathlib import Path
from tests.inference.test_compositing import cloth, draft, ellipse, person
from app.inference.compositing import composite
from app.domain.cancel import CancelToken
photo = np.full((6000, 4000, 4), 128, np.uint8)
composite(person(photo), cloth(4000, 3000), draft(ellipse(96, 128, 80, 110), 1.0), CancelToken())
status = Path("/proc/self/status").read_text()  # getrusage would count the parent before exec
print(int(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1]) // 1024)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=ROOT)
    assert int(done.stdout) < 1000
