"""The Batch workspace: the form at the left, how it stands at the right."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QWidget

from app.domain.batch.estimate import Estimate
from app.domain.batch.journal import Start
from app.domain.batch.order import Order
from app.domain.batch.run import Progress
from app.domain.errors import ToileError
from app.jobs.files import FilePool
from app.jobs.lane import InferenceLane
from app.settings import Settings
from app.ui import messages
from app.ui.actions import Commands
from app.ui.batch import telling
from app.ui.batch.fields import PathField, dropped_path
from app.ui.batch.form import BatchForm
from app.ui.batch.panel import BatchPanel
from app.ui.batch.telling import Told
from app.ui.batch.work import BatchWork, Begun, Counted
from app.ui.icons import icon
from app.ui.network import Network
from app.ui.outside import open_outside
from app.ui.pictures import accept_copy
from app.ui.taskbar import State, Taskbar

_DOING = ("start", "adopt", "estimate", "pause", "stop")
_AFTERWARDS = ("folder", "sheet", "report")
_APART = ("anew",)
_LEFT = 430
_BACK = 200  # ms after which folders are looked at again when one comes back
_ON_TASKBAR: dict[str, State] = {
    "idle": "none",
    "estimating": "busy",
    "running": "running",
    "paused": "paused",
    "stopping": "busy",
}


class BatchWorkspace(QWidget):
    """Puts form, panel and work together."""

    job_started = Signal(object)  # Job
    notice = Signal(str)
    settings_changed = Signal()

    def __init__(
        self,
        commands: Commands,
        lane: InferenceLane,
        pool: FilePool,
        network: Network,
        settings: Settings,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("batch_workspace")
        self.setAcceptDrops(True)
        self._commands, self._settings, self._network = commands, settings, network
        self.work = BatchWork(lane, pool, network, self)
        self.form = BatchForm()
        self.panel = BatchPanel(
            [[commands[f"batch.{name}"] for name in row] for row in (_DOING, _AFTERWARDS, _APART)],
            commands["batch.retry"],
        )
        self._taskbar = Taskbar(self)
        self._back = QTimer(self, singleShot=True, interval=_BACK)
        self._back.timeout.connect(self._look_again)
        self._counted: Counted | None = None
        self._trouble: ToileError | None = None
        self._guess: Estimate | None = None
        self._tried = False
        self._now: Progress | None = None
        self._end: Told | None = None
        self._lay_out()
        self._connect()
        self._restore()
        self._on_form()

    def _lay_out(self) -> None:
        scroll = QScrollArea()
        scroll.setWidget(self.form)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setFixedWidth(_LEFT)
        line = QFrame()
        line.setProperty("role", "line")
        line.setFixedWidth(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(scroll)
        row.addWidget(line)
        row.addWidget(self.panel, 1)

    def _connect(self) -> None:
        form, work = self.form, self.work
        form.edited.connect(self._on_edit)
        form.changed.connect(self._on_form)
        form.people.browse.connect(self.ask_people)
        form.cloths.browse.connect(self.ask_cloths)
        form.out.browse.connect(self.ask_output)
        form.table.browse.connect(self._ask_table)
        work.counted.connect(self._on_counted)
        work.refused.connect(self._on_refused)
        work.estimated.connect(self._on_estimated)
        work.begun.connect(self._on_begun)
        work.progressed.connect(self._on_progress)
        work.ended.connect(self._on_ended)
        work.failed.connect(self._on_failed)
        work.state_changed.connect(lambda _state: self._refresh())
        work.job_started.connect(self.job_started)
        for change in (self._network.opened, self._network.failed, self._network.loading):
            change.connect(self._refresh)

    def _restore(self) -> None:
        stored, out = self._settings.batch, self._settings.batch_folder
        if stored and out:
            try:
                self.form.show_order(Order.read(stored, Path(out)))
            except (ValueError, TypeError, KeyError):  # of another version: begin empty
                self._settings.batch = ""

    # What a person does

    def ask_people(self) -> None:
        self._ask_folder("Folder of people", self.form.people)

    def ask_cloths(self) -> None:
        self._ask_folder("Folder of cloths", self.form.cloths)

    def ask_output(self) -> None:
        self._ask_folder("Folder for the outcomes", self.form.out)

    def _ask_folder(self, title: str, field: PathField) -> None:
        start = next(
            (path for path in (field.path, self.form.people.path) if path and path.is_dir()),
            Path.home(),
        )
        messages.ask_folder(self, title, start, field.set_path)

    def _ask_table(self) -> None:
        start = self.form.people.path or Path.home()
        messages.ask_table(self, start, self.form.table.set_path)

    def estimate(self) -> None:
        """See by a few pairs how long what is left of the batch will take."""
        if self._counted is not None:
            self.work.estimate(self._counted.plan, self._counted.left)

    def start(self) -> None:
        """Begin the batch, or go on with the one that is in the folder."""
        self._start("resume")

    def start_anew(self) -> None:
        """Begin from the first pair; outcomes of the batch in the folder are replaced."""
        if self._counted is None or self._counted.found is None:
            return
        done = self._counted.found.done
        messages.ask_anew(self, done, lambda: self._start("anew"))

    def retry_failed(self) -> None:
        """Try what has failed once more, and what waits."""
        self._start("resume", retry=True)

    def _start(self, how: Start, *, retry: bool = False) -> None:
        if self._counted is None or not self.work.ready or self.work.busy:
            return
        self._end = self._now = None
        order = self._counted.plan.order
        self._settings.batch, self._settings.batch_folder = order.stored(), str(order.out)
        self.settings_changed.emit()
        self.work.start(self._counted.plan, how, retry=retry)

    def adopt(self) -> None:
        """Fill the form with the settings of the batch that is in the folder."""
        if self._counted is not None and self._counted.found is not None:
            out = self._counted.plan.order.out
            self.form.show_order(Order.read(self._counted.found.order, out))

    def pause(self) -> None:
        """Hold, or go on."""
        self.work.pause(self.work.state == "running")

    def stop(self) -> None:
        """End the run; it can be resumed."""
        self.work.stop()

    def open_folder(self) -> None:
        out = self.form.out.path
        if out is not None:
            open_outside(out, self.notice.emit)

    def open_sheet(self) -> None:
        if self._counted is not None and self._counted.found is not None:
            open_outside(self._counted.found.sheet, self.notice.emit)

    def open_report(self) -> None:
        if self._counted is not None and self._counted.found is not None:
            open_outside(self._counted.found.report, self.notice.emit)

    def guard(self, then: Callable[[], None]) -> None:
        """Do ``then``, which ends the program, after asking whether a run may be stopped."""
        if self.work.running:
            messages.ask_stop_batch(self, then)
        else:
            then()

    def close_work(self) -> None:
        """Stop what goes on; the program ends."""
        self.work.close()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow():
            self._back.start()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._back.start()

    def _look_again(self) -> None:
        """Folders may have changed while a person was elsewhere."""
        order, work = self.form.order(), self.work
        if order is not None and self.isVisible() and not (work.busy or work.counting):
            work.count(order)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped_path(event) is not None:
            accept_copy(event)

    def dropEvent(self, event: QDropEvent) -> None:
        path = dropped_path(event)
        if path is None or self.work.running:
            return
        accept_copy(event)
        if not self.form.take_drop(path):
            self.notice.emit("Drop it on the field that it is for.")

    # What comes of it

    def _on_edit(self) -> None:
        """What was counted is no longer what is asked for."""
        self._counted = self._trouble = self._guess = self._end = self._now = None
        self._tried = False
        self.work.forget()
        if self.panel.failures.count:
            self.panel.failures.set_all([])
        self._refresh()

    def _on_form(self) -> None:
        order = self.form.order()
        if order is not None:
            self.work.count(order)
        self._refresh()

    def _on_counted(self, counted: Counted) -> None:
        if not self.work.running:
            known, self._counted, self._trouble = self._counted, counted, None
            self.form.show_pair(counted.plan.pairs[0])
            found = counted.found if not counted.differences else None
            if known is None or (known.plan.pairs, known.left) != (
                counted.plan.pairs, counted.left,
            ):  # fmt: skip
                self._guess, self._tried = None, False
            if found is not None and found.fresh:
                self._end = None  # there is more to do
            if found is not None and (known is None or known.found != found):
                self.panel.failures.set_all(list(found.failures))
            self._refresh()

    def _on_refused(self, error: ToileError) -> None:
        if not self.work.running:
            self._counted, self._trouble = None, error
            self.form.show_pair(None)
            self._refresh()

    def _on_estimated(self, guess: Estimate | None) -> None:
        self._guess, self._tried = guess, True
        self._refresh()

    def _on_begun(self, begun: Begun) -> None:
        self._now = begun.progress
        self.panel.failures.set_all([(entry.item, entry.reason) for entry in begun.failures])
        self._refresh()

    def _on_progress(self, now: Progress) -> None:
        self._now = now
        if now.last is not None and now.last.reason:
            self.panel.failures.add(now.last.item, now.last.reason)
            self.panel.show_failures()
        self.panel.show_progress(now)
        self.panel.tell(telling.of_run(now, self.work.state))
        self._show_on_taskbar()

    def _on_ended(self, now: Progress) -> None:
        self._now, self._end = now, telling.of_end(now)
        headline = self._end.headline.replace(": ", ", ")
        self.notice.emit(f"Batch: {headline[:1].lower()}{headline[1:]}.")
        self._count_again()

    def _on_failed(self, error: ToileError) -> None:
        self._end = telling.of_error(error)
        self.notice.emit(f"The batch stopped: {error}")
        self._count_again()

    def _count_again(self) -> None:
        """See what is in the output folder now."""
        if self._counted is not None:
            self.work.count(self._counted.plan.order)
        self._refresh()

    # What is shown

    def _refresh(self) -> None:
        work, counted, panel = self.work, self._counted, self.panel
        running, idle = work.running, not work.busy
        found = counted.found if counted is not None else None
        matching = counted is not None and not counted.differences
        left = found is None or found.left > 0
        can = idle and work.ready
        start = self._commands["batch.start"]
        start.setText("Resume" if found is not None and matching else "Start")
        failed = bool(panel.failures.count) or (found is not None and found.failed > 0)
        ended = idle and found is not None
        for name, on in (
            ("start", can and counted is not None and matching and left),
            ("anew", can and found is not None),
            ("adopt", idle and found is not None and not matching),
            ("estimate", can and counted is not None and matching and left),
            ("pause", work.state in ("running", "paused")),
            ("stop", work.state in ("estimating", "running", "paused")),
            ("retry", can and matching and found is not None and failed),
            ("folder", running or ended),
            ("sheet", idle and matching and found is not None and found.sheet.exists()),
            ("report", idle and matching and found is not None and found.report.exists()),
        ):
            self._commands[f"batch.{name}"].setEnabled(on)
        pause = self._commands["batch.pause"]
        pause.setChecked(work.state == "paused")
        pause.setText("Go on" if work.state == "paused" else "Pause")
        pause.setIcon(icon("mdi6.play" if work.state == "paused" else "mdi6.pause"))
        self.form.setEnabled(not running)
        panel.show_failures()
        panel.show_sheet(counted.sheet if counted is not None and idle and matching else None)
        panel.show_buttons()
        panel.tell(self._told())
        if work.state == "estimating":
            panel.show_busy()
        else:
            panel.show_progress(self._now)
        self._show_on_taskbar()

    def _show_on_taskbar(self) -> None:
        state, now = _ON_TASKBAR[self.work.state], self._now
        if now is None:
            self._taskbar.show("none" if state == "none" else "busy")
        else:
            self._taskbar.show(state, now.done + now.failed, now.total)

    def _told(self) -> Told:
        work, counted = self.work, self._counted
        if work.state == "estimating":
            return Told("Trying a few pairs …", "Nothing is saved yet.")
        if work.running:
            if self._now is None:
                return Told("Preparing …")
            return telling.of_run(self._now, work.state)
        if self._end is not None:
            return self._end
        if self._trouble is not None:
            return telling.of_error(self._trouble)
        if self.form.missing:
            return Told(telling.WELCOME, self.form.missing)
        if counted is None:
            return Told(telling.COUNTING)
        told = telling.of_count(counted, self._guess, self._tried)
        if not work.ready:
            error = self._network.error
            word = str(error) if error is not None else "The network is still loading …"
            return Told(told.headline, f"{told.detail}\n{word}", told.role)
        return told
