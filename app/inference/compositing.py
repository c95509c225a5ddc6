"""From a network's small outputs to a photograph in which only the dressed region is new.

The network works in a frame of some 256 × 192 pixels. What it decides there (where each pixel of
the cloth goes, where cloth shows, where the old garment must go) is brought to the photograph's
own resolution; the pixels themselves come from the cloth's picture and from the photograph.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from app.domain.cancel import CancelToken
from app.domain.geometry import EMPTY, Rect
from app.inference.inpainting import Continued
from app.inference.planning import LEAST, Cloth, Draft, Person, Plan
from app.inference.upsampling import Grid, guided_share

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]

_MOST = 0.95
"""Shares above this count as all: a twentieth of the old garment's print would still be seen."""

_TILE = 192  # pixels a side: a dozen planes of it stay in a core's cache
_STEEP = 2.5  # what makes an edge rise within a pixel that was evened by a sigma of one


def composite(
    person: Person,
    cloth: Cloth,
    draft: Draft,
    cancel: CancelToken,
    *,
    region: Pixels | None = None,
) -> tuple[Pixels, Pixels]:
    """The photograph with the cloth on: RGBA (H, W, 4) uint8, and the changed region (H, W) uint8.

    Where the region is 0 the picture is the photograph bit for bit. The cloth is opaque, also where
    the photograph is not, as around a person that was cut out. A ``region`` that a person corrected
    replaces the network's: where it is larger, cloth shows as far as the cloth reaches and the
    network's filling beyond.

    Memory beyond inputs and outputs does not grow with the photograph but for the shrunken cloth.
    Cancelled when the token says so.
    """
    height, width = person.rgba.shape[:2]
    changed = np.zeros((height, width), np.uint8)
    plan = Plan(person, cloth, draft)
    box = _box(region) if region is not None else plan.box
    rgba = person.rgba.copy()
    if box.empty:
        return rgba, changed
    painter = _Painter(plan, person, cloth, box, region)
    for top in range(box.y, box.bottom, _TILE):
        for left in range(box.x, box.right, _TILE):
            cancel.raise_if_cancelled()
            tile = Rect(left, top, _TILE, _TILE).intersect(box)
            painter.paint(tile, rgba[tile.slices], changed[tile.slices])
    return rgba, changed


