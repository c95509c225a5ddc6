"""The bank of style codes, and files that only look like one."""

import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from app.domain.errors import PackError
from app.domain.palette import Palette
from app.inference.graphs import load_bank
from app.inference.packs import Pack, load_pack
from tests.inference.graphs import DIM, bank_bytes, colors_bank, write_pack


def test_the_bank_holds_every_code_under_its_class(pack: Pack, palette: Palette) -> None:
    bank = load_bank(pack)
    codes, classes = colors_bank(palette)
    assert bank.class_count == len(palette)
    for cls in range(len(palette)):
        rows = codes[classes == cls]
        assert bank.count(cls) == len(rows)
        for row, code in enumerate(rows):
            np.testing.assert_array_equal(bank.code(cls, row), code)


class Evil:
    """Unpickling one would leave a mark."""

    done: bool = False

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return setattr, (Evil, "done", True)


def npz(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return stream.getvalue()


def npy(header: str, content: bytes = b"") -> bytes:
    body = header.encode().ljust(118 - 1) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(body).to_bytes(2, "little") + body + content


def hostile(palette: Palette) -> dict[str, bytes]:
    codes, classes = colors_bank(palette)
    good = io.BytesIO()
    np.save(good, classes)
    objects = np.empty(1, dtype=object)
    objects[0] = Evil()
    pickled = io.BytesIO()
    np.save(pickled, objects, allow_pickle=True)
    bad = codes.copy()
    bad[3, 1] = np.nan
    keep = classes != 7
    absurd = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000, 4), }")
    return {
        "no zip": b"PK nonsense",
        "cut": bank_bytes(codes, classes)[:200],
        "pickle": npz(codes=pickled.getvalue(), classes=good.getvalue()),
        "bare pickle": npz(codes=pickle.dumps(Evil()), classes=good.getvalue()),
        "absurd shape": npz(codes=absurd, classes=good.getvalue()),
        "negative shape": npz(
            codes=npy("{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 4), }"),
            classes=good.getvalue(),
        ),
        "code for a header": npz(codes=npy("__import__('os').abort()"), classes=good.getvalue()),
        "bomb": npz(codes=bytes(300 << 20), classes=good.getvalue()),
        "no classes": npz(codes=good.getvalue()),
        "wrong dtype": bank_bytes(codes.astype(np.float64), classes),
        "wrong width": bank_bytes(codes[:, :2], classes),
        "wrong length": bank_bytes(codes[:-1], classes),
        "not finite": bank_bytes(bad, classes),
        "class missing": bank_bytes(codes[keep], classes[keep]),
        "class unknown": bank_bytes(
            np.vstack([codes, codes[:1]]), np.append(classes, np.uint8(200))
        ),
        "empty": bank_bytes(np.zeros((0, DIM), np.float32), np.zeros(0, np.uint8)),
    }


def test_a_file_that_is_no_bank_is_refused_and_nothing_in_it_runs(
    tmp_path: Path, palette: Palette
) -> None:
    for name, content in hostile(palette).items():
        pack = load_pack(write_pack(tmp_path / name, palette, files={"codes": content}))
        with pytest.raises(PackError, match="style codes cannot be used") as caught:
            load_bank(pack)
        assert caught.value.where.endswith("codes.npz"), name
    assert not Evil.done


def test_the_class_that_is_missing_is_named(tmp_path: Path, palette: Palette) -> None:
    content = hostile(palette)["class missing"]
    pack = load_pack(write_pack(tmp_path, palette, files={"codes": content}))
    with pytest.raises(PackError, match=palette[7].key):
        load_bank(pack)
