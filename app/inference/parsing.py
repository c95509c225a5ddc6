"""A photograph of a person to a label map and body landmarks."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from app.domain.cancel import CancelToken
from app.domain.colors import claim
from app.domain.errors import PictureError
from app.domain.framing import Category, Window, agreed, around, whole
from app.domain.geometry import Rect
from app.domain.palette import GROUND, Palette
from app.domain.people import People, facing, find_people, largest_person, somebody, with_shoulders
from app.domain.photo import on_white
from app.domain.requests import Facing, Parsed, ParseRequest
from app.domain.scores import enlarge, follow_edges, leaning, without_specks
from app.domain.skin import complexion
from app.inference.graphs import PARSER_GRAPH, to_planes
from app.inference.network import Network, use_of
from app.inference.providers import Device

MAX_LABELS = 2048
"""The longest side of a label map made from a photograph."""

_REACH = 0.015  # of the frame's height: how far two readings of one person differ
_SPECK = 0.0002  # of the person's area; a patch of one class that is smaller is noise
_SPECK_NEAR = 0.0005  # the same, of a frame that a part of the person fills

_LEAN = 2.0  # how much more the chances of an old garment count than those of anything else
_LEANT_TO: dict[Category, tuple[str, ...]] = {
    "upper": ("upper", "dress"),
    "lower": (),
    "dress": ("upper", "lower", "dress"),
}
"""Groups of classes that a garment of a category takes the place of, in doubt. What hangs from the
waist ends at a top, and a hole in that is as bad as a rim of an old skirt."""

_BESIDE = ("skin", "hair", "bag", "lower")
"""Groups of classes that a piece of a top or dress is taken for; what hangs from the waist has a
belt, stockings and hands beside it, and its colours tell less."""


@dataclass(frozen=True, eq=False)
class Reading:
    """What the network says of one frame: ``probabilities`` (C, h, w) float32 that sum to 1,
    ``landmarks`` (13, 3) float32 x, y in frame pixels and confidence 0..1."""

    probabilities: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    device: Device
    notices: tuple[str, ...]

    @property
    def labels(self) -> NDArray[np.uint8]:
        """(h, w): the likeliest class of every pixel."""
        return np.asarray(self.probabilities.argmax(axis=0), np.uint8)


@dataclass(frozen=True, eq=False)
class Found:
    """The largest person of a photograph, looked at closely.

    ``window`` of the photograph, which here is (``height``, ``width``) and ``scale`` times smaller
    than it is, was read from ``framed`` (h, w, 3) as ``probabilities`` (C, h, w), other people
    taken out. ``landmarks`` (13, 3) are in the photograph's own pixels; ``people`` is how many of
    a similar size there are, ``facing`` which side of the person is seen.
    """

    height: int
    width: int
    scale: float
    window: Window
    framed: NDArray[np.uint8]
    probabilities: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    people: int
    facing: Facing
    palette: Palette
    device: Device
    notices: tuple[str, ...]

    @cached_property
    def box(self) -> Rect:
        """Around the person, in the photograph's own pixels; empty when nobody is there."""
        figure = np.minimum(self.probabilities.argmax(axis=0), 1).astype(np.uint8)
        x, y, w, h = cv2.boundingRect(figure)
        corners = np.array([[x, y], [x + w, y + h]], np.float32)
        rows, columns = figure.shape
        (left, top), (right, bottom) = self.window.to_photo(corners, rows, columns).tolist()
        part = Rect(round(left), round(top), round(right - left), round(bottom - top))
        shape = (round(self.height * self.scale), round(self.width * self.scale))
        return _scaled(part, self.scale, shape)

    @cached_property
    def complexion(self) -> NDArray[np.float32] | None:
        """The face's colour (3,) in CIELAB, where it is seen."""
        skin = self.palette.of("skin")[self.probabilities.argmax(axis=0)]
        landmarks = self.landmarks.copy()
        landmarks[:, :2] = self.window.to_frame(landmarks[:, :2] / self.scale, *skin.shape)
        return complexion(self.framed, skin, landmarks)

    def labels_in(
        self,
        window: Window,
        framed: NDArray[np.uint8],
        reading: Reading,
        category: Category,
    ) -> NDArray[np.uint8]:
        """The label map (h, w) of another ``reading``, of ``framed`` (h, w, 3), a ``window`` in the
        photograph's own pixels, with ground where it shows anybody but this person.

        Each pixel is what both readings together say, for some things are only seen from near and
        some only told from the whole figure, drawn to the picture's edges. In doubt it is of an
        old top or dress, for what is left of that is worse than what goes with it. (The card of the
        parser has what all this gains.) What is seen beside a garment of the ``category`` and has
        its colours is a part of it.
        """
        sides = (window.x, window.y, window.width, window.height)
        near = Window(*(side / self.scale for side in sides))
        figure = (self.probabilities.argmax(axis=0) != GROUND).astype(np.uint8)
        reach = 2 * round(_REACH * figure.shape[0]) + 1
        grown = cv2.dilate(figure, np.ones((reach, reach), np.uint8))
        mine = _moved(grown, self.window, near, cv2.INTER_NEAREST)
        both = reading.probabilities / 2
        for own, plane in zip(both, self.probabilities, strict=True):
            own += _moved(plane, self.window, near, cv2.INTER_LINEAR) / 2
        groups = self.palette.groups
        labels = leaning(
            follow_edges(both, framed),
            [self.palette.of(group) for group in groups],
            [_LEAN if group in _LEANT_TO[category] else 1.0 for group in groups],
        )
        labels[mine == 0] = GROUND
        if category != "lower":
            beside = [self.palette.of(group) for group in _BESIDE]
            claim(labels, both, framed, self.palette.of("upper", "dress"), beside)
        without_specks(labels, round(_SPECK_NEAR * labels.size))
        return labels

    def landmarks_in(self, window: Window, reading: Reading) -> NDArray[np.float32]:
        """The landmarks (13, 3) by this and another ``reading`` of the person, a ``window`` in the
        photograph's own pixels, in pixels of its frame."""
        rows, columns = reading.probabilities.shape[1:]
        far = self.landmarks.copy()
        far[:, :2] = window.to_frame(far[:, :2], rows, columns)
        return agreed(reading.landmarks, far)


