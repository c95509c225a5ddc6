"""`toile doctor`: check this installation."""

from __future__ import annotations

import argparse

import msgspec

from app.cli.command import Commands, Exit, add_command
from app.domain.cancel import CancelToken


def add(commands: Commands) -> None:
    parser = add_command(
        commands,
        "doctor",
        _doctor,
        summary="check this installation and time its packs",
        description="Check versions, devices and model packs, and time every pack.",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def _doctor(options: argparse.Namespace, cancel: CancelToken) -> int:
    from app import doctor  # brings onnxruntime's whole room along; synth needs none of it

    report = doctor.examine(options.device, options.models, cancel)
    if options.json:
        print(msgspec.json.format(msgspec.json.encode(report), indent=2).decode())
    else:
        print(doctor.as_text(report))
    return {"": Exit.OK, "pack": Exit.PACK, "device": Exit.DEVICE}[report["fault"]]
