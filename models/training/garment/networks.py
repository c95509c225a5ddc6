"""Networks of the pack ``garment-spade``: generator, style encoder, discriminator.

The generator belongs to the SPADE family (Park et al. 2019) in the class-adaptive form of CLADE
(Tan et al. 2020, arXiv 2004.02867): scale and shift of a feature map are computed once per class,
from the class and its style code, and spread by the label map. What is our own:

* features are normalised per pixel (over channels, as PONO does), not over the picture, so a
  new code for the skirt cannot move the statistics of the coat;
* codes enter from ``STYLE_FROM`` on; the coarsest features see the label map only;
* the picture is a flat fill of every class with a colour computed from its code, at full
  resolution, plus a residual that each stage refines, so colours and outlines are right from the
  first steps and the convolutions draw folds, light and texture.

Label maps enter as soft one-hot products: at a coarse stage a pixel on a border mixes the classes
beneath it by their area.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.training import palette
from models.training.garment.losses import TAPS

CLASSES = palette.COUNT
STYLE = 32
#: Channels of the stages; the first works at 1/16 of the final picture's size.
CHANNELS = (160, 128, 96, 48, 16)
STYLE_FROM = 1
_HIDDEN = 96
_SKIN = next(i for i, c in enumerate(palette.CLASSES) if c.key == "skin")
#: Blocks of EfficientNet-Lite0 after which the discriminator looks: strides 2, 4, 8, 16, 32.
SEEN_AFTER = (*TAPS, 10, 15)
_SEEN = (16, 24, 40, 112, 320)  # channels there
_HEADS = (32, 48, 64, 96, 128)


def one_hot(labels: Tensor) -> Tensor:
    """(B, H, W) integers to (B, CLASSES, H, W) float, channels last."""
    hot = functional.one_hot(labels.long(), CLASSES).permute(0, 3, 1, 2)
    return hot.to(torch.get_default_dtype())


def _activate(x: Tensor) -> Tensor:
    return functional.leaky_relu(x, 0.2)


def _enlarged(x: Tensor) -> Tensor:
    """Twice the size, bilinear: the steps of a nearest enlargement would return as a grid."""
    return functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


class ClassAdaptive(nn.Module):
    """Scale and shift of normalised features by class: (B, C, H, W) to the same shape."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.table = nn.Linear(_HIDDEN, 2 * channels)
        nn.init.normal_(self.table.weight, std=0.02)

    def forward(self, x: Tensor, soft: Tensor, classes: Tensor) -> Tensor:
        scale, shift = self.table(classes).chunk(2, 2)
        return torch.addcmul(spread(shift, soft), x, spread(scale + 1, soft))


def normalised(x: Tensor, centred: bool = False) -> Tensor:
    """Zero mean and unit variance over the channels of every pixel (PONO, Li et al. 2019).

    ``centred`` says that the mean is zero already; export makes it so in the convolution before.
    """
    if torch.onnx.is_in_onnx_export():  # averages as matrix products: several times faster there
        channels, height, width = map(int, x.shape[1:])
        flat = x.reshape(1, channels, height * width)
        average = x.new_full((1, 1, channels), 1 / channels)
        if not centred:
            flat = flat - torch.matmul(average, flat)
        flat = flat * torch.rsqrt(torch.matmul(average, flat * flat) + 1e-5)
        return flat.reshape(1, channels, height, width)
    rows = functional.layer_norm(x.permute(0, 2, 3, 1), (x.shape[1],), eps=1e-5)
    return rows.permute(0, 3, 1, 2)


def spread(table: Tensor, soft: Tensor) -> Tensor:
    """Rows of ``table`` (B, CLASSES, K) over ``soft`` (B, CLASSES, H, W): (B, K, H, W)."""
    batch, _, height, width = map(int, soft.shape)
    if torch.onnx.is_in_onnx_export():  # NCHW product: no transposes of large maps at inference
        flat = torch.matmul(table.transpose(1, 2), soft.reshape(batch, CLASSES, height * width))
        return flat.reshape(batch, -1, height, width)
    flat = soft.permute(0, 2, 3, 1).reshape(batch, height * width, CLASSES)
    return torch.bmm(flat, table).reshape(batch, height, width, -1).permute(0, 3, 1, 2)


