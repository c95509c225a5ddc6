"""Let a trained cut-out label the photographs on which the two methods did not agree.

    python -m models.training.cutout.relabel CUTOUT.npz RUN -o RELABELLED.npz

The network proposes a mask; GrabCut, started from it, must come to the same. Only training
photographs are labelled so.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt
import torch

from app.domain import framing
from models.training import blobs, loop
from models.training.cutout import data
from models.training.cutout.labels import (
    SIDE,
    Image,
    grab_cut,
    overlap,
    sharpened,
    shrunk,
    sound,
    tidy,
)
from models.training.cutout.networks import Cutout, ExportedCutout

Proposer: TypeAlias = Callable[[Image], npt.NDArray[np.float32]]
_AGREE = 0.92


def proposer(run: Path) -> Proposer:
    """The averaged network of a training: proposes a mask (H, W) 0..1 for a BGR photograph of any
    size, at the frame it was last trained at."""
    training = loop.trained(Cutout(), run)
    height = training.height
    net = ExportedCutout(training.net)

    @torch.no_grad()
    def propose(photo: Image) -> npt.NDArray[np.float32]:
        tall, wide = photo.shape[:2]
        window = framing.whole(wide, tall)
        frame = window.cut(np.ascontiguousarray(photo[:, :, ::-1]), height, height * 3 // 4)
        seen = torch.from_numpy(frame).permute(2, 0, 1)[None].float() / 255
        mask = (net(seen)[0] + net(seen.flip(3))[0].flip(3))[0, 0].numpy() / 2
        scale = height / window.height
        matrix = np.array([[scale, 0, -window.x * scale], [0, scale, -window.y * scale]])
        return np.asarray(
            cv2.warpAffine(
                mask, matrix, (wide, tall), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
            )
        )

    return propose


def tutored(photo: Image, proposal: npt.NDArray[np.float32]) -> Image | None:
    """The mask that GrabCut makes of a network's ``proposal`` (H, W) 0..1, or None where they
    differ or the network is in doubt."""
    small = shrunk(photo, SIDE)
    soft = cv2.resize(proposal, small.shape[1::-1], interpolation=cv2.INTER_AREA)
    doubt = float(((soft > 0.2) & (soft < 0.8)).sum() / max(1, (soft > 0.5).sum()))
    mask, share = tidy((soft > 0.5).astype(np.uint8))
    if doubt > 0.15 or not sound(mask, share):
        return None
    again, _ = tidy(grab_cut(small, mask, 2))
    return sharpened(photo, mask) if overlap(mask, again) > _AGREE else None


def relabel(pack: Path, target: Path, propose: Proposer) -> int:
    """Write ``pack`` with further masks (origin 2); returns their number."""
    with np.load(pack) as source:
        content = dict(source)
    photos = blobs.parts(content["photos"], content["photos_sizes"])
    masks = blobs.parts(content["masks"], content["masks_sizes"])
    origin = content["origin"]
    open_ = content["train"] & (origin == 0) & (content["kinds"] != data.NONE)
    for index in np.flatnonzero(open_):
        photo = np.ascontiguousarray(data.colour(photos[index])[:, :, ::-1])
        mask = tutored(photo, propose(photo))
        if mask is not None:
            masks[index], origin[index] = cv2.imencode(".png", mask)[1], 2
    content["masks"], content["masks_sizes"] = blobs.joined(masks)
    np.savez(target, **content)
    return int((origin == 2).sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("pack", type=Path, help="made by models.training.cutout.labels")
    parser.add_argument("run", type=Path, help="folder of the training that proposes")
    parser.add_argument("-o", "--output", type=Path, required=True)
    args = parser.parse_args()
    print(f"{relabel(args.pack, args.output, proposer(args.run))} further masks in {args.output}")


if __name__ == "__main__":
    main()