class Parser(Network):
    """Reads photographs with one pack; a `Parse`. For one thread at a time.

    PackError at once when the pack cannot read photographs; the graph opens at the first one.
    """

    graph = PARSER_GRAPH

    def read(self, framed: NDArray[np.uint8], cancel: CancelToken) -> Reading:
        """What is in one frame (h, w, 3) uint8 RGB. PackError, DeviceError, Cancelled."""
        outcome = self._runner.run({"photo": to_planes(framed)}, cancel)
        return Reading(
            outcome.outputs["probabilities"][0],
            outcome.outputs["landmarks"][0],
            outcome.device,
            outcome.notices,
        )

    def __call__(self, request: ParseRequest, cancel: CancelToken) -> Parsed:
        """Look at the whole photograph, then closer at the largest person in it.

        PictureError when nobody is in it, PackError, DeviceError, Cancelled.
        """
        begun = time.perf_counter()
        found = self.find(request.rgba, cancel)
        chances = follow_edges(found.probabilities, found.framed)
        labels = enlarge(chances, found.window, found.width, found.height)
        cancel.raise_if_cancelled()
        figure = cv2.boundingRect(np.minimum(labels, 1))
        if not figure[2]:
            raise nobody()
        without_specks(labels, round(_SPECK * np.count_nonzero(labels)))
        cancel.raise_if_cancelled()
        use = use_of(found.device, begun, found.notices)
        person = _scaled(Rect(*figure), found.scale, request.rgba.shape)
        return Parsed(labels, found.landmarks, person, found.people, found.facing, use)

    def find(self, rgba: NDArray[np.uint8], cancel: CancelToken) -> Found:
        """The largest person in a photograph (H, W, 4) uint8 RGBA, without a label map of it.

        PictureError when nobody is in it, PackError, DeviceError, Cancelled.
        """
        photo = on_white(rgba, MAX_LABELS)
        height, width = photo.shape[:2]
        frame_height, frame_width = self.frame
        aspect = frame_width / frame_height
        window = whole(width, height, aspect)
        first = self.read(window.cut(photo, frame_height, frame_width), cancel)
        people, box = _people(first, window, width, height)
        if not people.count:
            raise nobody()
        closer = around(box.x, box.y, box.right, box.bottom, aspect=aspect)
        framed = closer.cut(photo, frame_height, frame_width)
        second = self.read(framed, cancel)
        strangers = people.others.astype(np.uint8)
        others = _moved(strangers, window, closer, cv2.INTER_NEAREST) != 0
        scale = rgba.shape[0] / height
        seen = with_shoulders(second.landmarks)
        landmarks = seen.copy()
        landmarks[:, :2] = closer.to_photo(landmarks[:, :2], frame_height, frame_width) * scale
        chances = _only(second, others)
        figure = chances.argmax(axis=0).astype(np.uint8)
        if not somebody(second.landmarks, figure, self.palette):
            raise nobody()
        side = facing(seen, figure, self.palette)
        return Found(
            height, width, scale, closer, framed, chances, landmarks, people.count, side,
            self.palette, second.device, first.notices + second.notices,
        )  # fmt: skip


