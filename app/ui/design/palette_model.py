"""The garment classes as a list model: what is painted, what is protected, what is shown."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
)

from app.domain.palette import GarmentClass, Palette

Index = QModelIndex | QPersistentModelIndex


class Role(IntEnum):
    """What the rows carry beside their names."""

    ENTRY = Qt.ItemDataRole.UserRole + 1
    SHARE = Qt.ItemDataRole.UserRole + 2
    PROTECTED = Qt.ItemDataRole.UserRole + 3


class PaletteModel(QAbstractListModel):
    """One row per class, in palette order."""

    protected_changed = Signal(object)  # frozenset[int]

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._classes: tuple[GarmentClass, ...] = ()
        self._counts: NDArray[np.int64] = np.zeros(0, np.int64)
        self._protected: frozenset[int] = frozenset()

    def set_palette(self, palette: Palette) -> None:
        self.beginResetModel()
        self._classes = palette.classes
        self._counts = np.zeros(len(palette), np.int64)
        self._protected = frozenset()
        self.endResetModel()

    def set_counts(self, counts: NDArray[np.int64]) -> None:
        """Show how many pixels each class covers, int64 (number of classes,)."""
        if len(counts) == len(self._classes) and not np.array_equal(counts, self._counts):
            self._counts = counts
            self.dataChanged.emit(self.index(0), self.index(len(self._classes) - 1))

    @property
    def protected(self) -> frozenset[int]:
        """Classes that must not be painted over."""
        return self._protected

    def set_protected(self, protected: frozenset[int]) -> None:
        if protected != self._protected:
            self._protected = protected
            self.dataChanged.emit(self.index(0), self.index(len(self._classes) - 1))
            self.protected_changed.emit(protected)

    def toggle_protected(self, cls: int) -> None:
        self.set_protected(self._protected ^ {cls})

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._classes)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        entry = self._classes[index.row()]
        pixels, total = int(self._counts[entry.index]), int(self._counts.sum())
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.name()
        if role == Qt.ItemDataRole.AccessibleTextRole:
            locked = ", protected" if entry.index in self._protected else ""
            return f"{entry.name()}, {share_text(pixels, total) or 'not painted'}{locked}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{entry.name()} · {pixels:,} pixels · group {entry.group}"
        if role == Role.ENTRY:
            return entry
        if role == Role.SHARE:
            return share_text(pixels, total)
        if role == Role.PROTECTED:
            return entry.index in self._protected
        return None


def share_text(pixels: int, total: int) -> str:
    """The share of `pixels` in `total` for a person: empty for none, "<0.1 %" for a trace."""
    if not pixels or not total:
        return ""
    percent = 100 * pixels / total
    if percent < 0.1:
        return "<0.1 %"
    return f"{percent:.1f} %" if percent < 99.95 else "100 %"


class PaletteFilter(QSortFilterProxyModel):
    """Shows all classes, the painted ones, or one group."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._group = ""
        self._painted = False
        self._kept = -1

    def show_only(self, *, group: str = "", painted: bool = False) -> None:
        self._group, self._painted = group, painted
        self.invalidateFilter()

    def keep(self, cls: int) -> None:
        """Never hide this class: it is the one in hand."""
        if cls != self._kept:
            self._kept = cls
            self.invalidateFilter()

    def filterAcceptsRow(self, row: int, parent: Index) -> bool:
        source = self.sourceModel()
        index = source.index(row, 0, parent)
        entry = index.data(Role.ENTRY)
        if entry.index == self._kept:
            return True
        if self._painted and not index.data(Role.SHARE):
            return False
        return not self._group or entry.group == self._group
