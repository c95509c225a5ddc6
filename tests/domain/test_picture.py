"""Pictures: every kind that Pillow reads becomes upright 8-bit RGBA; what is none is refused."""

import errno
import os
import struct
import zlib
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from app.domain.errors import PictureError
from app.domain.picture import Picture, in_profile, load_picture, load_thumbnail, save_picture
from tests.domain.files_made import SIGNATURE, chunk, encoded, header, png

RED, BLUE = (200, 20, 30), (20, 30, 200)


def two_halves(mode: str = "RGB") -> Image.Image:
    """Red on the left, blue on the right, 8×4."""
    image = Image.new("RGB", (8, 4), RED)
    image.paste(BLUE, (4, 0, 8, 4))
    return image.convert(mode)


def loaded(folder: Path, data: bytes) -> np.ndarray:
    path = folder / "picture"
    path.write_bytes(data)
    rgba = load_picture(path).rgba
    assert rgba.dtype == np.uint8
    assert rgba.flags.c_contiguous
    assert rgba.flags.writeable
    return rgba


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "GIF", "JPEG", "WEBP"])
def test_common_formats(kind: str, tmp_path: Path) -> None:
    rgba = loaded(tmp_path, encoded(two_halves(), kind, quality=95, lossless=True))
    assert rgba.shape == (4, 8, 4)
    assert np.abs(rgba[2, 0].astype(int) - (*RED, 255)).max() < 12
    assert np.abs(rgba[2, 7].astype(int) - (*BLUE, 255)).max() < 12


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK"])
def test_every_mode(mode: str, tmp_path: Path) -> None:
    image = two_halves(mode)
    rgba = loaded(tmp_path, encoded(image, "TIFF" if mode == "CMYK" else "PNG"))
    assert rgba.shape == (4, 8, 4)
    assert (rgba[..., 3] == 255).all()
    np.testing.assert_allclose(rgba[..., :3], np.asarray(image.convert("RGB")), atol=2)


def test_alpha_is_kept_and_not_multiplied(tmp_path: Path) -> None:
    source = np.zeros((2, 2, 4), np.uint8)
    source[:] = (200, 100, 50, 7)
    np.testing.assert_array_equal(loaded(tmp_path, encoded(Image.fromarray(source))), source)


def test_a_transparent_palette_colour(tmp_path: Path) -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([*RED, *BLUE])
    image.putpixel((1, 0), 1)
    rgba = loaded(tmp_path, encoded(image, transparency=0))
    assert rgba[0, 0, 3] == 0
    assert rgba[0, 1].tolist() == [*BLUE, 255]


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_16_bit_grey_keeps_the_upper_bits(kind: str, tmp_path: Path) -> None:
    values = np.array([[0, 256, 0x80FF, 0xFFFF]], np.uint16)
    rgba = loaded(tmp_path, encoded(Image.fromarray(values), kind))
    assert rgba[0, :, 0].tolist() == [0, 1, 0x80, 255]


def test_16_bit_colour(tmp_path: Path) -> None:
    row = b"\0" + bytes([200, 1, 100, 2, 50, 3])
    data = png(header(1, 1, 16, 2), chunk(b"IDAT", zlib.compress(row)))
    assert loaded(tmp_path, data)[0, 0].tolist() == [200, 100, 50, 255]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation(orientation: int, tmp_path: Path) -> None:
    upright = Image.fromarray(np.arange(24, dtype=np.uint8).reshape(4, 6) * 10)
    undo = [None, None, 0, 3, 1, 5, 2, 6, 4][orientation]  # Transpose codes that Pillow inverts
    stored = upright if undo is None else upright.transpose(Image.Transpose(undo))
    exif = Image.Exif()
    exif[0x0112] = orientation
    rgba = loaded(tmp_path, encoded(stored, "PNG", exif=exif))
    np.testing.assert_array_equal(rgba[..., 0], np.asarray(upright))


