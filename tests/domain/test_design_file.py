"""Designs in files: the look comes back as it was, and no look does harm."""

import base64
import json
import zlib
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from app.domain.chosen import Choice, Chosen, Taken
from app.domain.design_file import (
    LOOK_TEXT,
    MAX_LOOK,
    load_design,
    look_text,
    read_look,
    save_design,
)
from app.domain.label_file import load_label_map, save_label_map
from app.domain.palette import Palette
from app.domain.style import MAX_SEED
from tests.domain.files_made import chunk, grid

NAMES = st.text(st.characters(categories=("L", "N", "P"), exclude_characters="<"), max_size=30)
TAKEN = st.builds(
    Taken,
    hnp.arrays(np.float32, st.integers(1, 40), elements=st.floats(-1e6, 1e6, width=32)),
    NAMES,
    st.sampled_from(["photo", "swatch"]),
)
ROWS = st.none() | st.integers(0, 5000)
CHOICES = st.builds(Choice, st.none() | TAKEN, ROWS, ROWS, st.floats(0, 1), st.booleans())
LOOKS = st.builds(
    Chosen,
    st.integers(0, MAX_SEED),
    st.dictionaries(st.integers(0, 255), CHOICES, max_size=6),
    st.text("0123456789abcdef", max_size=8),
)
LOOK = Chosen(
    4_000_000_000,
    {
        5: Choice(Taken(np.array([0.5, -1.25], np.float32), "Straße 服.jpg", "photo"), locked=True),
        7: Choice(row=3, second=1, blend=0.25),
    },
    "0badcafe",
)


def with_chunk(folder: Path, palette: Palette, *chunks: bytes) -> Path:
    """A label map file with chunks of anybody's before its pixels."""
    path = folder / "foreign.png"
    save_label_map(path, grid(palette))
    good = path.read_bytes()
    path.write_bytes(good[:33] + b"".join(chunks) + good[33:])
    return path


def said(text: bytes, flags: bytes = b"\0\0", tail: bytes = b"\0\0") -> bytes:
    return chunk(b"iTXt", LOOK_TEXT.encode() + b"\0" + flags + tail + text)


def changed(**fields: object) -> bytes:
    """A look as text, with some of its fields changed."""
    return json.dumps({**json.loads(look_text(LOOK)), **fields}).encode()


def of_class(**fields: object) -> bytes:
    return changed(choices={"5": fields})


def code(*numbers: float) -> dict[str, object]:
    data = np.array(numbers, "<f4").tobytes()
    return {"code": base64.b64encode(data).decode(), "name": "a", "kind": "photo"}


@given(look=LOOKS)
def test_a_look_in_words_is_the_same_look(look: Chosen) -> None:
    again = read_look(look_text(look).encode())
    assert again == look
    assert again.bank == look.bank


def test_a_design_comes_back_from_its_file(palette: Palette, tmp_path: Path) -> None:
    path = tmp_path / "design.png"
    save_design(path, grid(palette), LOOK)
    design = load_design(path, palette)
    np.testing.assert_array_equal(design.labels.array, grid(palette).array)
    assert (design.look, design.notice) == (LOOK, "")
    assert design.look is not None
    assert design.look.bank == "0badcafe"


def test_other_programs_read_the_label_map_and_see_the_look_as_text(
    palette: Palette, tmp_path: Path
) -> None:
    path = tmp_path / "design.png"
    save_design(path, grid(palette), LOOK)
    with Image.open(path) as image:
        image.load()
        assert image.mode == "P"
        assert json.loads(image.text[LOOK_TEXT])["seed"] == LOOK.seed
    np.testing.assert_array_equal(load_label_map(path, palette).array, grid(palette).array)


def test_a_file_without_a_look_has_none(palette: Palette, tmp_path: Path) -> None:
    path = with_chunk(tmp_path, palette, chunk(b"iTXt", b"Toile looks\0\0\0\0\0{}"))
    design = load_design(path, palette)
    assert (design.look, design.notice) == (None, "")


