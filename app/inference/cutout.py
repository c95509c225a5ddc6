"""A garment's picture to the garment alone, its edge as sharp as the picture."""

from __future__ import annotations

import time

import cv2
import numpy as np
from numpy.typing import NDArray

from app.domain.cancel import CancelToken
from app.domain.cloth import frame_photo, garment_box, spread
from app.domain.colors import without_ground
from app.domain.errors import PictureError
from app.domain.framing import Window, whole
from app.domain.geometry import Rect
from app.domain.requests import CutCloth
from app.inference.graphs import CUTOUT_GRAPH, to_planes
from app.inference.network import Network, use_of
from app.inference.upsampling import Grid, Guide, guided_share

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]

_CLEAR_SHARE = 0.02  # of a picture that is transparent, from which its alpha is meant
_LEAST = 0.004  # of the frame that a garment covers at least
_SPECK = 0.25  # of the largest patch; a smaller patch is mostly a piece of the ground
_HOLE = 0.004  # of the garment; a smaller hole in it is a dark fold or a print
_HAZE = 3  # frame pixels around the garment, beyond which a weak mask is a mistake
_STEEP = 2.5  # how much steeper than the network's the edge is drawn
_RING = 2  # frame pixels on either side of the network's edge in which the picture's own is sought
_SURE = 250  # alpha from which a pixel shows the garment alone
_MIXED = 0.35  # frame pixels inside the edge whose colours are still mixed with the ground
_TILE = 512


class Cutout(Network):
    """Cuts garments out of their pictures with one pack; a `Cut`. For one thread at a time.

    PackError at once when the pack cannot do it; the graph opens at the first picture.
    """

    graph = CUTOUT_GRAPH

    def __call__(self, rgba: Pixels, cancel: CancelToken) -> CutCloth:
        """The garment in a picture (H, W, 4) uint8 RGBA.

        A picture that is transparent around the garment is cut along its own alpha; the network
        then says only what kind of garment it is. PictureError when nothing is in it, PackError,
        DeviceError, Cancelled.
        """
        begun = time.perf_counter()
        height, width = self.frame
        window = whole(rgba.shape[1], rgba.shape[0], width / height)
        framed = frame_photo(rgba, window, height, width)
        outcome = self._runner.run({"photo": to_planes(framed)}, cancel)
        own = cv2.extractChannel(rgba, 3)
        if np.count_nonzero(own < 128) >= _CLEAR_SHARE * own.size:
            alpha, least, rim = np.asarray(own, np.uint8), 8, 0
        else:
            mask = _without_specks(without_ground(outcome.outputs["mask"][0, 0], framed))
            alpha, least = _enlarged(mask, framed, rgba, window, cancel), _SURE
            rim = max(1, round(_MIXED * window.height / height))
        if np.count_nonzero(alpha >= 128) < _LEAST * alpha.size:
            raise no_garment()
        cut, box = _trimmed(rgba, alpha, least, rim)
        cancel.raise_if_cancelled()
        use = use_of(outcome.device, begun, outcome.notices)
        return CutCloth(cut, box, np.asarray(outcome.outputs["category"][0], np.float32), use)


def no_garment() -> PictureError:
    """What a person reads of a picture that is no garment's."""
    return PictureError(
        "This picture shows no garment that can be tried on",
        hint="Use one of a single top, dress, skirt or pair of pants, lying flat or hanging.",
    )


def _without_specks(mask: Floats) -> Floats:
    """The mask (h, w) 0..1 without patches much smaller than the largest, small holes and haze."""
    clean: Floats = np.clip(mask, 0, 1)
    _, patches, stats, _ = cv2.connectedComponentsWithStats((clean > 0.5).astype(np.uint8))
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    garment = (areas >= max(1.0, _SPECK * areas.max()))[patches].astype(np.uint8)
    _, gaps, stats, _ = cv2.connectedComponentsWithStats(1 - garment, connectivity=4)
    small = stats[:, cv2.CC_STAT_AREA] < _HOLE * np.count_nonzero(garment)
    clean[small[gaps] & (garment == 0)] = 1
    near = cv2.dilate(garment, np.ones((2 * _HAZE + 1,) * 2, np.uint8))
    clean[near == 0] = 0
    return clean


def _enlarged(
    mask: Floats, framed: Pixels, rgba: Pixels, window: Window, cancel: CancelToken
) -> Pixels:
    """The mask (h, w) as alpha (H, W) of the picture, its edge along the picture's."""
    height, width = rgba.shape[:2]
    guided = Guide(framed).lead(mask, _RING)
    whole_picture = Rect(0, 0, width, height)
    grid = Grid(window, whole_picture, mask.shape)
    alpha = np.empty((height, width), np.uint8)
    for top in range(0, height, _TILE):
        for left in range(0, width, _TILE):
            cancel.raise_if_cancelled()
            tile = Rect(left, top, _TILE, _TILE).intersect(whole_picture)
            share = guided_share(guided, grid.tile(tile), rgba[tile.slices])
            steep = (share - np.float32(0.5)) * np.float32(255 * _STEEP) + np.float32(128)
            alpha[tile.slices] = np.clip(steep, 0, 255).astype(np.uint8)
    return alpha


def _trimmed(rgba: Pixels, alpha: Pixels, least: int, rim: int) -> tuple[Pixels, Rect]:
    """The part that is not clear, with one clear pixel around it and the garment's own colours
    wherever alpha is below ``least`` or was less than ``rim`` pixels away; where that part lies."""
    height, width = alpha.shape
    x, y, w, h = cv2.boundingRect(cv2.threshold(alpha, 3, 255, cv2.THRESH_BINARY)[1])
    tight = Rect(x, y, w, h).union(garment_box(alpha))
    box = Rect(tight.x - 1, tight.y - 1, tight.w + 2, tight.h + 2)
    inner = box.clip(width, height)
    part = cv2.threshold(alpha[inner.slices], 3, 0, cv2.THRESH_TOZERO)[1]
    _, known = cv2.threshold(part, least - 1, 255, cv2.THRESH_BINARY)
    if rim:
        known = cv2.erode(known, np.ones((2 * rim + 1,) * 2, np.uint8))
    rgb = cv2.cvtColor(rgba[inner.slices], cv2.COLOR_RGBA2RGB)
    colors = spread(np.asarray(rgb, np.uint8), np.asarray(known, np.uint8))
    more = (inner.y - box.y, box.bottom - inner.bottom, inner.x - box.x, box.right - inner.right)
    planes = [
        *(cv2.copyMakeBorder(plane, *more, cv2.BORDER_REPLICATE) for plane in cv2.split(colors)),
        cv2.copyMakeBorder(part, *more, cv2.BORDER_CONSTANT, value=0),
    ]
    return np.asarray(cv2.merge(planes), np.uint8), box
