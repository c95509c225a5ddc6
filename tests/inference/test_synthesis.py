"""From a label map to a picture: colours from the codes, edges from the full-resolution labels."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.domain.cancel import CancelToken
from app.domain.errors import Cancelled, LabelMapError, PackError, PictureError
from app.domain.palette import Palette
from app.domain.requests import SynthesisRequest
from app.domain.style import Look
from app.inference.packs import Pack, load_pack
from app.inference.synthesis import Synthesizer
from tests.inference.doubles import FakeDevices, devices
from tests.inference.graphs import write_pack


@pytest.fixture(scope="module")
def synthesizer(pack: Pack) -> Synthesizer:
    return Synthesizer(pack, devices())


def figure(height: int = 320, width: int = 240) -> np.ndarray:
    labels = np.zeros((height, width), np.uint8)
    cv2.rectangle(labels, (width // 4, height // 8), (width * 3 // 4, height // 2), 6, -1)
    cv2.rectangle(labels, (width // 4, height // 2 + 1), (width * 3 // 4, height * 7 // 8), 16, -1)
    return labels


def color(synthesizer: Synthesizer, seed: int, cls: int) -> np.ndarray:
    return np.round(synthesizer.bank.draw(seed)[cls][:3] * 255)


def draw(
    synthesizer: Synthesizer,
    labels: np.ndarray,
    look: Look | None = None,
    size: tuple[int, int] | None = None,
) -> np.ndarray:
    request = SynthesisRequest(labels, look or Look(3), size)
    return synthesizer(request, CancelToken()).rgba


@pytest.mark.parametrize("shape", [(320, 240), (32, 24), (1000, 300), (90, 700), (17, 13), (1, 1)])
def test_the_picture_has_the_maps_size_and_its_ground_is_clear(
    synthesizer: Synthesizer, shape: tuple[int, int]
) -> None:
    labels = figure(*shape)
    rgba = draw(synthesizer, labels)
    assert rgba.shape == (*shape, 4)
    assert rgba.dtype == np.uint8
    np.testing.assert_array_equal(rgba[..., 3], np.where(labels == 0, 0, 255))
    assert (rgba[labels == 0, :3] == 255).all()


def test_each_class_has_the_colour_of_its_code(synthesizer: Synthesizer) -> None:
    rgba = draw(synthesizer, figure())
    for cls, row in ((6, 100), (16, 220)):
        wanted = color(synthesizer, 3, cls)
        assert np.abs(rgba[row, 80:160, :3].astype(float) - wanted).max() <= 1


def test_no_white_rim_at_the_edge_of_the_garment(synthesizer: Synthesizer) -> None:
    labels = figure()
    rgba = draw(synthesizer, labels).astype(float)
    top = labels == 6
    top[135:] = False  # away from the other class
    wanted = color(synthesizer, 3, 6)
    assert np.abs(rgba[top][:, :3] - wanted).max() <= 2


def test_a_seed_repeats_and_another_one_differs(synthesizer: Synthesizer) -> None:
    labels = figure()
    np.testing.assert_array_equal(
        draw(synthesizer, labels, Look(7)), draw(synthesizer, labels, Look(7))
    )
    assert any(
        not np.array_equal(draw(synthesizer, labels, Look(7)), draw(synthesizer, labels, Look(n)))
        for n in range(8, 12)
    )


def test_a_locked_class_changes_and_leaves_the_others(synthesizer: Synthesizer) -> None:
    labels = figure()
    code = np.array([0.2, 0.4, 0.6, 0], np.float32)
    plain, locked = draw(synthesizer, labels), draw(synthesizer, labels, Look(3, {6: code}))
    assert np.abs(locked[100, 120, :3] - np.array([51, 102, 153])).max() <= 1
    np.testing.assert_array_equal(plain[200:], locked[200:])


@pytest.mark.parametrize("size", [(480, 640), (120, 160), (700, 200), (33, 900), (1, 1)])
def test_another_size_keeps_proportions_in_clear_margins(
    synthesizer: Synthesizer, size: tuple[int, int]
) -> None:
    width, height = size
    rgba = draw(synthesizer, figure(), size=size)
    assert rgba.shape == (height, width, 4)
    if min(size) > 30:
        scale = min(width / 240, height / 320)
        ys, xs = np.nonzero(rgba[..., 3] > 127)
        assert np.ptp(xs) + 1 == pytest.approx(121 * scale, abs=2)
        assert np.ptp(ys) + 1 == pytest.approx(241 * scale, abs=2)
        assert xs.min() + xs.max() + 1 == pytest.approx(width, abs=3)


def test_an_empty_map_is_a_clear_picture(synthesizer: Synthesizer) -> None:
    rgba = draw(synthesizer, np.zeros((50, 40), np.uint8))
    assert not rgba[..., 3].any()


def test_a_full_map_has_no_ground(synthesizer: Synthesizer) -> None:
    rgba = draw(synthesizer, np.full((50, 40), 9, np.uint8))
    assert (rgba[..., 3] == 255).all()
    assert np.abs(rgba[..., :3] - color(synthesizer, 3, 9)).max() <= 1


def test_the_labels_are_not_touched(synthesizer: Synthesizer) -> None:
    labels = figure()
    before = labels.copy()
    labels.setflags(write=False)
    draw(synthesizer, labels)
    np.testing.assert_array_equal(labels, before)


def test_a_class_beyond_the_palette_is_refused(synthesizer: Synthesizer) -> None:
    with pytest.raises(LabelMapError, match="class 26"):
        draw(synthesizer, np.full((50, 40), 26, np.uint8))


@pytest.mark.parametrize("size", [(0, 5), (20000, 20000), (5, 16385)])
def test_an_impossible_size_is_refused(synthesizer: Synthesizer, size: tuple[int, int]) -> None:
    with pytest.raises(PictureError):
        draw(synthesizer, figure(), size=size)


def test_device_time_and_notices_are_told(pack: Pack) -> None:
    world = FakeDevices(dies_after=1)
    synthesizer = Synthesizer(pack, devices("auto", world))
    uses = [synthesizer(SynthesisRequest(figure(), Look()), CancelToken()).use for _ in range(3)]
    assert [(use.device, use.provider) for use in uses] == [
        ("DirectML", "DmlExecutionProvider"),
        ("CPU", "CPUExecutionProvider"),
        ("CPU", "CPUExecutionProvider"),
    ]
    assert [len(use.notices) for use in uses] == [0, 1, 0]
    assert all(0 < use.milliseconds < 10_000 for use in uses)


def test_a_cancelled_request_gives_no_picture(synthesizer: Synthesizer) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        synthesizer(SynthesisRequest(figure(), Look()), token)


def test_graph_and_bank_open_at_the_first_picture(pack: Pack) -> None:
    world = FakeDevices()
    synthesizer = Synthesizer(pack, devices("cpu", world))
    assert synthesizer.palette is pack.palette
    assert world.opened == []
    for _ in range(3):
        draw(synthesizer, figure())
    assert world.opened == ["cpu"]


def test_a_pack_for_another_task_or_without_a_generator_is_refused_at_once(
    tmp_path: Path, palette: Palette
) -> None:
    folder = write_pack(tmp_path / "task", palette, task="try-on")
    with pytest.raises(PackError, match="'try-on'"):
        Synthesizer(load_pack(folder), devices())
    folder = write_pack(tmp_path / "garments", palette)
    manifest = json.loads((folder / "pack.json").read_text("utf-8"))
    del manifest["files"]["generator"]
    (folder / "pack.json").write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(PackError, match="no generator"):
        Synthesizer(load_pack(folder), devices())
