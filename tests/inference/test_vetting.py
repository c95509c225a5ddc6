"""The check of a device against the CPU, its memory, and the child process it runs in."""

import os
import re
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.domain.cancel import CancelToken
from app.domain.errors import Cancelled, PackError
from app.domain.palette import Palette
from app.inference import probe, vetting
from app.inference.packs import Pack, load_pack
from app.inference.providers import CPU, Device
from app.inference.session import Tensor
from app.inference.vetting import (
    MEAN_TOLERANCE,
    WORST_TOLERANCE,
    Verdict,
    VerdictStore,
    Vetter,
    check,
    compare,
)
from tests.inference.doubles import CUDA, DML, FakeDevices, Vetted
from tests.inference.graphs import generator, write_pack


def picture(value: float = 0.5) -> dict[str, Tensor]:
    plane = np.full((1, 3, 32, 24), value, np.float32)
    plane[0, 0, 0, 0] = 1
    return {"picture": plane}


def test_pictures_within_the_tolerance_agree() -> None:
    wanted, found = picture(), picture()
    found["picture"] += np.float32(MEAN_TOLERANCE * 0.9)
    found["picture"][0, 0, 5, 5] += np.float32(WORST_TOLERANCE * 0.8)
    assert compare(wanted, found) == Verdict(True)


def test_a_small_error_everywhere_a_large_one_somewhere_and_nan_do_not() -> None:
    everywhere, somewhere, broken = picture(), picture(), picture()
    everywhere["picture"] -= np.float32(MEAN_TOLERANCE * 1.1)
    somewhere["picture"][0, 0, 5, 5] += np.float32(WORST_TOLERANCE * 1.1)
    broken["picture"][0, 1, 2, 3] = np.nan
    assert "differs from the CPU" in compare(picture(), everywhere).reason
    assert "at worst" in compare(picture(), somewhere).reason
    assert "no numbers" in compare(picture(), broken).reason


def test_the_tolerance_follows_the_size_of_the_values() -> None:
    """Codes are not bound to 0..1; the same relative error is judged alike."""
    large = {"codes": picture()["picture"] * 50}
    off = {"codes": large["codes"] * np.float32(1 + MEAN_TOLERANCE / 2)}
    assert compare(large, off).good


def test_every_graph_runs_on_both(pack: Pack) -> None:
    world = FakeDevices()
    verdict = check(DML, pack, world)
    assert (verdict.good, verdict.reason, verdict.fatal) == (True, "", False)
    assert min(verdict.ms, verdict.cpu_ms) > 0
    assert world.opened == ["cpu", "dml", "cpu", "dml"]


def test_a_device_with_wrong_pictures_fails(pack: Pack) -> None:
    world = FakeDevices(spoil=lambda outputs: {k: v[..., ::-1] for k, v in outputs.items()})
    verdict = check(DML, pack, world)
    assert not verdict.good
    assert "differs from the CPU" in verdict.reason


@pytest.mark.parametrize("world", [FakeDevices(refuses=("dml",)), FakeDevices(dies_after=0)])
def test_a_device_that_fails_is_bad_and_says_why(pack: Pack, world: FakeDevices) -> None:
    verdict = check(DML, pack, world)
    assert not verdict.good
    assert verdict.reason.startswith("it fails: ")


def test_a_wrong_graph_is_the_packs_fault(tmp_path: Path, palette: Palette) -> None:
    pack = load_pack(write_pack(tmp_path, palette, files={"generator": generator(3)}))
    with pytest.raises(PackError, match="does not fit the program"):
        check(DML, pack, FakeDevices())


def test_a_device_is_asked_once_and_remembered_between_starts(tmp_path: Path, pack: Pack) -> None:
    file, probe_ = tmp_path / "data" / "checks.json", Vetted(False, "it fails")
    for _ in range(3):
        verdict = Vetter(VerdictStore(file), probe_)(DML, pack, CancelToken())
        assert (verdict.good, verdict.reason) == (False, "it fails")
        assert verdict.checked
    assert probe_.asked == ["dml"]
    Vetter(VerdictStore(file), probe_, fresh=True)(DML, pack, CancelToken())
    assert len(probe_.asked) == 2


