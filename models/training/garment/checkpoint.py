"""State of one training: networks, averages, optimisers, log; saved whole and atomically."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import nn

from models.training import loop
from models.training.garment.networks import Discriminator, Generator, StyleEncoder

NAMES = ("generator", "encoder", "discriminator")


@dataclass
class State:
    """Everything that training needs to go on after a kill."""

    generator: Generator
    encoder: StyleEncoder
    discriminator: Discriminator
    average: nn.ModuleDict
    optimizers: dict[str, torch.optim.Optimizer]
    step: int = 0
    seconds: float = 0.0
    log: list[dict[str, float]] = field(default_factory=list)


def create(device: torch.device, rate: float) -> State:
    """Fresh networks on ``device`` with their averages and Adam optimisers."""
    kind = {"memory_format": torch.channels_last}
    generator = Generator().to(device, **kind)
    encoder = StyleEncoder().to(device, **kind)
    discriminator = Discriminator().to(device, **kind)
    average = nn.ModuleDict(
        {"generator": copy.deepcopy(generator), "encoder": copy.deepcopy(encoder)}
    ).requires_grad_(False)
    both = [*generator.parameters(), *encoder.parameters()]
    optimizers: dict[str, torch.optim.Optimizer] = {
        "makers": torch.optim.Adam(both, rate, (0.0, 0.99)),
        "discriminator": torch.optim.Adam(discriminator.parameters(), rate, (0.0, 0.99)),
    }
    return State(generator, encoder, discriminator, average, optimizers)


def save(state: State, path: Path) -> None:
    """Everything, whole: a kill leaves the old or the new state."""
    content = {name: getattr(state, name).state_dict() for name in NAMES}
    content["average"] = state.average.state_dict()
    content["optimizers"] = {k: o.state_dict() for k, o in state.optimizers.items()}
    content |= {"step": state.step, "seconds": state.seconds, "log": state.log}
    loop.save_whole(content, path)


def restore(state: State, path: Path) -> None:
    """Load what ``save`` wrote."""
    content = torch.load(path, map_location="cpu", weights_only=True)
    for name in NAMES:
        getattr(state, name).load_state_dict(content[name])
    state.average.load_state_dict(content["average"])
    for name, optimizer in state.optimizers.items():
        optimizer.load_state_dict(content["optimizers"][name])
    state.step, state.seconds, state.log = content["step"], content["seconds"], content["log"]


def save_weights(state: State, path: Path) -> None:
    """Half-precision weights of all networks and the training's age, small enough to commit."""
    content = {
        "generator": state.average["generator"].state_dict(),
        "encoder": state.average["encoder"].state_dict(),
        "discriminator": state.discriminator.state_dict(),
    }
    half = {n: {k: v.half() for k, v in part.items()} for n, part in content.items()}
    torch.save(half | {"step": state.step, "seconds": state.seconds}, path)


def start_from(state: State, path: Path) -> None:
    """Begin a new training at weights written by ``save_weights``; optimisers start fresh, and so
    does a discriminator that has changed since."""
    content = torch.load(path, map_location="cpu", weights_only=True)
    for name in NAMES:
        net = getattr(state, name)
        shapes = {k: v.shape for k, v in net.state_dict().items()}
        if name != "discriminator" or shapes == {k: v.shape for k, v in content[name].items()}:
            net.load_state_dict(content[name])
    for name in ("generator", "encoder"):
        state.average[name].load_state_dict(content[name])
    state.step, state.seconds = content["step"], content["seconds"]


def update_average(state: State, decay: float) -> None:
    """Exponential moving average of generator and encoder."""
    for name in ("generator", "encoder"):
        loop.lean(state.average[name], getattr(state, name), decay)
