"""The main window: it puts the parts together and leaves the work to them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QByteArray, QEvent, QSize, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QSplitter, QWidget

from app import settings as settings_file
from app.domain.document import Document
from app.domain.errors import SettingsError, ToileError
from app.domain.label_file import is_indexed_png
from app.domain.palette import Palette
from app.domain.requests import SynthesisRequest, SynthesisResult
from app.jobs.files import FilePool
from app.jobs.lane import InferenceLane
from app.settings import Settings, Workspace
from app.ui import imaging, messages, pictures
from app.ui.actions import Commands
from app.ui.commands import build_commands
from app.ui.design.live import LivePreview
from app.ui.design.look import LookModel
from app.ui.design.workspace import DesignWorkspace
from app.ui.document_files import DocumentFiles
from app.ui.export import Export
from app.ui.network import Network
from app.ui.photo import PhotoImport
from app.ui.pictures import Source
from app.ui.rail import Rail
from app.ui.recovery import KeptCopy, Recovery
from app.ui.services import Services, Wiring
from app.ui.status import StatusBar
from app.ui.swatch import SwatchStyle
from app.ui.workspaces import Workspaces

MINIMUM = QSize(800, 480)
SMALL_SCREEN = QSize(1600, 900)
LOADING = "Loading the network …"
DRAWING = "Drawing the garment …"


#: Titles of the workspaces whose work is no document.
_ROOMS: dict[Workspace, str] = {"tryon": "Try-on", "batch": "Batch"}


@dataclass(frozen=True)
class Places:
    """Where the window finds and keeps its things."""

    settings: Path
    recovery: Path
    samples: Path
    logs: Path


class MainWindow(QMainWindow):
    """One window over one document, one look and one network."""

    def __init__(
        self,
        settings: Settings,
        places: Places,
        wiring: Wiring,
        lane: InferenceLane,
        pool: FilePool,
    ) -> None:
        super().__init__()
        self.settings = settings
        self.places = places
        self._wiring = wiring
        self.lane = lane
        self.pool = pool
        self._may_close = False
        self.setObjectName("main_window")
        self.setAcceptDrops(True)
        self.setMinimumSize(MINIMUM)
        self.look = LookModel(self)
        self.design = DesignWorkspace(self.look)
        self.live = LivePreview(lane, self.look, self)
        self.network = Network(wiring, lane, self)
        self.recovery = Recovery(places.recovery, pool, self.look, self)
        self.files = DocumentFiles(self, pool, settings, self.recovery, self.look)
        self.export = Export(self, lane, pool)
        tools = (lane, pool, self.network, settings)
        self.photo = PhotoImport(self, self.files, self.look, *tools)
        self.swatch = SwatchStyle(self, self.look, *tools)
        self.workspaces = Workspaces(self)
        self.status = StatusBar()
        self.setStatusBar(self.status)
        self.commands: Commands = build_commands(self)
        self.commands.fill(self.menuBar())
        self.commands.show_for("design")
        self._lay_out()
        self._connect()
        self._apply_settings()
        self._show_title()

    def _lay_out(self) -> None:
        rail = Rail(
            [self.commands[f"workspace.{name}"] for name in ("design", "tryon", "batch")],
            [self.commands["help.shortcuts"], self.commands["file.settings"]],
        )
        middle = QWidget()
        row = QHBoxLayout(middle)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(rail)
        row.addWidget(self.workspaces, 1)
        self.setCentralWidget(middle)

    def _connect(self) -> None:
        canvas, picture, files = self.design.canvas, self.design.picture, self.files
        files.set_finish_stroke(canvas.end_stroke)
        files.document_changed.connect(self._on_document)
        files.state_changed.connect(self._show_title)
        self.workspaces.switched.connect(lambda _room: self._show_title())
        self.workspaces.switched.connect(lambda _room: self.status.hush())
        self.workspaces.switched.connect(lambda _room: self.status.update_job())
        files.recent_changed.connect(self.store_settings)
        for source in (files, self.export, self.photo, self.swatch):
            source.job_started.connect(self.status.track)
            source.notice.connect(self.status.say)
        canvas.edited.connect(lambda _rect: self.live.on_edited())
        canvas.stroke_finished.connect(self.live.request_now)
        canvas.stroke_finished.connect(self._show_title)
        canvas.undo_changed.connect(lambda _undo, _redo: self._show_title())
        canvas.hovered.connect(
            lambda x, y, cls: self.status.show_position(x, y, self.design.class_name(cls))
        )
        canvas.zoom_changed.connect(self.status.show_zoom)
        canvas.pressure_changed.connect(self._keep_pressure)
        picture.again.connect(self.try_again)
        self.design.ground_changed.connect(lambda ground: self.keep("ground", ground))
        self.design.overlay.garment_changed.connect(lambda at: self.keep("overlay_percent", at))
        style = self.design.style_panel
        style.picture_wanted.connect(self.take_style)
        style.picture_dropped.connect(lambda source: self.swatch.take(style.entry, source))
        self.photo.taken.connect(self.design.show_photo)
        self.photo.parsed_on.connect(self.status.say_once)
        self.live.shown.connect(self._on_picture)
        self.live.failed.connect(self._on_picture_failed)
        self.network.loading.connect(self._on_loading)
        self.network.opened.connect(self._on_network)
        self.network.failed.connect(self._on_network_failed)
        self.lane.busy_changed.connect(self.status.show_lane)
        self.status.set_cancel_lane(self.live.cancel)

    # Start

    def use_palette(self) -> bool:
        """Read the palette of the pack; without one nothing can be painted, and the pane says so.

        Returns whether there is a palette.
        """
        try:
            palette: Palette = self._wiring.read_palette()
        except ToileError as error:
            self.design.setEnabled(True)
            self.design.canvas.setEnabled(False)
            self._on_network_failed(error)
            return False
        self.design.canvas.setEnabled(True)
        self.files.set_palette(palette)
        self.design.set_palette(palette)
        self._show_title()
        return True

    def load_network(self) -> None:
        """Open the pack's network for the device in the settings."""
        self.network.open(self.settings.device)

    def try_again(self) -> None:
        """Start over after a failure; when even the palette was missing, from there."""
        if self.files.document is None:
            if not self.use_palette():
                return
            self.files.new(self.settings.new_width, self.settings.new_height)
        self.load_network()

    # Document

    def _on_document(self, document: Document) -> None:
        if self.design.canvas.document() is not None:  # before the first, the start has its say
            self.status.hush()
        self.design.set_document(document)
        self.live.set_document(document)
        if self.network.services is not None:
            self.design.picture.tell(DRAWING)
        self._show_title()
        self.design.canvas.setFocus()

    def _show_title(self) -> None:
        room = self.workspaces.current
        name = self.files.name if room == "design" else _ROOMS[room]
        self.setWindowTitle(f"{name}[*] — Toile" if name else "Toile")
        self.setWindowModified(room == "design" and self.files.modified)
        for command in ("file.new", "file.open", "file.photo", "file.paste"):
            self.commands[command].setEnabled(self.files.has_palette)
        there = self.files.document is not None
        for command in ("file.save", "file.save_as"):
            self.commands[command].setEnabled(there)
        self.commands["file.export"].setEnabled(there and self.network.services is not None)

    def offer_recovery(self) -> None:
        """Offer the newest copy that an earlier session left."""
        copies = self.recovery.found()
        if copies and self.files.document is not None:
            self._offer(copies[0])

    def _offer(self, copy: KeptCopy) -> None:
        when = copy.when.strftime("%d %B, %H:%M")
        messages.ask_recover(self, copy.name, when, lambda: self.files.restore(copy), copy.drop)

    def event(self, event: QEvent) -> bool:
        # What the pointer is over is told by its tool tip; it must not cover a notice.
        return event.type() == QEvent.Type.StatusTip or super().event(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if pictures.dropped(event) is not None:
            pictures.accept_copy(event)
            self.status.say("A label map is opened; a photo becomes a label map.")

    def dropEvent(self, event: QDropEvent) -> None:
        source = pictures.dropped(event)
        if source is not None:
            pictures.accept_copy(event)
            self.workspaces.go("design")
            self.open_picture(source)

    def paste(self) -> None:
        """Open the file or picture that the clipboard holds."""
        source = pictures.from_mime(QGuiApplication.clipboard().mimeData(), "Pasted picture")
        if source is None:
            self.status.say("The clipboard holds no picture.")
        else:
            self.open_picture(source)

    def open_picture(self, source: Source) -> None:
        """Open what is a label map, and make a label map of what is not."""
        path = source.path
        if not self.files.has_palette:
            self.status.say(f"{source.name} needs a model pack to be opened; there is none.")
            return
        if path is None:
            self._open_photo(source)
            return

        def open_as(label_map: bool) -> None:
            if label_map:
                self.files.open(path)
            else:
                self._open_photo(source)

        self.files.wished.emit()
        job = self.pool.submit(lambda: is_indexed_png(path), f"Opening {source.name}")
        self.files.wished.connect(job.cancel)
        job.succeeded.connect(open_as)

    def _open_photo(self, source: Source) -> None:
        if self.files.document is None:  # the program has just started
            self.files.new(self.settings.new_width, self.settings.new_height)
        self.photo.open(source)

    def take_style(self) -> None:
        """Ask for a picture whose fabric the class in hand is to have."""
        self.swatch.ask(self.design.style_panel.entry, self.files.folder())

    # Network and picture

    def _on_loading(self) -> None:
        self.live.set_synthesize(None)
        self.design.picture.message.hide()
        self.design.picture.tell(LOADING, hint="You can paint already.")
        self.status.show_waiting(LOADING)
        self._show_title()

    def _on_network(self, services: Services) -> None:
        self.look.set_bank(services.bank)
        self.design.picture.tell(DRAWING)
        self.status.show_waiting("Drawing the first picture …")
        self.live.set_synthesize(services.synthesize)
        self._show_title()

    def _on_network_failed(self, error: ToileError) -> None:
        self.look.set_bank(None)
        self._on_picture_failed(error)
        self._show_title()

    def _on_picture(self, result: SynthesisResult) -> None:
        self.design.show_picture(imaging.image_from_rgba(result.rgba))
        self.status.show_device(result.use)

    def _on_picture_failed(self, error: ToileError) -> None:
        self.design.tell_error(error)
        self.status.show_waiting("No picture")

    def export_picture(self) -> None:
        """Export the design as it is now."""
        document, services = self.files.document, self.network.services
        if document is None or services is None:
            return
        self.design.canvas.end_stroke()
        request = SynthesisRequest(document.labels.array.copy(), self.look.look())
        name = Path(self.files.name).stem
        proposal = self.files.folder() / f"{name} garment.png"
        self.export.ask(request, services.synthesize, proposal, document.path)

    # Settings

    def keep(self, key: str, value: object) -> None:
        """Remember one setting; it is stored when the window closes."""
        setattr(self.settings, key, value)

    def _keep_pressure(self, on: bool, exponent: float) -> None:
        self.keep("pen_pressure", on)
        self.keep("pressure_curve", exponent)

    def _apply_settings(self) -> None:
        settings, design = self.settings, self.design
        design.set_ground(settings.ground)
        design.overlay.set_percent("garment", settings.overlay_percent)
        design.canvas.set_pressure(settings.pen_pressure)
        design.canvas.set_pressure_curve(settings.pressure_curve)
        self.commands["view.grid"].setChecked(settings.show_grid)
        self.commands["view.grid"].toggled.connect(lambda on: self.keep("show_grid", on))
        self._take_place()
        for splitter in self._splitters():
            sizes = settings.splitters.get(splitter.objectName())
            if sizes and len(sizes) == splitter.count():
                splitter.setSizes(sizes)

    def _take_place(self) -> None:
        """Stand where the window stood last, or fill most of the screen."""
        if self.settings.geometry and self.restoreGeometry(
            QByteArray.fromBase64(self.settings.geometry.encode("ascii"))
        ):
            return
        room = self.screen().availableGeometry().size()
        if room.width() <= SMALL_SCREEN.width() or room.height() <= SMALL_SCREEN.height():
            self.resize(room * 0.9)
            self.setWindowState(Qt.WindowState.WindowMaximized)
        else:
            self.resize(room * 0.85)

    def _splitters(self) -> tuple[QSplitter, ...]:
        design = (self.design.across, self.design.views, self.design.panels)
        return (*design, *self.workspaces.splitters())

    def store_settings(self) -> None:
        """Write the settings now; a failure is said in the status bar."""
        try:
            settings_file.save(self.places.settings, self.settings)
        except SettingsError as error:
            self.status.say(str(error))

    # End

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self._may_close:
            event.ignore()
            self.files.guard(lambda: self.export.guard(lambda: self.workspaces.guard(self._close)))
            return
        self.settings.geometry = bytes(self.saveGeometry().toBase64().data()).decode("ascii")
        sizes = {part.objectName(): part.sizes() for part in self._splitters()}
        # What is hidden has no size; when it shows again it is to be as large as it was.
        self.settings.splitters |= {name: seen for name, seen in sizes.items() if all(seen)}
        self.store_settings()
        self.live.cancel()
        self.workspaces.close_work()
        self.recovery.close()
        event.accept()

    def _close(self) -> None:
        self._may_close = True
        # Later, because a question that was just answered still stands in the window's way.
        QTimer.singleShot(0, self.close)