def test_another_device_pack_driver_or_runtime_is_asked_again(
    tmp_path: Path, palette: Palette, pack: Pack, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = load_pack(write_pack(tmp_path / "other", palette, version="0.0.2"))
    asked = Vetted()
    vet = Vetter(VerdictStore(tmp_path / "checks.json"), asked)
    vet(DML, pack, CancelToken())
    vet(CUDA, pack, CancelToken())
    vet(DML, other, CancelToken())
    monkeypatch.setattr(vetting, "version", lambda: "9.9")
    vet(DML, pack, CancelToken())
    updated = replace(DML, driver="31.0.101.5186")
    vet(updated, pack, CancelToken())
    vet(replace(updated, name="Another card in its place"), pack, CancelToken())
    assert len(asked.asked) == 6
    vet(updated, pack, CancelToken())
    assert len(asked.asked) == 6


def test_a_device_that_brought_a_process_down_is_tried_with_no_other_pack(
    tmp_path: Path, palette: Palette, pack: Pack
) -> None:
    other = load_pack(write_pack(tmp_path / "other", palette, version="0.0.2"))
    asked = Vetted()
    asked.verdict = Verdict(False, "it ended its test program (exit code 3)", fatal=True)
    vet = Vetter(VerdictStore(tmp_path / "checks.json"), asked)
    for each in (pack, other, pack):
        assert vet(DML, each, CancelToken()).reason == asked.verdict.reason
    assert asked.asked == ["dml"]
    assert not vet(CUDA, pack, CancelToken()).good
    assert asked.asked == ["dml", "cuda"]
    later = Vetted()
    assert not Vetter(VerdictStore(tmp_path / "checks.json"), later)(DML, other, CancelToken()).good
    assert later.asked == []


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b'{"a": {"good": "perhaps"}}'])
def test_a_damaged_memory_counts_as_empty_and_is_mended(
    tmp_path: Path, pack: Pack, content: bytes
) -> None:
    file, asked = tmp_path / "checks.json", Vetted()
    file.write_bytes(content)
    for _ in range(2):
        assert Vetter(VerdictStore(file), asked)(DML, pack, CancelToken()).good
    assert len(asked.asked) == 1


def test_a_folder_that_cannot_be_written_costs_only_the_memory(
    tmp_path: Path, pack: Pack, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    store = VerdictStore(tmp_path / "file" / "checks.json")
    assert Vetter(store, Vetted())(DML, pack, CancelToken()).good
    assert "cannot be stored" in caplog.text


def test_a_cancelled_check_is_not_remembered(tmp_path: Path, pack: Pack) -> None:
    def cancelled(device: Device, pack: Pack, cancel: CancelToken) -> Verdict:
        raise Cancelled

    file, asked = tmp_path / "checks.json", Vetted()
    with pytest.raises(Cancelled):
        Vetter(VerdictStore(file), cancelled)(DML, pack, CancelToken())
    Vetter(VerdictStore(file), asked)(DML, pack, CancelToken())
    assert asked.asked == ["dml"]


# The child process, for real: this very program, checking the CPU against itself.


def test_the_child_finds_the_cpu_good(pack: Pack, tmp_path: Path) -> None:
    here = Path.cwd()
    os.chdir(tmp_path)  # the child must find the program from any folder
    try:
        verdict = probe.ask(CPU, pack, CancelToken())
        assert verdict.good, verdict.reason
        assert 0 < verdict.ms < 10_000
    finally:
        os.chdir(here)


def test_the_child_reports_a_device_that_is_not_there(pack: Pack) -> None:
    verdict = probe.ask(DML, pack, CancelToken())
    assert not verdict.good
    assert verdict.reason.startswith("it fails: ")


def test_the_child_reports_a_pack_at_fault(folder: Path) -> None:
    pack = load_pack(folder)
    pack.path("generator").write_bytes(b"short")
    with pytest.raises(PackError, match="truncated"):
        probe.ask(CPU, pack, CancelToken())


def child(code: str) -> list[str]:
    return [sys.executable, "-c", code]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import os; os._exit(3)", r"ended its test program \(exit code 3\)"),
        ("import os; os.abort()", r"ended its test program"),
        ("pass", "gave no verdict"),
        ("import sys; open(sys.argv[-1], 'w').write('hello')", "gave no verdict"),
        ("import sys; open(sys.argv[-1], 'w').write('{}')", "gave no verdict"),
    ],
)
def test_a_child_that_dies_or_babbles_makes_the_device_bad(
    pack: Pack, code: str, words: str
) -> None:
    verdict = probe.ask(DML, pack, CancelToken(), program=child(code))
    assert not verdict.good
    assert re.search(words, verdict.reason)
    assert verdict.fatal == verdict.reason.startswith("it ended")


def test_a_child_that_hangs_is_ended(pack: Pack) -> None:
    begun = time.monotonic()
    sleep = child("import time; time.sleep(60)")
    verdict = probe.ask(DML, pack, CancelToken(), program=sleep, patience=0.3)
    assert "no answer" in verdict.reason
    assert verdict.fatal
    assert time.monotonic() - begun < 10


def test_a_program_that_does_not_start_makes_the_device_bad(pack: Pack, tmp_path: Path) -> None:
    verdict = probe.ask(DML, pack, CancelToken(), program=[str(tmp_path / "none")])
    assert "does not start" in verdict.reason


def test_cancel_ends_the_child(pack: Pack) -> None:
    token = CancelToken()
    threading.Timer(0.2, token.cancel).start()
    begun = time.monotonic()
    with pytest.raises(Cancelled):
        probe.ask(DML, pack, token, program=child("import time; time.sleep(60)"))
    assert time.monotonic() - begun < 10
