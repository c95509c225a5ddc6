"""A person and a cloth to the person wearing it: the one function behind window, command and batch.

It walks straight: find the person, cut the cloth out, decide what kind it is, fit both to the
network's frame, run it, and composite at the photograph's own resolution.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from app.domain.cancel import CancelToken
from app.domain.cloth import cloth_window, frame_cloth, frame_photo, quarters_to_upright
from app.domain.errors import PackError, PictureError
from app.domain.framing import CATEGORIES, LANDMARKS, Category, Window, for_category, whole
from app.domain.palette import CLOTHES, GROUND
from app.domain.people import is_worn
from app.domain.requests import CutCloth, Finish, TryOnRequest, TryOnResult
from app.inference.compositing import composite
from app.inference.cutout import Cutout, no_garment
from app.inference.devices import Devices
from app.inference.drafting import Seen, drafted
from app.inference.graphs import TRYON_GRAPH, to_planes
from app.inference.network import Network, use_of
from app.inference.packs import Pack
from app.inference.parsing import Found, Parser
from app.inference.planning import Cloth, Draft, Person
from app.inference.providers import Device
from app.inference.recent import Digests, Recent
from app.inference.upsampling import Guide

Pixels = NDArray[np.uint8]

_log = logging.getLogger("toile.inference")

_PEOPLE, _DRAFTS, _CLOTHS, _CLOTH_BYTES = 4, 24, 16, 64 << 20
"""How much is remembered: a person is 12 MB and 3 for each category, a draft up to 4.1 MB, a cloth
up to twice as large as its cut."""
_SMALL = 150  # pixels; a person less tall is too small to look good
_UNSEEN = 0.25  # confidence below which a landmark is not in the picture
_BELOW_HIPS = 0.35  # torso lengths of legs that a photograph must show for a lower garment

_UPON = ("skin", "hair", "accessory", "bag")
"""Groups of classes that can lie upon any garment, and whose edges the photograph shows. (What a
network leaves in front it decides itself.)"""

_SHOULDERS = [LANDMARKS.index("left_shoulder"), LANDMARKS.index("right_shoulder")]
_HIPS = [LANDMARKS.index("left_hip"), LANDMARKS.index("right_hip")]
_NEEDS: dict[Category, str] = {
    "upper": "A top needs a photo from the head to the hips at least.",
    "lower": "A skirt or a pair of pants needs a photo that shows hips and legs.",
    "dress": "A dress needs a photo from the head to the thighs at least.",
}

_LIES = {
    1: "The cloth lies on its side in its picture and was turned to the right.",
    2: "The cloth lies upside down in its picture and was turned.",
    3: "The cloth lies on its side in its picture and was turned to the left.",
}


@dataclass(frozen=True, eq=False)
class _Framed:
    """A person as the network sees them for one category."""

    window: Window
    seen: Seen
    guide: Guide


@dataclass(frozen=True, eq=False)
class _Known:
    """A person, and how the network sees them for the categories that were asked for."""

    found: Found
    framed: dict[Category, _Framed] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class _Hung:
    """A cloth as the network sees it, whether somebody wears it in its picture, and by how many
    quarters clockwise it was turned."""

    cut: CutCloth
    cloth: Cloth
    framed: Pixels
    worn: bool
    quarters: int


@dataclass(frozen=True, eq=False)
class _Drafted:
    """What the network made of one person, cloth and category, how many quarters clockwise it says
    the cloth must be turned yet, and on which device."""

    draft: Draft
    quarters: int
    device: Device


class TryOn(Network):
    """Dresses people with one pack, a parser and a cut-out; a `Tryon`. For one thread at a time.

    People and cloths seen lately are remembered by their content, so that the next cloth on the
    same person costs neither parsing nor framing, and a corrected region no network at all.
    The parser looks at the same window as the network, in its own frame, which may be finer but
    has the same proportions. PackError at once when the pack cannot do it or does not fit the
    parser's; graphs open at the first request.
    """

    graph = TRYON_GRAPH

    def __init__(self, parser: Parser, cutout: Cutout, pack: Pack, devices: Devices) -> None:
        same_classes = [entry.key for entry in pack.palette] == [
            entry.key for entry in parser.palette
        ]
        (height, width), (rows, columns) = pack.frame, parser.frame
        if height * columns != width * rows or not same_classes:
            raise PackError(
                "The packs for try-on and for reading photos do not fit each other",
                where=str(pack.folder),
                hint="Install packs that were made together.",
            )
        super().__init__(pack, devices)
        self._parser, self._cutout = parser, cutout
        self._digest = Digests()
        self._people: Recent[_Known] = Recent(_PEOPLE)
        self._drafts: Recent[_Drafted] = Recent(_DRAFTS)
        self._cloths: Recent[_Hung] = Recent(
            _CLOTHS, size=lambda hung: hung.cut.rgba.nbytes, most=_CLOTH_BYTES
        )
        self._lies: Recent[int] = Recent(_DRAFTS)
        self._said: list[str] = []

    def cut(self, rgba: Pixels, cancel: CancelToken) -> CutCloth:
        """The garment in a picture (H, W, 4) uint8 RGBA, remembered; a `Cut`."""
        return self._hung(self._digest(rgba), rgba, 0, cancel).cut

    def __call__(self, request: TryOnRequest, cancel: CancelToken) -> TryOnResult:
        """The person of ``request`` with the cloth on.

        PictureError, in words for the person who asked, when a picture does not do: nobody in it,
        seen from behind, what is to be dressed outside it, no garment. PackError, DeviceError,
        Cancelled.
        """
        return self.fit(request, cancel)(cancel)

    def fit(self, request: TryOnRequest, cancel: CancelToken) -> Finish:
        """All of a call that needs networks; a `Fit`. Raises what a call raises."""
        begun = time.perf_counter()
        cancel.raise_if_cancelled()
        photo, region = request.person, request.region
        if region is not None and region.shape != photo.shape[:2]:
            raise PictureError("The corrected region is not as large as the photo")
        self._said = []
        who, what = self._digest(photo), self._digest(request.cloth)
        known = self._people.get(who, "", lambda: _Known(self._find(photo, cancel)))
        found = known.found

        def put_on(quarters: int) -> tuple[_Hung, Category, _Framed, _Drafted]:
            hung = self._hung(what, request.cloth, quarters, cancel)
            return hung, *self._fit_one(photo, known, who + what, hung, request.category, cancel)

        quarters = 0
        if not request.upright:
            quarters = self._lies.get(who + what, str(request.category), lambda: _turn(put_on))
        hung, category, framed, drafted = put_on(quarters)
        upon = self._upon(framed.seen.labels, category)
        person = Person(photo, framed.window, framed.guide, upon)
        said = tuple(dict.fromkeys(self._said))
        fitted = time.perf_counter() - begun

        def finish(cancel: CancelToken) -> TryOnResult:
            begun = time.perf_counter() - fitted
            rgba, changed = composite(person, hung.cloth, drafted.draft, cancel, region=region)
            use = use_of(drafted.device, begun, said)
            notices = _notices(found, hung, changed)
            return TryOnResult(rgba, category, changed, notices, use, hung.quarters)

        return finish

    def _upon(self, labels: Pixels, category: Category) -> NDArray[np.bool_]:
        """Where ``labels`` show what can lie upon a garment."""
        more = ("upper",) if category == "lower" else ()
        return self._parser.palette.of(*_UPON, *more)[labels]

    @property
    def _aspect(self) -> float:
        height, width = self.frame
        return width / height

    def _find(self, photo: Pixels, cancel: CancelToken) -> Found:
        found = self._parser.find(photo, cancel)
        self._said += found.notices
        return found

    def _hung(self, what: bytes, picture: Pixels, quarters: int, cancel: CancelToken) -> _Hung:
        """The cloth of a picture that is called ``what``, turned clockwise; remembered."""

        def hang() -> _Hung:
            turned = np.ascontiguousarray(np.rot90(picture, -quarters))
            cut = self._cutout(turned, cancel)
            self._said += cut.use.notices
            alpha = np.asarray(cv2.extractChannel(cut.rgba, 3), np.uint8)
            window = cloth_window(alpha, self._aspect)
            framed = frame_cloth(cut.rgba, window, *self.frame)
            cloth = Cloth(cut.rgba, window, np.ascontiguousarray(framed[..., 3]))
            return _Hung(cut, cloth, framed, self._worn(turned, cancel), quarters)

        return self._cloths.get(what, str(quarters), hang)

    def _worn(self, picture: Pixels, cancel: CancelToken) -> bool:
        if cv2.minMaxLoc(cv2.extractChannel(picture, 3))[0] < 255:
            return False  # somebody has cut it out already
        window = whole(picture.shape[1], picture.shape[0], self._aspect)
        reading = self._parser.read(frame_photo(picture, window, *self._parser.frame), cancel)
        self._said += reading.notices
        return is_worn(reading.landmarks)

    def _frame(
        self, photo: Pixels, found: Found, category: Category, cancel: CancelToken
    ) -> _Framed:
        window = for_category(category, found.landmarks, self._aspect)
        height, width = self.frame
        framed = frame_photo(photo, window, height, width)
        fitted = frame_photo(photo, window, *self._parser.frame)
        reading = self._parser.read(fitted, cancel)
        self._said += reading.notices
        labels = found.labels_in(window, fitted, reading, category)
        landmarks = found.landmarks_in(window, reading)
        landmarks[:, :2] *= np.divide((width, height), labels.shape[::-1]).astype(np.float32)
        nobody = ((labels == GROUND) & (reading.labels == GROUND)).view(np.uint8)
        small, nobody = (
            np.asarray(cv2.resize(own, (width, height), interpolation=cv2.INTER_NEAREST), np.uint8)
            for own in (labels, nobody)
        )
        shown = np.zeros((height, width), np.bool_)
        shown[window.inside(photo.shape, shown.shape)] = True
        of = self._parser.palette.of
        clothes, skin = (of(*groups)[small] & shown for groups in (CLOTHES, ("skin",)))
        nobody_there = (nobody > 0) & shown
        seen = Seen(framed, small, nobody_there, clothes, skin, landmarks, found.complexion)
        return _Framed(window, seen, Guide(framed))

    def _fit_one(
        self,
        photo: Pixels,
        known: _Known,
        pair: bytes,
        hung: _Hung,
        asked: Category | None,
        cancel: CancelToken,
    ) -> tuple[Category, _Framed, _Drafted]:
        """The cloth as it hangs on the person: as what kind of garment, how the person is framed
        for it, and what the network makes of the ``pair`` that is called so."""
        category = asked or hung.cut.category
        if category is None:
            raise no_garment()
        _check(known.found, category, photo.shape[0])
        framed = known.framed.get(category)
        if framed is None:
            framed = known.framed[category] = self._frame(photo, known.found, category, cancel)
        drafted = self._drafts.get(
            pair, f"{category} {hung.quarters}", lambda: self._draft(framed, hung, category, cancel)
        )
        return category, framed, drafted

    def _draft(
        self, framed: _Framed, hung: _Hung, category: Category, cancel: CancelToken
    ) -> _Drafted:
        kind = np.zeros((1, len(CATEGORIES)), np.float32)
        kind[0, CATEGORIES.index(category)] = 1
        outcome = self._runner.run(
            {
                "person": to_planes(framed.seen.photo),
                "cloth": to_planes(hung.framed),
                "labels": framed.seen.labels[None],
                "landmarks": framed.seen.landmarks[None],
                "category": kind,
            },
            cancel,
        )
        self._said += outcome.notices
        draft = drafted(outcome.outputs, framed.seen, sleeves=category != "lower")
        quarters = quarters_to_upright(outcome.outputs["quarters"][0])
        return _Drafted(draft, quarters, outcome.device)


def _turn(put_on: Callable[[int], tuple[_Hung, Category, _Framed, _Drafted]]) -> int:
    """By how many quarters clockwise a cloth's picture is turned before it is ``put_on``: by none
    where it does not come out better for it. Raises what putting on raises."""
    quarters = put_on(0)[-1].quarters
    if quarters:
        try:
            if put_on(quarters)[-1].quarters == 0:
                return quarters
        except PictureError as error:
            _log.info("A cloth that seems to lie turned stays as it is: %s", error.what)
    return 0


def _check(found: Found, category: Category, height: int) -> None:
    """PictureError when the person of a photograph ``height`` pixels high cannot wear it."""
    landmarks = found.landmarks
    shoulders, hips = landmarks[_SHOULDERS], landmarks[_HIPS]
    torso = float(np.linalg.norm(hips[:, :2].mean(0) - shoulders[:, :2].mean(0)))
    if found.facing == "back":
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


def _notices(found: Found, hung: _Hung, region: Pixels) -> tuple[str, ...]:
    """What a person should know of their pictures, in sentences."""
    notices = []
    if found.people > 1:
        notices.append(f"There are {found.people} people in the photo; the largest is dressed.")
    if found.box.h < _SMALL:
        notices.append(
            f"The person is only {found.box.h} pixels tall; a larger photo gives a better outcome."
        )
    if found.facing == "side":
        notices.append("The person stands sideways; a photo from the front gives a better outcome.")
    if hung.worn:
        notices.append(
            "Somebody wears the cloth in its picture; one of the garment alone, lying flat or "
            "hanging, gives a better outcome."
        )
    if hung.cut.category is None:
        notices.append("The cloth's picture may show no garment.")
    if hung.quarters:
        notices.append(_LIES[hung.quarters])
    if not region.any():
        notices.append("Nothing changed: no place for this cloth was found on the person.")
    return tuple(notices)
