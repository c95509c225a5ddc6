"""From a network's small outputs to a photograph in which only the dressed region is new.

The network works in a frame of some 256 × 192 pixels. What it decides there (where each pixel of
the cloth goes, where cloth shows, where the old garment must go) is brought to the photograph's
own resolution; the pixels themselves come from the cloth's picture and from the photograph.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from app.domain.cancel import CancelToken
from app.domain.framing import Window
from app.domain.geometry import EMPTY, Rect
from app.inference.inpainting import continued
from app.inference.upsampling import Grid, Guide, extrapolate, guided_share

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]

LEAST, MOST = 0.02, 0.95
"""Shares of cover and replace below and above these count as none and as all: the region has to
end somewhere, and a twentieth of the old garment's print would still be seen."""

_TILE = 192  # pixels a side: a dozen planes of it stay in a core's cache
_STEPS = 4  # sizes of a cloth from one to half of it; sampled finer than that, it would flicker
_EVEN = 1.0  # frame pixels; sigma by which an outline is evened
_STEEP = 2.5  # what makes an edge of that sigma rise within a pixel
_UPON = 3  # frame pixels within which the cloth's edge is that of what lies upon it
_RING = 2  # frame pixels on either side of an edge in which the photograph may move it


@dataclass(frozen=True, eq=False)
class Draft:
    """A try-on network's outputs for one frame (h, w), float32.

    ``flow`` (2, h, w) is x, y of the sampling position in the cloth's frame, -1..1 from edge to
    edge; ``cover`` (h, w) 0..1 where the cloth shows; ``replace`` (h, w) 0..1 where, of what is
    not cloth, the old picture must go; ``fill`` (3, h, w) RGB 0..1 comes there instead, of which
    ``ground`` (h, w) 0..1 is the ground behind the person.
    """

    flow: Floats
    cover: Floats
    replace: Floats
    fill: Floats
    ground: Floats


@dataclass(frozen=True, eq=False)
class Person:
    """A photograph ``rgba`` (H, W, 4) uint8, the ``window`` of it that the network saw as
    ``framed`` (h, w, 3) uint8, what that is as a ``guide``, and where it shows ``ground`` and what
    can lie ``upon`` a garment, both (h, w) bool."""

    rgba: Pixels
    window: Window
    framed: Pixels
    guide: Guide
    ground: NDArray[np.bool_]
    upon: NDArray[np.bool_]


class Cloth:
    """A cut-out garment ``rgba`` (H, W, 4) uint8, transparent all around, and the ``window`` of
    it that the network saw; its alpha there, ``framed`` (h, w) uint8. The colours of transparent
    pixels continue the garment's."""

    def __init__(self, rgba: Pixels, window: Window, framed: Pixels) -> None:
        self.rgba, self.window, self.framed = rgba, window, framed
        self._shrunk: tuple[int, Pixels] = 0, rgba

    def near(self, scale: float) -> Pixels:
        """The garment up to ``scale`` times smaller, in steps of a fifth, never larger; the last
        one is remembered, for the next person is often as tall. In any thread."""
        step = max(0, math.floor(math.log2(max(scale, 1)) * _STEPS))
        known, shrunk = self._shrunk
        if known != step:
            height, width = (
                max(2, round(side / 2 ** (step / _STEPS))) for side in self.rgba.shape[:2]
            )
            size = width, height
            shrunk = np.asarray(cv2.resize(self.rgba, size, interpolation=cv2.INTER_AREA), np.uint8)
            self._shrunk = step, shrunk
        return shrunk


