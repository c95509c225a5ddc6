"""What lies over the label map: the garment, or the photo that the label map was made from."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QHBoxLayout, QSlider, QToolButton, QWidget

from app.ui.design.canvas import LabelCanvas
from app.ui.icons import icon

Source = Literal["garment", "photo"]

_SHOWN = 50  # percent that a button shows when its picture was never shown before
_SLIDER = {"garment": "the garment", "photo": "the photo"}


def small_button() -> QToolButton:
    """A button for the strips above the views."""
    button = QToolButton()
    button.setIconSize(QSize(16, 16))
    button.setFixedSize(26, 26)
    button.setAutoRaise(True)
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return button


class OverlayBar(QWidget):
    """A button for either picture and one slider: how strongly the chosen one covers the labels.

    The garment's opacity is kept from start to start; a photo begins hidden with its document.
    """

    changed = Signal()
    """Something else lies over the label map, or more or less of it."""
    garment_changed = Signal(int)  # percent

    def __init__(self, canvas: LabelCanvas, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self._source: Source = "garment"
        self._images: dict[Source, QImage | None] = {"garment": None, "photo": None}
        self._percent: dict[Source, int] = {"garment": 0, "photo": 0}
        self._before: dict[Source, int] = {"garment": _SHOWN, "photo": _SHOWN}
        self.garment_button = self._button(
            "garment", "mdi6.layers-outline", "Show or hide the garment over the label map (V)"
        )
        self.photo_button = self._button(
            "photo", "mdi6.image-outline", "Show or hide the photo over the label map (Shift+V)"
        )
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setObjectName("overlay_slider")
        self.slider.setRange(0, 100)
        self.slider.setFixedWidth(110)
        self.slider.valueChanged.connect(self._slide)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for part in (self.photo_button, self.garment_button, self.slider):
            row.addWidget(part)
        self._refresh()

    def _button(self, source: Source, mark: str, tip: str) -> QToolButton:
        button = small_button()
        button.setObjectName(f"overlay.{source}")
        button.setIcon(icon(mark))
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setCheckable(True)
        button.clicked.connect(lambda: self.toggle(source))
        return button

    @property
    def has_photo(self) -> bool:
        return self._images["photo"] is not None

    def percent(self, source: Source) -> int:
        """How much of a picture shows over the label map: 0 while the other one has its place."""
        return self._percent[source] if source == self._source else 0

    def set_percent(self, source: Source, percent: int) -> None:
        """Show a picture in place of the other; 0 hides it."""
        self._source = source
        self._percent[source] = percent
        if percent:
            self._before[source] = percent
        self._refresh()
        if source == "garment":
            self.garment_changed.emit(percent)

    def toggle(self, source: Source) -> None:
        """Show a picture as strongly as it was shown last, or hide it."""
        if self._images[source] is None and source == "photo":
            self._refresh()
        else:
            self.set_percent(source, 0 if self.percent(source) else self._before[source])

    def set_picture(self, source: Source, image: QImage | None) -> None:
        """Take a newer picture, or none; without a photo the garment has its place again."""
        self._images[source] = image
        if source == "photo":
            self._percent["photo"] = 0
            self._source = "garment"
        self._refresh()

    def _slide(self, percent: int) -> None:
        self.set_percent(self._source, percent)

    def _refresh(self) -> None:
        percent = self._percent[self._source]
        with QSignalBlocker(self.slider):
            self.slider.setValue(percent)
        name = _SLIDER[self._source]
        self.slider.setToolTip(f"How strongly {name} covers the label map")
        self.slider.setAccessibleName(f"Opacity of {name} over the label map")
        self.garment_button.setChecked(self.percent("garment") > 0)
        self.photo_button.setChecked(self.percent("photo") > 0)
        self.photo_button.setVisible(self.has_photo)
        self._canvas.set_overlay_opacity(percent / 100)
        self._canvas.set_overlay(self._images[self._source] if percent else None)
        self.changed.emit()
