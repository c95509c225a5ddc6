"""`toile tryon`: a person in another garment."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import cv2
import msgspec

from app import wiring
from app.cli.command import (
    Commands,
    Exit,
    add_command,
    add_outcome_options,
    check_target,
    chosen_category,
    tell,
    writing,
)
from app.domain.cancel import CancelToken
from app.domain.picture import SAVED_AS, in_profile, load_picture, save_picture
from app.domain.requests import TryOnRequest, TryOnResult


def add(commands: Commands) -> None:
    parser = add_command(
        commands,
        "tryon",
        _tryon,
        summary="put a garment on a person",
        description="Put the garment of one picture on the person of another. Face, hands and "
        "background stay as they are, at the photo's own resolution.",
    )
    parser.add_argument("person", type=Path, metavar="PERSON", help="a photo of one person")
    parser.add_argument("cloth", type=Path, metavar="CLOTH", help="a picture of one garment")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="OUT", help="a PNG, JPEG or WebP"
    )
    add_outcome_options(parser)
    parser.add_argument("--json", action="store_true", help="print what was done as JSON")


def _tryon(options: argparse.Namespace, cancel: CancelToken) -> int:
    target: Path = options.output
    sources = [(options.person, "photo"), (options.cloth, "cloth's picture")]
    check_target(target, "outcome", sources, endings=SAVED_AS)
    photo = load_picture(options.person)
    cloth = in_profile(load_picture(options.cloth), photo.icc)
    tryon = wiring.open_tryon(options.device, options.models)
    request = TryOnRequest(
        photo.rgba, cloth.rgba, chosen_category(options), upright=options.upright
    )
    result = tryon(request, cancel)
    tell([*result.notices, *result.use.notices])
    with writing():
        save_picture(target, result.rgba, icc=photo.icc, quality=options.quality)
    report = _report(result, target)
    if options.json:
        print(msgspec.json.format(msgspec.json.encode(report), indent=2).decode())
    else:
        width, height = report["size"]
        print(
            f"{target}: {width} × {height}, {result.category}, "
            f"{result.use.device}, {result.use.milliseconds:.0f} ms"
        )
    return Exit.OK


def _report(result: TryOnResult, target: Path) -> dict[str, Any]:
    """Plain values; ``region`` is the box of what is new, ``changed`` its share of the photo."""
    height, width = result.region.shape
    x, y, w, h = cv2.boundingRect(result.region)
    return {
        "outcome": str(target),
        "size": [width, height],
        "category": result.category,
        "region": {"x": x, "y": y, "width": w, "height": h},
        "changed": round(cv2.countNonZero(result.region) / (width * height), 4),
        "notices": list(result.notices),
        "device": result.use.device,
        "milliseconds": round(result.use.milliseconds, 1),
    }
