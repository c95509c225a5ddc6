"""A person and a cloth to the person wearing it: the one function behind window, command and batch.

It walks straight: find the person, cut the cloth out, decide what kind it is, fit both to the
network's frame, run it, and composite at the photograph's own resolution.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.domain.cancel import CancelToken
from app.domain.cloth import cloth_window, frame_cloth, frame_photo
from app.domain.errors import PackError, PictureError
from app.domain.framing import CATEGORIES, LANDMARKS, Category, Window, for_category
from app.domain.people import facing
from app.domain.requests import (
    CutCloth,
    DevicePolicy,
    DeviceUse,
    TryOnRequest,
    TryOnResult,
)
from app.inference.compositing import Cloth, Draft, Person, composite
from app.inference.cutout import Cutout, no_garment
from app.inference.graphs import TRYON_GRAPH, graph_keys, to_planes
from app.inference.packs import TRYON, Pack
from app.inference.parsing import Found, Parser
from app.inference.recent import Digests, Recent
from app.inference.runner import GraphRunner
from app.inference.session import OpenSession, OrtSession
from app.inference.vetting import Vet

Pixels = NDArray[np.uint8]

_PEOPLE, _CLOTHS = 4, 48
"""How many of each are remembered; a person costs some 0.3 MB and a cloth as much as its cut."""
_CLOTH_BYTES = 192 << 20
_SMALL = 150  # pixels; a person less tall is too small to look good
_UNSEEN = 0.25  # confidence below which a landmark is not in the picture
_HEAD = 0.35  # torso lengths of a figure above the shoulders, from which its head is in the photo
_BELOW_HIPS = 0.35  # torso lengths of legs that a photograph must show for a lower garment

_SHOULDERS = [LANDMARKS.index("left_shoulder"), LANDMARKS.index("right_shoulder")]
_HIPS = [LANDMARKS.index("left_hip"), LANDMARKS.index("right_hip")]
_NEEDS: dict[Category, str] = {
    "upper": "A top needs a photo from the head to the hips at least.",
    "lower": "A skirt or a pair of pants needs a photo that shows hips and legs.",
    "dress": "A dress needs a photo from the head to the thighs at least.",
}


@dataclass(frozen=True, eq=False)
class _Framed:
    """A person as the network sees them for one category."""

    window: Window
    photo: Pixels
    labels: Pixels
    landmarks: NDArray[np.float32]


class TryOn:
    """Dresses people with one pack, a parser and a cut-out; a `Tryon`. For one thread at a time.

    People and cloths seen lately are remembered by their content, so that the next cloth on the
    same person costs neither parsing nor framing. PackError at once when the pack cannot do it or
    does not fit the parser's; graphs open at the first request.
    """

    def __init__(
        self,
        parser: Parser,
        cutout: Cutout,
        pack: Pack,
        policy: DevicePolicy,
        *,
        vet: Vet,
        open_session: OpenSession = OrtSession,
        offered: tuple[str, ...] | None = None,
    ) -> None:
        if TRYON_GRAPH not in graph_keys(pack):
            raise PackError(
                f"The pack is for {pack.task!r}, not for {TRYON!r}", where=str(pack.folder)
            )
        same_classes = [entry.key for entry in pack.palette] == [
            entry.key for entry in parser.palette
        ]
        if pack.frame != parser.frame or not same_classes:
            raise PackError(
                "The packs for try-on and for reading photos do not fit each other",
                where=str(pack.folder),
                hint="Install packs that were made together.",
            )
        self._parser, self._cutout, self._pack = parser, cutout, pack
        self._runner = GraphRunner(
            pack, TRYON_GRAPH, policy, open_session=open_session, vet=vet, offered=offered
        )
        self._digest = Digests()
        self._people: Recent[Found] = Recent(_PEOPLE)
        self._framed: Recent[_Framed] = Recent(_PEOPLE * len(CATEGORIES))
        self._cloths: Recent[CutCloth] = Recent(
            _CLOTHS, size=lambda cut: cut.rgba.nbytes, most=_CLOTH_BYTES
        )

    def cut(self, rgba: Pixels, cancel: CancelToken) -> CutCloth:
        """The garment in a picture (H, W, 4) uint8 RGBA, remembered; a `Cut`."""
        return self._cloths.get(self._digest(rgba), "", lambda: self._cutout(rgba, cancel))

    def __call__(self, request: TryOnRequest, cancel: CancelToken) -> TryOnResult:
        """The person of ``request`` with the cloth on.

        PictureError, in words for the person who asked, when a picture does not do: nobody in it,
        seen from behind, what is to be dressed outside it, no garment. PackError, DeviceError,
        Cancelled.
        """
        begun = time.perf_counter()
        cancel.raise_if_cancelled()
        who = self._digest(request.person)
        found = self._people.get(who, "", lambda: self._parser.find(request.person, cancel))
        cancel.raise_if_cancelled()
        cut = self.cut(request.cloth, cancel)
        category = request.category or cut.category
        if category is None:
            raise no_garment()
        _check(found, category, request.person.shape[0])
        framed = self._framed.get(
            who, category, lambda: self._frame(request.person, found, category, cancel)
        )
        height, width = self._pack.frame
        window = cloth_window(np.ascontiguousarray(cut.rgba[..., 3]), width / height)
        cancel.raise_if_cancelled()
        outcome = self._runner.run(
            {
                "person": to_planes(framed.photo),
                "cloth": to_planes(frame_cloth(cut.rgba, window, height, width)),
                "labels": framed.labels[None],
                "landmarks": framed.landmarks[None],
                "category": np.eye(len(CATEGORIES), dtype=np.float32)[[CATEGORIES.index(category)]],
            },
            cancel,
        )
        made = outcome.outputs
        rgba, region = composite(
            Person(request.person, framed.window, framed.photo),
            Cloth(cut.rgba, window),
            Draft(made["flow"][0], made["cover"][0, 0], made["replace"][0, 0], made["fill"][0]),
            cancel,
            region=request.region,
        )
        use = DeviceUse(
            outcome.device.label,
            outcome.device.provider,
            (time.perf_counter() - begun) * 1e3,
            outcome.notices,
        )
        return TryOnResult(rgba, category, region, _notices(found, cut, region), use)

    def _frame(
        self, rgba: Pixels, found: Found, category: Category, cancel: CancelToken
    ) -> _Framed:
        height, width = self._pack.frame
        window = for_category(category, found.landmarks, width / height)
        photo = frame_photo(rgba, window, height, width)
        reading = self._parser.read(photo, cancel)
        return _Framed(window, photo, reading.labels, reading.landmarks)


def _check(found: Found, category: Category, height: int) -> None:
    """PictureError when the person of a photograph ``height`` pixels high cannot wear it."""
    landmarks = found.landmarks
    shoulders, hips = landmarks[_SHOULDERS], landmarks[_HIPS]
    torso = float(np.linalg.norm(hips[:, :2].mean(0) - shoulders[:, :2].mean(0)))
    if _from_behind(found, torso):
        raise PictureError(
            "The person is seen from behind", hint="Use a photo that shows them from the front."
        )
    below = height - float(hips[:, 1].mean())
    for part, unseen in (
        ("shoulders are", category != "lower" and shoulders[:, 2].max() < _UNSEEN),
        ("hips are", hips[:, 2].max() < _UNSEEN or below < 0),
        ("legs are", category == "lower" and below < _BELOW_HIPS * torso),
    ):
        if unseen:
            raise PictureError(f"The person's {part} not in the photo", hint=_NEEDS[category])


def _from_behind(found: Found, torso: float) -> bool:
    """Where a photograph ends below the chin there is no nose to tell front from back by; then the
    order of the shoulders alone does."""
    if facing(found.landmarks) != "back":
        return False
    left, right = found.landmarks[_SHOULDERS]
    head = float(min(left[1], right[1])) - found.box.y
    return bool(left[0] < right[0] or head > _HEAD * torso)


def _notices(found: Found, cut: CutCloth, region: Pixels) -> tuple[str, ...]:
    """What a person should know of their pictures, in sentences."""
    notices = []
    if found.people > 1:
        notices.append(f"There are {found.people} people in the photo; the largest is dressed.")
    if found.box.h < _SMALL:
        notices.append(
            f"The person is only {found.box.h} pixels tall; a larger photo gives a better outcome."
        )
    if facing(found.landmarks) == "side":
        notices.append("The person stands sideways; a photo from the front gives a better outcome.")
    if cut.category is None:
        notices.append("The cloth's picture may show no garment.")
    if not region.any():
        notices.append("Nothing changed: no place for this cloth was found on the person.")
    return tuple(notices)
