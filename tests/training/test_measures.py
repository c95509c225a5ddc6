"""Measures against published values."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="the recipe needs the extra `training`")

from models.training import measures


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [  # pairs 1, 7, 9, 16, 20 and 28 of Sharma, Wu and Dalal 2005, table 1
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 0, 0), (50, -1, 2), 2.3669),
        ((50, 2.49, -0.001), (50, -2.49, 0.0009), 7.1792),
        ((50, 2.5, 0), (50, 0, -2.5), 4.3065),
        ((50, 2.5, 0), (58, 24, 15), 19.4535),
        ((22.7233, 20.0904, -46.694), (23.0331, 14.973, -42.5619), 2.0373),
    ],
)
def test_delta_e2000(one: tuple, two: tuple, expected: float) -> None:
    got = measures.delta_e2000(np.array(one, float), np.array(two, float))
    assert float(got) == pytest.approx(expected, abs=2e-4)


def test_lab_of_known_colours() -> None:
    white, red = measures.lab(np.array([[1.0, 1.0, 1.0], [1.0, 0.0, 0.0]]))
    assert white == pytest.approx([100, 0, 0], abs=0.02)
    assert red == pytest.approx([53.24, 80.09, 67.2], abs=0.05)


def test_frechet_distance_of_shifted_normals() -> None:
    rng = np.random.default_rng(0)
    a = rng.normal(size=(4000, 3))
    b = rng.normal(size=(4000, 3)) + np.array([2.0, 0, 0])
    assert measures.FeatureDistance.distance(a, a) == pytest.approx(0, abs=1e-6)
    assert measures.FeatureDistance.distance(a, b) == pytest.approx(4, abs=0.3)
