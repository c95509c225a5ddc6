"""Which device is taken: the wish, what is there, what proved itself, and what was fastest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.cancel import CancelToken
from app.domain.errors import DeviceError
from app.domain.palette import Palette
from app.inference import devices as room
from app.inference.devices import Devices, all_devices
from app.inference.graphs import sample
from app.inference.packs import Pack, load_pack
from app.inference.providers import CPU, Device, allowed, device_named, devices_there, fingerprint
from app.inference.runner import GraphRunner
from app.inference.runtime import offered_providers
from app.inference.session import OrtSession
from app.inference.vetting import Verdict, VerdictStore, Vetter, check
from tests.inference.doubles import CUDA, DML, FakeDevices, Vetted, devices
from tests.inference.graphs import write_pack

ARC = Device("dml", 0, "Arc A770", 16 << 30, 16 << 30, "31.0.101.5186")
IRIS = Device("dml", 2, "Iris Xe", 128 << 20, 8 << 30, "31.0.101.4146")
BOTH = (ARC, IRIS, CPU)


def ranked(made: Devices, pack: Pack) -> tuple[list[str], tuple[str, ...]]:
    ranking = made.rank(pack, CancelToken())
    return [device.id for device in ranking.devices], ranking.notices


def timed(ms: float, cpu_ms: float = 40.0) -> Verdict:
    return Verdict(True, ms=ms, cpu_ms=cpu_ms)


@pytest.mark.parametrize(
    ("policy", "ids"),
    [
        ("auto", ["dml:0", "dml:2", "cpu"]),
        ("dml", ["dml:0", "dml:2"]),
        ("dml:2", ["dml:2"]),
        ("cpu", ["cpu"]),
    ],
)
def test_a_wish_allows_some_of_what_is_there(policy: str, ids: list[str]) -> None:
    assert [device.id for device in allowed(policy, BOTH)] == ids


@pytest.mark.parametrize("policy", ["dml:1", "cuda", "cuda:0"])
def test_a_wish_for_what_is_not_there_names_what_is(policy: str) -> None:
    with pytest.raises(DeviceError, match=f"no device {policy} .*dml:0 Arc A770, dml:2 Iris Xe"):
        allowed(policy, BOTH)


def test_a_device_says_what_it_is() -> None:
    assert ARC.title == "Arc A770 (DirectML, 16.0 GB)"
    assert IRIS.title == "Iris Xe (DirectML, 8.0 GB shared)"
    assert (CPU.title, CUDA.title) == ("CPU", "CUDA")
    assert (ARC.label, DML.label, CPU.label) == ("Arc A770", "DirectML", "CPU")
    assert [device_named(each.id).id for each in (ARC, IRIS, CUDA, CPU)] == [
        "dml:0", "dml:2", "cuda:0", "cpu",
    ]  # fmt: skip
    for word in ("tpu", "dml:x", "", "auto"):
        with pytest.raises(DeviceError, match="There is no device"):
            device_named(word)


def test_the_fingerprint_tells_devices_and_drivers_apart() -> None:
    seen = {fingerprint(each) for each in (ARC, IRIS, CUDA, CPU, replace(ARC, driver="32.0"))}
    assert len(seen) == 5
    assert fingerprint(ARC) == fingerprint(replace(ARC))


def test_only_offered_providers_bring_devices() -> None:
    assert devices_there(("CPUExecutionProvider",)) == (CPU,)
    assert devices_there(())[-1] is CPU


def test_the_fastest_comes_first_and_what_is_slower_than_the_cpu_not_at_all(pack: Pack) -> None:
    vet = Vetted(dml0=timed(9.0), dml2=timed(6.0))
    assert ranked(devices("auto", vet=vet, there=BOTH), pack) == (["dml:2", "dml:0", "cpu"], ())
    vet = Vetted(dml0=timed(9.0), dml2=timed(55.0))
    assert ranked(devices("auto", vet=vet, there=BOTH), pack) == (["dml:0", "cpu"], ())
    vet = Vetted(dml0=timed(41.0), dml2=timed(55.0))
    assert ranked(devices("auto", vet=vet, there=BOTH), pack) == (["cpu"], ())


def test_a_device_by_name_is_taken_however_slow(pack: Pack) -> None:
    vet = Vetted(dml0=timed(400.0), dml2=timed(900.0))
    assert ranked(devices("dml:2", vet=vet, there=BOTH), pack) == (["dml:2"], ())
    assert ranked(devices("dml", vet=vet, there=BOTH), pack) == (["dml:0", "dml:2"], ())


def test_one_that_failed_its_check_is_left_out_with_its_name(pack: Pack) -> None:
    vet = Vetted(dml0=Verdict(False, "it ended its test program (exit code 3)"), dml2=timed(5.0))
    ids, notices = ranked(devices("auto", vet=vet, there=BOTH), pack)
    assert ids == ["dml:2", "cpu"]
    assert notices == ("Arc A770 is not used: it ended its test program (exit code 3).",)


def test_the_cpu_asks_for_nothing(pack: Pack) -> None:
    vet = Vetted()
    assert ranked(devices("cpu", vet=vet, there=BOTH), pack) == (["cpu"], ())
    assert vet.asked == []


def test_a_choice_that_is_gone_is_told_and_the_cpu_draws(pack: Pack) -> None:
    with pytest.raises(DeviceError, match="no device dml:1"):
        ranked(devices("dml:1", there=BOTH), pack)
    lenient = devices("dml:1", there=BOTH, strict=False)
    ids, notices = ranked(lenient, pack)
    assert ids == ["cpu"]
    assert notices == (
        "This computer has no device dml:1 that Toile can use (there is dml:0 Arc A770, dml:2 Iris "
        "Xe, cpu). The CPU draws instead; another device can be chosen in the settings.",
    )
    run = GraphRunner(pack, "generator", lenient)
    outcome = run.run(sample(pack, "generator"), CancelToken())
    assert (outcome.device, outcome.notices) == (CPU, notices)
    assert run.run(sample(pack, "generator"), CancelToken()).notices == ()


def test_a_choice_that_fails_its_check_is_told_and_the_cpu_draws(pack: Pack) -> None:
    vet = Vetted(dml0=Verdict(False, "it fails: 887A0005"))
    with pytest.raises(DeviceError, match="Arc A770 is not used: it fails"):
        ranked(devices("dml:0", vet=vet, there=BOTH), pack)
    ids, notices = ranked(devices("dml:0", vet=vet, there=BOTH, strict=False), pack)
    assert ids == ["cpu"]
    assert notices[0].startswith("Arc A770 is not used: it fails: 887A0005. The CPU draws instead")


def test_a_choice_that_takes_no_graph_is_told_and_the_cpu_draws(pack: Pack) -> None:
    world = FakeDevices(refuses=("dml",))
    lenient = devices("dml:0", world, there=BOTH, strict=False)
    outcome = GraphRunner(pack, "generator", lenient).run(sample(pack, "generator"), CancelToken())
    assert outcome.device is CPU
    assert len(outcome.notices) == 1


def test_after_a_loss_there_is_only_the_cpu(pack: Pack) -> None:
    made = devices("dml:0", there=BOTH)
    made.lose()
    assert ranked(made, pack) == (["cpu"], ())


def test_the_choice_is_kept_and_made_again_for_another_driver_pack_or_runtime(
    tmp_path: Path, pack: Pack, palette: Palette, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = load_pack(write_pack(tmp_path / "other", palette, version="0.0.2"))
    vet = Vetted(dml0=timed(9.0), dml2=timed(6.0))

    def choice(there: tuple[Device, ...], chosen: Pack = pack) -> str:
        """As a program that was just started chooses."""
        kept = Vetter(VerdictStore(tmp_path / "checks.json"), vet)
        made = Devices("auto", vet=kept, there=lambda: there)
        return made.rank(chosen, CancelToken()).devices[0].id

    assert [choice(BOTH), choice(BOTH)] == ["dml:2", "dml:2"]
    assert len(vet.asked) == 2
    vet.each = {"dml0": timed(2.0), "dml2": timed(6.0)}
    assert choice(BOTH) == "dml:2"
    assert choice((replace(ARC, driver="32.0.101.1"), IRIS, CPU)) == "dml:0"
    assert len(vet.asked) == 3
    assert choice(BOTH, other) == "dml:0"
    assert len(vet.asked) == 5
    monkeypatch.setattr("app.inference.vetting.version", lambda: "9.9")
    assert choice(BOTH) == "dml:0"
    assert len(vet.asked) == 7


def test_what_is_there_ends_with_the_cpu() -> None:
    assert all_devices()[-1] is CPU
    assert room.all_devices is all_devices


# Where there is a card, for real.


def test_every_card_of_this_computer_draws_what_the_cpu_draws(pack: Pack) -> None:
    cards = [device for device in all_devices() if not device.is_cpu]
    if not cards:
        pytest.skip(f"no card here that onnxruntime can use ({', '.join(offered_providers())})")
    for card in cards:
        verdict = check(card, pack, OrtSession)
        assert verdict.good, f"{card.title}: {verdict.reason}"
        assert card.name
        assert card.memory + card.shared > 0
