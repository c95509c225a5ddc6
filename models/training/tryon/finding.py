"""Which garments of a labelled photograph can be laid flat, and where they lie."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from app.domain import framing
from models.training import palette
from models.training.tryon import flaws
from models.training.tryon import worn as w
from models.training.tryon.worn import Mask, Points, Worn

#: What may lie in front of a garment and is not part of it.
_HIDERS = [w.INDEX[key] for key in ("hair", "bag", "accessories", "belt", "scarf", "glasses")]
_SOLID = [w.INDEX[key] for key in ("bag", "accessories", "scarf")]
_CLOSED = [w.INDEX[key] for key in ("top", "t-shirt", "blouse", "shirt", "sweater")]
_SKIN = w.INDEX["skin"]
_LONG = 0.9  # torso lengths below the hips from which an upper garment is dressed like a dress


def find(
    photo: NDArray[np.uint8], labels: NDArray[np.uint8], landmarks: NDArray[np.float32]
) -> tuple[list[Worn], list[str]]:
    """The garments of a photograph that can be laid flat, at most one for each category, and for
    each other large garment its category and why it cannot.

    ``photo`` (H, W, 3) RGB, ``labels`` (H, W) of the palette, ``landmarks`` (13, 3) x, y in
    pixels of the photograph and visibility.
    """
    torso = w.torso_length(landmarks)
    shoulders = landmarks[w.LEFT_SHOULDER, 0] - landmarks[w.RIGHT_SHOULDER, 0]
    hips = landmarks[w.LEFT_HIP, 0] - landmarks[w.RIGHT_HIP, 0]
    axis = w.middle(landmarks, w.LEFT_HIP) - w.middle(landmarks, w.LEFT_SHOULDER)
    if shoulders < 0.42 * torso or hips <= 0 or abs(axis[0]) > 0.3 * torso or axis[1] < 0:
        return [], ["any: not seen upright from the front"]
    counts = np.bincount(labels.ravel(), minlength=palette.COUNT)
    upper = max(w.UPPERS, key=lambda index: int(counts[index]))
    closed = max(_CLOSED, key=lambda index: int(counts[index]))
    lower = max(w.LOWERS, key=lambda index: int(counts[index]))
    rows = np.flatnonzero((labels == upper).sum(1) > 0.15 * torso)
    long = len(rows) > 0 and rows[-1] > w.middle(landmarks, w.LEFT_HIP)[1] + _LONG * torso
    skirt = max((w.SKIRT, w.DRESS), key=lambda index: int(counts[index]))
    candidates: list[tuple[framing.Category, tuple[int, ...]]] = [
        ("dress", (w.DRESS,)),
        ("dress" if long else "upper", (upper,)),
        ("lower", (lower,)),
        # Dresses are few: a closed top and a skirt that meet are laid down as one.
        ("dress", (skirt, closed)),
        # Skirts below a top of their own, and dresses below a coat, often carry the dress's label;
        # what shows of them is a skirt.
        ("lower", (w.DRESS,)),
    ]
    found: dict[str, Worn] = {}
    refused = []
    for number, (category, garment) in enumerate(candidates):
        known = category in found
        if number == len(candidates) - 1:  # a dress that is one already
            known |= "dress" in found and found["dress"].garment == (w.DRESS,)
        if counts[list(garment)].min() < 0.12 * torso**2 or known:
            continue
        if category == "lower" and garment == (w.DRESS,):
            labels, garment = np.where(labels == w.DRESS, np.uint8(w.SKIRT), labels), (w.SKIRT,)
        worn = _frame(photo, labels, landmarks, category, garment)
        if not isinstance(worn, str):
            found[category] = worn
        elif number < 3:
            refused.append(f"{category}: {worn}")
    return list(found.values()), refused


def _frame(
    photo: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    landmarks: NDArray[np.float32],
    category: framing.Category,
    garment: tuple[int, ...],
) -> Worn | str:
    window = framing.for_category(category, landmarks)
    placed = landmarks.copy()
    placed[:, :2] = window.to_frame(landmarks[:, :2], w.HEIGHT, w.WIDTH)
    framed = window.cut(labels, w.HEIGHT, w.WIDTH, nearest=True)
    # Outside the photograph `cut` repeats the edge: nothing is worn there.
    corners = np.array([[0, 0], [labels.shape[1], labels.shape[0]]], np.float32)
    low, high = window.to_frame(corners, w.HEIGHT, w.WIDTH)
    points = w.grid(w.HEIGHT, w.WIDTH)
    inside = ((points >= low) & (points < high)).all(-1)
    seen = (np.isin(framed, garment) & inside).astype(np.uint8)
    shown = seen.sum() * (window.height / w.HEIGHT) ** 2 / np.isin(labels, garment).sum()
    if shown < 0.96:
        return "reaches out of its window"
    mask, held, cut = _cleaned(seen, framed, placed, category)
    whole = mask | held
    if mask.sum() < 0.12 * w.torso_length(placed) ** 2:
        return "small"
    if held.sum() > 0.28 * whole.sum():
        return "much hidden"
    if (mask & seen).sum() < 0.85 * seen.sum():
        return "open or in pieces"
    if cut > 0.06:
        return "cut off by something before it"
    fine = window.cut(photo, w.HEIGHT * w.FINE, w.WIDTH * w.FINE)
    person = window.cut(photo, w.HEIGHT, w.WIDTH)
    limbs = _limbs(whole, placed, category)
    worn = Worn(category, garment, placed, person, fine, framed, mask, held, limbs)
    return (flaws.of_legs if category == "lower" else flaws.of_body)(worn) or worn


def _cleaned(
    seen: Mask, labels: NDArray[np.uint8], landmarks: Points, category: framing.Category
) -> tuple[Mask, Mask, float]:
    """The garment without stray superpixels, what lies before it, and how much more of it, as a
    share, bags and the like seem to hide, going by its other side."""
    torso = w.torso_length(landmarks)
    smooth = cv2.medianBlur(cv2.morphologyEx(seen, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)), 5)
    points = w.grid(w.HEIGHT, w.WIDTH)
    neck = w.middle(landmarks, w.LEFT_SHOULDER) - np.array([0, 0.12 * torso], np.float32)
    hider = np.isin(labels, _HIDERS) & (np.linalg.norm(points - neck, axis=-1) > 0.24 * torso)
    for elbow, wrist in ((w.LEFT_ELBOW, w.LEFT_WRIST), (w.RIGHT_ELBOW, w.RIGHT_WRIST)):
        start, end = landmarks[elbow, :2], landmarks[wrist, :2]
        near = w.from_segment(points, start * 0.8 + end * 0.2, end + (end - start) * 0.4)
        hider |= (labels == _SKIN) & (near < 0.15 * torso)
    surely = w.closed(smooth, 0.22 * torso) | (
        w.closed(smooth, 0.5 * torso) & w.mirrored(smooth, landmarks)
    )
    held = cv2.medianBlur((surely & hider & (1 - smooth)).astype(np.uint8), 3) & (1 - smooth)
    if category == "lower":
        held |= _waist(smooth, labels, landmarks)
    count, parts, stats, _ = cv2.connectedComponentsWithStats(smooth | held)
    if count < 2:
        return np.zeros_like(seen), np.zeros_like(seen), 0.0
    largest = (parts == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))).astype(np.uint8)
    smooth, held = smooth & largest, held & largest
    whole = smooth | held
    hidden = np.isin(labels, _SOLID) & (w.mirrored(whole, landmarks) > whole)
    return smooth, held, float(hidden.sum() / max(whole.sum(), 1))


def _waist(seen: Mask, labels: NDArray[np.uint8], landmarks: Points) -> Mask:
    """What a shirt over trousers or skirt hides of them, up to the waist."""
    torso = w.torso_length(landmarks)
    hip, neck = w.middle(landmarks, w.LEFT_HIP), w.middle(landmarks, w.LEFT_SHOULDER)
    hem = round(float(hip[1] + 0.32 * torso))
    columns = np.flatnonzero(seen[min(hem, w.HEIGHT - 1)])
    hidden = np.zeros_like(seen)
    if len(columns) < 0.2 * torso:
        return hidden
    half = np.array([(columns[-1] - columns[0] + 1) / 2, 0])
    low = np.array([(columns[-1] + columns[0] + 1) / 2, hem])
    high = hip + 0.2 * (neck - hip)
    area = w.filled([high - 0.8 * half, high + 0.8 * half, low + half, low - half])
    over = np.isin(labels, [*w.UPPERS, *_HIDERS, _SKIN])
    return ((area > seen) & over).astype(np.uint8)


def _limbs(
    whole: Mask, landmarks: Points, category: framing.Category
) -> tuple[float, float, float, float]:
    """Shares of upper and lower arms (or legs) that the garment covers, from the joint down."""
    thick = cv2.dilate(whole, np.ones((5, 5), np.uint8))
    chain = (w.LEFT_HIP, w.LEFT_KNEE) if category == "lower" else (w.LEFT_SHOULDER, w.LEFT_ELBOW)
    step = chain[1] - chain[0]
    shares = []
    for side in (0, 1):
        for root in (chain[0] + side, chain[1] + side):
            start, end = landmarks[root, :2], landmarks[root + step, :2]
            line = start + np.linspace(0.1, 1, 19)[:, None] * (end - start)
            cloth = w.at(thick, line)
            bare = np.flatnonzero((cloth == 0) & (line[:, 1] < w.HEIGHT))
            first = next((i for i in bare if not cloth[i : i + 4].any()), len(line))
            shares.append(0.0 if first == 0 else float(0.1 + 0.9 * (first - 1) / 18))
    left_upper, left_lower, right_upper, right_lower = shares
    return (
        left_upper,
        left_lower if left_upper > 0.9 else 0.0,
        right_upper,
        right_lower if right_upper > 0.9 else 0.0,
    )
