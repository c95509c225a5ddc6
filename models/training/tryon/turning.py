"""Train what tells whether a garment lies turned in its picture: minutes, once the nets are done.

    python -m models.training.tryon.turning GARMENTS.npz RUN

Photographed garments, turned by each of the four quarters and framed anew, are read by the reader
of the training in ``RUN``, which learns nothing here. Writes ``RUN/turning.pt``, and prints how
often garments of ``val`` were told right. The same seed makes the same weights.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from app.domain.cloth import SURELY_TURNED, cloth_window, frame_cloth
from models.training import loop, packing, pictures
from models.training.tryon import data, photographed
from models.training.tryon.body import HEIGHT, WIDTH
from models.training.tryon.networks import QUARTERS, Reader, TryOnNet, Turning

_FILE = "turning.pt"
_ROUNDS = 60
_BATCH = 128
_CHUNK = 4  # garments at a time: activations of many do not fit a cache


@torch.no_grad()
def examples(
    reader: Reader, garments: photographed.Garments, how: data.Augment = data.FIXED
) -> tuple[Tensor, Tensor]:
    """What the ``reader`` sees of each of N garments, moved and recoloured by chance as ``how``
    says and turned by each quarter: traits (4 N, T), and how many quarters clockwise lead back
    (4 N,)."""
    rng, traits = pictures.torch_seeded(0), []
    for rows in torch.arange(len(garments)).split(_CHUNK):
        drawn = garments.draw(rows, HEIGHT, how, rng)
        alpha = (drawn.cloth[:, 3] * 255).round().byte().cpu().numpy()
        shown = [
            turned(np.dstack([rgb, solid]), quarters)
            for rgb, solid in zip(pictures.to_images(drawn.cloth[:, :3]), alpha, strict=True)
            for quarters in range(QUARTERS)
        ]
        cloths = data.widened(torch.from_numpy(np.stack(shown)).permute(0, 3, 1, 2))
        category = drawn.garment.category.cpu().repeat_interleave(QUARTERS, 0)
        traits.append(reader.features(cloths, category)[1])
    return torch.cat(traits), torch.arange(QUARTERS).repeat(len(garments))


def turned(cloth: NDArray[np.uint8], quarters: int) -> NDArray[np.uint8]:
    """A framed cloth (256, 192, 4), turned counter-clockwise and framed anew."""
    lying = np.ascontiguousarray(np.rot90(cloth, quarters))
    return frame_cloth(lying, cloth_window(lying[..., 3]), HEIGHT, WIDTH)


def fitted(traits: Tensor, quarters: Tensor) -> Turning:
    """One that has learned from these examples."""
    torch.manual_seed(0)
    rng = pictures.torch_seeded(0)
    net = Turning(traits.shape[1])
    net.mean.copy_(traits.mean(0))
    net.spread.copy_(traits.std(0) + 1e-5)
    optimizer = torch.optim.AdamW(net.parameters(), 1e-3, weight_decay=0.05)
    for _ in range(_ROUNDS):
        for rows in torch.randperm(len(traits), generator=rng).split(_BATCH):
            loss = functional.cross_entropy(net(traits[rows]), quarters[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return net.eval()


def trained(reader: Reader, run: Path) -> Turning:
    """What came of it in ``run``. FileNotFoundError where it was not trained, ValueError where it
    was with another ``reader``."""
    content = torch.load(run / _FILE, map_location="cpu", weights_only=True)
    if content["reader"] != _digest(reader):
        raise ValueError(f"{run / _FILE} learned from another reader; make it anew.")
    net = Turning(reader.traits)
    net.load_state_dict(content["net"])
    return net.eval()


def save(net: Turning, reader: Reader, run: Path) -> None:
    """Keep in ``run`` what learned from a ``reader``."""
    content = {"net": net.state_dict(), "reader": _digest(reader)}
    loop.save_whole(content, run / _FILE)


def _digest(reader: Reader) -> str:
    content = hashlib.sha256()
    for value in reader.state_dict().values():
        content.update(value.contiguous().numpy().tobytes())
    return content.hexdigest()


@torch.no_grad()
def told(net: Turning, traits: Tensor, quarters: Tensor) -> str:
    """How well examples that were held out are told."""
    chance, said = net(traits).softmax(1).max(1)
    right = said == quarters
    sure = (chance >= SURELY_TURNED) & (said > 0)
    upright, lying = quarters == 0, quarters > 0
    return (
        f"of {len(quarters)}: {right.float().mean():.1%} right; "
        f"surely turned and so it is: {(sure & right)[lying].float().mean():.1%}; "
        f"turned though upright: {(sure & upright).sum()} of {upright.sum()}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("garments", type=Path, help="made by models.training.tryon.photographed")
    parser.add_argument("run", type=Path, help="folder of the training")
    parser.add_argument("--blend", type=Path, help="as it will be exported")
    args = parser.parse_args()
    whole, cpu = loop.trained(TryOnNet(), args.run).net, torch.device("cpu")
    if args.blend:
        packing.blend(whole, packing.weights_of(args.blend))
    reader = whole.reader
    taught = photographed.load(args.garments, True, cpu)
    net = fitted(*examples(reader, taught, data.Augment()))
    save(net, reader, args.run)
    print(told(net, *examples(reader, photographed.load(args.garments, False, cpu))))


if __name__ == "__main__":
    main()
