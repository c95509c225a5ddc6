"""Made pairs, from drawn bodies whose cloth has a pattern that shows where it came from."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the recipe needs the extra `training`")

from models.training import blobs, prepare  # noqa: E402
from models.training.parser.colouring import IGNORE  # noqa: E402
from models.training.tryon import finding, flat, making, pairs, skinning, worn  # noqa: E402
from tests.training.people_drawn import MIDDLE, class_of, draw, landmarks_of_drawn  # noqa: E402

CPU = torch.device("cpu")


def _only(category: str, **how: object) -> worn.Worn:
    photo, labels = draw(**how)
    found, _ = finding.find(photo, labels, landmarks_of_drawn())
    return next(garment for garment in found if garment.category == category)


@pytest.mark.parametrize(
    ("category", "lower"),
    [("upper", "skirt"), ("lower", "skirt"), ("lower", "pants"), ("dress", "skirt")],
)
def test_cloth_goes_back_onto_the_person(category: str, lower: str) -> None:
    garment = _only(category, lower=lower)
    rig = skinning.rig(garment)
    flow = skinning.as_flow(skinning.lay(rig, np.random.default_rng(3))[0])
    cloth, alpha = flat.draw(flow, rig, flat.painted(garment))
    back = making.warp(np.dstack([cloth, alpha]), flow).astype(int)
    inside = cv2.erode(garment.mask, np.ones((5, 5), np.uint8)) > 0
    shown = inside & (back[..., 3] > 250)
    assert shown.sum() > 0.93 * inside.sum()
    assert np.abs(back[..., :3] - garment.person)[shown].mean() < 6
    rows, columns = np.nonzero(alpha > 127)
    height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
    assert 0.77 < max(height / worn.HEIGHT, width / worn.WIDTH) < 0.98
    assert (cloth[alpha == 0] == 255).all()


def test_sleeves_spread_and_legs_part() -> None:
    for category, lower in (("upper", "skirt"), ("lower", "pants")):
        rig = skinning.rig(_only(category, lower=lower))
        assert len(rig.limbs) == 2
        flow = skinning.as_flow(skinning.lay(rig, np.random.default_rng(0))[0])
        points = rig.worn.landmarks[:, :2]
        ends = (worn.LEFT_WRIST, worn.RIGHT_WRIST, worn.LEFT_SHOULDER, worn.RIGHT_SHOULDER)
        if category == "lower":
            ends = (worn.LEFT_ANKLE, worn.RIGHT_ANKLE, worn.LEFT_HIP, worn.RIGHT_HIP)
        # Above the ends, where there surely is cloth.
        columns, rows = ((points[list(ends)] - [0, 4]) / 2).astype(int).T
        x = flow[0, rows, columns].astype(float)
        assert x[0] - x[1] > 1.15 * (x[2] - x[3]) > 0


def test_what_a_bag_hides_is_filled_in_the_cloth_only() -> None:
    garment = _only("upper", bag=True)
    bag = garment.labels == class_of("bag")
    assert (garment.held[bag] == 1).mean() > 0.9
    assert garment.mask[bag].mean() < 0.05
    rig = skinning.rig(garment)
    flow = skinning.as_flow(skinning.lay(rig, np.random.default_rng(1))[0])
    _, alpha = flat.draw(flow, rig, flat.painted(garment))
    assert (making.warp(alpha, flow)[garment.held > 0] > 200).all()


@pytest.mark.parametrize(
    ("landmarks", "reason"),
    [
        (landmarks_of_drawn()[[0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11]], "from the front"),
        (landmarks_of_drawn(left_elbow=(165, 140), left_wrist=(150, 150)), "a sleeve"),
    ],
)
def test_refuses_what_cannot_be_laid_flat(landmarks: np.ndarray, reason: str) -> None:
    found, refused = finding.find(*draw(), landmarks)
    assert "upper" not in {garment.category for garment in found}
    assert any(reason in why for why in refused)


def test_open_jacket_is_refused() -> None:
    photo, labels = draw()
    labels[80:170, MIDDLE - 8 : MIDDLE + 8] = class_of("t-shirt")
    _, refused = finding.find(photo, labels, landmarks_of_drawn())
    assert "upper: open or in pieces" in refused


def test_closing_fills_gaps_and_keeps_the_outline() -> None:
    mask = np.zeros((40, 40), np.uint8)
    mask[5:35, 5:18] = mask[5:35, 22:35] = 1
    closed = worn.closed(mask, 4)
    assert closed[8:32, 18:22].all()
    assert not closed[:4].any()
    assert not closed[:, :4].any()


def test_command_writes_the_same_pack_twice(
    drawn_people: Path, tmp_path: Path, run_main: Callable[..., None]
) -> None:
    one, two, part = (tmp_path / name for name in ("one.npz", "two.npz", "part.npz"))
    sheet = tmp_path / "sheet.jpg"
    run_main(pairs.main, drawn_people, "-o", one, "--variants", 2, "--sheet", sheet)
    run_main(pairs.main, drawn_people, "-o", two, "--variants", 2)
    run_main(pairs.main, drawn_people, "-o", part, "--variants", 2, "--limit", 1)
    assert one.read_bytes() == two.read_bytes()
    assert sheet.stat().st_size > 10_000
    assert [path.name for path in tmp_path.glob("*.part")] == []

    training, held_out = pairs.load(one, True, CPU), pairs.load(one, False, CPU)
    first = pairs.load(part, True, CPU)
    count = len(training)
    assert set(training.ids) == {"0000", "0001", "0002"}
    assert set(held_out.ids) == {"0003"}
    assert set(training.category.tolist()) == {0, 1, 2}
    assert torch.equal(first.cloth, training.cloth[: len(first)])
    assert training.person.shape == (count, 3, 256, 192)
    assert training.labels.shape == (count, 1, 256, 192)
    assert training.cloth.shape == (count, 2, 4, 256, 192)
    assert training.flow.shape == (count, 2, 2, 128, 96)
    assert training.flow.dtype == torch.float16
    assert training.landmarks.shape == (count, 13, 3)
    assert set(training.mask.unique().tolist()) == {0, 1}
    assert not bool((training.mask & training.held).any())
    worn_there = training.labels[training.mask.bool()]
    assert bool((worn_there > 0).float().mean() > 0.97)
    assert training.points.shape == (count, 2, 8, 2)
    assert training.covered.shape == (count, 2, 2)
    assert set(training.skirt.tolist()) <= {0.0, 1.0}
    clear = training.cloth[:, :, 3:].expand(-1, -1, 3, -1, -1) == 0
    assert float(training.cloth[:, :, :3][clear].float().mean()) > 253


def _relabelled(source: Path, target: Path, unsure: int) -> Path:
    """A pack as `relabel` writes it, every ``unsure``-th column of whose maps has no label."""
    prepare.prepare(source, target)
    with np.load(target) as pack:
        content = dict(pack)
    maps = [making.decoded(part) for part in blobs.parts(content["labels"], content["label_sizes"])]
    for labels in maps:
        labels[:, ::unsure] = IGNORE
    content["labels"], content["label_sizes"] = blobs.joined([making.png(m) for m in maps])
    content["ids"] = np.array([f"read{photo}" for photo in content["ids"]])
    with target.open("wb") as file:
        np.savez(file, **content)
    return target


def test_people_that_a_parser_labelled_are_learned_from_too(
    drawn_people: Path, tmp_path: Path
) -> None:
    pack = _relabelled(drawn_people, tmp_path / "read.npz", unsure=40)
    drawn, _ = making.make(drawn_people, variants=1)
    records, _ = making.make(drawn_people, variants=1, relabelled=pack)
    also = records[len(drawn) :]
    assert [record.photo for record in records[: len(drawn)]] == [r.photo for r in drawn]
    assert {record.photo for record in also} == {f"read{record.photo}" for record in drawn}
    assert all(record.train for record in also)
    for record, own in zip(also, drawn, strict=True):
        labels, truth = (making.decoded(r.blobs["labels"]) for r in (record, own))
        assert (labels == truth).mean() > 0.98


def test_where_a_parser_was_unsure_of_too_much_nothing_is_learned(
    drawn_people: Path, tmp_path: Path
) -> None:
    pack = _relabelled(drawn_people, tmp_path / "read.npz", unsure=2)
    records, refused = making.make(drawn_people, variants=1, relabelled=pack)
    assert not any(record.photo.startswith("read") for record in records)
    assert refused["any: labels unsure"] == 4


def test_command_says_when_nothing_fits(
    drawn_data: Path, tmp_path: Path, run_main: Callable[..., None]
) -> None:
    unposed = tmp_path / "unposed"
    shutil.copytree(drawn_data, unposed)
    (unposed / "ccp" / "pose.csv").write_text("id\n", "utf-8")
    with pytest.raises(SystemExit, match="No garment"):
        run_main(pairs.main, unposed, "-o", tmp_path / "none.npz")
