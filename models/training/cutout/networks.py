"""The cut-out: a small U-Net with a mask and a category."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from models.training.cutout.labels import KINDS
from models.training.unet import UNet

#: The encoder stops after the second of the four blocks of width 192: 1.4 of its 3.4 M parameters.
_TAPS = (0, 2, 4, 10, 12)
_WIDTHS = (64, 48, 32, 24)


class Cutout(nn.Module):
    """Pictures (B, 3, H, W) in [-1, 1] to the mask's logits (B, 1, H/2, W/2) and the category's
    (B, 4), in the order of `KINDS`."""

    def __init__(self) -> None:
        super().__init__()
        self.net = UNet("lite0", _WIDTHS, _TAPS)
        self.mask = nn.Conv2d(_WIDTHS[-1], 1, 3, padding=1)
        self.kind = nn.Sequential(
            nn.Linear(self.net.deep, 64), nn.ReLU(inplace=True), nn.Linear(64, len(KINDS))
        )

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        fine, _, deep = self.net(picture)
        return self.mask(fine), self.kind(deep.mean((2, 3)))

    def groups(self) -> list[dict[str, object]]:
        """AdamW's groups: the ImageNet encoder learns slower than what is new."""
        encoder, rest = self.net.groups(4e-4, 2e-3)
        heads = [*self.mask.parameters(), *self.kind.parameters()]
        rest["params"] = [*rest["params"], *heads]  # type: ignore[misc]
        return [encoder, rest]


class ExportedCutout(nn.Module):
    """As it ships: ``photo`` RGB 0..1 in, ``mask`` 0..1 and ``category`` probabilities out."""

    def __init__(self, cutout: Cutout) -> None:
        super().__init__()
        self.net = cutout.eval()

    def forward(self, photo: Tensor) -> tuple[Tensor, Tensor]:
        mask, kind = self.net(photo * 2 - 1)
        size = photo.shape[2:]
        mask = functional.interpolate(mask, size=size, mode="bilinear", align_corners=False)
        return mask.sigmoid(), kind.softmax(1)
