"""Where packs become services: each found by its task, opened when it is needed."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from app import wiring
from app.domain.cancel import CancelToken
from app.domain.errors import PackError
from app.domain.palette import Palette
from app.domain.requests import EncodeRequest, ParseRequest
from app.inference.packs import CUTOUT, GARMENT, PARSING, TRYON
from tests.inference import photo_graphs
from tests.inference.graphs import write_pack


@pytest.fixture
def models(tmp_path: Path, palette: Palette) -> Path:
    write_pack(tmp_path / "b-garment", palette)
    graph = photo_graphs.parser(palette)
    write_pack(tmp_path / "a-parser", palette, task=PARSING, files={"parser": graph})
    return tmp_path


def photo(palette: Palette) -> np.ndarray:
    labels = np.zeros((320, 240), np.uint8)
    labels[60:260, 90:150] = 15
    labels[30:60, 100:140] = palette.by_key("skin").index
    return np.dstack([palette.colors[labels], np.full(labels.shape, 255, np.uint8)])


def test_each_task_finds_its_pack_whatever_lies_beside_it(models: Path) -> None:
    assert wiring.pack_for(GARMENT, models).folder.name == "b-garment"
    assert wiring.pack_for(PARSING, models).folder.name == "a-parser"


@pytest.mark.parametrize(
    ("task", "words"),
    [
        (GARMENT, "drawing garments.*Design needs it"),
        (PARSING, "reading photographs.*A label map from a photo and trying on need it"),
        (CUTOUT, "cutting out garments.*Trying on needs it"),
        (TRYON, "trying garments on.*Trying on needs it"),
    ],
)
def test_a_missing_pack_is_told_with_the_journey_that_needs_it(
    tmp_path: Path, task: str, words: str
) -> None:
    with pytest.raises(PackError, match=words) as caught:
        wiring.pack_for(task, tmp_path)
    assert "TOILE_MODELS" in caught.value.hint
    assert caught.value.where == str(tmp_path)


def test_the_services_read_a_photo_and_take_its_codes(models: Path, palette: Palette) -> None:
    services = wiring.open_services("cpu", models)
    assert services.pack.name == "garment-tiny"
    tasks = [pack.task for pack in services.packs]
    assert tasks == ["garment-synthesis", "person-parsing", "cloth-cutout", "try-on"][: len(tasks)]
    assert len(tasks) == len(list(models.iterdir()))
    parsed = services.parse(ParseRequest(photo(palette)), CancelToken())
    assert (parsed.labels[80:240, 105:135] == 15).all()
    encoded = services.encode(EncodeRequest(photo(palette), parsed.labels), CancelToken())
    assert encoded.present[15]
    assert np.abs(encoded.codes[15, :3] * 255 - palette.colors[15]).max() < 40


def test_a_parser_that_is_missing_spoils_nothing_else_and_may_come_later(
    models: Path, palette: Palette
) -> None:
    shutil.move(models / "a-parser", models.with_name("aside"))
    services = wiring.open_services("cpu", models)
    for _ in range(2):
        with pytest.raises(PackError, match="reading photographs"):
            services.parse(ParseRequest(photo(palette)), CancelToken())
    shutil.move(models.with_name("aside"), models / "a-parser")
    assert services.parse(ParseRequest(photo(palette)), CancelToken()).people == 1


def test_a_parser_with_other_classes_is_refused(models: Path, palette: Palette) -> None:
    other = Palette(palette.classes[:20])
    graph = photo_graphs.parser(other)
    shutil.rmtree(models / "a-parser")
    write_pack(models / "a-parser", other, task=PARSING, files={"parser": graph})
    services = wiring.open_services("cpu", models)
    with pytest.raises(PackError, match="other classes"):
        services.parse(ParseRequest(photo(palette)), CancelToken())
