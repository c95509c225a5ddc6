"""Made pairs, from drawn bodies whose cloth has a pattern that shows where it came from."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the recipe needs the extra `training`")

from app.domain import framing  # noqa: E402
from models.training import palette  # noqa: E402
from models.training.tryon import finding, flat, making, pairs, skinning, worn  # noqa: E402

CPU = torch.device("cpu")
#: Half a body, from its axis outwards: x and y in pixels of the photograph.
BODY = {
    "nose": (0, 52), "shoulder": (28, 90), "elbow": (42, 130), "wrist": (52, 166),
    "hip": (15, 170), "knee": (17, 236), "ankle": (19, 296),
}  # fmt: skip
MIDDLE, HEIGHT, WIDTH = 150, 400, 300


def _landmarks(**moved: tuple[float, float]) -> np.ndarray:
    points = []
    for name in framing.LANDMARKS:
        side, _, part = name.partition("_")
        x, y = BODY[part or name]
        points.append(moved.get(name, (MIDDLE + (x if side == "left" else -x), y)))
    return np.array([(*point, 1.0) for point in points], np.float32)


def _class(key: str) -> int:
    return next(i for i, entry in enumerate(palette.CLASSES) if entry.key == key)


def _drawn(lower: str = "skirt", bag: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """A photograph whose colours are smooth in x and y, and its label map over the palette."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    waves = [np.sin(x / 11), np.sin(y / 13), np.sin((x + y) / 17)]
    photo = (np.stack(waves, -1) * 90 + 128).astype(np.uint8)
    labels = np.zeros((HEIGHT, WIDTH), np.uint8)

    def fill(key: str, corners: list[tuple[int, int]]) -> None:
        cv2.fillPoly(labels, [np.add(corners, (MIDDLE, 0), dtype=np.int32)], _class(key))

    fill("hair", [(-14, 40), (14, 40), (14, 62), (-14, 62)])
    fill("skin", [(-10, 60), (10, 60), (10, 90), (-10, 90)])
    if lower == "skirt":
        fill("skirt", [(-20, 160), (20, 160), (34, 230), (-34, 230)])
    else:
        fill("pants", [(-23, 160), (23, 160), (28, 294), (10, 294), (1, 196), (-1, 196),
                       (-10, 294), (-28, 294)])  # fmt: skip
    fill("blouse", [(-32, 86), (32, 86), (25, 130), (24, 168), (-24, 168), (-25, 130)])
    for side in (-1, 1):
        chain = [(side * BODY[p][0] + MIDDLE, BODY[p][1]) for p in ("shoulder", "elbow", "wrist")]
        cv2.polylines(labels, [np.array(chain, np.int32)], False, _class("blouse"), 15)
        cv2.circle(labels, (side * 55 + MIDDLE, 178), 6, _class("skin"), -1)
    if bag:
        fill("bag", [(-9, 115), (9, 115), (9, 140), (-9, 140)])
    return photo, labels


def _only(category: str, **how: object) -> worn.Worn:
    photo, labels = _drawn(**how)
    found, _ = finding.find(photo, labels, _landmarks())
    return next(garment for garment in found if garment.category == category)


@pytest.fixture(scope="module")
def drawn_people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with ``ccp/`` of four drawn people: two in skirts, two in pants, one held out."""
    root = tmp_path_factory.mktemp("people")
    for folder in ("photos", "labels"):
        (root / "ccp" / folder).mkdir(parents=True)
    names = [source for entry in palette.CLASSES for source in entry.sources]
    (root / "ccp" / "label_names.txt").write_text("\n".join(names), "utf-8")
    first = [names.index(entry.sources[0]) for entry in palette.CLASSES]
    index, pose = ["id,split,annotation,labels"], []
    for number in range(4):
        photo, labels = _drawn("skirt" if number % 2 else "pants")
        name = f"{number:04d}"
        index.append(f"{name},{'val' if number == 3 else 'train'},pixel,0")
        pose.append(
            {"id": name}
            | {
                f"{landmark}_{axis}": float(value)
                for landmark, point in zip(framing.LANDMARKS, _landmarks(), strict=True)
                for axis, value in zip("xyv", point, strict=True)
            }
        )
        jpeg = cv2.imencode(".jpg", photo, [cv2.IMWRITE_JPEG_QUALITY, 97])[1]
        (root / "ccp" / "photos" / f"{name}.jpg").write_bytes(jpeg.tobytes())
        png = cv2.imencode(".png", np.array(first, np.uint8)[labels])[1]
        (root / "ccp" / "labels" / f"{name}.png").write_bytes(png.tobytes())
    (root / "ccp" / "index.csv").write_text("\n".join(index) + "\n", "utf-8")
    with (root / "ccp" / "pose.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list(pose[0]))
        table.writeheader()
        table.writerows(pose)
    return root


@pytest.mark.parametrize(
    ("category", "lower"),
    [("upper", "skirt"), ("lower", "skirt"), ("lower", "pants"), ("dress", "skirt")],
)
def test_cloth_goes_back_onto_the_person(category: str, lower: str) -> None:
    garment = _only(category, lower=lower)
    rig = skinning.rig(garment)
    flow = skinning.as_flow(skinning.lay(rig, np.random.default_rng(3)))
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
        flow = skinning.as_flow(skinning.lay(rig, np.random.default_rng(0)))
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
    bag = garment.labels == _class("bag")
    assert (garment.held[bag] == 1).mean() > 0.9
    assert garment.mask[bag].mean() < 0.05
    rig = skinning.rig(garment)
    flow = skinning.as_flow(skinning.lay(rig, np.random.default_rng(1)))
    _, alpha = flat.draw(flow, rig, flat.painted(garment))
    assert (making.warp(alpha, flow)[garment.held > 0] > 200).all()


@pytest.mark.parametrize(
    ("landmarks", "reason"),
    [
        (_landmarks()[[0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11]], "from the front"),
        (_landmarks(left_elbow=(165, 140), left_wrist=(150, 150)), "a sleeve"),
    ],
)
def test_refuses_what_cannot_be_laid_flat(landmarks: np.ndarray, reason: str) -> None:
    found, refused = finding.find(*_drawn(), landmarks)
    assert "upper" not in {garment.category for garment in found}
    assert any(reason in why for why in refused)


def test_open_jacket_is_refused() -> None:
    photo, labels = _drawn()
    labels[80:170, MIDDLE - 8 : MIDDLE + 8] = _class("t-shirt")
    _, refused = finding.find(photo, labels, _landmarks())
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
    clear = training.cloth[:, :, 3:].expand(-1, -1, 3, -1, -1) == 0
    assert float(training.cloth[:, :, :3][clear].float().mean()) > 253


def test_command_says_when_nothing_fits(
    drawn_data: Path, tmp_path: Path, run_main: Callable[..., None]
) -> None:
    (drawn_data / "ccp" / "pose.csv").write_text("id\n", "utf-8")
    with pytest.raises(SystemExit, match="No garment"):
        run_main(pairs.main, drawn_data, "-o", tmp_path / "none.npz")
