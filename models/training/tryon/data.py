"""Batches of made pairs, moved and recoloured at random on the training device."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from models.training.tryon.body import HEIGHT, WIDTH
from models.training.tryon.bones import Garment
from models.training.tryon.pairs import Pairs
from models.training.tryon.views import Views

_MIRRORED = [0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11]  # a mirrored left hand is a right one
_MIRRORED_FLAT = [1, 0, 2, 3, 6, 7, 4, 5]


@dataclass(frozen=True)
class Augment:
    """How far everything wanders; `FIXED` leaves the pairs as they were made."""

    mirror: bool = True
    shift: float = 0.05  #: of person and cloth in their frames
    scale: float = 0.08
    rotate: float = 0.08  #: radians
    color: float = 0.2
    cropped: float = 0.25  #: share of people cut off between hip and knee, the edge repeated below
    collar: float = 0.4  #: share of cloths that show the inside of their back


FIXED = Augment(mirror=False, shift=0, scale=0, rotate=0, color=0, cropped=0, collar=0)


@dataclass
class Sight:
    """What a network sees of people: ``photo`` (B, 3, H, W) in -1..1; ``labels`` (B, H, W) int64
    and ``points`` (B, 13, 3), as read in it; ``gone`` (B, 1, H, W) 0 or 1, what has to go."""

    photo: Tensor
    labels: Tensor
    points: Tensor
    gone: Tensor

    def where(self, chosen: Tensor, other: Sight) -> Sight:
        """This where ``chosen`` (B, 1, 1, 1) is 1, the ``other`` elsewhere."""
        yes = chosen > 0.5
        return Sight(
            torch.where(yes, self.photo, other.photo),
            torch.where(yes[:, 0], self.labels, other.labels),
            torch.where(yes[:, 0], self.points, other.points),
            torch.where(yes, self.gone, other.gone),
        )


@dataclass
class Batch:
    """``person`` (B, 3, 256, 192) and ``cloth`` (B, 4, ...) in -1..1, its alpha 0..1; ``labels``
    (B, 256, 192) int64; ``points`` (B, 13, 3); ``category`` (B, 3) one-hot; ``flow`` (B, 2, ...);
    ``mask`` (B, 1, ...) the worn garment; ``ignore`` (B, 1, ...) where the picture is not known,
    ``unsure`` (B, 1, ...) where it is not known whether the garment lies; ``laid`` (B, 1, 1, 1) 1
    where the garment was put on (`pasting`), 0 where it was worn; ``flat`` (B, 8, 2) -1..1,
    `bones.POINTS` of the cloth; ``garment`` what kind it is; ``sights`` what a network may see of
    the people."""

    person: Tensor
    cloth: Tensor
    labels: Tensor
    points: Tensor
    category: Tensor
    flow: Tensor
    mask: Tensor
    ignore: Tensor
    unsure: Tensor
    laid: Tensor
    flat: Tensor
    garment: Garment
    sights: tuple[Sight, ...] = ()


def _sight(views: Views, rows: Tensor, how: Augment, rng: torch.Generator) -> Sight:
    """One of the views of each of ``rows``, drawn by chance."""
    variant = torch.randint(views.photo.shape[1], (len(rows),), generator=rng).to(rows.device)
    if how is FIXED:
        variant = torch.zeros_like(variant)
    return Sight(
        views.photo[rows, variant].float() / 127.5 - 1,
        views.labels[rows, variant, 0].long(),
        views.landmarks[rows, variant].clone(),
        views.gone[rows, variant].float(),
    )


def _sight_moved(sight: Sight, grid: Tensor, body: Tensor) -> Sight:
    hard = torch.cat([sight.labels[:, None].float(), sight.gone], 1)
    labels, gone = _sample(hard, grid, "nearest").split(1, 1)
    points = _moved(sight.points, body)
    return Sight(_sample(sight.photo, grid), labels[:, 0].round().long(), points, gone)


def _sight_mirrored(sight: Sight) -> Sight:
    photo, labels, gone = (t.flip(-1) for t in (sight.photo, sight.labels, sight.gone))
    return Sight(photo, labels, _mirrored(sight.points), gone)


def _mirrored(points: Tensor) -> Tensor:
    """Landmarks (B, 13, 3) of mirrored people."""
    mirrored = points[:, _MIRRORED].clone()
    mirrored[..., 0] = WIDTH - mirrored[..., 0]
    return mirrored


def _affine(count: int, how: Augment, rng: torch.Generator) -> Tensor:
    """(B, 2, 3): from places in the new frame to places in the old, both -1..1."""

    def around(spread: float) -> Tensor:
        return (torch.rand(count, generator=rng) * 2 - 1) * spread

    angle, scale, stretch = around(how.rotate), 1 + around(how.scale), 1 + around(how.scale / 2)
    aspect = HEIGHT / WIDTH
    theta = torch.zeros(count, 2, 3)
    theta[:, 0, 0], theta[:, 0, 1] = scale * stretch * angle.cos(), -scale * angle.sin() * aspect
    theta[:, 1, 0], theta[:, 1, 1] = scale * stretch * angle.sin() / aspect, scale * angle.cos()
    theta[:, 0, 2], theta[:, 1, 2] = around(how.shift * 2), around(how.shift * 2)
    return theta


def _sample(x: Tensor, grid: Tensor, mode: str = "bilinear") -> Tensor:
    return functional.grid_sample(x, grid, mode=mode, padding_mode="border", align_corners=False)


def turned(rgb: Tensor, where: Tensor, own: Tensor) -> Tensor:
    """Pictures in -1..1 with hue and gain changed by ``own`` (B, 3, 3) where ``where`` is 1."""
    moved = torch.einsum("bij,bjhw->bihw", own, rgb + 1) - 1
    return torch.where(where > 0.5, moved.clamp(-1, 1), rgb)


def colour_maps(count: int, amount: float, rng: torch.Generator) -> Tensor:
    """(B, 3, 3): a turn about the grey axis and a gain."""
    angle = (torch.rand(count, generator=rng) * 2 - 1) * amount * 8
    gain = 1 + (torch.rand(count, generator=rng) * 2 - 1) * amount
    cosine, sine = angle.cos()[:, None, None], angle.sin()[:, None, None]
    cross = torch.tensor([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / 3**0.5
    return (cosine * torch.eye(3) + sine * cross + (1 - cosine) / 3) * gain[:, None, None]


def halved(pairs: Pairs) -> Pairs:
    """The same pairs at half the size, for training at height 128; landmarks stay as they are."""

    def half(x: Tensor) -> Tensor:
        flat = x.flatten(0, -4) if x.dim() > 4 else x
        parts = [functional.avg_pool2d(p.float(), 2).round().byte() for p in flat.split(64)]
        return torch.cat(parts).view(*x.shape[:-2], x.shape[-2] // 2, x.shape[-1] // 2)

    def nearest(x: Tensor) -> Tensor:
        return x[..., ::2, ::2].contiguous()

    return dataclasses.replace(
        pairs, person=half(pairs.person), cloth=half(pairs.cloth), labels=nearest(pairs.labels),
        mask=nearest(pairs.mask), held=nearest(pairs.held),
    )  # fmt: skip


def batch(
    pairs: Pairs, rows: Tensor, how: Augment, rng: torch.Generator, views: Sequence[Views] = ()
) -> Batch:
    """A batch of the records ``rows``, each with one of its cloths and seen in one of each of the
    ``views``, which are moved, mirrored, lit and cropped alike; ``rng`` is a CPU generator."""
    device, count = pairs.person.device, len(rows)
    height, width = pairs.person.shape[2:]
    rows_there = rows.to(device)
    variant = torch.randint(pairs.cloth.shape[1], (count,), generator=rng).to(device)
    if how is FIXED:
        variant = torch.zeros_like(variant)
    person = pairs.person[rows_there].float() / 127.5 - 1
    cloth = widened(pairs.cloth[rows_there, variant])
    labels = pairs.labels[rows_there].float()
    mask = pairs.mask[rows_there].float()
    points = pairs.landmarks[rows_there].clone()
    flow = pairs.flow[rows_there, variant].float()
    flat = pairs.points[rows_there, variant].clone()
    covered, skirt = pairs.covered[rows_there], pairs.skirt[rows_there]
    sights = [_sight(view, rows_there, how, rng) for view in views]
    if flow.shape[2] != height:
        flow = functional.interpolate(
            flow, size=(height, width), mode="bilinear", align_corners=False
        )

    body = _affine(count, how, rng)
    grid = functional.affine_grid(body, [count, 1, height, width], align_corners=False).to(device)
    if how is not FIXED:
        soft = _sample(torch.cat([person, flow], 1), grid)
        hard = _sample(torch.cat([labels, mask], 1), grid, "nearest")
        person, flow = soft[:, :3], soft[:, 3:]
        labels, mask = hard[:, :1], hard[:, 1:]
        points = _moved(points, body.to(device))
        sights = [_sight_moved(sight, grid, body.to(device)) for sight in sights]
        cloth, lying = laid_anew(cloth, how, rng)
        inverse = torch.linalg.inv(lying[:, :, :2])
        flow = torch.einsum("bij,bjhw->bihw", inverse, flow - lying[:, :, 2, None, None])
        flat = flat_anew(flat, lying)
    ignore = torch.zeros_like(mask)
    if how.mirror:
        flip = (torch.rand(count, generator=rng) < 0.5).to(device)
        wide = flip[:, None, None, None]
        person, cloth, labels, mask = (
            torch.where(wide, t.flip(-1), t) for t in (person, cloth, labels, mask)
        )
        sign = torch.tensor([-1.0, 1.0], device=device).view(1, 2, 1, 1)
        flow = torch.where(wide, flow.flip(-1) * sign, flow)
        points = torch.where(flip[:, None, None], _mirrored(points), points)
        sights = [_sight_mirrored(sight).where(wide, sight) for sight in sights]
        flat = torch.where(flip[:, None, None], mirrored_flat(flat), flat)
        covered = torch.where(flip[:, None, None], covered.flip(1), covered)
    if how.color:
        own = colour_maps(count, how.color, rng).to(device)
        # The garment keeps its identity: its cloth and what is worn of it change alike.
        cloth[:, :3] = turned(cloth[:, :3], (cloth[:, 3:] > 0.02).float(), own)
        light = 1 + (torch.rand(count, 3, 1, 1, generator=rng) * 2 - 1) * how.color / 3
        light = light.to(device)

        def lit(rgb: Tensor) -> Tensor:
            return ((rgb + 1) * light - 1).clamp(-1, 1)

        person = torch.where(mask > 0.5, turned(person, mask, own), lit(person))
        for sight in sights:
            # In what is seen no colour may tell where the garment is to lie.
            sight.photo = lit(sight.photo)
    if how.cropped:
        crop = _Crop.drawn(points, how.cropped, height, rng)
        person, labels, ignore = crop(person), crop(labels), crop.below(width)
        crop.unsee(points)
        for sight in sights:
            sight.photo, sight.gone = crop(sight.photo), crop(sight.gone)
            sight.labels = crop(sight.labels[:, None])[:, 0]
            crop.unsee(sight.points)
    if how.collar:
        cloth = _with_collar(cloth, how.collar, rng)
    category = functional.one_hot(pairs.category[rows_there], 3).float()
    last = torch.channels_last
    return Batch(
        person.contiguous(memory_format=last), cloth.contiguous(memory_format=last),
        labels[:, 0].round().long(), points, category, flow, mask, ignore, ignore,
        torch.zeros(count, 1, 1, 1, device=device), flat, Garment(category, skirt, covered),
        tuple(sights),
    )  # fmt: skip


def widened(rgba: Tensor) -> Tensor:
    """Bytes (B, 4 or more, H, W) as networks take them: RGB -1..1, all else 0..1."""
    wide = rgba.float()
    return torch.cat([wide[:, :3] / 127.5 - 1, wide[:, 3:] / 255], 1)


def laid_anew(cloth: Tensor, how: Augment, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Cloths (B, 4 or more, H, W), RGB in -1..1, moved at random in their frames, white coming in
    at the edges and 0 in all other channels; and how: (B, 2, 3), from places in the new frame to
    places in the old, both -1..1."""
    lying = _affine(len(cloth), how, rng).to(cloth.device)
    size = [len(cloth), 1, *cloth.shape[2:]]
    over = functional.affine_grid(lying, size, align_corners=False)
    white = torch.zeros(cloth.shape[1], device=cloth.device)
    white[:3] = 1
    white = white[:, None, None]
    moved = functional.grid_sample(cloth - white, over, padding_mode="zeros", align_corners=False)
    return moved + white, lying


