"""The project's own files agree with each other."""

import re
import tomllib

import numpy as np
import pytest

from app.domain.label_file import load_label_map
from app.domain.palette import Palette
from tests.conftest import ROOT

SAMPLES = sorted((ROOT / "assets" / "samples").glob("*.png"))


def pins(lines: list[str]) -> dict[str, str]:
    plain = (line.split(";")[0].split("#")[0].strip() for line in lines)
    return dict(re.sub(r"\[.*\]", "", line).split("==") for line in plain if line)


def test_every_direct_dependency_is_pinned_as_in_the_constraints() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    constraints = pins((ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines())
    direct = project["project"]["dependencies"] + project["build-system"]["requires"]
    for extra in project["project"]["optional-dependencies"].values():
        direct += extra
    assert pins(direct).items() <= constraints.items()


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_samples_are_label_maps_of_the_palette(path: str, palette: Palette) -> None:
    label_map = load_label_map(path, palette)
    assert (label_map.width, label_map.height) == (768, 1024)
    rows = np.flatnonzero(label_map.array.any(axis=1))
    assert np.ptp(rows) > 0.85 * label_map.height


def test_there_are_four_samples() -> None:
    assert [path.stem for path in SAMPLES] == [
        "blouse-and-skirt",
        "coat-and-jeans",
        "dress",
        "t-shirt",
    ]
