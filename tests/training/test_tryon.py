"""The try-on network's recipe from made pairs to a pack the application loads."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the recipe needs the extra `training`")

from app.domain import framing  # noqa: E402
from app.domain.errors import PictureError  # noqa: E402
from models.training import loop, packing, palette, pictures  # noqa: E402
from models.training.tryon import (  # noqa: E402
    bones,
    data,
    evaluate,
    export,
    exported,
    limbs,
    misread,
    networks,
    pairs,
    photographed,
    redressed,
    train,
    turning,
    unpaired,
    views,
)  # fmt: skip
from models.training.tryon.body import HEIGHT, LAYERS, WIDTH, Body  # noqa: E402
from models.training.tryon.shipped import Packs  # noqa: E402
from tests.training.people_drawn import PARSER, class_of  # noqa: E402

CPU = torch.device("cpu")


def _hidden(made: pairs.Pairs, category: str, rows: list[int]) -> tuple[torch.Tensor, ...]:
    labels = made.labels[rows, 0]
    one_hot = torch.zeros(len(rows), 3)
    one_hot[:, framing.CATEGORIES.index(category)] = 1
    return Body()(labels, made.landmarks[rows], one_hot, torch.ones(len(rows)))


def test_what_is_worn_is_hidden_and_hands_and_hair_are_not(made: pairs.Pairs) -> None:
    rows = [i for i in range(len(made)) if framing.CATEGORIES[made.category[i]] == "upper"]
    hidden, old, front = (m[:, 0] > 0.5 for m in _hidden(made, "upper", rows))
    labels = made.labels[rows, 0]
    blouse, hair = labels == class_of("blouse"), labels == class_of("hair")
    assert hidden[blouse].all()
    assert old[blouse].all()
    assert not hidden[hair].any()
    assert not (hidden & front).any()
    hands = (labels == class_of("skin")) & (torch.arange(HEIGHT)[None, :, None] > HEIGHT * 0.6)
    assert front[hands].float().mean() > 0.9
    # Wider than the garment: its outline must tell nothing.
    assert hidden.sum() > 1.2 * blouse.sum()


def test_augmented_pairs_still_fit(made: pairs.Pairs) -> None:
    """Wherever person and cloth are moved, the flow must bring the cloth's pixels to the person."""
    how = data.Augment(color=0, cropped=0, collar=0)
    for size in (made, data.halved(made)):
        rng = pictures.torch_seeded(4)
        batch = data.batch(size, torch.arange(len(made)).repeat(3), how, rng)
        back = networks.warp(batch.cloth, batch.flow)
        inside = ((back[:, 3:] > 0.99) & (batch.mask > 0.5)).expand(-1, 3, -1, -1)
        assert inside.float().mean() > 0.02
        assert float((back[:, :3] - batch.person)[inside].abs().mean()) < 0.12


