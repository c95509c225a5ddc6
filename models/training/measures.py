"""Measures of generated pictures, each a plain function over arrays."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import torch
from scipy import linalg
from torch import Tensor
from torch.nn import functional

from models.training import efficientnet

Floats = npt.NDArray[np.float64]
#: Block of EfficientNet-Lite2 whose 120 averaged channels FED compares.
FED_BLOCK = 14


class FeatureDistance:
    """FED: Fréchet distance (Heusel et al. 2017) between feature statistics of two sets.

    Features are those of EfficientNet-Lite2, so the measure is no part of the losses. Pictures of
    any size are enlarged to 256x192 first. Values compare only with other FED values of the same
    pictures' number and size, never with published FID.
    """

    def __init__(self) -> None:
        self._net = efficientnet.frozen("lite2", FED_BLOCK + 1)

    @torch.no_grad()
    def features(self, pictures: Tensor) -> Floats:
        """(N, 3, H, W) in [-1, 1] to (N, 120)."""
        rows = []
        for part in pictures.split(16):
            sized = functional.interpolate(part, (256, 192), mode="bilinear", align_corners=False)
            rows.append(self._net(sized, (FED_BLOCK,))[0].mean((2, 3)))
        return torch.cat(rows).double().numpy()

    @staticmethod
    def distance(a: Floats, b: Floats) -> float:
        """Squared Fréchet distance of two feature sets (N, K), (M, K)."""
        cov_a, cov_b = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
        root = np.real(linalg.sqrtm(cov_a @ cov_b))
        gap = a.mean(0) - b.mean(0)
        return float(gap @ gap + np.trace(cov_a + cov_b - 2 * root))


def lab(rgb: npt.NDArray[np.floating]) -> Floats:
    """sRGB 0..1 (..., 3) to CIE L*a*b* under D65 (IEC 61966-2-1, CIE 15)."""
    x = np.asarray(rgb, np.float64)
    linear = np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)
    matrix = np.array(
        [
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.0721750],
            [0.0193339, 0.1191920, 0.9503041],
        ]
    )
    xyz = linear @ matrix.T / np.array([0.95047, 1.0, 1.08883])
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.stack(
        [116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1
    )


def delta_e2000(one: Floats, two: Floats) -> Floats:
    """Colour difference CIEDE2000 of L*a*b* arrays (..., 3), after Sharma, Wu and Dalal 2005."""
    chroma = (np.hypot(one[..., 1], one[..., 2]) + np.hypot(two[..., 1], two[..., 2])) / 2
    g = 0.5 * (1 - np.sqrt(chroma**7 / (chroma**7 + 25.0**7)))
    a1, a2 = one[..., 1] * (1 + g), two[..., 1] * (1 + g)
    c1, c2 = np.hypot(a1, one[..., 2]), np.hypot(a2, two[..., 2])
    h1 = np.degrees(np.arctan2(one[..., 2], a1)) % 360
    h2 = np.degrees(np.arctan2(two[..., 2], a2)) % 360
    grey = c1 * c2 == 0
    dh = (h2 - h1 + 180) % 360 - 180
    dh = np.where(grey, 0, dh)
    dl, dc = two[..., 0] - one[..., 0], c2 - c1
    dbig = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(dh / 2))
    lbar, cbar = (one[..., 0] + two[..., 0]) / 2, (c1 + c2) / 2
    hbar = np.where(np.abs(h1 - h2) <= 180, (h1 + h2) / 2, (h1 + h2 + 360) / 2)
    hbar = np.where((np.abs(h1 - h2) > 180) & (h1 + h2 >= 360), (h1 + h2 - 360) / 2, hbar)
    hbar = np.where(grey, h1 + h2, hbar)
    t = (
        1
        - 0.17 * np.cos(np.radians(hbar - 30))
        + 0.24 * np.cos(np.radians(2 * hbar))
        + 0.32 * np.cos(np.radians(3 * hbar + 6))
        - 0.20 * np.cos(np.radians(4 * hbar - 63))
    )
    sl = 1 + 0.015 * (lbar - 50) ** 2 / np.sqrt(20 + (lbar - 50) ** 2)
    sc, sh = 1 + 0.045 * cbar, 1 + 0.015 * cbar * t
    turn = 60 * np.exp(-(((hbar - 275) / 25) ** 2))
    rt = -2 * np.sqrt(cbar**7 / (cbar**7 + 25.0**7)) * np.sin(np.radians(turn))
    return np.sqrt(
        (dl / sl) ** 2 + (dc / sc) ** 2 + (dbig / sh) ** 2 + rt * (dc / sc) * (dbig / sh)
    )


def ssim(a: npt.NDArray[np.floating], b: npt.NDArray[np.floating]) -> float:
    """Structural similarity (Wang et al. 2004) of two RGB pictures (H, W, 3) in 0..1, on luma, with
    the paper's Gaussian of 11 pixels and 1.5 sigma."""
    luma = np.array([0.299, 0.587, 0.114])
    x, y = np.asarray(a, np.float64) @ luma, np.asarray(b, np.float64) @ luma

    def mean(values: Floats) -> Floats:
        return np.asarray(cv2.GaussianBlur(values, (11, 11), 1.5))

    mx, my = mean(x), mean(y)
    vx, vy, vxy = mean(x * x) - mx * mx, mean(y * y) - my * my, mean(x * y) - mx * my
    c1, c2 = 0.01**2, 0.03**2
    top = (2 * mx * my + c1) * (2 * vxy + c2)
    return float((top / ((mx * mx + my * my + c1) * (vx + vy + c2))).mean())


class PerceptualDistance:
    """Mean squared difference of unit-length EfficientNet-Lite2 features at four depths (Zhang et
    al. 2018, "LPIPS", without learned weights): no network that any loss uses. Compares only with
    other values of this measure."""

    _BLOCKS = (1, 4, 7, 14)

    def __init__(self) -> None:
        self._net = efficientnet.frozen("lite2", self._BLOCKS[-1] + 1)

    @torch.no_grad()
    def __call__(self, a: Tensor, b: Tensor) -> list[float]:
        """One value for each pair of pictures (N, 3, H, W) in [-1, 1]."""
        total = torch.zeros(len(a))
        for x, y in zip(self._net(a, self._BLOCKS), self._net(b, self._BLOCKS), strict=True):
            x, y = functional.normalize(x, dim=1), functional.normalize(y, dim=1)
            total += (x - y).pow(2).sum(1).mean((1, 2))
        return total.tolist()
