import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.domain import fill
from app.domain.document import Document
from app.domain.geometry import EMPTY
from app.domain.label_map import LabelMap
from app.domain.paint import Paint
from app.domain.palette import Palette


def reference(labels: np.ndarray, column: int, row: int) -> np.ndarray:
    """The area by connected components of the class under the seed."""
    same = (labels == labels[row, column]).astype(np.uint8)
    _, parts = cv2.connectedComponents(same, connectivity=4)
    return parts == parts[row, column]


maps = st.integers(0, 2**32 - 1).map(
    lambda seed: np.random.default_rng(seed).integers(0, 3, (17, 23), dtype=np.uint8)
)


@given(maps, st.integers(0, 22), st.integers(0, 16), st.integers(0, 4))
def test_fills_the_4_connected_area(
    palette: Palette, before: np.ndarray, column: int, row: int, cls: int
) -> None:
    document = Document(LabelMap(before.copy(), palette))
    dirty = fill.flood(document, column, row, Paint(cls))
    expected = np.where(reference(before, column, row), np.uint8(cls), before)
    assert (document.labels.array == expected).all()
    outside = document.labels.array != before
    outside[dirty.slices] = False
    assert not outside.any()


@given(maps, st.integers(0, 22), st.integers(0, 16), st.integers(0, 46))
def test_mirror_fills_the_area_under_the_reflection_too(
    palette: Palette, before: np.ndarray, column: int, row: int, twice: int
) -> None:
    document = Document(LabelMap(before.copy(), palette))
    fill.flood(document, column, row, Paint(4, axis=twice / 2))
    expected = reference(before, column, row)
    twin = twice - 1 - column
    if 0 <= twin < 23:
        expected |= reference(before, twin, row)
    assert ((document.labels.array == 4) == expected).all()


@given(maps, st.integers(0, 22), st.integers(0, 16), st.sets(st.integers(0, 2)))
def test_protected_areas_stay(
    palette: Palette, before: np.ndarray, column: int, row: int, protected: set[int]
) -> None:
    document = Document(LabelMap(before.copy(), palette))
    dirty = fill.flood(document, column, row, Paint(4, frozenset(protected)))
    changed = document.labels.array != before
    assert not np.isin(before[changed], list(protected)).any()
    assert dirty.empty == (int(before[row, column]) in protected)


@given(maps, st.integers(0, 22), st.integers(0, 16), st.sets(st.integers(0, 2)))
def test_everywhere_fills_all_of_a_class(
    palette: Palette, before: np.ndarray, column: int, row: int, protected: set[int]
) -> None:
    document = Document(LabelMap(before.copy(), palette))
    paint = Paint(4, frozenset(protected))
    dirty = fill.flood(document, column, row, paint, everywhere=True)
    chosen = (before == before[row, column]) & ~np.isin(before, list(protected))
    assert (document.labels.array == np.where(chosen, np.uint8(4), before)).all()
    assert dirty.empty == (not chosen.any())


def test_outside_the_canvas_nothing_happens(palette: Palette) -> None:
    document = Document(LabelMap.blank(8, 8, palette))
    assert fill.flood(document, -1, 3, Paint(4)) == EMPTY
    assert fill.flood(document, 3, 8, Paint(4)) == EMPTY
    assert not document.modified
