"""How pictures come into Try-on: dropped, pasted, chosen, from the wardrobe or from Design."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.settings import Settings
from app.ui import messages, pictures
from app.ui.pictures import Source
from app.ui.tryon import pieces
from app.ui.tryon.layout import TryOnLayout
from app.ui.tryon.pieces import Piece
from app.ui.tryon.slot import clipboard_source


class Intake(QObject):
    """Turns what a person hands over into pieces, and remembers where it came from."""

    person_taken = Signal(object)  # Piece
    cloth_taken = Signal(object)  # Piece
    wardrobe_opened = Signal()
    notice = Signal(str)
    settings_changed = Signal()

    def __init__(self, room: TryOnLayout, settings: Settings, window: QWidget) -> None:
        super().__init__(room)
        self._room, self._settings, self._window = room, settings, window
        for slot, is_person in ((room.person, True), (room.cloth, False)):
            slot.dropped.connect(lambda source, p=is_person: self.take(source, person=p))
            slot.recent_chosen.connect(
                lambda path, p=is_person: self.take(pictures.from_file(path), person=p)
            )
        room.person.browse.connect(self.ask_person)
        room.wardrobe.folder_wanted.connect(self.ask_wardrobe)
        room.cloth.browse.connect(self.ask_cloth)
        room.wardrobe.chosen.connect(lambda path: self._hand_on(pieces.from_file(path), False))
        self._show_recent()
        if settings.wardrobe:
            room.wardrobe.open(Path(settings.wardrobe))

    def take(self, source: Source, *, person: bool) -> None:
        """Put a picture into a slot; a folder is a wardrobe."""
        if source.path is not None and source.path.is_dir():
            self.open_wardrobe(source.path)
            return
        if source.path is not None:
            self._settings.remember_picture(source.path, person=person)
            self._show_recent()
            self.settings_changed.emit()
        self._hand_on(pieces.from_source(source), person)

    def wear_design(self, piece: Piece) -> None:
        """Take the garment on the Design canvas as the cloth."""
        self._hand_on(piece, False)

    def _hand_on(self, piece: Piece, person: bool) -> None:
        (self.person_taken if person else self.cloth_taken).emit(piece)

    def _show_recent(self) -> None:
        self._room.person.set_recent([Path(name) for name in self._settings.people])
        self._room.cloth.set_recent([Path(name) for name in self._settings.cloths])

    def _ask(self, title: str, *, person: bool) -> None:
        recent = self._settings.people if person else self._settings.cloths
        places = [*(Path(name).parent for name in recent[:1])]
        if self._settings.pictures_folder:
            places.append(Path(self._settings.pictures_folder))
        folder = next((place for place in places if place.is_dir()), Path.home())
        messages.ask_picture(
            self._window,
            title,
            folder,
            lambda path: self.take(pictures.from_file(path), person=person),
        )

    def ask_person(self) -> None:
        self._ask("Choose a photo of a person", person=True)

    def ask_cloth(self) -> None:
        self._ask("Choose the picture of a garment", person=False)

    def ask_wardrobe(self) -> None:
        start = self._room.wardrobe.folder or Path.home()
        messages.ask_folder(self._window, "Choose a wardrobe", start, self.open_wardrobe)

    def open_wardrobe(self, folder: Path) -> None:
        """Show the pictures of a folder as the wardrobe, now and after the next start."""
        self._room.wardrobe.open(folder)
        self._settings.wardrobe = str(folder)
        self.wardrobe_opened.emit()
        self.settings_changed.emit()

    def paste_cloth(self) -> None:
        """The picture in the clipboard, into the slot that has the focus, or else as the cloth."""
        self._paste(person=self._room.person.sheet.hasFocus())

    def paste_person(self) -> None:
        self._paste(person=True)

    def _paste(self, *, person: bool) -> None:
        source = clipboard_source()
        if source is None:
            self.notice.emit("The clipboard holds no picture.")
        else:
            self.take(source, person=person)
