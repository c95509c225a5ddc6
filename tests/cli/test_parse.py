"""Photographs on the command line: a label map of one, and its style for another."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.domain.chosen import Choice, Chosen, Taken
from app.domain.design_file import save_design
from app.domain.label_file import load_label_map, save_label_map
from app.domain.label_map import LabelMap
from app.domain.palette import Palette
from app.inference.packs import PARSING
from tests.cli.terminal import one_line, run
from tests.inference import photo_graphs
from tests.inference.graphs import DIM, write_pack

DRESS, SKIN, HAIR, HAT = 15, 1, 2, 3


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory, palette: Palette) -> Path:
    """A garment pack, and a parser that knows classes by the palette's colours."""
    folder = tmp_path_factory.mktemp("models")
    write_pack(folder / "garment-tiny", palette)
    graph = photo_graphs.parser(palette, frame=(256, 192))
    frame = {"height": 256, "width": 192}
    write_pack(folder / "parser-tiny", palette, task=PARSING, files={"parser": graph}, frame=frame)
    return folder


@pytest.fixture
def photo(tmp_path: Path, palette: Palette) -> Path:
    """A person in a dress; hair and hat stand where the left and right shoulder are looked for."""
    labels = np.zeros((640, 480), np.uint8)
    labels[100:600, 160:320] = DRESS
    labels[40:100, 200:280] = SKIN
    labels[100:140, 280:320] = HAIR
    labels[100:140, 160:200] = HAT
    path = tmp_path / "人 photo.png"
    Image.fromarray(palette.colors[labels]).save(path)
    return path


def test_parse_writes_a_label_map_that_synth_opens(
    models: Path, photo: Path, palette: Palette, capsys: pytest.CaptureFixture[str]
) -> None:
    out = photo.with_name("服.png")
    assert run("parse", photo, "-o", out, "--models", models) == 0
    captured = capsys.readouterr()
    assert "480 × 640, dress, skin" in captured.out
    labels = load_label_map(out, palette)
    assert (labels.width, labels.height) == (480, 640)
    assert (labels.array[150:590, 170:310] == DRESS).all()
    assert not labels.array[:, :150].any()
    assert run("synth", out, "-o", out.with_name("picture.png"), "--models", models) == 0


def test_parse_fits_the_photo_into_a_size(models: Path, photo: Path, palette: Palette) -> None:
    out = photo.with_name("labels.png")
    assert run("parse", photo, "-o", out, "--models", models, "--size", "600x600") == 0
    labels = load_label_map(out, palette)
    assert (labels.width, labels.height) == (600, 600)
    columns = np.flatnonzero(labels.array.any(axis=0))
    assert columns.min() == pytest.approx(75 + 150, abs=3)
    assert columns.max() == pytest.approx(75 + 300, abs=3)


def test_parse_prints_json(models: Path, photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = photo.with_name("labels.png")
    assert run("parse", photo, "-o", out, "--models", models, "--json", "--device", "cpu") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["labels"] == str(out)
    assert report["size"] == [480, 640]
    assert next(iter(report["classes"])) == "dress"
    assert sum(report["classes"].values()) == pytest.approx(1, abs=0.01)
    assert report["person"]["height"] == pytest.approx(560, abs=6)
    assert (report["people"], report["facing"], report["device"]) == (1, "front", "CPU")
    assert len(report["landmarks"]) == 13
    assert report["landmarks"]["left_shoulder"]["x"] == pytest.approx(300, abs=5)
    assert report["landmarks"]["left_shoulder"]["y"] == pytest.approx(120, abs=5)


def test_parse_says_what_may_surprise(
    models: Path, photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Image.open(photo) as picture:
        mirrored = np.asarray(picture)[:, ::-1]
    both = np.concatenate([mirrored, mirrored], axis=1)
    Image.fromarray(both).save(tmp_path / "two.png")
    assert run("parse", tmp_path / "two.png", "-o", tmp_path / "l.png", "--models", models) == 0
    said = capsys.readouterr().err
    assert "There are 2 people in the photo; the largest was read." in said
    assert "seen from the back" in said


def test_parse_without_a_photo_or_a_person_is_3(
    models: Path, photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty, text, out = tmp_path / "empty.png", tmp_path / "text.jpg", tmp_path / "out.png"
    Image.new("RGB", (200, 300), "white").save(empty)
    text.write_text("hello")
    for source, words in (
        (empty, "No person was found in the photo"),
        (text, "This is no picture"),
        (tmp_path / "missing.jpg", "no such file"),
        (tmp_path, "this is a folder"),
    ):
        assert run("parse", source, "-o", out, "--models", models) == 3
        assert words in one_line(capsys)
    assert not out.exists()


def test_parse_without_its_pack_is_4(
    photo: Path, tmp_path: Path, palette: Palette, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_pack(tmp_path / "m" / "garment", palette).parent
    out = tmp_path / "out.png"
    assert run("parse", photo, "-o", out, "--models", folder) == 4
    assert "no model pack for reading photographs" in one_line(capsys)


def test_parse_never_overwrites_the_photo_and_writes_png(
    models: Path, photo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = photo.read_bytes()
    for out in (photo, photo.with_name("out.jpg"), photo.parent, photo.parent / "no" / "out.png"):
        assert run("parse", photo, "-o", out, "--models", models) == 6
        assert str(out) in one_line(capsys)
    assert photo.read_bytes() == before


def test_a_photo_gives_its_style_to_a_label_map(
    models: Path, photo: Path, tmp_path: Path, palette: Palette
) -> None:
    drawing = LabelMap.blank(120, 160, palette)
    drawing.array[40:100, 30:90] = DRESS
    drawing.array[100:140, 30:90] = 21
    source = tmp_path / "drawing.png"
    save_label_map(source, drawing)

    def drawn(*arguments: object) -> np.ndarray:
        out = tmp_path / "out.png"
        assert run("synth", source, "-o", out, "--models", models, *arguments) == 0
        return np.asarray(Image.open(out)).astype(int)

    styled, plain = drawn("--style-from", photo), drawn()
    assert np.abs(styled[70, 60, :3] - palette.colors[DRESS]).max() < 25
    assert np.abs(plain[70, 60, :3] - palette.colors[DRESS]).max() > 40
    np.testing.assert_array_equal(styled[125, 60], plain[125, 60])
    bright = Taken(np.full(DIM, 5, np.float32), "bright.png", "swatch")
    save_design(source, drawing, Chosen(0, {DRESS: Choice(bright), 21: Choice(bright)}))
    kept, mixed = drawn(), drawn("--style-from", photo)
    assert (kept[125, 60] != plain[125, 60]).any()
    np.testing.assert_array_equal(mixed[125, 60], kept[125, 60])
    np.testing.assert_array_equal(mixed[70, 60], styled[70, 60])


def test_the_photo_of_the_style_is_never_overwritten(
    models: Path, photo: Path, tmp_path: Path, palette: Palette,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    source = tmp_path / "drawing.png"
    save_label_map(source, LabelMap.blank(20, 20, palette))
    arguments = ("synth", source, "-o", photo, "--style-from", photo, "--models", models)
    assert run(*arguments) == 6
    assert "would overwrite the photo" in one_line(capsys)
