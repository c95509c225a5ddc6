"""The parser's recipe from photographs to a pack the application loads, on drawn figures."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the recipe needs the extra `training`")

from app.domain.cancel import CancelToken  # noqa: E402
from app.domain.errors import PictureError  # noqa: E402
from app.domain.framing import Window  # noqa: E402
from app.domain.palette import Palette  # noqa: E402
from app.inference.parsing import Found  # noqa: E402
from app.inference.providers import Device  # noqa: E402
from models.training import blobs, palette, pictures  # noqa: E402
from models.training.parser import (  # noqa: E402
    colouring,
    data,
    evaluate,
    export,
    losses,
    relabel,
    train,
)
from models.training.parser.networks import Parser  # noqa: E402

CPU = torch.device("cpu")
BLOUSE = next(i for i, c in enumerate(palette.CLASSES) if c.key == "blouse")


def test_the_whole_photograph_keeps_labels_and_landmarks_in_place(drawn_pack: Path) -> None:
    people = data.load(drawn_pack, True, CPU)
    rng = torch.Generator().manual_seed(0)
    batch = data.windows(people, torch.arange(6), 256, data.FIXED, rng)
    assert batch.picture.shape == (6, 3, 256, 192)
    assert batch.labels.shape == (6, 256, 192)
    # 288 x 192 fits the frame by its height: 12 columns on either side lie outside of it.
    assert (batch.labels[:, :, :10] == data.IGNORE).all()
    assert batch.seen.all()
    shoulder = batch.points[0, 1]  # left shoulder, drawn at (128, 70) of 192 x 288
    assert shoulder.tolist() == pytest.approx([(128 + 12) / 216, 70 / 288], abs=1e-3)
    x, y = (shoulder * torch.tensor([192, 256])).long().tolist()
    assert batch.labels[0, y + 4, x] == BLOUSE


def test_mirrored_windows_exchange_left_and_right(drawn_pack: Path) -> None:
    people = data.load(drawn_pack, True, CPU)
    for seed in range(6):
        rng = torch.Generator().manual_seed(seed)
        how = data.Augment(window=False, rotate=0, color=0, plain=0)
        batch = data.windows(people, torch.arange(4), 128, how, rng)
        left, right = batch.points[:, 1, 0], batch.points[:, 2, 0]
        assert (left > right).all()


def test_what_lies_outside_of_a_crop_is_unknown(drawn_pack: Path) -> None:
    people = data.load(drawn_pack, True, CPU)
    rng = torch.Generator().manual_seed(1)
    batch = data.windows(people, torch.arange(6).repeat(4), 128, data.Augment(), rng)
    share = (batch.labels == data.IGNORE).float().mean()
    assert 0.01 < share < 0.8
    assert batch.picture.isfinite().all()
    assert batch.picture.abs().max() <= 1


def test_pseudo_labels_obey_the_list_of_labels() -> None:
    scores = torch.zeros(1, palette.COUNT, 8, 6)
    scores[:, BLOUSE] = 9
    scores[:, BLOUSE + 1] = 8
    allowed = torch.zeros(1, palette.COUNT, dtype=torch.bool)
    allowed[0, BLOUSE + 1] = True
    labels = losses.constrained(scores, allowed, 16, 0.5)
    assert labels.shape == (1, 16, 12)
    assert (labels == BLOUSE + 1).all()
    assert (losses.constrained(torch.zeros_like(scores), allowed, 16, 0.9) == data.IGNORE).all()
    forbidden = losses.absent(scores, allowed)
    allowed[0, BLOUSE] = True
    assert losses.absent(scores, allowed) < forbidden


def test_what_a_list_rules_out_goes_to_its_family() -> None:
    chances = np.zeros((palette.COUNT, 2, 3), np.float32)
    chances[0], chances[BLOUSE], chances[BLOUSE + 1], chances[-1] = 0.1, 0.6, 0.1, 0.2
    tags = np.zeros(palette.COUNT, bool)
    tags[BLOUSE + 1] = True
    left = relabel.constrained(chances, tags)
    assert left[BLOUSE + 1] == pytest.approx(0.7)
    assert left[0] == pytest.approx(0.1)
    assert not left[[BLOUSE, -1]].any()
    tags[:] = False  # no garment is listed at all: none is made up
    assert relabel.constrained(chances, tags).sum() == pytest.approx(0.6)


class _Reader:
    """Finds a blouse on the left half of every photograph, unsure at its right edge."""

    def __init__(self, classes: Palette) -> None:
        self._classes = classes

    def find(self, rgba: np.ndarray, _cancel: CancelToken) -> Found:
        if rgba[..., :3].max() < 5:
            raise PictureError("nobody")
        height, width = rgba.shape[:2]
        chances = np.zeros((palette.COUNT, 64, 48), np.float32)
        chances[0] = 1
        chances[0, :, :24], chances[BLOUSE, :, :24] = 0.1, 0.9
        chances[:2, :, 24:30] = 0.5
        whole_photo = Window(0, 0, width, height)
        framed = whole_photo.cut(np.ascontiguousarray(rgba[..., :3]), 64, 48)
        points = np.zeros((13, 3), np.float32)
        return Found(
            height, width, 1.0, whole_photo, framed, chances, points, 1, "front",
            self._classes, Device("cpu"), (),
        )  # fmt: skip


def test_photographs_with_a_list_of_labels_get_label_maps(
    tagged_pack: Path, palette: Palette, tmp_path: Path
) -> None:
    target = tmp_path / "relabelled.npz"
    with np.load(tagged_pack) as source:
        content = dict(source)
    black = cv2.imencode(".jpg", np.zeros((288, 192, 3), np.uint8))[1].tobytes()
    photos = [*blobs.parts(content["photos"], content["photo_sizes"])[:-1], black]
    content["photos"], content["photo_sizes"] = blobs.joined(photos)
    np.savez(tmp_path / "tagged.npz", **content)
    share = relabel.relabel(tmp_path / "tagged.npz", _Reader(palette), target)
    assert 0.4 < share < 0.7
    people = data.load(target, True, CPU)
    assert (people.labels[0, 0, 4:280, 4:80] == BLOUSE).all()
    assert (people.labels[0, 0, 4:280, 140:188] == 0).all()
    assert (people.labels[-1] == data.IGNORE).all()
    assert torch.equal(people.rgb[0], data.load(tagged_pack, True, CPU).rgb[0])


def test_grounds_are_exchanged_only_behind_known_people() -> None:
    picture = torch.full((2, 3, 32, 24), 0.4)
    labels = torch.full((2, 32, 24), data.IGNORE)
    labels[1] = 0
    labels[1, 8:24, 6:18] = BLOUSE
    plain = colouring.exchange_ground(picture, labels, 1.0, pictures.torch_seeded(3))
    assert torch.equal(plain[0], picture[0])
    assert torch.equal(plain[1, :, 9:23, 7:17], picture[1, :, 9:23, 7:17])
    assert (plain[1, :, :6] - 0.4).abs().mean() > 0.05


def test_rare_classes_are_drawn_more_often(drawn_pack: Path) -> None:
    people = data.load(drawn_pack, True, CPU)
    tags = torch.zeros(6, palette.COUNT, dtype=torch.bool)
    tags[:, 0] = tags[0, BLOUSE] = True
    rare = dataclasses.replace(people, tags=tags.repeat(5, 1))
    rare.tags[6:, BLOUSE] = False  # one of thirty wears it
    rare.ids = [str(i) for i in range(30)]
    drawn = rare.draw(4000, pictures.torch_seeded(0))
    share = (drawn == 0).float().mean() * 30
    assert share == pytest.approx((0.2 * 30) ** 0.5, rel=0.25)
    assert set(drawn.tolist()) == set(range(30))


def test_a_blend_is_the_mean_of_the_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = Parser()
    with torch.no_grad():
        net.shift.weight.fill_(2)
    own = {name: value.clone() for name, value in net.state_dict().items()}
    older = {name: value + 1 for name, value in own.items() if not name.startswith("shift")}
    del older["worn.weight"]
    monkeypatch.setattr(export.packing, "weights_of", lambda _: older)
    export.blend(net, tmp_path / "parser.onnx")
    mixed = net.state_dict()
    torch.testing.assert_close(mixed["scores.weight"], own["scores.weight"] + 0.5)
    assert (mixed["shift.weight"] == 1).all()  # what only adds counts as nothing there
    assert torch.equal(mixed["worn.weight"], own["worn.weight"])


def test_scores_of_a_known_confusion() -> None:
    truth = np.zeros((4, 5), np.uint8)
    truth[:2] = BLOUSE
    read = truth.copy()
    read[0] = BLOUSE + 1  # a shirt is not a blouse, but an upper garment all the same
    scores = evaluate.Scores()
    scores.add(truth, read)
    found = scores.result([0, BLOUSE])
    assert found["pixel_accuracy"] == 0.75
    assert found["mean_iou"] == 0.75
    assert found["grouped_mean_iou"] == 1.0


@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")  # shapes are meant to be fixed
def test_train_stop_resume_export_evaluate(
    drawn_pack: Path, tagged_pack: Path, tmp_path: Path, run_main: Callable[..., None]
) -> None:
    run, target = tmp_path / "run", tmp_path / "person-parser"
    options = (drawn_pack, run, "--tagged", tagged_pack, "--device", "cpu")
    run_main(train.main, *options, "--plan", "64:6")
    state = torch.load(run / "state.pt", weights_only=True)
    assert state["step"] == 6
    assert {"entropy", "dice", "points", "heat", "seen"} <= set().union(*state["log"])
    run_main(train.main, *options, "--plan", "64:8")
    again = torch.load(run / "state.pt", weights_only=True)
    assert [e["step"] for e in again["log"]] == list(range(1, 9))
    assert again["seconds"] > state["seconds"]
    assert (run / "losses.png").stat().st_size > 1000
    assert (run / "samples.jpg").stat().st_size > 1000

    run_main(export.main, run, "-o", target)
    from app.inference.packs import load_pack

    assert load_pack(target).palette[BLOUSE].key == "blouse"

    run_main(evaluate.main, drawn_pack, target, run)
    found = json.loads((run / "figures.json").read_text("utf-8"))
    assert found["photographs"] == 4
    assert 0 <= found["street"]["pixel_accuracy"] <= 1
    assert 0 <= found["studio_crops"]["grouped_mean_iou"] <= 1
    assert (run / "sheet.jpg").stat().st_size > 1000


def test_dyed_garments_change_colour_and_nothing_else_does() -> None:
    keys = [c.key for c in palette.CLASSES]
    labels = torch.zeros(4, 40, 30, dtype=torch.int64)
    for row, key in enumerate(("skin", "blouse", "jeans", "bag")):
        labels[:, 8 * row + 4 : 8 * row + 10] = keys.index(key)
    labels[:, 36:] = data.IGNORE
    picture = torch.full((4, 3, 40, 30), 0.4)
    assert torch.equal(colouring.dye(picture, labels, 0.0, pictures.torch_seeded(0)), picture)
    dyed = torch.cat(
        [colouring.dye(picture, labels, 1.0, pictures.torch_seeded(seed)) for seed in range(8)]
    )
    every = labels.repeat(8, 1, 1)
    change = (dyed - 0.4).abs().amax(1)
    for kept in (0, keys.index("skin"), data.IGNORE):
        inner = torch.nn.functional.avg_pool2d((every == kept).float()[:, None], 3, 1, 1)[:, 0]
        assert change[inner > 0.99].max() < 1e-6
    for key in ("blouse", "bag"):
        mean = torch.stack([change[i][every[i] == keys.index(key)].mean() for i in range(32)])
        assert 0.2 < (mean > 0.05).float().mean() < 0.8  # every second one
    jeans = dyed.permute(0, 2, 3, 1)[every == keys.index("jeans")]
    assert jeans.std(1).max() < 0.05  # lighter or darker, but as grey as before
    assert jeans.std(0).max() > 0.05
    assert torch.equal(dyed.clamp(0, 1), dyed)
