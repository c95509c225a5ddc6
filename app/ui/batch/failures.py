"""The list of items that failed, with the reason of each."""

from __future__ import annotations

from typing import TypeAlias

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHeaderView, QTableView, QWidget

from app.domain.batch.plan import Item

Index: TypeAlias = QModelIndex | QPersistentModelIndex
_HEADS = ("Person", "Cloth", "Reason")
_SHARES = (0.22, 0.16)


class FailuresModel(QAbstractTableModel):
    """Failed items in the order in which they failed."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[tuple[Item, str]] = []

    def set_all(self, rows: list[tuple[Item, str]]) -> None:
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def add(self, item: Item, reason: str) -> None:
        end = len(self._rows)
        self.beginInsertRows(QModelIndex(), end, end)
        self._rows.append((item, reason))
        self.endInsertRows()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own signature)
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(_HEADS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        item, reason = self._rows[index.row()]
        column = index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return (item.person.name, item.cloth.name, reason)[column]
        if role == Qt.ItemDataRole.ToolTipRole:
            return (str(item.person), str(item.cloth), reason)[column]
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
    """Shows the failures; the reason takes what room there is."""

    def __init__(self, model: FailuresModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("batch.failures")
        self.setAccessibleName("Pairs that failed")
        self.setModel(model)
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QTableView.SelectionMode.ExtendedSelection)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(26)
        heads = self.horizontalHeader()
        heads.setHighlightSections(False)
        heads.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        heads.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)

    def resizeEvent(self, event: QResizeEvent) -> None:
        for column, share in enumerate(_SHARES):
            self.setColumnWidth(column, round(self.viewport().width() * share))
        super().resizeEvent(event)
