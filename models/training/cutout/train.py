"""Train the cut-out: one command, resumable after a kill at any moment.

    python -m models.training.cutout.train CUTOUT.npz RUN [--minutes 20]

RUN receives ``state.pt``, ``losses.png`` and ``samples.jpg``: held-out photographs, the mask that
two methods agreed on (grey where they did not), and the network's.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from models.training import loop, pictures
from models.training.cutout import data
from models.training.cutout.networks import Cutout

#: Samples per step by picture height.
BATCH = {128: 16, 256: 8}
_EDGE = 5  # pixels of the band around the mask's edge that weighs more
_EDGE_WEIGHT = 3.0


def terms(mask: Tensor, kind: Tensor, batch: data.Batch) -> loop.Terms:
    """Weighted losses: cross entropy that minds the edge, overlap (Milletari, Navab, Ahmadi 2016,
    Dice), category."""
    truth = batch.mask
    mask = functional.interpolate(mask, truth.shape[2:], mode="bilinear", align_corners=False)
    near = functional.avg_pool2d(truth, _EDGE, 1, _EDGE // 2, count_include_pad=False)
    weight = 1 + _EDGE_WEIGHT * ((near > 0.02) & (near < 0.98)).float()
    known = batch.known[:, None, None, None]
    each = functional.binary_cross_entropy_with_logits(mask, truth, reduction="none")
    entropy = (each * weight * known).sum() / (weight * known).sum().clamp(min=1)
    probability = mask.sigmoid()
    both = (probability * truth).sum((1, 2, 3))
    dice = 1 - (2 * both + 50) / (probability.sum((1, 2, 3)) + truth.sum((1, 2, 3)) + 50)
    return {
        "entropy": entropy,
        "dice": 0.5 * (dice * batch.known).sum() / batch.known.sum().clamp(min=1),
        "category": 0.15 * functional.cross_entropy(kind, batch.kind, label_smoothing=0.05),
    }


class Teacher:
    """Batches and their loss terms."""

    def __init__(self, net: nn.Module, photos: data.Photos, device: torch.device) -> None:
        self.net, self.photos, self.device = net, photos, device

    def __call__(self, height: int, rng: torch.Generator) -> loop.Terms:
        seed = int(torch.randint(2**31, (1,), generator=rng))
        drawn = data.batch(
            self.photos, BATCH.get(height, 8), height, np.random.default_rng(seed)
        ).to(self.device)
        return terms(*self.net(drawn.picture), drawn)


def sheet(photos: data.Photos, average: nn.Module, height: int) -> pictures.Image:
    """Fixed held-out photographs: photograph, agreed mask, the network's mask."""
    device = next(average.parameters()).device
    chosen = np.arange(0, len(photos), max(1, len(photos) // 48))[:48]
    frames = [data.framed(photos.photo(i), height) for i in chosen]
    empty = [np.full(frames[0].shape[:2], 128, np.uint8)] * len(frames)
    batch = data.stack(frames, empty, [True] * len(frames), [0] * len(frames)).to(device)
    found = torch.cat([average(part)[0].sigmoid() for part in batch.picture.split(16)])
    size = frames[0].shape[:2]
    found = functional.interpolate(found, size, mode="bilinear", align_corners=False)
    rows: list[list[pictures.Image]] = []
    for start in range(0, len(frames), 16):
        part = range(start, min(start + 16, len(frames)))
        agreed = [
            data.framed(photos.mask(chosen[i]) * 255, height, nearest=True)
            if photos.origin[chosen[i]]
            else empty[i]
            for i in part
        ]
        own = [(found[i, 0].cpu().numpy() * 255).astype(np.uint8) for i in part]
        rows.append([frames[i] for i in part])
        rows += [[cv2.cvtColor(m, cv2.COLOR_GRAY2RGB) for m in line] for line in (agreed, own)]
    return pictures.sheet(rows)


def main() -> None:
    parser = loop.arguments("Train the cut-out.", "128:900,256:700")
    args = parser.parse_args()
    torch.manual_seed(0)
    cv2.setNumThreads(1)  # small pictures: more threads cost more than they give
    device = loop.device_for(args.device)
    net = Cutout()
    training = loop.Training(net, net.groups(), args.run, args.plan, device, rate=args.rate)
    if args.start:
        training.start_from(args.start)
    held_out = data.load(args.pack, False)
    training.go(
        Teacher(net, data.load(args.pack, True), device),
        lambda average, height: sheet(held_out, average, height),
        minutes=args.minutes,
        save_every=args.save_every,
    )


if __name__ == "__main__":
    main()
