"""The palette of Toile's packs: 59 labels of Clothing Co-Parsing grouped into 26 classes.

This is the only place where the grouping is written down. The application reads palette and
names from the pack that a recipe exports, so a pack with another palette needs no new program.

Grouping rule: garments a designer would draw differently stay apart (coat, blazer, cardigan);
what differs only by wearing or is seen in too few photographs is joined (pumps, boots and sandals
are footwear). ``group`` joins classes further, for measures that do not care whether an upper
garment is called a blouse or a shirt.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class TrainingClass:
    """One class: key, names by language, display colour, group and the source labels it joins."""

    key: str
    names: tuple[str, str, str]
    color: str
    group: str
    sources: tuple[str, ...]


CLASSES: tuple[TrainingClass, ...] = (
    TrainingClass("ground", ("Ground", "背景", "背景"), "#ffffff", "ground", ("null",)),
    TrainingClass("skin", ("Skin", "皮肤", "肌"), "#f2c7a5", "skin", ("skin",)),
    TrainingClass("hair", ("Hair", "头发", "髪"), "#6b4a35", "hair", ("hair",)),
    TrainingClass("hat", ("Hat", "帽子", "帽子"), "#b08a2e", "accessory", ("hat",)),
    TrainingClass(
        "glasses", ("Glasses", "眼镜", "眼鏡"), "#3d4752", "accessory", ("glasses", "sunglasses")
    ),
    TrainingClass(
        "top",
        ("Top", "上装", "トップス"),
        "#e4572e",
        "upper",
        ("top", "bodysuit", "bra", "intimate", "swimwear"),
    ),
    TrainingClass("t-shirt", ("T-shirt", "T恤", "Tシャツ"), "#f4a259", "upper", ("t-shirt",)),
    TrainingClass("blouse", ("Blouse", "女式衬衫", "ブラウス"), "#f28fad", "upper", ("blouse",)),
    TrainingClass("shirt", ("Shirt", "衬衫", "シャツ"), "#5bc0be", "upper", ("shirt",)),
    TrainingClass(
        "sweater",
        ("Sweater", "毛衣", "セーター"),
        "#c44569",
        "upper",
        ("sweater", "jumper", "sweatshirt", "hoodie"),
    ),
    TrainingClass(
        "cardigan", ("Cardigan", "开衫", "カーディガン"), "#9b5de5", "upper", ("cardigan",)
    ),
    TrainingClass("jacket", ("Jacket", "夹克", "ジャケット"), "#3a7d44", "upper", ("jacket",)),
    TrainingClass(
        "blazer", ("Blazer", "西装外套", "ブレザー"), "#2a9d8f", "upper", ("blazer", "suit")
    ),
    TrainingClass("coat", ("Coat", "大衣", "コート"), "#8d6a9f", "upper", ("coat", "cape")),
    TrainingClass("vest", ("Vest", "背心", "ベスト"), "#a7c957", "upper", ("vest",)),
    TrainingClass(
        "dress", ("Dress", "连衣裙", "ワンピース"), "#e63973", "dress", ("dress", "romper")
    ),
    TrainingClass("skirt", ("Skirt", "半身裙", "スカート"), "#ffd166", "lower", ("skirt",)),
    TrainingClass("pants", ("Pants", "长裤", "パンツ"), "#577590", "lower", ("pants",)),
    TrainingClass("jeans", ("Jeans", "牛仔裤", "ジーンズ"), "#2f6fde", "lower", ("jeans",)),
    TrainingClass(
        "shorts", ("Shorts", "短裤", "ショートパンツ"), "#6a994e", "lower", ("shorts", "panties")
    ),
    TrainingClass(
        "legwear",
        ("Legwear", "袜裤", "レッグウェア"),
        "#b8a9c9",
        "legwear",
        ("leggings", "socks", "stockings", "tights"),
    ),
    TrainingClass(
        "footwear",
        ("Footwear", "鞋", "靴"),
        "#8c3b2a",
        "footwear",
        (
            "shoes",
            "boots",
            "clogs",
            "flats",
            "heels",
            "loafers",
            "pumps",
            "sandals",
            "sneakers",
            "wedges",
        ),
    ),
    TrainingClass("bag", ("Bag", "包", "バッグ"), "#bc6c25", "bag", ("bag", "purse", "wallet")),
    TrainingClass("belt", ("Belt", "腰带", "ベルト"), "#283618", "accessory", ("belt",)),
    TrainingClass("scarf", ("Scarf", "围巾", "スカーフ"), "#00a6d6", "accessory", ("scarf", "tie")),
    TrainingClass(
        "accessories",
        ("Accessories", "配饰", "アクセサリー"),
        "#d4a017",
        "accessory",
        ("accessories", "bracelet", "earrings", "gloves", "necklace", "ring", "watch"),
    ),
)

COUNT = len(CLASSES)


def grouping(label_names: list[str]) -> npt.NDArray[np.uint8]:
    """Table (256,) uint8 from a source label to a class.

    Raises ValueError if a source label belongs to no class or to two.
    """
    table = np.zeros(256, np.uint8)
    seen: set[str] = set()
    for index, entry in enumerate(CLASSES):
        for source in entry.sources:
            if source in seen:
                raise ValueError(f"label {source!r} stands in two classes")
            seen.add(source)
            table[label_names.index(source)] = index
    missing = set(label_names) - seen
    if missing:
        raise ValueError(f"labels without a class: {sorted(missing)}")
    return table


def colors() -> npt.NDArray[np.uint8]:
    """Display colours (COUNT, 3) uint8 RGB."""
    return np.array([[int(c.color[i : i + 2], 16) for i in (1, 3, 5)] for c in CLASSES], np.uint8)


def pack_entries() -> list[dict[str, object]]:
    """The palette as ``pack.json`` stores it."""
    return [
        {
            "key": entry.key,
            "names": dict(zip(("en", "zh", "ja"), entry.names, strict=True)),
            "color": entry.color,
            "group": entry.group,
        }
        for entry in CLASSES
    ]
