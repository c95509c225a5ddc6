"""What every training shares: a plan of resolutions, a resumable loop, averages, a log."""

from __future__ import annotations

import argparse
import copy
import ctypes
import math
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn

from models.training import packing, pictures

#: Numbers of settings in the C library's ``malloc.h``: how many allocations get a mapping of their
#: own, and how many free bytes at the end are handed back.
_MAPPINGS, _TRIM = -4, -1


@dataclass(frozen=True)
class Plan:
    """Picture heights and the steps spent at each."""

    phases: tuple[tuple[int, int], ...]

    @classmethod
    def parse(cls, text: str) -> Plan:
        """From ``64:3000,128:2000``."""
        phases = tuple(tuple(int(v) for v in part.split(":")) for part in text.split(","))
        return cls(phases)  # type: ignore[arg-type]

    @property
    def total(self) -> int:
        return sum(steps for _, steps in self.phases)

    def at(self, step: int) -> tuple[int, int]:
        """Height at a step and the number of steps already done at it."""
        for height, steps in self.phases:
            if step < steps:
                return height, step
            step -= steps
        return self.phases[-1][0], self.phases[-1][1] + step


def device_for(name: str) -> torch.device:
    """``auto`` is CUDA where there is one, else the CPU."""
    device = torch.device(
        ("cuda" if torch.cuda.is_available() else "cpu") if name == "auto" else name
    )
    if device.type == "cpu":
        _keep_freed_memory()
    return device


def _keep_freed_memory() -> None:
    """The GNU C library hands the memory of every large tensor back and has it cleared anew for the
    next one, which was seen to take a fifth of a training's time on a CPU; tell it not to."""
    if platform.libc_ver()[0] == "glibc":
        allocator = ctypes.CDLL(None)
        allocator.mallopt(_MAPPINGS, 0)
        allocator.mallopt(_TRIM, 2**31 - 1)


def means(entries: list[dict[str, float]]) -> dict[str, float]:
    """The mean of each quantity over the entries that have it."""
    found = {
        k: [e[k] for e in entries if k in e] for k in dict.fromkeys(k for e in entries for k in e)
    }
    return {k: sum(v) / len(v) for k, v in found.items()}


