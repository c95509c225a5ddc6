"""The commands of the look: seed, and style of the class in hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.ui.actions import Commands

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow


def add_look_commands(commands: Commands, window: MainWindow) -> None:
    """Make the actions of the menu Look."""
    look, panel = window.look, window.design.palette_panel
    throw = commands.add(
        "look.throw", "New look", "dice-5-outline", look.throw, ("D",), "Throw the dice for a seed"
    )
    back = commands.add(
        "look.back", "Back to the look before", "history", look.go_back, ("Shift+D",)
    )
    of_class = [
        commands.add(name, text, mark, run, keys)
        for name, text, mark, run, keys in (
            (
                "look.previous",
                "Previous style of the class",
                "chevron-left",
                lambda: look.step(panel.current, -1),
                ("Ctrl+Left",),
            ),
            (
                "look.next",
                "Next style of the class",
                "chevron-right",
                lambda: look.step(panel.current, 1),
                ("Ctrl+Right",),
            ),
            (
                "look.draw",
                "Other style by chance",
                "dice-3-outline",
                lambda: look.draw(panel.current),
                ("S",),
            ),
            (
                "look.lock",
                "Keep the style of the class",
                "pin-outline",
                lambda: look.set_locked(panel.current, not look.choice(panel.current).locked),
                ("Shift+S",),
            ),
            (
                "look.reset",
                "Reset the style of the class",
                "restore",
                lambda: look.reset(panel.current),
                ("Ctrl+Backspace",),
            ),
        )
    ]
    lock = commands["look.lock"]
    lock.setCheckable(True)
    take = commands.add(
        "look.take",
        "Take style from picture …",
        "image-plus-outline",
        window.take_style,
        ("Ctrl+T",),
        "Have the class look like the fabric in a picture",
    )
    reset_all = commands.add("look.reset_all", "Reset all styles", "backup-restore", look.reset_all)

    def show() -> None:
        ready = look.count(panel.current) > 0 and panel.current > 0
        throw.setEnabled(look.bank is not None)
        back.setEnabled(look.can_go_back)
        reset_all.setEnabled(look.bank is not None)
        for action in (*of_class, take):
            action.setEnabled(ready)
        lock.setChecked(look.choice(panel.current).locked)

    look.changed.connect(show)
    panel.class_chosen.connect(show)
    show()
