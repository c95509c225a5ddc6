"""The Batch workspace: folders dropped or typed, counted, run, paused, stopped, failed, retried."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.domain.batch.journal import Journal
from app.domain.batch.order import Order
from app.domain.batch.plan import Item, plan
from app.domain.cancel import CancelToken
from app.domain.errors import DeviceError, PackError
from app.domain.requests import TryOnRequest, TryOnResult
from app.settings import Settings
from app.ui.batch.failures import FailuresModel
from app.ui.batch.workspace import BatchWorkspace
from tests.domain.batch_made import REFUSED, StandIn, made_order, outcomes, picture, strays
from tests.ui.studio_made import FakeWiring, Studio

KEY = Qt.Key


class Gate(StandIn):
    """Dresses one pair for every `allow`, or all of them once it is `open`."""

    def __init__(self) -> None:
        super().__init__()
        self._permits = threading.Semaphore(0)
        self.open = True

    def allow(self, pairs: int) -> None:
        self._permits.release(pairs)

    def __call__(self, request: TryOnRequest, cancel: CancelToken) -> TryOnResult:
        while not self.open and not self._permits.acquire(timeout=0.01):
            cancel.raise_if_cancelled()
        return super().__call__(request, cancel)


@pytest.fixture
def gate(wiring: FakeWiring) -> Gate:
    made = Gate()
    wiring.wear = made  # type: ignore[method-assign]
    return made


@pytest.fixture
def order(tmp_path: Path) -> Order:
    return made_order(tmp_path, 3, 2)


@pytest.fixture
def rooms(gate: Gate, studio: Studio) -> Iterator[Studio]:
    studio.window.workspaces.go("batch")
    yield studio
    gate.open = True


def room(studio: Studio) -> BatchWorkspace:
    return studio.window.workspaces.batch


def headline(studio: Studio) -> str:
    return room(studio).panel.headline.text()


def detail(studio: Studio) -> str:
    label = room(studio).panel.findChild(QLabel, "batch.detail")
    assert isinstance(label, QLabel)
    return label.text()


def fill(studio: Studio, order: Order) -> None:
    room(studio).form.show_order(order)
    counted(studio)


def counted(studio: Studio) -> None:
    batch = room(studio)
    studio.until(lambda: not batch.form._late.isActive())
    studio.until(lambda: batch._counted is not None or batch._trouble is not None)


def press(studio: Studio, name: str) -> None:
    action = studio.window.commands[f"batch.{name}"]
    assert action.isEnabled(), name
    action.trigger()


def enabled(studio: Studio) -> set[str]:
    names = ("start", "anew", "adopt", "estimate", "pause", "stop", "retry", "sheet", "report")
    return {name for name in names if studio.window.commands[f"batch.{name}"].isEnabled()}


def ended(studio: Studio) -> None:
    batch = room(studio)
    studio.until(lambda: not batch.work.busy and batch._end is not None)
    counted(studio)
    studio.quiet()


def failures(studio: Studio) -> list[tuple[str, ...]]:
    return cells(room(studio).panel.failures)


def cells(model: FailuresModel) -> list[tuple[str, ...]]:
    return [
        tuple(str(model.data(model.index(row, column))) for column in range(3))
        for row in range(model.rowCount())
    ]


def drop(target: QWidget, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    copy, none = Qt.DropAction.CopyAction, Qt.MouseButton.NoButton
    keys = Qt.KeyboardModifier.NoModifier
    entering = QDragEnterEvent(QPoint(5, 5), copy, data, none, keys)
    QApplication.sendEvent(target, entering)
    assert entering.isAccepted()
    QApplication.sendEvent(target, QDropEvent(QPointF(5, 5), copy, data, none, keys))


# Asking


def test_it_begins_with_a_word_on_what_to_do(rooms: Studio) -> None:
    assert headline(rooms) == "Dress many people at once"
    assert "Choose a folder of people" in detail(rooms)
    assert enabled(rooms) == set()
    assert rooms.window.commands["workspace.batch"].isChecked()
    assert not rooms.window.commands["tool.brush"].isVisible()
    assert not rooms.window.commands["tryon.save"].isVisible()


def test_folders_are_dropped_on_their_fields_and_counted(rooms: Studio, order: Order) -> None:
    form = room(rooms).form
    drop(form.people.line, order.people)
    assert detail(rooms) == "Choose a folder of cloths."
    drop(form.cloths.line, order.cloths)
    drop(form.out.line, order.out)
    counted(rooms)
    assert headline(rooms) == "6 pairs"
    assert detail(rooms) == "3 people and 2 cloths."
    assert enabled(rooms) == {"start", "estimate"}
    assert not order.out.exists()


def test_drops_beside_the_fields_find_their_place(rooms: Studio, order: Order) -> None:
    batch = room(rooms)
    table = order.people.parent / "pairs.csv"
    table.write_text("p000,c001\n")
    for path in (order.people, order.cloths, order.out, table):
        drop(batch, path)
    counted(rooms)
    assert headline(rooms) == "1 pair"
    asked = batch.form.order()
    assert asked is not None
    assert (asked.people, asked.cloths, asked.out) == (order.people, order.cloths, order.out)
    assert (asked.pairing, asked.table) == ("table", table)


def test_folders_are_browsed_for(rooms: Studio, order: Order) -> None:
    for name, path in (("people", order.people), ("cloths", order.cloths), ("output", order.out)):
        press(rooms, name)
        dialog = room(rooms).findChild(QFileDialog, "file_dialog")
        assert dialog is not None
        dialog.fileSelected.emit(str(path))
        dialog.close()
        dialog.setObjectName("")
    counted(rooms)
    assert headline(rooms) == "6 pairs"


def test_what_will_not_do_is_said_at_once(rooms: Studio, order: Order, tmp_path: Path) -> None:
    form = room(rooms).form
    fill(rooms, order)
    form.cloths.set_path(tmp_path / "nowhere")
    assert enabled(rooms) == set()
    counted(rooms)
    assert headline(rooms) == "There is no folder of cloths"
    form.cloths.set_path(order.cloths)
    table = tmp_path / "pairs.csv"
    table.write_text("p000,c009\np001\n")
    form.pairing.setCurrentIndex(2)
    assert detail(rooms) == "Choose a table of pairs."
    form.table.set_path(table)
    counted(rooms)
    assert headline(rooms) == "The table of pairs has 2 faults"
    assert detail(rooms).splitlines()[1:] == [
        "Line 1: there is no cloth 'c009' in cloths.",
        "Line 2: a person or a cloth is missing. A line is: person,cloth or person,cloth,category.",
    ]
    assert enabled(rooms) == set()


def test_whether_cloths_are_turned_is_part_of_the_order(rooms: Studio, order: Order) -> None:
    form = room(rooms).form
    for upright in (True, False):
        fill(rooms, replace(order, upright=upright))
        asked = form.order()
        assert asked is not None
        assert asked.upright is upright


def test_the_name_is_shown_as_it_is_typed(rooms: Studio) -> None:
    form = room(rooms).form
    form.template.setText("{cloth} {n}")
    assert form.example.text() == "as in coat 0001.jpg"
    assert form.quality.isEnabled()
    form.kind.setCurrentIndex(1)
    assert form.example.text() == "as in coat 0001.png"
    assert not form.quality.isEnabled()
    form.template.setText("{cloth")
    assert form.example.text() == ""


def test_the_first_pair_is_the_example_of_a_name(rooms: Studio, order: Order) -> None:
    fill(rooms, order)
    form = room(rooms).form
    assert form.example.text() == "as in p000_c000.png"
    form.template.setText("{cloth} on {person}")
    assert form.example.text() == "as in c000 on p000.png"


def test_an_estimate_writes_nothing(rooms: Studio, order: Order, gate: Gate) -> None:
    gate.seconds = 0.05
    fill(rooms, order)
    press(rooms, "estimate")
    rooms.until(lambda: room(rooms)._tried and not room(rooms).work.busy)
    assert "About 1 s" in detail(rooms)
    assert "are free" in detail(rooms)
    assert not order.out.exists()
    assert enabled(rooms) == {"start", "estimate"}


def test_an_estimate_of_bad_pictures_says_so(rooms: Studio, order: Order) -> None:
    for path in order.people.iterdir():
        picture(path, (REFUSED, 0, 0))
    fill(rooms, order)
    press(rooms, "estimate")
    rooms.until(lambda: room(rooms)._tried and not room(rooms).work.busy)
    assert "None of the first pairs could be dressed" in detail(rooms)


def test_pictures_that_come_meanwhile_are_counted_on_coming_back(
    rooms: Studio, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(rooms, order)
    press(rooms, "estimate")
    rooms.until(lambda: room(rooms)._tried and not room(rooms).work.busy)
    assert "About" in detail(rooms)
    picture(order.people / "late.png", (9, 9, 9))
    rooms.window.workspaces.go("tryon")
    rooms.window.workspaces.go("batch")
    rooms.until(lambda: headline(rooms) == "8 pairs")
    assert "About" not in detail(rooms)
    picture(order.people / "later.png", (8, 8, 8))
    monkeypatch.setattr(room(rooms), "isActiveWindow", lambda: True)
    QApplication.sendEvent(room(rooms), QEvent(QEvent.Type.ActivationChange))
    rooms.until(lambda: headline(rooms) == "10 pairs")


def test_what_is_left_of_a_batch_can_be_estimated(rooms: Studio, order: Order) -> None:
    fill(rooms, order)
    press(rooms, "start")
    ended(rooms)
    picture(order.people / "late.png", (9, 9, 9))
    room(rooms)._on_edit()
    room(rooms)._on_form()
    counted(rooms)
    assert enabled(rooms) == {"start", "anew", "estimate", "sheet", "report"}
    press(rooms, "estimate")
    rooms.until(lambda: room(rooms)._tried and not room(rooms).work.busy)
    guess = room(rooms)._guess
    assert guess is not None
    assert guess.count == 2
    assert "2 pairs are new" in detail(rooms)
    assert "About" in detail(rooms)


# Running


def test_a_batch_runs_to_its_end(
    rooms: Studio, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(rooms, order)
    press(rooms, "start")
    ended(rooms)
    assert headline(rooms) == "Done: 6 outcomes"
    assert room(rooms).panel.numbers.text() == "6 of 6"
    assert len(outcomes(order)) == 6
    assert enabled(rooms) == {"anew", "sheet", "report"}
    panel = room(rooms).panel
    assert not panel.failed_word.isVisible()
    assert panel.sheet.isVisible()
    assert panel.sheet.levels is not None
    with Image.open(order.out / "contact-sheet.jpg") as sheet:
        assert panel.sheet.levels.full.size().toTuple() == sheet.size
    opened: list[str] = []
    monkeypatch.setattr(
        QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()) or True
    )
    notice = rooms.window.status.notice
    told = notice.text()
    for name in ("folder", "sheet", "report"):
        press(rooms, name)
    assert opened == [str(order.out / name) for name in ("", "contact-sheet.jpg", "report.csv")]
    assert notice.text() == told
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: False)
    press(rooms, "report")
    assert notice.text() == f"No program opens this: {order.out / 'report.csv'}"


def test_the_keyboard_is_enough(rooms: Studio, order: Order, gate: Gate) -> None:
    window, form = rooms.window, room(rooms).form
    assert form.people.line.hasFocus()
    for field, path in ((form.people, order.people), (form.cloths, order.cloths)):
        assert field.line.hasFocus()
        QTest.keyClicks(field.line, str(path))
        QTest.keyClick(field.line, KEY.Key_Tab)
        QTest.keyClick(field.button, KEY.Key_Tab)
    assert form.pairing.hasFocus()
    for widget in (form.pairing, form.category, form.upright):
        QTest.keyClick(widget, KEY.Key_Tab)
    assert form.out.line.hasFocus()
    QTest.keyClicks(form.out.line, str(order.out))
    counted(rooms)
    gate.open = False
    QTest.keyClick(window, KEY.Key_Return, Qt.KeyboardModifier.ControlModifier)
    rooms.until(lambda: room(rooms).work.state == "running")
    gate.allow(2)
    rooms.until(lambda: len(outcomes(order)) == 2 if order.out.exists() else False)
    QTest.keyClick(window, KEY.Key_P, Qt.KeyboardModifier.ControlModifier)
    assert room(rooms).work.state == "paused"
    QTest.keyClick(window, KEY.Key_P, Qt.KeyboardModifier.ControlModifier)
    assert room(rooms).work.state == "running"
    QTest.keyClick(window, KEY.Key_Escape, Qt.KeyboardModifier.ShiftModifier)
    ended(rooms)
    assert headline(rooms) == "Stopped: 2 of 6 done"
    gate.open = True
    QTest.keyClick(window, KEY.Key_Return, Qt.KeyboardModifier.ControlModifier)
    ended(rooms)
    assert headline(rooms) == "Done: 6 outcomes"
    assert gate.count == 6


def test_a_pause_holds_and_goes_on(rooms: Studio, order: Order, gate: Gate) -> None:
    gate.open = False
    fill(rooms, order)
    press(rooms, "start")
    rooms.until(lambda: "pause" in enabled(rooms))
    assert not room(rooms).form.isEnabled()
    gate.allow(1)
    rooms.until(lambda: room(rooms).panel.numbers.text() == "1 of 6")
    press(rooms, "pause")
    assert headline(rooms) == "Paused"
    assert rooms.window.commands["batch.pause"].text() == "Go on"
    gate.open = True
    QTest.qWait(250)
    assert gate.count <= 2  # the pair in hand and no other
    press(rooms, "pause")
    ended(rooms)
    assert headline(rooms) == "Done: 6 outcomes"


def test_stopping_keeps_what_is_done_and_resumes(rooms: Studio, order: Order, gate: Gate) -> None:
    gate.open = False
    fill(rooms, order)
    press(rooms, "start")
    gate.allow(2)
    rooms.until(lambda: room(rooms).panel.numbers.text() == "2 of 6")
    press(rooms, "stop")
    ended(rooms)
    assert headline(rooms) == "Stopped: 2 of 6 done"
    assert strays(order) == []
    assert rooms.window.commands["batch.start"].text() == "Resume"
    gate.open = True
    press(rooms, "start")
    ended(rooms)
    assert headline(rooms) == "Done: 6 outcomes"
    assert gate.count == 6


def test_failures_are_listed_and_tried_again(rooms: Studio, order: Order) -> None:
    bad = picture(order.people / "bad.png", (REFUSED, 0, 0))
    (order.people / "cut.jpg").write_bytes(b"\xff\xd8\xff")
    fill(rooms, order)
    press(rooms, "start")
    ended(rooms)
    assert headline(rooms) == "Done: 6 outcomes, 4 failed"
    rows = failures(rooms)
    assert room(rooms).panel.failed_word.isVisible()
    assert room(rooms).panel.failed_word.text() == "Failed · 4"
    assert sorted(row[:2] for row in rows) == [("bad.png", "2 cloths"), ("cut.jpg", "2 cloths")]
    assert {row[2] for row in rows if row[0] == "bad.png"} == {
        "No person was found in the photo. Choose another photo."
    }
    assert str(order.people) not in rows[0][2]
    picture(bad, (3, 3, 3))
    press(rooms, "retry")
    ended(rooms)
    assert headline(rooms) == "Done: 8 outcomes, 2 failed"
    assert {row[0] for row in failures(rooms)} == {"cut.jpg"}


def test_failures_of_one_picture_are_one_row() -> None:
    def item(person: str, cloth: str) -> Item:
        return Item(1, Path(person), Path(cloth), None, "")

    model = FailuresModel()
    failed = [
        *((item(person, "bag.jpg"), "No garment.") for person in ("ann.jpg", "ben.jpg", "cy.jpg")),
        *((item("ben.jpg", cloth), "No person.") for cloth in ("bag.jpg", "hat.jpg")),
        (item("ann.jpg", "hat.jpg"), "No person."),
    ]
    rows = [
        ("3 people", "bag.jpg", "No garment."),
        ("ben.jpg", "2 cloths", "No person."),
        ("ann.jpg", "hat.jpg", "No person."),
    ]
    for entry in failed:
        model.add(*entry)
    assert cells(model) == rows
    model.set_all(failed)
    assert cells(model) == rows
    assert model.count == 6
    assert model.data(model.index(0, 0), Qt.ItemDataRole.ToolTipRole).split() == [
        "ann.jpg", "ben.jpg", "cy.jpg"
    ]  # fmt: skip


def test_a_failing_device_stops_the_batch_and_says_what_to_do(
    rooms: Studio, order: Order, gate: Gate
) -> None:
    def before(number: int, _cancel: CancelToken) -> None:
        if number == 3:
            raise DeviceError("The graphics card is gone", hint="Choose the CPU in the settings.")

    gate.before = before
    fill(rooms, order)
    press(rooms, "start")
    ended(rooms)
    assert headline(rooms) == "The graphics card is gone"
    assert detail(rooms) == "Choose the CPU in the settings."
    assert len(outcomes(order)) == 2
    press(rooms, "start")
    ended(rooms)
    assert headline(rooms) == "Done: 6 outcomes"


def test_design_stays_usable_while_a_batch_runs(rooms: Studio, order: Order, gate: Gate) -> None:
    gate.open = False
    fill(rooms, order)
    press(rooms, "start")
    gate.allow(1)
    rooms.until(lambda: room(rooms).panel.numbers.text() == "1 of 6")
    window = rooms.window
    window.workspaces.go("design")
    before = len(rooms.wiring.requests)
    window.commands["look.throw"].trigger()
    rooms.until(lambda: bool(rooms.lane._jobs))
    gate.allow(1)  # the pair in the lane; the drawing comes before the next one
    rooms.until(lambda: len(rooms.wiring.requests) > before)
    assert gate.count <= 3
    assert "Batch of 6 pairs" in window.status._title
    window.workspaces.go("batch")
    gate.open = True
    ended(rooms)


def test_the_status_bar_cancels_it(rooms: Studio, order: Order, gate: Gate) -> None:
    gate.open = False
    fill(rooms, order)
    press(rooms, "start")
    rooms.until(lambda: room(rooms)._now is not None)
    rooms.window.status.cancel.click()
    ended(rooms)
    assert headline(rooms) == "Stopped: 0 of 6 done"


# Coming back


def test_other_people_after_the_end_are_resumed_with(rooms: Studio, order: Order) -> None:
    fill(rooms, order)
    press(rooms, "start")
    ended(rooms)
    for path in list(order.people.iterdir()):
        path.rename(path.with_name(f"later_{path.name}"))
    fill(rooms, order)
    assert headline(rooms) == "6 of 12 done"
    assert "6 pairs are new." in detail(rooms)
    press(rooms, "start")
    ended(rooms)
    assert headline(rooms) == "Done: 12 outcomes"
    assert "start" not in enabled(rooms)


def test_outcomes_that_went_after_the_end_are_made_again(
    rooms: Studio, order: Order, gate: Gate
) -> None:
    fill(rooms, order)
    press(rooms, "start")
    ended(rooms)
    outcomes(order)[0].unlink()
    fill(rooms, order)
    assert headline(rooms) == "5 of 6 done"
    assert "1 outcome is not in the folder any more" in detail(rooms)
    press(rooms, "start")
    ended(rooms)
    assert len(outcomes(order)) == 6
    assert gate.count == 7


def test_another_batch_in_the_folder_lends_its_settings(rooms: Studio, order: Order) -> None:
    journal = Journal(plan(order))
    journal.close()
    other = made_order(order.people.parent, template="{n}", kind="jpg")
    fill(rooms, other)
    assert headline(rooms) == "Another batch is in this folder"
    assert "the name template, the format" in detail(rooms)
    assert enabled(rooms) == {"anew", "adopt"}
    press(rooms, "adopt")
    counted(rooms)
    assert headline(rooms) == "0 of 6 done"
    assert room(rooms).form.order() == order
    press(rooms, "start")
    ended(rooms)
    assert len(outcomes(order)) == 6


def test_anew_asks_first(rooms: Studio, order: Order, gate: Gate) -> None:
    fill(rooms, order)
    press(rooms, "start")
    ended(rooms)
    press(rooms, "anew")
    box = rooms.box("anew_box")
    box.reject()
    assert not room(rooms).work.busy
    rooms.until(lambda: rooms.find("anew_box") is None)
    press(rooms, "anew")
    box = rooms.box("anew_box")
    next(button for button in box.buttons() if button.text() == "Start anew").click()
    ended(rooms)
    assert gate.count == 12
    assert len(outcomes(order)) == 6


def test_a_folder_that_another_run_holds_is_refused(rooms: Studio, order: Order) -> None:
    journal = Journal(plan(order))
    try:
        fill(rooms, order)
        assert headline(rooms) == "Another batch is running in this folder"
        assert enabled(rooms) == set()
    finally:
        journal.close()


def test_the_form_comes_back_with_the_next_start(
    qtbot: QtBot, wiring: FakeWiring, order: Order
) -> None:
    settings = Settings(batch=order.stored(), batch_folder=str(order.out), workspace="batch")
    studio = Studio(qtbot, wiring, settings)
    studio.settle()
    studio.until(lambda: studio.window.workspaces.current == "batch")
    counted(studio)
    assert headline(studio) == "6 pairs"
    studio.close()


def test_without_try_on_packs_the_reason_is_said(rooms: Studio, order: Order, gate: Gate) -> None:
    def before(_number: int, _cancel: CancelToken) -> None:
        raise PackError("There is no model pack for trying garments on", hint="Install Toile again")

    gate.before = before
    fill(rooms, order)
    press(rooms, "estimate")
    ended(rooms)
    assert headline(rooms) == "There is no model pack for trying garments on"


def test_before_the_network_is_there_nothing_can_be_started(rooms: Studio, order: Order) -> None:
    fill(rooms, order)
    rooms.window.network.services = None
    rooms.window.network.loading.emit()
    assert enabled(rooms) == set()
    assert "The network is still loading" in detail(rooms)


def test_closing_asks_and_stops(rooms: Studio, order: Order, gate: Gate) -> None:
    gate.open = False
    fill(rooms, order)
    press(rooms, "start")
    gate.allow(1)
    rooms.until(lambda: room(rooms).panel.numbers.text() == "1 of 6")
    rooms.window.close()
    box = rooms.box("stop_batch_box")
    assert rooms.window.isVisible()
    box.reject()
    rooms.until(lambda: rooms.find("stop_batch_box") is None)
    rooms.window.close()
    box = rooms.box("stop_batch_box")
    next(button for button in box.buttons() if button.text() == "Stop and quit").click()
    rooms.until(lambda: not rooms.window.isVisible())
    assert len(outcomes(order)) == 1
    assert strays(order) == []


def test_each_workspace_has_its_own_commands(rooms: Studio) -> None:
    rooms.window.workspaces.go("design")
    assert rooms.window.commands["tool.brush"].isVisible()
    assert not rooms.window.commands["batch.start"].isVisible()
