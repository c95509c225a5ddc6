"""The commands of the window: each a QAction with a name, and each with its place in a menu."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from app.settings import Workspace
from app.ui.icons import icon


@dataclass(frozen=True, slots=True)
class Sub:
    """A menu within a menu; the names are commands, or it is filled later by `name`."""

    name: str
    title: str
    icon: str
    names: tuple[str, ...] = ()


BREAK = ""
Place = str | Sub

MENUS: tuple[tuple[str, tuple[Place, ...]], ...] = (
    (
        "&File",
        (
            *("file.new", "file.open", "file.photo", "file.paste"),
            Sub("file.recent", "Open recent", "history"),
            Sub("file.samples", "Open sample", "shape-outline"),
            *(BREAK, "file.save", "file.save_as", BREAK, "file.export", "design.wear"),
            *("tryon.person", "tryon.cloth", BREAK, "tryon.wardrobe", "tryon.refresh"),
            *(BREAK, "tryon.save", "tryon.save_all", "tryon.folder"),
            *("batch.people", "batch.cloths", "batch.output"),
            *(BREAK, "file.settings", BREAK, "file.quit"),
        ),
    ),
    (
        "&Edit",
        (
            *("edit.undo", "edit.redo", BREAK, "edit.clear", BREAK),
            *("class.previous", "class.next", "class.swap"),
            *(BREAK, "class.protect", "class.unprotect_all"),
            *("tryon.undo", "tryon.redo", BREAK),
            *("tryon.copy", "tryon.paste", "tryon.paste_person"),
        ),
    ),
    (
        "&Canvas",
        (
            *("tool.brush", "tool.eraser", "tool.line", "tool.rect", "tool.ellipse"),
            *("tool.polygon", "tool.lasso", "tool.fill", "tool.pick", "tool.pan"),
            *(BREAK, "brush.smaller", "brush.larger", "brush.pressure"),
            *(BREAK, "mirror.on", "mirror.centre"),
        ),
    ),
    (
        "&Try-on",
        (
            *("tryon.previous", "tryon.next", BREAK),
            *("tryon.turn_cloth", "tryon.turn_person", BREAK),
            *("tryon.auto", "tryon.upper", "tryon.lower", "tryon.dress", BREAK),
            *("tryon.again", "tryon.stop", BREAK, "tryon.correct", "tryon.uncorrect"),
            Sub("tryon.region", "Tools for the region", "brush-outline"),
            *(BREAK, "tryon.to_design"),
        ),
    ),
    (
        "&Batch",
        (
            *("batch.estimate", "batch.start", "batch.pause", "batch.stop", BREAK),
            *("batch.retry", "batch.anew", "batch.adopt", BREAK),
            *("batch.folder", "batch.sheet", "batch.report"),
        ),
    ),
    (
        "&View",
        (
            *("workspace.design", "workspace.tryon", "workspace.batch", BREAK),
            *("tryon.zoom_in", "tryon.zoom_out", "tryon.fit", "tryon.actual"),
            *(BREAK, "tryon.compare"),
            *("view.zoom_in", "view.zoom_out", "view.fit", "view.actual"),
            *(BREAK, "view.grid", "view.overlay", "view.photo"),
            Sub(
                "view.ground",
                "Ground of the picture",
                "texture-box",
                ("ground.white", "ground.checker", "ground.black"),
            ),
            Sub("view.theme", "Theme", "theme-light-dark", ("theme.dark", "theme.light")),
            *(BREAK, "view.panels", "tryon.show_wardrobe", "view.full_screen"),
        ),
    ),
    (
        "&Look",
        (
            *("look.throw", "look.back", BREAK, "look.previous", "look.next", "look.draw"),
            *("look.take", BREAK, "look.lock", "look.reset", "look.reset_all"),
        ),
    ),
    ("&Help", ("help.shortcuts", "help.log", BREAK, "help.about")),
)


_EVERYWHERE = (
    *("workspace.", "theme.", "help."),
    *("file.settings", "file.quit", "view.full_screen", "view.theme"),
)
_BAR: dict[str, Workspace] = {
    "&Canvas": "design",
    "&Look": "design",
    "&Try-on": "tryon",
    "&Batch": "batch",
}


def belongs(name: str, workspace: Workspace) -> bool:
    """Whether a command or a menu of some is for a workspace; most are for Design."""
    if name.startswith(_EVERYWHERE):
        return True
    room = name.partition(".")[0]
    return (room if room in ("tryon", "batch") else "design") == workspace


class Commands:
    """All actions by name."""

    def __init__(self, window: QWidget) -> None:
        self._window = window
        self._actions: dict[str, QAction] = {}
        self.submenus: dict[str, QMenu] = {}
        self._bar: dict[str, QMenu] = {}

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def __iter__(self) -> Iterator[QAction]:
        return iter(self._actions.values())

    def adopt(self, actions: Sequence[QAction]) -> None:
        """Take actions that a widget made, by their object names."""
        for action in actions:
            self._actions[action.objectName()] = action

    def add(
        self,
        name: str,
        text: str,
        mark: str,
        run: Callable[[], object],
        keys: Sequence[str] = (),
        tip: str = "",
    ) -> QAction:
        """Make a command that works in the whole window."""
        action = QAction(icon(f"mdi6.{mark}"), text, self._window)
        action.setObjectName(name)
        action.setShortcuts([QKeySequence(key) for key in keys])
        if tip:
            action.setToolTip(tip)
        action.triggered.connect(lambda _checked=False: run())
        self._window.addAction(action)
        self._actions[name] = action
        return action

    def show_for(self, workspace: Workspace) -> None:
        """Show the commands of a workspace and hide those of the others, keys included.

        Hiding leaves alone whether they are enabled.
        """
        for name, action in self._actions.items():
            action.setVisible(belongs(name, workspace))
        for name, menu in self.submenus.items():
            menu.menuAction().setVisible(belongs(name, workspace))
        for title, room in _BAR.items():
            self._bar[title].menuAction().setVisible(workspace == room)

    def fill(self, bar: QMenuBar) -> None:
        """Give every command its place."""
        for title, places in MENUS:
            self._bar[title] = menu = bar.addMenu(title)
            menu.setToolTipsVisible(True)
            for place in places:
                if isinstance(place, Sub):
                    self.submenus[place.name] = sub = menu.addMenu(place.title)
                    sub.setIcon(icon(f"mdi6.{place.icon}"))
                    sub.setToolTipsVisible(True)
                    for name in place.names:
                        sub.addAction(self[name])
                elif place == BREAK:
                    menu.addSeparator()
                else:
                    menu.addAction(self[place])
