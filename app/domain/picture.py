"""Pictures: any common file in, RGBA out; PNG with transparency written."""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from app.domain.errors import PictureError
from app.domain.files import read_bytes, write_atomic
from app.domain.label_map import MAX_PIXELS, MAX_SIDE

FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF")
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".gif")
_MAX_BYTES = 512 << 20
_WHAT = "picture"
_HINT = "Open a PNG, JPEG, WebP, TIFF, BMP or GIF picture."
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
    data = read_bytes(path, what=_WHAT, error=PictureError, limit=_MAX_BYTES)
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            _check_size(image.width, image.height, path)
            image.load()
            upright = ImageOps.exif_transpose(image)
            icc = image.info.get("icc_profile")
            rgba = np.array(_to_rgba(upright, icc), dtype=np.uint8, order="C")
    except UnidentifiedImageError as failure:
        raise PictureError("This is no picture", where=str(path), hint=_HINT) from failure
    except (OSError, SyntaxError, ValueError, EOFError, zlib.error, ImageCms.PyCMSError) as failure:
        raise PictureError(
            "The picture cannot be read: the file is damaged or of a rare kind",
            where=str(path),
            hint="Open it in another program and save it as PNG.",
        ) from failure
    return Picture(rgba, icc if _describes_rgb(icc) else None)


def save_picture(path: Path, rgba: NDArray[np.uint8]) -> None:
    """Write ``rgba``, uint8 (H, W, 4), as PNG, atomically.

    Raises PictureError when the array is no picture or the file cannot be written.
    """
    if rgba.dtype != np.uint8 or rgba.ndim != 3 or rgba.shape[2] != 4 or not rgba.size:
        raise PictureError("There is no picture to save", where=str(path))
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(rgba)).save(buffer, format="PNG", compress_level=4)
    write_atomic(path, buffer.getvalue(), what=_WHAT, error=PictureError)


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


def _to_rgba(image: Image.Image, icc: bytes | None) -> Image.Image:
    if image.mode in _WITH_ALPHA:
        return image.convert("RGBA")
    if image.mode.startswith("I"):
        return _from_wide(image).convert("RGBA")
    if image.mode == "F":
        raise ValueError("floating-point pictures have no agreed range")
    if image.mode == "CMYK" and icc:
        cmyk = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        srgb = ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(image, cmyk, srgb, outputMode="RGB")
        if converted is not None:
            return converted.convert("RGBA")
    return image.convert("RGB").convert("RGBA")


def _from_wide(image: Image.Image) -> Image.Image:
    """A grey picture of 16 bits as one of 8; wider ones raise ValueError."""
    values = np.asarray(image)
    if values.min() < 0 or values.max() > 0xFFFF:
        raise ValueError("grey values beyond 16 bits")
    return Image.fromarray((values >> 8).astype(np.uint8))


def _describes_rgb(icc: bytes | None) -> bool:
    return icc is not None and icc[16:20] == b"RGB "
