"""The yardstick is the published network: its size, its shape, and that it looks at the labels."""

import numpy as np
import onnx
import onnxruntime
import pytest

from models.training.baselines.spade_reference import build


def test_it_runs_and_follows_the_labels() -> None:
    content, _ = build(classes=5, size=64, ngf=2)
    onnx.checker.check_model(onnx.load_from_string(content), full_check=True)
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    labels = np.zeros((1, 5, 64, 64), np.float32)
    labels[0, 1] = 1
    other = np.roll(labels, 1, axis=1)
    pictures = [session.run(None, {"labels": one})[0] for one in (labels, other)]
    assert pictures[0].shape == (1, 3, 64, 64)
    assert np.abs(pictures[0]).max() <= 1
    assert np.abs(pictures[0] - pictures[1]).max() > 1e-3


@pytest.mark.parametrize(("ngf", "classes"), [(2, 5), (4, 26)])
def test_its_parameters_are_those_of_the_paper(ngf: int, classes: int) -> None:
    """Counted layer by layer from the published architecture, without the builder."""

    def conv(fan_in: int, fan_out: int, kernel: int = 3, bias: int = 1) -> int:
        return fan_in * fan_out * kernel * kernel + bias * fan_out

    def spade(channels: int) -> int:
        return conv(classes, 128) + 2 * conv(128, channels)

    def block(fan_in: int, fan_out: int) -> int:
        middle = min(fan_in, fan_out)
        count = spade(fan_in) + conv(fan_in, middle) + spade(middle) + conv(middle, fan_out)
        return count + (spade(fan_in) + conv(fan_in, fan_out, 1, 0) if fan_in != fan_out else 0)

    wide = 16 * ngf
    widths = [(wide, wide)] * 3 + [(wide >> n, wide >> (n + 1)) for n in range(4)]
    wanted = conv(classes, wide) + sum(block(*pair) for pair in widths) + conv(ngf, 3)
    assert build(classes, 32, ngf)[1] == wanted
