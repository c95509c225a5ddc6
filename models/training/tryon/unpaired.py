"""Real garments on people they were never worn by: there is no truth, but much to look at."""

from __future__ import annotations

import csv
from collections.abc import Container, Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from app.domain.errors import PictureError
from app.domain.framing import CATEGORIES, Category, for_category, whole
from models.training import measures, palette, pictures
from models.training.parser.evaluate import studio_crop
from models.training.prepare import SKIP, read_landmarks
from models.training.tryon.body import HEIGHT, WIDTH
from models.training.tryon.shipped import Packs, photo_of, picture_of

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
_COUNT = 68  # pairs of each kind
_SHOWN = 24  # of them on the contact sheet
_CELL = (384, 288)
_KINDS: dict[Category, str] = {
    "upper": "t-shirt longsleeve shirt outwear polo undershirt blazer hoodie body top blouse",
    "lower": "pants shorts skirt",
    "dress": "dress",
}


def garments(data: Path, category: Category) -> list[Bytes]:
    """Photographs of ``val`` garments, RGB, in a fixed random order."""
    with (data / "garments" / "index.csv").open(encoding="utf-8") as file:
        names = [
            row["file"]
            for row in csv.DictReader(file)
            if row["split"] == "val"
            and row["category"] in _KINDS[category].split()
            and row["kids"] == "false"
        ]
    drawn = np.random.default_rng(0).integers(len(names), size=_COUNT)
    return [photo_of(data / "garments" / names[i]) for i in drawn]


def people(data: Path) -> Iterator[tuple[Bytes, Bytes | None]]:
    """Photographs of ``val`` people in the street, RGB, and each of them as a shop shows them, from
    head to thigh before a plain wall, where that can be made."""
    for photo, labels, landmarks in labelled(data, ("val",)):
        crop = studio_crop(photo, labels, landmarks)
        yield photo, crop[0] if crop else None


def labelled(data: Path, splits: Container[str]) -> Iterator[tuple[Bytes, Bytes, Floats]]:
    """Photographs (H, W, 3) RGB of people in the street of these ``splits`` that were labelled by
    hand, their classes of the palette (H, W) and landmarks (13, 3) in pixels."""
    root = data / "ccp"
    landmarks = read_landmarks(root)
    group = palette.grouping((root / "label_names.txt").read_text("utf-8").split())
    with (root / "index.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        wanted = row["split"] in splits and row["annotation"] == "pixel"
        if not wanted or row["id"] in SKIP or row["id"] not in landmarks:
            continue
        photo = photo_of(root / "photos" / f"{row['id']}.jpg")
        labels = cv2.imread(str(root / "labels" / f"{row['id']}.png"), cv2.IMREAD_GRAYSCALE)
        yield photo, group[labels], landmarks[row["id"]]


def wear(
    packs: Packs, persons: list[Bytes], photos: list[Bytes], category: Category
) -> tuple[dict[str, object], pictures.Image]:
    """Figures of every photographed garment on one of the people in turn, and a contact sheet of
    the first of them as the application shows them: garment, cut out, person, outcome."""
    index = CATEGORIES.index(category)
    colours, columns, refused, unfit, pairs = [], [], 0, 0, 0
    for number, photo in enumerate(photos):
        person = persons[number % len(persons)]
        cloth = packs.cut(photo)
        if cloth is None:
            refused += 1
            continue
        _, points = packs.parser.read(person)
        window = for_category(category, points)
        try:
            outcome = packs.wear(person, photo, category)
        except PictureError:
            unfit += 1
            continue
        pairs += 1
        points[:, :2] = window.to_frame(points[:, :2], HEIGHT, WIDTH)
        made = packs.dress(window.cut(person, HEIGHT, WIDTH), points, cloth, index)
        shown = picture_of(made["outcome"])
        covered, solid = made["cover"][0] > 0.9, cloth[..., 3] > 250
        if covered.sum() > 100:
            means = [measures.lab(p.mean(0) / 255) for p in (shown[covered], cloth[solid, :3])]
            colours.append(float(measures.delta_e2000(means[0], means[1])))
        if len(columns) < _SHOWN:
            lying = whole(*photo.shape[1::-1]).cut(photo, *_CELL)
            cut = cv2.resize(cloth[..., :3], _CELL[::-1], interpolation=cv2.INTER_LINEAR)
            columns.append([lying, cut, window.cut(person, *_CELL), window.cut(outcome, *_CELL)])
    figures: dict[str, object] = {
        "pairs": pairs,
        "cloths_refused": refused,
        "people_refused": unfit,
        "colour_delta_e2000_median": round(float(np.median(colours)), 2) if colours else None,
    }
    return figures, pictures.columns_sheet(columns, 8)


def measure(packs: Packs, data: Path) -> tuple[dict[str, object], dict[str, pictures.Image]]:
    """Street people in garments of each category, and people as shops show them in tops."""
    everybody = list(people(data))
    street = [photo for photo, _ in everybody]
    figures: dict[str, object] = {}
    sheets = {}
    for category in CATEGORIES:
        figures[category], sheets[category] = wear(
            packs, street, garments(data, category), category
        )
    shop = [crop for _, crop in everybody if crop is not None]
    figures["shop"], sheets["shop"] = wear(packs, shop, garments(data, "upper"), "upper")
    return figures, sheets
