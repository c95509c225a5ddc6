"""The status bar: what ran where and how fast, where the cursor is, what is being worked on."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QSizePolicy,
    QStatusBar,
    QToolButton,
    QWidget,
)

from app.domain.requests import DeviceUse
from app.jobs.lane import Job
from app.ui import theme
from app.ui.icons import icon

_SHOWN_AFTER = 400  # milliseconds: quicker jobs are not worth a flicker
_NOTICE = 6000  # milliseconds
_PROVIDERS = {
    "CPUExecutionProvider": "CPU",
    "CUDAExecutionProvider": "CUDA",
    "DmlExecutionProvider": "DirectML",
}


class StatusBar(QStatusBar):
    """Notices and the running job at the left; position, zoom and device at the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self._jobs: dict[Job, Callable[[], bool]] = {}
        self._lane_title = ""
        self._cancel_lane: Callable[[], None] = lambda: None
        self._notices: set[str] = set()
        self.notice = QLabel()
        self.notice.setObjectName("status.notice")
        self.notice.setContentsMargins(10, 0, 0, 0)
        self.notice.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.job = QLabel()
        self.job.setObjectName("status.job")
        self.cancel = QToolButton()
        self.cancel.setObjectName("status.cancel")
        self.cancel.setIcon(icon("mdi6.close"))
        self.cancel.setIconSize(QSize(14, 14))
        self.cancel.setToolTip("Cancel this job")
        self.cancel.setAccessibleName("Cancel the running job")
        self.cancel.setAutoRaise(True)
        self.cancel.clicked.connect(self._on_cancel)
        self._bar = QProgressBar()
        self._bar.setRange(0, 0)
        self._bar.setTextVisible(False)
        self._bar.setFixedSize(70, 6)
        self._job_box = QWidget()
        row = QHBoxLayout(self._job_box)
        row.setContentsMargins(8, 0, 0, 0)
        row.setSpacing(7)
        for piece in (self.job, self._bar, self.cancel):
            row.addWidget(piece)
        self._job_box.hide()
        self.position = self._field("status.position", "No class under the cursor")
        self.position.setMinimumWidth(self._width("9999, 9999 · accessories"))
        self.zoom = self._field("status.zoom", "Zoom of label map and picture")
        self.zoom.setMinimumWidth(self._width("1,600 %"))
        self.device = self._field("status.device", "Device of the last picture and its time")
        self.device.setMinimumWidth(self._width("DirectML 0 · 999 ms"))
        self._device_mark = QLabel()
        self._device_mark.hide()
        self.addWidget(self.notice, 1)
        for part in (self._job_box, self.position, self.zoom, self._device_mark, self.device):
            self.addPermanentWidget(part)
        self.show_waiting("Network not loaded")
        self._late = QTimer(self)
        self._late.setSingleShot(True)
        self._late.setInterval(_SHOWN_AFTER)
        self._late.timeout.connect(self._show_job)
        self._quiet = QTimer(self)
        self._quiet.setSingleShot(True)
        self._quiet.setInterval(_NOTICE)
        self._quiet.timeout.connect(self.hush)

    def _field(self, name: str, tip: str) -> QLabel:
        label = QLabel()
        label.setObjectName(name)
        label.setProperty("role", "dim")
        label.setToolTip(tip)
        label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        label.setContentsMargins(0, 0, 10, 0)
        return label

    def _width(self, sample: str) -> int:
        return self.fontMetrics().horizontalAdvance(sample) + 12

    # What is shown

    def say(self, text: str) -> None:
        """Show a notice for a while."""
        self.notice.setText(text)
        self.notice.setToolTip(text)
        self._quiet.start()

    def hush(self) -> None:
        """Take the notice back: its time is over, or what it was about is not shown any more."""
        self.notice.clear()
        self.notice.setToolTip("")

    def show_position(self, x: int, y: int, name: str) -> None:
        """The label map pixel under the cursor and its class; an empty name clears it."""
        self.position.setText(f"{x}, {y} · {name.lower()}" if name else "")

    def show_zoom(self, zoom: float) -> None:
        """The zoom, 1.0 being one map pixel per screen unit."""
        percent = 100 * zoom
        self.zoom.setText(f"{percent:,.0f} %" if percent >= 10 else f"{percent:.1f} %")

    def show_waiting(self, text: str) -> None:
        """What to say of the device while there is no picture of its."""
        self.device.setText(text)

    def show_device(self, use: DeviceUse) -> None:
        """Which device made the last picture and how long it took; new notices are said once."""
        self.device.setText(f"{use.device} · {use.milliseconds:.0f} ms")
        provider = _PROVIDERS.get(use.provider, use.provider)
        lines = [f"Last picture: {use.device} through {provider}, {use.milliseconds:.1f} ms"]
        self.device.setToolTip("\n".join([*lines, *use.notices]))
        self._device_mark.setVisible(bool(use.notices))
        if use.notices:
            mark = icon("mdi6.alert-outline", theme.current().warning)
            self._device_mark.setPixmap(mark.pixmap(QSize(15, 15), self.devicePixelRatioF()))
            self._device_mark.setToolTip("\n".join(use.notices))
        self.say_once(use)

    def say_once(self, use: DeviceUse) -> None:
        """Say what there is to know of a device, unless it was said before."""
        for text in use.notices:
            if text not in self._notices:
                self._notices.add(text)
                self.say(text)

    # Jobs

    def track(self, job: Job, elsewhere: Callable[[], bool] = lambda: False) -> None:
        """Show a job until it has finished, with a button that cancels it; not while it is told
        `elsewhere`."""
        self._jobs[job] = elsewhere
        job.finished.connect(lambda: self._end(job))
        self.update_job()

    def set_cancel_lane(self, cancel: Callable[[], None]) -> None:
        """What cancels the work of the inference lane that nobody tracks."""
        self._cancel_lane = cancel

    def show_lane(self, title: str) -> None:
        """What the inference lane does now; empty for nothing."""
        self._lane_title = title
        self.update_job()

    @property
    def _job(self) -> Job | None:
        """The newest of the jobs that are to be shown."""
        shown = [job for job, elsewhere in self._jobs.items() if not elsewhere()]
        return shown[-1] if shown else None

    @property
    def _title(self) -> str:
        if self._job is not None:
            return self._job.title
        tracked = {job.title for job in self._jobs}
        return self._lane_title if self._lane_title not in tracked else ""

    def _end(self, job: Job) -> None:
        del self._jobs[job]
        self.update_job()

    def update_job(self) -> None:
        """Show what is being done, or that nothing is."""
        if not self._title:
            self._late.stop()
            self._job_box.hide()
        elif self._job_box.isVisible():
            self._show_job()
        elif not self._late.isActive():
            self._late.start()

    def _show_job(self) -> None:
        self.job.setText(f"{self._title} …")
        self._job_box.setVisible(bool(self._title))

    def _on_cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()
        else:
            self._cancel_lane()
