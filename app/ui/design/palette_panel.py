"""The palette: choose the class to paint with, see what is painted, protect what is finished."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.domain.palette import GarmentClass, Palette
from app.ui import theme
from app.ui.design.palette_model import Index, PaletteFilter, PaletteModel, Role
from app.ui.icons import icon

_ROW = 26
_SWATCH = 16
_LOCK = 26


def paint_swatch(painter: QPainter, rect: QRect, color: tuple[int, int, int]) -> None:
    """A class colour as a small rounded square that shows on any ground."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.current().disabled, 1))
    painter.setBrush(QColor(*color))
    painter.drawRoundedRect(rect.adjusted(0, 0, -1, -1), 3.5, 3.5)
    painter.restore()


class Swatch(QWidget):
    """One class colour."""

    def __init__(self, side: int = 20, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._color = (128, 128, 128)
        self.setFixedSize(side, side)

    def set_color(self, color: tuple[int, int, int]) -> None:
        self._color = color
        self.update()

    def paintEvent(self, event: object) -> None:
        painter = QPainter(self)
        paint_swatch(painter, self.rect(), self._color)
        painter.end()


class _RowDelegate(QStyledItemDelegate):
    """Swatch, name, share and lock of one class; a click on the lock protects the class."""

    def __init__(self, model: PaletteModel, view: _List) -> None:
        super().__init__(view)
        self._model = model
        self._view = view
        self._locked = icon("mdi6.lock")
        self._open = icon("mdi6.lock-open-variant-outline")

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(0, max(_ROW, option.fontMetrics.height() + 10))  # type: ignore[attr-defined]

    @staticmethod
    def lock_rect(row: QRect) -> QRect:
        return QRect(row.right() - _LOCK, row.top(), _LOCK, row.height())

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        colors = theme.current()
        row: QRect = option.rect  # type: ignore[attr-defined]
        entry: GarmentClass = index.data(Role.ENTRY)
        share: str = index.data(Role.SHARE)
        # Asked of the view: the flags of QStyle cost 10 ms of the start just to be looked at.
        chosen = index.row() == self._view.currentIndex().row()
        under = index.row() == self._view.hovered_row
        painter.save()
        if chosen or under:
            painter.fillRect(row, colors.accent_soft if chosen else colors.hover)
        if chosen:
            painter.fillRect(QRect(row.left(), row.top(), 3, row.height()), colors.accent)
        middle = row.center().y()
        paint_swatch(
            painter,
            QRect(row.left() + 12, middle - _SWATCH // 2 + 1, _SWATCH, _SWATCH),
            entry.color,
        )
        lock = self.lock_rect(row)
        share_rect = QRect(lock.left() - 62, row.top(), 58, row.height())
        left = row.left() + 12 + _SWATCH + 9
        name_rect = QRect(left, row.top(), share_rect.left() - left, row.height())
        painter.setPen(colors.text if share or chosen else colors.dim)
        metrics = painter.fontMetrics()
        name = metrics.elidedText(entry.name(), Qt.TextElideMode.ElideRight, name_rect.width())
        align = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(name_rect, align | Qt.AlignmentFlag.AlignLeft, name)
        painter.setPen(colors.dim)
        painter.drawText(share_rect, align | Qt.AlignmentFlag.AlignRight, share)
        protected = bool(index.data(Role.PROTECTED))
        if protected or under or chosen:
            mark = QRect(0, 0, 15, 15)
            mark.moveCenter(lock.center())
            if not protected:
                painter.setOpacity(0.45)
            (self._locked if protected else self._open).paint(painter, mark)
        painter.restore()

    def editorEvent(
        self,
        event: QEvent,
        model: QAbstractItemModel,
        option: QStyleOptionViewItem,
        index: Index,
    ) -> bool:
        if isinstance(event, QMouseEvent) and event.button() == Qt.MouseButton.LeftButton:
            row: QRect = option.rect  # type: ignore[attr-defined]
            if self.lock_rect(row).contains(event.position().toPoint()):
                pressed = event.type() in (
                    QEvent.Type.MouseButtonPress,
                    QEvent.Type.MouseButtonDblClick,
                )
                if pressed:
                    self._model.toggle_protected(index.data(Role.ENTRY).index)
                return True
        return super().editorEvent(event, model, option, index)


class _List(QListView):
    """A list whose lock column does not change the selection."""

    hovered_row = -1

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._hover(-1)
        elif event.type() == QEvent.Type.MouseMove and isinstance(event, QMouseEvent):
            self._hover(self.indexAt(event.position().toPoint()).row())
        return super().viewportEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.scrollTo(self.currentIndex())

    def _hover(self, row: int) -> None:
        if row != self.hovered_row:
            self.hovered_row = row
            self.viewport().update()

    def selectionCommand(
        self, index: Index, event: QEvent | None = None
    ) -> QItemSelectionModel.SelectionFlag:
        if isinstance(event, QMouseEvent):
            row = self.visualRect(index)
            if not index.isValid() or _RowDelegate.lock_rect(row).contains(
                event.position().toPoint()
            ):
                return QItemSelectionModel.SelectionFlag.NoUpdate
        return super().selectionCommand(index, event)


class PalettePanel(QFrame):
    """The list of classes with the one in hand on top."""

    class_chosen = Signal(int)
    protected_changed = Signal(object)  # frozenset[int]

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.setObjectName("palette_panel")
        self._current = -1
        self.model = PaletteModel(self)
        self._filter = PaletteFilter(self)
        self._filter.setSourceModel(self.model)
        self._swatch = Swatch(22)
        self._name = QLabel("No palette")
        self._name.setProperty("role", "title")
        self._show = QComboBox()
        self._show.setToolTip("Show only some of the classes")
        self._show.setAccessibleName("Classes to show")
        self._show.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._unlock = QToolButton()
        self._unlock.setIcon(icon("mdi6.lock-open-variant-outline"))
        self._unlock.setToolTip("Lift the protection of every class")
        self._unlock.setAutoRaise(True)
        self._unlock.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._unlock.setEnabled(False)
        self.view = _List()
        self.view.setObjectName("palette_list")
        self.view.setAccessibleName("Garment classes")
        self.view.setModel(self._filter)
        self.view.setItemDelegate(_RowDelegate(self.model, self.view))
        self.view.setUniformItemSizes(True)
        self.view.setMouseTracking(True)
        self.view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self._lay_out()
        self.view.selectionModel().currentChanged.connect(self._on_current)
        self.model.protected_changed.connect(self._on_protected)
        self._show.activated.connect(self._on_show)
        self._unlock.clicked.connect(self.unprotect_all)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(12, 8, 6, 6)
        head.setSpacing(9)
        head.addWidget(self._swatch)
        head.addWidget(self._name, 1)
        head.addWidget(self._show)
        head.addWidget(self._unlock)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        line = QFrame()
        line.setProperty("role", "line")
        line.setFixedHeight(1)
        column.addWidget(line)
        column.addWidget(self.view, 1)

    def set_palette(self, palette: Palette) -> None:
        """Show another palette; nothing is protected, and its first garment class is in hand."""
        self.model.set_palette(palette)
        self._show.clear()
        self._show.addItem("All classes", ("", False))
        self._show.addItem("Painted", ("", True))
        self._show.insertSeparator(2)
        for group in palette.groups:
            self._show.addItem(group.replace("_", " ").capitalize(), (group, False))
        self._current = -1

    def set_counts(self, counts: NDArray[np.int64]) -> None:
        """Show how many pixels each class covers, int64 (number of classes,)."""
        self.model.set_counts(counts)

    @property
    def current(self) -> int:
        """The class in hand; -1 without a palette."""
        return self._current

    def select(self, cls: int) -> None:
        """Take a class in hand; tells `class_chosen` when it is another one."""
        if not 0 <= cls < self.model.rowCount() or cls == self._current:
            return
        self._filter.keep(cls)
        index = self._filter.mapFromSource(self.model.index(cls))
        self.view.setCurrentIndex(index)
        self.view.scrollTo(index)

    def step(self, by: int) -> None:
        """Go up or down the shown classes."""
        row = self.view.currentIndex().row() + by
        if 0 <= row < self._filter.rowCount():
            self.view.setCurrentIndex(self._filter.index(row, 0))

    def toggle_protection(self) -> None:
        """Protect the class in hand, or lift its protection."""
        if self._current >= 0:
            self.model.toggle_protected(self._current)

    def unprotect_all(self) -> None:
        """Lift the protection of every class."""
        self.model.set_protected(frozenset())

    def _on_current(self, index: QModelIndex) -> None:
        if not index.isValid():
            return
        entry: GarmentClass = index.data(Role.ENTRY)
        if entry.index == self._current:
            return
        self._current = entry.index
        self._swatch.set_color(entry.color)
        self._name.setText(entry.name())
        self._filter.keep(entry.index)
        self.class_chosen.emit(entry.index)

    def _on_protected(self, protected: frozenset[int]) -> None:
        self._unlock.setEnabled(bool(protected))
        self.protected_changed.emit(protected)

    def _on_show(self, row: int) -> None:
        chosen = self._show.itemData(row)
        if chosen is not None:
            group, painted = chosen
            self._filter.show_only(group=group, painted=painted)
            self.view.scrollTo(self.view.currentIndex())

    def lock_point(self, cls: int) -> QPoint:
        """Where the lock of a class lies in the list's viewport."""
        index = self._filter.mapFromSource(self.model.index(cls))
        return _RowDelegate.lock_rect(self.view.visualRect(index)).center()
