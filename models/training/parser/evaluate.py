"""Measure a pack ``person-parser`` on held-out photographs; rebuilds every figure of its card.

    python -m models.training.parser.evaluate FIGURES.npz models/person-parser RUN

Reads ``val`` with the application's own code: the whole photograph, then the window around the
person that was found, and the labels drawn to the photograph's edges. Scores are taken at the
photographs' own size. Writes ``RUN/figures.json`` and ``RUN/sheet.jpg`` (photographs of the data
set: never to be committed).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch

from app.domain.cancel import CancelToken
from app.domain.cloth import frame_photo
from app.domain.errors import PictureError
from app.domain.framing import LANDMARKS, Category, Window, completed, for_category, whole
from app.domain.requests import ParseRequest
from app.domain.scores import follow_edges
from app.inference.packs import load_pack
from app.inference.parsing import Parser
from models.training import packing, palette, pictures
from models.training.parser import data
from models.training.parser.data import HEIGHT, WIDTH

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
GROUPS = ("ground", "hair", "skin", "upper", "lower", "dress", "footwear", "bag")
_FEWEST = 20  # training photographs a class needs to count in the mean
_WALL = 205  # grey level of the plain ground of the studio crops


class Pack:
    """An exported parser, used as the application uses it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "parser.onnx"
        self.parser = Parser(load_pack(folder), packing.on_cpu())

    def read_frame(self, framed: Bytes, beyond: Floats | None = None) -> tuple[Bytes, Floats]:
        """Label map (h, w) and landmarks (13, 3) of a picture (h, w, 3) that fills the frame: what
        one look tells. Landmarks that it does not show are taken from ``beyond``, in pixels of
        ``framed``: those by which the application knew where the frame lies."""
        height, width = framed.shape[:2]
        rows, columns = self.parser.frame
        fitted = Window(0, 0, width, height).cut(framed, rows, columns)
        reading = self.parser.read(fitted, CancelToken())
        labels = follow_edges(reading.probabilities, fitted).argmax(0).astype(np.uint8)
        points = reading.landmarks.copy()
        points[:, :2] *= np.divide((width, height), (columns, rows)).astype(np.float32)
        if beyond is not None:
            points = completed(points, beyond)
        return cv2.resize(labels, (width, height), interpolation=cv2.INTER_NEAREST), points

    def read_windows(
        self, photo: Bytes, categories: Iterable[Category]
    ) -> Iterator[tuple[Category, Window, Bytes, Floats]]:
        """For each of ``categories`` the window of a photograph (H, W, 3) in which such a garment
        is put on, its label map (h, w) and the landmarks (13, 3), in the photograph's own pixels,
        by both looks; nothing where nobody is found."""
        solid = pictures.opaque(photo)
        try:
            found = self.parser.find(solid, CancelToken())
        except PictureError:
            return
        for category in categories:
            window = for_category(category, found.landmarks)
            fitted = frame_photo(solid, window, *self.parser.frame)
            reading = self.parser.read(fitted, CancelToken())
            labels = found.labels_in(window, fitted, reading, category)
            landmarks = found.landmarks_in(window, reading)
            landmarks[:, :2] = window.to_photo(landmarks[:, :2], *labels.shape)
            yield category, window, labels, landmarks

    def read(self, photo: Bytes) -> tuple[Bytes, Floats]:
        """Label map (H, W) and landmarks (13, 3) of a photograph (H, W, 3) RGB of at most 2048
        pixels a side; all ground and nothing to be seen where the application finds nobody."""
        try:
            parsed = self.parser(ParseRequest(pictures.opaque(photo)), CancelToken())
        except PictureError:
            return np.zeros(photo.shape[:2], np.uint8), np.zeros((len(LANDMARKS), 3), np.float32)
        return parsed.labels, parsed.landmarks


@dataclass
class Scores:
    """Confusion (26, 26) of pixels, truth by reading."""

    confusion: npt.NDArray[np.int64] = field(
        default_factory=lambda: np.zeros((palette.COUNT, palette.COUNT), np.int64)
    )

    def add(self, truth: Bytes, read: Bytes) -> None:
        pairs = truth.astype(np.int64) * palette.COUNT + read
        counted = np.bincount(pairs.ravel(), minlength=palette.COUNT**2)
        self.confusion += counted.reshape(palette.COUNT, palette.COUNT)

    def result(self, frequent: list[int]) -> dict[str, object]:
        classes = intersection_over_union(self.confusion)
        table = np.zeros((len(GROUPS) + 1, palette.COUNT), np.int64)
        for index, entry in enumerate(palette.CLASSES):
            table[GROUPS.index(entry.group) if entry.group in GROUPS else -1, index] = 1
        grouped = intersection_over_union(table @ self.confusion @ table.T)[:-1]
        return {
            "pixel_accuracy": round(float(np.trace(self.confusion) / self.confusion.sum()), 4),
            "mean_iou": round(float(np.nanmean(classes[frequent])), 4),
            "grouped_mean_iou": round(float(np.nanmean(grouped)), 4),
            "grouped": dict(zip(GROUPS, np.round(grouped, 3).tolist(), strict=True)),
            "classes": {
                palette.CLASSES[i].key: round(float(classes[i]), 3) for i in range(palette.COUNT)
            },
        }


