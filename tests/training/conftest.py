"""A tiny data set in the layout of the real one: drawn figures with label maps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="the recipe needs the extra `training`")


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
    (root / "ccp" / "index.csv").write_text("\n".join(rows) + "\n", "utf-8")
    return root


@pytest.fixture(scope="session")
def drawn_pack(drawn_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The drawn figures as ``prepare`` packs them."""
    from models.training.prepare import prepare

    target = tmp_path_factory.mktemp("pack") / "figures.npz"
    assert prepare(drawn_data, target) == 10
    return target


@pytest.fixture
def run_main(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Run a recipe's ``main`` with command-line arguments."""

    def run(main: Callable[[], None], *arguments: object) -> None:
        monkeypatch.setattr("sys.argv", ["recipe", *map(str, arguments)])
        main()

    return run
