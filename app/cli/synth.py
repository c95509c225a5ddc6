"""`toile synth`: the garment of a label map."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import numpy as np

from app import wiring
from app.cli.command import Commands, Exit, add_command, check_target, size, tell, writing
from app.domain.cancel import CancelToken
from app.domain.label_file import load_label_map
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
    parser.add_argument("labels", type=Path, metavar="LABELS.png", help="an indexed PNG")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT.png")
    parser.add_argument("--seed", type=_seed, default=0, help=f"0 to {MAX_SEED}; default 0")
    parser.add_argument(
        "--style-from",
        type=Path,
        metavar="PHOTO",
        help="a photo of a person: what they wear gives its look to the same kinds of garment, "
        "the seed to the others",
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
    label_map = load_label_map(source, wiring.read_palette(options.models))
    picture = load_picture(photo).rgba if photo else None
    services = wiring.open_services(options.device, options.models, strict=True)
    look = Look(options.seed)
    if picture is not None:
        parsed = services.parse(ParseRequest(picture), cancel)
        encoded = services.encode(EncodeRequest(picture, parsed.labels), cancel)
        tell([*parsed.use.notices, *encoded.use.notices])
        worn = np.flatnonzero(encoded.present).tolist()
        look = Look(options.seed, {cls: encoded.codes[cls] for cls in worn})
    result = services.synthesize(SynthesisRequest(label_map.array, look, options.size), cancel)
    tell(result.use.notices)
    with writing():
        save_picture(target, result.rgba)
    height, width = result.rgba.shape[:2]
    print(f"{target}: {width} × {height}, {result.use.device}, {result.use.milliseconds:.0f} ms")
    return Exit.OK
