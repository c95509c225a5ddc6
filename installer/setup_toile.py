"""Set Toile up and start it: the standard library only, on Debian and Windows with Python 3.11.

    python3 installer/setup_toile.py run     set up, then open the window with a sample
    python3 installer/setup_toile.py test    set up, then run the tests

The second start finds everything in place and takes no time. Options: `--gpu` (the CUDA runtime
instead of the CPU one), `--venv DIR` (where the environment lies), `--extra NAME` (one more of the
project's extras); whatever else is given goes to the program or to pytest.
"""

from __future__ import annotations

import argparse
import ctypes.util
import hashlib
import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CONSTRAINTS = ROOT / "constraints.txt"
GPU = "gpu"
RUNTIMES = ("onnxruntime", "onnxruntime-directml", "onnxruntime-gpu")
NO_PACKAGES = "the packages cannot be installed. Is there a network connection?"

# What Qt's xcb and offscreen platforms and OpenCV load: Debian package -> library
LIBRARIES = {
    "libegl1": "EGL",
    "libgl1": "GL",
    "libxkbcommon0": "xkbcommon",
    "libxkbcommon-x11-0": "xkbcommon-x11",
    "libxcb-cursor0": "xcb-cursor",
    "libxcb-icccm4": "xcb-icccm",
    "libxcb-keysyms1": "xcb-keysyms",
    "libxcb-shape0": "xcb-shape",
    "libxcb-image0": "xcb-image",
    "libxcb-render-util0": "xcb-render-util",
    "libxcb-randr0": "xcb-randr",
    "libxcb-sync1": "xcb-sync",
    "libxcb-xfixes0": "xcb-xfixes",
    "libxcb-xkb1": "xcb-xkb",
    "libx11-xcb1": "X11-xcb",
    "libdbus-1-3": "dbus-1",
    "libfontconfig1": "fontconfig",
    "libglib2.0-0": "glib-2.0",
}
FONTS = "fonts-dejavu-core"


class Stop(Exception):
    """Set-up cannot go on; the text says why and what to do."""


def main() -> int:
    arguments = parse()
    try:
        check_python()
        if sys.platform == "linux":
            install_system_packages(missing_system_packages())
        python = set_up(arguments.venv, arguments.extras)
    except Stop as reason:
        print(f"setup: {reason}", file=sys.stderr)
        return 1
    if arguments.command == "test":
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        return become([python, "-m", "pytest", *arguments.rest])
    if arguments.command == "run":
        return become([python, "-m", "app", *arguments.rest])
    print(f"Toile is set up. Start it with: {python} -m app")
    return 0


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Set Toile up, then run it or its tests.")
    parser.add_argument("command", choices=["run", "test", "setup"])
    parser.add_argument(
        "--venv", type=Path, default=ROOT / ".venv", help="the environment's folder"
    )
    parser.add_argument("--gpu", action="store_true", help="use the CUDA runtime (NVIDIA)")
    parser.add_argument("--extra", action="append", default=[], help="also install this extra")
    arguments, arguments.rest = parser.parse_known_args()
    arguments.venv = arguments.venv.expanduser().resolve()
    arguments.extras = {*arguments.extra}
    if arguments.command == "test":
        arguments.extras.add("test")
    if arguments.gpu:
        arguments.extras.add(GPU)
    return arguments


def check_python() -> None:
    if sys.version_info[:2] != (3, 11):
        found = ".".join(map(str, sys.version_info[:3]))
        how = "py -3.11" if os.name == "nt" else "python3.11"
        raise Stop(
            f"Toile's pinned packages are proven on Python 3.11, this is {found}.\n"
            f"Install Python 3.11, then: {how} {Path(sys.argv[0])} {shlex.join(sys.argv[1:])}"
        )
    if sys.maxsize < 2**32:
        raise Stop("This Python is 32-bit; Toile needs the 64-bit one.")


def missing_system_packages() -> list[str]:
    missing = [package for package, name in LIBRARIES.items() if not ctypes.util.find_library(name)]
    if importlib.util.find_spec("ensurepip") is None:
        missing.append("python3.11-venv")
    fonts = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".fonts")
    if not any(next(folder.rglob("*.[to]tf"), None) for folder in fonts if folder.is_dir()):
        missing.append(FONTS)
    return missing


def install_system_packages(packages: list[str]) -> None:
    if not packages:
        return
    install = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    by_hand = f"sudo apt-get update && sudo {shlex.join(install)}"
    if not shutil.which("apt-get"):
        raise Stop(
            "these libraries are missing (named as on Debian); install them with your "
            f"package manager: {' '.join(packages)}"
        )
    prefix = [] if os.geteuid() == 0 else ["sudo"]
    if prefix and not shutil.which("sudo"):
        raise Stop(f"system packages are missing. As root, run: {by_hand.replace('sudo ', '')}")
    print(f"Installing system packages: {' '.join(packages)}", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (["apt-get", "update", "-q"], [*install, "-q"]):
        if subprocess.call([*prefix, *step], env=quiet) != 0:
            raise Stop(f"the system packages could not be installed. By hand: {by_hand}")


def set_up(venv: Path, extras: set[str]) -> str:
    """Make the environment hold the project with `extras`; returns its interpreter.

    What was installed there before stays: extras add up until the pinned versions change.
    """
    python = venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = venv / "toile-setup.txt"
    present = stamp.read_text(encoding="utf-8").split() if stamp.is_file() else []
    if python.is_file() and {fingerprint(), *extras} <= set(present):
        return str(python)
    print(f"Setting up {venv} (once; some hundred MB are fetched)", flush=True)
    stamp.unlink(missing_ok=True)
    if not python.is_file() or subprocess.call([python, "-c", "import pip"]) != 0:
        present = []
        run([sys.executable, "-m", "venv", "--clear", str(venv)], "the environment cannot be made")
    extras = {*extras, *present[1:]}
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "-q"]
    install = [*pip, "install", "-c", str(CONSTRAINTS)]
    named = ",".join(sorted(extras - {GPU}))
    run([*install, "-e", f"{ROOT}[{named}]" if named else str(ROOT)], NO_PACKAGES)
    if GPU in extras:  # two runtimes share a folder and hide the GPU: see pyproject.toml
        run([*pip, "uninstall", "-y", *RUNTIMES], NO_PACKAGES)
        run([*install, "onnxruntime-gpu[cuda,cudnn]"], NO_PACKAGES)
    stamp.write_text("\n".join([fingerprint(), *sorted(extras)]), encoding="utf-8")
    return str(python)


def become(command: list[str]) -> int:
    """Go on as the command, so that signals and the exit code are its own."""
    os.chdir(ROOT)
    if os.name == "nt":  # where exec would hand the console back at once
        return subprocess.call(command)
    sys.stdout.flush()
    return os.execv(command[0], command)


def fingerprint() -> str:
    digest = hashlib.sha256(str(ROOT).encode())
    for path in (ROOT / "pyproject.toml", ROOT / "setup.py", CONSTRAINTS):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def run(command: list[str], problem: str) -> None:
    if subprocess.call(command) != 0:
        raise Stop(f"{problem}\nThis step failed: {shlex.join(command)}")


if __name__ == "__main__":
    sys.exit(main())
