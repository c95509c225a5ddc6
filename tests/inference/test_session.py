"""A graph in onnxruntime: what fits, what does not, and how a run is stopped."""

import threading
import time

import numpy as np
import pytest

from app.domain.cancel import CancelToken
from app.domain.errors import Cancelled, DeviceError, PackError
from app.domain.palette import Palette
from app.inference.graphs import graph_keys, sample, signature
from app.inference.packs import Pack
from app.inference.providers import CPU
from app.inference.runtime import offered_providers
from app.inference.session import OrtSession, Port, cpu_threads
from tests.inference.doubles import CUDA, DML
from tests.inference.graphs import FRAME, generator


def test_every_graph_of_every_task_has_the_signature_the_program_expects(
    pack: Pack, parser_pack: Pack, cutout_pack: Pack, tryon_pack: Pack
) -> None:
    seen = []
    for each in (pack, parser_pack, cutout_pack, tryon_pack):
        for key in graph_keys(each):
            seen.append(key)
            session = OrtSession(each.read(key), CPU)
            assert session.signature == signature(each, key)
            outputs = session.run(sample(each, key), CancelToken())
            for name, port in session.signature.outputs.items():
                assert Port(str(outputs[name].dtype), outputs[name].shape) == port
    assert seen == ["generator", "encoder", "parser", "cutout", "tryon"]


def test_a_sample_is_the_same_each_time_and_never_flat(parser_pack: Pack, tryon_pack: Pack) -> None:
    for each in (parser_pack, tryon_pack):
        for key in graph_keys(each):
            first, second = sample(each, key), sample(each, key)
            for name, tensor in first.items():
                np.testing.assert_array_equal(tensor, second[name])
                assert float(np.ptp(tensor)) > 0, name
    assert set(np.unique(sample(tryon_pack, "tryon")["labels"])) == {0, 1, 2, 5, 17, 21}


@pytest.mark.parametrize(
    ("graph", "words"),
    [
        (lambda n: generator(n, frame=(16, 16)), r"'labels' is uint8 \[1, 16, 16\]"),
        (lambda n: generator(n - 1), r"input 'codes' is float32 \[1, 25, 4\]"),
        (lambda n: generator(n, output="image"), "output 'image'.*where none belongs"),
    ],
)
def test_another_signature_is_refused_by_name(
    pack: Pack, palette: Palette, graph: object, words: str
) -> None:
    assert callable(graph)
    found = OrtSession(graph(len(palette)), CPU).signature
    with pytest.raises(PackError, match=words) as caught:
        signature(pack, "generator").check(found, "generator.onnx")
    assert caught.value.where == "generator.onnx"


@pytest.mark.parametrize("graph", [b"", b"no graph", bytes(1000)])
def test_bytes_that_are_no_graph_are_a_pack_error(graph: bytes) -> None:
    with pytest.raises(PackError, match="cannot be opened: ") as caught:
        OrtSession(graph, CPU)
    assert "ONNXRuntimeError" not in str(caught.value)


@pytest.mark.filterwarnings("ignore:Specified provider")
def test_a_provider_that_is_not_there_is_a_device_error(palette: Palette) -> None:
    for device in (DML, CUDA):
        if device.provider not in offered_providers():
            with pytest.raises(DeviceError):
                OrtSession(generator(len(palette)), device)


def inputs(palette: Palette) -> dict[str, np.ndarray]:
    return {
        "labels": np.zeros((1, *FRAME), np.uint8),
        "codes": np.zeros((1, len(palette), 4), np.float32),
    }


def test_a_run_stops_between_nodes_and_the_next_one_is_whole(palette: Palette) -> None:
    session = OrtSession(generator(len(palette), drag=3000), CPU)
    begun = time.perf_counter()
    session.run(inputs(palette), CancelToken())
    whole = time.perf_counter() - begun

    token = CancelToken()
    timer = threading.Timer(whole / 10, token.cancel)
    timer.start()
    begun = time.perf_counter()
    with pytest.raises(Cancelled):
        session.run(inputs(palette), token)
    assert time.perf_counter() - begun < whole * 0.7
    timer.join()

    picture = session.run(inputs(palette), CancelToken())["picture"]
    np.testing.assert_array_equal(picture, 1)


def test_a_token_already_cancelled_runs_nothing(palette: Palette) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        OrtSession(generator(len(palette)), CPU).run(inputs(palette), token)


def test_threads_stay_sensible() -> None:
    assert 1 <= cpu_threads() <= 8