def flat_anew(flat: Tensor, lying: Tensor) -> Tensor:
    """`bones.POINTS` (B, 8, 2) of cloths that `laid_anew` has moved."""
    inverse = torch.linalg.inv(lying[:, :, :2])
    return torch.einsum("bij,bkj->bki", inverse, flat - lying[:, None, :, 2])


def mirrored_flat(flat: Tensor) -> Tensor:
    """`bones.POINTS` (B, 8, 2) in -1..1 of mirrored cloths."""
    return flat[:, _MIRRORED_FLAT] * torch.tensor([-1.0, 1.0], device=flat.device)


def _moved(points: Tensor, theta: Tensor) -> Tensor:
    size = torch.tensor([WIDTH / 2, HEIGHT / 2], device=points.device)
    inverse = torch.linalg.inv(theta[:, :, :2])
    old = points[..., :2] / size - 1
    new = torch.einsum("bij,bkj->bki", inverse, old - theta[:, None, :, 2])
    return torch.cat([(new + 1) * size, points[..., 2:]], -1)


@dataclass(frozen=True)
class _Crop:
    """Shop photographs end at the thigh: below row ``ends`` (B,) of the frame a picture of
    ``height`` repeats its last one."""

    ends: Tensor
    height: int

    @classmethod
    def drawn(cls, points: Tensor, share: float, height: int, rng: torch.Generator) -> _Crop:
        hip, knee = points[:, 7:9, 1].mean(1), points[:, 9:11, 1].mean(1)
        where = hip + torch.rand(len(hip), generator=rng).to(hip) * (knee - hip)
        cut = (torch.rand(len(hip), generator=rng) < share).to(hip.device)
        ends = torch.where(cut, where.clamp(8, HEIGHT), torch.full_like(where, HEIGHT))
        return cls(ends, height)

    @property
    def _last(self) -> Tensor:
        return (self.ends * (self.height / HEIGHT)).long()[:, None] - 1

    def __call__(self, x: Tensor) -> Tensor:
        """``x`` (B, C, H, W), cropped."""
        rows = torch.arange(self.height, device=x.device)[None]
        source = torch.minimum(rows, self._last)[:, None, :, None]
        return x.gather(2, source.expand(-1, x.shape[1], -1, x.shape[3]))

    def below(self, width: int) -> Tensor:
        """(B, 1, H, ``width``) 1 where the last row is repeated."""
        rows = torch.arange(self.height, device=self.ends.device)[None]
        below = (rows > self._last).float()
        return below[:, None, :, None].expand(-1, 1, -1, width)

    def unsee(self, points: Tensor) -> None:
        """Landmarks (B, 13, 3) that were cut off are not seen."""
        points[..., 2] = torch.where(points[..., 1] > self.ends[:, None], 0.0, points[..., 2])


