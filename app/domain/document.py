"""A label map being worked on: its pixels, its past and its file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from app.domain.geometry import EMPTY, Rect
from app.domain.history import DEFAULT_BUDGET, History
from app.domain.label_map import LabelMap
from app.domain.paint import Paint, Stencil


class Document:
    """`labels` with a `history`; `path` is its file, None while it was never saved."""

    def __init__(
        self, labels: LabelMap, path: Path | None = None, *, budget: int = DEFAULT_BUDGET
    ) -> None:
        self.labels = labels
        self.history = History(labels.array, budget)
        self.path = path

    @property
    def modified(self) -> bool:
        """Whether the label map differs from the saved one; undoing back to it makes this False."""
        return self.history.modified

    def mark_saved(self, path: Path, state: int | None = None) -> None:
        """Remember that `path` holds the label map as it was at `history.state` (None: is now)."""
        self.path = path
        self.history.mark_saved(state)

    def lay(self, stencil: Stencil, paint: Paint) -> Rect:
        """Paint through `stencil`, mirrored too if the paint says so, as part of the open step.

        Parts outside the canvas are ignored. Return a rectangle that holds every changed pixel.
        """
        dirty = self._lay(stencil, paint)
        if paint.axis is not None:
            twin = Stencil(paint.reflect(stencil.rect), stencil.mask[:, ::-1])
            dirty = dirty.union(self._lay(twin, paint))
        return dirty

    def undo(self) -> Rect:
        """Go one step back, or cancel the open one. Return the rectangle that changed."""
        return self.history.undo()

    def redo(self) -> Rect:
        """Go one undone step forth. Return the rectangle that changed."""
        return self.history.redo()

    def _lay(self, stencil: Stencil, paint: Paint) -> Rect:
        stencil = stencil.clip(self.labels.width, self.labels.height)
        if stencil.rect.empty:
            return EMPTY
        self.history.touch(stencil.rect)
        pixels = self.labels.array[stencil.rect.slices]
        mask = stencil.mask
        if paint.protected:
            free = np.ones(256, np.bool_)
            free[list(paint.protected)] = False
            mask = mask & free[pixels]
        np.copyto(pixels, paint.cls, where=mask)
        return stencil.rect
