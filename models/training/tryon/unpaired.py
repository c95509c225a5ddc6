"""Real garments on people they were never worn by: there is no truth, but much to look at."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from app.domain.framing import CATEGORIES, Category, for_category, whole
from models.training import measures, palette, pictures
from models.training.parser.evaluate import studio_crop
from models.training.prepare import SKIP, read_landmarks
from models.training.tryon.body import HEIGHT, WIDTH
from models.training.tryon.pairs import Pairs
from models.training.tryon.shipped import Packs, photo_of, picture_of

Bytes = npt.NDArray[np.uint8]
_COUNT = 68  # pairs of each kind
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


def street_people(made: Pairs, category: Category) -> list[Bytes]:
    """Framed people (256, 192, 3) of the made pairs of a category."""
    rows = np.flatnonzero(made.category.numpy() == CATEGORIES.index(category))
    return [np.ascontiguousarray(made.person[i].permute(1, 2, 0).numpy()) for i in rows.tolist()]


def shop_people(packs: Packs, data: Path, category: Category) -> Iterator[Bytes]:
    """``val`` people cropped from head to thigh before a plain wall, framed as the application
    frames them: by the landmarks that the parser finds."""
    root = data / "ccp"
    landmarks = read_landmarks(root)
    group = palette.grouping((root / "label_names.txt").read_text("utf-8").split())
    with (root / "index.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        held_out = (row["split"], row["annotation"]) == ("val", "pixel")
        if not held_out or row["id"] in SKIP or row["id"] not in landmarks:
            continue
        photo = photo_of(root / "photos" / f"{row['id']}.jpg")
        labels = cv2.imread(str(root / "labels" / f"{row['id']}.png"), cv2.IMREAD_GRAYSCALE)
        crop = studio_crop(photo, group[labels], landmarks[row["id"]])
        if crop is not None:
            _, points = packs.parser.read(crop[0])
            if not points[:, 2].any():
                continue  # nobody was found
            yield for_category(category, points).cut(crop[0], HEIGHT, WIDTH)


def wear(
    packs: Packs, people: list[Bytes], photos: list[Bytes], category: Category
) -> tuple[dict[str, object], pictures.Image]:
    """Figures of every photographed garment on one of the people in turn, and a contact sheet of
    the first 24: garment, cut out, person, outcome."""
    index = CATEGORIES.index(category)
    colours, columns, refused = [], [], 0
    for number, photo in enumerate(photos):
        person = people[number % len(people)]
        cloth = packs.cut(photo)
        if cloth is None:
            refused += 1
            continue
        made = packs.dress(person, cloth, index)
        shown = picture_of(made["outcome"])
        covered, solid = made["cover"][0] > 0.9, cloth[..., 3] > 250
        if covered.sum() > 100:
            means = [measures.lab(p.mean(0) / 255) for p in (shown[covered], cloth[solid, :3])]
            colours.append(float(measures.delta_e2000(means[0], means[1])))
        lying = whole(*photo.shape[1::-1]).cut(photo, HEIGHT, WIDTH)
        columns.append([lying, cloth[..., :3], person, shown])
    figures: dict[str, object] = {
        "pairs": len(columns),
        "refused": refused,
        "colour_delta_e2000_median": round(float(np.median(colours)), 2) if colours else None,
    }
    return figures, pictures.columns_sheet(columns[:24], 12)


def measure(
    packs: Packs, made: Pairs, data: Path
) -> tuple[dict[str, object], dict[str, pictures.Image]]:
    """Street people in garments of each category, and people as shops show them in tops."""
    scenes = {category: (street_people(made, category), category) for category in CATEGORIES}
    scenes["shop"] = list(shop_people(packs, data, "upper")), "upper"
    figures: dict[str, object] = {}
    sheets = {}
    for name, (people, category) in scenes.items():
        figures[name], sheets[name] = wear(packs, people, garments(data, category), category)
    return figures, sheets