def test_an_animation_gives_its_first_frame(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (3, 2), color) for color in (RED, BLUE)]
    for kind in ("GIF", "PNG", "WEBP"):
        data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], lossless=True)
        assert loaded(tmp_path, data)[0, 0].tolist() == [*RED, 255], kind


def test_profiles(tmp_path: Path) -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    path = tmp_path / "profile.png"
    path.write_bytes(encoded(two_halves(), icc_profile=srgb))
    assert load_picture(path).icc == srgb
    path.write_bytes(encoded(two_halves("L"), icc_profile=srgb[:16] + b"GRAY" + srgb[20:]))
    assert load_picture(path).icc is None
    path.write_bytes(encoded(two_halves(), icc_profile=b"short"))
    assert load_picture(path).icc is None
    plain = encoded(two_halves("CMYK"), "TIFF")
    path.write_bytes(plain)
    expected = load_picture(path).rgba
    for damaged in (b"no profile at all", srgb):  # or one of other colours
        path.write_bytes(encoded(two_halves("CMYK"), "TIFF", icc_profile=damaged))
        np.testing.assert_array_equal(load_picture(path).rgba, expected)


@pytest.mark.parametrize(
    ("tag", "kind", "value"), [(0x11A, 2, b"72\0\0"), (0x128, 4, 70000), (0x213, 2, b"on\0\0")]
)
def test_odd_exif_tags_do_not_matter(
    tag: int, kind: int, value: bytes | int, tmp_path: Path
) -> None:
    """EXIF by hand: the orientation, and a tag of another type than the standard's."""
    raw = value if isinstance(value, bytes) else struct.pack("<I", value)
    count = len(raw) if kind == 2 else 1
    entries = sorted([(0x112, 3, 1, struct.pack("<HH", 6, 0)), (tag, kind, count, raw)])
    exif = b"Exif\0\0II*\0" + struct.pack("<IH", 8, len(entries))
    exif += b"".join(struct.pack("<HHI", *entry[:3]) + entry[3] for entry in entries) + bytes(4)
    image = two_halves().resize((60, 40))
    path = tmp_path / "odd.jpg"
    path.write_bytes(encoded(image, "JPEG", quality=95, exif=exif))
    turned = np.array(image.transpose(Image.Transpose.ROTATE_270).convert("RGBA"))
    loaded = load_picture(path).rgba
    assert loaded.shape == turned.shape
    assert np.abs(loaded.astype(int) - turned).mean() < 4


