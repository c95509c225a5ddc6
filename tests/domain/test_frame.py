"""Letterboxing: thin parts stay, shapes keep their place, and colours come back unmixed."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.frame import fit
from app.domain.geometry import inscribe

H, W = 256, 192


def test_a_map_of_the_frames_own_size_is_left_as_it_is() -> None:
    labels = np.random.default_rng(0).integers(0, 26, (H, W)).astype(np.uint8)
    framed, placement = fit(labels, H, W)
    np.testing.assert_array_equal(framed, labels)
    picture = np.random.default_rng(1).integers(0, 256, (H, W, 3)).astype(np.uint8)
    rgba = placement.restore(picture, labels)
    np.testing.assert_array_equal(rgba[..., :3][labels > 0], picture[labels > 0])


@given(
    width=st.integers(1, 400),
    height=st.integers(1, 400),
    frame=st.tuples(st.integers(16, 96), st.integers(16, 96)),
)
def test_the_garment_lies_centred_in_the_frame_with_ground_around(
    width: int, height: int, frame: tuple[int, int]
) -> None:
    framed, placement = fit(np.full((height, width), 5, np.uint8), *frame)
    area = placement.area
    assert framed.shape == frame
    assert (framed[area.slices] == 5).all()
    assert int((framed == 5).sum()) == area.w * area.h
    assert (area.w == frame[1]) or (area.h == frame[0])
    assert abs(frame[1] - area.w - 2 * area.x) <= 1
    assert abs(frame[0] - area.h - 2 * area.y) <= 1


@given(scale=st.integers(2, 9), data=st.data())
def test_a_map_made_of_whole_frame_pixels_comes_back_exactly(
    scale: int, data: st.DataObject
) -> None:
    seed = data.draw(st.integers(0, 2**16))
    small = np.random.default_rng(seed).integers(0, 26, (32, 24)).astype(np.uint8)
    framed, _ = fit(np.kron(small, np.ones((scale, scale), np.uint8)), 32, 24)
    np.testing.assert_array_equal(framed, small)


@given(
    canvas=st.sampled_from([(1024, 768), (2048, 1536), (900, 650), (640, 480), (1111, 777)]),
    offset=st.floats(0, 1),
    upright=st.booleans(),
    around=st.sampled_from([(0, 0), (5, 5), (5, 16)]),
)
def test_a_stripe_as_thick_as_a_frame_pixel_is_seen_wherever_it_lies(
    canvas: tuple[int, int], offset: float, upright: bool, around: tuple[int, int]
) -> None:
    height, width = canvas
    thick = int(np.ceil(1 / min(H / height, W / width)))
    labels = np.full(canvas, around[0], np.uint8)
    side = width if upright else height
    start = 8 + int(offset * (side - thick - 16))
    end = start + thick
    if upright:
        labels[:, end:] = around[1]
        labels[:, start:end] = 23
    else:
        labels[end:] = around[1]
        labels[start:end] = 23
    framed, placement = fit(labels, H, W)
    seen = (framed[placement.area.slices] == 23).any(axis=1 if upright else 0)
    assert seen.all(), "the stripe is broken"


@given(seed=st.integers(0, 2**16))
def test_a_cell_takes_the_class_with_most_of_its_area(seed: int) -> None:
    random = np.random.default_rng(seed)
    labels = random.integers(1, 3, (32 * 4, 24 * 4)).astype(np.uint8)
    framed, _ = fit(labels, 32, 24)
    ones = (labels.reshape(32, 4, 24, 4) == 1).sum(axis=(1, 3))
    clear = ones != 8
    np.testing.assert_array_equal(framed[clear], np.where(ones > 8, 1, 2)[clear])


def test_only_classes_of_the_map_appear() -> None:
    labels = np.zeros((1000, 700), np.uint8)
    for number, cls in enumerate((3, 9, 200, 255)):
        cv2.circle(labels, (150 + 130 * number, 500), 120, cls, -1)
    framed, _ = fit(labels, H, W)
    assert set(np.unique(framed)) == {0, 3, 9, 200, 255}


def test_a_part_too_thin_for_the_frame_takes_a_garments_colour_not_the_grounds_white() -> None:
    labels = np.zeros((2048, 1536), np.uint8)
    labels[400:1600, 500:1000] = 5
    labels[:400, 750] = 5  # one pixel wide, an eighth of a frame pixel
    _, placement = fit(labels, H, W)
    picture = np.full((H, W, 3), 255, np.uint8)
    picture[placement.frame == 5] = (10, 120, 30)
    rgba = placement.restore(picture, labels)
    assert (rgba[labels == 5] == (10, 120, 30, 255)).all()
    assert (rgba[labels == 0] == (255, 255, 255, 0)).all()


def test_a_smaller_picture_has_a_soft_alpha_of_the_same_area() -> None:
    labels = np.zeros((400, 300), np.uint8)
    cv2.circle(labels, (150, 200), 100, 7, -1)
    _, placement = fit(labels, H, W)
    rgba = placement.restore(np.full((H, W, 3), 90, np.uint8), labels, (75, 100))
    alpha = rgba[..., 3].astype(float)
    assert alpha.sum() / 255 == pytest.approx((labels == 7).sum() / 16, rel=0.01)
    assert ((alpha > 0) & (alpha < 255)).any()
    assert (rgba[..., :3][alpha > 0] == 90).all()


@given(
    inner=st.tuples(st.integers(1, 5000), st.integers(1, 5000)),
    outer=st.tuples(st.integers(1, 5000), st.integers(1, 5000)),
)
def test_inscribe_stays_inside_and_touches_two_sides(
    inner: tuple[int, int], outer: tuple[int, int]
) -> None:
    rect = inscribe(*inner, *outer)
    assert rect.clip(*outer) == rect
    assert not rect.empty
    assert rect.w == outer[0] or rect.h == outer[1]


@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (5, 5, 3), (5,)])
def test_what_is_no_plane_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="plane"):
        fit(np.zeros(shape, np.uint8), H, W)


def test_seams_between_classes_stay_as_sharp_as_painted() -> None:
    labels = np.full((400, 300), 7, np.uint8)
    labels[200:] = 16
    labels[:200, 150:] = 15
    framed, placement = fit(labels, 64, 48)
    colors = np.zeros((256, 3), np.uint8)
    colors[7], colors[15], colors[16] = (200, 10, 10), (10, 200, 10), (10, 10, 200)
    rgba = placement.restore(colors[framed], labels)
    np.testing.assert_array_equal(rgba[..., :3], colors[labels])


@given(
    canvas=st.sampled_from([(256, 192), (512, 384), (400, 300), (321, 207), (100, 75)]),
    seed=st.integers(0, 2**16),
)
def test_a_class_takes_its_colour_from_its_own_frame_pixels_alone(
    canvas: tuple[int, int], seed: int
) -> None:
    random = np.random.default_rng(seed)
    labels = np.zeros(canvas, np.uint8)
    for _ in range(8):
        centre = (int(random.integers(canvas[1])), int(random.integers(canvas[0])))
        cv2.circle(labels, centre, int(random.integers(9, 50)), int(random.integers(1, 9)), -1)
    framed, placement = fit(labels, 64, 48)
    colors = random.integers(0, 256, (256, 3)).astype(np.uint8)
    rgba = placement.restore(colors[framed], labels)
    seen = np.isin(labels, np.unique(framed)) & (labels > 0)
    np.testing.assert_array_equal(rgba[seen][:, :3], colors[labels[seen]])


@pytest.mark.parametrize("canvas", [(512, 384), (600, 450), (333, 250), (401, 299)])
def test_a_part_enlarged_alone_is_what_it_is_in_the_whole(canvas: tuple[int, int]) -> None:
    """A class that fills a small box is drawn from a crop; its colours must not shift by it."""
    height, width = canvas
    labels = np.full(canvas, 3, np.uint8)
    labels[height // 3 : height // 2, width // 3 : width // 2] = 4
    _, placement = fit(labels, 64, 48)
    rows, columns = np.mgrid[:64, :48]
    picture = np.stack([rows * 3, columns * 4, rows + columns], axis=2).astype(np.uint8)
    rgba = placement.restore(picture, labels)
    whole = cv2.resize(
        picture[placement.area.slices], (width, height), interpolation=cv2.INTER_CUBIC
    )
    inside = (slice(height // 3 + 20, height // 2 - 20), slice(width // 3 + 20, width // 2 - 20))
    np.testing.assert_array_equal(rgba[inside][..., :3], whole[inside])
