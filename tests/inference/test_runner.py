"""Devices in order, the person's choice, and the CPU when a device is lost in the middle."""

from pathlib import Path

import numpy as np
import pytest

from app.domain.cancel import CancelToken
from app.domain.errors import Cancelled, DeviceError, PackError
from app.domain.palette import Palette
from app.domain.requests import DevicePolicy
from app.inference.graphs import sample
from app.inference.packs import Pack, load_pack
from app.inference.providers import CPU
from app.inference.runner import GraphRunner
from app.inference.session import OrtSession, Tensor
from tests.inference.doubles import FakeDevices, Vetted, devices
from tests.inference.graphs import generator, write_pack


def runner(
    pack: Pack, world: FakeDevices, vet: Vetted | None = None, policy: DevicePolicy = "auto"
) -> GraphRunner:
    return GraphRunner(pack, "generator", devices(policy, world, vet))


def inputs(pack: Pack) -> dict[str, Tensor]:
    return sample(pack, "generator")


def expected(pack: Pack) -> Tensor:
    return OrtSession(pack.read("generator"), CPU).run(inputs(pack), CancelToken())["picture"]


def test_nothing_is_opened_before_the_first_run(pack: Pack) -> None:
    world, vet = FakeDevices(), Vetted()
    run = runner(pack, world, vet)
    assert (world.opened, vet.asked) == ([], [])
    for _ in range(3):
        outcome = run.run(inputs(pack), CancelToken())
    assert (world.opened, vet.asked) == (["dml"], ["dml"])
    assert (outcome.device.label, outcome.notices) == ("DirectML", ())
    np.testing.assert_array_equal(outcome.outputs["picture"], expected(pack))


def test_the_cpu_is_not_vetted(pack: Pack) -> None:
    world, vet = FakeDevices(), Vetted()
    assert runner(pack, world, vet, "cpu").run(inputs(pack), CancelToken()).device is CPU
    assert vet.asked == []


def test_a_device_that_fails_its_check_is_passed_over_with_a_notice(pack: Pack) -> None:
    world = FakeDevices()
    run = runner(pack, world, Vetted(False, "it differs from the CPU"))
    first, second = (run.run(inputs(pack), CancelToken()) for _ in range(2))
    assert world.opened == ["cpu"]
    assert first.notices == ("DirectML is not used: it differs from the CPU.",)
    assert second.notices == ()


def test_a_device_that_takes_no_graph_is_passed_over_with_a_notice(pack: Pack) -> None:
    world = FakeDevices(refuses=("dml",))
    outcome = runner(pack, world).run(inputs(pack), CancelToken())
    assert (outcome.device, world.opened) == (CPU, ["cpu"])
    assert len(outcome.notices) == 1


@pytest.mark.parametrize("world", [FakeDevices(refuses=("dml",)), FakeDevices()])
def test_a_device_chosen_by_name_is_not_replaced_in_silence(pack: Pack, world: FakeDevices) -> None:
    run = runner(pack, world, Vetted(bool(world.refuses), "it fails"), "dml")
    for _ in range(2):
        with pytest.raises(DeviceError, match=r"Choose the device “auto”\."):
            run.run(inputs(pack), CancelToken())
    assert world.opened == []


def test_a_device_lost_in_the_middle_gives_the_same_picture_from_the_cpu(pack: Pack) -> None:
    world = FakeDevices(dies_after=2)
    run = runner(pack, world)
    outcomes = [run.run(inputs(pack), CancelToken()) for _ in range(4)]
    assert [outcome.device.kind for outcome in outcomes] == ["dml", "dml", "cpu", "cpu"]
    assert [outcome.notices for outcome in outcomes] == [
        (), (), ("DirectML stopped working; pictures now come from the CPU.",), (),
    ]  # fmt: skip
    assert world.opened == ["dml", "cpu"]
    for outcome in outcomes:
        np.testing.assert_array_equal(outcome.outputs["picture"], expected(pack))


def test_what_else_runs_on_a_lost_device_goes_to_the_cpu_before_it_fails(pack: Pack) -> None:
    world = FakeDevices()
    shared = devices("auto", world)
    first, second, third = (GraphRunner(pack, "generator", shared) for _ in range(3))
    for each in (first, second):
        assert each.run(inputs(pack), CancelToken()).device.kind == "dml"
    world.dies_after = 1
    outcomes = [each.run(inputs(pack), CancelToken()) for each in (first, second, third)]
    assert [outcome.device for outcome in outcomes] == [CPU, CPU, CPU]
    assert [len(outcome.notices) for outcome in outcomes] == [1, 0, 0]
    assert world.opened == ["dml", "dml", "cpu", "cpu", "cpu"]
    for outcome in outcomes:
        np.testing.assert_array_equal(outcome.outputs["picture"], expected(pack))


def test_a_device_chosen_by_name_may_be_lost_too(pack: Pack) -> None:
    run = runner(pack, FakeDevices(dies_after=0), policy="dml")
    outcome = run.run(inputs(pack), CancelToken())
    assert outcome.device is CPU
    assert outcome.notices


def test_a_device_that_answers_with_nan_counts_as_lost(pack: Pack) -> None:
    world = FakeDevices(spoil=lambda outputs: {k: v * np.nan for k, v in outputs.items()})
    outcome = runner(pack, world).run(inputs(pack), CancelToken())
    assert outcome.device is CPU
    np.testing.assert_array_equal(outcome.outputs["picture"], expected(pack))


def test_a_graph_that_fails_on_the_cpu_too_is_an_error_with_its_file(
    tmp_path: Path, palette: Palette
) -> None:
    broken = generator(len(palette), gain=float("nan"))
    pack = load_pack(write_pack(tmp_path, palette, files={"generator": broken}))
    world = FakeDevices()
    with pytest.raises(DeviceError, match="The network failed") as caught:
        runner(pack, world).run(inputs(pack), CancelToken())
    assert caught.value.where.endswith("generator.onnx")
    assert world.opened == ["dml", "cpu"]


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"no graph at all", "cannot be opened"), (generator(3), "does not fit the program")],
)
def test_a_wrong_graph_is_the_packs_fault_on_any_device(
    tmp_path: Path, palette: Palette, content: bytes, words: str
) -> None:
    pack = load_pack(write_pack(tmp_path, palette, files={"generator": content}))
    with pytest.raises(PackError, match=words) as caught:
        runner(pack, FakeDevices(), policy="cpu").run(inputs(pack), CancelToken())
    assert caught.value.where.endswith("generator.onnx")
    assert caught.value.hint


def test_cancel_is_no_failure_of_the_device(pack: Pack) -> None:
    world, token = FakeDevices(), CancelToken()
    run = runner(pack, world)
    run.run(inputs(pack), CancelToken())
    token.cancel()
    with pytest.raises(Cancelled):
        run.run(inputs(pack), token)
    assert run.run(inputs(pack), CancelToken()).device.kind == "dml"
    assert world.opened == ["dml"]