def intersection_over_union(confusion: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Per class (N,); NaN where a class neither is nor was read."""
    both = np.diag(confusion).astype(np.float64)
    union = confusion.sum(0) + confusion.sum(1) - both
    return np.divide(both, union, out=np.full_like(both, np.nan), where=union > 0)


def studio_crop(photo: Bytes, labels: Bytes, points: Floats) -> tuple[Bytes, Bytes] | None:
    """The same person as a shop shows her: head to thigh before a plain wall; None without pose."""
    if points[0, 2] <= 0:
        return None
    neck, hip = points[1:3, :2].mean(0), points[7:9, :2].mean(0)
    torso = float(np.linalg.norm(hip - neck))
    rows = slice(max(0, int(neck[1] - 0.9 * torso)), int(hip[1] + 0.55 * torso))
    middle = (neck[0] + hip[0]) / 2
    columns = slice(max(0, int(middle - torso)), int(middle + torso))
    photo, labels = photo[rows, columns], labels[rows, columns]
    if min(labels.shape) < 40:
        return None
    person = cv2.blur(cv2.dilate((labels > 0).astype(np.float32), np.ones((3, 3))), (3, 3))[
        ..., None
    ]
    shade = np.linspace(_WALL + 20, _WALL - 20, len(photo), dtype=np.float32)[:, None, None]
    return (photo * person + shade * (1 - person)).round().astype(np.uint8), labels


def measure(
    pack: Pack, held_out: data.People, train: data.People
) -> tuple[dict[str, object], pictures.Image]:
    """All figures of the card and a contact sheet of 32 photographs."""
    counts = np.array([(train.labels == c).flatten(1).any(1).sum() for c in range(palette.COUNT)])
    frequent = np.flatnonzero(counts >= _FEWEST).tolist()
    street, studio = Scores(), Scores()
    windows: dict[Category, Scores] = {"upper": Scores(), "lower": Scores()}
    near: dict[Category, list[Floats]] = {category: [] for category in windows}
    gaps: list[Floats] = []
    columns = []
    for index in range(len(held_out)):
        height, width = held_out.sizes[index].int().tolist()
        photo = held_out.rgb[index, :, :height, :width].permute(1, 2, 0).numpy()
        truth = held_out.labels[index, 0, :height, :width].numpy()
        points = held_out.landmarks[index].numpy()
        read, found = pack.read(np.ascontiguousarray(photo))
        street.add(truth, read)
        looks = pack.read_windows(np.ascontiguousarray(photo), windows)
        for category, window, labels, placed in looks:
            shown = window.inside(photo.shape, labels.shape)
            wanted = window.cut(truth, *labels.shape, nearest=True)
            windows[category].add(wanted[shown], labels[shown])
            if points[0, 2] > 0:
                inside = window.to_frame(points[:, :2], 1, 1)
                shows = ((inside > 0) & (inside < 1)).all(1)
                near[category].append(np.where(shows, _apart(placed, points), np.nan))
        if points[0, 2] > 0:
            gaps.append(_apart(found, points))
        crop = studio_crop(photo, truth, points)
        if crop is not None:
            again, _ = pack.read(crop[0])
            studio.add(crop[1], again)
            if len(columns) < 32:
                columns.append([_cell(c) for c in (photo, truth, read, crop[0], again)])
    distances = np.stack(gaps)
    feed = {"photo": np.random.default_rng(0).random((1, 3, HEIGHT, WIDTH), dtype=np.float32)}
    result: dict[str, object] = {
        "photographs": len(held_out),
        "classes_counted": [palette.CLASSES[i].key for i in frequent],
        "street": street.result(frequent),
        "studio_crops": studio.result(frequent),
        "windows": {category: scores.result(frequent) for category, scores in windows.items()},
        "landmark_mean_gap_in_windows_in_torsos": {
            category: round(float(np.nanmean(np.stack(found))), 4)
            for category, found in near.items()
        },
        "landmarks_within_a_fifth_of_the_torso": {
            name: round(float(np.nanmean(np.where(np.isnan(d), np.nan, d < 0.2))), 3)
            for name, d in zip(LANDMARKS, distances.T, strict=True)
        },
        "landmark_median_gap_in_torsos": round(float(np.nanmedian(distances)), 4),
        **packing.costs(pack.path, feed),
    }
    return result, pictures.columns_sheet(columns, 16)


def _apart(found: Floats, points: Floats) -> Floats:
    """(13,): how far landmarks (13, 3) were ``found`` from the true ``points``, in torsos; NaN
    where the truth is not sure."""
    torso = np.linalg.norm(points[7:9, :2].mean(0) - points[1:3, :2].mean(0))
    gap = np.linalg.norm(found[:, :2] - points[:, :2], axis=1) / torso
    return np.where(points[:, 2] > 0.5, gap, np.nan).astype(np.float32)


def _cell(image: Bytes) -> Bytes:
    if image.ndim == 2:
        image = palette.colors()[image]
    height, width = image.shape[:2]
    return whole(width, height).cut(image, 192, 144)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("figures", type=Path, help="made by models.training.prepare")
    parser.add_argument("pack", type=Path, help="folder of the exported pack")
    parser.add_argument("run", type=Path, help="folder that receives figures and contact sheet")
    args = parser.parse_args()
    cpu = torch.device("cpu")
    held_out, train = data.load(args.figures, False, cpu), data.load(args.figures, True, cpu)
    result, sheet = measure(Pack(args.pack), held_out, train)
    packing.tell(args.run, result, {"sheet": sheet})


if __name__ == "__main__":
    main()