def test_the_points_of_a_cloth_bring_it_back_onto_the_person(made: pairs.Pairs) -> None:
    """From the landmarks and the cloth's true points, wherever both were moved."""
    rows = torch.arange(len(made)).repeat(2)
    for how in (data.FIXED, data.Augment(color=0, cropped=0, collar=0)):
        batch = data.batch(made, rows, how, pictures.torch_seeded(3))
        flow = bones.flow(batch.points, batch.garment, batch.flat)
        assert flow.shape == (len(rows), 2, HEIGHT // 2, WIDTH // 2)
        size = torch.tensor([WIDTH / 2, HEIGHT / 2]).view(1, 2, 1, 1)
        off = ((flow - torch.nn.functional.avg_pool2d(batch.flow, 2)) * size).norm(dim=1)
        sure = torch.nn.functional.avg_pool2d(batch.mask, 2)[:, 0] > 0.99
        assert float(off[sure].mean()) < 6
    shares = bones.weights(bones.Frame.of(batch.points), batch.garment)
    assert torch.allclose(shares.sum(1), torch.ones(()), atol=1e-4)


def test_a_bare_arm_moves_no_cloth(made: pairs.Pairs) -> None:
    frame = bones.Frame.of(made.landmarks)
    category = torch.zeros(len(made), 3)
    category[:, framing.CATEGORIES.index("upper")] = 1
    for covered, moving in ((0.0, False), (1.0, True)):
        garment = bones.Garment(
            category, torch.zeros(len(made)), torch.full((len(made), 2, 2), covered)
        )
        follows = bones.weights(frame, garment)[:, 2:].amax((2, 3))
        assert bool((follows > 0.5).all()) is moving


def test_a_wide_skirt_hangs_in_folds(made: pairs.Pairs) -> None:
    """With its points where the person's own are a cloth is worn as it lies, above the hips and
    where it is slim; but what reaches far aside below them lies farther."""
    rows = [i for i in range(len(made)) if framing.CATEGORIES[made.category[i]] == "lower"][:1]
    points = made.landmarks[rows]
    frame = bones.Frame.of(points)
    size = torch.tensor([WIDTH / 2, HEIGHT / 2])
    flat = frame.points(torch.ones(1)) / size - 1
    one_hot = torch.eye(3)[[framing.CATEGORIES.index("lower")]]
    skirt = bones.Garment(one_hot, torch.ones(1), torch.zeros(1, 2, 2))
    places = (bones.flow(points, skirt, flat)[0, 0] + 1) * WIDTH / 2
    x, y = (t[0] for t in bones.grid(points))
    hip, knee = float(frame.hip[0, 1]), float(frame.chains[0, 1, :, 1, 1].mean())
    off, half = (x - frame.hip[0, 0]).abs(), float(frame.half[0])
    apart = (places - x).abs()
    at_waist = (y[:, 0] - hip + 0.3 * (knee - hip)).abs() < 4
    at_hips = (y[:, 0] - hip).abs() < 4
    at_knees = (y[:, 0] - knee).abs() < 4
    assert float(apart[at_waist][off[at_waist] < 3 * half].max()) < 2
    assert float(apart[at_hips][off[at_hips] < 1.5 * half].max()) < 2
    assert float(apart[at_knees][off[at_knees] < 1.8 * half].max()) < 2
    far = (off > 2.8 * half) & (off < 3.2 * half)
    assert float(apart[at_knees][far[at_knees]].min()) > 0.5 * half
    assert (places[at_knees].diff(dim=1) > 0).all()  # no place of the cloth is seen twice


def test_skirts_fall_freely_and_pants_do_not(made: pairs.Pairs) -> None:
    points = made.landmarks[:1]
    frame = bones.Frame.of(points)
    hip, knee = float(frame.hip[0, 1]), float(frame.hem[0, 1])
    for category, kind, most in (("lower", 1.0, 1.0), ("lower", 0.0, 0.0), ("dress", 0.0, 1.0)):
        one_hot = torch.eye(3)[[framing.CATEGORIES.index(category)]]
        garment = bones.Garment(one_hot, torch.full((1,), kind), torch.zeros(1, 2, 2))
        falls = limbs.falling(points, garment, HEIGHT)[0, 0]
        assert falls.shape == (HEIGHT, WIDTH)
        assert float(falls[int(hip)].max()) == 0
        assert float(falls[int(knee)].min()) == most
        assert (falls.diff(dim=0) >= 0).all()


def test_no_skin_shows_far_from_limbs(made: pairs.Pairs) -> None:
    points = made.landmarks[:1].clone()
    points[..., 2] = 1
    frame = bones.Frame.of(points)
    beside = limbs.beside_limbs(points, HEIGHT)[0, 0]
    assert not beside[: int(frame.hip[0, 1])].any()
    for joints in frame.chains[0].flatten(0, 1):
        for x, y in joints.round().int().tolist():
            if 0 <= x < WIDTH and 0 <= y < HEIGHT:
                assert not beside[y, x]
    below = int(frame.hem[0, 1])
    assert beside[below, 0] == beside[below, -1] == 1
    points[:, framing.LANDMARKS.index("left_knee"), 2] = 0
    assert not limbs.beside_limbs(points, HEIGHT).any()


def test_joints_that_are_not_seen_hang_down(made: pairs.Pairs) -> None:
    points = made.landmarks.clone()
    ankle = framing.LANDMARKS.index("left_ankle")
    points[:, ankle] = 0
    frame = bones.Frame.of(points)
    left_leg = frame.chains[:, 1, 0]
    assert (left_leg[:, 2, 1] > left_leg[:, 1, 1]).all()
    assert torch.equal(left_leg[:, 2, 0], left_leg[:, 1, 0])


def test_a_crop_repeats_its_last_row_and_is_not_judged(made: pairs.Pairs) -> None:
    how = data.Augment(mirror=False, shift=0, scale=0, rotate=0, color=0, cropped=1.0, collar=0)
    batch = data.batch(made, torch.arange(len(made)), how, pictures.torch_seeded(0))
    for person, ignore in zip(batch.person, batch.ignore[:, 0, :, 0], strict=True):
        end = int((ignore < 0.5).sum())
        if end < HEIGHT:
            assert torch.equal(person[:, -1], person[:, end - 1])


def _look(
    net: networks.TryOnNet, batch: data.Batch, blind: bool = False
) -> tuple[torch.Tensor, networks.Look]:
    """What is hidden of the people of a batch as they are, and what the nets see of them."""
    reach = torch.full((len(batch.person),), 1.25)
    hidden, old, _ = net.body(batch.labels, batch.points, batch.category, reach)
    first = bones.flow(batch.points, batch.garment, batch.flat)
    look = net.look(
        batch.person, batch.cloth, batch.labels, batch.points, batch.category, hidden, old, first,
        blind,
    )  # fmt: skip
    return hidden, look


def test_only_the_blind_see_nothing_of_what_is_hidden(made: pairs.Pairs) -> None:
    net = networks.TryOnNet()
    batch = data.batch(made, torch.arange(2), data.FIXED, pictures.torch_seeded(0))
    hidden, look = _look(net, batch)
    assert torch.equal(look.photo, batch.person)
    hidden, look = _look(net, batch, blind=True)
    other = dataclasses.replace(batch, person=torch.where(hidden > 0.5, 0.3, batch.person))
    _, again = _look(net, other, blind=True)
    assert torch.allclose(look.photo, again.photo, atol=1e-5)
    assert torch.allclose(look.wide, again.wide, atol=1e-5)
    assert torch.equal(look.old, hidden)


def test_what_a_bared_place_may_look_like(made: pairs.Pairs) -> None:
    """Skin is spread from the face and hands that stay visible, the ground from the ground."""
    net = networks.TryOnNet()
    batch = data.batch(made, torch.arange(2), data.FIXED, pictures.torch_seeded(0))
    hidden, look = _look(net, batch)
    looks = networks.layers(look.seen, batch.points)
    assert looks.shape == (2, len(LAYERS), 3, HEIGHT, WIDTH)
    for name, exact in (("skin", False), ("ground", True)):
        there = (batch.labels == class_of(name))[:, None] & (hidden < 0.5)
        layer = looks[:, LAYERS.index(name)]
        for look, person, mask in zip(layer, batch.person, there, strict=True):
            shown = person[:, mask[0]]
            assert not exact or torch.allclose(look[:, mask[0]], shown, atol=1e-4)
            usual = shown.median(1).values if name == "skin" else shown.mean(1)
            assert (look.mean((1, 2)) - usual).abs().max() < 0.35


def test_bared_limbs_are_lighter_along_their_middle(made: pairs.Pairs) -> None:
    net = networks.TryOnNet()
    batch = data.batch(made, torch.arange(2), data.FIXED, pictures.torch_seeded(0))
    grey = torch.cat([torch.zeros_like(batch.person), torch.ones_like(batch.person[:, :1])], 1)
    seen = torch.cat([grey, net.body.seen_kinds(batch.labels, 0 * batch.mask)], 1)
    skin = networks.layers(seen, batch.points)[:, LAYERS.index("skin")].mean(1)
    off = bones.off_limbs(batch.points, HEIGHT).amin((1, 2))
    assert skin[off < 0.2].mean() > skin[(off > 0.8) & (off < 1)].mean() + 0.05


def test_a_cuff_taken_for_skin_colours_no_arm(made: pairs.Pairs) -> None:
    net = networks.TryOnNet()
    batch = data.batch(made, torch.arange(1), data.FIXED, pictures.torch_seeded(0))
    labels = torch.full_like(batch.labels, class_of("ground"))
    labels[:, 40:70, 80:110] = labels[:, 150:165, 20:35] = class_of("skin")
    tan = torch.tensor([0.4, 0.0, -0.3]).view(1, 3, 1, 1)
    person = tan.expand_as(batch.person).clone()
    person[:, :, 150:165, 20:35] = 1.0
    seen = torch.cat([person, 0 * batch.mask, net.body.seen_kinds(labels, 0 * batch.mask)], 1)
    skin = networks.layers(seen, batch.points)[0, LAYERS.index("skin")]
    warmth = skin[0] - skin[2]
    assert warmth.min() > 0.3


def test_limbs_are_told_to_the_network(made: pairs.Pairs) -> None:
    net = networks.TryOnNet()
    batch = data.batch(made, torch.arange(2), data.FIXED, pictures.torch_seeded(0))
    limbs = net.body.limbs(batch.points)
    assert limbs.shape == (2, 2, HEIGHT // 2, WIDTH // 2)
    elbow = (batch.points[0, 3, :2] / 2).long()
    assert limbs[0, 0, elbow[1], elbow[0]] > 0.9
    assert limbs[0, 0, 0, 0] < 0.01


def test_people_with_bare_arms_are_seen_more_often(made: pairs.Pairs) -> None:
    half = data.halved(made)
    covered = train.chances(half)
    skin = torch.full_like(half.labels, class_of("skin"))
    bare = train.chances(dataclasses.replace(half, labels=skin))
    assert (bare >= covered).all()
    assert bare.max() > 2


class _Reader:
    """Takes everybody for a blouse with all landmarks in one place; ``shown``: what it was asked
    for."""

    def __init__(self) -> None:
        self.shown: list[np.ndarray] = []

    def read_frame(
        self, framed: np.ndarray, beyond: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        assert framed.shape == (HEIGHT, WIDTH, 3)
        self.shown.append(framed)
        return self.read(framed)

    def read(self, photo: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        labels = np.full((HEIGHT, WIDTH), class_of("blouse"), np.uint8)
        return labels, np.full((13, 3), 7, np.float32)


def test_people_can_be_seen_as_a_parser_reads_them(made: pairs.Pairs) -> None:
    reader = _Reader()
    read = views.own(made, reader)
    count = len(misread.AMOUNTS)
    assert (read.labels == class_of("blouse")).all()
    assert (read.landmarks == 7).all()
    assert read.labels.shape[:2] == read.landmarks.shape[:2] == (len(made), count)
    for seen in range(count):  # however badly they are read, people are seen as they are
        assert torch.equal(read.photo[:, seen], made.person)
    person = made.person[0].permute(1, 2, 0).numpy()
    far = [np.abs(shown.astype(int) - person).mean() for shown in reader.shown[:count]]
    assert far[0] == 0
    assert 2 < far[1] < far[2]
    # What has to go is not by the reader's labels but by the true ones.
    of_true = torch.isin(
        made.labels, torch.tensor([class_of(n) for n in ("blouse", "skirt", "pants")])
    )
    assert not (read.gone[:, 0].bool() & ~of_true).any()
    assert (read.gone[:, 0].bool() & made.mask.bool()).sum() > 0.9 * made.mask.sum()


def _views(made: pairs.Pairs) -> views.Views:
    """The people with what they wear painted grey."""
    grey = torch.where(made.mask > 0, 128, made.person)
    ones = made.landmarks[:, None]
    return views.Views(grey[:, None], made.labels[:, None], made.mask[:, None], ones)


def test_what_is_seen_moves_with_the_person(made: pairs.Pairs) -> None:
    """Beside what has to go a sight is the person, whatever was done to both; landmarks too."""
    rows = torch.arange(len(made)).repeat(3)
    for whole, seen in ((made, _views(made)), (data.halved(made), _views(made).halved())):
        batch = data.batch(whole, rows, data.Augment(), pictures.torch_seeded(6), [seen])
        (sight,) = batch.sights
        assert torch.equal(sight.points, batch.points)
        assert torch.equal(sight.labels, batch.labels)
        kept = torch.nn.functional.max_pool2d(sight.gone, 5, 1, 2).expand(-1, 3, -1, -1) < 0.5
        assert kept.float().mean() > 0.3
        assert (sight.photo - batch.person)[kept].abs().max() < 0.05
        gone = (sight.gone > 0.5).expand(-1, 3, -1, -1)
        assert (sight.photo - batch.person)[gone].abs().mean() > 0.1


def test_no_outline_is_judged_where_the_bag_is_not_seen_any_more(made: pairs.Pairs) -> None:
    """A teacher that covered a bag leaves nobody to know that one was there."""
    held = dataclasses.replace(made, labels=torch.full_like(made.labels, class_of("bag")))
    rows = torch.arange(len(made))
    batch = data.batch(held, rows, data.FIXED, pictures.torch_seeded(0), [_views(held)])
    (sight,) = batch.sights
    hidden = train.hide(_Bodily(), batch, sight, False, pictures.torch_seeded(0))
    assert (hidden.kept == 1).all()
    assert (hidden.unsure >= sight.gone).all()
    assert (hidden.unsure < 1).any()
    sight.gone = sight.gone * 0
    hidden = train.hide(_Bodily(), batch, sight, False, pictures.torch_seeded(0))
    assert torch.equal(hidden.unsure, batch.unsure)


class _Bodily:
    """A network as far as `train.hide` asks it."""

    body = Body()


def test_each_sees_what_was_chosen_for_them(made: pairs.Pairs) -> None:
    own, other = _views(made), _views(made)
    other.photo = other.photo * 0
    rows = torch.arange(2)
    batch = data.batch(made, rows, data.FIXED, pictures.torch_seeded(0), [own, other])
    chosen = torch.tensor([1.0, 0.0]).view(2, 1, 1, 1)
    sight = batch.sights[0].where(chosen, batch.sights[1])
    assert torch.equal(sight.photo[0], batch.sights[0].photo[0])
    assert (sight.photo[1] == -1).all()


def test_thin_plate_goes_through_its_points() -> None:
    rng = np.random.default_rng(0)
    source = rng.uniform(20, 170, (7, 2)).round() + 0.5
    target = rng.uniform(-0.9, 0.9, (7, 2))
    flow = evaluate.thin_plate(source.astype(np.float32), target.astype(np.float32))
    assert flow.shape == (2, HEIGHT, WIDTH)
    at = source.astype(int)
    assert np.abs(flow[:, at[:, 1], at[:, 0]].T - target).max() < 0.02


class _Shipped:
    """Cuts whatever is not black, dresses by pasting the cloth's mean colour, and refuses dark
    people."""

    parser = _Reader()

    def cut(self, photo: np.ndarray) -> np.ndarray | None:
        solid = np.append(photo[0, 0], np.uint8(255))
        return np.broadcast_to(solid, (HEIGHT, WIDTH, 4)) if photo.any() else None

    def dress(
        self, person: np.ndarray, landmarks: np.ndarray, cloth: np.ndarray, category: int
    ) -> dict[str, np.ndarray]:
        assert landmarks.shape == (13, 3)
        assert category == framing.CATEGORIES.index("upper")
        outcome = cloth[..., :3].astype(np.float32).transpose(2, 0, 1) / 255
        return {"outcome": outcome, "cover": np.ones((1, HEIGHT, WIDTH), np.float32)}

    def wear(self, person: np.ndarray, photo: np.ndarray, category: str) -> np.ndarray:
        if person.max() < 50:
            raise PictureError("Too dark")
        return np.broadcast_to(photo[0, 0], person.shape).copy()


def test_garments_that_cannot_be_cut_are_counted_and_colours_compared() -> None:
    people = [np.full((HEIGHT, WIDTH, 3), shade, np.uint8) for shade in (90, 180, 30)]
    photos = [np.full((40, 30, 3), shade, np.uint8) for shade in (200, 0, 60, 80)]
    figures, sheet = unpaired.wear(_Shipped(), people, photos, "upper")
    assert figures == {
        "pairs": 2, "cloths_refused": 1, "people_refused": 1, "colour_delta_e2000_median": 0.0,
    }  # fmt: skip
    assert sheet.shape[0] >= 4 * HEIGHT


@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")  # shapes are meant to be fixed
def test_what_lies_turned_is_told_from_what_hangs(garments: photographed.Garments) -> None:
    """Even an untrained reader sees which way the drawn garments lie; what was learned is kept."""
    torch.manual_seed(0)
    reader = networks.TryOnNet().eval().reader
    traits, quarters = turning.examples(reader, garments)
    assert traits.shape == (4 * len(garments), reader.traits)
    assert quarters.tolist() == [0, 1, 2, 3] * len(garments)
    lies = turning.fitted(traits, quarters)
    with torch.no_grad():
        chances = lies(traits).softmax(1)
    assert (chances.argmax(1) == quarters).float().mean() > 0.8
    assert turning.told(lies, traits, quarters).startswith(f"of {4 * len(garments)}: ")
    upright = garments.cloth[0].permute(1, 2, 0).contiguous().numpy()
    lying = turning.turned(upright, 1)
    assert lying.shape == upright.shape
    solid = [np.argwhere(cloth[..., 3] > 128) for cloth in (upright, lying)]
    high, wide = (np.ptp(places[:, axis]) for places, axis in zip(solid, (0, 1), strict=True))
    assert wide == pytest.approx(min(high, 0.9 * WIDTH), abs=6)


def test_train_stop_resume_export_and_teach(
    made_pack: Path,
    tmp_path: Path,
    garments: photographed.Garments,
    run_main: Callable[..., None],
) -> None:
    run, target = tmp_path / "run", tmp_path / "models" / "tryon-flow"
    common = ("--device", "cpu", "--parser", PARSER)
    run_main(train.main, made_pack, run, "--plan", "128:2", *common)
    run_main(train.main, made_pack, run, "--plan", "128:2,256:1", *common)
    state = torch.load(run / "state.pt", weights_only=True)
    assert [e["step"] for e in state["log"]] == [1, 2, 3]
    assert {"flow", "points", "kind", "fine flow", "fill", "bare", "perceptual"} <= set(
        state["log"][-1]
    )
    assert (run / "samples.jpg").stat().st_size > 1000
    with pytest.raises(FileNotFoundError):
        run_main(export.main, made_pack, run, "-o", target)
    reader = loop.trained(networks.TryOnNet(), run).net.reader
    lies = turning.fitted(*turning.examples(reader, garments))
    turning.save(lies, reader, run)
    with pytest.raises(ValueError, match="another reader"):
        turning.trained(networks.TryOnNet().reader, run)
    run_main(export.main, made_pack, run, "-o", target)

    from app.inference.packs import load_pack

    assert load_pack(target).task == "try-on"
    again = packing.weights_of(target / "tryon.onnx")
    for name, value in state["average"].items():
        if not name.endswith("num_batches_tracked"):
            assert torch.allclose(again[name], value, rtol=1e-3, atol=2e-3), name

    # It dresses its people in other garments, and the next one learns from that.
    for name in ("person-parser", "cloth-cutout"):
        (target.parent / name).symlink_to(PARSER.with_name(name))
    shown = tmp_path / "redressed.npz"
    garments.category = torch.arange(3)  # one of each
    packs, held_out = Packs(target.parent), pairs.load(made_pack, False, CPU)
    rng = np.random.default_rng(0)
    everybody = pairs.load(made_pack, True, CPU)
    dressed = {
        True: redressed.redress(packs, everybody, garments, rng),
        False: redressed.redress(packs, held_out, garments, rng),
    }
    redressed.save(dressed, shown)
    seen = views.load(shown, everybody, True)
    assert seen.photo.shape[:3] == (len(everybody), 3, 3)
    with pytest.raises(ValueError, match="other people"):
        views.load(shown, held_out, True)
    assert seen.labels.max() < len(palette.CLASSES)
    assert seen.gone.max() == 1
    run_main(
        train.main, made_pack, tmp_path / "next", "--plan", "128:1,256:1", *common,
        "--start", target / "tryon.onnx", "--redressed", shown,
    )  # fmt: skip
    assert "gone" in torch.load(tmp_path / "next" / "state.pt", weights_only=True)["log"][-1]
    figures, _ = evaluate.measure_pairs(packs, held_out, views.load(shown, held_out, False))
    assert figures["pairs"] == 3 * len(held_out)

    seen_as = [views.true(held_out)]
    batch = data.batch(held_out, torch.arange(1), data.FIXED, pictures.torch_seeded(0), seen_as)
    feed = {k: v.numpy() for k, v in export.inputs(batch).items()}
    made = packing.session(target / "tryon.onnx").run(list(exported.OUTPUTS), feed)
    outcome, flow, cover, replace, *_, quarters = made
    assert quarters.sum() == pytest.approx(1)
    assert np.abs(flow).max() <= 1
    untouched = np.broadcast_to((cover == 0) & (replace == 0), outcome.shape)
    assert untouched.any()
    assert np.abs(outcome - feed["person"])[untouched].max() < 1e-6
