"""The U-Net behind parser and cut-out: EfficientNet-Lite down, a light decoder up.

Ronneberger, Fischer, Brox 2015 ("U-Net"), with an ImageNet encoder whose batch statistics stay
frozen: batches here are small.
"""

from __future__ import annotations

from typing import TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.training import efficientnet

Five: TypeAlias = tuple[int, int, int, int, int]
#: Blocks after which features are taken by default, the last ones of strides 2, 4, 8, 16 and 32.
_TAPS: dict[str, Five] = {"lite0": (0, 2, 4, 10, 15), "lite2": (0, 3, 6, 14, 20)}


class ConvNorm(nn.Sequential):
    """3x3 convolution, batch norm, ReLU."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        )


class UNet(nn.Module):
    """Pictures (B, 3, H, W) in [-1, 1] to features.

    ``forward`` returns features at stride 2 (``widths[3]`` channels), at stride 4 (``widths[2]``)
    and the deepest encoder features at stride 32 (``deep`` channels). The encoder, ``lite0`` or
    ``lite2``, ends with the last of ``taps``.
    """

    def __init__(
        self,
        encoder: str,
        widths: tuple[int, int, int, int] = (128, 96, 64, 40),
        taps: Five | None = None,
    ) -> None:
        super().__init__()
        self.taps = taps or _TAPS[encoder]
        self.encoder = efficientnet.frozen(encoder, self.taps[-1] + 1).requires_grad_(True)
        self.channels = [self.encoder.channels[t] for t in self.taps]
        self.deep = self.channels[-1]
        below = self.deep
        self.steps = nn.ModuleList()
        for skip, width in zip(reversed(self.channels[:-1]), widths, strict=True):
            self.steps.append(ConvNorm(below + skip, width))
            below = width

    def groups(self, encoder: float, decoder: float) -> list[dict[str, object]]:
        """AdamW's groups for this network: a rate for the encoder, one for the rest."""
        return self.encoder.groups(self, encoder, decoder)

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        features = self.encoder(picture, self.taps)
        x = deep = features[-1]
        levels = []
        for step, skip in zip(self.steps, reversed(features[:-1]), strict=True):
            x = functional.interpolate(x, size=skip.shape[2:], mode="bilinear", align_corners=False)
            x = step(torch.cat([x, skip], 1))
            levels.append(x)
        return levels[3], levels[2], deep
