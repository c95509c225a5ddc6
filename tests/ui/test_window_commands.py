"""Every command has a name, an icon, a place in a menu; dialogs are made and answer."""

from typing import get_args

import pytest
from PySide6.QtGui import QColor, QKeySequence
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QSpinBox,
    QWidget,
)

from app.domain.errors import DeviceError
from app.domain.label_map import MAX_SIDE
from app.settings import Settings, Workspace
from app.ui import theme
from app.ui.commands import apply_settings
from app.ui.help import AboutDialog, ShortcutSheet, about_text
from app.ui.settings.dialog import SettingsDialog
from app.ui.settings.schema import SCHEMA
from app.ui.size_dialogs import ExportDialog, NewDialog
from tests.ui.studio_made import Studio


def places(menu: QMenu) -> set[str]:
    found = set()
    for action in menu.actions():
        sub = action.menu()
        found |= places(sub) if isinstance(sub, QMenu) else {action.objectName()}
    return found


def test_every_command_has_name_icon_and_place(studio: Studio) -> None:
    bar = studio.window.menuBar()
    in_menus = set().union(*(places(a.menu()) for a in bar.actions()))
    for action in studio.window.commands:
        assert action.text(), action.objectName()
        assert not action.icon().isNull(), action.objectName()
        assert action.objectName() in in_menus


def test_no_two_commands_share_a_shortcut(studio: Studio) -> None:
    for workspace in get_args(Workspace):
        studio.window.workspaces.go(workspace)
        seen: dict[str, str] = {}
        for action in studio.window.commands:
            for key in action.shortcuts() if action.isVisible() else ():
                text = key.toString(QKeySequence.SequenceFormat.PortableText)
                assert text not in seen, f"{text}: {seen[text]} and {action.objectName()}"
                seen[text] = action.objectName()


def test_every_icon_draws_something(studio: Studio) -> None:
    for action in studio.window.commands:
        image = action.icon().pixmap(24, 24).toImage()
        inked = any(
            image.pixelColor(x, y).alpha() for x in range(0, 24, 2) for y in range(0, 24, 2)
        )
        assert inked, action.objectName()


def test_the_shortcut_sheet_lists_what_the_actions_answer_to(studio: Studio) -> None:
    sheet = ShortcutSheet(studio.window.commands, studio.window)
    texts = {label.text() for label in sheet.findChildren(type(studio.window.status.job))}
    assert {"Brush", "B", "Save", "Ctrl+S", "Zoom at the cursor"} <= texts
    assert "Ctrl+Shift+Z or Ctrl+Y" in texts
    room = sheet.screen().availableGeometry()
    assert sheet.width() <= room.width()
    assert sheet.height() <= room.height()
    sheet.deleteLater()


def test_about_names_versions_and_licences(studio: Studio) -> None:
    text = about_text(studio.window.network.services)
    for word in (
        "Toile",
        "Apache-2.0",
        "test-pack 1.2.3",
        "other-pack",
        "PySide6-Essentials",
        "LGPL-3.0",
    ):
        assert word in text
    dialog = AboutDialog(None, studio.window.windowIcon(), studio.window)
    dialog.deleteLater()


def test_new_asks_for_a_size_and_makes_it(studio: Studio) -> None:
    studio.window.commands["file.new"].trigger()
    dialog = studio.window.findChild(NewDialog, "new_dialog")
    assert dialog is not None
    assert dialog.chosen_size == (768, 1024)
    dialog.set_size(200, 100)
    dialog._ok.click()
    assert studio.labels().shape == (100, 200)
    assert not studio.labels().any()


def test_new_refuses_a_size_that_is_too_large_with_the_reason(studio: Studio) -> None:
    dialog = NewDialog(studio.window, MAX_SIDE, MAX_SIDE)
    assert not dialog._ok.isEnabled()
    assert "too large" in dialog.word.text()
    dialog.set_size(768, 1024)
    assert dialog._ok.isEnabled()
    dialog.deleteLater()


