"""Photographed garments with marked points: to joints, to a pack, onto people."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the recipe needs the extra `training`")

from app.domain.framing import CATEGORIES, LANDMARKS  # noqa: E402
from models.training import pictures  # noqa: E402
from models.training.tryon import (  # noqa: E402
    bones,
    data,
    exported,
    limbs,
    pasting,
    photographed,
    revealing,
    train,
)
from models.training.tryon.body import HEIGHT, LAYERS, WIDTH, Body  # noqa: E402
from models.training.tryon.networks import TryOnNet, Turning  # noqa: E402
from models.training.tryon.pairs import Pairs  # noqa: E402
from tests.training.garments_drawn import LONG, TSHIRT  # noqa: E402
from tests.training.people_drawn import PARSER, class_of  # noqa: E402


def test_a_short_sleeve_points_to_its_elbow() -> None:
    points, covered, folded = photographed.joints(TSHIRT, (200, 300))
    left, right, axis, _, middle, end, *_ = points
    assert not folded
    assert left[0] > 100 > right[0]
    assert np.allclose(axis[0], 100)
    cuff = np.array([180, 120])
    assert 0.3 < covered[0, 0] < 1
    assert np.allclose(left + covered[0, 0] * (middle - left), cuff)
    assert covered[:, 1].tolist() == [0, 0]
    assert np.linalg.norm(end - left) > np.linalg.norm(middle - left)


def test_long_sleeves_end_at_the_wrist_and_folded_ones_are_told() -> None:
    points, covered, folded = photographed.joints(LONG, (200, 300))
    assert covered.tolist() == [[1, 1], [1, 1]]
    assert not folded
    assert np.allclose(points[5], [180, 240])
    for end in ([0.72, 0.32], [0.5, 0.6]):  # upon itself, on the trunk
        assert photographed.joints(LONG | {"left_end": end}, (200, 300))[2]


def test_three_quarter_sleeves_leave_the_wrist_bare() -> None:
    mark = LONG | {"sleeve": 1.5, "left_end": [0.87, 0.6], "right_end": [0.13, 0.6]}
    points, covered, _ = photographed.joints(mark, (200, 300))
    assert (covered[:, 0] == 1).all()
    assert ((covered[:, 1] > 0.2) & (covered[:, 1] < 0.8)).all()
    cuff = points[4] + covered[0, 1] * (points[5] - points[4])
    assert np.allclose(cuff, [174, 180])


def test_garments_are_cut_framed_and_kept_with_their_points(
    garments: photographed.Garments,
) -> None:
    assert garments.names == ["shirt.png", "long.png", "skirt.png"]
    assert garments.cloth.shape == (3, 4, HEIGHT, WIDTH)
    assert garments.category.tolist() == [0, 0, CATEGORIES.index("lower")]
    assert garments.skirt.tolist() == [0, 0, 1]
    # The roots lie on the cloth, left and right of its middle.
    for row in range(3):
        for x, y in ((garments.flat[row, :2] + 1) / 2).tolist():
            assert garments.cloth[row, 3, int(y * HEIGHT), int(x * WIDTH)] > 250
    assert photographed.sheet(garments).shape[0] >= HEIGHT


def test_points_follow_cloths_that_are_moved_and_mirrored(garments: photographed.Garments) -> None:
    how = data.Augment()
    rows = torch.tensor([2] * 8)
    drawn = garments.draw(rows, HEIGHT, how, pictures.torch_seeded(1))
    flat = drawn.flat
    assert (drawn.garment.skirt == 1).all()
    assert (flat[:, 0, 0] > flat[:, 1, 0]).all()
    for alpha, points in zip(drawn.cloth[:, 3], flat, strict=True):
        columns = torch.nonzero(alpha.amax(0) > 0.5)[:, 0].float()
        middle = (columns[0] + columns[-1]) / 2 / WIDTH * 2 - 1
        assert abs(float(points[:2, 0].mean() - middle)) < 0.08


def test_pasted_people_wear_the_garment_of_their_category(
    made: Pairs, garments: photographed.Garments
) -> None:
    rows = torch.arange(len(made))
    rng = pictures.torch_seeded(0)
    batch = data.batch(made, rows, data.FIXED, rng)
    worn = pasting.paste(Body(), batch, garments, 1.0, data.FIXED, rng)
    same = pasting.paste(Body(), batch, garments, 0.0, data.FIXED, rng)
    assert torch.equal(same.person, batch.person)
    assert torch.equal(same.flow, batch.flow)
    dresses = made.category == CATEGORIES.index("dress")
    assert torch.equal(worn.person[dresses], batch.person[dresses])  # there is none to wear
    for row in torch.nonzero(~dresses)[:, 0].tolist():
        mask = worn.mask[row, 0] > 0.5
        assert 0.01 < mask.float().mean() < 0.6
        inside = torch.nn.functional.avg_pool2d(worn.mask[row], 3, 1, 1)[0] > 0.99
        assert float(worn.person[row][:, inside].std(1).max()) < 0.2  # one cloth, one colour
        outside = (worn.mask[row, 0] == 0) & (batch.mask[row, 0] == 0)
        gap = (worn.person[row] - batch.person[row]).abs()[:, outside]
        assert float(gap.mean()) < 0.05


def test_what_lies_above_the_fronts_edge_is_behind_the_neck(
    made: Pairs, garments: photographed.Garments
) -> None:
    edge = np.array([[80, 60], [90, 90], [100, 95], [110, 90], [120, 60]])
    mask = photographed.above(edge)
    assert mask[80, 100] == mask[10, 60] == mask[10, 140] == 255
    assert mask[100, 100] == mask[80, 70] == mask[70, 130] == 0
    assert not photographed.above(edge[:0]).any()
    batch = data.batch(made, torch.arange(len(made)), data.FIXED, pictures.torch_seeded(2))
    deep = torch.zeros_like(garments.inside)
    deep[:, :, : HEIGHT // 3] = 255
    open_necked = dataclasses.replace(garments, inside=deep)
    worn, open_worn = (
        pasting.paste(Body(), batch, own, 1.0, data.FIXED, pictures.torch_seeded(2))
        for own in (garments, open_necked)
    )
    uncovered = (worn.mask > 0) & (open_worn.mask == 0)
    tops = made.category == CATEGORIES.index("upper")
    assert (uncovered[tops].sum((1, 2, 3)) > 20).all()
    bared = uncovered.expand(-1, 3, -1, -1)
    assert (open_worn.person[bared] - batch.person[bared]).abs().mean() < 0.05
    assert torch.equal(open_worn.cloth, worn.cloth)


def test_bare_arms_begin_where_sleeves_end(made: Pairs) -> None:
    category = torch.zeros(len(made), 3)
    category[:, 0] = 1
    areas = []
    for covered in ([0.0, 0.0], [0.6, 0.0], [1.0, 1.0]):
        kind = bones.Garment(
            category,
            torch.zeros(len(made)),
            torch.tensor([covered, covered]).expand(len(made), 2, 2),
        )
        bare = limbs.bared(made.landmarks, kind, HEIGHT)
        may, surely = bare.may, bare.must
        neck = pasting.about_the_neck(made.landmarks, HEIGHT)
        assert may.shape == surely.shape == neck.shape == (len(made), 1, HEIGHT, WIDTH)
        assert (surely <= may).all()
        unseen = made.landmarks.clone()
        unseen[..., 2] = 0.4
        assert not limbs.bared(unseen, kind, HEIGHT).must.any()
        areas.append(float(may.mean()))
        chains = bones.Frame.of(made.landmarks).chains[:, 0, 0]
        for row, (root, elbow, _) in enumerate(chains):
            for share, bare in ((covered[0] - 0.2, False), (covered[0] + 0.2, True)):
                x, y = (root + share * (elbow - root)).tolist()
                if 0 < share < 1 and 0 <= y < HEIGHT:
                    assert bool(may[row, 0, int(y), int(x)]) is bare
    assert areas[0] > areas[1] > areas[2] == 0


def standing() -> torch.Tensor:
    """Landmarks (1, 13, 3) of somebody whose arms hang a little aside."""
    at = {
        "nose": (96, 40), "left_shoulder": (116, 60), "right_shoulder": (76, 60),
        "left_elbow": (126, 95), "right_elbow": (66, 95), "left_wrist": (130, 130),
        "right_wrist": (62, 130), "left_hip": (108, 125), "right_hip": (84, 125),
        "left_knee": (108, 180), "right_knee": (84, 180), "left_ankle": (108, 230),
        "right_ankle": (84, 230),
    }  # fmt: skip
    return torch.tensor([[[*at[name], 1.0] for name in LANDMARKS]])


def garment_of(category: str, *covered: float) -> bones.Garment:
    """One that covers the first and the second bone of its limbs so far."""
    one_hot = torch.eye(3)[None, CATEGORIES.index(category)]
    return bones.Garment(one_hot, torch.zeros(1), torch.tensor([[covered, covered]]))


def test_nothing_of_a_wide_body_lies_past_a_bare_arm() -> None:
    """Outside of an arm is past it, from the cuff to the hand."""
    points = standing()

    def bared(category: str, covered: float) -> limbs.Bared:
        return limbs.bared(points, garment_of(category, covered, covered), HEIGHT)

    past = bared("upper", 0.0).past[0, 0]
    for y, inside, outside in ((95, 122, 134), (125, 126, 140)):
        assert past[y, outside] == past[y, WIDTH - 1 - outside] == 1
        assert past[y, inside] == past[y, WIDTH - 1 - inside] == past[y, 96] == 0
    near = past[:, 46:146]
    assert not near[:52].any()  # above the shoulders
    assert not near[155:].any()  # below the hands, where skirts flare
    assert not bared("upper", 1.0).past.any()
    dress = bared("dress", 0.0).past[0, 0]
    assert (dress <= past).all()
    assert torch.equal(dress[:105], past[:105])
    assert past[140, 145] == 1
    assert dress[140, 145] == 0  # a skirt flares beside the hand
    assert not bared("lower", 0.0).past.any()
    points[..., 2] = 0.4
    assert not bared("upper", 0.0).past.any()


def test_a_skirt_below_an_arm_that_is_bent_stays_whole() -> None:
    """A hand on the hip and a forearm before the belly hang beside nothing."""
    for elbow, wrist in (((140, 95), (112, 124)), ((122, 98), (90, 100))):
        points = standing()
        for joint, (x, y) in (("elbow", elbow), ("wrist", wrist)):
            for side, sign in (("left", 1), ("right", -1)):
                points[0, LANDMARKS.index(f"{side}_{joint}"), 0] = 96 + sign * (x - 96)
                points[0, LANDMARKS.index(f"{side}_{joint}"), 1] = y
        past = limbs.bared(points, garment_of("dress", 0.5, 0.0), HEIGHT).past[0, 0]
        assert not past[126:].any()
        assert not past[:, 84:108].any()


def test_a_bared_arm_is_no_wider_than_an_arm() -> None:
    """Where an old sleeve was wider, on its outer side, no arm can be."""
    points = standing()
    bared = limbs.bared(points, garment_of("upper", 0.4, 0.0), HEIGHT)
    beside, must = bared.beside[0, 0], bared.must[0, 0]
    for y, arm, outside in ((100, 122, 138), (125, 126, 142)):
        assert beside[y, outside] == beside[y, WIDTH - 1 - outside] == 1
        assert beside[y, arm] == beside[y, WIDTH - 1 - arm] == beside[y, 96] == 0
    assert not (beside * must).any()
    assert not beside[:60, 46:146].any()  # beside the sleeves that it has
    for whole in (garment_of("upper", 1.0, 1.0), garment_of("lower", 0.0, 0.0)):
        assert not limbs.bared(points, whole, HEIGHT).beside.any()
    points[..., 2] = 0.4
    assert not limbs.bared(points, garment_of("upper", 0.4, 0.0), HEIGHT).beside.any()


def test_arms_are_inside_sleeves_down_to_their_cuffs() -> None:
    points = standing()

    def inside(category: str, *covered: float) -> torch.Tensor:
        return limbs.sleeved(points, garment_of(category, *covered), HEIGHT)[0, 0]

    whole, short = inside("upper", 1.0, 1.0), inside("dress", 0.5, 0.0)
    for y, arm in ((70, 119), (100, 126), (125, 129)):
        assert whole[y, arm] == whole[y, WIDTH - 1 - arm] == 1
        assert whole[y, 96] == whole[y, arm + 12] == 0
    assert (short <= whole).all()
    assert short[62:70, 110:118].any()
    assert not short[85:].any()
    assert not inside("upper", 0.2, 0.0).any()  # no sleeve, a shoulder
    assert not inside("lower", 1.0, 1.0).any()
    points[..., 2] = 0.4
    assert not inside("upper", 1.0, 1.0).any()


def test_long_sleeves_are_whole_where_they_reach_the_forearm() -> None:
    read = garment_of("upper", 0.9, 0.5)  # as a reader says it, never quite 1
    bared = limbs.bared(standing(), read, HEIGHT)
    assert not bared.must[0, 0, :110].any()
    assert bared.must[0, 0, 125:].any()


def test_legs_are_inside_pants_down_to_their_hems() -> None:
    points = standing()
    for covered, knees, shins in (((0.4, 0.0), False, False), ((1.0, 1.0), True, True)):
        legs, above = (
            m[0, 0] for m in limbs.in_pants(points, garment_of("lower", *covered), HEIGHT)
        )
        for x in (84, 108):
            assert legs[140, x] == above[140, x] == 1
            assert (bool(legs[180, x]), bool(legs[205, x])) == (knees, shins)
            assert (bool(above[180, x]), bool(above[205, x])) == (knees, shins)
        assert not legs[:120].any()
        assert not legs[:, :70].any()
        assert not legs[:, 122:].any()
    for other in (garment_of("upper", 1.0, 1.0), garment_of("dress", 1.0, 1.0)):
        assert not any(m.any() for m in limbs.in_pants(points, other, HEIGHT))
    skirt = dataclasses.replace(garment_of("lower", 1.0, 1.0), skirt=torch.ones(1))
    assert not any(m.any() for m in limbs.in_pants(points, skirt, HEIGHT))
    points[..., 2] = 0.4
    assert not limbs.in_pants(points, garment_of("lower", 1.0, 1.0), HEIGHT)[0].any()


def test_pants_lie_nowhere_far_beside_the_legs() -> None:
    points = standing()
    frame = bones.Frame.of(points)
    beside = limbs.beside_pants(points, garment_of("lower", 1.0, 1.0), HEIGHT)[0, 0]
    hip = frame.chains[0, 1, :, :2].mean(1)
    for side, outwards in enumerate((1, -1)):
        x, y = hip[side].tolist()
        for far, expected in ((0.2, 0), (0.6, 1)):
            place = int(x + outwards * far * float(frame.torso[0]))
            assert beside[int(y), place] == expected
    skirt = dataclasses.replace(garment_of("lower", 0.0, 0.0), skirt=torch.ones(1))
    for other in (skirt, garment_of("upper", 1.0, 1.0), garment_of("dress", 1.0, 1.0)):
        assert not limbs.beside_pants(points, other, HEIGHT).any()


def test_what_ships_obeys_what_is_known() -> None:
    """Whatever an untrained network says: bare arms are skin and no garment, pants hide legs, and
    below a short top the dress is the photograph's own."""
    net = TryOnNet().eval()
    lies = Turning(net.reader.traits)
    shipped = exported.ExportedTryOn(net, lies)
    points = standing()
    person = torch.rand(1, 3, HEIGHT, WIDTH, generator=pictures.torch_seeded(2))
    cloth = torch.ones(1, 4, HEIGHT, WIDTH) * torch.tensor([0.8, 0.4, 0.2, 1.0]).view(1, 4, 1, 1)

    def worn(category: str, covered: float, dressed_in: str) -> dict[str, torch.Tensor]:
        kind = garment_of(category, covered, covered)
        flat = torch.zeros(1, len(bones.POINTS), 2)
        net.reader.features = lambda cloth, category: (cloth, torch.zeros(1, lies.mean.numel()))
        net.reader.said = lambda features, category: (flat, kind)
        labels = torch.zeros(1, HEIGHT, WIDTH, dtype=torch.uint8)
        labels[:, 58:240, 60:132] = class_of(dressed_in)
        with torch.no_grad():
            made = shipped(person, cloth, labels, points, kind.category)
        return dict(zip(exported.OUTPUTS, made, strict=True))

    top = worn("upper", 0.0, "sweater")
    arm = limbs.bared(points, garment_of("upper", 0.0, 0.0), HEIGHT).must[0, 0] > 0
    arm[:, :60], arm[:, 132:] = False, False
    assert arm.sum() > 100
    assert top["cover"][0, 0][arm].max() == 0
    assert top["ground"][0, 0][arm].max() < 0.01
    pants = worn("lower", 1.0, "skirt")
    legs = limbs.in_pants(points, garment_of("lower", 1.0, 1.0), HEIGHT)[0][0, 0] > 0
    legs[240:] = False
    assert pants["replace"][0, 0][legs].min() == 1
    # What is seen of legs beside where their joints lie goes too; hands there, and the rest, stay.
    bare = worn("lower", 1.0, "skin")["replace"][0, 0] > 0.99
    _, clad = limbs.in_pants(points, garment_of("lower", 1.0, 1.0), HEIGHT)
    body = torch.full((1, HEIGHT, WIDTH), class_of("skin"))
    _, _, front = Body()(body, points, garment_of("lower", 1.0, 1.0).category, torch.ones(1))
    seen = torch.zeros(HEIGHT, WIDTH, dtype=torch.bool)
    seen[58:240, 60:132] = True
    thighs = seen & (clad[0, 0] > 0) & (front[0, 0] < 1)
    about = limbs.about_legs(points, HEIGHT)[0, 0] > 0
    assert (thighs & about & ~legs).sum() > 100
    assert bare[thighs & about].all()
    assert not bare[seen & (front[0, 0] > 0)].any()
    shade = torch.tensor([0.8, 0.4, 0.2]) * 0.75
    assert (pants["fill"][0][:, legs] - shade[:, None]).abs().max() < 1e-2
    assert pants["ground"][0, 0][legs].max() == 0
    dress = worn("upper", 0.0, "dress")
    below = shipped._under(points, dress["cover"])[0, 0] > 0
    assert (dress["replace"][0, 0][below] == 0).all()


