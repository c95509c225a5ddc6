"""The cut-out's recipe from photographs to a pack, on drawn garments."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the recipe needs the extra `training`")

from models.training.cutout import (  # noqa: E402
    compose,
    data,
    evaluate,
    export,
    labels,
    relabel,
    train,
)

_ROWS = [("t-shirt", "train"), ("pants", "train"), ("dress", "train"), ("shoes", "train")]
_ROWS += [("shirt", "val"), ("skirt", "val"), ("hat", "val")]


def _drawn(category: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A garment on a speckled floor, BGR, and its mask."""
    rng = np.random.default_rng(seed)
    mask = np.zeros((160, 120), np.uint8)
    if category in ("pants", "skirt"):
        cv2.rectangle(mask, (30, 24), (90, 100), 1, -1)
        cv2.rectangle(mask, (30, 100), (50, 136), 1, -1)
        cv2.rectangle(mask, (70, 100), (90, 136), 1, -1)
    else:
        cv2.rectangle(mask, (34, 36), (86, 124), 1, -1)
        cv2.rectangle(mask, (18, 36), (102, 62), 1, -1)
    colour = rng.integers(0, 70, 3)
    photo = rng.integers(170, 190, (160, 120, 3)).astype(np.uint8)
    photo[mask > 0] = colour + rng.integers(0, 12, (int(mask.sum()), 3))
    return photo, mask


@pytest.fixture(scope="module")
def garment_data(drawn_data: Path) -> Path:
    """The drawn figures' folder with drawn garment photographs beside them."""
    folder = drawn_data / "garments"
    folder.mkdir(exist_ok=True)
    lines = ["file,split,category,kids"]
    for number, (category, split) in enumerate(_ROWS):
        photo, _ = _drawn(category, number)
        done, content = cv2.imencode(".jpg", photo)
        assert done
        (folder / f"{number:04d}.jpg").write_bytes(content.tobytes())
        lines.append(f"{number:04d}.jpg,{split},{category},false")
    (folder / "index.csv").write_text("\n".join(lines) + "\n", "utf-8")
    return drawn_data


@pytest.fixture(scope="module")
def garment_pack(garment_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("cutout") / "cutout.npz"
    counts = labels.prepare(garment_data, target)
    assert counts["photographs"] == len(_ROWS)
    assert counts["agreed"] == 5  # shoes and the hat are never labelled
    assert counts["garments from figures"] > 0
    assert counts["grounds"] > 0
    return target


@pytest.mark.parametrize("category", ["t-shirt", "pants"])
def test_both_methods_find_a_plain_garment(category: str) -> None:
    photo, truth = _drawn(category, 1)
    mask = labels.agreed(photo, labels.KIND_OF[category])
    assert mask is not None
    assert labels.overlap(mask, truth) > 0.93


def test_no_agreement_on_a_bare_floor() -> None:
    photo = np.random.default_rng(0).integers(120, 140, (120, 120, 3)).astype(np.uint8)
    assert labels.agreed(photo, 0) is None


def test_a_network_in_doubt_labels_nothing() -> None:
    photo, truth = _drawn("t-shirt", 2)
    mask = relabel.tutored(photo, truth.astype(np.float32))
    assert mask is not None
    assert labels.overlap(mask, truth) > 0.93
    assert relabel.tutored(photo, np.full(truth.shape, 0.55, np.float32)) is None
    shifted = np.roll(truth, 30, axis=1).astype(np.float32)
    assert relabel.tutored(photo, shifted) is None


def test_pasting_keeps_picture_and_mask_together() -> None:
    photo, mask = _drawn("t-shirt", 3)
    ground = np.full((128, 96, 3), 250, np.uint8)
    rng = np.random.default_rng(0)
    for _ in range(12):
        picture, placed = compose.laid(photo, mask, ground, (128, 96), rng)
        assert picture.shape == (128, 96, 3)
        assert 0.02 < placed.mean() < 0.9
        inner = cv2.erode(placed, np.ones((7, 7), np.uint8)) > 0
        assert picture[inner].mean() < 130 < picture[placed == 0].mean()
    assert (ground == 250).all()


def test_same_seed_same_batch(garment_pack: Path) -> None:
    photos = data.load(garment_pack, True)
    one, two = (data.batch(photos, 12, 64, np.random.default_rng(4)) for _ in range(2))
    assert one.picture.shape == (12, 3, 64, 48)
    assert one.mask.shape == (12, 1, 64, 48)
    assert torch.equal(one.picture, two.picture)
    assert torch.equal(one.mask, two.mask)
    assert -1 <= float(one.picture.min()) < float(one.picture.max()) <= 1


def test_losses_fall_with_a_better_mask(garment_pack: Path) -> None:
    batch = data.batch(data.load(garment_pack, True), 8, 64, np.random.default_rng(1))
    kind = torch.zeros(8, len(labels.KINDS))
    good = train.terms((batch.mask * 8 - 4), kind, batch)
    bad = train.terms((4 - batch.mask * 8), kind, batch)
    assert float(good["entropy"]) < 0.1 < float(bad["entropy"])
    assert float(good["dice"]) < float(bad["dice"])
    batch.known[:] = 0
    unknown = train.terms(batch.mask, kind, batch)
    assert float(unknown["entropy"]) == float(unknown["dice"]) == 0
    assert float(unknown["category"]) > 0


@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")  # shapes are meant to be fixed
def test_train_resume_relabel_export_evaluate(
    garment_pack: Path,
    tmp_path: Path,
    run_main: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run, target = tmp_path / "run", tmp_path / "cloth-cutout"
    monkeypatch.setattr(train, "BATCH", {64: 2})
    run_main(train.main, garment_pack, run, "--plan", "64:2", "--device", "cpu")
    assert (run / "samples.jpg").stat().st_size > 1000

    further = tmp_path / "relabelled.npz"
    run_main(relabel.main, garment_pack, run, "-o", further)
    assert len(data.load(further, True).masked) >= len(data.load(garment_pack, True).masked)

    run_main(train.main, further, run, "--plan", "64:3", "--device", "cpu")
    state = torch.load(run / "state.pt", map_location="cpu", weights_only=True)
    assert [entry["step"] for entry in state["log"]] == [1, 2, 3]

    run_main(export.main, run, "-o", target)
    from app.inference.packs import load_pack

    assert load_pack(target).task == "cloth-cutout"

    monkeypatch.setattr(evaluate, "PASTED", 2)
    run_main(evaluate.main, garment_pack, target, run)
    found = json.loads((run / "figures.json").read_text("utf-8"))
    assert found["photographs"] == 3
    assert found["with_agreed_mask"] == 2
    assert 0 <= found["overlap_with_agreed_masks"]["mean"] <= 1
    assert found["parameters"] < 3_000_000
    assert (run / "sheet.jpg").stat().st_size > 1000
    assert (run / "worst.jpg").stat().st_size > 1000
