"""Cards as DXGI and CUDA list them: the code speaks to libraries made here, in C's own calls."""

from __future__ import annotations

import ctypes
from ctypes import CFUNCTYPE, POINTER, c_int, c_int32, c_int64, c_size_t, c_uint32, c_void_p
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from app.inference.adapters import Adapter, Description, cuda_adapters, dxgi_adapters

NOT_FOUND, UNSUPPORTED, FAILED = -0x7785FFFE, -0x7785FFFC, -0x7FFFBFFB
_METHODS = {
    "release": CFUNCTYPE(c_uint32, c_void_p),
    "support": CFUNCTYPE(c_int32, c_void_p, c_void_p, POINTER(c_int64)),
    "describe": CFUNCTYPE(c_int32, c_void_p, POINTER(Description)),
    "enumerate": CFUNCTYPE(c_int32, c_void_p, c_uint32, POINTER(c_void_p)),
}
_PLACES = {"release": 2, "support": 9, "describe": 10, "enumerate": 12}


@dataclass
class Card:
    name: str
    vendor: int = 0x8086
    device: int = 0x56A0
    video: int = 16 << 30
    shared: int = 8 << 30
    flags: int = 0
    driver: tuple[int, int, int, int] | None = (31, 0, 101, 5186)


class Object:
    """A COM object: a pointer to a table of functions. It counts how often it is released."""

    def __init__(self, **methods: Any) -> None:
        self.released = 0
        methods["release"] = self._release
        self._kept = {name: _METHODS[name](method) for name, method in methods.items()}
        self._table = (c_void_p * 16)()
        for name, method in self._kept.items():
            self._table[_PLACES[name]] = ctypes.cast(method, c_void_p).value
        self._this = c_void_p(ctypes.addressof(self._table))
        self.address = ctypes.addressof(self._this)

    def _release(self, _this: int) -> int:
        self.released += 1
        return 0


@dataclass
class Dxgi:
    """dxgi.dll's CreateDXGIFactory1 on a computer with these cards."""

    cards: list[Card]
    fails: bool = False
    objects: list[Object] = field(default_factory=list)

    def __call__(self, interface: Any, out: Any) -> int:
        if self.fails:
            return FAILED
        assert bytes(interface._obj)[:4] == bytes.fromhex("78ae0a77")
        self.objects.append(Object(enumerate=self._enumerate))
        out._obj.value = self.objects[0].address
        return 0

    def _enumerate(self, _this: int, index: int, out: Any) -> int:
        if index >= len(self.cards):
            return NOT_FOUND
        card = self.cards[index]

        def describe(_this: int, about: Any) -> int:
            units = (card.name.encode("utf-16-le") + b"\0\0")[:256]
            ctypes.memmove(about.contents.name, units, len(units))
            about.contents.vendor, about.contents.device = card.vendor, card.device
            about.contents.video_memory, about.contents.shared_memory = card.video, card.shared
            about.contents.flags = card.flags
            return 0

        def support(_this: int, _interface: int, version: Any) -> int:
            if card.driver is None:
                return UNSUPPORTED
            high, low, build, revision = card.driver
            version[0] = high << 48 | low << 32 | build << 16 | revision
            return 0

        self.objects.append(Object(describe=describe, support=support))
        out[0] = self.objects[-1].address
        return 0


def test_cards_are_listed_by_name_with_their_memory_and_driver() -> None:
    dxgi = Dxgi([Card("Intel® Arc™ A770"), Card("显卡 Ünï", video=0, driver=None)])
    assert dxgi_adapters(dxgi) == (
        Adapter(0, "Intel® Arc™ A770", 16 << 30, 8 << 30, "31.0.101.5186"),
        Adapter(1, "显卡 Ünï", 0, 8 << 30, ""),
    )
    assert [each.released for each in dxgi.objects] == [1, 1, 1]


def test_software_is_left_out_and_the_others_keep_their_numbers() -> None:
    basic = Card("Microsoft Basic Render Driver", vendor=0x1414, device=0x8C)
    dxgi = Dxgi([basic, Card("Iris Xe"), Card("Some software", flags=2), Card("Radeon")])
    assert [(each.index, each.name) for each in dxgi_adapters(dxgi)] == [
        (1, "Iris Xe"),
        (3, "Radeon"),
    ]
    assert all(each.released == 1 for each in dxgi.objects)


@pytest.mark.parametrize("dxgi", [Dxgi([]), Dxgi([Card("Arc")], fails=True)])
def test_without_cards_or_without_dxgi_the_list_is_empty(dxgi: Dxgi) -> None:
    assert dxgi_adapters(dxgi) == ()


def test_a_name_as_long_as_it_can_be_is_read() -> None:
    assert dxgi_adapters(Dxgi([Card("x" * 128)]))[0].name == "x" * 128


def cuda(*cards: tuple[str, int], fails: str = "") -> SimpleNamespace:
    """The CUDA driver's library with these cards."""

    def call(name: str, work: Any, *kinds: Any) -> Any:
        return CFUNCTYPE(c_int, *kinds)(lambda *a: 100 if name == fails else work(*a) or 0)

    def put(pointer: Any, value: int) -> None:
        pointer[0] = value

    def put_name(buffer: int, size: int, card: int) -> None:
        text = cards[card][0].encode()[: size - 1] + b"\0"
        ctypes.memmove(buffer, text, len(text))

    return SimpleNamespace(
        cuInit=call("cuInit", lambda _flags: 0, c_uint32),
        cuDeviceGetCount=call("count", lambda out: put(out, len(cards)), POINTER(c_int)),
        cuDeviceGet=call("get", lambda out, index: put(out, index), POINTER(c_int), c_int),
        cuDeviceGetName=call("name", put_name, c_void_p, c_int, c_int),
        cuDeviceTotalMem_v2=call(
            "memory", lambda out, card: put(out, cards[card][1]), POINTER(c_size_t), c_int
        ),
    )


def nvml(version: str, fails: bool = False) -> SimpleNamespace:
    def tell(buffer: int, size: int) -> int:
        ctypes.memmove(buffer, version.encode() + b"\0", len(version) + 1)
        return 0

    return SimpleNamespace(
        nvmlInit_v2=CFUNCTYPE(c_int)(lambda: 9 if fails else 0),
        nvmlSystemGetDriverVersion=CFUNCTYPE(c_int, c_void_p, c_uint32)(tell),
        nvmlShutdown=CFUNCTYPE(c_int)(lambda: 0),
    )


def test_cards_of_cuda_are_listed_with_the_drivers_version() -> None:
    driver = cuda(("NVIDIA H200", 141 << 30), ("NVIDIA RTX A2000", 6 << 30))
    assert cuda_adapters(driver, nvml("580.95.05")) == (
        Adapter(0, "NVIDIA H200", 141 << 30, 0, "580.95.05"),
        Adapter(1, "NVIDIA RTX A2000", 6 << 30, 0, "580.95.05"),
    )
    assert cuda_adapters(driver, nvml("580", fails=True))[0].driver == ""


@pytest.mark.parametrize("fails", ["cuInit", "count", "get"])
def test_a_driver_that_fails_lists_nothing(fails: str) -> None:
    assert cuda_adapters(cuda(("NVIDIA H200", 1), fails=fails), nvml("1")) == ()


def test_this_computers_own_libraries_do_not_fail() -> None:
    for adapter in (*dxgi_adapters(), *cuda_adapters()):
        assert adapter.name
        assert adapter.memory + adapter.shared > 0