def composite(
    person: Person,
    cloth: Cloth,
    draft: Draft,
    cancel: CancelToken,
    *,
    region: Pixels | None = None,
) -> tuple[Pixels, Pixels]:
    """The photograph with the cloth on: RGBA (H, W, 4) uint8, and the changed region (H, W) uint8.

    Where the region is 0 the picture is the photograph bit for bit, and alpha is the
    photograph's everywhere. A ``region`` that a person corrected replaces the network's: where it
    is larger, cloth shows as far as the cloth reaches and the network's filling beyond.

    Memory beyond inputs and outputs does not grow with the photograph but for the shrunken cloth.
    Cancelled when the token says so.
    """
    height, width = person.rgba.shape[:2]
    changed = np.zeros((height, width), np.uint8)
    plan = _Plan(person, cloth, draft)
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


class _Plan:
    """What is decided in the frame: who shows where, with the photograph as guide at the edges."""

    def __init__(self, person: Person, cloth: Cloth, draft: Draft) -> None:
        cover = np.clip(draft.cover, 0, 1)
        cover[cover < LEAST] = 0
        replace = np.clip(draft.replace, 0, 1)
        replace[replace < LEAST] = 0
        where = _frame_points(draft.flow)
        x, y = where - np.float32(0.5)
        reached = np.asarray(cv2.remap(cloth.framed, x, y, cv2.INTER_LINEAR), np.float32)
        reached /= 255
        # Of the cloth that the flow brings here: the share nothing stands in front of. Beyond the
        # cloth's outline it is continued, for the outline is drawn by the cloth's own alpha.
        visible = extrapolate(cover / np.maximum(reached, 0.05), reached**2)
        # Of what is no cloth: the share that must go, continued under the cloth's edge.
        gone = extrapolate(replace / np.maximum(1 - cover, 0.05), (1 - cover) ** 2)
        np.maximum(gone, replace, out=gone)
        # Cloth that the network wants more than a frame pixel beyond the end of the cloth.
        beyond = np.clip(cover - cv2.dilate(reached, np.ones((3, 3), np.uint8)), 0, 1)
        beyond[beyond < 0.1] = 0
        touched = (cover > 0) | (replace > 0)
        grown = cv2.dilate(touched.view(np.uint8), np.ones((3, 3), np.uint8))
        self.support: Pixels = np.asarray(grown, np.uint8)
        self.visible = person.guide.lead(visible, _RING, within=touched)
        self.outline = np.asarray(cv2.GaussianBlur(visible * touched, (0, 0), _EVEN), np.float32)[
            None
        ]
        # The photograph's edges are those of the cloth where hair, hands and bags lie upon it.
        reach = np.ones((2 * _UPON + 1,) * 2, np.uint8)
        upon = cv2.dilate((person.upon & ~touched).view(np.uint8), reach).astype(np.float32)
        self.upon = np.asarray(cv2.blur(upon, (3, 3)), np.float32)[None]
        self.grown = person.window.width / touched.shape[1]
        # A rim of the old garment is worse than a little more that is painted anew.
        self.gone = person.guide.lead(gone, _RING, within=touched, only_more=True)
        self.beyond = beyond[None]
        self.where = where
        self.fill = np.clip(draft.fill, 0, 1) * np.float32(255)
        stays = person.ground & _within(person) & ~touched
        stays = cv2.erode(stays.view(np.uint8), np.ones((5, 5), np.uint8)) > 0
        self.ground = continued(person.framed, stays, np.where(replace > 0, draft.ground, 0))
        self.scale = _sampling_scale(person, cloth, where, cover > 0.5)
        self.box = self._box(person)

    def _box(self, person: Person) -> Rect:
        """The photograph's pixels whose centres lie in the support."""
        x, y, w, h = cv2.boundingRect(self.support)
        if not w:
            return EMPTY
        frame_height, frame_width = self.support.shape
        corners = np.array([[x, y], [x + w, y + h]], np.float32)
        edges = person.window.to_photo(corners, frame_height, frame_width)
        (left, top), (right, bottom) = np.ceil(edges - 0.5).astype(int).tolist()
        box = Rect(left, top, right - left, bottom - top)
        return box.clip(person.rgba.shape[1], person.rgba.shape[0])


