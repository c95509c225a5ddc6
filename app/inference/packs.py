"""Model packs: a folder with ``pack.json``, ONNX graphs and other files, checked before use."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated

import msgspec

from app.domain.errors import PackError
from app.domain.files import read_bytes
from app.domain.palette import MAX_CLASSES, GarmentClass, Palette

FORMAT = 1
MANIFEST = "pack.json"
GARMENT, PARSING, CUTOUT, TRYON = "garment-synthesis", "person-parsing", "cloth-cutout", "try-on"
"""The tasks this program has a use for; a pack for another one loads, but nothing opens it."""

_WITH_PALETTE = (GARMENT, PARSING, TRYON)
_WITH_STYLE = (GARMENT,)
_MAX_MANIFEST = 1 << 20
_MAX_FILE = 2**31
_REINSTALL = "Install the pack again."

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Side = Annotated[int, msgspec.Meta(ge=16, le=4096)]
Hex = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Color = Annotated[str, msgspec.Meta(pattern="^#[0-9a-fA-F]{6}$")]


class _Frame(msgspec.Struct, frozen=True):
    height: Side
    width: Side


class _Class(msgspec.Struct, frozen=True):
    key: Text
    names: dict[str, Text]
    color: Color
    group: Text


class _File(msgspec.Struct, frozen=True):
    file: Text
    sha256: Hex
    bytes: Annotated[int, msgspec.Meta(ge=1, le=_MAX_FILE)]


class _Style(msgspec.Struct, frozen=True):
    dim: Annotated[int, msgspec.Meta(ge=1, le=4096)]


class _Head(msgspec.Struct, frozen=True):
    format: int


class _Manifest(msgspec.Struct, frozen=True):
    name: Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9._-]{0,63}$")]
    version: Text
    task: Text
    title: Text
    license: Text
    frame: _Frame
    files: dict[str, _File]
    palette: Annotated[list[_Class], msgspec.Meta(min_length=2, max_length=MAX_CLASSES)] | None = (
        None
    )
    style: _Style | None = None


@dataclass(frozen=True, eq=False)
class Pack:
    """A pack whose manifest is sound. Its files are checked when they are read.

    ``frame`` is the network's (height, width) in pixels.
    """

    folder: Path
    name: str
    version: str
    task: str
    title: str
    license: str
    frame: tuple[int, int]
    _manifest: bytes = field(repr=False)
    _files: dict[str, _File] = field(repr=False)
    _palette: Palette | None = field(repr=False)
    _style_dim: int | None

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of the files in it: "generator", "encoder", "codes"."""
        return tuple(self._files)

    @cached_property
    def digest(self) -> str:
        """The sha256 of the manifest, which names the hash of every file and so the whole pack."""
        return _sha256(self._manifest)

    @property
    def has_palette(self) -> bool:
        return self._palette is not None

    @property
    def palette(self) -> Palette:
        """The classes of its label maps. PackError when it has none, as for cutting out cloth."""
        if self._palette is None:
            raise PackError("The pack has no palette", where=str(self.folder), hint=_REINSTALL)
        return self._palette

    @property
    def style_dim(self) -> int:
        """Numbers in a style code. PackError when it has no styles."""
        if self._style_dim is None:
            raise PackError("The pack has no styles", where=str(self.folder), hint=_REINSTALL)
        return self._style_dim

    def path(self, key: str) -> Path:
        """Where file ``key`` lies; PackError when the pack has none. Its content is unchecked."""
        if key not in self._files:
            raise PackError(f"The pack has no {key}", where=str(self.folder), hint=_REINSTALL)
        return self.folder / self._files[key].file

    def read(self, key: str) -> bytes:
        """The bytes of file ``key``, of the size and sha256 that the manifest promises.

        What was checked is what is used: sessions are opened from these bytes, never from the
        path again. PackError for a missing, truncated or altered file.
        """
        path, promised = self.path(key), self._files[key]
        what = f"pack's {key}"
        content = read_bytes(path, what=what, error=PackError, limit=_MAX_FILE)
        size = len(content)
        if size != promised.bytes:
            raise PackError(
                f"A file of the pack is {'truncated' if size < promised.bytes else 'altered'}: "
                f"{size} bytes where {promised.bytes} belong",
                where=str(path),
                hint=_REINSTALL,
            )
        if _sha256(content) != promised.sha256:
            raise PackError(
                "A file of the pack was altered: its sha256 is not the one in pack.json",
                where=str(path),
                hint=_REINSTALL,
            )
        return content


