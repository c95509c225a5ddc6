"""Build the Windows program on Debian, install it, use it, and uninstall it again, all under Wine.

    python3 installer/check_wine.py

The steps: build (`build_windows.py --quick`), an upgrade over an older version, the silent install,
the self-test, the window with a real mouse and keyboard (`check_window.py`), the portable folder
from a path with spaces, umlauts and Chinese characters, and the silent uninstall. Screenshots lie
in the folder shots of the work folder. With `--record`, what was measured is written to the file
checked.json beside this one when all went well: commit it, and `.ci/run` leaves this check out
(`--if-changed`) until a file that the build is made from changes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import time
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import build_windows
import setup_toile
import wine

ROOT = setup_toile.ROOT
RECORD = ROOT / "installer" / "checked.json"
INPUTS = ("build.spec", "constraints.txt", "installer/*", "assets/icons/*")
UNINSTALL_KEY = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Uninstall\Toile"
FOREIGN_NAMES = "Mein Atelier – Größe 服装"
OLDER = "0.0.1"
MOST_INSTALLED, MOST_PACKED = 400e6, 150e6  # bytes
PATIENCE = 1200.0  # seconds for a self-test; a busy machine under Wine takes its time

Facts = dict[str, Any]


def main() -> int:
    parser = argparse.ArgumentParser(description="Check the Windows build under Wine.")
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "windows")
    parser.add_argument("--venv", type=Path, default=ROOT / ".venv")
    parser.add_argument("--built", action="store_true", help="check what was built last")
    parser.add_argument("--if-changed", action="store_true", help="only when it was not yet")
    parser.add_argument("--record", action="store_true", help="write down that all is well")
    options = parser.parse_args()
    inputs = fingerprint()
    if options.if_changed and RECORD.is_file():
        known = json.loads(RECORD.read_text(encoding="utf-8"))
        if known["inputs"] == inputs:
            print(f"The Windows build was checked on {known['date']} and is made from the same.")
            return 0
    try:
        setup_toile.install_system_packages(wine.missing_packages())
    except setup_toile.Stop as reason:
        print(f"The Windows build is not checked here: {reason}")
        return 0
    try:
        python = setup_toile.set_up(options.venv.resolve(), {"build"})
        if Path(python) != Path(sys.executable):
            return subprocess.call([python, *sys.argv])
        facts = Check(options.work.resolve()).all(built=options.built)
    except (setup_toile.Stop, wine.WineError) as reason:
        print(f"check: {reason}", file=sys.stderr)
        return 1
    date = datetime.now(UTC).strftime("%Y-%m-%d")
    record = {"inputs": inputs, "date": date, "toile": build_windows.version(), **facts}
    text = json.dumps(record, indent=2) + "\n"
    if options.record:
        RECORD.write_text(text, encoding="utf-8")
    print(f"{text}The Windows build is good.")
    return 0


def fingerprint() -> str:
    """One hash of every file that decides how the build is made, by name and content."""
    digest = hashlib.sha256()
    for path in sorted(path for pattern in INPUTS for path in ROOT.glob(pattern)):
        if path.is_file() and path != RECORD:
            digest.update(f"{path.relative_to(ROOT).as_posix()}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


class Check:
    """One run over everything, in ``work``. Methods raise WineError at the first thing wrong."""

    def __init__(self, work: Path) -> None:
        self.out, self.shots, self._work = work / "out", work / "shots", work
        self.machine = wine.WineMachine(work / "machine", sys.executable)
        self.installer = self.out / f"Toile-{build_windows.version()}-setup.exe"
        self.folder = self.machine.programs / "Toile"
        self.facts: Facts = {}

    def all(self, *, built: bool) -> Facts:
        """The whole check; what was measured."""
        from check_window import use_window

        begun = time.monotonic()
        if not built:
            build_windows.build(sys.executable, self.machine, self._work, self.out, quick=True)
        self.machine.make()
        self._begin_anew()
        with self.machine.screen():
            with build_windows.step("an older version, then this one over it"):
                self._install_older()
                self._install()
            before = listing(self.folder)
            with build_windows.step("the self-test"):
                self.facts["selftest"] = self._self_test(self.folder)
            with build_windows.step("the round through the window"):
                self.facts |= use_window(self.machine, self.folder, self.installer, self.shots)
            with build_windows.step("the portable folder, by a name with all kinds of letters"):
                self._use_portable()
            demand(listing(self.folder) == before, "the program changed files in its own folder")
            with build_windows.step("the uninstall"):
                self._uninstall()
        self.facts["seconds"] = round(time.monotonic() - begun)
        return self.facts

    def _begin_anew(self) -> None:
        """A user who never had Toile."""
        shutil.rmtree(self.shots, ignore_errors=True)
        local = self.machine.user / "AppData" / "Local"
        for path in (self.folder, local / "Toile", self.machine.user / FOREIGN_NAMES):
            shutil.rmtree(path, ignore_errors=True)

    def _install_older(self) -> None:
        """A version of two files, one of which no later version has."""
        older, installer = self._work / "older", self._work / "older-setup.exe"
        (older / "_internal").mkdir(parents=True, exist_ok=True)
        for name in ("Toile.exe", "toile-cli.exe", "_internal/left-over.txt"):
            (older / name).write_text("of an older version")
        build_windows.pack(older, installer, quick=True, number=OLDER)
        self.machine.run(installer, "/S", check=True)
        demand(self._entry("DisplayVersion") == OLDER, "the older version did not register")
        demand((self.folder / "_internal" / "left-over.txt").is_file(), "it was not installed")

    def _install(self) -> None:
        begun = time.monotonic()
        self.machine.run(self.installer, "/S", "/DESKTOP=1", timeout=600, check=True)
        self.facts["install_s"] = round(time.monotonic() - begun)
        packed = self.installer.stat().st_size
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        installed = sum(path.stat().st_size for path in files)
        self.facts |= {"installer_mb": round(packed / 1e6), "installed_mb": round(installed / 1e6)}
        demand(packed <= MOST_PACKED and installed <= MOST_INSTALLED, f"too large: {self.facts}")
        demand(not (self.folder / "_internal" / "left-over.txt").exists(), "an old file stayed")
        made = {path.relative_to(self.out / "Toile") for path in (self.out / "Toile").rglob("*")}
        missing = made - {path.relative_to(self.folder) for path in self.folder.rglob("*")}
        demand(not missing, f"not installed: {sorted(missing)[:5]}")
        demand(self._entry("DisplayVersion") == build_windows.version(), "the version is not told")
        for shortcut in self._shortcuts():
            demand(shortcut.is_file(), f"there is no {shortcut}")

    def _self_test(self, folder: Path) -> Facts:
        """The self-test's report, shortened to its measurements."""
        answer = self.machine.user / "selftest.json"
        answer.unlink(missing_ok=True)
        ended = self.machine.run(
            *(folder / "Toile.exe", "--selftest", answer, "--limit", f"{PATIENCE:.0f}"),
            timeout=PATIENCE + 60,
        )
        demand(answer.is_file(), f"the self-test ended with {ended.code} and no report")
        report = json.loads(answer.read_text(encoding="utf-8"))
        demand(report["ok"] and ended.code == 0, f"the self-test found {report['problems']}")
        demand(report["frozen"] and report["platform"].startswith("Windows"), "a wrong program")
        return {key: report[key] for key in ("seconds", "window", "memory_mb", "journeys")}

    def _use_portable(self) -> None:
        """Unpacked anywhere, it works as it is, with the person's files in such a folder too."""
        place = self.machine.user / FOREIGN_NAMES
        with zipfile.ZipFile(self.out / f"{self.installer.stem[:-6]}-portable.zip") as archive:
            archive.extractall(place)
        folder = place / "Toile"
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
        before = listing(folder)
        self._self_test(folder)
        sample, drawn = folder / "_internal/assets/samples/dress.png", place / "Kleid 连衣裙.png"
        self.machine.run(
            *(folder / "toile-cli.exe", "synth", sample, "-o", drawn, "--device", "cpu"),
            environment={"TOILE_HOME": self.machine.windows_path(place / "Eigene Dateien 家")},
            timeout=300,
            check=True,
        )
        demand(drawn.is_file(), "no picture was drawn")
        demand(listing(folder) == before, "the portable program wrote into its own folder")
        for path in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
            path.chmod(0o755)

    def _uninstall(self) -> None:
        """What the installer brought goes, what is the user's stays."""
        settings = self.machine.user / "AppData" / "Local" / "Toile" / "settings.json"
        own = self.folder / "notes.txt"
        own.write_text("laid here by the user")
        demand(settings.is_file(), f"the window left no settings in {settings.parent}")
        self.machine.run(self.folder / "Uninstall.exe", "/S", check=True)
        uninstaller = self.folder / "Uninstall.exe"  # a copy of it goes on by itself
        limit = time.monotonic() + 60
        while uninstaller.exists() and time.monotonic() < limit:
            time.sleep(0.5)
        left = sorted(path.name for path in self.folder.rglob("*"))
        demand(left == ["notes.txt"], f"the uninstall left {left[:5]}")
        demand(settings.is_file(), "the uninstall took the user's settings")
        for shortcut in self._shortcuts():
            demand(not shortcut.exists(), f"the uninstall left {shortcut}")
        demand(not self._entry("DisplayVersion"), "the uninstall left its entry")

    def _shortcuts(self) -> list[Path]:
        menu = "AppData/Roaming/Microsoft/Windows/Start Menu/Programs"
        return [self.machine.user / place / "Toile.lnk" for place in (menu, "Desktop")]

    def _entry(self, name: str) -> str:
        """A value of the entry in Windows' list of programs; "" when there is none."""
        said = self.machine.run("reg", "query", UNINSTALL_KEY, "/v", name).text
        found = [line.split(None, 2) for line in said.splitlines() if line.strip().startswith(name)]
        return found[0][2].strip() if found else ""


def listing(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file in a folder with its size and time."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in files}


def demand(good: bool, problem: str) -> None:
    if not good:
        raise wine.WineError(problem)


if __name__ == "__main__":
    sys.exit(main())
