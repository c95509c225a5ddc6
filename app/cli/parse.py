"""`toile parse`: the label map of a photograph."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from app import wiring
from app.cli.command import Commands, Exit, add_command, check_target, size, tell, writing
from app.domain.cancel import CancelToken
from app.domain.frame import fit
from app.domain.framing import LANDMARKS
from app.domain.label_file import save_label_map
from app.domain.label_map import LabelMap
from app.domain.picture import load_picture
from app.domain.requests import Parsed, ParseRequest


def add(commands: Commands) -> None:
    parser = add_command(
        commands,
        "parse",
        _parse,
        summary="make the label map of a photo of a person",
        description="Read what the person in a photo wears, as a label map that `toile synth` and "
        "the window open.",
    )
    parser.add_argument("photo", type=Path, metavar="PHOTO", help="a PNG, JPEG, WebP, TIFF, ...")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="LABELS.png")
    parser.add_argument(
        "--size",
        type=size,
        metavar="WxH",
        help="size of the label map, the photo fitted into it; default: the photo's, with at most "
        "2048 pixels on its longer side",
    )
    parser.add_argument(
        "--json", action="store_true", help="print what was found as JSON, landmarks included"
    )


def _parse(options: argparse.Namespace, cancel: CancelToken) -> int:
    source, target = options.photo, options.output
    check_target(target, "label map", [(source, "photo")])
    rgba = load_picture(source).rgba
    parser = wiring.open_parser(options.device, options.models)
    parsed = parser(ParseRequest(rgba), cancel)
    tell([*parsed.use.notices, *_remarks(parsed)])
    labels = parsed.labels
    if options.size:
        width, height = options.size
        labels, _ = fit(labels, height, width)
    label_map = LabelMap(labels, parser.palette)
    with writing():
        save_label_map(target, label_map)
    report = _report(parsed, label_map, target)
    if options.json:
        print(msgspec.json.format(msgspec.json.encode(report), indent=2).decode())
    else:
        print(
            f"{target}: {label_map.width} × {label_map.height}, {', '.join(report['classes'])}, "
            f"{parsed.use.device}, {parsed.use.milliseconds:.0f} ms"
        )
    return Exit.OK


def _remarks(parsed: Parsed) -> list[str]:
    remarks = []
    if parsed.people > 1:
        remarks.append(f"There are {parsed.people} people in the photo; the largest was read.")
    if parsed.facing != "front":
        side = {"back": "the back", "side": "the side"}[parsed.facing]
        remarks.append(f"The person is seen from {side}.")
    return remarks


def _report(parsed: Parsed, label_map: LabelMap, target: Path) -> dict[str, Any]:
    """Plain values; ``classes`` are shares of the person, largest first."""
    counts = label_map.counts()
    counts[0] = 0
    total = max(int(counts.sum()), 1)
    order = [int(cls) for cls in np.argsort(-counts, kind="stable") if counts[cls]]
    box = parsed.person
    return {
        "labels": str(target),
        "size": [label_map.width, label_map.height],
        "classes": {
            label_map.palette[cls].key: round(int(counts[cls]) / total, 4) for cls in order
        },
        "person": {"x": box.x, "y": box.y, "width": box.w, "height": box.h},
        "people": parsed.people,
        "facing": parsed.facing,
        "landmarks": {
            name: {"x": round(x, 1), "y": round(y, 1), "confidence": round(sure, 3)}
            for name, (x, y, sure) in zip(LANDMARKS, parsed.landmarks.tolist(), strict=True)
        },
        "device": parsed.use.device,
        "milliseconds": round(parsed.use.milliseconds, 1),
    }
