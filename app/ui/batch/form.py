"""What a person asks of a batch: folders, pairing, names and format."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSignalBlocker, QTimer, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.domain.batch.names import FIELDS, filled
from app.domain.batch.order import TEMPLATE, Order, OrderError
from app.domain.batch.table import Pair
from app.domain.framing import CATEGORIES
from app.domain.picture import QUALITY
from app.ui.batch.fields import HEIGHT, PathField

_PAUSE = 350  # milliseconds after the last key before what is typed is looked at
_PAIRINGS = (
    ("all", "Everyone in every cloth"),
    ("name", "Files of the same name"),
    ("table", "A table of pairs (CSV)"),
)
_CATEGORIES = (
    ("", "Detected for each cloth"),
    ("upper", "Upper: tops, shirts, jackets"),
    ("lower", "Lower: skirts, pants"),
    ("dress", "Dress"),
)
_TURNS = (
    (False, "Cloths that lie on their side"),
    (True, "No cloths: as they lie"),
)
_MADE_UP: Pair = (Path("anna"), Path("coat"), None)
_KINDS = (("jpg", "JPEG"), ("png", "PNG, lossless"), ("webp", "WebP"))


class BatchForm(QWidget):
    """The fields. `edited` fires at every change, `changed` a moment after the last one."""

    edited = Signal()
    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.people = PathField("batch.people_field", "People", "A folder of photos of people")
        self.cloths = PathField("batch.cloths_field", "Cloths", "A folder of garment pictures")
        self.table = PathField(
            *("batch.table_field", "Table", "Lines of person,cloth or person,cloth,category"),
            "file-delimited-outline",
        )
        self.out = PathField("batch.output_field", "Output folder", "A folder for the outcomes")
        self.pairing = _choice("batch.pairing", "Pairs", _PAIRINGS)
        self.category = _choice("batch.category", "Kind of garment", _CATEGORIES)
        self.upright = _choice("batch.upright", "Turn", _TURNS)
        self.kind = _choice("batch.kind", "Format", _KINDS)
        self.quality = QSpinBox()
        self.quality.setObjectName("batch.quality")
        self.quality.setAccessibleName("Quality")
        self.quality.setRange(1, 100)
        self.quality.setValue(QUALITY)
        self.quality.setPrefix("Quality ")
        self.template = QLineEdit(TEMPLATE)
        self.template.setObjectName("batch.template")
        self.template.setAccessibleName("Names of the outcomes")
        self.template.setToolTip(f"Made of {', '.join(f'{{{name}}}' for name in FIELDS)}")
        self.example = QLabel()
        self.example.setObjectName("batch.example")
        self.example.setProperty("role", "dim")
        self._pair = _MADE_UP
        self._late = QTimer(self)
        self._late.setSingleShot(True)
        self._late.setInterval(_PAUSE)
        self._late.timeout.connect(self.changed)
        choices = (self.pairing, self.category, self.upright, self.kind)
        for field in (*choices, self.quality, self.template):
            field.setMinimumHeight(HEIGHT)
        self._lay_out()
        self._connect()
        self._show()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        format_row = QHBoxLayout()
        format_row.setSpacing(6)
        format_row.addWidget(self.kind, 1)
        format_row.addWidget(self.quality, 1)
        self._table_label = QLabel("&Table")
        parts: tuple[tuple[str, tuple[tuple[QLabel | str, QWidget | QHBoxLayout], ...]], ...] = (
            (
                "Who wears what",
                (
                    ("&People", self.people),
                    ("&Cloths", self.cloths),
                    ("P&airs", self.pairing),
                    (self._table_label, self.table),
                    ("&Kind", self.category),
                    ("T&urn", self.upright),
                ),
            ),
            (
                "Outcomes",
                (
                    ("F&older", self.out),
                    ("&Names", self.template),
                    ("", self.example),
                    ("&Format", format_row),
                ),
            ),
        )
        for title, rows in parts:
            column.addWidget(_strip(title))
            grid = QGridLayout()
            grid.setContentsMargins(14, 12, 14, 16)
            grid.setHorizontalSpacing(12)
            grid.setVerticalSpacing(8)
            grid.setColumnMinimumWidth(0, 52)
            grid.setColumnStretch(1, 1)
            for number, (label, field) in enumerate(rows):
                word = QLabel(label) if isinstance(label, str) else label
                grid.addWidget(word, number, 0)
                if isinstance(field, QWidget):
                    word.setBuddy(field)
                    grid.addWidget(field, number, 1)
                else:
                    word.setBuddy(self.kind)
                    grid.addLayout(field, number, 1)
            column.addLayout(grid)
        column.addStretch(1)

    def _connect(self) -> None:
        for path in (self.people, self.cloths, self.table, self.out):
            path.changed.connect(self._on_change)
        for choice in (self.pairing, self.category, self.upright, self.kind):
            choice.currentIndexChanged.connect(lambda _index: self._on_change())
        self.quality.valueChanged.connect(lambda _value: self._on_change())
        self.template.textChanged.connect(lambda _text: self._on_change())

    def _on_change(self) -> None:
        self._show()
        self.edited.emit()
        self._late.start()

    def _show(self) -> None:
        by_table = self.pairing.currentData() == "table"
        self._table_label.setVisible(by_table)
        self.table.setVisible(by_table)
        self.quality.setEnabled(self.kind.currentData() != "png")
        person, cloth, category = self._pair
        try:
            name = filled(
                self.template.text(), person=person.stem, cloth=cloth.stem, n=1,
                category=category or self.category.currentData() or "auto",
            )  # fmt: skip
            self.example.setText(f"as in {name}.{self.kind.currentData()}")
        except (ValueError, KeyError, IndexError, AttributeError, OrderError):
            self.example.setText("")

    def show_pair(self, pair: Pair | None) -> None:
        """Take a pair as the example of a name; None is one that is made up."""
        self._pair = pair or _MADE_UP
        self._show()

    @property
    def missing(self) -> str:
        """What is still to be chosen, as a sentence; "" when all is there."""
        if self.people.path is None and self.cloths.path is None:
            return "Choose a folder of people and a folder of cloths, or drop them on the fields."
        for field, words in (
            (self.people, "Choose a folder of people."),
            (self.cloths, "Choose a folder of cloths."),
            (self.table, "Choose a table of pairs."),
            (self.out, "Choose a folder for the outcomes."),
        ):
            if field.path is None and (field is not self.table or self.table.isVisibleTo(self)):
                return words
        return ""

    def order(self) -> Order | None:
        """What is asked for, or None while something is `missing`."""
        people, cloths, out = self.people.path, self.cloths.path, self.out.path
        if self.missing or people is None or cloths is None or out is None:
            return None
        category = self.category.currentData()
        return Order(
            people=people.absolute(),
            cloths=cloths.absolute(),
            out=out.absolute(),
            pairing=self.pairing.currentData(),
            table=self._table(),
            category=next((known for known in CATEGORIES if known == category), None),
            upright=self.upright.currentData(),
            template=self.template.text(),
            kind=self.kind.currentData(),
            quality=self.quality.value(),
        )

    def _table(self) -> Path | None:
        path = self.table.path
        return path.absolute() if path is not None and self.table.isVisibleTo(self) else None

    def show_order(self, order: Order) -> None:
        """Fill the fields with an order's."""
        blockers = [QSignalBlocker(self)]
        for field, path in (
            (self.people, order.people),
            (self.cloths, order.cloths),
            (self.table, order.table),
            (self.out, order.out),
        ):
            field.set_path(path)
        for choice, value in (
            (self.pairing, order.pairing),
            (self.category, order.category or ""),
            (self.upright, order.upright),
            (self.kind, order.kind),
        ):
            choice.setCurrentIndex(max(0, choice.findData(value)))
        self.quality.setValue(order.quality)
        self.template.setText(order.template)
        self._show()
        blockers.clear()
        self.edited.emit()
        self._late.start()

    def take_drop(self, path: Path) -> bool:
        """Put a dropped folder or file into the first field that wants it."""
        if path.suffix.lower() == ".csv":
            self.pairing.setCurrentIndex(self.pairing.findData("table"))
            self.table.set_path(path)
            return True
        for field in (self.people, self.cloths, self.out):
            if field.path is None:
                field.set_path(path)
                return True
        return False


def _choice(name: str, title: str, values: tuple[tuple[str | bool, str], ...]) -> QComboBox:
    box = QComboBox()
    box.setObjectName(name)
    box.setAccessibleName(title)
    for value, word in values:
        box.addItem(word, value)
    return box


def _strip(title: str) -> QFrame:
    strip = QFrame()
    strip.setProperty("role", "strip")
    strip.setFixedHeight(34)
    row = QHBoxLayout(strip)
    row.setContentsMargins(14, 0, 6, 0)
    heading = QLabel(title)
    heading.setProperty("role", "heading")
    row.addWidget(heading)
    return strip