class Stage(nn.Module):
    """One resolution: one or two convolutions and a correction of the picture.

    Two convolutions form a residual block. The finest stage has a ``single`` one, no skip, and
    narrows its input before enlarging it: there every pass over the picture costs as much as a
    whole coarse stage.
    """

    def __init__(self, inputs: int, outputs: int, single: bool) -> None:
        super().__init__()
        self.narrow = nn.Conv2d(inputs, outputs, 1) if single else nn.Identity()
        inner = outputs if single else inputs
        self.norm1 = ClassAdaptive(inner)
        self.conv1 = nn.Conv2d(inner, outputs, 3, padding=1)
        self.strength = nn.Parameter(torch.full((1, outputs, 1, 1), 0.3))
        self.single = single
        self.centred = False
        if not single:
            self.norm2 = ClassAdaptive(outputs)
            self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
            self.skip = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()
        self.norm3 = ClassAdaptive(outputs)
        self.residual = nn.Conv2d(outputs, 3, 3, padding=1)
        nn.init.zeros_(self.residual.weight)
        nn.init.zeros_(self.residual.bias)

    def forward(
        self, x: Tensor, soft: Tensor, classes: Tensor, noise: Tensor
    ) -> tuple[Tensor, Tensor]:
        # What works pixel by pixel is done before the enlargement, on a quarter of the pixels.
        grows = x.shape[-1] < soft.shape[-1]
        h = normalised(self.narrow(x), self.centred and self.single)
        h = _enlarged(h) if grows else h
        h = self.conv1(_activate(self.norm1(h, soft, classes)))
        h = torch.addcmul(h, self.strength, noise)
        if not self.single:
            h = self.conv2(_activate(self.norm2(normalised(h, self.centred), soft, classes)))
            kept = self.skip(x)
            h = (h + (_enlarged(kept) if grows else kept)) * 0.7071
        fine = normalised(h, self.centred and self.single)
        return h, self.residual(_activate(self.norm3(fine, soft, classes)))

    @torch.no_grad()
    def centre(self) -> None:
        """Take the mean over channels out of what the normalisations would take it out of: the
        same pictures with fewer passes. For export; a stage so changed is not trained on."""
        parts = [self.conv1.weight, self.conv1.bias, self.strength.transpose(0, 1)]
        if self.single:
            parts += [self.narrow.weight, self.narrow.bias]
        for part in parts:
            part -= part.mean(0, keepdim=True)
        self.centred = True


def draw_noise(batch: int, depth: int, rng: torch.Generator | None = None) -> list[Tensor]:
    """Normal noise (B, 1, H, W) for each of ``depth`` stages."""
    return [torch.randn(batch, 1, 16 << i, 12 << i, generator=rng) for i in range(depth)]


