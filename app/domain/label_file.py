"""Label maps as indexed PNG files (PNG specification, third edition, W3C 2025, sections 5 and 11).

A file is accepted when it is an intact indexed PNG that uses only colours of the palette, each at
its own index; it is never guessed at. Only the header, the palette and the pixel data reach the
decoder: the other chunks of a hostile file are never unpacked, texts included.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from app.domain.errors import LabelMapError
from app.domain.files import read_bytes, write_atomic
from app.domain.label_map import MAX_PIXELS, LabelMap, check_size
from app.domain.palette import Palette

PALETTE_TEXT = "Toile palette"
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MAX_BYTES = 2 * MAX_PIXELS  # even stored without compression a label map is one byte a pixel
_INDEXED = 3
_KINDS = {0: "a grey", 2: "an RGB", _INDEXED: "an indexed", 4: "a grey", 6: "an RGBA"}
_ONE_PASS = ((0, 0, 1, 1),)  # first column and row, steps
_ADAM7 = (
    *((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4)),
    *((0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)),
)
_WHAT = "label map"
_PALETTE_HINT = "Use the colours of a label map saved by Toile, each at the same index."
_HINT = "Open a label map saved by Toile, or save yours as PNG with indexed colours."


def load_label_map(path: Path, palette: Palette) -> LabelMap:
    """The label map in an indexed PNG file of 1 to 8 bits.

    Raises LabelMapError, with the reason, for a file that cannot be read, is damaged, is not an
    indexed PNG, is empty or larger than `MAX_SIDE` or `MAX_PIXELS`, is animated, or uses an index
    or colour that is not the palette's.
    """
    return load_with_text(path, palette, "")[0]


def load_with_text(path: Path, palette: Palette, keyword: str) -> tuple[LabelMap, bytes | None]:
    """The label map, and what its text chunk (iTXt) of a keyword says: None where there is none,
    nothing where it is packed or broken. LabelMapError as `load_label_map` raises it."""
    data = read_bytes(path, what=_WHAT, error=LabelMapError, limit=_MAX_BYTES)
    try:
        array, colors, text = _decode(data, keyword.encode("latin-1"))
        _check_colors(array, colors, palette)
    except LabelMapError as refusal:
        raise LabelMapError(refusal.what, where=str(path), hint=refusal.hint or _HINT) from None
    return LabelMap(array, palette), text


def is_indexed_png(path: Path) -> bool:
    """Whether the file begins as a PNG with indexed colours, as every label map does.

    Quick, and no promise that it is one. False for a file that cannot be read.
    """
    try:
        with path.open("rb") as file:
            head = file.read(26)
    except (OSError, ValueError):
        return False
    return head.startswith(_SIGNATURE) and head[25:] == bytes([_INDEXED])


def save_label_map(
    path: Path, label_map: LabelMap, texts: Mapping[str, str] = MappingProxyType({})
) -> None:
    """Write an indexed PNG with the palette's colours and, as text, its class keys.

    `texts` by their keywords come in text chunks of their own. The write is atomic. Raises
    LabelMapError when the file cannot be written.
    """
    palette = label_map.palette
    if int(label_map.array.max()) >= len(palette):
        raise LabelMapError("The label map holds an index of no class", where=str(path))
    from PIL import Image, PngImagePlugin

    image = Image.fromarray(label_map.array)
    image.putpalette(palette.colors.tobytes())
    info = PngImagePlugin.PngInfo()
    info.add_itxt(PALETTE_TEXT, " ".join(entry.key for entry in palette))
    for keyword, text in texts.items():
        info.add_itxt(keyword, text)
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", pnginfo=info)
    write_atomic(path, buffer.getvalue(), what=_WHAT, error=LabelMapError)


def _decode(
    data: bytes, keyword: bytes
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], bytes | None]:
    """(H, W) uint8 indices and (N, 3) uint8 colours of an indexed PNG, and its text of a
    keyword."""
    if not data.startswith(_SIGNATURE):
        raise LabelMapError("This is not a PNG file")
    header, colors, pixels, text = b"", b"", [], None
    for kind, body in _chunks(data):
        if not header:
            _check_header(kind, body)
            header = body
        elif kind == b"PLTE":
            colors = body
        elif kind == b"IDAT":
            pixels.append(body)
        elif kind == b"iTXt" and body.startswith(keyword + b"\0"):
            text = _text(body[len(keyword) + 1 :])
        elif kind == b"acTL":
            raise LabelMapError("This PNG is an animation, not a label map")
    if not colors or len(colors) % 3 or len(colors) > 768:
        raise LabelMapError("The PNG file is damaged: its colour table is missing or broken")
    packed = b"".join(pixels)
    lines = _unpacked(header, packed)
    array = _plain(header, lines)
    if array is None:
        array = _through_pillow(header, colors, packed)
    return array, np.frombuffer(colors, dtype=np.uint8).reshape(-1, 3), text


def _text(body: bytes) -> bytes:
    """What an iTXt chunk says after its keyword (section 11.3.3.4); nothing if it is packed."""
    parts = body[2:].split(b"\0", 2)  # language, keyword in that language, text
    return parts[2] if body[:1] == b"\0" and len(parts) == 3 else b""


def _plain(header: bytes, lines: bytes) -> NDArray[np.uint8] | None:
    """The indices when each has a byte of its own and no line is filtered, as in every file that
    Toile saves; None for any other. A start with such a file need not load Pillow."""
    width, height, bits, interlace = *struct.unpack(">IIB", header[:9]), header[12]
    if bits != 8 or interlace:
        return None
    table = np.frombuffer(lines, dtype=np.uint8).reshape(height, width + 1)
    return None if table[:, 0].any() else table[:, 1:].copy()


def _through_pillow(header: bytes, colors: bytes, packed: bytes) -> NDArray[np.uint8]:
    from PIL import PngImagePlugin

    parts = [(b"IHDR", header), (b"PLTE", colors), (b"IDAT", packed), (b"IEND", b"")]
    clean = _SIGNATURE + b"".join(_chunk(kind, body) for kind, body in parts)
    try:
        # Not through Image.open, which imports the readers of five other formats.
        with PngImagePlugin.PngImageFile(io.BytesIO(clean)) as image:
            image.load()
            return np.array(image, dtype=np.uint8, order="C")
    except (OSError, SyntaxError, ValueError, EOFError, zlib.error) as failure:
        raise LabelMapError("The PNG file is damaged: its pixels cannot be read") from failure


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = len(_SIGNATURE)
    while True:
        if position + 8 > len(data):
            raise LabelMapError("The PNG file is cut short")
        length, kind = struct.unpack_from(">I4s", data, position)
        body = data[position + 8 : position + 8 + length]
        check = data[position + 8 + length : position + 12 + length]
        if len(check) < 4:
            raise LabelMapError("The PNG file is cut short")
        if zlib.crc32(kind + body).to_bytes(4, "big") != check:
            raise LabelMapError("The PNG file is damaged: a checksum does not match")
        yield kind, body
        if kind == b"IEND":
            return
        position += 12 + length


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body), kind) + body + struct.pack(">I", zlib.crc32(kind + body))


def _check_header(kind: bytes, body: bytes) -> None:
    if kind != b"IHDR" or len(body) != 13:
        raise LabelMapError("The PNG file is damaged: its header is broken")
    width, height, bits, color, packing, filtering, interlace = struct.unpack(">IIBBBBB", body)
    if color not in _KINDS or bits not in (1, 2, 4, 8, 16) or packing or filtering or interlace > 1:
        raise LabelMapError("The PNG file is damaged: its header is broken")
    if color != _INDEXED:
        depth = f" with {bits} bits a channel" if bits == 16 else ""
        raise LabelMapError(
            f"This is {_KINDS[color]} picture{depth}, not a label map with indexed colours"
        )
    if bits == 16:
        raise LabelMapError("The PNG file is damaged: its header is broken")
    check_size(width, height)


def _unpacked(header: bytes, packed: bytes) -> bytes:
    """The lines of pixels, filters and all. Refuses data that ends early: Pillow would fill the
    rest with index 0."""
    width, height, bits, interlace = *struct.unpack(">IIB", header[:9]), header[12]
    length = 0
    for left, top, across, down in _ADAM7 if interlace else _ONE_PASS:
        columns, rows = -(-(width - left) // across), -(-(height - top) // down)
        length += rows * (1 + -(-columns * bits // 8)) if columns > 0 else 0
    try:
        lines = zlib.decompressobj().decompress(packed, length)
    except zlib.error:
        lines = b""
    if len(lines) < length:
        raise LabelMapError("The PNG file is damaged: its pixels cannot be read")
    return lines


def _check_colors(array: NDArray[np.uint8], colors: NDArray[np.uint8], palette: Palette) -> None:
    for index in np.flatnonzero(np.bincount(array.ravel(), minlength=256)).tolist():
        if index >= len(palette):
            raise LabelMapError(
                f"The label map uses index {index}, but the palette in use ends at "
                f"{len(palette) - 1} ({palette[len(palette) - 1].name()})",
                hint=_PALETTE_HINT,
            )
        if index >= len(colors):
            raise LabelMapError(f"The PNG file is damaged: index {index} has no colour")
        found, entry = tuple(colors[index].tolist()), palette[index]
        if found != entry.color:
            raise LabelMapError(
                f"The colours are not those of the palette in use: index {index} is "
                f"{_hex(found)}, but {entry.name()} is {_hex(entry.color)}",
                hint=_PALETTE_HINT,
            )


def _hex(color: tuple[int, ...]) -> str:
    return "#" + bytes(color).hex()
