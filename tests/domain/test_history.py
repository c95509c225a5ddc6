from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.domain.document import Document
from app.domain.geometry import EMPTY, Rect
from app.domain.history import TILE, History
from app.domain.label_map import LabelMap
from app.domain.paint import Paint
from app.domain.palette import Palette
from app.domain.shapes import rectangle

WIDTH, HEIGHT = 2 * TILE + 22, TILE + 40
rects = st.builds(
    Rect,
    st.integers(0, WIDTH - 1),
    st.integers(0, HEIGHT - 1),
    st.integers(1, 99),
    st.integers(1, 99),
).map(lambda rect: rect.clip(WIDTH, HEIGHT))
steps = st.one_of(
    st.tuples(st.just("paint"), rects, st.integers(0, 2**32 - 1)),
    st.tuples(st.just("undo")),
    st.tuples(st.just("redo")),
    st.tuples(st.just("cancel"), rects, st.integers(0, 2**32 - 1)),
    st.tuples(st.just("save")),
)


def scribble(array: np.ndarray, history: History, rect: Rect, seed: int) -> None:
    history.touch(rect)
    part = array[rect.slices]
    # Even seeds paint flat, odd ones noise that does not pack.
    rng = np.random.default_rng(seed)
    part[:] = rng.integers(0, 26, part.shape) if seed % 2 else seed % 25 + 1


def difference(before: np.ndarray, after: np.ndarray, dirty: Rect) -> bool:
    """Whether anything changed outside `dirty`."""
    changed = before != after
    changed[dirty.slices] = False
    return bool(changed.any())


@given(st.lists(steps, max_size=25))
def test_any_sequence_matches_a_history_of_full_copies(sequence: list[tuple]) -> None:
    array = np.zeros((HEIGHT, WIDTH), np.uint8)
    history = History(array)
    past, future = [array.copy()], []
    saved = past[-1]
    for kind, *rest in sequence:
        before = array.copy()
        if kind == "paint":
            scribble(array, history, *rest)
            changed = not np.array_equal(array, before)
            assert history.commit() == changed
            if changed:
                past.append(array.copy())
                future.clear()
        elif kind == "cancel":
            scribble(array, history, *rest)
            painted = array.copy()
            assert not difference(painted, before, history.cancel())
        elif kind == "undo":
            dirty = history.undo()
            if len(past) > 1:
                future.append(past.pop())
            assert not difference(before, array, dirty)
        elif kind == "redo":
            dirty = history.redo()
            if future:
                past.append(future.pop())
            assert not difference(before, array, dirty)
        else:
            history.mark_saved()
            saved = past[-1]
        assert np.array_equal(array, past[-1])
        assert history.can_undo == (len(past) > 1)
        assert history.can_redo == bool(future)
        if past[-1] is saved:
            assert not history.modified
        elif not np.array_equal(past[-1], saved):
            assert history.modified


@given(st.lists(st.tuples(rects, st.integers(0, 2**32 - 1)), min_size=1, max_size=20))
def test_the_budget_drops_the_oldest_and_keeps_the_newest(
    strokes: list[tuple[Rect, int]],
) -> None:
    budget = 3 * TILE * TILE
    array = np.zeros((HEIGHT, WIDTH), np.uint8)
    history = History(array, budget)
    past = [array.copy()]
    for rect, seed in strokes:
        scribble(array, history, rect, seed)
        if history.commit():
            past.append(array.copy())
            assert history.can_undo
    while history.can_undo:
        assert history.nbytes <= budget or len(past) > 1
        history.undo()
        past.pop()
        assert np.array_equal(array, past[-1])


def test_a_stroke_larger_than_the_budget_can_still_be_undone() -> None:
    array = np.zeros((HEIGHT, WIDTH), np.uint8)
    history = History(array, budget=10)
    for seed in (1, 3):
        scribble(array, history, Rect(0, 0, WIDTH, HEIGHT), seed)
        history.commit()
    first = np.random.default_rng(1).integers(0, 26, array.shape)
    assert not history.undo().empty
    assert np.array_equal(array, first)
    assert not history.can_undo
    assert history.redo() == Rect(0, 0, WIDTH, HEIGHT)


def test_flat_paint_takes_little_room() -> None:
    array = np.zeros((1024, 1024), np.uint8)
    history = History(array)
    history.touch(Rect(0, 0, 1024, 1024))
    array[100:900, 50:800] = 4
    history.commit()
    assert history.nbytes < array.nbytes / 100


def test_undo_in_the_middle_of_a_step_cancels_it() -> None:
    array = np.zeros((HEIGHT, WIDTH), np.uint8)
    history = History(array)
    scribble(array, history, Rect(0, 0, 9, 9), 2)
    history.commit()
    kept = array.copy()
    scribble(array, history, Rect(5, 5, 90, 50), 4)
    assert history.redo() == EMPTY
    assert history.modified
    history.undo()
    assert np.array_equal(array, kept)
    assert history.can_undo


def test_a_save_in_the_background_marks_the_state_that_it_wrote(
    palette: Palette, tmp_path: Path
) -> None:
    document = Document(LabelMap.blank(80, 80, palette))
    canvas = Rect(0, 0, 80, 80)

    def paint(cls: int) -> None:
        document.lay(rectangle(Rect(3, 3, 20, 20), canvas), Paint(cls))
        document.history.commit()

    paint(1)
    written = document.history.state
    paint(2)
    document.mark_saved(tmp_path / "dress.png", written)
    assert document.modified
    document.undo()
    assert not document.modified
    document.undo()
    assert document.modified
    paint(5)
    # The saved state is gone for good; its number must not come back.
    assert document.modified
    document.undo()
    assert document.modified
    document.mark_saved(tmp_path / "dress.png")
    assert not document.modified
    assert document.path == tmp_path / "dress.png"
