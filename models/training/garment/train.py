"""Train the garment generator: one command, resumable after a kill at any moment.

    python -m models.training.garment.train FIGURES.npz RUN [--minutes 60] [--device auto]

The plan grows the picture: 64x48, then 128x96, then 256x192 (``--plan HEIGHT:STEPS,...``). RUN
receives ``state.pt`` (everything, every two minutes), ``losses.png`` and ``samples.jpg``.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from models.training import efficientnet, figures, loop, pictures
from models.training.garment import checkpoint, losses
from models.training.garment.networks import (
    CLASSES,
    SEEN_AFTER,
    draw_noise,
    one_hot,
    spread,
)
from models.training.palette import colors

#: Samples per step by picture height.
BATCH = {64: 16, 128: 12, 256: 8}
_RATE = 4e-4
_EXCHANGED = 0.25  # share of a batch that is drawn with another picture's codes
_PHASE_START = 300  # steps over which a new resolution's rate rises


@dataclass(frozen=True)
class Weights:
    """Factors of the generator's losses."""

    l1: float = 4.0
    perceptual: float = 1.0
    style: float = 1.0
    adversarial: float = 1.0
    kl: float = 0.003
    leakage: float = 60.0


class Trainer:
    """One step of training and its samples; the loop around it is ``main``."""

    def __init__(
        self, state: checkpoint.State, data: figures.Figures, device: torch.device, rate: float
    ) -> None:
        self.state, self.data, self.device, self.rate = state, data, device, rate
        self.weights = Weights()
        self.features = efficientnet.frozen("lite0", SEEN_AFTER[-1] + 1).to(device)
        self.rng = pictures.torch_seeded(state.step + 1)
        table = torch.from_numpy(colors()).float().to(device) / 127.5 - 1
        self.colors = table

    def _coloured(self, hot: Tensor) -> Tensor:
        return spread(self.colors.expand(len(hot), -1, -1), hot)

    def _sample(self, height: int) -> tuple[Tensor, Tensor]:
        batch = BATCH.get(height, 4)
        rows = torch.randint(len(self.data), (batch,), generator=self.rng).to(self.device)
        how = figures.Augment()
        return figures.crops(self.data, rows, height, height * 3 // 4, how, self.rng)

    def step(self, height: int, done: int) -> dict[str, float]:
        """One update of discriminator, generator and encoder; returns the loss terms."""
        state, weights = self.state, self.weights
        for optimizer in state.optimizers.values():
            for group in optimizer.param_groups:
                group["lr"] = self.rate * min(1.0, (done + 30) / _PHASE_START)
        truth, labels = self._sample(height)
        truth = truth.contiguous(memory_format=torch.channels_last)
        hot = one_hot(labels)
        mask = 1 - hot[:, :1]
        present = (hot.sum((2, 3)) > 12).float()
        present[:, 0] = 0
        bf16 = self.device.type == "cuda"
        with torch.autocast(self.device.type, torch.bfloat16, enabled=bf16):
            mu, log_variance = state.encoder(truth, hot)
            codes = mu + torch.randn_like(mu) * (log_variance / 2).exp()
            codes = self._exchanged(codes, present) * present[:, :, None]
            noise = [n.to(self.device) for n in draw_noise(len(hot), (height // 16).bit_length())]
            made = state.generator(hot, codes, noise)
            kinds, moved = losses.augmented([made, truth, self._coloured(hot)], hot)
            ours = self.features(kinds[0], SEEN_AFTER)
            with torch.no_grad():
                real, coloured = (self.features(kind, SEEN_AFTER) for kind in kinds[1:])
            judged = self._update_discriminator(real, [f.detach() for f in ours], coloured, moved)
            state.discriminator.requires_grad_(False)
            own = len(hot) - int(len(hot) * _EXCHANGED)  # these have their own codes
            compared = len(losses.TAPS)
            content, style = losses.perceptual_and_style(
                [f[:own] for f in ours[:compared]],
                [f[:own] for f in real[:compared]],
                moved[:own, 1:].sum(1, keepdim=True),  # nothing of what was cut out or shifted in
            )
            terms = {
                "l1": losses.masked_l1(made[:own], truth[:own], mask[:own]),
                "perceptual": content,
                "style": style,
                "adversarial": losses.generator_hinge(state.discriminator(ours, moved)),
                "kl": losses.kl(mu, log_variance, present),
            }
            if state.step % 4 == 0:
                terms["leakage"] = self._leakage(made, hot, codes, present, noise)
            total = torch.stack([getattr(weights, k) * v for k, v in terms.items()]).sum()
        makers = state.optimizers["makers"]
        makers.zero_grad(set_to_none=True)
        total.backward()
        makers.step()
        state.discriminator.requires_grad_(True)
        checkpoint.update_average(state, min(0.999, (1 + state.step) / (10 + state.step)))
        state.step += 1
        return {"height": height, **{k: float(v.detach()) for k, v in terms.items()}, **judged}

    @staticmethod
    def _exchanged(codes: Tensor, present: Tensor) -> Tensor:
        """``codes`` (B, CLASSES, STYLE) with those of another picture in the last of the batch, for
        the classes that both have: what the discriminator alone can judge."""
        own = len(codes) - int(len(codes) * _EXCHANGED)
        other, has = codes[: len(codes) - own], present[: len(codes) - own, :, None] > 0
        return torch.cat([codes[:own], torch.where(has, other, codes[own:])])

    def _update_discriminator(
        self, real: list[Tensor], made: list[Tensor], coloured: list[Tensor], hot: Tensor
    ) -> dict[str, float]:
        net = self.state.discriminator
        terms = {
            "d_real": losses.hinge_real(net(real, hot)),
            "d_fake": losses.hinge_false(net(made, hot)),
            "d_seg": losses.hinge_false(net(coloured, hot)),
        }
        optimizer = self.state.optimizers["discriminator"]
        optimizer.zero_grad(set_to_none=True)
        (1.5 * terms["d_real"] + terms["d_fake"] + 0.5 * terms["d_seg"]).backward()
        optimizer.step()
        return {k: float(v.detach()) for k, v in terms.items()}

    def _leakage(
        self, made: Tensor, hot: Tensor, codes: Tensor, present: Tensor, noise: list[Tensor]
    ) -> Tensor:
        half = max(len(hot) // 2, 1)
        chosen = torch.multinomial(present[:half] + 1e-6, 1)[:, 0]
        donor = torch.randn_like(codes[:half]) * 0.9
        swap = functional.one_hot(chosen, CLASSES)[:, :, None].to(codes.dtype)
        mixed = codes[:half].detach() * (1 - swap) + donor * swap
        changed = self.state.generator(hot[:half], mixed, [n[:half] for n in noise])
        own = hot[:half].gather(1, chosen[:, None, None, None].expand(-1, 1, *hot.shape[2:]))
        return losses.leakage(changed, made[:half].detach(), own)


@torch.no_grad()
def samples(state: checkpoint.State, data: figures.Figures, height: int) -> pictures.Image:
    """Fixed held-out cases: label map, truth, reconstruction and two exchanges of codes."""
    device = data.boxes.device
    rng = pictures.torch_seeded(7)
    how = figures.FIXED
    rows = torch.arange(min(12, len(data)), device=device)
    truth, labels = figures.crops(data, rows, height, height * 3 // 4, how, rng)
    hot = one_hot(labels)
    codes, _ = state.average["encoder"](truth, hot)
    columns = [pictures.label_images(labels), pictures.to_images(truth)]
    bank, _ = state.average["encoder"](truth.flip(0), hot.flip(0))
    has = (hot.flip(0).sum((2, 3)) > 12)[:, :, None]
    noise = torch.randn(codes.shape, generator=rng).to(device)
    for look in (codes, torch.where(has, bank, codes), noise):
        columns.append(pictures.to_images(state.average["generator"](hot, look)))
    return pictures.sheet(columns, scale=max(1, 128 // height))


def main() -> None:
    description = "Train the garment generator."
    parser = loop.arguments(description, "64:3000,128:3000,256:3000")
    args = parser.parse_args()
    torch.manual_seed(0)
    device = loop.device_for(args.device)
    args.run.mkdir(parents=True, exist_ok=True)
    rate = _RATE * args.rate
    state = checkpoint.create(device, rate)
    path = args.run / "state.pt"
    if path.exists():
        checkpoint.restore(state, path)
    elif args.start:
        checkpoint.start_from(state, args.start)
    trainer = Trainer(state, figures.load(args.pack, True, device), device, rate)
    held_out = figures.load(args.pack, False, device)
    started = saved = time.monotonic()
    before = state.seconds
    while state.step < args.plan.total and time.monotonic() - started < args.minutes * 60:
        height, done = args.plan.at(state.step)
        entry = trainer.step(height, done)
        state.log.append({"step": state.step, **entry})
        now = time.monotonic()
        state.seconds = before + now - started
        if now - saved > args.save_every:
            saved = now
            _report(state, held_out, height, args.run)
            checkpoint.save(state, path)
    _report(state, held_out, args.plan.at(max(state.step - 1, 0))[0], args.run)
    checkpoint.save(state, path)


def _report(state: checkpoint.State, held_out: figures.Figures, height: int, run: Path) -> None:
    if not state.log:
        return
    recent = loop.means(state.log[-50:])
    line = " ".join(f"{k} {v:.3f}" for k, v in recent.items() if k != "step")
    print(f"{state.step} {state.seconds:.0f} s {line}", flush=True)
    pictures.save(run / "losses.png", pictures.curves(loop.thinned(state.log)))
    pictures.save(run / "samples.jpg", samples(state, held_out, height))


if __name__ == "__main__":
    main()
