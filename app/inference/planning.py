"""What is decided in a network's frame before a photograph is composed: who shows where."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from app.domain.framing import Window
from app.domain.geometry import EMPTY, Rect
from app.inference.inpainting import Continued
from app.inference.upsampling import Guide, extrapolate

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]

LEAST = 0.02
"""Shares of cover and replace below this count as none: the region has to end somewhere."""

EVEN = 1.0
"""Frame pixels; sigma by which a share is evened whose edge is drawn sharp."""

_STEPS = 4  # sizes of a cloth from one to half of it; sampled finer than that, it would flicker
_NEAR = 3  # frame pixels within which the cloth's edge is that of what lies upon it
_RING = 2  # frame pixels on either side of an edge in which the photograph may move it


@dataclass(frozen=True, eq=False)
class Draft:
    """A try-on network's outputs for one frame (h, w), float32.

    ``flow`` (2, h, w) is x, y of the sampling position in the cloth's frame, -1..1 from edge to
    edge; ``cover`` (h, w) 0..1 where the cloth shows; ``replace`` (h, w) 0..1 where, of what is
    not cloth, the old picture must go; ``fill`` (3, h, w) RGB 0..1 comes there instead, and before
    it what of the photograph could be ``continued``.
    """

    flow: Floats
    cover: Floats
    replace: Floats
    fill: Floats
    continued: tuple[Continued, ...] = ()


@dataclass(frozen=True, eq=False)
class Person:
    """A photograph ``rgba`` (H, W, 4) uint8, the ``window`` of it that the network saw, what that
    window is as a ``guide`` in the frame, and where, (h, w) bool, it shows what can lie ``upon`` a
    garment."""

    rgba: Pixels
    window: Window
    guide: Guide
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


class Plan:
    """Shares of a frame (h, w), with the photograph as guide at the edges.

    ``support`` uint8 is 1 wherever anything may change. ``visible``: of the cloth, what nothing
    stands in front of; ``even`` (1, h, w) the same, evened, and ``led`` (1, h, w) how much the
    photograph leads its edge. ``gone``: of what is no cloth, what must go; ``beyond`` (1, h, w):
    cloth beyond the cloth's end. ``where`` (2, h, w): points of the cloth's frame; ``fill``
    (3, h, w) 0..255 and ``continued``: what comes instead. ``grown`` is how many pixels of the
    photograph a frame pixel is across, ``scale`` how many of the cloth's one of these; ``box`` are
    the photograph's pixels whose centres lie in the support.
    """

    def __init__(self, person: Person, cloth: Cloth, draft: Draft) -> None:
        cover = np.clip(draft.cover, 0, 1)
        cover[cover < LEAST] = 0
        replace = np.clip(draft.replace, 0, 1)
        replace[replace < LEAST] = 0
        where = frame_points(draft.flow)
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
        self.even = np.asarray(cv2.GaussianBlur(visible * touched, (0, 0), EVEN), np.float32)[None]
        # The photograph's edges are those of the cloth where hair, hands and bags lie upon it.
        reach = np.ones((2 * _NEAR + 1,) * 2, np.uint8)
        near = cv2.dilate((person.upon & ~touched).view(np.uint8), reach).astype(np.float32)
        self.led = np.asarray(cv2.blur(near, (3, 3)), np.float32)[None]
        self.grown = person.window.width / touched.shape[1]
        # A rim of the old garment is worse than a little more that is painted anew.
        self.gone = person.guide.lead(gone, _RING, within=touched, only_more=True)
        self.beyond = beyond[None]
        self.where = where
        self.fill = np.clip(draft.fill, 0, 1) * np.float32(255)
        self.continued = draft.continued
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


def frame_points(flow: Floats) -> Floats:
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
