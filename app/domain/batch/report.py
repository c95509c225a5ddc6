"""What is left of a batch to look at: a table of every item, and a sheet of small outcomes."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from app.domain.batch.journal import Entry

SHOWN = 200
"""Outcomes on the contact sheet, by number."""
_CELL = (160, 214)
_GAP, _FOOT, _ACROSS = 10, 16, 10
_HEAD = ("number", "person", "cloth", "category", "outcome", "state", "reason", "notices",
         "seconds")  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def thumbnail(rgba: NDArray[np.uint8]) -> bytes:
    """A JPEG of a picture (H, W, 4) uint8, as large as fits on the contact sheet."""
    height, width = rgba.shape[:2]
    scale = min(_CELL[0] / width, _CELL[1] / height, 1.0)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    every = max(1, int(0.25 / scale))  # a few pixels to average are as good as all
    few = np.ascontiguousarray(rgba[::every, ::every])
    small = cv2.resize(few, size, interpolation=cv2.INTER_AREA).astype(np.uint16)
    alpha = small[..., 3:]
    on_white = ((small[..., :3] * alpha + 255 * (255 - alpha)) // 255).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(on_white).save(buffer, format="JPEG", quality=85)
    return buffer.getvalue()


def contact_sheet(thumbnails: Sequence[tuple[int, bytes]]) -> bytes | None:
    """A JPEG with outcomes in rows of ten, each over its number; None when there are none."""
    if not thumbnails:
        return None
    across = min(_ACROSS, len(thumbnails))
    down = math.ceil(len(thumbnails) / across)
    step_x, step_y = _CELL[0] + _GAP, _CELL[1] + _FOOT + _GAP
    sheet = Image.new("RGB", (across * step_x + _GAP, down * step_y + _GAP), "white")
    pen = ImageDraw.Draw(sheet)
    for place, (number, data) in enumerate(thumbnails):
        x, y = _GAP + place % across * step_x, _GAP + place // across * step_y
        with Image.open(io.BytesIO(data)) as small:
            left, top = (_CELL[0] - small.width) // 2, _CELL[1] - small.height
            sheet.paste(small, (x + left, y + top))
        pen.text((x + _CELL[0] // 2, y + _CELL[1] + 3), str(number), "#555555", anchor="ma")
    buffer = io.BytesIO()
    sheet.save(buffer, format="JPEG", quality=88)
    return buffer.getvalue()


def table(entries: Iterable[Entry]) -> bytes:
    """CSV in UTF-8 with a mark by which spreadsheets know it: a line for every item."""
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerow(_HEAD)
    for entry in entries:
        item = entry.item
        rows.writerow(
            _unfold(value)
            for value in (
                str(item.number),
                str(item.person),
                str(item.cloth),
                entry.worn_as or item.category or "",
                item.outcome if entry.state == "done" else "",
                entry.state,
                entry.reason,
                entry.notices,
                f"{entry.seconds:.2f}" if entry.state == "done" else "",
            )
        )
    return text.getvalue().encode("utf-8-sig")


def _unfold(value: str) -> str:
    """A name that a spreadsheet would take for a formula gets a quotation mark in front."""
    return f"'{value}" if value.startswith(_FORMULA) else value
