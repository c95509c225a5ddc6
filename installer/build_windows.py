"""Make what Windows users download, from a clean clone, with one command on Windows or Debian 12:

    py -3.11 installer\\build_windows.py        or installer\\build_windows.ps1, the same
    python3 installer/build_windows.py          Windows' programs run under Wine here

In the folder dist: Toile (the program as a folder), Toile-VERSION-setup.exe,
Toile-VERSION-portable.zip and SHA256SUMS. Options: `--out DIR` for another folder than dist,
`--work DIR` than build/windows, `--venv DIR` than .venv; `--quick` for a larger installer sooner.

Signing: when TOILE_SIGN holds a command, it is run with the name of a file after it, for every
program of ours before it is packed and for the installer, such as

    signtool sign /fd sha256 /td sha256 /tr ADDRESS-OF-A-TIME-STAMP /f CERTIFICATE.pfx

Without it nothing is signed, and the report says so.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shlex
import shutil
import sys
import time
import tomllib
import zipfile
from pathlib import Path

import setup_toile
import wine

ROOT = setup_toile.ROOT
SCRIPT = ROOT / "installer" / "toile.nsi"
NAME = "Toile"
PROGRAMS = ("Toile.exe", "toile-cli.exe")
SUMS = "SHA256SUMS"
NO_NSIS = (
    "NSIS is missing, which packs the installer. Install it (winget install NSIS.NSIS), or add the "
    "folder of makensis to PATH."
)


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the Windows program and its installer.")
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="where the results go")
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "windows")
    parser.add_argument("--venv", type=Path, default=ROOT / ".venv")
    parser.add_argument("--quick", action="store_true", help="pack fast, not small")
    options = parser.parse_args()
    try:
        setup_toile.check_python()
        if sys.platform == "linux":
            setup_toile.install_system_packages(
                [*setup_toile.missing_system_packages(), *wine.missing_packages()]
            )
        python = setup_toile.set_up(options.venv.resolve(), {"build"})
        machine = None if os.name == "nt" else wine.WineMachine(options.work / "machine", python)
        build(python, machine, options.work.resolve(), options.out.resolve(), quick=options.quick)
    except (setup_toile.Stop, wine.WineError) as reason:
        print(f"build: {reason}", file=sys.stderr)
        return 1
    return 0


def version() -> str:
    """The one version, which stands in pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return str(project["project"]["version"])


def build(
    python: str, machine: wine.WineMachine | None, work: Path, out: Path, *, quick: bool
) -> None:
    """Make everything in ``out`` anew. setup_toile.Stop, wine.WineError."""
    program = out / NAME
    installer = out / f"{NAME}-{version()}-setup.exe"
    portable = out / f"{NAME}-{version()}-portable.zip"
    with step("the program's folder"):
        freeze(python, machine, work, out)
    for name in PROGRAMS:
        sign(program / name)
    with step("the installer"):
        pack(program, installer, quick=quick)
    with step("the portable folder"):
        compress(program, portable)
    lines = [f"{checksum(path)}  {path.name}\n" for path in (installer, portable)]
    (out / SUMS).write_text("".join(lines), encoding="utf-8", newline="\n")
    size = sum(path.stat().st_size for path in program.rglob("*") if path.is_file())
    print(f"installed: {size / 1e6:.0f} MB")
    for path in (installer, portable):
        print(f"{path}: {path.stat().st_size / 1e6:.0f} MB")
    print("signed" if os.environ.get("TOILE_SIGN") else "not signed: TOILE_SIGN is not set")


def freeze(python: str, machine: wine.WineMachine | None, work: Path, out: Path) -> None:
    """Run PyInstaller, on Windows itself or on the Wine machine, which is made if need be."""
    places = ["--distpath", out, "--workpath", work / "pyinstaller"]
    words = ["-m", "PyInstaller", "--noconfirm", "--clean", "--log-level", "WARN"]
    if machine is None:
        command = [python, *words, *map(str, places), str(ROOT / "build.spec")]
        setup_toile.run(command, "PyInstaller failed")
    else:
        machine.make()
        with machine.screen():
            machine.run(
                machine.python / "python.exe",
                *words,
                *places,
                ROOT / "build.spec",
                timeout=1800,
                check=True,
            )
    for name in PROGRAMS:
        if not (out / NAME / name).is_file():
            raise setup_toile.Stop(f"PyInstaller made no {name}")


def pack(program: Path, installer: Path, *, quick: bool, number: str = "") -> None:
    """Make the installer of a program's folder with NSIS."""
    makensis = find_makensis()
    definitions = {
        "VERSION": number or version(),
        "SOURCE": program.as_posix(),
        "OUTPUT": str(installer),
        "SIGN": os.environ.get("TOILE_SIGN", ""),
        "QUICK": "1" if quick else "",
        # Debian's NSIS has a 64-bit stub, the only one that runs there; the official one has none.
        "TARGET": "amd64-unicode" if os.name != "nt" else "",
    }
    words = [f"-D{name}={value}" for name, value in definitions.items() if value]
    installer.unlink(missing_ok=True)
    setup_toile.run([makensis, "-V2", *words, str(SCRIPT)], "the installer cannot be packed")


def find_makensis() -> str:
    """The path of NSIS's compiler. setup_toile.Stop when there is none."""
    usual = (Path(os.environ.get(name, "")) for name in ("ProgramFiles", "ProgramFiles(x86)"))
    places = os.pathsep.join(str(folder / "NSIS") for folder in usual)
    found = shutil.which("makensis") or shutil.which("makensis", path=places)
    if not found:
        raise setup_toile.Stop(NO_NSIS)
    return found


def compress(program: Path, portable: Path) -> None:
    """The program's folder as a zip file, to be unpacked anywhere."""
    with zipfile.ZipFile(portable, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path in sorted(program.rglob("*")):
            if path.is_file():
                archive.write(path, Path(NAME, path.relative_to(program)).as_posix())


def sign(path: Path) -> None:
    """Sign a program in its place, when there is a command for it."""
    command = os.environ.get("TOILE_SIGN")
    if command:
        words = shlex.split(command, posix=os.name != "nt")
        setup_toile.run([*words, str(path)], f"{path.name} cannot be signed")


def checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class step:  # noqa: N801  (reads as a statement: `with step(...)`)
    """Says what is being made, and how long it took."""

    def __init__(self, what: str) -> None:
        self._what = what

    def __enter__(self) -> None:
        print(f"Making {self._what} …", flush=True)
        self._begun = time.monotonic()

    def __exit__(self, *failure: object) -> None:
        if failure[0] is None:
            print(f"  {time.monotonic() - self._begun:.0f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
