"""The command line as scripts see it: output, one line on stderr, an exit code."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app import __main__ as entry
from app import cli, doctor, wiring
from app.domain.cancel import CancelToken
from app.domain.chosen import Choice, Chosen, Taken
from app.domain.design_file import LOOK_TEXT, save_design
from app.domain.label_file import load_label_map, save_label_map
from app.domain.label_map import LabelMap
from app.domain.palette import Palette
from app.inference.packs import CUTOUT, PARSING, TRYON
from app.inference.providers import CPU, Device
from app.inference.session import OrtSession, Tensor, Tensors
from app.inference.vetting import Verdict
from tests.cli.terminal import one_line, run
from tests.inference import photo_graphs
from tests.inference.graphs import DIM, encoder, generator, write_pack

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def labels(tmp_path: Path, palette: Palette) -> Path:
    drawing = LabelMap.blank(120, 160, palette)
    drawing.array[40:120, 30:90] = 15
    path = tmp_path / "服 labels.png"
    save_label_map(path, drawing)
    return path


def test_synth_writes_a_picture_with_a_clear_ground(
    models: Path, labels: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = labels.with_name("衣.png")
    assert run("synth", labels, "-o", out, "--models", models, "--seed", 5) == 0
    rgba = np.asarray(Image.open(out))
    assert rgba.shape == (160, 120, 4)
    assert (rgba[40:120, 30:90, 3] == 255).all()
    assert int((rgba[..., 3] > 0).sum()) == 80 * 60
    assert "120 × 160, CPU" in capsys.readouterr().out


def test_seed_and_size_change_the_picture_and_a_seed_repeats(models: Path, labels: Path) -> None:
    def digest(*arguments: object) -> str:
        out = labels.with_name("out.png")
        assert run("synth", labels, "-o", out, "--models", models, *arguments) == 0
        return hashlib.sha256(out.read_bytes()).hexdigest()

    assert digest("--seed", 1) == digest("--seed", 1)
    assert len({digest("--seed", seed) for seed in range(6)}) > 1
    digest("--size", "300x400")
    with Image.open(labels.with_name("out.png")) as picture:
        assert picture.size == (300, 400)


def test_a_saved_design_keeps_its_look_unless_a_seed_is_given(
    models: Path, labels: Path, palette: Palette, capsys: pytest.CaptureFixture[str]
) -> None:
    def drawn(*arguments: object) -> bytes:
        out = labels.with_name("out.png")
        assert run("synth", labels, "-o", out, "--models", models, *arguments) == 0
        assert capsys.readouterr().err == ""
        return out.read_bytes()

    seeds = {seed: drawn("--seed", seed) for seed in range(6)}
    other = next(seed for seed in seeds if seeds[seed] != seeds[0])
    taken = Taken(np.full(DIM, 5, np.float32), "denim.png", "swatch")
    save_design(labels, load_label_map(labels, palette), Chosen(other))
    assert (drawn(), drawn("--seed", 0)) == (seeds[other], seeds[0])
    save_design(labels, load_label_map(labels, palette), Chosen(other, {15: Choice(taken)}))
    assert drawn() not in seeds.values()
    assert drawn("--seed", other) == seeds[other]


def test_a_damaged_look_is_told_and_left_out(
    models: Path, labels: Path, palette: Palette, capsys: pytest.CaptureFixture[str]
) -> None:
    save_label_map(labels, load_label_map(labels, palette), {LOOK_TEXT: "what?"})
    out = labels.with_name("out.png")
    assert run("synth", labels, "-o", out, "--models", models) == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert "look" in line
    assert run("synth", labels, "-o", out, "--models", models, "--seed", 3) == 0
    assert capsys.readouterr().err == ""


def test_the_label_map_itself_is_never_overwritten(
    models: Path, labels: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = labels.read_bytes()
    link = labels.with_name("link.png")
    link.symlink_to(labels)
    for out in (labels, labels.parent / "." / labels.name, link):
        assert run("synth", labels, "-o", out, "--models", models) == 6
        assert "overwrite" in one_line(capsys)
    assert labels.read_bytes() == before


@pytest.mark.parametrize(
    "arguments",
    [
        ["synth"],
        ["synth", "x.png"],
        ["nonsense"],
        ["labels.png"],
        ["synth", "x.png", "-o", "y.png", "--seed", "-1"],
        ["synth", "x.png", "-o", "y.png", "--seed", "4294967296"],
        ["synth", "x.png", "-o", "y.png", "--seed", "1.5"],
        ["synth", "x.png", "-o", "y.png", "--size", "0x5"],
        ["synth", "x.png", "-o", "y.png", "--size", "20000x20000"],
        ["synth", "x.png", "-o", "y.png", "--size", "large"],
        ["synth", "x.png", "-o", "y.png", "--device", "tpu"],
        ["synth", "x.png", "-o", "y.png", "--style-from"],
        ["parse", "x.jpg"],
        ["parse", "x.jpg", "-o", "y.png", "--size", "10"],
        ["doctor", "--what"],
    ],
)
def test_wrong_usage_is_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*arguments) == 2
    assert "--help" in one_line(capsys)


def test_a_wrong_input_is_3(
    models: Path, labels: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photo, text = tmp_path / "photo.png", tmp_path / "text.png"
    Image.new("RGB", (20, 20)).save(photo)
    text.write_text("hello")
    for source in (photo, text, tmp_path / "missing.png", tmp_path):
        assert run("synth", source, "-o", tmp_path / "out.png", "--models", models) == 3
        assert str(source) in one_line(capsys)
    assert not (tmp_path / "out.png").exists()


def test_a_pack_problem_is_4(
    labels: Path, tmp_path: Path, palette: Palette, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_pack(tmp_path / "m" / "spoilt", palette)
    out = tmp_path / "out.png"
    (folder / "generator.onnx").write_bytes(b"x" * (folder / "generator.onnx").stat().st_size)
    assert run("synth", labels, "-o", out, "--models", folder.parent) == 4
    assert "sha256" in one_line(capsys)
    (folder / "pack.json").write_text("{}")
    assert run("synth", labels, "-o", out, "--models", folder.parent) == 4
    assert "not a manifest" in one_line(capsys)
    assert run("synth", labels, "-o", out, "--models", tmp_path / "none") == 4
    assert "TOILE_MODELS" in one_line(capsys)
    assert not out.exists()


@pytest.mark.parametrize("device", ["cuda", "dml"])
def test_a_device_that_is_not_here_is_5(
    models: Path, labels: Path, device: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = labels.with_name("out.png")
    assert run("synth", labels, "-o", out, "--models", models, "--device", device) == 5
    assert f"no device {device} that Toile can use" in one_line(capsys)
    assert not out.exists()


def test_an_output_that_cannot_be_written_is_6(
    models: Path, labels: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for out in (tmp_path / "none" / "out.png", tmp_path, tmp_path / "out.jpg"):
        assert run("synth", labels, "-o", out, "--models", models) == 6
        assert str(out) in one_line(capsys)


def test_an_unexpected_failure_is_1_and_logged(
    models: Path, labels: Path, capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("app.cli.synth.save_picture", lambda *_: 1 // 0)
    assert run("synth", labels, "-o", labels.with_name("out.png"), "--models", models) == 1
    assert "unexpected" in one_line(capsys)
    assert "ZeroDivisionError" in caplog.text


def test_help_lists_every_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ([], ["synth"], ["parse"], ["doctor"]):
        assert run(*command, "--help") == 0
        text = capsys.readouterr().out
        for code in cli.Exit:
            assert f"\n  {code.value}  " in text
    assert run("--version") == 0
    assert capsys.readouterr().out.startswith("Toile ")


def test_doctor_reports_versions_devices_folders_and_times(
    models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("doctor", "--json", "--models", models) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["fault"] == ""
    assert report["runtime"]["onnxruntime"]
    assert "CPUExecutionProvider" in report["runtime"]["providers"]
    assert report["folders"]["models"] == str(models)
    (pack,) = report["packs"]
    assert (pack["name"], pack["classes"], pack["codes"]) == ("garment-tiny", 26, 75)
    assert pack["devices"][-1] == {"id": "cpu", "device": "CPU", "good": True, "reason": ""}
    cpu = report["runtime"]["devices"][-1]
    assert (cpu["id"], cpu["name"], cpu["through"]) == ("cpu", "CPU", "CPU")
    assert 0 < pack["timing"]["p50_ms"] <= pack["timing"]["p95_ms"]
    assert run("doctor", "--models", models) == 0
    text = capsys.readouterr().out
    assert "garment-tiny 0.0.1" in text
    assert "Device cpu: CPU\n" in text
    assert "All is well." in text


def test_doctor_tells_of_broken_packs_beside_sound_ones(
    tmp_path: Path, palette: Palette, capsys: pytest.CaptureFixture[str]
) -> None:
    sound = write_pack(tmp_path / "a", palette)
    (write_pack(tmp_path / "cut", palette) / "encoder.onnx").write_bytes(b"")
    write_pack(tmp_path / "foreign", palette, format=9)
    write_pack(tmp_path / "misfit", palette, files={"encoder": encoder(4)})
    write_pack(tmp_path / "nan", palette, files={"generator": generator(26, gain=float("nan"))})
    write_pack(tmp_path / "rubbish", palette, files={"generator": b"rubbish"})
    code = run("doctor", "--json", "--models", tmp_path)
    packs = {
        Path(pack["folder"]).name: pack for pack in json.loads(capsys.readouterr().out)["packs"]
    }
    assert code in (4, 5)
    assert packs.pop(sound.name)["error"] == ""
    words = {"cut": "empty", "foreign": "format 9", "misfit": "does not fit", "rubbish": "opened"}
    for name, word in words.items():
        assert word in packs[name]["error"]
    assert "failed" in packs["nan"]["error"] + packs["nan"]["device_error"]
    assert run("doctor", "--models", tmp_path) == code
    assert capsys.readouterr().out.count("Pack ") == 6


def test_doctor_knows_packs_of_every_task(
    tmp_path: Path, palette: Palette, capsys: pytest.CaptureFixture[str]
) -> None:
    graphs = {
        PARSING: {"parser": photo_graphs.parser(palette)},
        CUTOUT: {"cutout": photo_graphs.cutout()},
        TRYON: {"tryon": photo_graphs.tryon()},
    }
    for task, files in graphs.items():
        write_pack(tmp_path / task, palette, task=task, files=files)
    assert run("doctor", "--json", "--models", tmp_path) == 0
    packs = {pack["task"]: pack for pack in json.loads(capsys.readouterr().out)["packs"]}
    assert packs.keys() == graphs.keys()
    assert (packs[PARSING]["classes"], packs[CUTOUT]["classes"]) == (26, 0)
    for pack in packs.values():
        assert (pack["error"], pack["codes"]) == ("", 0)
        assert 0 <= pack["timing"]["p50_ms"] <= pack["timing"]["p95_ms"]
    assert run("doctor", "--models", tmp_path) == 0
    text = capsys.readouterr().out
    assert "for cloth-cutout: frame 24 × 32" in text
    assert "for person-parsing: 26 classes, frame" in text
    write_pack(tmp_path / "foreign", palette, task="weaving")
    assert run("doctor", "--models", tmp_path) == 4
    assert "no use for a pack for 'weaving'" in capsys.readouterr().out


def test_doctor_without_a_pack_is_4(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("doctor", "--models", tmp_path) == 4
    assert "No model pack" in capsys.readouterr().out


def test_doctor_for_a_device_that_is_not_here_is_5(
    models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("doctor", "--device", "cuda", "--models", models) == 5
    assert "no device cuda" in capsys.readouterr().out


def test_doctor_names_cards_with_memory_driver_and_speed(
    models: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    card = Device("dml", 1, "Arc A770", 16 << 30, 8 << 30, "31.0.101.5186")
    verdict = [Verdict(True, ms=4.5, cpu_ms=31.0)]
    monkeypatch.setattr(doctor, "all_devices", lambda: (card, CPU))
    monkeypatch.setattr(wiring, "vetter", lambda **_: lambda *_: verdict[0])
    assert run("doctor", "--models", models) == 0
    text = capsys.readouterr().out
    assert (
        "Device dml:1: Arc A770 (DirectML, 16384 MB, 8192 MB shared, driver 31.0.101.5186)" in text
    )
    assert "  Arc A770: good, 4.5 ms where the CPU takes 31.0 ms" in text
    verdict[0] = Verdict(False, "it fails: no memory")
    assert run("doctor", "--models", models) == 0
    assert "  Arc A770: not used, it fails: no memory" in capsys.readouterr().out


def test_ctrl_c_while_the_network_runs_is_130_and_writes_nothing(
    labels: Path, tmp_path: Path, palette: Palette, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    slow = generator(len(palette), drag=3000)
    models = write_pack(tmp_path / "m" / "slow", palette, files={"generator": slow}).parent
    running, real = threading.Event(), OrtSession.run

    def run_and_tell(self: OrtSession, inputs: Tensors, cancel: CancelToken) -> dict[str, Tensor]:
        running.set()
        return real(self, inputs, cancel)

    def press() -> None:
        running.wait(30)
        time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(OrtSession, "run", run_and_tell)
    finger = threading.Thread(target=press)
    finger.start()
    assert run("synth", labels, "-o", tmp_path / "out.png", "--models", models) == 130
    finger.join()
    assert one_line(capsys) == "toile: Cancelled.\n"
    assert not (tmp_path / "out.png").exists()


def test_without_a_screen_it_says_so_and_points_to_synth(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    assert entry.main([]) == 1
    line = one_line(capsys)
    assert "no screen" in line
    assert "toile synth LABELS.png -o OUT.png" in line


def imported(code: str) -> set[str]:
    """Top-level modules in a fresh interpreter after ``code``."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    tail = "; import sys; print(*{name.split('.')[0] for name in sys.modules})"
    run = subprocess.run(
        [sys.executable, "-c", code + tail], capture_output=True, check=True, env=environment
    )
    return set(run.stdout.decode().split())


def test_the_palette_is_read_without_the_runtime_and_synth_without_qt(
    models: Path, labels: Path
) -> None:
    opened = f"wiring.open_services('auto', pathlib.Path({str(models)!r}))"
    before = imported(f"import pathlib; from app import wiring; {opened}")
    assert not before & {"onnxruntime", "PySide6", "torch"}
    out = labels.with_name("out.png")
    arguments = ["synth", str(labels), "-o", str(out), "--models", str(models)]
    after = imported(f"from app.__main__ import main; main({arguments!r})")
    assert "onnxruntime" in after
    assert not after & {"PySide6", "torch"}
