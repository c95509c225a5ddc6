"""Where things stand in the Try-on workspace."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from app.jobs.files import FilePool
from app.ui.actions import Commands
from app.ui.tryon.busy import BusyPill
from app.ui.tryon.commands import CATEGORIES
from app.ui.tryon.outcome_pane import OutcomePane
from app.ui.tryon.outcomes import Outcomes
from app.ui.tryon.side import SidePanel
from app.ui.tryon.slot import Slot
from app.ui.tryon.wardrobe import Wardrobe


class TryOnLayout(QWidget):
    """Slots at the left, outcome in the middle, kind and history at the right, wardrobe below."""

    def __init__(
        self,
        commands: Commands,
        pool: FilePool,
        outcomes: Outcomes,
        kept: dict[str, list[int]],
        parent: QWidget,
    ) -> None:
        """`kept` are the sizes of the splitters by their names."""
        super().__init__(parent)
        self.person = Slot(
            *("person_slot", "Person", "mdi6.account-outline"),
            "Drop a photo of a person here, or click to choose one.",
            commands["tryon.turn_person"],
        )
        self.cloth = Slot(
            *("cloth_slot", "Cloth", "mdi6.hanger"),
            "Drop the picture of a garment here, or click to choose one.",
            commands["tryon.turn_cloth"],
        )
        self.pane = OutcomePane()
        self.busy = BusyPill(self.pane.viewport())
        self.note = QLabel()

        def actions(*names: str) -> list[QAction]:
            return [commands[f"tryon.{name}"] for name in names]

        self.wardrobe = Wardrobe(pool, actions("previous", "next", "refresh", "wardrobe"))
        self.side = SidePanel(
            [commands[name] for name, *_ in CATEGORIES],
            actions(
                *("compare", "correct", "save", "save_all", "copy", "folder"),
                *("to_design", "uncorrect"),
            ),
            outcomes,
        )
        self._lay_out(kept)

    def _lay_out(self, kept: dict[str, list[int]]) -> None:
        self.note.setObjectName("outcome_note")
        self.note.setWordWrap(True)
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        self.note.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.note.setContentsMargins(16, 7, 16, 8)
        self.note.setProperty("role", "note")
        self.note.hide()
        outcome = QWidget()
        column = QVBoxLayout(outcome)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.pane, 1)
        column.addWidget(self.note)
        self.middle = QStackedWidget()
        self.middle.addWidget(outcome)
        self.slots = QSplitter(Qt.Orientation.Vertical)
        self.slots.addWidget(self.person)
        self.slots.addWidget(self.cloth)
        self.slots.setSizes([1000, 1000])
        self.slots.setMinimumWidth(180)
        self.across = QSplitter(Qt.Orientation.Horizontal)
        for part in (self.slots, self.middle, self.side):
            self.across.addWidget(part)
        self.across.setStretchFactor(1, 1)
        self.across.setSizes([236, 2000, 250])
        self.rows = QSplitter(Qt.Orientation.Vertical)
        self.rows.addWidget(self.across)
        self.rows.addWidget(self.wardrobe)
        self.rows.setStretchFactor(0, 1)
        self.rows.setStretchFactor(1, 0)
        self.rows.setSizes([2000, 196])
        for splitter, name in self.splitters():
            splitter.setObjectName(name)
            splitter.setHandleWidth(1)
            splitter.setChildrenCollapsible(False)
            sizes = kept.get(name)
            if sizes and len(sizes) == splitter.count():
                splitter.setSizes(sizes)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.rows)
        order = (self.person.sheet, self.cloth.sheet, self.wardrobe.view, self.pane)
        for first, second in pairwise(order):
            QWidget.setTabOrder(first, second)

    def splitters(self) -> tuple[tuple[QSplitter, str], ...]:
        """What a person may move, and under which name that is kept."""
        return (
            (self.slots, "tryon.slots"),
            (self.across, "tryon.across"),
            (self.rows, "tryon.rows"),
        )
