"""Pictures: any common file in, RGBA out; PNG, JPEG or WebP written."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms, UnidentifiedImageError

from app.domain.errors import PictureError
from app.domain.files import read_bytes, write_atomic
from app.domain.label_map import MAX_PIXELS, MAX_SIDE

FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF")
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".gif")
SAVED_AS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
"""What a picture can be saved as, by the ending of its name."""
QUALITY = 92
_MAX_WEBP = 16383
_MAX_BYTES = 512 << 20
_WHAT = "picture"
_HINT = "Open a PNG, JPEG, WebP, TIFF, BMP or GIF picture."
_PHONES = {"heic": "HEIC", "heix": "HEIC", "hevc": "HEIC", "mif1": "HEIC", "msf1": "HEIC",
           "avif": "AVIF", "avis": "AVIF"}  # fmt: skip
"""What phones save, by the brand that stands in the file (ISO 14496-12, section 4.3)."""
_TURNS: dict[object, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""How to turn a picture upright, by its EXIF orientation."""
_DAMAGED = (
    OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, OverflowError, EOFError,
    struct.error, zlib.error, ImageCms.PyCMSError,
)  # fmt: skip
"""What Pillow raises on files that are not what they say they are."""
_WITH_ALPHA = ("RGBA", "RGBa", "LA", "La", "PA", "P")

Image.MAX_IMAGE_PIXELS = None  # Pillow would warn or raise at its own sizes; `_check_size` decides


@dataclass(frozen=True, slots=True)
class Picture:
    """``rgba`` uint8 (H, W, 4), alpha not multiplied in; ``icc`` its RGB colour profile, if any."""

    rgba: NDArray[np.uint8]
    icc: bytes | None = None


def load_picture(path: Path) -> Picture:
    """The first frame of a picture file, upright and as 8-bit RGBA.

    The EXIF orientation is applied; CMYK goes to sRGB through its profile where it has one; 16-bit
    channels keep their upper 8 bits. Raises PictureError for a file that cannot be read, is no
    picture, is damaged, is empty, or is larger than `MAX_SIDE` or `MAX_PIXELS`.
    """
    return _load(path, lambda image: None)


def load_thumbnail(path: Path, side: int) -> Picture:
    """The picture of a file at ``side`` pixels at most, in its proportions and never enlarged.

    A JPEG is decoded at a fraction of its size, which is several times as quick as `load_picture`.
    Raises as that does.
    """

    def fewer(image: Image.Image) -> None:
        image.draft("RGB", (2 * side, 2 * side))

    picture = _load(path, fewer)
    image = Image.fromarray(picture.rgba)
    image.thumbnail((side, side), Image.Resampling.BICUBIC)
    return Picture(np.array(image, dtype=np.uint8, order="C"), picture.icc)


def _load(path: Path, prepare: Callable[[Image.Image], None]) -> Picture:
    data = read_bytes(path, what=_WHAT, error=PictureError, limit=_MAX_BYTES)
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            _check_size(image.width, image.height, path)
            prepare(image)
            image.load()
            icc = image.info.get("icc_profile")
            rgba = np.array(_to_rgba(_upright(image), icc), dtype=np.uint8, order="C")
    except UnidentifiedImageError as failure:
        raise _unknown(data, path) from failure
    except _DAMAGED as failure:
        raise PictureError(
            "The picture cannot be read: the file is damaged or of a rare kind",
            where=str(path),
            hint="Open it in another program and save it as PNG.",
        ) from failure
    return Picture(rgba, icc if _describes_rgb(icc) else None)


def _unknown(data: bytes, path: Path) -> PictureError:
    """What to say of a file that Pillow does not know."""
    phone = _PHONES.get(data[8:12].decode("latin-1")) if data[4:8] == b"ftyp" else None
    if phone is None:
        return PictureError("This is no picture", where=str(path), hint=_HINT)
    return PictureError(
        f"This is a photo in the format {phone}, which Toile does not read",
        where=str(path),
        hint="Have the phone send it as JPEG, or save it as JPEG in another program.",
    )


def save_picture(
    path: Path, rgba: NDArray[np.uint8], *, icc: bytes | None = None, quality: int = QUALITY
) -> None:
    """Write ``rgba``, uint8 (H, W, 4), as the ending of ``path`` says (`SAVED_AS`), atomically.

    The rest is `encode_picture`'s. Raises PictureError also when the file cannot be written.
    """
    data = encode_picture(path, rgba, icc=icc, quality=quality)
    write_atomic(path, data, what=_WHAT, error=PictureError)


