"""Label map files: what is accepted, what is refused and why; saving never harms a file."""

import errno
import os
import tempfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from app.domain.errors import LabelMapError
from app.domain.label_file import PALETTE_TEXT, load_label_map, save_label_map
from app.domain.label_map import LabelMap
from app.domain.palette import Palette
from tests.domain.files_made import (
    chunk,
    encoded,
    good_label_map,
    grid,
    header,
    label_map_refusals,
    png,
)


@given(
    array=hnp.arrays(
        np.uint8,
        hnp.array_shapes(min_dims=2, max_dims=2, max_side=40),
        elements=st.integers(0, 25),
    )
)
def test_saved_and_loaded_is_the_same(
    array: np.ndarray, palette: Palette, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "same.png"
    save_label_map(path, LabelMap(array, palette))
    np.testing.assert_array_equal(load_label_map(path, palette).array, array)


def test_saved_file_shows_the_palette_to_other_tools(palette: Palette, tmp_path: Path) -> None:
    path = tmp_path / "map.png"
    save_label_map(path, grid(palette))
    with Image.open(path) as image:
        assert image.mode == "P"
        assert image.getpalette() == palette.colors.ravel().tolist()
        assert image.text[PALETTE_TEXT].split()[:3] == ["ground", "skin", "hair"]
        np.testing.assert_array_equal(
            np.asarray(image.convert("RGB")), palette.colors[grid(palette).array]
        )


def test_loaded_map_can_be_painted(palette: Palette, tmp_path: Path) -> None:
    path = tmp_path / "map.png"
    save_label_map(path, grid(palette))
    array = load_label_map(path, palette).array
    array[0, 0] = 3
    assert array.flags.c_contiguous
    assert array[0, 0] == 3


def test_every_bad_file_is_refused_with_its_reason(palette: Palette, tmp_path: Path) -> None:
    bad = label_map_refusals(good_label_map(tmp_path, palette), palette)
    assert len(bad) >= 30
    path = tmp_path / "bad.png"
    for name, (data, word) in bad.items():
        path.write_bytes(data)
        with pytest.raises(LabelMapError) as refusal:
            load_label_map(path, palette)
        assert word in str(refusal.value), (name, str(refusal.value))
        assert str(path) in str(refusal.value), name
        assert refusal.value.hint, name


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_few_bits_of_other_tools_are_accepted(bits: int, palette: Palette, tmp_path: Path) -> None:
    count = 2**bits
    image = Image.fromarray(np.arange(count, dtype=np.uint8).reshape(2, -1))
    image.putpalette(palette.colors[:count].tobytes())
    path = tmp_path / "few.png"
    path.write_bytes(encoded(image, bits=bits))
    assert load_label_map(path, palette).array.ravel().tolist() == list(range(count))


def test_other_colours_of_unused_indices_do_not_matter(palette: Palette, tmp_path: Path) -> None:
    table = palette.colors.copy()
    table[9:] = 77
    path = tmp_path / "other.png"
    path.write_bytes(
        png(
            header(3, 1),
            chunk(b"PLTE", table.tobytes()),
            chunk(b"IDAT", zlib.compress(b"\0\0\5\3")),
        )
    )
    assert load_label_map(path, palette).array.tolist() == [[0, 5, 3]]


def test_a_bomb_in_a_side_chunk_is_not_unpacked(palette: Palette, tmp_path: Path) -> None:
    good = good_label_map(tmp_path, palette)
    bomb = zlib.compress(bytes(200_000_000), 9)
    path = tmp_path / "bomb.png"
    hidden = chunk(b"zTXt", b"Comment\0\0" + bomb) + chunk(b"iCCP", b"p\0\0" + bomb)
    path.write_bytes(good[:33] + hidden + good[33:])
    assert load_label_map(path, palette).width == 30


@pytest.mark.parametrize(("width", "height"), [(1, 1), (3, 1), (5, 2), (1, 9), (13, 11), (16, 8)])
def test_interlaced_file(width: int, height: int, palette: Palette, tmp_path: Path) -> None:
    labels = grid(palette, height, width).array
    starts = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4)]
    starts += [(2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
    passes = [labels[top::down, left::across] for top, left, down, across in starts]
    rows = b"".join(b"\0" + row.tobytes() for part in passes if part.size for row in part)
    path = tmp_path / "interlaced.png"
    colors = chunk(b"PLTE", palette.colors.tobytes())
    pixels = chunk(b"IDAT", zlib.compress(rows))
    path.write_bytes(png(header(width, height, interlace=1), colors, pixels))
    np.testing.assert_array_equal(load_label_map(path, palette).array, labels)


def test_names_in_any_script(palette: Palette, tmp_path: Path) -> None:
    path = tmp_path / "衣服 Kleid ü – 服.png"
    save_label_map(path, grid(palette))
    assert load_label_map(path, palette).height == 40


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("missing.png", "no such file"),
        ("missing/map.png", "no such file"),
        ("folder", "a folder"),
        ("file.txt/map.png", "no such file"),
        ("nul\0.png", "not allowed"),
        ("x" * 300 + ".png", "too long"),
    ],
)
def test_what_cannot_be_opened(name: str, word: str, palette: Palette, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file.txt").write_text("x")
    with pytest.raises(LabelMapError, match=word):
        load_label_map(tmp_path / name, palette)


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("missing/map.png", "no such folder"),
        ("folder", "a folder"),
        ("file.txt/map.png", "no such folder"),
        ("nul\0.png", "not allowed"),
        ("x" * 300 + ".png", "too long"),
    ],
)
def test_what_cannot_be_saved(name: str, word: str, palette: Palette, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file.txt").write_text("x")
    with pytest.raises(LabelMapError, match=word):
        save_label_map(tmp_path / name, grid(palette))


@pytest.mark.skipif(os.name == "nt", reason="named pipes of POSIX")
def test_a_device_or_pipe_is_not_replaced_by_a_file(palette: Palette, tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(LabelMapError, match="not an ordinary file"):
        save_label_map(path, grid(palette))
    assert path.is_fifo()


def test_an_index_of_no_class_is_not_saved(palette: Palette, tmp_path: Path) -> None:
    label_map = grid(palette)
    label_map.array[0, 0] = 200
    with pytest.raises(LabelMapError, match="no class"):
        save_label_map(tmp_path / "map.png", label_map)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("code", "word"),
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "may not write"),
        (errno.EIO, "reports an error"),
        (errno.ESTALE, os.strerror(errno.ESTALE)),
    ],
)
def test_a_failing_disk_leaves_the_old_file(
    code: int, word: str, palette: Palette, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "map.png"
    path.write_bytes(b"old")

    def fail(descriptor: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(LabelMapError, match=word) as refusal:
        save_label_map(path, grid(palette))
    assert str(path) in str(refusal.value)
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["map.png"]


def test_a_truly_full_disk(palette: Palette, tmp_path: Path) -> None:
    resource = pytest.importorskip("resource", reason="only POSIX can limit a file's size")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    path = tmp_path / "map.png"
    path.write_bytes(b"old")
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (64, before[1]))
        with pytest.raises(LabelMapError, match="larger than this disk allows"):
            save_label_map(path, grid(palette))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["map.png"]


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_a_folder_without_write_permission(palette: Palette) -> None:
    """As nobody where the tests run as the administrator, who may write anywhere."""
    before = os.geteuid()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o555)
        try:
            if before == 0:
                os.seteuid(65534)
            with pytest.raises(LabelMapError, match="may not write"):
                save_label_map(folder / "map.png", grid(palette))
        finally:
            os.seteuid(before)
        assert not list(folder.iterdir())