def _with_collar(cloth: Tensor, share: float, rng: torch.Generator) -> Tensor:
    """Photographs of real garments show the inside of the back through the neckline: the notch at
    the top is closed with a darker cloth, which nobody sees when it is worn."""
    alpha = cloth[:, 3:]
    step = cloth.shape[2] // 64
    small = functional.avg_pool2d(alpha, step)
    rows = torch.arange(64, device=cloth.device).view(1, 1, -1, 1)
    columns = torch.arange(48, device=cloth.device).view(1, 1, 1, -1)
    middle = ((columns - 23.5).abs() < 10) & (rows < 22)
    grown = functional.max_pool2d(small, 11, 1, 5)
    closed = -functional.max_pool2d(-grown, 11, 1, 5) * middle
    chosen = (torch.rand(len(cloth), 1, 1, 1, generator=rng) < share).to(cloth.device)
    closed = functional.interpolate(
        closed * chosen, scale_factor=float(step), mode="bilinear", align_corners=False
    )
    notch = (closed - alpha).clamp(0, 1)
    mean = (cloth[:, :3] * alpha).sum((2, 3), keepdim=True) / (alpha.sum((2, 3), keepdim=True) + 1)
    dark = (mean + 1) * (0.5 + 0.4 * torch.rand(len(cloth), 1, 1, 1, generator=rng).to(mean)) - 1
    rgb = cloth[:, :3] * (1 - notch) + dark * notch
    return torch.cat([rgb, torch.maximum(alpha, notch)], 1)
