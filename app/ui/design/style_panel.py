"""The look of the garment: its seed, and the style code of the class in hand."""

from __future__ import annotations

import string
from collections.abc import Callable

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QKeyEvent,
    QValidator,
)
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSlider,
    QSpinBox,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.domain.chosen import Choice
from app.domain.palette import GROUND, GarmentClass
from app.domain.style import MAX_SEED
from app.ui import pictures
from app.ui.design.fields import ElidedLabel, NumberBox, leaves_to_shortcuts
from app.ui.design.look import LookModel
from app.ui.icons import icon

_BLEND_STEPS = 100
_KINDS = {"photo": "Photo", "swatch": "Picture"}


class _Digits(QValidator):
    """Leaves nothing but digits, of what is pasted too."""

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        digits = "".join(c for c in text if c in string.digits)
        place = sum(c in string.digits for c in text[:position])
        return QValidator.State.Acceptable, digits, place


class SeedField(QLineEdit):
    """A seed 0..2**32-1: beyond what a QSpinBox holds."""

    seed_entered = Signal(object)  # int: a seed may be larger than the int of Qt

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("0", parent)
        self.setMaxLength(len(str(MAX_SEED)))
        self.setValidator(_Digits(self))
        self.setAcceptDrops(False)  # a dropped file is for the panel
        self.setAccessibleName("Seed of the look")
        self.setToolTip("The same seed gives the same look, always (up and down keys: next seeds)")
        self.editingFinished.connect(self._enter)
        self._seed = 0

    def show_seed(self, seed: int) -> None:
        self._seed = seed
        self.setText(str(seed))

    def event(self, event: QEvent) -> bool:
        if leaves_to_shortcuts(event):
            event.ignore()
            return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self._take(self._seed + step)

    def _enter(self) -> None:
        self._take(int(self.text() or self._seed))

    def _take(self, seed: int) -> None:
        seed = min(MAX_SEED, max(0, seed))
        changed = seed != self._seed
        self.show_seed(seed)
        if changed:
            self.seed_entered.emit(seed)


def _button(name: str, tip: str, action: Callable[[], object], parent: QWidget) -> QToolButton:
    button = QToolButton(parent)
    button.setIcon(icon(name))
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.setAutoRaise(True)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.clicked.connect(lambda: action())
    return button


