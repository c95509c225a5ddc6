"""The settings dialog."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.settings import Settings
from app.ui.settings.schema import SCHEMA, Field

_WIDTH = 540


class SettingsDialog(QDialog):
    """Shows the settings of the schema; `applied` carries what was changed.

    `choices` are those of the fields that know theirs only when the dialog opens. A value that is
    none of them stays one to choose: a device that is not plugged in now may be another time.
    """

    applied = Signal(object)  # dict[str, object]

    def __init__(
        self,
        settings: Settings,
        parent: QWidget | None = None,
        choices: Mapping[str, Sequence[tuple[object, str]]] = MappingProxyType({}),
    ) -> None:
        super().__init__(parent)
        self.setObjectName("settings_dialog")
        self.setWindowTitle("Settings")
        self.setModal(True)
        self._settings = settings
        self._choices = choices
        self._editors: dict[str, QComboBox | QSpinBox] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 14)
        column.setSpacing(8)
        for section in dict.fromkeys(field.section for field in SCHEMA):
            heading = QLabel(section)
            heading.setProperty("role", "heading")
            column.addWidget(heading)
            column.addLayout(self._section(section))
            column.addSpacing(8)
        kind = QDialogButtonBox.StandardButton
        buttons = QDialogButtonBox(kind.Ok | kind.Cancel | kind.RestoreDefaults)
        buttons.accepted.connect(self._accept)
        buttons.rejected.connect(self.reject)
        buttons.button(kind.RestoreDefaults).clicked.connect(lambda: self._show(Settings()))
        column.addStretch(1)
        column.addWidget(buttons)
        self.setMinimumWidth(_WIDTH)
        self._show(settings)

    def showEvent(self, event: QShowEvent) -> None:
        # Left to itself, Qt gives a dialog two thirds of a low screen and cuts its texts.
        layout = self.layout()
        if layout is not None:
            self.resize(_WIDTH, max(self.height(), layout.heightForWidth(_WIDTH)))
        super().showEvent(event)

    def editor(self, key: str) -> QComboBox | QSpinBox:
        """The widget of one setting."""
        return self._editors[key]

    def _section(self, section: str) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(4)
        grid.setColumnMinimumWidth(0, 150)
        grid.setColumnStretch(1, 1)
        for field in SCHEMA:
            if field.section != section:
                continue
            editor = self._editor(field)
            self._editors[field.key] = editor
            row = grid.rowCount()
            label = QLabel(field.label)
            label.setBuddy(editor)
            grid.addWidget(label, row, 0)
            grid.addWidget(editor, row, 1)
            if field.help:
                word = QLabel(field.help)
                word.setProperty("role", "dim")
                word.setWordWrap(True)
                grid.addWidget(word, row + 1, 1)
        return grid

    def _editor(self, field: Field) -> QComboBox | QSpinBox:
        choices = self._choices.get(field.key, field.choices)
        if choices:
            combo = QComboBox()
            for value, label in choices:
                combo.addItem(label, value)
            now = getattr(self._settings, field.key)
            if field.key in self._choices and combo.findData(now) < 0:
                combo.addItem(f"{now} (not found)", now)
            return combo
        spin = QSpinBox()
        spin.setRange(field.low, field.high)
        spin.setSingleStep(field.step)
        spin.setSuffix(field.suffix)
        return spin

    def _show(self, settings: Settings) -> None:
        for field in SCHEMA:
            value, editor = getattr(settings, field.key), self._editors[field.key]
            if isinstance(editor, QSpinBox):
                editor.setValue(value)
            else:
                editor.setCurrentIndex(max(0, editor.findData(value)))

    def _accept(self) -> None:
        changed = {}
        for field in SCHEMA:
            editor = self._editors[field.key]
            value = editor.value() if isinstance(editor, QSpinBox) else editor.currentData()
            if value != getattr(self._settings, field.key):
                changed[field.key] = value
        self.applied.emit(changed)
        self.accept()
