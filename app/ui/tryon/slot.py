"""A slot for a picture: drop it, paste it, browse for it, or take one from the recent ones."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QFocusEvent,
    QGuiApplication,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.ui import pictures, theme
from app.ui.design.fields import ElidedLabel
from app.ui.design.overlay import small_button
from app.ui.icons import icon
from app.ui.tryon.cells import draw_fitted

_MARK = QSize(15, 15)


class _Sheet(QWidget):
    """The thumbnail, or what to drop here; takes the focus and the clicks of the slot."""

    wanted = Signal()
    cleared = Signal()

    def __init__(self, mark: str, word: str) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setMinimumSize(120, 110)
        self._mark, self._word = mark, word
        self._image: QImage | None = None
        self._note, self._filled, self.hot = "", False, False

    @property
    def text(self) -> str:
        """What is said in place of a thumbnail."""
        return self._note or ("" if self._filled else self._word)

    def show_image(self, image: QImage | None, *, filled: bool, note: str = "") -> None:
        self._image, self._filled, self._note = image, filled, note
        self.update()

    @property
    def image(self) -> QImage | None:
        return self._image

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.pos()):
            self.wanted.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.wanted.emit()
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.cleared.emit()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        room = self.rect().adjusted(1, 1, -1, -1)
        edge = colors.accent if self.hot or self.hasFocus() else colors.line
        pen = QPen(edge, 1.5)
        if not self._filled and not self.hot:
            pen.setDashPattern([4, 3])
        painter.setPen(pen)
        painter.setBrush(colors.accent_soft if self.hot else colors.field)
        painter.drawRoundedRect(room, 6, 6)
        inside = room.adjusted(8, 8, -8, -8)
        if self._image is not None:
            draw_fitted(painter, inside, self._image)
            return
        mark = "mdi6.image-broken-variant" if self._note else self._mark
        color = colors.warning if self._note else colors.dim
        words = QRect(inside)
        text = self.text
        flags = int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop) | int(
            Qt.TextFlag.TextWordWrap
        )
        height = painter.boundingRect(inside, flags, text).height() if text else 0
        top = inside.top() + max(0, (inside.height() - height - 40) // 2)
        icon(mark, color).paint(
            painter, QRect(inside.center().x() - 15, top, 30, 30), Qt.AlignmentFlag.AlignCenter
        )
        words.setTop(top + 38)
        painter.setPen(color)
        painter.drawText(words, flags, text)


class Slot(QFrame):
    """A picture's place, with its name. What a person does with it comes out as signals."""

    dropped = Signal(object)  # Source
    browse = Signal()
    clear = Signal()
    recent_chosen = Signal(object)  # Path

    def __init__(
        self,
        name: str,
        title: str,
        mark: str,
        word: str,
        turning: QAction,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setProperty("role", "panel")
        self.setAcceptDrops(True)
        self.sheet = _Sheet(mark, word)
        self.sheet.setObjectName(f"{name}.sheet")
        self.sheet.setAccessibleName(f"{title}: {word}")
        self.name = ElidedLabel()
        self.name.setObjectName(f"{name}.name")
        self.name.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._recent: list[Path] = []
        self.key = ""
        """Which picture is shown."""
        self.menu = QMenu(self)
        self.menu.setToolTipsVisible(True)
        self.menu.aboutToShow.connect(self._fill_menu)
        open_button = self._button("folder-open-outline", f"Choose a picture for {title.lower()}")
        open_button.clicked.connect(self.browse)
        recent = self._button("history", f"Recent pictures for {title.lower()}")
        recent.setMenu(self.menu)
        recent.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.turn_button = small_button()
        self.turn_button.setDefaultAction(turning)
        self.turn_button.setIconSize(_MARK)
        self.clear_button = self._button("close", f"Take {title.lower()} away (Delete)")
        self.clear_button.clicked.connect(self.clear)
        self.clear_button.setEnabled(False)
        strip = QFrame()
        strip.setProperty("role", "strip")
        strip.setFixedHeight(34)
        row = QHBoxLayout(strip)
        row.setContentsMargins(12, 0, 6, 0)
        row.setSpacing(2)
        heading = QLabel(title)
        heading.setProperty("role", "heading")
        row.addWidget(heading)
        row.addStretch(1)
        for button in (open_button, recent, self.turn_button, self.clear_button):
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(strip)
        body = QVBoxLayout()
        body.setContentsMargins(10, 10, 10, 8)
        body.setSpacing(6)
        body.addWidget(self.sheet, 1)
        body.addWidget(self.name)
        column.addLayout(body, 1)
        self.sheet.wanted.connect(self.browse)
        self.sheet.cleared.connect(self.clear)

    def _button(self, mark: str, tip: str) -> QToolButton:
        button = small_button()
        button.setIcon(icon(f"mdi6.{mark}"))
        button.setIconSize(_MARK)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        return button

    def show_piece(self, name: str, tip: str = "") -> None:
        """Name what is in the slot, its thumbnail to follow; an empty name empties it."""
        self.name.set_text(name)
        self.name.setToolTip(tip or name)
        self.clear_button.setEnabled(bool(name))
        self.sheet.show_image(None, filled=bool(name))

    def show_image(self, image: QImage) -> None:
        self.sheet.show_image(image, filled=True)

    def show_trouble(self, note: str) -> None:
        """Say in place of the thumbnail why the picture is of no use."""
        self.sheet.show_image(None, filled=True, note=note)

    def set_recent(self, paths: list[Path]) -> None:
        self._recent = paths

    def _fill_menu(self) -> None:
        self.menu.clear()
        for path in self._recent:
            action = self.menu.addAction(path.name)
            action.setToolTip(str(path))
            action.triggered.connect(lambda _=False, path=path: self.recent_chosen.emit(path))
        if not self._recent:
            self.menu.addAction("No pictures yet").setEnabled(False)

    # Dropping

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        source = pictures.dropped(event)
        if source is not None and not (source.path is not None and source.path.is_dir()):
            pictures.accept_copy(event)
            self._set_hot(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._set_hot(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self._set_hot(False)
        source = pictures.dropped(event)
        if source is not None:
            pictures.accept_copy(event)
            self.dropped.emit(source)

    def _set_hot(self, hot: bool) -> None:
        self.sheet.hot = hot
        self.sheet.update()


def clipboard_source() -> pictures.Source | None:
    """The picture in the clipboard, if there is one."""
    return pictures.from_mime(QGuiApplication.clipboard().mimeData(), "Pasted picture")
