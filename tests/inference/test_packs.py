"""Packs: whatever is missing, altered, foreign or hostile is refused in words."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.domain.errors import PackError
from app.domain.palette import Palette
from app.inference.graphs import graph_keys
from app.inference.packs import Pack, find_packs, load_pack
from tests.inference.graphs import DIM, FRAME, write_pack

Manifest = dict[str, Any]


def edit(folder: Path, change: Callable[[Manifest], object]) -> Path:
    path = folder / "pack.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    change(manifest)
    path.write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def test_a_sound_pack_loads_whatever_else_a_later_version_adds(
    pack: Pack, palette: Palette
) -> None:
    assert (pack.name, pack.version, pack.frame, pack.style_dim) == (
        "garment-tiny", "0.0.1", FRAME, DIM,
    )  # fmt: skip
    assert pack.palette == palette
    assert set(pack.keys) == {"generator", "encoder", "codes"}
    for key in pack.keys:
        assert pack.read(key) == pack.path(key).read_bytes()


def test_palette_and_style_are_only_where_the_task_has_them(
    parser_pack: Pack, cutout_pack: Pack, palette: Palette
) -> None:
    assert parser_pack.palette == palette
    with pytest.raises(PackError, match="no styles"):
        _ = parser_pack.style_dim
    assert not cutout_pack.has_palette
    with pytest.raises(PackError, match="no palette") as caught:
        _ = cutout_pack.palette
    assert caught.value.where == str(cutout_pack.folder)


def test_a_pack_of_an_unknown_task_loads_and_is_not_opened(folder: Path) -> None:
    pack = load_pack(edit(folder, lambda m: m.update(task="weaving")))
    with pytest.raises(PackError, match="no use for a pack for 'weaving'"):
        graph_keys(pack)


def test_a_pack_without_the_graph_of_its_task_is_refused(tmp_path: Path, palette: Palette) -> None:
    pack = load_pack(write_pack(tmp_path, palette, task="person-parsing"))
    with pytest.raises(PackError, match="has no parser"):
        graph_keys(pack)


def test_find_packs_lists_folders_with_a_manifest_alone(tmp_path: Path, palette: Palette) -> None:
    write_pack(tmp_path / "b", palette)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "pack.json").write_text("nonsense")
    (tmp_path / "training").mkdir()
    (tmp_path / "README").write_text("hello")
    assert find_packs(tmp_path) == [tmp_path / "a", tmp_path / "b"]
    assert find_packs(tmp_path / "none") == []


def test_a_missing_folder_or_manifest_is_told_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="There is no model pack") as caught:
        load_pack(tmp_path / "gone")
    assert caught.value.where == str(tmp_path / "gone")
    with pytest.raises(PackError, match="no such file"):
        load_pack(tmp_path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda m: m.update(format=2), "has format 2.*Update Toile"),
        (lambda m: m.update(format=0), "has format 0"),
        (lambda m: m.update(format="1"), "not a manifest"),
        (lambda m: m.pop("format"), "not a manifest.*format"),
        (lambda m: m.pop("palette"), "garment-synthesis needs a `palette`"),
        (lambda m: m.pop("style"), "garment-synthesis needs a `style`"),
        (lambda m: m.update(task="try-on") or m.pop("palette"), "try-on needs a `palette`"),
        (lambda m: m.update(name="../evil"), "not a manifest.*name"),
        (lambda m: m.update(name=7), "not a manifest.*name"),
        (lambda m: m["frame"].update(height=0), "not a manifest.*height"),
        (lambda m: m["frame"].update(height=10**9), "not a manifest.*height"),
        (lambda m: m["frame"].update(width=19.5), "not a manifest.*width"),
        (lambda m: m["style"].update(dim=-1), "not a manifest.*dim"),
        (lambda m: m["palette"][1].update(color="red"), "not a manifest.*color"),
        (lambda m: m["palette"][1].update(names=[]), "not a manifest.*names"),
        (lambda m: m["files"]["codes"].update(sha256="00"), "not a manifest.*sha256"),
        (lambda m: m["files"]["codes"].update(bytes="many"), "not a manifest.*bytes"),
        (lambda m: m.update(palette=m["palette"][:1]), "not a manifest.*palette"),
        (lambda m: m["palette"][2].update(key="skin"), "palette of the pack is impossible.*skin"),
        (lambda m: m["palette"][2].update(color=m["palette"][3]["color"]), "impossible.*colour"),
        (
            lambda m: m.update(palette=[m["palette"][1] | {"key": f"k{i}"} for i in range(257)]),
            "not a manifest.*palette",
        ),
    ],
)
def test_a_foreign_manifest_is_refused_with_the_reason(
    folder: Path, change: Callable[[Manifest], object], words: str
) -> None:
    with pytest.raises(PackError, match=words):
        load_pack(edit(folder, change))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"{",
        b"[]",
        b"null",
        b"[" * 100_000,
        b'{"format": 1e999}',
        b" " * 2_000_000,
        b'{"format": 1, "name": "\xff"}',
    ],
    ids=["empty", "binary", "cut", "list", "null", "deep", "huge-number", "huge", "not-utf8"],
)
def test_a_file_that_is_no_manifest_is_refused(folder: Path, content: bytes) -> None:
    (folder / "pack.json").write_bytes(content)
    with pytest.raises(PackError) as caught:
        load_pack(folder)
    assert caught.value.where == str(folder / "pack.json")


@pytest.mark.parametrize(
    "name",
    [
        "../secret", "/etc/passwd", "..", ".", "a/../../b", "..\\secret", "C:\\secret", "C:secret",
        "\\\\server\\share", "file.onnx:stream", "a\0b",
    ],
)  # fmt: skip
def test_a_file_outside_the_folder_is_refused_before_anything_is_read(
    folder: Path, name: str
) -> None:
    with pytest.raises(PackError, match="outside its folder"):
        load_pack(edit(folder, lambda m: m["files"]["generator"].update(file=name)))


def test_a_link_out_of_the_folder_is_refused(folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes((folder / "generator.onnx").read_bytes())
    (folder / "generator.onnx").unlink()
    try:
        (folder / "generator.onnx").symlink_to(secret)
    except OSError:
        pytest.skip("links cannot be made here")
    with pytest.raises(PackError, match="outside its folder"):
        load_pack(folder)


@pytest.mark.parametrize("key", ["generator", "encoder", "codes"])
def test_missing_truncated_and_altered_files_are_told_apart(folder: Path, key: str) -> None:
    pack = load_pack(folder)
    path = pack.path(key)
    content = path.read_bytes()

    path.write_bytes(content[:-1])
    with pytest.raises(PackError, match="truncated") as caught:
        pack.read(key)
    assert caught.value.where == str(path)

    path.write_bytes(content + b"x")
    with pytest.raises(PackError, match="altered"):
        pack.read(key)

    middle = len(content) // 2
    path.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
    with pytest.raises(PackError, match="sha256"):
        pack.read(key)

    path.unlink()
    with pytest.raises(PackError, match="no such file"):
        pack.read(key)


def test_loading_reads_no_file_but_the_manifest(folder: Path) -> None:
    for name in ("generator.onnx", "encoder.onnx", "codes.npz"):
        (folder / name).unlink()
    assert load_pack(folder).name == "garment-tiny"
