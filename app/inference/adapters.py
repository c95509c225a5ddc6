"""The graphics cards of this computer, as DirectML and CUDA count them.

Both lists come from the system's own libraries through ctypes: DXGI for DirectML, whose device_id
is the place in `IDXGIFactory1::EnumAdapters1`, and the CUDA driver. Neither starts a card's engines
or makes a context.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from ctypes import c_int, c_int32, c_int64, c_size_t, c_uint32, c_void_p
from dataclasses import dataclass
from typing import Any, TypeAlias

_MOST = 16  # cards that are looked at


@dataclass(frozen=True, slots=True)
class Adapter:
    """A card: its number as its library counts, its name, its own memory and what it may take of
    the computer's in bytes, and its driver's version ("" when it is not told)."""

    index: int
    name: str
    memory: int
    shared: int
    driver: str


class _Guid(ctypes.Structure):
    _fields_ = (
        ("first", c_uint32),
        ("second", ctypes.c_uint16),
        ("third", ctypes.c_uint16),
        ("rest", ctypes.c_uint8 * 8),
    )


class Description(ctypes.Structure):
    """DXGI_ADAPTER_DESC1."""

    _fields_ = (
        ("name", ctypes.c_uint16 * 128),
        ("vendor", c_uint32),
        ("device", c_uint32),
        ("subsystem", c_uint32),
        ("revision", c_uint32),
        ("video_memory", c_size_t),
        ("system_memory", c_size_t),
        ("shared_memory", c_size_t),
        ("luid", c_uint32 * 2),
        ("flags", c_uint32),
    )


_FACTORY = _Guid(0x770AAE78, 0xF26F, 0x4DBA, (0xA8, 0x29, 0x25, 0x3C, 0x83, 0xD1, 0xB3, 0x87))
_DXGI_DEVICE = _Guid(0x54EC77FA, 0x1377, 0x44E6, (0x8C, 0x32, 0x88, 0xFD, 0x5F, 0x44, 0xC8, 0x4C))
_RELEASE, _SUPPORT, _DESCRIBE, _ENUMERATE = 2, 9, 10, 12
"""Places in the tables of IUnknown, IDXGIAdapter, IDXGIAdapter1 and IDXGIFactory1."""
_SOFTWARE = 2  # DXGI_ADAPTER_FLAG_SOFTWARE
_BASIC_RENDERER = (0x1414, 0x8C)  # Microsoft's, which does not always carry the flag

CreateFactory: TypeAlias = Callable[[Any, Any], int]
"""CreateDXGIFactory1: a reference to an interface's id and one to the pointer; an HRESULT."""


def dxgi_adapters(create: CreateFactory | None = None) -> tuple[Adapter, ...]:
    """The cards that DirectML can run on; those that are software are left out, and keep their
    numbers. Empty where there is no DXGI. ``create`` replaces dxgi.dll's CreateDXGIFactory1."""
    create = create or _create_factory()
    factory = c_void_p()
    if create is None or create(ctypes.byref(_FACTORY), ctypes.byref(factory)) < 0 or not factory:
        return ()
    found = []
    try:
        for index in range(_MOST):
            card = c_void_p()
            if _call(factory, _ENUMERATE, c_uint32(index), ctypes.byref(card)) < 0 or not card:
                break
            try:
                found += _described(card, index)
            finally:
                _call(card, _RELEASE)
    finally:
        _call(factory, _RELEASE)
    return tuple(found)


def _described(card: c_void_p, index: int) -> list[Adapter]:
    about = Description()
    if _call(card, _DESCRIBE, ctypes.byref(about)) < 0:
        return []
    if about.flags & _SOFTWARE or (about.vendor, about.device) == _BASIC_RENDERER:
        return []
    name = bytes(about.name).decode("utf-16-le", "replace").split("\0")[0].strip()
    version = c_int64()
    told = _call(card, _SUPPORT, ctypes.byref(_DXGI_DEVICE), ctypes.byref(version)) >= 0
    parts = [version.value >> shift & 0xFFFF for shift in (48, 32, 16, 0)]
    driver = ".".join(map(str, parts)) if told else ""
    return [Adapter(index, name, about.video_memory, about.shared_memory, driver)]


def _call(this: c_void_p, place: int, *arguments: Any) -> int:
    """The method at ``place`` of a COM object's table. On 64-bit Windows there is one calling
    convention, so C's own serves."""
    table = ctypes.cast(this, ctypes.POINTER(ctypes.POINTER(c_void_p))).contents
    prototype = ctypes.CFUNCTYPE(c_int32, c_void_p, *(_kind(each) for each in arguments))
    return int(prototype(table[place] or 0)(this, *arguments))


def _kind(argument: Any) -> Any:
    return c_uint32 if isinstance(argument, c_uint32) else c_void_p


def _create_factory() -> CreateFactory | None:
    if sys.platform == "win32":
        try:
            create: CreateFactory = ctypes.WinDLL("dxgi").CreateDXGIFactory1
        except (OSError, AttributeError):
            return None
        return create
    return None


def cuda_adapters(driver: Any = None, manager: Any = None) -> tuple[Adapter, ...]:
    """The cards that CUDA can run on, in its own order. Empty without NVIDIA's driver.

    ``driver`` and ``manager`` replace the libraries of CUDA and of NVML, which alone tells the
    driver's version.
    """
    driver = driver or _library("nvcuda.dll", "libcuda.so.1")
    if driver is None or driver.cuInit(c_uint32(0)) != 0:
        return ()
    count, version = c_int(), _nvidia_version(manager or _library("nvml.dll", "libnvidia-ml.so.1"))
    if driver.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return ()
    found = []
    for index in range(min(count.value, _MOST)):
        card, name, memory = c_int(), ctypes.create_string_buffer(256), c_size_t()
        if driver.cuDeviceGet(ctypes.byref(card), c_int(index)) != 0:
            continue
        driver.cuDeviceGetName(name, c_int(len(name)), card)
        driver.cuDeviceTotalMem_v2(ctypes.byref(memory), card)
        text = name.value.decode("utf-8", "replace").strip()
        found.append(Adapter(index, text, memory.value, 0, version))
    return tuple(found)


def _nvidia_version(manager: Any) -> str:
    if manager is None or manager.nvmlInit_v2() != 0:
        return ""
    text = ctypes.create_string_buffer(96)
    told = manager.nvmlSystemGetDriverVersion(text, c_uint32(len(text))) == 0
    manager.nvmlShutdown()
    return text.value.decode("ascii", "replace") if told else ""


def _library(windows: str, linux: str) -> Any:
    try:
        return ctypes.CDLL(windows if sys.platform == "win32" else linux)
    except OSError:
        return None