def _label(text: str, role: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", role)
    return label


class _CodeRow(QHBoxLayout):
    """Back, number, forth: walks through the codes of a class."""

    def __init__(
        self,
        what: str,
        step: Callable[[int], object],
        pick: Callable[[int], object],
        owner: QWidget,
    ) -> None:
        super().__init__()
        self.setSpacing(2)
        self.number = NumberBox(owner)
        self.number.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
        self.number.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.number.setWrapping(True)
        self.number.setKeyboardTracking(False)
        self.number.setAcceptDrops(False)
        self.number.lineEdit().setAcceptDrops(False)
        self.number.setAccessibleName(what)
        self.number.setToolTip(f"{what}, of those taken from real garments")
        self.number.valueChanged.connect(lambda value: pick(value - 1))
        self.addWidget(_button("mdi6.chevron-left", f"{what}: back", lambda: step(-1), owner))
        self.addWidget(self.number, 1)
        self.addWidget(_button("mdi6.chevron-right", f"{what}: forth", lambda: step(1), owner))

    def show_row(self, row: int | None, count: int) -> None:
        """Show a row 0..count-1, or a dash for none of them."""
        with QSignalBlocker(self.number):
            self.number.setSpecialValueText("–" if row is None else "")
            self.number.setRange(1 if row is not None else 0, max(1, count))
            self.number.setSuffix(f" of {count}")
            self.number.setValue(row + 1 if row is not None else 0)


class StylePanel(QFrame):
    """Widgets over a `LookModel`; what they show always comes from it."""

    picture_wanted = Signal()
    """A person wants to choose a picture for the class in hand."""
    picture_dropped = Signal(object)  # pictures.Source

    def __init__(self, model: LookModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.setObjectName("style_panel")
        self._model = model
        self._entry: GarmentClass | None = None
        self._painted: frozenset[int] = frozenset()
        self.seed = SeedField()
        self.dice = _button("mdi6.dice-5-outline", "Throw the dice: a new look", model.throw, self)
        self.back = _button("mdi6.history", "Back to the look before", model.go_back, self)
        self.heading = _label("Style", "heading")
        self.lock = _button(
            "mdi6.pin-outline", "Keep this style when the seed changes", self._toggle_lock, self
        )
        self.lock.setCheckable(True)
        self.reset = _button(
            "mdi6.restore", "Reset: back to the style that the seed draws", self._reset, self
        )
        self.origin = ElidedLabel()
        self.origin.setObjectName("style.origin")
        self.take = _button(
            "mdi6.image-plus-outline",
            "Take the style from a picture of fabric or of a garment; or drop one here",
            self.picture_wanted.emit,
            self,
        )
        self.code = _CodeRow("Style code", self._step, self._pick, self)
        self.draw = _button(
            "mdi6.dice-3-outline", "Another style for this class, by chance", self._draw, self
        )
        self.second = _CodeRow(
            "Style code to blend with", self._step_second, self._pick_second, self
        )
        self.blend = QSlider(Qt.Orientation.Horizontal)
        self.blend.setRange(0, _BLEND_STEPS)
        self.blend.setAccessibleName("Blend between the two style codes")
        self.blend.setToolTip("Blend from the style code to the second one")
        self._sliding = False  # whether the slider moved since it was taken in hand
        self.blend.sliderReleased.connect(self._end_slide)
        self.blend.valueChanged.connect(self._slide)
        self.percent = _label("0 %", "dim")
        self.message = _label("", "dim")
        self._class_box = QWidget()
        self.setAcceptDrops(True)
        self._lay_out()
        self.seed.seed_entered.connect(model.set_seed)
        model.changed.connect(self.refresh)
        self.refresh()

    def _lay_out(self) -> None:
        seed_row = QHBoxLayout()
        seed_row.setSpacing(2)
        seed_row.addWidget(_label("Seed", "dim"))
        seed_row.addSpacing(8)
        seed_row.addWidget(self.seed, 1)
        seed_row.addWidget(self.dice)
        seed_row.addWidget(self.back)
        head = QHBoxLayout()
        head.setSpacing(2)
        head.addWidget(self.heading, 1)
        head.addWidget(self.lock)
        head.addWidget(self.reset)
        grid = QGridLayout(self._class_box)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        grid.addWidget(_label("From", "dim"), 0, 0)
        grid.addWidget(self.origin, 0, 1)
        grid.addWidget(self.take, 0, 2, Qt.AlignmentFlag.AlignRight)
        grid.addWidget(_label("Code", "dim"), 1, 0)
        grid.addLayout(self.code, 1, 1)
        grid.addWidget(self.draw, 1, 2, Qt.AlignmentFlag.AlignRight)
        grid.addWidget(_label("Second", "dim"), 2, 0)
        grid.addLayout(self.second, 2, 1)
        grid.addWidget(_label("Blend", "dim"), 3, 0)
        grid.addWidget(self.blend, 3, 1)
        self.percent.setMinimumWidth(self.percent.fontMetrics().horizontalAdvance("100 %"))
        self.percent.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        grid.addWidget(self.percent, 3, 2)
        self.message.setWordWrap(True)
        self.message.setAlignment(Qt.AlignmentFlag.AlignTop)
        holder = QWidget()
        self._stack = QStackedLayout(holder)
        self._stack.addWidget(self._class_box)
        self._stack.addWidget(self.message)
        line = QFrame()
        line.setProperty("role", "line")
        line.setFixedHeight(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 9, 8, 10)
        column.setSpacing(7)
        column.addWidget(_label("Look", "heading"))
        column.addLayout(seed_row)
        column.addWidget(line)
        column.addLayout(head)
        column.addWidget(holder)
        column.addStretch(1)

    def set_class(self, entry: GarmentClass | None) -> None:
        """Show the style of another class."""
        self._entry = entry
        self.refresh()

    def set_painted(self, classes: frozenset[int]) -> None:
        """Say which classes the label map has: the style of any other shows nowhere."""
        if classes != self._painted:
            self._painted = classes
            self.refresh()

    @property
    def _cls(self) -> int:
        return self._entry.index if self._entry is not None else GROUND

    def refresh(self) -> None:
        """Show what the model says."""
        model, cls = self._model, self._cls
        self.seed.show_seed(model.seed)
        self.back.setEnabled(model.can_go_back)
        ready = model.count(cls) > 0 and cls != GROUND
        name = self._entry.name() if self._entry is not None else ""
        self.heading.setText(f"Style of {name.lower()}" if name else "Style")
        self._stack.setCurrentIndex(0 if ready else 1)
        for button in (self.lock, self.reset):
            button.setEnabled(ready)
        if not ready:
            self.message.setText(
                "The style codes come with the network."
                if model.bank is None
                else "The ground stays empty: it has no style."
                if cls == GROUND
                else f"This model pack has no styles for {name.lower()}."
            )
            return
        choice = model.choice(cls)
        shown = "" if cls in self._painted else ", not painted yet"
        self.origin.set_text(self._origin(choice) + shown)
        self.code.show_row(model.row(cls) if choice.taken is None else None, model.count(cls))
        self.second.show_row(model.second(cls), model.count(cls))
        with QSignalBlocker(self.blend):
            self.blend.setValue(round(choice.blend * _BLEND_STEPS))
        self.percent.setText(f"{round(choice.blend * 100)} %")
        self.lock.setChecked(choice.locked)
        self.lock.setIcon(icon("mdi6.pin" if choice.locked else "mdi6.pin-outline"))
        self.reset.setEnabled(choice != Choice())

    def _origin(self, choice: Choice) -> str:
        """Where the style of the class comes from."""
        if choice.taken is not None:
            return f"{_KINDS[choice.taken.kind]} {choice.taken.name}"
        return f"Seed {self._model.seed}" if choice.row is None else "Chosen from the pack"

    @property
    def entry(self) -> GarmentClass | None:
        """The class in hand."""
        return self._entry

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if pictures.dropped(event) is not None:
            pictures.accept_copy(event)
            self._mark_drop(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._mark_drop(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self._mark_drop(False)
        source = pictures.dropped(event)
        if source is not None:
            pictures.accept_copy(event)
            self.picture_dropped.emit(source)

    def _mark_drop(self, on: bool) -> None:
        """Show that what is being dragged may be dropped here, and what for."""
        if on and self._entry is not None and self._cls != GROUND:
            self.heading.setText(f"Drop it for the style of {self._entry.name().lower()}")
        elif not on:
            self.refresh()
        self.setProperty("drop", on)
        self.style().unpolish(self)
        self.style().polish(self)

    def _toggle_lock(self) -> None:
        self._model.set_locked(self._cls, not self._model.choice(self._cls).locked)

    def _reset(self) -> None:
        self._model.reset(self._cls)

    def _step(self, by: int) -> None:
        self._model.step(self._cls, by)

    def _pick(self, row: int) -> None:
        self._model.set_row(self._cls, row)

    def _draw(self) -> None:
        self._model.draw(self._cls)

    def _step_second(self, by: int) -> None:
        self._model.step_second(self._cls, by)

    def _pick_second(self, row: int) -> None:
        self._model.step_second(self._cls, row - self._model.second(self._cls))

    def _slide(self, value: int) -> None:
        self._model.set_blend(self._cls, value / _BLEND_STEPS, going_on=self._sliding)
        self._sliding = self.blend.isSliderDown()

    def _end_slide(self) -> None:
        self._sliding = False
