"""The set-up script: what it refuses, what it asks for, and that a second run does nothing."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.conftest import ROOT

linux = pytest.mark.skipif(sys.platform != "linux", reason="system packages are Debian's matter")


@pytest.fixture
def setup() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "setup_toile", ROOT / "installer" / "setup_toile.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def commands(setup: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Every command the script would run; each succeeds, and a venv gets its interpreter."""
    ran: list[list[str]] = []

    def call(command: list[str], **_: object) -> int:
        ran.append([str(part) for part in command])
        if "venv" in ran[-1]:
            name = "Scripts/python.exe" if sys.platform == "win32" else "bin/python"
            python = Path(ran[-1][-1]) / name
            python.parent.mkdir(parents=True, exist_ok=True)
            python.touch()
        return 0

    monkeypatch.setattr(setup.subprocess, "call", call)
    return ran


def test_another_python_is_refused_with_what_to_do(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup.sys, "version_info", (3, 9, 2))
    with pytest.raises(setup.Stop, match=r"this is 3\.9\.2.*\n.*3\.11"):
        setup.check_python()


@linux
def test_missing_libraries_are_named_as_debian_names_them(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup.ctypes.util, "find_library", lambda name: None)
    monkeypatch.setattr(setup.importlib.util, "find_spec", lambda name: None)
    missing = setup.missing_system_packages()
    assert {"libegl1", "libxcb-cursor0", "libdbus-1-3", "python3.11-venv"} <= set(missing)


@linux
def test_nothing_is_installed_where_nothing_is_missing(
    setup: ModuleType, commands: list[list[str]]
) -> None:
    setup.install_system_packages([])
    assert commands == []


@linux
@pytest.mark.parametrize(("user", "prefix"), [(0, []), (1000, ["sudo"])])
def test_system_packages_are_installed_as_root_or_through_sudo(
    user: int,
    prefix: list[str],
    setup: ModuleType,
    commands: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(setup.os, "geteuid", lambda: user)
    monkeypatch.setattr(setup.shutil, "which", lambda name: f"/usr/bin/{name}")
    setup.install_system_packages(["libegl1"])
    assert [command[: len(prefix) + 2] for command in commands] == [
        [*prefix, "apt-get", "update"],
        [*prefix, "apt-get", "install"],
    ]
    assert "libegl1" in commands[1]


@linux
def test_without_root_and_sudo_the_exact_command_is_told(
    setup: ModuleType, commands: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(
        setup.shutil, "which", lambda name: None if name == "sudo" else f"/usr/bin/{name}"
    )
    with pytest.raises(setup.Stop, match="apt-get install -y --no-install-recommends libegl1"):
        setup.install_system_packages(["libegl1"])
    assert commands == []


@linux
def test_without_apt_the_libraries_are_named(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup.shutil, "which", lambda name: None)
    with pytest.raises(setup.Stop, match="libegl1"):
        setup.install_system_packages(["libegl1"])


def test_the_second_set_up_runs_nothing_and_extras_add_up(
    setup: ModuleType, commands: list[list[str]], tmp_path: Path
) -> None:
    venv = tmp_path / "my venv"
    python = setup.set_up(venv, set())
    assert any("-e" in command and command[-1] == str(ROOT) for command in commands)
    commands.clear()
    assert setup.set_up(venv, set()) == python
    assert commands == []
    setup.set_up(venv, {"test"})
    assert commands[-1][-1] == f"{ROOT}[test]"
    commands.clear()
    setup.set_up(venv, set())
    assert commands == []


def test_changed_pins_set_up_again_with_the_same_extras(
    setup: ModuleType, commands: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup.set_up(tmp_path, {"test"})
    commands.clear()
    monkeypatch.setattr(setup, "fingerprint", lambda: "other")
    setup.set_up(tmp_path, set())
    assert commands[-1][-1] == f"{ROOT}[test]"


def test_the_gpu_runtime_replaces_the_other_one(
    setup: ModuleType, commands: list[list[str]], tmp_path: Path
) -> None:
    setup.set_up(tmp_path, {"gpu"})
    removed, installed = commands[-2:]
    assert removed[-4:] == ["-y", "onnxruntime", "onnxruntime-directml", "onnxruntime-gpu"]
    assert installed[-1] == "onnxruntime-gpu[cuda,cudnn]"


def test_a_failing_step_stops_with_its_command(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(setup.subprocess, "call", lambda command, **_: 1)
    with pytest.raises(setup.Stop, match="This step failed: "):
        setup.set_up(tmp_path, set())
    assert not (tmp_path / "toile-setup.txt").exists()


def test_wrong_usage_says_so() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "installer" / "setup_toile.py"), "fly"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "run" in done.stderr
    assert "Traceback" not in done.stderr
