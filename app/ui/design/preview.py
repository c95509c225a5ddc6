"""The garment beside the label map: its picture, or a calm word on why there is none."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QImage,
    QMouseEvent,
    QPainter,
    QPixmap,
    QResizeEvent,
    QTabletEvent,
)
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.domain.errors import ToileError
from app.settings import Ground
from app.ui import theme
from app.ui.design.zoom_view import ZoomView
from app.ui.icons import icon

_BLANK = "Nothing is painted yet"
_BLANK_HINT = "Choose a class on the right and paint it on the left, or drop a photo there."
_CHECK = 8  # logical pixels
_PIXELS_FROM = 6.0  # zoom from which single picture pixels are shown
_SHRINK_BELOW = 0.75  # zoom below which the picture is averaged beforehand


class PictureMessage(QFrame):
    """A few words in the middle of the pane: what, where, what to do."""

    again = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._room = parent
        self.setObjectName("picture_message")
        self._mark = QLabel()
        self._mark.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._what = self._line("title")
        self._where = self._line("dim")
        self._where.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._hint = self._line("")
        self._again = QPushButton("Try again")
        self._again.clicked.connect(self.again)
        column = QVBoxLayout(self)
        column.setSpacing(8)
        for part in (self._mark, self._what, self._where, self._hint):
            column.addWidget(part)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self._again)
        row.addStretch(1)
        column.addSpacing(4)
        column.addLayout(row)

    def _line(self, role: str) -> QLabel:
        label = QLabel()
        label.setProperty("role", role)
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        return label

    @property
    def text(self) -> str:
        return "\n".join(part.text() for part in (self._what, self._where, self._hint))

    def tell(self, what: str, *, hint: str = "") -> None:
        """Show a calm word."""
        self._fill("mdi6.tshirt-crew-outline", theme.current().dim, what, "", hint, again=False)

    def tell_error(self, error: ToileError) -> None:
        """Show what failed, where, and what to do, with a way to try again."""
        self._fill(
            "mdi6.alert-circle-outline",
            theme.current().warning,
            f"{error.what}.",
            error.where,
            error.hint,
            again=True,
        )

    def _fill(
        self, mark: str, color: QColor, what: str, where: str, hint: str, *, again: bool
    ) -> None:
        self._mark.setPixmap(icon(mark, color).pixmap(QSize(40, 40), self.devicePixelRatioF()))
        for label, text in ((self._what, what), (self._where, where), (self._hint, hint)):
            label.setText(text)
            label.setVisible(bool(text))
        self._again.setVisible(again)
        self.show()
        self.place()

    def place(self) -> None:
        """Stand in the middle of the pane."""
        room = self._room.rect()
        width = min(360, room.width() - 24)
        self.setFixedWidth(max(120, width))
        layout = self.layout()
        height = layout.heightForWidth(self.width()) if layout is not None else 0
        self.setFixedHeight(max(height, 1))
        self.move((room.width() - self.width()) // 2, (room.height() - self.height()) // 2)


class PicturePane(ZoomView):
    """Shows the last picture at the label map's place; dragging pans, the wheel zooms."""

    again = Signal()
    resized = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("picture_pane")
        self.setAccessibleName("Picture of the garment")
        self._image: QImage | None = None
        self._small: QImage | None = None
        self._blank = False
        self._ground: Ground = "white"
        self._size = (1, 1)
        self._checks: tuple[tuple[QColor, QColor], QPixmap] | None = None
        self.message = PictureMessage(self.viewport())
        self.message.again.connect(self.again)
        self.message.hide()

    def set_map_size(self, width: int, height: int) -> None:
        """The size of the label map, in whose pixels the pane measures; forgets the picture."""
        self._size = (width, height)
        self._image = self._small = None
        self.set_content_size(width, height)
        self.viewport().update()

    @property
    def image(self) -> QImage | None:
        return self._image

    def show_picture(self, image: QImage) -> None:
        """Show a picture of the whole label map; it may have fewer pixels."""
        self._image, self._small = image, None
        self._settle()

    def set_blank(self, blank: bool) -> None:
        """Whether the label map is all ground; then a word stands in for its empty picture."""
        if blank != self._blank:
            self._blank = blank
            if self._image is not None:
                self._settle()

    def _settle(self) -> None:
        if self._blank:
            self.message.tell(_BLANK, hint=_BLANK_HINT)
        else:
            self.message.hide()
        self.viewport().update()

    @property
    def ground(self) -> Ground:
        return self._ground

    def set_ground(self, ground: Ground) -> None:
        """What shows through where there is no garment."""
        self._ground = ground
        self.viewport().update()

    def tell(self, what: str, *, hint: str = "") -> None:
        """Say something in place of a picture; the last picture, if any, stays in view."""
        if self._image is None:
            self.message.tell(what, hint=hint)

    def tell_error(self, error: ToileError) -> None:
        """Say what failed; the last picture goes, for it no longer tells the truth."""
        self._image = self._small = None
        self.message.tell_error(error)
        self.viewport().update()

    def pans_with(self, event: QMouseEvent | QTabletEvent) -> bool:
        return event.button() == Qt.MouseButton.LeftButton or super().pans_with(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.blockSignals(True)  # a new size leads no other view
        super().resizeEvent(event)
        self.blockSignals(False)
        self.resized.emit()
        self.message.place()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.viewport().update()

    def drawForeground(self, painter: QPainter, rect: QRectF | object) -> None:
        area = self.to_view(QRectF(0, 0, *self._size))
        painter.save()
        painter.resetTransform()
        if self._image is not None and not self._blank:
            self._draw_ground(painter, area)
            self._draw_picture(painter, area, self._image)
        else:
            painter.setPen(theme.current().line)
            painter.drawRect(area.adjusted(0, 0, -1, -1))
        painter.restore()

    def _draw_ground(self, painter: QPainter, area: QRectF) -> None:
        if self._ground == "white":
            painter.fillRect(area, Qt.GlobalColor.white)
        elif self._ground == "black":
            painter.fillRect(area, Qt.GlobalColor.black)
        else:
            painter.setBrushOrigin(area.topLeft())
            painter.fillRect(area, QBrush(self._checkerboard()))

    def _checkerboard(self) -> QPixmap:
        dark = theme.current() is theme.DARK
        colors = (
            (QColor("#8d8f92"), QColor("#a9abae"))
            if dark
            else (QColor("#ffffff"), QColor("#dfe1e4"))
        )
        if self._checks is None or self._checks[0] != colors:
            tile = QPixmap(2 * _CHECK, 2 * _CHECK)
            tile.fill(colors[0])
            painter = QPainter(tile)
            painter.fillRect(0, 0, _CHECK, _CHECK, colors[1])
            painter.fillRect(_CHECK, _CHECK, _CHECK, _CHECK, colors[1])
            painter.end()
            self._checks = (colors, tile)
        return self._checks[1]

    def _draw_picture(self, painter: QPainter, area: QRectF, image: QImage) -> None:
        device = QSize(
            max(1, round(area.width() * self.devicePixelRatioF())),
            max(1, round(area.height() * self.devicePixelRatioF())),
        )
        scale = device.width() / image.width()
        if scale < _SHRINK_BELOW:
            if self._small is None or self._small.size() != device:
                self._small = image.scaled(
                    device,
                    Qt.AspectRatioMode.IgnoreAspectRatio,
                    Qt.TransformationMode.SmoothTransformation,
                )
            image = self._small
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, scale < _PIXELS_FROM)
        painter.drawImage(area, image)
