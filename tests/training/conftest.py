"""A tiny data set in the layout of the real one: drawn figures with label maps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

if TYPE_CHECKING:
    from models.training.tryon.pairs import Pairs
    from models.training.tryon.photographed import Garments

pytest.importorskip("torch", reason="the recipe needs the extra `training`")


#: Landmarks of every drawn figure, facing the camera.
_LANDMARKS = {
    "nose": (96, 50), "left_shoulder": (128, 70), "right_shoulder": (64, 70),
    "left_elbow": (134, 100), "right_elbow": (58, 100), "left_wrist": (136, 130),
    "right_wrist": (56, 130), "left_hip": (114, 145), "right_hip": (78, 145),
    "left_knee": (112, 190), "right_knee": (80, 190), "left_ankle": (112, 250),
    "right_ankle": (80, 250),
}  # fmt: skip


def _figure(rng: np.random.Generator, names: list[str]) -> tuple[np.ndarray, np.ndarray]:
    photo = rng.integers(90, 160, (288, 192, 3), np.uint8)
    label = np.zeros((288, 192), np.uint8)
    parts = {
        "skin": ((80, 30), (112, 70)),
        "hair": ((80, 16), (112, 34)),
        "blouse": ((56, 66), (136, 140)),
        "skirt": ((60, 140), (132, 210)),
        "boots": ((66, 220), (126, 270)),
    }
    for name, (low, high) in parts.items():
        color = tuple(int(v) for v in rng.integers(20, 235, 3))
        cv2.rectangle(photo, low, high, color, -1)
        cv2.rectangle(label, low, high, names.index(name), -1)
    return photo, label


@pytest.fixture(scope="session")
def drawn_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with ``ccp/`` of ten drawn figures, six to train on and four held out."""
    from models.training import palette

    root = tmp_path_factory.mktemp("data")
    for folder in ("photos", "labels"):
        (root / "ccp" / folder).mkdir(parents=True)
    names = [source for entry in palette.CLASSES for source in entry.sources]
    (root / "ccp" / "label_names.txt").write_text("\n".join(names), "utf-8")
    rows = ["id,split,annotation,labels"]
    poses = ["id," + ",".join(f"{name}_{axis}" for name in _LANDMARKS for axis in "xyv")]
    rng = np.random.default_rng(5)
    for number in range(10):
        photo, label = _figure(rng, names)
        (root / "ccp" / "photos" / f"{number:04d}.jpg").write_bytes(
            cv2.imencode(".jpg", photo)[1].tobytes()
        )
        (root / "ccp" / "labels" / f"{number:04d}.png").write_bytes(
            cv2.imencode(".png", label)[1].tobytes()
        )
        rows.append(f"{number:04d},{'train' if number < 6 else 'val'},pixel,0")
        poses.append(f"{number:04d}," + ",".join(f"{x},{y},1" for x, y in _LANDMARKS.values()))
    for number in range(10, 13):
        photo, _ = _figure(rng, names)
        (root / "ccp" / "photos" / f"{number:04d}.jpg").write_bytes(
            cv2.imencode(".jpg", photo)[1].tobytes()
        )
        tags = " ".join(str(names.index(name)) for name in ("null", "skin", "blouse"))
        rows.append(f"{number:04d},train,tags,{tags}")
    (root / "ccp" / "index.csv").write_text("\n".join(rows) + "\n", "utf-8")
    (root / "ccp" / "pose.csv").write_text("\n".join(poses) + "\n", "utf-8")
    return root


@pytest.fixture(scope="session")
def drawn_pack(drawn_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The drawn figures as ``prepare`` packs them."""
    from models.training.prepare import prepare

    target = tmp_path_factory.mktemp("pack") / "figures.npz"
    assert prepare(drawn_data, target) == 10
    return target


@pytest.fixture(scope="session")
def tagged_pack(drawn_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The drawn figures that have only a list of labels."""
    from models.training.prepare import prepare

    target = tmp_path_factory.mktemp("pack") / "tagged.npz"
    assert prepare(drawn_data, target, kind="tagged") == 3
    return target


@pytest.fixture(scope="session")
def drawn_people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with ``ccp/`` of four drawn people: two in skirts, two in pants, one held out."""
    from tests.training.people_drawn import write_people

    root = tmp_path_factory.mktemp("people")
    write_people(root)
    return root


@pytest.fixture(scope="session")
def made_pack(drawn_people: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made pairs of the drawn people."""
    from models.training.tryon import making, pairs

    target = tmp_path_factory.mktemp("pairs") / "pairs.npz"
    records, _ = making.make(drawn_people, variants=1)
    pairs.save(records, target)
    return target


@pytest.fixture
def made(made_pack: Path) -> Pairs:
    """Those of them to train on."""
    import torch

    from models.training.tryon import pairs

    return pairs.load(made_pack, True, torch.device("cpu"))


@pytest.fixture
def garments(tmp_path: Path) -> Garments:
    """Three drawn garments, all to train on; their pack is ``garments.npz``."""
    import torch

    from models.training.tryon import photographed
    from tests.training.garments_drawn import write_garments

    return photographed.load(write_garments(tmp_path), True, torch.device("cpu"))


@pytest.fixture
def run_main(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Run a recipe's ``main`` with command-line arguments."""

    def run(main: Callable[[], None], *arguments: object) -> None:
        monkeypatch.setattr("sys.argv", ["recipe", *map(str, arguments)])
        main()

    return run
