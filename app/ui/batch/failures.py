"""The list of what failed: a row for each faulty picture, with the reason."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeAlias

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHeaderView, QTableView, QWidget

from app.domain.batch.plan import Item
from app.domain.batch.words import many

Index: TypeAlias = QModelIndex | QPersistentModelIndex
Side = Literal["person", "cloth"]
_HEADS = ("Person", "Cloth", "Reason")
_SIDES: tuple[Side, ...] = ("person", "cloth")
_SHARES = (0.24, 0.18)
_PLURALS: dict[Side, str] = {"person": "people", "cloth": "cloths"}
_NAMED = 12  # files in a tip


class _Row:
    """Items that failed for one reason and have their person, their cloth or both in common."""

    def __init__(self, number: int, item: Item, reason: str) -> None:
        self.number, self.reason = number, reason
        self.shared: dict[Side, Path] = {side: getattr(item, side) for side in _SIDES}
        self._others: dict[Path, None] = {}

    def join(self, item: Item) -> None:
        for side in _SIDES:
            path: Path = getattr(item, side)
            if side in self.shared and self.shared[side] != path:
                self._others[self.shared.pop(side)] = None
            if side not in self.shared:
                self._others[path] = None

    def word(self, side: Side) -> str:
        """The name of the picture that all have in common, or how many there are."""
        if side in self.shared:
            return self.shared[side].name
        return many(len(self._others), side, _PLURALS[side])

    def tip(self, side: Side) -> str:
        if side in self.shared:
            return str(self.shared[side])
        names = [path.name for path in self._others]
        return "\n".join(names[:_NAMED] + (["…"] if len(names) > _NAMED else []))


class FailuresModel(QAbstractTableModel):
    """Failed items in the order in which they failed, those of one faulty picture in one row."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[_Row] = []
        self._by_picture: dict[tuple[str, Side, Path], _Row] = {}
        self.count = 0
        """How many items failed."""

    def set_all(self, failed: list[tuple[Item, str]]) -> None:
        self.beginResetModel()
        self._rows, self._by_picture, self.count = [], {}, len(failed)
        for item, reason in failed:
            row = self._row_for(item, reason)
            if row is not None:
                row.join(item)
            else:
                self._append(item, reason)
        self.endResetModel()

    def add(self, item: Item, reason: str) -> None:
        self.count += 1
        row = self._row_for(item, reason)
        if row is not None:
            row.join(item)
            self.dataChanged.emit(self.index(row.number, 0), self.index(row.number, 1))
            return
        end = len(self._rows)
        self.beginInsertRows(QModelIndex(), end, end)
        self._append(item, reason)
        self.endInsertRows()

    def _row_for(self, item: Item, reason: str) -> _Row | None:
        """The row of an item's faulty picture, as far as the items before tell which it is."""
        for side in _SIDES:
            path: Path = getattr(item, side)
            row = self._by_picture.get((reason, side, path))
            if row is not None and row.shared.get(side) == path:
                return row
        return None

    def _append(self, item: Item, reason: str) -> None:
        row = _Row(len(self._rows), item, reason)
        self._rows.append(row)
        for side in _SIDES:
            self._by_picture[reason, side, getattr(item, side)] = row

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own signature)
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(_HEADS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row, column = self._rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return row.reason if column == len(_SIDES) else row.word(_SIDES[column])
        if role == Qt.ItemDataRole.ToolTipRole:
            return row.reason if column == len(_SIDES) else row.tip(_SIDES[column])
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return _HEADS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        return None


class FailuresView(QTableView):
    """Shows the failures; the reason takes what room there is, in as many lines as it needs."""

    def __init__(self, model: FailuresModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("batch.failures")
        self.setAccessibleName("Pairs that failed")
        self.setModel(model)
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QTableView.SelectionMode.ExtendedSelection)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setVerticalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.verticalHeader().hide()
        heads = self.horizontalHeader()
        heads.setHighlightSections(False)
        heads.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        heads.setSectionResizeMode(len(_SIDES), QHeaderView.ResizeMode.Stretch)
        model.modelReset.connect(self.resizeRowsToContents)
        model.rowsInserted.connect(lambda _parent, row: self.resizeRowToContents(row))

    def resizeEvent(self, event: QResizeEvent) -> None:
        for column, share in enumerate(_SHARES):
            self.setColumnWidth(column, round(self.viewport().width() * share))
        super().resizeEvent(event)
        self.resizeRowsToContents()