def find_packs(folder: Path) -> list[Path]:
    """Subfolders of ``folder`` that hold a pack.json, by name; sound or not."""
    try:
        return sorted(entry for entry in folder.iterdir() if (entry / MANIFEST).is_file())
    except OSError:
        return []


def load_pack(folder: Path) -> Pack:
    """Read and check ``folder``/pack.json; the files it names are read later, at first use.

    PackError for a missing folder, a manifest that is foreign (not JSON, another format number,
    wrong types, an impossible palette, no palette or style where its task needs one), or a file
    name that leaves the folder.
    """
    manifest_path = folder / MANIFEST
    if not folder.is_dir():
        raise PackError("There is no model pack", where=str(folder), hint="Check the folder.")
    content = read_bytes(manifest_path, what="model pack", error=PackError, limit=_MAX_MANIFEST)
    manifest = _decode(content, manifest_path)
    for key, entry in manifest.files.items():
        _refuse_escape(folder, key, entry.file)
    return Pack(
        folder=folder,
        name=manifest.name,
        version=manifest.version,
        task=manifest.task,
        title=manifest.title,
        license=manifest.license,
        frame=(manifest.frame.height, manifest.frame.width),
        _manifest=content,
        _files=manifest.files,
        _palette=_palette(manifest.palette, manifest_path) if manifest.palette else None,
        _style_dim=manifest.style.dim if manifest.style else None,
    )


def _decode(content: bytes, path: Path) -> _Manifest:
    hint = "Choose a pack made for this version of Toile."
    reason: object
    try:
        head = msgspec.json.decode(content, type=_Head)
        if head.format != FORMAT:
            raise PackError(
                f"The pack has format {head.format}; this version of Toile reads format {FORMAT}",
                where=str(path),
                hint="Update Toile." if head.format > FORMAT else hint,
            )
        manifest = msgspec.json.decode(content, type=_Manifest)
        reason = _lack(manifest)
        if not reason:
            return manifest
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        reason = error
    raise PackError(
        f"pack.json is not a manifest of a model pack: {reason}", where=str(path), hint=hint
    )


def _lack(manifest: _Manifest) -> str:
    """What the task needs and the manifest has not."""
    for name, part, tasks in (
        ("palette", manifest.palette, _WITH_PALETTE),
        ("style", manifest.style, _WITH_STYLE),
    ):
        if part is None and manifest.task in tasks:
            return f"a pack for {manifest.task} needs a `{name}`"
    return ""


def _sha256(content: bytes) -> str:
    import hashlib  # with it OpenSSL, which the start of the window can do without

    return hashlib.sha256(content).hexdigest()


def _palette(entries: list[_Class], path: Path) -> Palette:
    try:
        return Palette(
            tuple(
                GarmentClass(index, entry.key, entry.names, _rgb(entry.color), entry.group)
                for index, entry in enumerate(entries)
            )
        )
    except ValueError as error:
        raise PackError(
            f"The palette of the pack is impossible: {error}", where=str(path), hint=_REINSTALL
        ) from error


def _rgb(color: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(color[1:])
    return red, green, blue


def _refuse_escape(folder: Path, key: str, name: str) -> None:
    """A manifest comes from anywhere: it may name files in its own folder and nothing else."""
    plain = not any(mark in name for mark in ("/", "\\", ":", "\0")) and name not in (".", "..")
    if not plain or (folder / name).resolve().parent != folder.resolve():
        raise PackError(
            f"The pack names a file outside its folder as its {key}: {name!r}",
            where=str(folder / MANIFEST),
            hint="Do not use this pack.",
        )