def encode_picture(
    path: Path, rgba: NDArray[np.uint8], *, icc: bytes | None = None, quality: int = QUALITY
) -> bytes:
    """The bytes of a file for ``rgba``, uint8 (H, W, 4), as the ending of ``path`` says.

    ``icc`` is the profile that its colours are in. ``quality`` 1..100 is JPEG's and WebP's, which
    at 100 is lossless. PNG and WebP keep alpha; a JPEG has white where the picture is clear.
    Nothing else of an original photograph, such as its place and date, is written. Raises
    PictureError when the array is no picture or the format cannot hold it.
    """
    if rgba.dtype != np.uint8 or rgba.ndim != 3 or rgba.shape[2] != 4 or not rgba.size:
        raise PictureError("There is no picture to save", where=str(path))
    kind = SAVED_AS.get(path.suffix.lower())
    if kind is None:
        raise PictureError(
            "Pictures are saved as PNG, JPEG or WebP",
            where=str(path),
            hint="End the name in .png, .jpg or .webp.",
        )
    if kind == "WEBP" and max(rgba.shape) > _MAX_WEBP:
        raise PictureError(
            f"A WebP picture has at most {_MAX_WEBP} pixels a side",
            where=str(path),
            hint="Save it as PNG or JPEG.",
        )
    image = Image.fromarray(np.ascontiguousarray(rgba))
    options: dict[str, Any] = {"icc_profile": icc} if icc else {}
    if kind == "PNG":
        options |= {"compress_level": 4}
    elif kind == "WEBP":
        options |= {"quality": quality, "lossless": quality >= 100, "method": 2, "exact": True}
    else:
        # Full colour resolution: prints and seams are what such pictures are about.
        options |= {"quality": min(quality, 100), "subsampling": 0}
        image = _on_white(image)
    buffer = io.BytesIO()
    image.save(buffer, format=kind, **options)
    return buffer.getvalue()


def in_profile(picture: Picture, icc: bytes | None) -> Picture:
    """``picture`` with its colours in the profile ``icc``; None stands for sRGB.

    A picture or a profile that cannot be converted leaves the picture as it is.
    """
    if picture.icc == icc:
        return picture
    image = Image.fromarray(picture.rgba)
    try:
        srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
        have, wanted = (
            ImageCms.ImageCmsProfile(io.BytesIO(profile)) if profile else srgb
            for profile in (picture.icc, icc)
        )
        colors = ImageCms.profileToProfile(image.convert("RGB"), have, wanted, outputMode="RGB")
    except (OSError, ImageCms.PyCMSError):
        return picture
    if colors is None:
        return picture
    colors.putalpha(image.getchannel("A"))
    return Picture(np.array(colors, dtype=np.uint8, order="C"), icc)


def _on_white(image: Image.Image) -> Image.Image:
    if image.getchannel("A").getextrema()[0] == 255:
        return image.convert("RGB")
    opaque = Image.new("RGB", image.size, (255, 255, 255))
    opaque.paste(image, mask=image.getchannel("A"))
    return opaque


def _check_size(width: int, height: int, path: Path) -> None:
    if not width or not height:
        raise PictureError(
            f"The picture is {width}×{height} pixels: there is nothing in it", where=str(path)
        )
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise PictureError(
            f"The picture is {width}×{height} pixels; at most {MAX_SIDE} a side and "
            f"{MAX_PIXELS // 1_000_000} million in all can be opened",
            where=str(path),
            hint="Make it smaller in another program.",
        )


def _upright(image: Image.Image) -> Image.Image:
    """Turned as EXIF says. Nothing else there is looked at: odd tags are common."""
    turn = _TURNS.get(image.getexif().get(ExifTags.Base.Orientation))
    return image if turn is None else image.transpose(turn)


def _to_rgba(image: Image.Image, icc: bytes | None) -> Image.Image:
    if image.mode in _WITH_ALPHA:
        return image.convert("RGBA")
    if image.mode.startswith("I"):
        return _from_wide(image).convert("RGBA")
    if image.mode == "F":
        raise ValueError("floating-point pictures have no agreed range")
    printed = _in_srgb(image, icc) if image.mode == "CMYK" and icc else None
    return (printed or image.convert("RGB")).convert("RGBA")


def _in_srgb(image: Image.Image, icc: bytes) -> Image.Image | None:
    """A CMYK picture through its profile; None where that is damaged or describes other colours."""
    try:
        cmyk = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        srgb = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(image, cmyk, srgb, outputMode="RGB")
    except (OSError, ImageCms.PyCMSError):
        return None


def _from_wide(image: Image.Image) -> Image.Image:
    """A grey picture of 16 bits as one of 8; wider ones raise ValueError."""
    values = np.asarray(image)
    if values.min() < 0 or values.max() > 0xFFFF:
        raise ValueError("grey values beyond 16 bits")
    return Image.fromarray((values >> 8).astype(np.uint8))


def _describes_rgb(icc: bytes | None) -> bool:
    return icc is not None and icc[16:20] == b"RGB "