def test_a_dress_shows_on_below_a_short_top() -> None:
    points = standing()
    cover = torch.zeros(1, 1, HEIGHT, WIDTH)
    cover[..., 60:110, 74:118] = 1
    net = TryOnNet()
    under = exported.ExportedTryOn(net, Turning(net.reader.traits))._under(points, cover)[0, 0]
    assert under[112:, 96].all()
    assert not under[:110, 96].any()  # where the top lies, and above it
    assert under[112:140, 78:114].all()
    assert not under[112, 127]  # a sleeve, which goes with the top
    assert not under[90, 120]  # beside the top, above the midriff


def test_where_a_garment_that_was_put_on_ends_is_known_over_the_old_one(
    made: Pairs, garments: photographed.Garments
) -> None:
    rng = pictures.torch_seeded(0)
    batch = data.batch(made, torch.arange(len(made)), data.FIXED, rng)
    tops = torch.nonzero(made.category == CATEGORIES.index("upper"))[:, 0]
    short = dataclasses.replace(
        garments, folded=torch.tensor([name != "shirt.png" for name in garments.names])
    )
    body = Body()
    net = torch.nn.Module()
    net.body = body
    worn = pasting.paste(body, batch, short, 1.0, data.FIXED, rng)
    assert (worn.laid[tops] == 1).all()
    assert (batch.laid == 0).all()
    surely = limbs.bared(worn.points, worn.garment, HEIGHT).must
    for own, known_there in ((worn, True), (batch, False)):
        seen = data.Sight(own.person, own.labels, own.points, own.mask)
        hidden = train.hide(net, own, seen, True, pictures.torch_seeded(1))
        over = (hidden.was * (1 - own.mask) > 0)[tops]
        assert over.any()
        assert (hidden.ignore[tops][over] == 1).all()  # what is seen there is another garment
        assert ((hidden.unsure[tops][over] < 1).float().mean() > 0.5) == known_there
        if known_there:  # the forearms, which long sleeves covered, lie before the shirt
            before = (surely * hidden.was)[tops] > 0
            assert before.sum() > 100
            assert not own.mask[tops][before].any()
            assert not hidden.unsure[tops][before].any()


