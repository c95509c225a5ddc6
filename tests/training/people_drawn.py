"""Drawn people from the front, whose colours show where each pixel came from."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np

from app.domain import framing
from models.training import palette

#: Half a body, from its axis outwards: x and y in pixels of the photograph.
BODY = {
    "nose": (0, 52), "shoulder": (28, 90), "elbow": (42, 130), "wrist": (52, 166),
    "hip": (15, 170), "knee": (17, 236), "ankle": (19, 296),
}  # fmt: skip
MIDDLE, HEIGHT, WIDTH = 150, 400, 300
#: The pack that ships.
PARSER = Path(__file__).parents[2] / "models" / "person-parser"


def landmarks_of_drawn(**moved: tuple[float, float]) -> np.ndarray:
    points = []
    for name in framing.LANDMARKS:
        side, _, part = name.partition("_")
        x, y = BODY[part or name]
        points.append(moved.get(name, (MIDDLE + (x if side == "left" else -x), y)))
    return np.array([(*point, 1.0) for point in points], np.float32)


def class_of(key: str) -> int:
    return next(i for i, entry in enumerate(palette.CLASSES) if entry.key == key)


def draw(lower: str = "skirt", bag: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """A photograph whose colours are smooth in x and y, and its label map over the palette."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    waves = [np.sin(x / 11), np.sin(y / 13), np.sin((x + y) / 17)]
    photo = (np.stack(waves, -1) * 90 + 128).astype(np.uint8)
    labels = np.zeros((HEIGHT, WIDTH), np.uint8)

    def fill(key: str, corners: list[tuple[int, int]]) -> None:
        cv2.fillPoly(labels, [np.add(corners, (MIDDLE, 0), dtype=np.int32)], class_of(key))

    fill("hair", [(-14, 40), (14, 40), (14, 62), (-14, 62)])
    fill("skin", [(-10, 60), (10, 60), (10, 90), (-10, 90)])
    if lower == "skirt":
        fill("skirt", [(-20, 160), (20, 160), (34, 230), (-34, 230)])
    else:
        fill("pants", [(-23, 160), (23, 160), (28, 294), (10, 294), (1, 196), (-1, 196),
                       (-10, 294), (-28, 294)])  # fmt: skip
    fill("blouse", [(-32, 86), (32, 86), (25, 130), (24, 168), (-24, 168), (-25, 130)])
    for side in (-1, 1):
        chain = [(side * BODY[p][0] + MIDDLE, BODY[p][1]) for p in ("shoulder", "elbow", "wrist")]
        cv2.polylines(labels, [np.array(chain, np.int32)], False, class_of("blouse"), 15)
        cv2.circle(labels, (side * 55 + MIDDLE, 178), 6, class_of("skin"), -1)
    if bag:
        fill("bag", [(-9, 115), (9, 115), (9, 140), (-9, 140)])
    return photo, labels


def write_people(root: Path) -> None:
    """Fill ``root`` with ``ccp/`` of four drawn people: two in skirts, two in pants."""
    for folder in ("photos", "labels"):
        (root / "ccp" / folder).mkdir(parents=True)
    names = [source for entry in palette.CLASSES for source in entry.sources]
    (root / "ccp" / "label_names.txt").write_text("\n".join(names), "utf-8")
    first = [names.index(entry.sources[0]) for entry in palette.CLASSES]
    index, pose = ["id,split,annotation,labels"], []
    for number in range(4):
        photo, labels = draw("skirt" if number % 2 else "pants")
        name = f"{number:04d}"
        index.append(f"{name},{'val' if number == 3 else 'train'},pixel,0")
        pose.append(
            {"id": name}
            | {
                f"{landmark}_{axis}": float(value)
                for landmark, point in zip(framing.LANDMARKS, landmarks_of_drawn(), strict=True)
                for axis, value in zip("xyv", point, strict=True)
            }
        )
        jpeg = cv2.imencode(".jpg", photo, [cv2.IMWRITE_JPEG_QUALITY, 97])[1]
        (root / "ccp" / "photos" / f"{name}.jpg").write_bytes(jpeg.tobytes())
        png = cv2.imencode(".png", np.array(first, np.uint8)[labels])[1]
        (root / "ccp" / "labels" / f"{name}.png").write_bytes(png.tobytes())
    (root / "ccp" / "index.csv").write_text("\n".join(index) + "\n", "utf-8")
    with (root / "ccp" / "pose.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list(pose[0]))
        table.writeheader()
        table.writerows(pose)
