"""Reading whole files: as much memory as the file is long, also where its length is not known."""

import os
import threading
import tracemalloc
from pathlib import Path

import pytest

from app.domain.errors import PackError
from app.domain.files import read_bytes


def test_a_high_limit_costs_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "small"
    path.write_bytes(b"word" * 1000)
    tracemalloc.start()
    try:
        data = read_bytes(path, what="file", error=PackError, limit=2**31)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert data == b"word" * 1000
    assert peak < 2**20


@pytest.mark.parametrize("size", [1, 99, 100])
def test_a_file_up_to_the_limit_is_read(size: int, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(size))
    assert read_bytes(path, what="file", error=PackError, limit=100) == bytes(size)


def test_one_byte_more_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(2**20 + 1))
    with pytest.raises(PackError, match="larger than 1 MB"):
        read_bytes(path, what="file", error=PackError, limit=2**20)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes in a folder are POSIX")
def test_what_has_no_size_is_read_to_its_end(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(b"flow" * 30000,))
    writer.start()
    data = read_bytes(pipe, what="file", error=PackError, limit=2**20)
    writer.join()
    assert data == b"flow" * 30000