def nobody() -> PictureError:
    """What a person reads of a photo without one."""
    return PictureError(
        "No person was found in the photo",
        hint="Use one that shows a person upright: whole, to the thighs, or from the waist down.",
    )


def _people(reading: Reading, window: Window, width: int, height: int) -> tuple[People, Rect]:
    """People in the first reading, and the box around the largest in pixels of the photograph.

    What the network makes of repeated edge pixels around the photograph does not count.
    """
    rows, columns = reading.probabilities.shape[1:]
    step_x, step_y = window.width / columns, window.height / rows
    figures = np.zeros((rows, columns), np.bool_)
    shown = window.inside((height, width), figures.shape)
    figures[shown] = reading.labels[shown] != GROUND
    people = find_people(figures)
    box = people.box
    left, top = box.x * step_x + window.x, box.y * step_y + window.y
    part = Rect(round(left), round(top), round(box.w * step_x), round(box.h * step_y))
    return people, part


def _moved(plane: cv2.typing.MatLike, old: Window, new: Window, method: int) -> cv2.typing.MatLike:
    """``plane`` (h, w) of one window as one of another, 0 outside the old one."""
    rows, columns = plane.shape
    across, down = new.width / old.width, new.height / old.height
    x, y = (new.x - old.x) * columns / old.width, (new.y - old.y) * rows / old.height
    # OpenCV counts from the middle of the first pixel, windows from its edge.
    matrix = np.array([[across, 0, x + (across - 1) / 2], [0, down, y + (down - 1) / 2]])
    return cv2.warpAffine(plane, matrix, (columns, rows), flags=method | cv2.WARP_INVERSE_MAP)


def _only(reading: Reading, others: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The probabilities with ground where other people are, and what else the network took for a
    part of somebody away from the person."""
    figures = reading.labels != GROUND
    strange = figures & ~largest_person(figures, others)
    if not strange.any():
        return reading.probabilities
    grown = cv2.dilate(strange.astype(np.uint8), np.ones((3, 3), np.uint8)) != 0
    alone = np.where(grown, np.float32(0), reading.probabilities)
    alone[GROUND][grown] = 1
    return alone


def _scaled(box: Rect, scale: float, shape: tuple[int, ...]) -> Rect:
    x, y = round(box.x * scale), round(box.y * scale)
    right, bottom = round(box.right * scale), round(box.bottom * scale)
    return Rect(x, y, right - x, bottom - y).clip(shape[1], shape[0])
