"""The process that is tested: the window first, as a start would meet it, then every pack."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import msgspec

from app import paths, process, settings, wiring
from app.domain.errors import Cancelled, ToileError
from app.selftest.course import Course

_GRACE = 5.0  # seconds in which what was asked to stop may stop
_RUNS = 5
_NO_SCREEN = (
    "There is no screen to open the window on. Start the self-test where there is one, "
    "or set QT_QPA_PLATFORM=offscreen"
)


def main(arguments: Sequence[str], *, has_screen: bool) -> int:
    """Do the test; ``arguments`` are the file for the answer, the device and the seconds it may
    take. Returns 0: whatever came of it is in the answer."""
    answer, device, limit = arguments
    course = Course(Path(answer))
    logging.getLogger().addHandler(course)
    watch = threading.Timer(float(limit), _stop, [course])
    watch.daemon = True
    watch.start()
    try:
        _go(course, device, has_screen)
    except Cancelled:
        threading.Event().wait(2 * _GRACE)  # time is up, and the thread that says so is at it
    except ToileError as error:
        course.problem(str(error))
    except Exception as error:  # the report has to come out whatever happens
        logging.getLogger("toile").exception("unexpected failure while %s", course.step)
        what = str(error).splitlines()[0] if str(error) else type(error).__name__
        course.problem(f"Something unexpected went wrong while Toile was {course.step}: {what}.")
    watch.cancel()
    course.at("")
    return 0


def _go(course: Course, device: str, has_screen: bool) -> None:
    chosen = msgspec.convert({"device": device}, settings.Settings)
    settings.save(paths.settings_file(), chosen)
    if has_screen:
        course.at("opening the window")
        from app.selftest.visit import Visit
        from app.ui import launch

        launch.main(sys.argv[:1], wiring, visit=lambda window: Visit(window, course))
        course.cancel.raise_if_cancelled()
    else:
        course.problem(_NO_SCREEN + ".")
    course.at("checking the packs")
    _examine(course, device)


def _examine(course: Course, device: str) -> None:
    """What `toile doctor` finds out, and what of it is wrong."""
    from app import doctor

    report = doctor.examine(device, None, course.cancel, fresh=False, runs=_RUNS)
    report["folders"] = {"models": report["folders"]["models"]}  # the others are not the person's
    if not report["packs"]:
        course.problem(f"There is no model pack in {report['folders']['models']}.")
    for part in (report, *report["packs"]):
        for fault in (part.get("error", ""), part["device_error"]):
            if fault:
                course.problem(fault)
    course.report |= report
    course.report["memory_mb"] = course.report.get("memory_mb", {}) | process.memory()


def _stop(course: Course) -> None:
    """Time is up: stop what can be stopped, tell what is known, and leave."""
    course.problem(
        f"The self-test did not end in time; it was {course.step}. "
        "Try again when the computer is less busy."
    )
    course.cancel.cancel()
    threading.Event().wait(_GRACE)  # a child process that checks a device ends meanwhile
    course.at("")
    os._exit(0)