def test_the_recipe_learns_from_photographs_too(
    made_pack: Path,
    tmp_path: Path,
    garments: photographed.Garments,
    run_main: Callable[..., None],
) -> None:
    assert len(garments) > 0
    pack, run = tmp_path / "garments.npz", tmp_path / "run"
    run_main(
        train.main,
        made_pack,
        run,
        "--plan",
        "64:1,128:1,256:1",
        "--device",
        "cpu",
        "--garments",
        pack,
        "--parser",
        PARSER,
    )
    assert torch.load(run / "state.pt", weights_only=True)["step"] == 3


def test_the_marks_of_the_project_are_whole() -> None:
    marks = json.loads(photographed.MARKS.read_text("utf-8"))
    assert len(marks) > 200
    for name, mark in marks.items():
        points, covered, _ = photographed.joints(mark, (240, 320))
        assert np.isfinite(points).all(), name
        assert points[0, 0] > points[1, 0], name
        assert 0 <= covered.min() <= covered.max() <= 1, name
        front = np.array(mark.get("front", [[0, 0], [1, 1]]))
        assert front.shape[1] == 2, name
        assert front[0, 0] < front[-1, 0], name


def test_where_an_old_garment_goes_limbs_are_skin_and_the_rest_lies_behind(made: Pairs) -> None:
    """Someone in a skirt or pants that are taken off, and nothing put on."""
    rows = torch.nonzero(made.category == CATEGORIES.index("lower"))[:, 0]
    batch = data.batch(made, rows, data.FIXED, pictures.torch_seeded(0))
    naked = dataclasses.replace(batch, mask=torch.zeros_like(batch.mask))
    body, reach = Body(), torch.ones(len(rows))
    _, old, _ = body(batch.labels, batch.points, batch.category, reach)
    skin, clothes, beside = revealing.revealed(body, naked, old)
    assert float((skin * beside + clothes * beside + skin * clothes).sum()) == 0
    assert float((skin * (1 - batch.mask)).mean()) < 0.01  # only where the garment was
    frame = bones.Frame.of(batch.points)
    thighs = frame.chains[:, 1, :, :2].mean(2)
    for row in range(len(rows)):
        for x, y in thighs[row].tolist():
            assert skin[row, 0, int(y), int(x)] == 1
    right = torch.zeros(1, 4, 2, 2)
    right[:, LAYERS.index("skin")] = 9
    ones = torch.ones(1, 1, 2, 2)
    none = 0 * ones
    assert revealing.loss(right, ones, none, none) < revealing.loss(right, none, ones, none)
    assert revealing.loss(right, ones, none, none) < revealing.loss(right, none, none, ones)


def test_under_a_coat_that_goes_are_the_clothes_worn_on_the_legs(made: Pairs) -> None:
    rows = torch.nonzero(made.category == CATEGORIES.index("upper"))[:, 0]
    batch = data.batch(made, rows, data.FIXED, pictures.torch_seeded(0))
    coated = dataclasses.replace(batch, mask=torch.zeros_like(batch.mask))
    coat = torch.ones_like(batch.mask)
    _, clothes, _ = revealing.revealed(Body(), coated, coat)
    thighs = bones.Frame.of(batch.points).chains[:, 1, :, :2].mean(2)
    inside = (thighs > 0).all(-1) & (thighs < torch.tensor([WIDTH, HEIGHT])).all(-1)
    assert inside.any()
    for row, side in torch.nonzero(inside).tolist():
        x, y = thighs[row, side].long().tolist()
        assert clothes[row, 0, y, x] == 1
    nothing_on = dataclasses.replace(coated, labels=torch.ones_like(batch.labels))
    assert not revealing.revealed(Body(), nothing_on, coat)[1].any()
