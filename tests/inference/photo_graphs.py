"""Tiny real graphs of the packs that look at photographs: parser, cut-out and try-on."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto, helper

from app.domain.framing import LANDMARKS
from app.domain.palette import Palette
from tests.inference.graphs import FRAME, const, model

_FLOAT = TensorProto.FLOAT


def parser(palette: Palette, *, frame: tuple[int, int] = FRAME) -> bytes:
    """Every pixel is of the class whose palette colour is nearest to its own.

    Landmark n is the centre of mass of class n + 1; it is sure when that class covers a pixel.
    """
    height, width = frame
    classes = len(palette)
    colors = palette.colors.astype(np.float32) / 255
    slope = 400 * colors[:, :, None, None]
    offset = -200 * (colors**2).sum(1)
    rows, columns = np.mgrid[:height, :width].astype(np.float32) + np.float32(0.5)
    places = np.stack([columns, rows]).reshape(2, -1).T
    nodes = [
        helper.make_node("Conv", ["photo", "slope", "offset"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
        helper.make_node("Slice", ["probabilities", "from", "to", "axis"], ["chosen"]),
        helper.make_node("Reshape", ["chosen", "flat"], ["weights"]),
        helper.make_node("ReduceSum", ["weights", "last"], ["mass"]),
        helper.make_node("Add", ["mass", "little"], ["safe"]),
        helper.make_node("MatMul", ["weights", "places"], ["moments"]),
        helper.make_node("Div", ["moments", "safe"], ["centres"]),
        helper.make_node("Clip", ["mass", "none", "one"], ["sure"]),
        helper.make_node("Concat", ["centres", "sure"], ["landmarks"], axis=2),
    ]
    values = [
        const("slope", slope, np.float32),
        const("offset", offset, np.float32),
        const("from", [1], np.int64),
        const("to", [1 + len(LANDMARKS)], np.int64),
        const("axis", [1], np.int64),
        const("flat", [1, len(LANDMARKS), height * width], np.int64),
        const("last", [2], np.int64),
        const("little", 1e-6, np.float32),
        const("places", places, np.float32),
        const("none", 0, np.float32),
        const("one", 1, np.float32),
    ]
    return model(
        nodes,
        {"photo": (_FLOAT, [1, 3, *frame])},
        {
            "probabilities": (_FLOAT, [1, classes, *frame]),
            "landmarks": (_FLOAT, [1, len(LANDMARKS), 3]),
        },
        values,
    )


def cutout(*, frame: tuple[int, int] = FRAME, category: int = 0) -> bytes:
    """What is not white is the garment, and it is of this category."""
    nodes = [
        helper.make_node("ReduceMin", ["photo"], ["dark"], axes=[1]),
        helper.make_node("Sub", ["one", "dark"], ["off"]),
        helper.make_node("Mul", ["off", "gain"], ["loud"]),
        helper.make_node("Clip", ["loud", "none", "one"], ["mask"]),
        helper.make_node("ReduceMean", ["off"], ["mean"], axes=[2, 3], keepdims=0),
        helper.make_node("Mul", ["mean", "none"], ["nothing"]),
        helper.make_node("Add", ["logits", "nothing"], ["live"]),
        helper.make_node("Softmax", ["live"], ["category"], axis=1),
    ]
    values = [
        const("one", 1, np.float32),
        const("none", 0, np.float32),
        const("gain", 4, np.float32),
        const("logits", 6 * np.eye(4)[category : category + 1], np.float32),
    ]
    return model(
        nodes,
        {"photo": (_FLOAT, [1, 3, *frame])},
        {"mask": (_FLOAT, [1, 1, *frame]), "category": (_FLOAT, [1, 4])},
        values,
    )


def tryon(*, frame: tuple[int, int] = FRAME, keeps: int | None = None) -> bytes:
    """The cloth is laid over the person where it is; what else the label map calls a class that
    is neither ground nor skin is replaced by the person's mean colour, and all of it is ground. Or
    the class ``keeps`` stays, and all that is replaced is clothes.
    A cloth of which nothing lies in the upper sixth is taken to need a quarter clockwise."""
    height, width = frame
    ys = (np.arange(height) + 0.5) / height * 2 - 1
    xs = (np.arange(width) + 0.5) / width * 2 - 1
    grid = np.stack(np.broadcast_arrays(xs[None, :], ys[:, None]))[None]
    nodes = [
        helper.make_node("Slice", ["cloth", "three", "four", "axis"], ["cover"]),
        helper.make_node("Slice", ["cloth", "zero", "three", "axis"], ["colors"]),
        helper.make_node("Cast", ["labels"], ["index"], to=TensorProto.INT64),
        helper.make_node("Greater", ["index", "bare_class"], ["worn"]),
        helper.make_node("Equal", ["index", "keeps"], ["kept"]),
        helper.make_node("Not", ["kept"], ["other"]),
        helper.make_node("And", ["worn", "other"], ["goes"]),
        helper.make_node("Cast", ["goes"], ["plane"], to=_FLOAT),
        helper.make_node("Unsqueeze", ["plane", "axis"], ["old"]),
        helper.make_node("Sub", ["one", "cover"], ["bare"]),
        helper.make_node("Mul", ["old", "bare"], ["replace"]),
        helper.make_node("ReduceMean", ["person"], ["mean"], axes=[2, 3]),
        helper.make_node("Expand", ["mean", "shape"], ["fill"]),
        helper.make_node("Sub", ["fill", "person"], ["change"]),
        helper.make_node("Mul", ["change", "replace"], ["patch"]),
        helper.make_node("Mul", ["replace", "floor"], ["ground"]),
        helper.make_node("Sub", ["replace", "ground"], ["clothes"]),
        helper.make_node("Mul", ["replace", "none"], ["skin"]),
        helper.make_node("Add", ["person", "patch"], ["stripped"]),
        helper.make_node("Sub", ["colors", "stripped"], ["lift"]),
        helper.make_node("Mul", ["lift", "cover"], ["dress"]),
        helper.make_node("Add", ["stripped", "dress"], ["outcome"]),
        helper.make_node("ReduceMean", ["landmarks"], ["l"], keepdims=0),
        helper.make_node("ReduceMean", ["category"], ["c"], keepdims=0),
        helper.make_node("Add", ["l", "c"], ["rest"]),
        helper.make_node("Mul", ["rest", "none"], ["nothing"]),
        helper.make_node("Add", ["grid", "nothing"], ["flow"]),
        helper.make_node("Slice", ["cover", "zero", "sixth", "rows"], ["upper"]),
        helper.make_node("ReduceMax", ["upper"], ["high"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Unsqueeze", ["high", "axis"], ["stands"]),
        helper.make_node("Sub", ["whole", "stands"], ["lies"]),
        helper.make_node("Concat", ["stands", "lies", "never", "never"], ["quarters"], axis=1),
    ]
    values = [
        const("sixth", [height // 6], np.int64),
        const("rows", [2], np.int64),
        const("whole", [[1]], np.float32),
        const("never", [[0]], np.float32),
        const("zero", [0], np.int64),
        const("three", [3], np.int64),
        const("four", [4], np.int64),
        const("axis", [1], np.int64),
        const("bare_class", 1, np.int64),
        const("keeps", -1 if keeps is None else keeps, np.int64),
        const("floor", float(keeps is None), np.float32),
        const("one", 1, np.float32),
        const("none", 0, np.float32),
        const("shape", [1, 3, *frame], np.int64),
        const("grid", grid, np.float32),
    ]
    planes = [1, 3, *frame]
    return model(
        nodes,
        {
            "person": (_FLOAT, planes),
            "cloth": (_FLOAT, [1, 4, *frame]),
            "labels": (TensorProto.UINT8, [1, *frame]),
            "landmarks": (_FLOAT, [1, len(LANDMARKS), 3]),
            "category": (_FLOAT, [1, 3]),
        },
        {
            "outcome": (_FLOAT, planes),
            "flow": (_FLOAT, [1, 2, *frame]),
            "cover": (_FLOAT, [1, 1, *frame]),
            "replace": (_FLOAT, [1, 1, *frame]),
            "fill": (_FLOAT, planes),
            "ground": (_FLOAT, [1, 1, *frame]),
            "clothes": (_FLOAT, [1, 1, *frame]),
            "skin": (_FLOAT, [1, 1, *frame]),
            "quarters": (_FLOAT, [1, 4]),
        },
        values,
    )
