"""Putting garments before grounds: papers, patches of floor, shadows, hangers, changes of light.

Plain numpy and OpenCV on RGB uint8; ``size`` is (height, width) of the frame.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from models.training.cutout.labels import Image

Size = tuple[int, int]
Rng = np.random.Generator
_LEAST_STRIP = 48  # pixels a strip of ground beside a garment must be wide


def _turn(rng: Rng) -> float:
    """Radians: mostly nearly upright, now and then any way."""
    return float(rng.uniform(-np.pi, np.pi) if rng.random() < 0.12 else rng.normal(0, 0.14))


def _matrix(
    middle: tuple[float, float], size: Size, scale: float, rng: Rng,
    *, shift: float,
) -> npt.NDArray[np.float64]:  # fmt: skip
    """Affine that brings ``middle`` (x, y) of the source near the frame's middle."""
    angle, flip = _turn(rng), 1 if rng.random() < 0.5 else -1
    cosine, sine = scale * np.cos(angle), scale * np.sin(angle)
    linear = np.array([[cosine, -sine], [sine, cosine]]) @ np.diag([flip, 1.0])
    goal = np.array([size[1], size[0]]) * (0.5 + rng.uniform(-shift, shift, 2))
    return np.column_stack([linear, goal - linear @ middle])


def _warped(source: Image, matrix: npt.NDArray[np.float64], size: Size, edge: int) -> Image:
    """Shrinks before it samples where the way is far, so that nothing aliases."""
    scale = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    if scale < 0.7:
        less = [max(1, round(side * scale * 1.2)) for side in source.shape[1::-1]]
        ratio = np.array([source.shape[1] / less[0], source.shape[0] / less[1]])
        source = np.asarray(cv2.resize(source, less, interpolation=cv2.INTER_AREA), np.uint8)
        matrix = np.column_stack([matrix[:, :2] * ratio, matrix[:, 2]])
    whole = cv2.warpAffine(source, matrix, size[::-1], flags=cv2.INTER_LINEAR, borderMode=edge)
    return np.asarray(whole, np.uint8)


def moved(photo: Image, mask: Image, size: Size, rng: Rng) -> tuple[Image, Image]:
    tall, wide = photo.shape[:2]
    scale = min(size[0] / tall, size[1] / wide) * float(np.exp(rng.normal(0, 0.13)))
    matrix = _matrix((wide / 2, tall / 2), size, scale, rng, shift=0.06)
    edge = cv2.BORDER_REPLICATE
    soft = _warped(mask * 255, matrix, size, edge)
    return _warped(photo, matrix, size, edge), (soft > 127).astype(np.uint8)


def laid(photo: Image, mask: Image, ground: Image, size: Size, rng: Rng) -> tuple[Image, Image]:
    """A garment on another ground, with a shadow and now and then a hanger."""
    x, y, wide, tall = cv2.boundingRect(mask)
    ground = ground.copy()
    scale = min(size[0] / max(tall, 1), size[1] / max(wide, 1)) * float(rng.uniform(0.5, 1.02))
    matrix = _matrix((x + wide / 2, y + tall / 2), size, scale, rng, shift=0.06)
    soft = _warped(cv2.GaussianBlur(mask * 255, (0, 0), 0.8), matrix, size, cv2.BORDER_CONSTANT)
    garment = _warped(photo, matrix, size, cv2.BORDER_REPLICATE).astype(np.float32)
    if rng.random() < 0.3:  # pale and dark garments are the hard ones
        garment = np.clip(garment * rng.uniform(0.5, 1.35) + rng.uniform(-20, 25), 0, 255)
    alpha = soft[:, :, None].astype(np.float32) / 255
    if rng.random() < 0.25:
        _hang(ground, matrix, (x, y, wide, tall), rng)
    picture = ground.astype(np.float32)
    if rng.random() < 0.75:
        blurred = cv2.GaussianBlur(soft, (0, 0), float(rng.uniform(0.006, 0.035)) * size[0])
        move = rng.uniform(-0.03, 0.03, 2) * size[0]
        slide = np.array([[1, 0, move[0]], [0, 1, move[1]]])
        shade = cv2.warpAffine(blurred, slide, size[::-1])[:, :, None].astype(np.float32) / 255
        picture *= 1 - shade * rng.uniform(0.1, 0.6)
    picture = picture * (1 - alpha) + garment * alpha
    return picture.round().astype(np.uint8), (soft > 127).astype(np.uint8)


