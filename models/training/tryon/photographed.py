"""Photographs of real garments whose points were marked by eye, cut out and framed.

    python -m models.training.tryon.photographed DATA -o GARMENTS.npz --packs models

Made cloths were worn when they were photographed; real ones lie on floors and hang on hangers, and
the reader of cloths has to see both. ``marks.json`` holds the marks, for each photograph of
DATA/garments. Places are [x, y] in shares of its width and height; left is the wearer's.

- ``category``; ``sleeve``: how much of arms or legs is covered, 0 nothing, 1 to elbow or knee, 2 to
  wrist or ankle; ``skirt``: true of skirts.
- ``left_root``, ``right_root``: on the seams of the sleeves, a third of the way from the shoulder
  to the armpit, or where the shoulder joints would be; of lower garments the hip joints.
- ``left_middle``, ``right_middle`` elbow or knee (where ``sleeve`` is above 1); ``left_end``,
  ``right_end`` the middle of the cuff or leg's end (where it is above 0).
- ``front``: where the inside of the back is seen through the neckline, the edge of the front below
  it, five points or more from the picture's left to its right. Nobody sees what lies above it when
  the garment is worn, nor a hood, which counts as inside too.
- ``bottom``: middle of the hem, of upper garments and dresses. ``waist``: middle of the waistband's
  edge, of lower garments. ``knees``: of skirts, where the wearer's knees would be.
"""

from __future__ import annotations

import argparse
import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from app.domain.framing import CATEGORIES
from models.training import blobs, pictures
from models.training.tryon import bones, data, making
from models.training.tryon.body import HEIGHT, WIDTH
from models.training.tryon.shipped import Scissors, framed, photo_of

MARKS = Path(__file__).with_name("marks.json")
#: Marks lie on seams, as eyes see them; joints, as the made cloths have them, lie elsewhere. How
#: far apart the joints are, and how much higher, in distances between the marked roots. Set so that
#: both kinds of cloth are equally wide beside their joints.
_APART = {"sleeved": 0.86, "sleeveless": 0.92, "legs": 1.1, "skirt": 1.0}
_UP = {"sleeved": 0.06, "sleeveless": 0.04, "legs": 0.0, "skirt": 0.0}
#: In distances between the joints: how far the hips lie below shoulders, the knees below hips, and
#: the least length of a limb's first bone.
_HIPS, _KNEES = 1.5, 1.23
_FIRST = {"upper": 0.8, "lower": 1.6, "dress": 0.8}
_NEXT = {"upper": 0.92, "lower": 0.88, "dress": 0.92}  # of a limb's first bone, its second
_WAIST = 1.25  # of the distance from the hips to the waistband: where the waist is
_FOLDED = -0.2  # cosine between two bones of a limb from which it lies upon itself
_OVER = 0.75  # of half the distance between the roots: cuffs nearer to the middle lie on the trunk
_SPREAD = 0.6  # how fast what lies above the front's edge gets wider upwards: a hood does
_RED, _GREEN, _BLUE = (220, 30, 30), (20, 150, 40), (30, 60, 220)

_PICTURES = ("cloth", "alpha", "inside")  # of a pack, as files
_FACTS = ("flat", "category", "covered", "skirt", "folded")

Points = NDArray[np.float64]
Mark = dict[str, Any]


@dataclass(frozen=True)
class Drawn:
    """``cloth`` (B, 4, H, W) in -1..1, its alpha 0..1; ``inside`` (B, 1, H, W) 0..1, what of it is
    the inside of the back; ``flat`` (B, 8, 2) `bones.POINTS`; ``garment``, what they are."""

    cloth: Tensor
    inside: Tensor
    flat: Tensor
    garment: bones.Garment


