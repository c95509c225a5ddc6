"""The two dialogs that ask for a size: a new label map, an exported picture."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.domain.errors import LabelMapError
from app.domain.label_map import MAX_PIXELS, MAX_SIDE, check_size

PRESETS = (
    ("Portrait", 768, 1024),
    ("Large portrait", 1536, 2048),
    ("Square", 1024, 1024),
    ("Landscape", 1024, 768),
    ("A4 at 150 dpi", 1240, 1754),
    ("A4 at 300 dpi", 2480, 3508),
)
_CUSTOM = "Own size"


class _SizeDialog(QDialog):
    """Width, height, a list of sizes, and a word when a size is out of range."""

    chosen = Signal(int, int)

    def __init__(self, parent: QWidget, title: str, button: str) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setModal(True)
        self.sizes = QComboBox()
        self.sizes.setAccessibleName("Size")
        self.width_field = self._field("Width in pixels")
        self.height_field = self._field("Height in pixels")
        self.word = QLabel()
        self.word.setProperty("role", "dim")
        self.word.setWordWrap(True)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self._ok = self.buttons.addButton(button, QDialogButtonBox.ButtonRole.AcceptRole)
        self._ok.setDefault(True)
        self.buttons.accepted.connect(self._accept)
        self.buttons.rejected.connect(self.reject)
        self.sizes.activated.connect(self._take_preset)
        self.width_field.valueChanged.connect(lambda _: self._on_size(by_width=True))
        self.height_field.valueChanged.connect(lambda _: self._on_size(by_width=False))
        self.form = QFormLayout()
        self.form.setHorizontalSpacing(14)
        self.form.setVerticalSpacing(9)
        self.form.addRow("Size", self.sizes)
        fields = QHBoxLayout()
        fields.addWidget(self.width_field, 1)
        fields.addWidget(QLabel("×"))
        fields.addWidget(self.height_field, 1)
        self.form.addRow("Pixels", fields)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 14)
        column.setSpacing(12)
        column.addLayout(self.form)
        column.addWidget(self.word)
        column.addWidget(self.buttons)
        self.setMinimumWidth(360)

    @staticmethod
    def _field(name: str) -> QSpinBox:
        field = QSpinBox()
        field.setRange(1, MAX_SIDE)
        field.setAccessibleName(name)
        field.setToolTip(name)
        return field

    def set_size(self, width: int, height: int) -> None:
        """Show a size."""
        with QSignalBlocker(self.width_field), QSignalBlocker(self.height_field):
            self.width_field.setValue(width)
            self.height_field.setValue(height)
        self._on_size(by_width=True)

    @property
    def chosen_size(self) -> tuple[int, int]:
        return self.width_field.value(), self.height_field.value()

    def _take_preset(self, row: int) -> None:
        size = self.sizes.itemData(row)
        if size is not None:
            self.set_size(*size)

    def _on_size(self, *, by_width: bool) -> None:
        size = self.chosen_size
        row = next(
            (row for row in range(self.sizes.count()) if self.sizes.itemData(row) == size),
            self.sizes.count() - 1,
        )
        self.sizes.setCurrentIndex(row)
        try:
            check_size(*size)
        except LabelMapError as error:
            self.word.setText(f"{error.what}. {error.hint}")
            self._ok.setEnabled(False)
        else:
            self.word.setText(self.describe(*size))
            self._ok.setEnabled(True)

    def describe(self, width: int, height: int) -> str:
        """A word about a size that is in range."""
        return f"{width * height / 1e6:.1f} of at most {MAX_PIXELS // 1_000_000} megapixels"

    def _accept(self) -> None:
        self.chosen.emit(*self.chosen_size)
        self.accept()


class NewDialog(_SizeDialog):
    """Asks for the size of a new label map."""

    def __init__(self, parent: QWidget, width: int, height: int) -> None:
        super().__init__(parent, "New label map", "Create")
        self.setObjectName("new_dialog")
        for name, *size in PRESETS:
            self.sizes.addItem(f"{name} · {size[0]} × {size[1]}", tuple(size))
        self.sizes.addItem(_CUSTOM, None)
        self.set_size(width, height)


class ExportDialog(_SizeDialog):
    """Asks for the size of the exported picture; the proportions stay those of the label map."""

    def __init__(self, parent: QWidget, width: int, height: int) -> None:
        self._map = (width, height)
        super().__init__(parent, "Export picture", "Export …")
        self.setObjectName("export_dialog")
        for name, factor in (("As the label map", 1.0), ("Half", 0.5), ("Double", 2.0)):
            size = (max(1, round(width * factor)), max(1, round(height * factor)))
            if max(size) <= MAX_SIDE and size[0] * size[1] <= MAX_PIXELS:
                self.sizes.addItem(f"{name} · {size[0]} × {size[1]}", size)
        self.sizes.addItem(_CUSTOM, None)
        self.keep = QCheckBox("Keep the proportions")
        self.keep.setChecked(True)
        self.keep.toggled.connect(lambda _: self._on_size(by_width=True))
        self.form.addRow("", self.keep)
        self.set_size(width, height)

    def describe(self, width: int, height: int) -> str:
        return (
            "PNG with a transparent ground. Sizes beyond the network's own are enlarged smoothly."
        )

    def _on_size(self, *, by_width: bool) -> None:
        if hasattr(self, "keep") and self.keep.isChecked():
            width, height = self.chosen_size
            map_width, map_height = self._map
            field, value = (
                (self.height_field, round(width * map_height / map_width))
                if by_width
                else (self.width_field, round(height * map_width / map_height))
            )
            with QSignalBlocker(field):
                field.setValue(value)
        super()._on_size(by_width=by_width)
