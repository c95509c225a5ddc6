"""The recipe from photographs to a pack the application loads, on drawn figures."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the recipe needs the extra `training`")

from models.training import efficientnet, figures, loop, packing, palette  # noqa: E402
from models.training.garment import (  # noqa: E402
    checkpoint,
    evaluate,
    export,
    losses,
    networks,
    train,
)

CPU = torch.device("cpu")


def test_every_source_label_has_one_class(drawn_data: Path) -> None:
    names = (drawn_data / "ccp" / "label_names.txt").read_text("utf-8").split()
    table = palette.grouping(names)
    assert len(names) == 59
    assert set(table[:59]) == set(range(palette.COUNT))
    with pytest.raises(ValueError, match="without a class"):
        palette.grouping([*names, "spacesuit"])


def test_crops_keep_picture_and_labels_together(drawn_pack: Path) -> None:
    data = figures.load(drawn_pack, True, CPU)
    rng = torch.Generator().manual_seed(0)
    rows = torch.arange(6)
    picture, labels = figures.crops(data, rows, 64, 48, figures.Augment(recolor=0), rng)
    assert picture.shape == (6, 3, 64, 48)
    assert labels.shape == (6, 64, 48)
    assert float(picture[(labels == 0)[:, None].expand_as(picture)].min()) == 1.0
    # Inside a class the drawn colour is one: the picture must be nearly flat there.
    for b in range(6):
        blouse = palette.CLASSES.index(next(c for c in palette.CLASSES if c.key == "blouse"))
        inside = labels[b] == blouse
        if int(inside.sum()) > 200:
            assert float(picture[b][:, inside].std(1).median()) < 0.2


def test_same_seed_same_crops(drawn_pack: Path) -> None:
    data = figures.load(drawn_pack, True, CPU)
    rows = torch.arange(4)
    one, two = (
        figures.crops(data, rows, 64, 48, figures.Augment(), torch.Generator().manual_seed(4))
        for _ in range(2)
    )
    assert torch.equal(one[0], two[0])
    assert torch.equal(one[1], two[1])


def test_codes_of_one_class_colour_that_class() -> None:
    torch.manual_seed(0)
    generator = networks.Generator().eval()
    labels = torch.zeros(1, 64, 48, dtype=torch.int64)
    labels[:, 8:30, 8:40], labels[:, 34:60, 8:40] = 7, 16
    hot = networks.one_hot(labels)
    codes = torch.zeros(1, networks.CLASSES, networks.STYLE)
    changed = codes.clone()
    changed[0, 16] = 2.0
    with torch.no_grad():
        difference = (generator(hot, changed) - generator(hot, codes)).abs().mean(1)
    assert float(difference[labels == 16].mean()) > 0
    assert float(difference[labels == 0].max()) == 0
    assert float(difference[labels == 7].mean()) < 0.1 * float(difference[labels == 16].mean())


def test_the_discriminator_judges_what_a_frozen_network_sees() -> None:
    torch.manual_seed(0)
    eyes = efficientnet.frozen("lite0", networks.SEEN_AFTER[-1] + 1)
    judge = networks.Discriminator()
    picture = torch.rand(2, 3, 64, 48, requires_grad=True)
    labels = torch.zeros(2, 64, 48, dtype=torch.int64)
    scores = judge(eyes(picture, networks.SEEN_AFTER), networks.one_hot(labels))
    assert [tuple(s.shape) for s in scores] == [
        (2, 1, 16, 12), (2, 1, 16, 12), (2, 1, 8, 6), (2, 1, 4, 3), (2, 1, 2, 2),
    ]  # fmt: skip
    losses.generator_hinge(scores).backward()
    assert picture.grad is not None
    assert float(picture.grad.abs().max()) > 0
    assert all(p.grad is None for p in eyes.parameters())
    other = judge(eyes(picture, networks.SEEN_AFTER), networks.one_hot(labels + 7))
    assert not torch.allclose(scores[3], other[3])


def test_exchanged_codes_are_of_classes_that_both_pictures_show() -> None:
    codes = torch.arange(8.0).view(8, 1, 1).expand(-1, networks.CLASSES, networks.STYLE)
    present = torch.ones(8, networks.CLASSES)
    present[0, 5] = 0
    mixed = train.Trainer._exchanged(codes, present)
    assert torch.equal(mixed[:6], codes[:6])
    assert mixed[6, 4, 0] == 0
    assert mixed[6, 5, 0] == 6
    assert mixed[7, 5, 0] == 1


def test_plan_names_height_and_progress() -> None:
    plan = loop.Plan.parse("64:10,128:5")
    assert plan.total == 15
    assert plan.at(0) == (64, 0)
    assert plan.at(12) == (128, 2)
    assert plan.at(40) == (128, 30)


@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")  # shapes are meant to be fixed
def test_train_stop_resume_export_evaluate(
    drawn_pack: Path, tmp_path: Path, run_main: Callable[..., None]
) -> None:
    run, target = tmp_path / "run", tmp_path / "garment-spade"
    run_main(train.main, drawn_pack, run, "--plan", "64:3,128:1", "--device", "cpu")
    first = checkpoint.create(CPU, 0)
    checkpoint.restore(first, run / "state.pt")
    assert first.step == 4
    assert {"l1", "d_real", "d_fake", "d_seg", "kl", "style"} <= set(first.log[0])
    assert (run / "losses.png").stat().st_size > 1000
    assert (run / "samples.jpg").stat().st_size > 1000
    run_main(train.main, drawn_pack, run, "--plan", "64:3,128:1,256:1", "--device", "cpu")
    again = checkpoint.create(CPU, 0)
    checkpoint.restore(again, run / "state.pt")
    assert again.step == 5
    assert [e["step"] for e in again.log] == [1, 2, 3, 4, 5]
    assert again.seconds > first.seconds

    run_main(export.main, drawn_pack, run, "-o", target)
    pack = json.loads((target / "pack.json").read_text("utf-8"))
    assert [entry["key"] for entry in pack["palette"]] == [c.key for c in palette.CLASSES]
    fresh = checkpoint.create(CPU, 0)
    checkpoint.start_from(fresh, run / "weights.pt")
    assert fresh.step == 5

    from app.inference.packs import load_pack

    assert load_pack(target).palette[7].key == "blouse"

    run_main(evaluate.main, drawn_pack, target, run)
    found = json.loads((run / "figures.json").read_text("utf-8"))
    assert found["pictures"] == 12
    assert np.isfinite(found["colour_delta_e2000_median"])
    assert found["fed"]["64x48"]["flat"] >= 0
    assert (run / "sheet.jpg").stat().st_size > 1000


def test_export_draws_what_training_drew() -> None:
    torch.manual_seed(1)
    generator = networks.Generator().eval()
    with torch.no_grad():
        for value in generator.parameters():
            value.add_(torch.randn_like(value) * 0.05)
        labels = torch.randint(0, networks.CLASSES, (1, 256, 192)).byte()
        codes = torch.randn(1, networks.CLASSES, networks.STYLE)
        trained = (generator(networks.one_hot(labels), codes) + 1) / 2
        shipped = export.ExportedGenerator(generator)(labels, codes)
    assert float(trained.std()) > 0.1
    skin = (labels == 1)[:, None].expand_as(trained)
    gap = (trained.clamp(0, 1) - shipped).abs()
    assert float(gap[~skin].max()) < 1e-4
    # Skin keeps its colour and loses its detail.
    assert abs(float(trained[skin].mean() - shipped[skin].mean())) < 0.05
    assert float(shipped[skin].std()) < float(trained[skin].clamp(0, 1).std())


def test_graphs_are_folded_and_keep_their_weights(tmp_path: Path) -> None:
    """Sizes and indices are computed once, equal nodes merged; pictures stay the same."""
    import onnx

    class Net(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = torch.nn.Conv2d(3, 4, 3, padding=1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y = self.net(x)
            half = [y.shape[2] // 2, y.shape[3] // 2]
            twice = [torch.nn.functional.interpolate(y, size=half) for _ in range(2)]
            return twice[0][:, :, None] + twice[1][:, :, None]

    path = tmp_path / "net.onnx"
    gap = packing.write_graph(Net(), {"x": torch.rand(1, 3, 8, 6)}, ["y"], path, half=True)
    assert gap < 1e-5
    kinds = [node.op_type for node in onnx.load(str(path)).graph.node]
    assert kinds.count("Resize") == 1
    assert "Shape" not in kinds
    assert {*packing.weights_of(path)} == {"weight", "bias"}