@dataclass
class Garments:
    """N cloths on one device: ``cloth`` (N, 4, H, W) uint8 RGBA, white where alpha is 0; ``inside``
    (N, 1, H, W) uint8, 255 where the inside of the back or a hood is seen; ``flat`` (N, 8, 2)
    `bones.POINTS` in -1..1 of the frame; ``category`` (N,), ``covered`` (N, 2, 2) and ``skirt``
    (N,) as in `pairs.Pairs`; ``folded`` (N,) bool, sleeves that bones cannot unfold."""

    names: list[str]
    cloth: Tensor
    inside: Tensor
    flat: Tensor
    category: Tensor
    covered: Tensor
    skirt: Tensor
    folded: Tensor

    def __len__(self) -> int:
        return len(self.names)

    def like(self, category: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """(B,) rows drawn at random, each of the category that ``category`` (B, 3) says and not
        folded, and (B,) bool whether there is any such."""
        own = functional.one_hot(self.category.cpu(), len(CATEGORIES)).float()
        own[self.folded.cpu()] = 0
        fits = category.cpu() @ own.T
        rows = torch.multinomial(fits + 1e-9, 1, generator=rng)[:, 0]
        return rows, fits.amax(1) > 0

    def draw(self, rows: Tensor, height: int, how: data.Augment, rng: torch.Generator) -> Drawn:
        """Those of ``rows`` (B,) at a ``height``, moved, recoloured and mirrored by chance. What
        ``how`` says of people is not used."""
        device, rows = self.cloth.device, rows.to(self.cloth.device)
        cloth = data.widened(torch.cat([self.cloth[rows], self.inside[rows]], 1))
        if height != HEIGHT:
            cloth = functional.avg_pool2d(cloth, HEIGHT // height)
        cloth, lying = data.laid_anew(cloth, how, rng)
        flat = data.flat_anew(self.flat[rows], lying)
        covered = self.covered[rows]
        if how.color:
            own = data.colour_maps(len(rows), how.color, rng).to(device)
            cloth[:, :3] = data.turned(cloth[:, :3], (cloth[:, 3:4] > 0.02).float(), own)
        if how.mirror:
            flip = (torch.rand(len(rows), generator=rng) < 0.5).to(device)
            cloth = torch.where(flip[:, None, None, None], cloth.flip(-1), cloth)
            flat = torch.where(flip[:, None, None], data.mirrored_flat(flat), flat)
            covered = torch.where(flip[:, None, None], covered.flip(1), covered)
        category = functional.one_hot(self.category[rows], len(CATEGORIES)).float()
        kind = bones.Garment(category, self.skirt[rows], covered)
        return Drawn(cloth[:, :4], cloth[:, 4:], flat, kind)


def joints(mark: Mark, size: tuple[int, int]) -> tuple[Points, NDArray[np.float64], bool]:
    """`bones.POINTS` (8, 2) in pixels of a photograph of ``size`` (width, height), how much of
    each bone of the limbs is covered (2, 2), and whether a sleeve lies folded, upon itself or on
    the trunk. What a garment does not reach is continued in its direction."""
    at = {k: np.array(v) * size for k, v in mark.items() if isinstance(v, list)}
    category, sleeve = mark["category"], float(mark["sleeve"])
    if category == "lower":
        kind = "legs" if sleeve else "skirt"
    else:
        kind = "sleeved" if sleeve else "sleeveless"
    middle = (at["left_root"] + at["right_root"]) / 2
    marked = float(np.linalg.norm(at["left_root"] - at["right_root"]))
    down = middle - at["waist"] if category == "lower" else at["bottom"] - middle
    down /= np.linalg.norm(down)
    roots = [
        middle + _APART[kind] * (at[f"{side}_root"] - middle) - _UP[kind] * marked * down
        for side in ("left", "right")
    ]
    middle, across = (roots[0] + roots[1]) / 2, marked * _APART[kind]
    axis = middle + (
        _WAIST * (at["waist"] - middle) if category == "lower" else _HIPS * across * down
    )
    knees = at["knees"] if "knees" in at else axis + _KNEES * across * down
    points, covered, folded = [*roots, axis, knees], np.zeros((2, 2)), False
    for side, (name, root) in enumerate(zip(("left", "right"), roots, strict=True)):
        if sleeve == 0:
            points += [root + 0.5 * across * down, root + across * down]
            continue
        end = at[f"{name}_end"]
        if sleeve > 1:
            joint = at[f"{name}_middle"]
            further = end - joint
            covered[side] = 1, 1
        else:  # it ends above the joint, to which it points
            length = float(np.linalg.norm(end - root))
            further = end - root
            joint = root + further * max(1 / sleeve, _FIRST[category] * across / length)
            covered[side, 0] = min(length / np.linalg.norm(joint - root), 1)
        first, second = np.linalg.norm(joint - root), np.linalg.norm(further)
        least = _NEXT[category] * first
        if sleeve < 2:
            covered[side, 1] *= second / max(second, least)
            further = further / second * max(second, least)
        points += [joint, joint + further]
        folded |= bool((joint - root) @ further < _FOLDED * first * np.linalg.norm(further))
        outwards = (root - middle) / np.linalg.norm(root - middle)
        folded |= category != "lower" and bool((end - middle) @ outwards < _OVER * across / 2)
    return np.array(points), covered, folded


def above(edge: Points) -> NDArray[np.uint8]:
    """Mask (256, 192) of the frame: 255 above an ``edge`` (K, 2) in its pixels, from the left to
    the right, and wider upwards; all 0 where ``edge`` is empty."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    if len(edge):
        far = np.array([_SPREAD, 1.0]) * HEIGHT
        outline = np.concatenate([[edge[0] - far], edge, [edge[-1] + far * (1, -1)]])
        cv2.fillPoly(mask, [outline.round().astype(np.int32)], 255)
    return mask


def cut_out(
    folder: Path, marks: dict[str, Mark], scissors: Scissors
) -> dict[str, NDArray[np.generic]]:
    """The arrays of a pack: every marked photograph of ``folder`` in which a garment is found."""
    with (folder / "index.csv").open(encoding="utf-8") as file:
        split = {row["file"]: row["split"] for row in csv.DictReader(file)}
    rows: dict[str, list[Any]] = {name: [] for name in ("name", "train", *_PICTURES, *_FACTS)}
    for name, mark in marks.items():
        photo = photo_of(folder / name)
        cut = scissors.cut_out(photo)
        points, covered, folded = joints(mark, photo.shape[1::-1])
        if cut is None:
            continue
        cloth, window = framed(cut)
        front = np.array(mark.get("front", [])).reshape(-1, 2) * photo.shape[1::-1]
        places = np.concatenate([points, front]) - [cut.box.x, cut.box.y]
        places = window.to_frame(places.astype(np.float32), HEIGHT, WIDTH)
        values = {
            "name": name, "train": split[name] == "train",
            "cloth": making.jpeg(np.ascontiguousarray(cloth[..., :3])),
            "alpha": making.png(np.ascontiguousarray(cloth[..., 3])),
            "inside": making.png(above(places[len(points) :])),
            "flat": places[: len(points)] / np.array([WIDTH, HEIGHT]) * 2 - 1,
            "category": CATEGORIES.index(mark["category"]),
            "covered": covered, "skirt": bool(mark.get("skirt")),
            "folded": folded,
        }  # fmt: skip
        for key, value in values.items():
            rows[key].append(value)
    arrays: dict[str, NDArray[np.generic]] = {}
    for key in _PICTURES:
        arrays[key], arrays[f"{key}_sizes"] = blobs.joined(rows.pop(key))
    return arrays | {key: np.array(values) for key, values in rows.items()}


def load(pack: Path, train: bool, device: torch.device) -> Garments:
    """Unfold one split of a pack."""
    with np.load(pack) as content:
        chosen = np.flatnonzero(content["train"] == train)
        images = []
        for key in _PICTURES:
            files = blobs.parts(content[key], content[f"{key}_sizes"])
            images.append(np.stack([making.decoded(files[i]) for i in chosen]))
        cloth = np.concatenate([images[0], images[1][..., None]], -1).transpose(0, 3, 1, 2)
        inside = np.ascontiguousarray(images[2][:, None])
        return Garments(
            names=[str(name) for name in content["name"][chosen]],
            cloth=torch.from_numpy(np.ascontiguousarray(cloth)).to(device),
            inside=torch.from_numpy(inside).to(device),
            flat=torch.from_numpy(content["flat"][chosen].astype(np.float32)).to(device),
            category=torch.from_numpy(content["category"][chosen].astype(np.int64)).to(device),
            covered=torch.from_numpy(content["covered"][chosen].astype(np.float32)).to(device),
            skirt=torch.from_numpy(content["skirt"][chosen].astype(np.float32)).to(device),
            folded=torch.from_numpy(content["folded"][chosen]).to(device),
        )


def sheet(garments: Garments) -> pictures.Image:
    """Contact sheet of 48 or so: cloths with the trunk and the limbs that their points say."""
    cells = []
    for row in range(0, len(garments), max(1, len(garments) // 48)):
        kind = bones.Garment(
            functional.one_hot(garments.category[row : row + 1], len(CATEGORIES)).float(),
            garments.skirt[row : row + 1],
            garments.covered[row : row + 1],
        )
        cloth = np.ascontiguousarray(garments.cloth[row, :3].permute(1, 2, 0).cpu().numpy())
        unseen = (garments.inside[row, 0] > 127).cpu().numpy()
        cloth[unseen] = cloth[unseen] // 2 + 64
        cells.append(_drawn(cloth, garments.flat[row].cpu(), kind))
    return pictures.columns_sheet([[cell] for cell in cells], 12)


def _drawn(cloth: pictures.Image, flat: Tensor, kind: bones.Garment) -> pictures.Image:
    half = np.array([WIDTH, HEIGHT]) / 2
    at = [tuple(int(v) for v in point) for point in ((flat.numpy() + 1) * half).round()]
    left, right, axis, hem = at[:4]
    middle = ((left[0] + right[0]) // 2, (left[1] + right[1]) // 2)
    lines = [(left, right, _RED), (middle, axis, _RED)]
    if kind.hanging[0] > 0.5:
        lines.append((axis, hem, _RED))
    for side, root in enumerate((left, right)):
        joint, end = at[4 + 2 * side], at[5 + 2 * side]
        if kind.limbs[0, side, 0] > 0.5:
            lines.append((root, joint, _BLUE))
        if kind.limbs[0, side, 1] > 0.5:
            lines.append((joint, end, _GREEN))
    for start, stop, colour in lines:
        cv2.line(cloth, start, stop, colour, 2, cv2.LINE_AA)
    return cloth


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--packs", type=Path, required=True, help="folder of the shipped packs")
    parser.add_argument("--sheet", type=Path, help="contact sheet (photographs: do not publish it)")
    args = parser.parse_args()
    marks = json.loads(MARKS.read_text("utf-8"))
    arrays = cut_out(args.data / "garments", marks, Scissors(args.packs))
    blobs.write(args.output, arrays)
    if args.sheet:
        pictures.save(args.sheet, sheet(load(args.output, True, torch.device("cpu"))))
    print(f"{len(arrays['name'])} garments, {int(arrays['train'].sum())} of them to train on")


if __name__ == "__main__":
    main()