class _Painter:
    """Paints tiles of the photograph's box."""

    def __init__(
        self, plan: Plan, person: Person, cloth: Cloth, box: Rect, region: Pixels | None
    ) -> None:
        self._plan, self._region, self._person = plan, region, person
        self._grid = Grid(person.window, box, plan.support.shape)
        self._cloth, self._affine = _shrunk(cloth, plan)

    def paint(self, tile: Rect, rgba: Pixels, changed: Pixels) -> None:
        """Paint ``tile`` of the photograph in place, and say how much of each pixel is new."""
        at = self._grid.tile(tile)
        if self._region is None:
            if not at.touches(self._plan.support):
                return
            if at.least(self._plan.visible.bounds[0]) > _MOST:
                warped = self._warped(at)
                if warped[..., 3].min() == 255:  # in the midst of the cloth
                    rgba[:], changed[:] = warped, 255
                    return
        photo = [plane.astype(np.float32) for plane in cv2.split(rgba)[:3]]
        cover, colors, reached = self._clothed(at, rgba)
        cover = _clean(cover)
        strength = _clean(guided_share(self._plan.gone, at, rgba))
        strength += cover - strength * cover
        wanted = strength
        if self._region is not None:
            wanted = np.divide(self._region[tile.slices], 255, dtype=np.float32)
        blend = np.where(strength > 0, cover / np.maximum(strength, 1e-6), reached)
        mask, own, newness = (wanted > 0).view(np.uint8), rgba[..., 3], wanted
        if own.min() < 255:
            wanted, blend, own = _over(own, wanted, blend)
        fill = self._bared(at, tile)
        planes = []
        for old, below, above in zip(photo, fill, colors, strict=True):
            below += blend * (above - below)
            below -= old
            below *= wanted
            below += old
            planes.append(np.clip(np.rint(below, out=below), 0, 255).astype(np.uint8))
        cv2.copyTo(cv2.merge([*planes, own]), mask, rgba)
        np.copyto(changed, np.maximum(np.rint(newness * 255).astype(np.uint8), mask))

    def _bared(self, at: Grid.Tile, tile: Rect) -> Floats:
        """What shows in a tile where the old garment is gone, (3, th, tw) 0..255."""
        fill = at.cubic(self._plan.fill)
        for part in self._plan.continued:
            if not at.touches(part.share):
                continue
            copy = self._copied(part, at, tile)
            solid = copy[..., 3:].astype(np.float32) / 255  # on white, as the network sees it
            tones = at.linear(part.tone)
            tones += (copy[..., :3] * solid + 255 * (1 - solid)).transpose(2, 0, 1)
            tones -= fill
            tones *= at.linear(part.share) * self._sharp(at.cubic(part.reach))
            fill += tones
        return fill

    def _copied(self, part: Continued, at: Grid.Tile, tile: Rect) -> Pixels:
        """The photograph (th, tw, 4) as far from a tile as ``part`` says."""
        window, frame, photo = self._person.window, self._plan.support.shape, self._person.rgba
        across, down = at.nearest(part.shift)
        across *= np.float32(window.width / frame[1])
        down *= np.float32(window.height / frame[0])
        x = np.rint(across).astype(np.intp) + np.arange(tile.x, tile.right)
        y = np.rint(down).astype(np.intp) + np.arange(tile.y, tile.bottom)[:, None]
        rows, columns = y.clip(0, photo.shape[0] - 1), x.clip(0, photo.shape[1] - 1)
        return np.asarray(photo[rows, columns], np.uint8)

    def _clothed(self, at: Grid.Tile, rgba: Pixels) -> tuple[Floats, list[Floats], Floats]:
        """Cover (th, tw) 0..1 in a tile, the cloth's three planes of colour 0..255 there, and how
        far the cloth reaches, covered or not, (th, tw) 0..1."""
        if self._region is None and not at.touches(self._plan.visible.bounds[1], self._plan.beyond):
            none = np.zeros(at.shape, np.float32)
            return none, [none] * 3, none
        *colors, alpha = [plane.astype(np.float32) for plane in cv2.split(self._warped(at))]
        alpha /= 255
        cover = alpha * self._visible(at, rgba)
        np.maximum(cover, at.linear(self._plan.beyond)[0], out=cover)
        return cover, colors, alpha

    def _visible(self, at: Grid.Tile, rgba: Pixels) -> Floats:
        """Of the cloth, the share (th, tw) that nothing stands in front of."""
        plan = self._plan
        share: Floats
        if at.alike(*plan.visible.bounds):
            (share,) = at.linear(plan.visible.bounds[:1])
            return share
        (share,) = at.cubic(plan.even)
        self._sharp(share)
        if at.touches(plan.led):
            led = guided_share(plan.visible, at, rgba)
            led -= share
            led *= at.linear(plan.led)[0]
            share += led
        return share

    def _sharp(self, share: Floats) -> Floats:
        """An evened share of the frame, in place, with edges as sharp as the photograph's."""
        share -= 0.5
        share *= _STEEP * max(1.0, self._plan.grown)
        share += 0.5
        return np.clip(share, 0, 1, out=share)

    def _warped(self, at: Grid.Tile) -> Pixels:
        """The cloth (th, tw, 4) in a tile."""
        x, y = at.cubic(self._plan.where)
        (scale_x, scale_y), (offset_x, offset_y) = self._affine
        x *= scale_x
        x += offset_x
        y *= scale_y
        y += offset_y
        warped = cv2.remap(self._cloth, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(warped, np.uint8)


def _over(own: Pixels, wanted: Floats, blend: Floats) -> tuple[Floats, Floats, Pixels]:
    """Where a photograph has alpha ``own`` (h, w): the shares ``wanted`` of what is new and, in it,
    ``blend`` of opaque cloth, as shares of the colour of all that is seen; and its alpha (Porter
    and Duff 1984, "over")."""
    solid = np.divide(own, 255, dtype=np.float32)
    cloth = wanted * blend
    new = cloth + solid * (wanted - cloth)
    alpha = cloth + (1 - cloth) * solid
    share = np.minimum(new / np.maximum(alpha, 1e-6), 1)
    return share, cloth / np.maximum(new, 1e-6), np.rint(alpha * 255).astype(np.uint8)


def _clean(share: Floats) -> Floats:
    """Shares near none and near all made so."""
    return np.clip((share - LEAST) / (_MOST - LEAST), 0, 1)


def _shrunk(
    cloth: Cloth, plan: Plan
) -> tuple[Pixels, tuple[tuple[float, float], tuple[float, float]]]:
    """The cloth near the scale it is sampled at, and what takes a point of the cloth's frame to
    its pixels: ((scale x, scale y), (offset x, offset y)), for pixel centres at whole numbers."""
    height, width = cloth.rgba.shape[:2]
    frame_height, frame_width = plan.support.shape
    source = cloth.near(plan.scale)
    step_x, step_y = source.shape[1] / width, source.shape[0] / height
    window = cloth.window
    return source, (
        (window.width / frame_width * step_x, window.height / frame_height * step_y),
        (window.x * step_x - 0.5, window.y * step_y - 0.5),
    )


def _box(region: Pixels) -> Rect:
    x, y, w, h = cv2.boundingRect(region)
    return Rect(x, y, w, h) if w and h else EMPTY
