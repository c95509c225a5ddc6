"""Windows of a photograph that a network looks at."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.framing import Window, whole


@settings(max_examples=40)
@given(
    st.integers(1, 60), st.integers(1, 60), st.floats(-70, 70), st.floats(-70, 70),
    st.floats(4, 90),
)  # fmt: skip
def test_a_frame_knows_which_of_its_pixels_show_the_photograph(
    height: int, width: int, x: float, y: float, size: float
) -> None:
    window = Window(x, y, size * 0.75, size)
    rows, columns = window.inside((height, width, 4), (16, 12))
    shown = np.zeros((16, 12), bool)
    shown[rows, columns] = True
    points = np.stack(np.meshgrid(np.arange(12) + 0.5, np.arange(16) + 0.5), -1)
    placed = window.to_photo(points.astype(np.float32), 16, 12)
    outside = (placed < -1e-3) | (placed > np.array([width, height]) + 1e-3)
    within = (placed > 1e-3) & (placed < np.array([width, height]) - 1e-3)
    assert not shown[outside.any(-1)].any()
    assert shown[within.all(-1)].all()


def test_a_whole_photograph_is_framed_by_repeated_edges() -> None:
    rows, columns = whole(100, 100).inside((100, 100), (256, 192))
    assert (columns.start, columns.stop) == (0, 192)
    assert (rows.start, rows.stop) == (32, 224)