def test_export_keeps_the_proportions_unless_told(studio: Studio) -> None:
    dialog = ExportDialog(studio.window, 768, 1024)
    dialog.width_field.setValue(384)
    assert dialog.chosen_size == (384, 512)
    dialog.height_field.setValue(1024)
    assert dialog.chosen_size == (768, 1024)
    dialog.keep.setChecked(False)
    dialog.width_field.setValue(500)
    assert dialog.chosen_size == (500, 1024)
    dialog.deleteLater()


def test_the_settings_dialog_shows_the_schema_and_tells_only_changes(studio: Studio) -> None:
    settings = Settings(theme="light", undo_megabytes=128)
    dialog = SettingsDialog(settings, studio.window)
    changed: list[dict[str, object]] = []
    dialog.applied.connect(changed.append)
    for field in SCHEMA:
        assert hasattr(settings, field.key)
        assert dialog.editor(field.key) is not None
    assert dialog.editor("theme").currentData() == "light"
    dialog.editor("undo_megabytes").setValue(512)
    dialog._accept()
    assert changed == [{"undo_megabytes": 512}]
    assert dialog.result() == QDialog.DialogCode.Accepted
    dialog.deleteLater()


def test_devices_are_chosen_by_name_and_one_that_is_gone_stays_chosen(studio: Studio) -> None:
    window = studio.window
    apply_settings(window, {"device": "cuda:1"})
    studio.until(lambda: studio.wiring.opened == ["auto", "cuda:1"])
    window.commands["file.settings"].trigger()
    dialog = window.findChild(SettingsDialog)
    combo = dialog.editor("device")
    shown = [(combo.itemData(row), combo.itemText(row)) for row in range(combo.count())]
    gone = ("cuda:1", "cuda:1 (not found)")
    assert shown == [*studio.wiring.device_choices(), gone]
    assert combo.currentData() == "cuda:1"
    combo.setCurrentIndex(1)
    dialog._accept()
    studio.until(lambda: studio.wiring.opened == ["auto", "cuda:1", "dml:1"])
    assert window.settings.device == "dml:1"
    studio.settle()


def test_settings_open_where_the_devices_cannot_be_listed(studio: Studio) -> None:
    studio.wiring.devices_fault = DeviceError("onnxruntime cannot be loaded")
    studio.window.commands["file.settings"].trigger()
    combo = studio.window.findChild(SettingsDialog).editor("device")
    assert [combo.itemData(row) for row in range(combo.count())] == ["auto", "cpu"]
    assert "onnxruntime cannot be loaded" in studio.window.status.notice.text()
    studio.window.findChild(SettingsDialog).reject()


def test_the_settings_show_their_texts_whole_on_a_low_screen(studio: Studio) -> None:
    dialog = SettingsDialog(Settings(), studio.window)
    dialog.resize(540, 300)
    dialog.show()
    studio.qtbot.waitExposed(dialog)
    wrapped = [label for label in dialog.findChildren(QLabel) if label.wordWrap()]
    assert wrapped
    for label in wrapped:
        assert label.height() >= label.heightForWidth(label.width()), label.text()
    dialog.close()


def test_full_screen_leads_back_to_a_maximized_window(studio: Studio) -> None:
    window, full = studio.window, studio.window.commands["view.full_screen"]
    window.showMaximized()
    full.trigger()
    assert window.isFullScreen()
    full.trigger()
    assert not window.isFullScreen()
    assert window.isMaximized()


def luminance(color: QColor) -> float:
    """As WCAG 2.1 has it."""
    parts = (color.redF(), color.greenF(), color.blueF())
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: QColor, other: QColor) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", ["dark", "light"])
@pytest.mark.parametrize("kind", [QLineEdit, QSpinBox, QComboBox, QCheckBox])
def test_the_outlines_of_controls_show(studio: Studio, name: str, kind: type[QWidget]) -> None:
    studio.window.commands[f"theme.{name}"].trigger()
    control = kind(studio.window)
    control.resize(control.sizeHint())
    shot = control.grab().toImage()
    ground = theme.current().window
    edge = [shot.pixelColor(x, shot.height() // 2) for x in range(6)]
    assert max(contrast(color, ground) for color in edge) > 2.8