def thinned(log: list[dict[str, float]], most: int = 400) -> list[dict[str, float]]:
    """A log of at most about ``most`` entries, each the mean of its neighbours."""
    size = max(1, len(log) // most)
    return [means(log[i : i + size]) for i in range(0, len(log), size)]


def save_whole(content: object, path: Path) -> None:
    """Write to a temporary name and move into place: a kill leaves the old or the new file."""
    temporary = path.with_suffix(".part")
    torch.save(content, temporary)
    temporary.replace(path)


@torch.no_grad()
def lean(average: nn.Module, ours: nn.Module, decay: float) -> None:
    """Exponential moving average of weights and statistics."""
    state = ours.state_dict()
    for key, value in average.state_dict().items():
        if value.is_floating_point():
            value.lerp_(state[key], 1 - decay)
        else:
            value.copy_(state[key])


Terms = dict[str, Tensor]


@dataclass
class Training:
    """One network that learns: weights, average, AdamW, log; resumable after a kill.

    ``groups`` are AdamW's parameter groups with their own peak rates; every rate rises over the
    first steps and falls to nothing along a half cosine, all of them ``rate`` times as high.
    """

    net: nn.Module
    groups: list[dict[str, object]]
    run: Path
    plan: Plan
    device: torch.device
    decay: float = 0.998
    rate: float = 1.0
    step: int = 0
    seconds: float = 0.0
    log: list[dict[str, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.net.to(self.device, memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.net).requires_grad_(False).eval()
        self.optimizer = torch.optim.AdamW(self.groups, weight_decay=1e-4)
        self.peaks = [group["lr"] * self.rate for group in self.optimizer.param_groups]
        self.run.mkdir(parents=True, exist_ok=True)
        self.path = self.run / "state.pt"
        if self.path.exists():
            content = torch.load(self.path, map_location="cpu", weights_only=True)
            self.net.load_state_dict(content["net"])
            self.average.load_state_dict(content["average"])
            self.optimizer.load_state_dict(content["optimizer"])
            self.step, self.seconds = content["step"], content["seconds"]
            self.log = content["log"]

    def start_from(self, graph: Path) -> None:
        """Begin with the weights of a pack's graph, unless this run has a state of its own. Parts
        that the graph does not have yet, or has in another shape, begin anew; these and what is no
        longer there are named."""
        if self.step == 0:
            weights = packing.weights_of(graph)
            shapes = {name: value.shape for name, value in self.net.state_dict().items()}
            fitting = {k: v for k, v in weights.items() if shapes.get(k) == v.shape}
            if not fitting:
                raise ValueError(f"{graph} is of another network: it has {list(weights)[:4]}")
            for net in (self.net, self.average):
                missing, _ = net.load_state_dict(fitting, strict=False)
            anew = [name for name in missing if not name.endswith("num_batches_tracked")]
            for what, names in (("anew", anew), ("left", sorted(weights.keys() - shapes.keys()))):
                print(f"from {graph}; {what}: {', '.join(names) or 'nothing'}", flush=True)

    def save(self) -> None:
        """Everything, whole."""
        content = {
            "net": self.net.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
            "log": self.log,
        }
        save_whole(content, self.path)

    def go(
        self,
        terms_of: Callable[[int, torch.Generator], Terms],
        sheet_of: Callable[[nn.Module, int], pictures.Image],
        *,
        minutes: float,
        save_every: float = 120,
    ) -> None:
        """Train to the plan's end or for ``minutes``.

        ``terms_of(height, rng)`` gives the weighted loss terms of one batch, ``sheet_of(average,
        height)`` a contact sheet of fixed cases.
        """
        rng = pictures.torch_seeded(self.step + 1)
        bf16 = self.device.type == "cuda"
        started = saved = time.monotonic()
        before = self.seconds
        while self.step < self.plan.total and time.monotonic() - started < minutes * 60:
            height, done = self.plan.at(self.step)
            factor = min(1.0, (done + 1) / 60)
            factor *= 0.01 + 0.99 * (0.5 + 0.5 * math.cos(math.pi * self.step / self.plan.total))
            for group, peak in zip(self.optimizer.param_groups, self.peaks, strict=True):
                group["lr"] = peak * factor
            self.net.train()
            with torch.autocast(self.device.type, torch.bfloat16, enabled=bf16):
                terms = terms_of(height, rng)
            self.optimizer.zero_grad(set_to_none=True)
            torch.stack([v.float() for v in terms.values()]).sum().backward()
            torch.nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
            self.optimizer.step()
            lean(self.average, self.net, min(self.decay, (1 + self.step) / (10 + self.step)))
            self.step += 1
            entry = {k: float(v.detach()) for k, v in terms.items()}
            self.log.append({"step": self.step, "height": height, **entry})
            now = time.monotonic()
            self.seconds = before + now - started
            if now - saved > save_every:
                saved = now
                self.report(sheet_of, height)
                self.save()
        self.report(sheet_of, self.plan.at(max(self.step - 1, 0))[0])
        self.save()

    def report(self, sheet_of: Callable[[nn.Module, int], pictures.Image], height: int) -> None:
        """A line on the terminal, ``losses.png`` and ``samples.jpg``."""
        if not self.log:
            return
        recent = means(self.log[-50:])
        line = " ".join(f"{k} {v:.3f}" for k, v in recent.items() if k != "step")
        print(f"{self.step} {self.seconds:.0f} s {line}", flush=True)
        pictures.save(self.run / "losses.png", pictures.curves(thinned(self.log)))
        with torch.no_grad():
            pictures.save(self.run / "samples.jpg", sheet_of(self.average.eval(), height))


Net = TypeVar("Net", bound=nn.Module)


@dataclass(frozen=True)
class Trained(Generic[Net]):
    """A network with the averaged weights of a training, on the CPU; ``height`` is that of the
    pictures it saw last."""

    net: Net
    step: int
    seconds: float
    height: int

    def __str__(self) -> str:
        return f"step {self.step}, {self.seconds / 3600:.2f} h"


def trained(net: Net, run: Path) -> Trained[Net]:
    """What came of the training in ``run``, in ``net``. FileNotFoundError where none was."""
    content = torch.load(run / "state.pt", map_location="cpu", weights_only=True)
    net.load_state_dict(content["average"])
    net.requires_grad_(False).eval()
    return Trained(net, content["step"], content["seconds"], int(content["log"][-1]["height"]))


def arguments(description: str, plan: str) -> argparse.ArgumentParser:
    """The options that every training command has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("pack", type=Path, help="the prepared data")
    parser.add_argument("run", type=Path, help="folder of this training; resumed if it has a state")
    parser.add_argument("--plan", type=Plan.parse, default=Plan.parse(plan), help="HEIGHT:STEPS,…")
    parser.add_argument("--minutes", type=float, default=1e9, help="stop after this time")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda")
    parser.add_argument(
        "--start", type=Path, help="a shipped graph to go on from, for an empty RUN"
    )
    parser.add_argument(
        "--rate", type=float, default=1.0, help="times the learning rate; below 1 to go on gently"
    )
    parser.add_argument("--save-every", type=float, default=120, help="seconds")
    return parser