def test_saving_keeps_the_mode_and_writes_through_a_link(palette: Palette, tmp_path: Path) -> None:
    if os.name == "nt":
        pytest.skip("modes and links are POSIX matters")
    path, link = tmp_path / "map.png", tmp_path / "link.png"
    path.write_bytes(b"old")
    path.chmod(0o640)
    link.symlink_to(path)
    save_label_map(link, grid(palette))
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
    assert load_label_map(path, palette).width == 30


@given(at=st.integers(8, 10_000), bit=st.integers(0, 7))
def test_no_single_damaged_bit_goes_unnoticed(
    at: int, bit: int, palette: Palette, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp()
    data = bytearray(good_label_map(folder, palette))
    data[at % len(data)] ^= 1 << bit
    path = folder / "bit.png"
    path.write_bytes(data)
    with pytest.raises(LabelMapError):
        load_label_map(path, palette)


@given(data=st.binary(max_size=400))
def test_noise_after_the_signature(
    data: bytes, palette: Palette, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "noise.png"
    path.write_bytes(encoded(Image.new("P", (3, 3)))[:33] + data)
    with pytest.raises(LabelMapError):
        load_label_map(path, palette)


def test_a_map_near_the_limit(palette: Palette, tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    label_map = LabelMap.blank(8000, 8000, palette)
    label_map.array[4000:, ::7] = 5
    save_label_map(path, label_map)
    np.testing.assert_array_equal(load_label_map(path, palette).array, label_map.array)
