"""`toile synth`: the garment of a label map."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import numpy as np

from app import wiring
from app.cli.command import Commands, Exit, add_command, check_target, size, tell, writing
from app.domain.cancel import CancelToken
from app.domain.design_file import load_design
from app.domain.picture import load_picture, save_picture
from app.domain.requests import EncodeRequest, ParseRequest, SynthesisRequest
from app.domain.style import MAX_SEED, Look


def add(commands: Commands) -> None:
    parser = add_command(
        commands,
        "synth",
        _synth,
        summary="draw the garment of a label map",
        description="Draw the garment of a label map as a PNG with a transparent ground.",
    )
    parser.add_argument(
        "labels",
        type=Path,
        metavar="LABELS.png",
        help="an indexed PNG; a design that the window saved brings its look along",
    )
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT.png")
    parser.add_argument(
        "--seed",
        type=_seed,
        help=f"0 to {MAX_SEED}, instead of the look that the label map brings along; default: that "
        "look, or 0",
    )
    parser.add_argument(
        "--style-from",
        type=Path,
        metavar="PHOTO",
        help="a photo of a person: what they wear gives its look to the same kinds of garment, "
        "the seed or the look that the label map brings along to the others",
    )
    parser.add_argument(
        "--size", type=size, metavar="WxH", help="size of the picture; default: the label map's"
    )


def _seed(text: str) -> int:
    if not re.fullmatch(r"\d{1,10}", text) or int(text) > MAX_SEED:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 0 to {MAX_SEED}")
    return int(text)


def _synth(options: argparse.Namespace, cancel: CancelToken) -> int:
    source, target, photo = options.labels, options.output, options.style_from
    sources = [(source, "label map"), *([(photo, "photo")] if photo else [])]
    check_target(target, "picture", sources)
    design = load_design(source, wiring.read_palette(options.models))
    picture = load_picture(photo).rgba if photo else None
    services = wiring.open_services(options.device, options.models, strict=True)
    look = Look(options.seed or 0)
    if options.seed is None:
        tell([design.notice] if design.notice else [])
        if design.look is not None:
            look = design.look.within(services.bank).look(services.bank)
    if picture is not None:
        parsed = services.parse(ParseRequest(picture), cancel)
        encoded = services.encode(EncodeRequest(picture, parsed.labels), cancel)
        tell([*parsed.use.notices, *encoded.use.notices])
        worn = np.flatnonzero(encoded.present).tolist()
        look = Look(look.seed, {**look.overrides, **{cls: encoded.codes[cls] for cls in worn}})
    result = services.synthesize(SynthesisRequest(design.labels.array, look, options.size), cancel)
    tell(result.use.notices)
    with writing():
        save_picture(target, result.rgba)
    height, width = result.rgba.shape[:2]
    print(f"{target}: {width} × {height}, {result.use.device}, {result.use.milliseconds:.0f} ms")
    return Exit.OK