class _Painter:
    """Paints tiles of the photograph's box."""

    def __init__(
        self, plan: _Plan, person: Person, cloth: Cloth, box: Rect, region: Pixels | None
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
            if at.least(self._plan.visible.bounds[0]) > MOST:
                warped = self._warped(at)
                if warped[..., 3].min() == 255:  # in the midst of the cloth
                    warped[..., 3] = rgba[..., 3]
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
        fill = self._bared(at, tile)
        planes = []
        for old, below, above in zip(photo, fill, colors, strict=True):
            below += blend * (above - below)
            below -= old
            below *= wanted
            below += old
            planes.append(np.clip(np.rint(below, out=below), 0, 255).astype(np.uint8))
        mask = (wanted > 0).view(np.uint8)
        cv2.copyTo(cv2.merge([*planes, rgba[..., 3]]), mask, rgba)
        np.copyto(changed, np.maximum(np.rint(wanted * 255).astype(np.uint8), mask))

    def _bared(self, at: Grid.Tile, tile: Rect) -> Floats:
        """What shows in a tile where the old garment is gone, (3, th, tw) 0..255."""
        fill, ground = at.cubic(self._plan.fill), self._plan.ground
        if ground is None or not at.touches(ground.share):
            return fill
        window, (rows, columns) = self._person.window, self._plan.support.shape
        across, down = at.linear(ground.shift)
        x = np.rint(across * np.float32(window.width / columns))
        y = np.rint(down * np.float32(window.height / rows))
        x += np.arange(tile.x, tile.right, dtype=np.float32)
        y += np.arange(tile.y, tile.bottom, dtype=np.float32)[:, None]
        mirrored = cv2.BORDER_REFLECT_101
        copy = cv2.remap(self._person.rgba, x, y, cv2.INTER_NEAREST, borderMode=mirrored)
        share = at.linear(ground.share)[0]
        tones = at.linear(ground.tone)
        for plane, own, tone in zip(fill, cv2.split(copy), tones, strict=False):
            tone += own
            tone -= plane
            tone *= share
            plane += tone
        return fill

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
        (share,) = at.cubic(plan.outline)
        share -= 0.5
        share *= _STEEP * max(1.0, plan.grown)
        share += 0.5
        np.clip(share, 0, 1, out=share)
        if at.touches(plan.upon):
            led = guided_share(plan.visible, at, rgba)
            led -= share
            led *= at.linear(plan.upon)[0]
            share += led
        return share

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


def _within(person: Person) -> NDArray[np.bool_]:
    """(h, w): the frame's pixels that show the photograph, not its repeated edges."""
    rows, columns = person.framed.shape[:2]
    height, width = person.rgba.shape[:2]
    window = person.window
    y = (np.arange(rows) + 0.5) * window.height / rows + window.y
    x = (np.arange(columns) + 0.5) * window.width / columns + window.x
    return ((y > 0) & (y < height))[:, None] & ((x > 0) & (x < width))


def _clean(share: Floats) -> Floats:
    """Shares near none and near all made so."""
    return np.clip((share - LEAST) / (MOST - LEAST), 0, 1)


def _frame_points(flow: Floats) -> Floats:
    """Flow -1..1 as points of the cloth's frame, in its pixels from its left upper edge."""
    sides = np.array(flow.shape[:0:-1], np.float32)[:, None, None]
    points: Floats = (flow + 1) * (sides / 2)
    return np.ascontiguousarray(points, np.float32)


def _sampling_scale(person: Person, cloth: Cloth, where: Floats, mask: NDArray[np.bool_]) -> float:
    """Cloth pixels per pixel of the photograph, in the middle of what the mask shows."""
    width = mask.shape[1]
    across, down = np.gradient(where, axis=2), np.gradient(where, axis=1)
    area = np.abs(across[0] * down[1] - across[1] * down[0])[mask]
    local = float(np.sqrt(np.median(area))) if area.size else 1.0
    return local * (cloth.window.width / width) / (person.window.width / width)


def _shrunk(
    cloth: Cloth, plan: _Plan
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