def bad_pictures() -> dict[str, tuple[bytes, str]]:
    jpeg = encoded(Image.effect_noise((80, 60), 90).convert("RGB"), "JPEG", quality=90)
    whole = encoded(Image.effect_noise((80, 60), 90), "PNG")
    tiff = encoded(two_halves(), "TIFF")
    bomb = zlib.compress(bytes(30_000_000), 9)
    return {
        "nothing": (b"", "empty"),
        "text": (b"a garment", "no picture"),
        "zeros": (bytes(1000), "no picture"),
        "pdf": (b"%PDF-1.7\n", "no picture"),
        "eps": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "no picture"),
        "signature only": (SIGNATURE, "no picture"),
        "cut jpeg": (jpeg[: len(jpeg) // 2], "damaged"),
        "jpeg header": (jpeg[:20], "no picture"),
        "cut png": (whole[: len(whole) // 2], "damaged"),
        "png without pixels": (png(header(8, 8, 8, 2)), "damaged"),
        "cut tiff": (tiff[:60], ""),
        "gif header": (b"GIF89a\x05\0\x05\0\0\0\0", ""),
        "webp header": (b"RIFF\x10\0\0\0WEBPVP8 \x04\0\0\0abcd", ""),
        "bmp header": (b"BM" + bytes(12) + b"\x28\0\0\0\x08\0\0\0\x08\0\0\0", ""),
        "20000 by 20000": (png(header(20_000, 20_000, 8, 2), chunk(b"IDAT", bomb)), "at most"),
        "largest": (png(header(2**31 - 1, 2**31 - 1, 8, 2)), "at most"),
        "long": (png(header(16_385, 1, 8, 2)), "at most"),
        "many pixels": (png(header(9000, 9000, 8, 2)), "at most"),
        "0 by 0": (png(header(0, 0, 8, 2), chunk(b"IDAT", b"")), ""),
        "text bomb": (png(header(8, 8, 8, 2), chunk(b"zTXt", b"a\0\0" + bomb)), "damaged"),
        "floating point": (encoded(Image.new("F", (4, 4), 1e30), "TIFF"), "damaged"),
        "32 bit grey": (encoded(Image.new("I", (4, 4), 2**30), "TIFF"), "damaged"),
    }


@pytest.mark.filterwarnings("ignore:Truncated File Read", "ignore:Corrupt EXIF")
@pytest.mark.parametrize("name", bad_pictures().keys())
def test_bad_files_are_refused(name: str, tmp_path: Path) -> None:
    data, word = bad_pictures()[name]
    path = tmp_path / "bad.png"
    path.write_bytes(data)
    with pytest.raises(PictureError) as refusal:
        load_picture(path)
    assert word in str(refusal.value)
    assert str(path) in str(refusal.value)


def test_folders_and_missing_files(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="a folder"):
        load_picture(tmp_path)
    with pytest.raises(PictureError, match="no such file"):
        load_picture(tmp_path / "none.png")


def test_saved_picture_is_the_same(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    rgba = rng.integers(0, 256, (17, 9, 4), dtype=np.uint8)
    path = tmp_path / "été 夏.png"
    save_picture(path, rgba[:, ::-1])
    np.testing.assert_array_equal(load_picture(path).rgba, rgba[:, ::-1])


@cache
def srgb_profile() -> bytes:
    """Always the same one: it holds the second it was made in."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def swapped_profile() -> bytes:
    """sRGB with red and blue exchanged: a profile whose conversion nobody can overlook."""
    icc = srgb_profile()
    names = {b"rXYZ": b"bXYZ", b"bXYZ": b"rXYZ"}
    count = int.from_bytes(icc[128:132], "big")
    tags = [icc[132 + 12 * n : 144 + 12 * n] for n in range(count)]
    table = b"".join(names.get(tag[:4], tag[:4]) + tag[4:] for tag in tags)
    return icc[:132] + table + icc[132 + 12 * count :]


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.JPEG", "a.webp"])
def test_the_ending_decides_the_format_and_the_profile_stays(name: str, tmp_path: Path) -> None:
    rgba = np.full((40, 30, 4), 255, np.uint8)
    rgba[..., :3] = (180, 60, 90)
    path, icc = tmp_path / name, srgb_profile()
    save_picture(path, rgba, icc=icc)
    with Image.open(path) as image:
        wanted = {"png": "PNG", "webp": "WEBP"}.get(name[2:], "JPEG")
        assert (image.format, image.size) == (wanted, (30, 40))
        assert not image.getexif()
    again = load_picture(path)
    assert again.icc == icc
    np.testing.assert_allclose(again.rgba, rgba, atol=4)


def test_alpha_is_kept_where_the_format_can_and_white_where_not(tmp_path: Path) -> None:
    rgba = np.zeros((16, 16, 4), np.uint8)
    rgba[:, 8:] = (200, 20, 30, 255)
    for name in ("a.png", "a.webp"):
        save_picture(tmp_path / name, rgba, quality=100)
        np.testing.assert_array_equal(load_picture(tmp_path / name).rgba, rgba)
    save_picture(tmp_path / "a.jpg", rgba, quality=100)
    flat = load_picture(tmp_path / "a.jpg").rgba
    np.testing.assert_allclose(flat[:, :6], 255, atol=6)
    np.testing.assert_allclose(flat[:, 11:], rgba[:, 11:], atol=6)


def test_less_quality_is_less_to_store(tmp_path: Path) -> None:
    rgba = np.random.default_rng(3).integers(0, 256, (64, 64, 4), dtype=np.uint8)
    for ending in ("jpg", "webp"):
        sizes = []
        for quality in (20, 60, 95):
            save_picture(tmp_path / f"{quality}.{ending}", rgba, quality=quality)
            sizes.append((tmp_path / f"{quality}.{ending}").stat().st_size)
        assert sizes == sorted(sizes)
        assert sizes[0] < 0.7 * sizes[2]


@pytest.mark.parametrize("name", ["a.tif", "a.gif", "a", "a.jpg.bak"])
def test_other_endings_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="PNG, JPEG or WebP"):
        save_picture(tmp_path / name, np.zeros((2, 2, 4), np.uint8))
    assert not list(tmp_path.iterdir())


def test_a_webp_that_is_too_long_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="16383"):
        save_picture(tmp_path / "a.webp", np.zeros((1, 16384, 4), np.uint8))


def test_colours_go_into_another_profile() -> None:
    rgba = np.array([[[200, 30, 90, 7]]], np.uint8)
    swapped = in_profile(Picture(rgba), swapped_profile())
    np.testing.assert_allclose(swapped.rgba, [[[90, 30, 200, 7]]], atol=2)
    assert swapped.icc == swapped_profile()
    back = in_profile(swapped, None)
    np.testing.assert_allclose(back.rgba, rgba, atol=3)
    assert back.icc is None
    for icc in (b"nonsense", b"RGB " * 60):
        broken = Picture(rgba, icc)
        assert in_profile(broken, None) is broken
        assert in_profile(Picture(rgba), icc).rgba is rgba


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((2, 2, 3), np.uint8),
        np.zeros((2, 2), np.uint8),
        np.zeros((0, 2, 4), np.uint8),
        np.zeros((2, 2, 4), np.float32),
    ],
)
def test_what_is_no_picture_is_not_saved(array: np.ndarray, tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="no picture"):
        save_picture(tmp_path / "out.png", array)
    assert not list(tmp_path.iterdir())


def test_a_full_disk_leaves_the_old_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    path = tmp_path / "out.png"
    path.write_bytes(b"old")
    with pytest.raises(PictureError, match="disk is full"):
        save_picture(path, np.zeros((2, 2, 4), np.uint8))
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.png"]


@pytest.mark.parametrize("name", ["wide.jpg", "wide.png", "wide.webp"])
def test_a_thumbnail_keeps_proportions_and_colours(tmp_path: Path, name: str) -> None:
    image = Image.new("RGB", (1600, 800), (200, 30, 40))
    image.paste((20, 40, 180), (800, 0, 1600, 800))
    image.save(tmp_path / name)
    small = load_thumbnail(tmp_path / name, 100).rgba
    assert small.shape == (50, 100, 4)
    assert small[25, 20, :3].tolist() == pytest.approx([200, 30, 40], abs=6)
    assert small[25, 80, :3].tolist() == pytest.approx([20, 40, 180], abs=6)


def test_a_thumbnail_is_upright_and_never_enlarged(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned
    Image.new("RGB", (60, 40), "white").save(tmp_path / "turned.jpg", exif=exif)
    assert load_thumbnail(tmp_path / "turned.jpg", 300).rgba.shape == (60, 40, 4)


def test_a_thumbnail_of_no_picture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "no.png").write_text("no picture")
    with pytest.raises(PictureError, match="no picture"):
        load_thumbnail(tmp_path / "no.png", 100)


@pytest.mark.parametrize(
    ("brand", "name"), [(b"heic", "HEIC"), (b"mif1", "HEIC"), (b"avif", "AVIF")]
)
def test_a_phones_photo_is_refused_by_its_name(brand: bytes, name: str, tmp_path: Path) -> None:
    path = tmp_path / "IMG_0001.heic"
    path.write_bytes(b"\0\0\0\x18ftyp" + brand + bytes(40))
    with pytest.raises(PictureError, match=f"format {name}, which Toile does not read") as refused:
        load_picture(path)
    assert "JPEG" in refused.value.hint