def _hang(
    ground: Image,
    matrix: npt.NDArray[np.float64],
    box: tuple[int, int, int, int],
    rng: Rng,
) -> None:
    """Draws a hanger behind the garment: a hook above it and two sloping shoulders."""
    x, y, wide, tall = box
    turn = np.linspace(0.4 * np.pi, -0.95 * np.pi, 14)
    radius, neck = 0.055 * wide, y + 0.03 * tall
    hook = np.stack([np.cos(turn) * radius, np.sin(turn) * radius - 2.6 * radius], 1)
    arms = np.array([[-0.42 * wide, 0.1 * tall], [0, 0], [0.42 * wide, 0.1 * tall]])
    colour = [int(v) for v in (rng.integers(20, 245, 1).repeat(3) * rng.uniform(0.7, 1, 3))]
    thick = int(rng.integers(1, 4))
    for line in (np.concatenate([[[0, 0]], hook]), arms):
        placed = (line + np.array([x + wide / 2, neck])) @ matrix[:, :2].T + matrix[:, 2]
        points = (placed * 16).round().astype(np.int32)
        cv2.polylines(ground, [points], False, colour, thick, cv2.LINE_AA, shift=4)


def beside(photo: Image, mask: Image) -> Image | None:
    """The largest strip of floor, bed or wall beside a garment, None where there is little."""
    high, across = mask.shape
    x, y, wide, tall = cv2.boundingRect(cv2.dilate(mask, np.ones((9, 9), np.uint8)))
    strips = [
        (slice(0, high), slice(0, x)),
        (slice(0, high), slice(x + wide, across)),
        (slice(0, y), slice(0, across)),
        (slice(y + tall, high), slice(0, across)),
    ]
    best = max(strips, key=lambda s: min(s[0].stop - s[0].start, s[1].stop - s[1].start))
    patch = photo[best]
    return patch if min(patch.shape[:2]) >= _LEAST_STRIP else None


def spread(patch: Image, size: Size, rng: Rng) -> Image:
    """A patch over the whole frame, mirrored at its edges where it is too small."""
    high, across = patch.shape[:2]
    scale = max(size[0] / high, size[1] / across) * float(rng.uniform(0.4, 1.0))
    matrix = _matrix((across / 2, high / 2), size, scale, rng, shift=0.2)
    return _warped(patch, matrix, size, cv2.BORDER_REFLECT)


def studio(size: Size, rng: Rng) -> Image:
    """White, grey or coloured paper: plain, graded, with a fold between wall and floor."""
    height, width = size
    base = rng.uniform(0.75, 1.0, 1).repeat(3) + rng.normal(0, 0.012, 3)
    if rng.random() < 0.25:
        base = rng.uniform(0.1, 1.0, 3)
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    light = np.ones(size, np.float32)
    if rng.random() < 0.6:
        angle = rng.uniform(0, 2 * np.pi)
        light += rng.uniform(0, 0.16) * (np.cos(angle) * x + np.sin(angle) * y)
    if rng.random() < 0.4:
        light -= rng.uniform(0, 0.2) * (x * x + y * y)
    if rng.random() < 0.2:
        fold = 0.5 + 0.5 * np.tanh((y - rng.uniform(0, 0.8)) * rng.uniform(3, 30))
        light *= 1 + rng.uniform(-0.15, 0.1) * fold
    picture = base * light[:, :, None] + rng.normal(0, rng.uniform(0, 0.015), (*size, 3))
    return np.ascontiguousarray((np.clip(picture, 0, 1) * 255).astype(np.uint8))


def lit(picture: Image, rng: Rng) -> Image:
    """Another light, another camera."""
    value = picture.astype(np.float32) / 255
    value = value ** float(np.exp(rng.normal(0, 0.18))) * (1 + rng.normal(0, 0.05, 3))
    grey = value.mean(2, keepdims=True)
    value = grey + (value - grey) * rng.uniform(0.7, 1.25)
    value = value * rng.uniform(0.85, 1.12) + rng.uniform(-0.04, 0.04)
    if rng.random() < 0.2:
        value = cv2.GaussianBlur(value, (0, 0), float(rng.uniform(0.3, 1.0)))
    return (np.clip(value, 0, 1) * 255).astype(np.uint8)
