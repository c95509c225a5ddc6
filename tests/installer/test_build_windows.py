"""The Windows build as far as it can be tested without building: pins, paths, packing, signing, and
when the check under Wine is due."""

import json
import sys
import zipfile
from pathlib import Path, PurePosixPath

import build_windows
import check_wine
import pytest
import setup_toile
import wine

from app import __version__
from tests.conftest import ROOT


def test_the_version_is_the_programs_own() -> None:
    assert build_windows.version() == __version__


def test_windows_gets_the_very_versions_of_the_constraints() -> None:
    constraints = (ROOT / "constraints.txt").read_text(encoding="utf-8").split()
    pins = wine._pins().split()
    names = {pin.split("==")[0] for pin in pins}
    assert set(pins) <= set(constraints)
    assert {"numpy", "PySide6-Essentials", "onnxruntime-directml", "pyinstaller"} <= names
    assert {"msvc-runtime", wine.PYTHON} <= names
    assert not names & {"torch", "pytest"}


@pytest.mark.skipif(sys.platform == "win32", reason="Wine's paths are made of POSIX ones")
def test_paths_are_written_as_windows_does(tmp_path: Path) -> None:
    machine = wine.WineMachine(tmp_path)
    inside = machine.user / "Pictures" / "Größe 服装.png"
    assert machine.windows_path(inside) == rf"C:\users\{machine.user.name}\Pictures\Größe 服装.png"
    outside = Path("/data/a b/c.png")
    assert machine.windows_path(outside) == r"Z:\data\a b\c.png"


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A program's folder as PyInstaller makes it, with tiny files."""
    folder = tmp_path / "Toile"
    (folder / "_internal" / "größe").mkdir(parents=True)
    for name in ("Toile.exe", "toile-cli.exe", "_internal/größe/服装.txt"):
        (folder / name).write_text(name, encoding="utf-8")
    return folder


def test_the_portable_zip_holds_the_folder(program: Path, tmp_path: Path) -> None:
    build_windows.compress(program, tmp_path / "portable.zip")
    with zipfile.ZipFile(tmp_path / "portable.zip") as archive:
        names = archive.namelist()
        archive.extractall(tmp_path / "elsewhere")
    assert all(PurePosixPath(name).parts[0] == "Toile" for name in names)
    found = tmp_path / "elsewhere" / "Toile"
    assert check_wine.listing(found).keys() == {
        str(found / path.relative_to(program)) for path in program.rglob("*") if path.is_file()
    }


def test_signing_runs_the_command_with_the_file(
    program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = tmp_path / "signed files.txt"
    code = "import sys; open(sys.argv[1], 'a').write(sys.argv[-1])"
    monkeypatch.setenv("TOILE_SIGN", f'"{sys.executable}" -c "{code}" "{book}" /fd sha256')
    build_windows.sign(program / "Toile.exe")
    assert book.read_text() == str(program / "Toile.exe")


def test_a_signing_that_fails_ends_the_build(
    program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOILE_SIGN", f'"{sys.executable}" -c "raise SystemExit(3)"')
    with pytest.raises(setup_toile.Stop, match=r"Toile\.exe cannot be signed"):
        build_windows.sign(program / "Toile.exe")


def test_nothing_is_signed_without_a_command(
    program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TOILE_SIGN", raising=False)
    build_windows.sign(program / "Toile.exe")
    assert (program / "Toile.exe").read_text() == "Toile.exe"


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout of few files, checked in its present state."""
    for name in ("build.spec", "constraints.txt", "installer/toile.nsi", "app/cli.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    monkeypatch.setattr(check_wine, "ROOT", tmp_path)
    record = tmp_path / "installer" / "checked.json"
    monkeypatch.setattr(check_wine, "RECORD", record)
    record.write_text(json.dumps({"inputs": check_wine.fingerprint(), "date": "2026-11-21"}))
    monkeypatch.setattr(sys, "argv", ["check_wine.py", "--if-changed"])
    return tmp_path


def test_what_was_checked_is_not_checked_again(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (checkout / "app" / "cli.py").write_text("the program, not the build")
    assert check_wine.main() == 0
    assert "checked on 2026-11-21" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["build.spec", "constraints.txt", "installer/hands.py"])
def test_a_changed_build_is_due(
    name: str, checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (checkout / name).write_text("changed")

    def refuse(packages: list[str]) -> None:
        raise setup_toile.Stop("there is no apt-get")

    monkeypatch.setattr(check_wine.setup_toile, "install_system_packages", refuse)
    assert check_wine.main() == 0
    assert "not checked here: there is no apt-get" in capsys.readouterr().out


def test_every_text_of_the_installer_is_there_in_three_languages() -> None:
    lines = (ROOT / "installer" / "toile.nsi").read_text(encoding="utf-8").splitlines()
    said = [line.split()[1:3] for line in lines if line.startswith("LangString")]
    names = {name for name, _ in said}
    languages = ("ENGLISH", "SIMPCHINESE", "JAPANESE")
    assert sorted(said) == sorted(
        [name, f"${{LANG_{language}}}"] for name in names for language in languages
    )
