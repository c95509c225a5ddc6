"""The published SPADE generator as an ONNX graph with random weights: the yardstick for speed.

Park, Liu, Wang, Zhu, "Semantic Image Synthesis with Spatially-Adaptive Normalization", CVPR 2019
(arXiv 1903.07291), section 3 and the appendix: ngf 64, 256 × 256, five upsamplings. Written from
the paper with numpy and onnx alone. In favour of the reference: spectral normalisation is taken as
folded into the weights, batch normalisation uses running statistics, the one-hot map is an input,
and it is resized once for each resolution rather than once for each normalisation.

    python -m models.training.baselines.spade_reference OUT.onnx
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
_HIDDEN = 128  # width of the shared convolution in every SPADE layer
_UPSAMPLINGS = 5


class _Builder:
    """Collects nodes and random weights of one graph."""

    def __init__(self, classes: int, size: int, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._classes, self._size = classes, size
        self._maps: dict[int, str] = {}
        self._count = 0
        self.parameters = 0
        self.nodes: list[onnx.NodeProto] = []
        self.values: list[onnx.TensorProto] = []

    def add(self, kind: str, *inputs: str, **attributes: object) -> str:
        self._count += 1
        output = f"{kind.lower()}_{self._count}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def constant(self, array: NDArray[np.generic]) -> str:
        name = f"value_{len(self.values)}"
        self.values.append(numpy_helper.from_array(array, name))
        return name

    def conv(self, x: str, fan_in: int, fan_out: int, kernel: int = 3, *, bias: bool = True) -> str:
        scale = np.float32(1 / np.sqrt(fan_in * kernel * kernel))
        shape = (fan_out, fan_in, kernel, kernel)
        weight = self._random.standard_normal(shape, dtype=np.float32) * scale
        inputs = [x, self.constant(weight)]
        self.parameters += weight.size
        if bias:
            inputs.append(self.constant(np.zeros(fan_out, np.float32)))
            self.parameters += fan_out
        side = kernel // 2
        return self.add("Conv", *inputs, kernel_shape=[kernel, kernel], pads=[side] * 4)

    def label_map(self, side: int) -> str:
        """The one-hot map at ``side`` × ``side``, nearest."""
        if side == self._size:
            return "labels"
        if side not in self._maps:
            self._maps[side] = self._resize("labels", side / self._size)
        return self._maps[side]

    def upsample(self, x: str) -> str:
        return self._resize(x, 2.0)

    def _resize(self, x: str, factor: float) -> str:
        return self.add(
            "Resize",
            x,
            "",
            self.constant(np.array([1, 1, factor, factor], np.float32)),
            mode="nearest",
            coordinate_transformation_mode="asymmetric",
            nearest_mode="floor",
        )

    def spade(self, x: str, channels: int, side: int) -> str:
        """Normalised features × (1 + gamma) + beta, both convolved from the label map."""
        ones, zeros = np.ones(channels, np.float32), np.zeros(channels, np.float32)
        statistics = [self.constant(array) for array in (ones, zeros, zeros, ones)]
        normalised = self.add("BatchNormalization", x, *statistics)
        shared = self.add("Relu", self.conv(self.label_map(side), self._classes, _HIDDEN))
        gamma, beta = (self.conv(shared, _HIDDEN, channels) for _ in range(2))
        factor = self.add("Add", gamma, self.constant(np.ones(1, np.float32)))
        return self.add("Add", self.add("Mul", normalised, factor), beta)

    def block(self, x: str, fan_in: int, fan_out: int, side: int) -> str:
        """A residual block with SPADE before each convolution, also on a changing shortcut."""
        middle = min(fan_in, fan_out)
        shortcut = x
        if fan_in != fan_out:
            spread = self.spade(x, fan_in, side)
            shortcut = self.conv(spread, fan_in, fan_out, kernel=1, bias=False)
        inner = self.conv(self.leaky(self.spade(x, fan_in, side)), fan_in, middle)
        inner = self.conv(self.leaky(self.spade(inner, middle, side)), middle, fan_out)
        return self.add("Add", shortcut, inner)

    def leaky(self, x: str) -> str:
        return self.add("LeakyRelu", x, alpha=0.2)


def build(classes: int = 26, size: int = 256, ngf: int = 64, seed: int = 0) -> tuple[bytes, int]:
    """The graph's bytes and its number of parameters.

    Input ``labels`` float32 [1, classes, size, size], one-hot; output ``picture`` float32
    [1, 3, size, size], -1..1. ``size`` is a multiple of 32.
    """
    net = _Builder(classes, size, seed)
    side = size >> _UPSAMPLINGS
    wide = 16 * ngf
    x = net.conv(net.label_map(side), classes, wide)
    x = net.block(x, wide, wide, side)
    side *= 2
    x = net.upsample(x)
    for _ in range(2):
        x = net.block(x, wide, wide, side)
    for _ in range(_UPSAMPLINGS - 1):
        side *= 2
        x = net.block(net.upsample(x), wide, wide // 2, side)
        wide //= 2
    x = net.add("Tanh", net.conv(net.leaky(x), wide, 3))
    net.nodes.append(helper.make_node("Identity", [x], ["picture"]))
    graph = helper.make_graph(
        net.nodes,
        "spade_reference",
        [helper.make_tensor_value_info("labels", TensorProto.FLOAT, [1, classes, size, size])],
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, size, size])],
        net.values,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    return model.SerializeToString(), net.parameters


def main() -> None:
    """Write the full-size graph to the path given."""
    content, parameters = build()
    Path(sys.argv[1]).write_bytes(content)
    print(f"{sys.argv[1]}: {parameters / 1e6:.1f} M parameters, {len(content) / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
