"""Style codes from pictures: what a photograph shows comes back in the garment's colours."""

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.domain.cancel import CancelToken
from app.domain.errors import LabelMapError, PackError
from app.domain.palette import Palette
from app.domain.picture import load_picture
from app.domain.requests import Encoded, EncodeRequest, SynthesisRequest
from app.domain.style import Look
from app.inference.encoding import Encoder
from app.inference.packs import Pack, load_pack
from app.inference.synthesis import Synthesizer
from tests.conftest import ROOT
from tests.inference.doubles import devices

BLUE, RED, GREEN = (30, 60, 200), (210, 40, 50), (20, 160, 70)


@pytest.fixture(scope="module")
def encoder(pack: Pack) -> Encoder:
    return Encoder(pack, devices())


def encode(encoder: Encoder, rgba: np.ndarray, labels: np.ndarray) -> Encoded:
    return encoder(EncodeRequest(rgba, labels), CancelToken())


def shown(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """A blue 6 above a red 16 before green noise, and its label map."""
    rng = np.random.default_rng(1)
    rgba = np.full((height, width, 4), 255, np.uint8)
    rgba[..., :3] = np.clip(rng.normal(GREEN, 30, (height, width, 3)), 0, 255)
    labels = np.zeros((height, width), np.uint8)
    left, right = width * 2 // 5, width * 3 // 5
    for cls, color, top, bottom in ((6, BLUE, 3, 5), (16, RED, 5, 9)):
        part = slice(height * top // 10, height * bottom // 10), slice(left, right)
        rgba[part][..., :3], labels[part] = color, cls
    return rgba, labels


@pytest.mark.parametrize("shape", [(320, 240), (60, 300), (700, 500), (2500, 1800)])
def test_each_class_takes_the_colour_it_has_in_the_photo(
    encoder: Encoder, shape: tuple[int, int]
) -> None:
    found = encode(encoder, *shown(*shape))
    assert found.codes.shape == (26, 4)
    assert set(np.flatnonzero(found.present)) == {6, 16}
    # Pixels on an edge mix its two sides: a few of the few the tiny frame has.
    assert np.abs(found.codes[6, :3] * 255 - BLUE).max() < 20
    assert np.abs(found.codes[16, :3] * 255 - RED).max() < 20


def test_photo_to_codes_to_picture_gives_the_colours_back(encoder: Encoder, pack: Pack) -> None:
    rgba, labels = shown(320, 240)
    found = encode(encoder, rgba, labels)
    look = Look(3, {int(cls): found.codes[cls] for cls in np.flatnonzero(found.present)})
    synthesizer = Synthesizer(pack, devices())
    drawn = synthesizer(SynthesisRequest(labels, look), CancelToken()).rgba
    for cls in (6, 16):
        wanted, got = rgba[labels == cls].mean(0), drawn[labels == cls].mean(0)
        assert np.abs(wanted - got).max() < 20


def test_a_small_figure_in_a_large_photo_is_looked_at_closely(encoder: Encoder) -> None:
    rgba, labels = shown(200, 60)
    wide = np.full((2000, 2000, 4), 255, np.uint8)
    far = np.zeros((2000, 2000), np.uint8)
    wide[1500:1700, 900:960], far[1500:1700, 900:960] = rgba, labels
    close, found = encode(encoder, rgba, labels), encode(encoder, wide, far)
    np.testing.assert_array_equal(found.present, close.present)
    np.testing.assert_allclose(found.codes[6], close.codes[6], atol=0.08)


def test_a_smaller_map_of_the_same_proportions_will_do(encoder: Encoder) -> None:
    rgba, labels = shown(1200, 900)
    small = cv2.resize(labels, (301, 401), interpolation=cv2.INTER_NEAREST_EXACT)
    found = encode(encoder, rgba, small)
    np.testing.assert_allclose(found.codes, encode(encoder, rgba, labels).codes, atol=0.05)


def test_a_swatch_is_one_class_all_over(encoder: Encoder) -> None:
    swatch = np.full((300, 500, 4), (*RED, 255), np.uint8)
    found = encode(encoder, swatch, np.full((300, 500), 15, np.uint8))
    assert np.flatnonzero(found.present).tolist() == [15]
    np.testing.assert_allclose(found.codes[15, :3] * 255, RED, atol=1)
    single = encode(encoder, swatch, np.full((3, 5), 15, np.uint8))
    np.testing.assert_allclose(single.codes[15], found.codes[15], atol=1e-3)


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (np.ones((320, 320), np.uint8), "320 × 320.*240 × 320"),
        (np.ones((160, 123), np.uint8), "does not fit"),
        (np.zeros((320, 240), np.uint8), "all ground"),
        (np.full((320, 240), 26, np.uint8), "class 26"),
    ],
)
def test_a_map_that_is_not_of_this_picture_is_refused(
    encoder: Encoder, labels: np.ndarray, words: str
) -> None:
    with pytest.raises(LabelMapError, match=words):
        encode(encoder, np.zeros((320, 240, 4), np.uint8), labels)


def test_a_pack_without_an_encoder_is_refused(folder: Path, parser_pack: Pack) -> None:
    manifest = (folder / "pack.json").read_text("utf-8").replace('"encoder"', '"left_out"')
    (folder / "pack.json").write_text(manifest, "utf-8")
    for pack, why in ((load_pack(folder), "has no encoder"), (parser_pack, "for 'person-parsing'")):
        with pytest.raises(PackError, match=why):
            Encoder(pack, devices())


def test_the_packs_encoder_gives_the_colours_of_real_photographs_back(
    shared_data: Path, palette: Palette
) -> None:
    """Median difference of the mean colour of a class, CIE 1976 ΔE, of three held-out photos."""
    ccp, folder = shared_data / "ccp", ROOT / "models" / "garment-spade"
    with (ccp / "index.csv").open(encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file) if r["split"] == "val"]
    rows = [row for row in rows if row["annotation"] == "pixel"][:3]
    pack = load_pack(folder)
    encoder = Encoder(pack, devices())
    synthesizer = Synthesizer(pack, devices())
    names = (ccp / "label_names.txt").read_text("utf-8").splitlines()
    differences = []
    for row in rows:
        rgba = load_picture(ccp / "photos" / f"{row['id']}.jpg").rgba
        source = cv2.imdecode(
            np.fromfile(ccp / "labels" / f"{row['id']}.png", np.uint8), cv2.IMREAD_UNCHANGED
        )
        labels = np.zeros_like(source)
        for entry in palette:  # those whose name is that of a label of the data set
            found = [i for i, name in enumerate(names) if name.split()[-1:] == [entry.key]]
            labels[np.isin(source, found)] = entry.index
        codes = encode(encoder, rgba, labels)
        look = Look(3, {int(c): codes.codes[c] for c in np.flatnonzero(codes.present)})
        drawn = synthesizer(SynthesisRequest(labels, look), CancelToken()).rgba
        for cls in np.flatnonzero(np.bincount(labels.ravel()) > 400)[1:]:
            pair = np.stack([p[labels == cls, :3].mean(0) for p in (rgba, drawn)])
            lab = cv2.cvtColor((pair[None] / 255).astype(np.float32), cv2.COLOR_RGB2Lab)[0]
            differences.append(float(np.linalg.norm(lab[0] - lab[1])))
    assert len(differences) >= 6
    assert np.median(differences) < 8