class Generator(nn.Module):
    """Label map and style codes to a picture.

    ``forward(hot, codes, noise)``: ``hot`` (B, CLASSES, H, W) one-hot, ``codes`` (B, CLASSES,
    STYLE), ``noise`` from ``draw_noise`` or None for the fixed one; returns (B, 3, H, W) about
    [-1, 1], ground exactly 1 (white). H, W are 16x12 times a power of two: training may stop at an
    early stage, the full depth gives 256x192.
    """

    def __init__(self) -> None:
        super().__init__()
        self.calm = 0.0  # share of the detail of skin that is left away; set by export
        self.stem = nn.Conv2d(CLASSES + 2, CHANNELS[0], 3, padding=1)
        self.stages = nn.ModuleList(
            Stage(a, b, single=b == CHANNELS[-1])
            for a, b in zip((CHANNELS[0], *CHANNELS[:-1]), CHANNELS, strict=True)
        )
        self.classes = nn.Parameter(torch.randn(CLASSES, STYLE) * 0.3)
        self.plain = nn.Sequential(nn.Linear(2 * STYLE, _HIDDEN), nn.LeakyReLU(0.2))
        self.styled = nn.Sequential(
            nn.Linear(2 * STYLE, _HIDDEN),
            nn.LeakyReLU(0.2),
            nn.Linear(_HIDDEN, _HIDDEN),
            nn.LeakyReLU(0.2),
        )
        self.fill = nn.Linear(_HIDDEN + STYLE, 3)
        for index, fixed in enumerate(
            draw_noise(1, len(CHANNELS), torch.Generator().manual_seed(1))
        ):
            self.register_buffer(f"noise{index}", fixed, persistent=False)

    def forward(self, hot: Tensor, codes: Tensor, noise: list[Tensor] | None = None) -> Tensor:
        batch, _, height, _ = map(int, hot.shape)
        depth = (height // 16).bit_length()
        softs = [hot]
        for _ in range(depth - 1):
            softs.append(functional.avg_pool2d(softs[-1], 2))
        softs.reverse()
        identity = self.classes.expand(batch, -1, -1)
        plain = self.plain(torch.cat([identity, torch.zeros_like(codes)], 2))
        styled = self.styled(torch.cat([identity, codes], 2))
        across = torch.linspace(-1, 1, 12, device=hot.device, dtype=hot.dtype).expand(16, 12)
        down = torch.linspace(-1, 1, 16, device=hot.device, dtype=hot.dtype)[:, None].expand(16, 12)
        place = torch.stack([down, across]).expand(batch, 2, 16, 12)
        x = self.stem(torch.cat([softs[0], place], 1))
        residual: Tensor | None = None
        for index in range(depth):
            classes = styled if index >= STYLE_FROM else plain
            grain = getattr(self, f"noise{index}") if noise is None else noise[index]
            x, change = self.stages[index](x, softs[index], classes, grain)
            if residual is not None:
                change = change + _enlarged(residual)
            residual = change
        assert residual is not None
        if self.calm:
            skin = hot[:, _SKIN : _SKIN + 1]
            mean = (residual * skin).sum((2, 3), keepdim=True) / (
                skin.sum((2, 3), keepdim=True) + 1
            )
            residual = residual + self.calm * skin * (mean - residual)
        picture = spread(self.fill(torch.cat([styled, codes], 2)), hot) + residual
        ground = hot[:, :1]
        return picture * (1 - ground) + ground


class StyleEncoder(nn.Module):
    """Region-wise codes of a picture (the idea of SMIS and SEAN: average inside each class).

    ``forward(picture, hot)``: picture (B, 3, H, W) in [-1, 1], hot (B, CLASSES, H, W); returns
    mean and log variance, each (B, CLASSES, STYLE). Classes that are absent get the code of no
    pixels, which the caller must not use. Mean and deviation of the colour inside the region
    enter beside the learned features.
    """

    def __init__(self) -> None:
        super().__init__()
        widths = (24, 40, 64, 64)
        layers: list[nn.Module] = []
        for inputs, outputs, stride in zip((3, *widths), widths, (1, 2, 2, 1), strict=False):
            layers += [nn.Conv2d(inputs, outputs, 3, stride, 1), nn.LeakyReLU(0.2)]
        self.trunk = nn.Sequential(*layers)
        self.head = nn.Sequential(
            nn.Linear(widths[-1] + 6 + STYLE, 96), nn.LeakyReLU(0.2), nn.Linear(96, 2 * STYLE)
        )
        self.classes = nn.Parameter(torch.randn(CLASSES, STYLE) * 0.3)

    def forward(self, picture: Tensor, hot: Tensor) -> tuple[Tensor, Tensor]:
        features = self.trunk(picture)
        coarse = functional.avg_pool2d(hot, 4)
        mean = _region_mean(picture, hot)
        square = _region_mean(picture.square(), hot)
        deviation = (square - mean.square()).clamp(min=1e-6).sqrt()
        identity = self.classes.expand(len(picture), -1, -1)
        known = torch.cat([_region_mean(features, coarse), mean, deviation, identity], 2)
        mu, log_variance = self.head(known).chunk(2, 2)
        return mu, log_variance.clamp(-8, 2)


def _region_mean(values: Tensor, soft: Tensor) -> Tensor:
    """Average of ``values`` (B, K, H, W) inside each class of ``soft``: (B, CLASSES, K)."""
    flat = soft.flatten(2)
    total = torch.matmul(flat, values.flatten(2).transpose(1, 2))
    return total / (flat.sum(2, keepdim=True) + 1e-3)


class Discriminator(nn.Module):
    """Heads that judge pictures by what a frozen network sees in them.

    Projected GAN (Sauer et al. 2021): features of EfficientNet-Lite0 at five depths tell pictures
    apart from the first step on, where a discriminator of its own needs more photographs than there
    are. ``forward(features, hot)`` takes them, (B, C, H/s, W/s) each after the blocks
    `SEEN_AFTER`, and the label map (B, CLASSES, H, W); it returns a map of scores for each depth.
    Besides real and generated pictures it is shown the coloured label map as a third, always false,
    kind (the seed's ``d_seg``).
    """

    def __init__(self) -> None:
        super().__init__()
        norm = nn.utils.parametrizations.spectral_norm
        self.mixes, self.heads = nn.ModuleList(), nn.ModuleList()
        for index, (width, inputs) in enumerate(zip(_HEADS, _SEEN, strict=True)):
            self.mixes.append(norm(nn.Conv2d(inputs + CLASSES, width, 1)))
            step = 2 if index == 0 else 1  # the finest map is judged on every second pixel
            self.heads.append(
                nn.Sequential(
                    nn.LeakyReLU(0.2),
                    norm(nn.Conv2d(width, width, 3, step, 1)),
                    nn.LeakyReLU(0.2),
                    norm(nn.Conv2d(width, 1, 3, padding=1)),
                )
            )

    def forward(self, features: list[Tensor], hot: Tensor) -> list[Tensor]:
        scores = []
        for seen, mix, head in zip(features, self.mixes, self.heads, strict=True):
            soft = functional.adaptive_avg_pool2d(hot, seen.shape[2:])
            scores.append(head(mix(torch.cat([seen, soft], 1))))
        return scores
