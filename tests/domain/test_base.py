"""Palette, rectangles and error messages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import Cancelled, PackError, ToileError
from app.domain.geometry import EMPTY, Rect
from app.domain.palette import GarmentClass, Palette

rects = st.builds(
    Rect, st.integers(-20, 20), st.integers(-20, 20), st.integers(-3, 20), st.integers(-3, 20)
)


def pixels(rect: Rect) -> set[tuple[int, int]]:
    return {(x, y) for x in range(rect.x, rect.right) for y in range(rect.y, rect.bottom)}


@given(rects, rects)
def test_intersect_holds_the_pixels_of_both(a: Rect, b: Rect) -> None:
    both = a.intersect(b)
    assert pixels(both) == pixels(a) & pixels(b)
    assert both.empty == (not pixels(both))
    assert both == EMPTY or not both.empty


@given(rects, rects)
def test_union_is_the_smallest_rectangle_around_both(a: Rect, b: Rect) -> None:
    union = a.union(b)
    all_pixels = pixels(a) | pixels(b)
    assert all_pixels <= pixels(union)
    if all_pixels:
        xs, ys = [x for x, _ in all_pixels], [y for _, y in all_pixels]
        assert union == Rect(min(xs), min(ys), max(xs) - min(xs) + 1, max(ys) - min(ys) + 1)
    else:
        assert union == EMPTY


@given(rects)
def test_clip_and_slices(rect: Rect) -> None:
    clipped = rect.clip(10, 8)
    assert pixels(clipped) == {(x, y) for x, y in pixels(rect) if 0 <= x < 10 and 0 <= y < 8}
    rows, columns = clipped.slices
    assert len(range(8)[rows]) * len(range(10)[columns]) == len(pixels(clipped))


def entry(index: int, key: str, color: tuple[int, int, int]) -> GarmentClass:
    return GarmentClass(index, key, {"en": key.title(), "ja": "服"}, color, "group")


def test_a_palette_is_found_by_index_key_and_colour(palette: Palette) -> None:
    assert len(palette) == 26
    assert palette.by_key("dress") is palette[15]
    assert [entry.index for entry in palette] == list(range(26))
    assert palette.colors.shape == (26, 3)
    for garment in palette:
        red, green, blue = garment.color
        assert palette.argb[garment.index] == 0xFF000000 | red << 16 | green << 8 | blue
    assert (palette.argb[26:] == 0xFFFF00FF).all()
    with pytest.raises(KeyError):
        palette.by_key("nothing")


def test_tables_cannot_be_changed_by_accident(palette: Palette) -> None:
    for table in (palette.colors, palette.argb):
        with pytest.raises(ValueError, match="read-only"):
            table[0] = 0


def test_names_fall_back_to_english_then_to_the_key() -> None:
    assert entry(0, "top", (0, 0, 0)).name("ja") == "服"
    assert entry(0, "top", (0, 0, 0)).name("fr") == "Top"
    assert GarmentClass(0, "top", {}, (0, 0, 0), "").name() == "top"


@pytest.mark.parametrize(
    ("classes", "words"),
    [
        ((), "2 to 256"),
        ((entry(0, "a", (0, 0, 0)),), "2 to 256"),
        ((entry(0, "a", (0, 0, 0)), entry(2, "b", (1, 1, 1))), "index 2"),
        ((entry(0, "a", (0, 0, 0)), entry(1, "a", (1, 1, 1))), "twice"),
        ((entry(0, "a", (0, 0, 0)), entry(1, "b", (0, 0, 0))), "taken"),
        ((entry(0, "a", (0, 0, 0)), entry(1, "b", (0, 0, 256))), "out of range"),
        (tuple(entry(i, f"k{i}", (i % 256, i // 256, 0)) for i in range(257)), "2 to 256"),
    ],
)
def test_an_impossible_palette_is_refused(classes: tuple[GarmentClass, ...], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Palette(classes)


def test_an_error_says_what_where_and_what_to_do_on_one_line() -> None:
    assert str(ToileError("It broke.")) == "It broke."
    assert str(ToileError("It broke", where="here")) == "It broke (here)."
    error = PackError("It broke", where="here", hint="Mend it.")
    assert str(error) == "It broke (here). Mend it."
    assert error.line == "It broke (here)."
    assert isinstance(error, ToileError)
    assert str(Cancelled()) == "Cancelled."
