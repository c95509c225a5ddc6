"""Files of every kind a person might open by mistake, and a few that someone made on purpose."""

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from app.domain.label_file import save_label_map
from app.domain.label_map import LabelMap
from app.domain.palette import Palette

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body), kind) + body + struct.pack(">I", zlib.crc32(kind + body))


def header(width: int, height: int, bits: int = 8, color: int = 3, interlace: int = 0) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, color, 0, 0, interlace))


def png(*chunks: bytes) -> bytes:
    return SIGNATURE + b"".join(chunks) + chunk(b"IEND", b"")


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format=kind, **options)
    return buffer.getvalue()


def grid(palette: Palette, height: int = 40, width: int = 30) -> LabelMap:
    """A label map in which every class appears."""
    values = np.arange(height * width, dtype=np.uint32) % len(palette)
    return LabelMap(values.astype(np.uint8).reshape(height, width), palette)


def good_label_map(folder: Path, palette: Palette) -> bytes:
    path = folder / "good.png"
    save_label_map(path, grid(palette))
    data = path.read_bytes()
    path.unlink()
    return data


def replaced(data: bytes, kind: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """`data` with the body of every chunk `kind` changed and its checksum made right again."""
    out, position = [SIGNATURE], len(SIGNATURE)
    while position < len(data):
        length, found = struct.unpack_from(">I4s", data, position)
        body = data[position + 8 : position + 8 + length]
        out.append(chunk(found, change(body) if found == kind else body))
        position += 12 + length
    return b"".join(out)


def flipped(data: bytes, kind: bytes) -> bytes:
    """`data` with one bit of the first chunk `kind` turned over."""
    at = data.index(kind) + 6
    return data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :]


def label_map_refusals(good: bytes, palette: Palette) -> dict[str, tuple[bytes, str]]:
    """Name of a bad file -> its bytes and a word that the refusal must say."""
    rgb = Image.new("RGB", (8, 6), (10, 20, 30))
    grey16 = Image.fromarray(np.full((6, 8), 60_000, dtype=np.uint16))
    colors = palette.colors.tobytes()
    foreign = bytes(255 - part for part in colors)
    row = zlib.compress(bytes(9) * 6)
    rows_one_class = zlib.compress(b"\0" + b"\x05" * 8)
    frames = [Image.new("P", (8, 6), index) for index in (1, 2)]
    bomb = zlib.compress(bytes(30_000_000), 9)
    hidden = chunk(b"zTXt", b"Comment\0\0" + bomb)
    plte = chunk(b"PLTE", colors)
    return {
        "text": (b"ground,skin,hair\n", "not a PNG"),
        "nothing": (b"", "empty"),
        "zeros": (bytes(4096), "not a PNG"),
        "jpeg": (encoded(rgb, "JPEG"), "not a PNG"),
        "gif": (encoded(Image.new("P", (8, 6)), "GIF"), "not a PNG"),
        "bmp": (encoded(rgb, "BMP"), "not a PNG"),
        "webp": (encoded(rgb, "WEBP"), "not a PNG"),
        "tiff": (encoded(rgb, "TIFF"), "not a PNG"),
        "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a PNG"),
        "jpeg named png with png inside": (encoded(rgb, "JPEG") + good, "not a PNG"),
        "rgb": (encoded(rgb), "RGB"),
        "rgba": (encoded(rgb.convert("RGBA")), "RGBA"),
        "grey": (encoded(rgb.convert("L")), "grey"),
        "grey with alpha": (encoded(rgb.convert("LA")), "grey"),
        "grey 1 bit": (encoded(rgb.convert("1")), "grey"),
        "grey 16 bit": (encoded(grey16), "16 bits"),
        "rgb 16 bit": (png(header(2, 2, 16, 2), chunk(b"IDAT", row)), "16 bits"),
        "animated": (
            encoded(frames[0], save_all=True, append_images=frames[1:], palette=foreign),
            "animation",
        ),
        "other colours": (
            replaced(good, b"PLTE", lambda body: foreign),
            "not those of",
        ),
        "two colours swapped": (
            replaced(good, b"PLTE", lambda body: body[3:6] + body[:3] + body[6:]),
            "not those of",
        ),
        "one colour off by one": (
            replaced(good, b"PLTE", lambda body: body[:-1] + bytes([body[-1] ^ 1])),
            "not those of",
        ),
        "short colour table": (replaced(good, b"PLTE", lambda body: body[:30]), "no colour"),
        "broken colour table": (replaced(good, b"PLTE", lambda body: body[:31]), "colour table"),
        "no colour table": (
            png(header(8, 1), chunk(b"IDAT", rows_one_class)),
            "colour table",
        ),
        "index beyond the palette": (
            png(
                header(2, 1),
                chunk(b"PLTE", colors + bytes(600)),
                chunk(b"IDAT", zlib.compress(b"\0\x00\xc8")),
            ),
            "index 200",
        ),
        "width 0": (png(header(0, 4), plte, chunk(b"IDAT", row)), "0 × 4"),
        "height 0": (png(header(4, 0), plte, chunk(b"IDAT", row)), "4 × 0"),
        "0 by 0": (png(header(0, 0), plte, chunk(b"IDAT", row)), "0 × 0"),
        "20000 by 20000": (png(header(20_000, 20_000), plte, chunk(b"IDAT", bomb)), "too large"),
        "largest header": (png(header(2**31 - 1, 2**31 - 1), plte), "too large"),
        "long and thin": (png(header(20_000, 1), plte, chunk(b"IDAT", row)), "too large"),
        "negative header": (png(header(2**32 - 1, 7), plte), "too large"),
        "no pixels": (png(header(8, 8), plte), "pixels cannot be read"),
        "too few pixels": (
            png(header(8, 8), plte, chunk(b"IDAT", rows_one_class)),
            "pixels cannot be read",
        ),
        "pixels that do not unpack": (
            png(header(8, 8), plte, chunk(b"IDAT", b"\xff" * 64)),
            "pixels cannot be read",
        ),
        "unknown depth": (png(header(8, 8, 3), plte), "header"),
        "unknown colour type": (png(header(8, 8, 8, 5), plte), "header"),
        "unknown interlace": (png(header(8, 8, 8, 3, 9), plte), "header"),
        "indexed 16 bit": (png(header(8, 8, 16, 3), plte), "header"),
        "no header": (png(plte, chunk(b"IDAT", row)), "header"),
        "short header": (png(chunk(b"IHDR", b"\0\0\0\x08")), "header"),
        "signature only": (SIGNATURE, "cut short"),
        "cut in the pixels": (good[: good.index(b"IDAT") + 40], "cut short"),
        "cut before the end mark": (good[:-12], "cut short"),
        "chunk longer than the file": (
            good[:33] + struct.pack(">I4s", 2**31 - 1, b"PLTE") + good[41:],
            "cut short",
        ),
        "checksum of the header": (flipped(good, b"IHDR"), "checksum"),
        "checksum of the colours": (flipped(good, b"PLTE"), "checksum"),
        "checksum of the pixels": (flipped(good, b"IDAT"), "checksum"),
        "bomb in a text, then cut": (good[:33] + hidden, "cut short"),
    }
