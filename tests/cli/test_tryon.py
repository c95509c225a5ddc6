"""toile tryon: files of every kind in, the same photo with another garment out."""

import json
import os
import signal
import threading
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from app.domain.palette import Palette
from app.domain.picture import load_picture, save_picture
from app.inference.session import OrtSession, Tensor, Tensors
from tests.cli.terminal import one_line, run
from tests.domain.files_made import chunk, header, png
from tests.domain.test_picture import swapped_profile
from tests.inference.wardrobe import CLOTH, shirt, standing, write_packs


@pytest.fixture(scope="module")
def packs(tmp_path_factory: pytest.TempPathFactory, palette: Palette) -> Path:
    return write_packs(tmp_path_factory.mktemp("packs"), palette)


@pytest.fixture
def person(tmp_path: Path, palette: Palette) -> Path:
    path = tmp_path / "人 person.png"
    save_picture(path, standing(palette))
    return path


@pytest.fixture
def cloth(tmp_path: Path) -> Path:
    path = tmp_path / "服 cloth.png"
    save_picture(path, shirt())
    return path


def chest(path: Path) -> np.ndarray:
    """The middle of what the person of `standing` wears."""
    return load_picture(path).rgba[330, 250:350].astype(int)


@pytest.mark.parametrize("name", ["out.png", "out.jpg", "out.webp", "出.JPEG"])
def test_it_writes_what_the_name_says(
    name: str, packs: Path, person: Path, cloth: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = person.with_name(name)
    assert run("tryon", person, cloth, "-o", out, "--models", packs) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert said.out.startswith(f"{out}: 600 × 800, upper, CPU, ")
    assert load_picture(out).rgba.shape == (800, 600, 4)
    assert np.abs(chest(out)[:, :3] - CLOTH).max() < 12


def test_a_cloth_on_its_side_is_turned_or_not_as_one_says(
    packs: Path, person: Path, cloth: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lying = cloth.with_name("lying.png")
    save_picture(lying, np.ascontiguousarray(np.rot90(load_picture(cloth).rgba)))
    out = person.with_name("out.png")
    assert run("tryon", person, lying, "-o", out, "--models", packs) == 0
    assert "lies on its side" in capsys.readouterr().err
    turned = load_picture(out).rgba
    assert run("tryon", person, lying, "-o", out, "--models", packs, "--upright") == 0
    assert capsys.readouterr().err == ""
    assert (load_picture(out).rgba != turned).any()


def test_json_tells_what_is_new_and_what_to_know(
    packs: Path, tmp_path: Path, palette: Palette, cloth: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = tmp_path / "small.png"
    save_picture(small, standing(palette, 300, 220, tall=120))
    out = tmp_path / "out.png"
    arguments = ("--models", packs, "--category", "dress", "--json")
    assert run("tryon", small, cloth, "-o", out, *arguments) == 0
    said = capsys.readouterr()
    report = json.loads(said.out)
    assert report["outcome"] == str(out)
    assert (report["size"], report["category"]) == ([220, 300], "dress")
    assert said.err == f"toile: {report['notices'][0]}\n"
    assert 0 < report["changed"] < 1
    before, after = load_picture(small).rgba, load_picture(out).rgba
    box = report["region"]
    after[box["y"] : box["y"] + box["height"], box["x"] : box["x"] + box["width"]] = before[
        box["y"] : box["y"] + box["height"], box["x"] : box["x"] + box["width"]
    ]
    np.testing.assert_array_equal(after, before)


def test_a_photo_that_lies_on_its_side_comes_out_upright_with_its_profile(
    packs: Path, person: Path, cloth: Path
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned to the right
    exif[0x010F] = "a maker"
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    lying = person.with_suffix(".jpg")
    upright = Image.open(person).convert("RGB")
    turned = upright.transpose(Image.Transpose.ROTATE_90)
    turned.save(lying, quality=95, subsampling=0, exif=exif, icc_profile=icc)
    out = person.with_name("out.jpg")
    assert run("tryon", lying, cloth, "-o", out, "--models", packs) == 0
    with Image.open(out) as picture:
        assert picture.size == (600, 800)
        assert picture.info["icc_profile"] == icc
        assert not picture.getexif()
    assert np.abs(chest(out)[:, :3] - CLOTH).max() < 12


def test_the_cloths_colours_go_into_the_photos_profile(
    packs: Path, palette: Palette, cloth: Path, tmp_path: Path
) -> None:
    photo = tmp_path / "photo.png"
    save_picture(photo, standing(palette), icc=swapped_profile())
    out = tmp_path / "out.png"
    assert run("tryon", photo, cloth, "-o", out, "--models", packs) == 0
    assert load_picture(out).icc == swapped_profile()
    assert np.abs(chest(out)[:, :3] - CLOTH[::-1]).max() < 8


def test_photos_of_every_kind(packs: Path, person: Path, cloth: Path) -> None:
    rgba = load_picture(person).rgba
    half_clear = rgba.copy()
    half_clear[:400, :, 3] = 235
    kinds = {
        "alpha.png": Image.fromarray(half_clear),
        "cmyk.tif": Image.fromarray(rgba[..., :3]).convert("CMYK"),
        "palette.png": Image.fromarray(rgba[..., :3]).quantize(64),
    }
    for name, image in kinds.items():
        path, out = person.with_name(name), person.with_name(f"out {name}").with_suffix(".png")
        image.save(path)
        before = load_picture(path).rgba
        assert run("tryon", path, cloth, "-o", out, "--models", packs) == 0, name
        after = load_picture(out).rgba
        assert after.shape == before.shape
        assert (after[..., 3] >= before[..., 3]).all()  # cloth is opaque
        np.testing.assert_array_equal(after[:40], before[:40])


def test_a_photo_of_16_bits_is_as_good(packs: Path, person: Path, cloth: Path) -> None:
    rgb = load_picture(person).rgba[..., :3]
    wide = np.dstack([rgb, np.full_like(rgb, 99)]).reshape(800, 600, 2, 3).swapaxes(2, 3)
    rows = b"".join(b"\0" + row.tobytes() for row in wide)
    deep = person.with_name("deep.png")
    deep.write_bytes(png(header(600, 800, 16, 2), chunk(b"IDAT", zlib.compress(rows, 1))))
    outs = [person.with_name(f"out {path.name}") for path in (person, deep)]
    for path, out in zip((person, deep), outs, strict=True):
        assert run("tryon", path, cloth, "-o", out, "--models", packs) == 0
    np.testing.assert_array_equal(*(load_picture(out).rgba for out in outs))


@pytest.mark.parametrize(
    "arguments",
    [
        ["tryon"],
        ["tryon", "a.png", "-o", "o.png"],
        ["tryon", "a.png", "b.png"],
        ["tryon", "a.png", "b.png", "-o", "o.png", "--category", "hat"],
        ["tryon", "a.png", "b.png", "-o", "o.png", "--quality", "0"],
        ["tryon", "a.png", "b.png", "-o", "o.png", "--quality", "best"],
    ],
)
def test_wrong_usage_is_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*arguments) == 2
    assert "--help" in one_line(capsys)


def test_pictures_that_will_not_do_are_3(
    packs: Path, person: Path, cloth: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text, white = tmp_path / "text.png", tmp_path / "white.png"
    text.write_text("hello")
    save_picture(white, np.full((300, 200, 4), 255, np.uint8))
    out = tmp_path / "out.png"
    for one, other, word in (
        (text, cloth, str(text)),
        (person, tmp_path / "none.png", "none.png"),
        (white, cloth, "No person"),
        (person, white, "no garment"),
    ):
        assert run("tryon", one, other, "-o", out, "--models", packs) == 3
        assert word in one_line(capsys)
    assert not out.exists()


def test_neither_input_is_overwritten_and_the_name_must_say_the_format(
    packs: Path, person: Path, cloth: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = person.read_bytes(), cloth.read_bytes()
    for out in (person, cloth):
        assert run("tryon", person, cloth, "-o", out, "--models", packs) == 6
        assert "overwrite" in one_line(capsys)
    for name in ("out.tif", "out"):
        assert run("tryon", person, cloth, "-o", person.with_name(name), "--models", packs) == 6
        assert "PNG or JPEG or WEBP" in one_line(capsys)
    assert (person.read_bytes(), cloth.read_bytes()) == before


def test_a_missing_pack_is_4(
    person: Path, cloth: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.png"
    assert run("tryon", person, cloth, "-o", out, "--models", tmp_path / "none") == 4
    assert "no model pack" in one_line(capsys)


def test_ctrl_c_writes_nothing(
    packs: Path, person: Path, cloth: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    running, real = threading.Event(), OrtSession.run

    def run_and_tell(self: OrtSession, inputs: Tensors, cancel: object) -> dict[str, Tensor]:
        running.set()
        time.sleep(0.4)
        return real(self, inputs, cancel)

    def press() -> None:
        running.wait(30)
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(OrtSession, "run", run_and_tell)
    finger = threading.Thread(target=press)
    finger.start()
    out = person.with_name("out.png")
    assert run("tryon", person, cloth, "-o", out, "--models", packs) == 130
    finger.join()
    assert one_line(capsys) == "toile: Cancelled.\n"
    assert not out.exists()
