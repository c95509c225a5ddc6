"""A garment out of its picture: edges, colours beyond them, the picture's own alpha."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.cancel import CancelToken
from app.domain.cloth import SHARE, cloth_window, frame_cloth, frame_photo, spread
from app.domain.errors import Cancelled, PictureError
from app.domain.framing import Window, whole
from app.domain.requests import CutCloth
from app.inference.cutout import Cutout
from app.inference.packs import CUTOUT, load_pack
from tests.inference.doubles import devices
from tests.inference.graphs import write_pack
from tests.inference.photo_graphs import cutout as cutout_graph
from tests.inference.wardrobe import CLOTH, FRAME, SIZE, shirt


@pytest.fixture(scope="module")
def cutout(tmp_path_factory: pytest.TempPathFactory, palette: object) -> Cutout:
    folder = tmp_path_factory.mktemp("packs") / "cutout"
    files = {"cutout": cutout_graph(frame=FRAME, category=2)}
    pack = load_pack(write_pack(folder, palette, task=CUTOUT, files=files, frame=SIZE))
    return Cutout(pack, devices())


def cut(cutout: Cutout, rgba: np.ndarray) -> CutCloth:
    rgba.setflags(write=False)
    return cutout(rgba, CancelToken())


def back(made: CutCloth, shape: tuple[int, ...]) -> np.ndarray:
    """Its alpha where it lay in the picture."""
    alpha = np.zeros((shape[0] + 2, shape[1] + 2), np.uint8)
    box = made.box
    alpha[box.y + 1 : box.bottom + 1, box.x + 1 : box.right + 1] = made.rgba[..., 3]
    return alpha[1:-1, 1:-1]


@pytest.mark.parametrize("size", [(320, 240), (1800, 1200), (500, 1000), (90, 60)])
def test_the_edge_is_the_pictures_own(cutout: Cutout, size: tuple[int, int]) -> None:
    picture = shirt(*size)
    made = cut(cutout, picture)
    assert made.category == "dress"
    assert made.likelihood.sum() == pytest.approx(1)
    alpha = back(made, picture.shape).astype(int)
    truth = (255 - picture[..., 0].astype(int)) * 255 // (255 - CLOTH[0])
    wrong = np.abs(alpha - truth) > 96
    outline = cv2.morphologyEx((truth > 127).astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3)))
    step = max(1.0, size[0] / FRAME[0], size[1] / FRAME[1])
    assert wrong.sum() <= 0.5 * step * outline.sum()
    far = cv2.dilate(outline, np.ones((2 * round(3 * step) + 1,) * 2)) == 0
    assert not wrong[far].any()


def test_a_gap_that_is_like_the_ground_is_cut_out(cutout: Cutout) -> None:
    picture = shirt(900, 700)
    picture[(picture[..., :3] == 255).all(2), :3] = 250
    gap = (slice(500, 830), slice(330, 370))
    picture[gap][..., :3] = 222  # in shadow, and half a garment by the network
    alpha = back(cut(cutout, picture), picture.shape)
    assert alpha[520:790, 340:360].max() == 0
    assert alpha[520:790, 200:300].min() == 255


def test_a_clear_rim_all_around_and_no_ground_in_the_colours(cutout: Cutout) -> None:
    made = cut(cutout, shirt(900, 700))
    alpha = made.rgba[..., 3]
    assert not alpha[[0, -1]].any()
    assert not alpha[:, [0, -1]].any()
    assert alpha.max() == 255
    mixed = np.abs(made.rgba[..., :3].astype(int) - CLOTH).max(2) > 8
    assert mixed.mean() < 1e-3


def test_a_garment_at_the_edge_of_its_picture_gets_a_rim_too(cutout: Cutout) -> None:
    picture = np.full((200, 150, 4), 255, np.uint8)
    picture[60:, 30:120, :3] = CLOTH
    made = cut(cutout, picture)
    assert made.box.bottom == 201
    assert not made.rgba[-1, :, 3].any()
    assert made.rgba[-2, 40:60, 3].min() == 255


def test_alpha_that_is_meant_is_the_mask(cutout: Cutout) -> None:
    picture = np.zeros((300, 200, 4), np.uint8)
    picture[..., :3] = (0, 255, 0)  # what transparent pixels hold does not matter
    picture[50:250, 40:160] = (*CLOTH, 255)
    picture[150:250, 40:160, 3] = 100  # half transparent cloth keeps its colour
    made = cut(cutout, picture)
    np.testing.assert_array_equal(back(made, picture.shape), picture[..., 3])
    assert np.abs(made.rgba[..., :3].astype(int) - CLOTH).max() <= 3


def test_a_few_clear_pixels_are_no_mask(cutout: Cutout) -> None:
    picture = shirt()
    picture[:4, :4, 3] = 0
    assert back(cut(cutout, picture), picture.shape)[:10, :10].max() == 0
    assert cut(cutout, picture).rgba[..., 3].mean() > 100


@pytest.mark.parametrize(("share", "kept"), [(0.01, False), (0.15, False), (0.45, True)])
def test_of_patches_only_a_large_one_is_a_part_of_the_garment(
    cutout: Cutout, share: float, kept: bool
) -> None:
    picture = np.full((640, 480, 4), 255, np.uint8)
    picture[40:340, 100:380, :3] = CLOTH
    picture[420 : 420 + round(300 * share), 100:380, :3] = CLOTH
    alpha = back(cut(cutout, picture), picture.shape)
    assert alpha[400:].any() == kept
    assert alpha[200, 240] == 255


@pytest.mark.parametrize("value", [0, 255])
def test_an_empty_picture_is_refused(cutout: Cutout, value: int) -> None:
    picture = np.full((50, 40, 4), 255, np.uint8)
    picture[..., 3] = value
    with pytest.raises(PictureError, match="no garment that can be tried on"):
        cut(cutout, picture)


def test_a_cancelled_cut_stops(cutout: Cutout) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        cutout(shirt(), token)


@settings(max_examples=30)
@given(st.integers(40, 500), st.integers(40, 500), st.floats(0, 0.6), st.floats(0, 0.6))
def test_the_garment_fills_nine_tenths_of_the_frame(
    height: int, width: int, top: float, left: float
) -> None:
    rgba = np.zeros((height, width, 4), np.uint8)
    y, x = 1 + int(top * height), 1 + int(left * width)
    bottom, right = max(y + 1, height - 1), max(x + 1, width - 1)
    rgba[y:bottom, x:right] = (*CLOTH, 255)
    window = cloth_window(rgba[..., 3])
    framed = frame_cloth(rgba, window, *FRAME)
    corners = window.to_frame(np.float32([[x, y], [right, bottom]]), *FRAME)
    shares = (corners[1] - corners[0]) / (FRAME[1], FRAME[0])
    assert shares.max() == pytest.approx(SHARE, abs=1e-4)
    np.testing.assert_allclose(corners.mean(0), (FRAME[1] / 2, FRAME[0] / 2), atol=1e-3)
    np.testing.assert_allclose(
        window.to_photo(corners, *FRAME), [[x, y], [right, bottom]], atol=1e-3
    )
    assert (framed[framed[..., 3] == 0, :3] == 255).all()
    inner = framed[128, 96]
    assert inner[3] == 255
    assert np.abs(inner[:3].astype(int) - CLOTH).max() <= 1


def test_a_frame_without_a_garment_cannot_be() -> None:
    with pytest.raises(ValueError, match="opaque"):
        cloth_window(np.full((5, 5), 100, np.uint8))


@settings(max_examples=30)
@given(
    st.integers(2, 400), st.integers(2, 400), st.floats(-0.3, 0.3), st.floats(-0.3, 0.3),
    st.floats(0.2, 1.5),
)  # fmt: skip
def test_a_part_of_a_photo_is_framed_as_the_whole_would_be(
    height: int, width: int, dx: float, dy: float, zoom: float
) -> None:
    """`frame_photo` looks only at what it needs; colours and places must be the same."""
    ys, xs = np.mgrid[:height, :width].astype(np.float32)
    rgba = np.dstack([xs * 255 / width, ys * 255 / height, xs * 0 + 90, xs * 0 + 255])
    rgba = np.round(rgba).astype(np.uint8)
    full = whole(width, height)
    window = Window(
        full.x + dx * width, full.y + dy * height, full.width * zoom, full.height * zoom
    )
    direct = window.cut(np.ascontiguousarray(rgba[..., :3]), 64, 48)
    framed = frame_photo(rgba, window, 64, 48)
    step = 255 * max(1.5 * window.width / 48 / width, 1.5 * window.height / 64 / height)
    assert np.abs(framed.astype(int) - direct).max() <= 2 + min(step, 12)


def test_what_is_transparent_in_a_photo_is_white() -> None:
    rgba = np.zeros((40, 30, 4), np.uint8)
    rgba[20:] = (*CLOTH, 255)
    framed = frame_photo(rgba, whole(30, 40), 64, 48)
    assert (framed[:30] == 255).all()
    assert (framed[34:] == CLOTH).all()


@settings(max_examples=30)
@given(st.integers(1, 90), st.integers(1, 90), st.integers(0, 5))
def test_spread_keeps_what_is_known_and_stays_between(h: int, w: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rgb = rng.integers(60, 120, (h, w, 3), dtype=np.uint8)
    known = np.where(rng.random((h, w)) < 0.2, 255, 0).astype(np.uint8)
    known[h // 2, w // 2] = 255
    rgb[known == 0] = 255
    grown = spread(rgb, known)
    np.testing.assert_array_equal(grown[known > 0], rgb[known > 0])
    assert grown.min() >= 57
    assert grown.max() <= 123