BAD = {
    "no json": b"a fine dress",
    "not utf-8": b'{"format": 1, "seed": 1, "bank": "\xff", "choices": {}}',
    "a list": b"[]",
    "layers": b"[" * 200_000,
    "layers in a field nobody knows": b'{"x": ' + b"[" * 200_000,
    "too long": changed(more="x" * MAX_LOOK),
    "a newer format": changed(format=2),
    "no format": b'{"seed": 1, "bank": "", "choices": {}}',
    "a negative seed": changed(seed=-1),
    "a large seed": changed(seed=MAX_SEED + 1),
    "an endless seed": b'{"format": 1, "seed": 1e999, "bank": "", "choices": {}}',
    "half a seed": changed(seed=0.5),
    "a long bank": changed(bank="0" * 65),
    "a class of no palette": changed(choices={"256": {}}),
    "a class that is no number": changed(choices={"skirt": {}}),
    "a negative row": of_class(row=-1),
    "an endless row": of_class(row=2**63),
    "too much blend": of_class(blend=1.01),
    "no number of blend": b'{"format":1,"seed":1,"bank":"","choices":{"5":{"blend":NaN}}}',
    "a lock in words": of_class(locked="yes"),
    "no base64": of_class(taken={**code(1), "code": "what?"}),
    "a cut code": of_class(taken={**code(1), "code": base64.b64encode(b"12345").decode()}),
    "an empty code": of_class(taken=code()),
    "a code that is no number": of_class(taken=code(1, float("nan"))),
    "an endless code": of_class(taken=code(float("inf"), 1)),
    "a code beyond all codes": of_class(taken=code(-3e38)),
    "a code from nowhere": of_class(taken={**code(1), "kind": "dream"}),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_look_that_cannot_be_used_is_left_out_with_a_word(
    name: str, palette: Palette, tmp_path: Path
) -> None:
    design = load_design(with_chunk(tmp_path, palette, said(BAD[name])), palette)
    np.testing.assert_array_equal(design.labels.array, grid(palette).array)
    assert design.look is None
    assert "cannot be read" in design.notice


@pytest.mark.parametrize(
    "bad",
    [
        said(zlib.compress(bytes(200_000_000), 9), b"\1\0"),
        said(b"", tail=b""),
        said(b"", b"", b""),
        said(look_text(LOOK).encode(), tail=b"\0"),
    ],
    ids=["a bomb", "no text", "nothing", "a missing end"],
)
def test_a_chunk_that_is_packed_or_broken_is_no_look(
    bad: bytes, palette: Palette, tmp_path: Path
) -> None:
    design = load_design(with_chunk(tmp_path, palette, bad), palette)
    assert design.look is None
    assert "cannot be read" in design.notice


@given(text=st.binary(max_size=300))
def test_noise_is_no_look(text: bytes) -> None:
    with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)):
        read_look(text)


@given(at=st.integers(0, 10_000), sign=st.integers(0, 255))
def test_a_look_with_a_wrong_letter_is_a_look_or_none(at: int, sign: int) -> None:
    text = bytearray(look_text(LOOK).encode())
    text[at % len(text)] = sign
    try:
        look = read_look(bytes(text))
    except ValueError:
        return
    assert 0 <= look.seed <= MAX_SEED
    for choice in look.choices.values():
        assert 0 <= choice.blend <= 1
        assert choice.taken is None or np.isfinite(choice.taken.code).all()


def test_what_a_newer_version_adds_is_passed_over() -> None:
    assert read_look(changed(sparkle=True)) == LOOK


def test_names_are_one_line_without_markup() -> None:
    wild = "<img src='x'>\n" + "\udcff" + "x" * 300
    taken = Taken(np.zeros(2, np.float32), wild, "photo")
    again = read_look(look_text(Chosen(0, {5: Choice(taken)})).encode()).choice(5).taken
    foreign = read_look(of_class(taken={**code(1), "name": "<b>\n\x07"})).choice(5).taken
    assert again is not None
    assert foreign is not None
    assert again.name.startswith("?img src='x'>??xxx")
    assert len(again.name) == 255
    assert foreign.name == "?b>??"
