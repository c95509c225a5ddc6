"""From folders, names and tables to pairs, and from a template to names that no system refuses."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.batch.names import Taken, check_template, filled, safe
from app.domain.batch.order import Order, OrderError
from app.domain.batch.plan import in_good_order, name_items, plan
from app.domain.batch.table import TableError
from tests.domain.batch_made import made_order, picture


def pairs(order: Order) -> list[tuple[str, str, str | None]]:
    return [(person.name, cloth.name, category) for person, cloth, category in plan(order).pairs]


def table(folder: Path, text: str | bytes, **changed: object) -> Order:
    path = folder / "pairs.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return made_order(folder, pairing="table", table=path, **changed)


def test_all_pairs_everyone_with_everything(tmp_path: Path) -> None:
    made = plan(made_order(tmp_path, 3, 2, category="dress"))
    assert (made.people, made.cloths, len(made.pairs)) == (3, 2, 6)
    assert pairs(made.order)[:3] == [
        ("p000.png", "c000.png", "dress"),
        ("p000.png", "c001.png", "dress"),
        ("p001.png", "c000.png", "dress"),
    ]
    assert not (tmp_path / "out").exists()


def test_one_photo_stands_for_a_folder(tmp_path: Path) -> None:
    order = made_order(tmp_path, 3, 2, people=tmp_path / "people" / "p001.png")
    assert [pair[0] for pair in pairs(order)] == ["p001.png"] * 2


def test_same_names_pair_whatever_their_endings_and_accents(tmp_path: Path) -> None:
    order = made_order(tmp_path, 1, 1, pairing="name")
    picture(tmp_path / "people" / "Re\u0301ka.JPG", (1, 2, 3))
    picture(tmp_path / "cloths" / "r\u00e9ka.png", (1, 2, 3))
    made = plan(order)
    assert [(one.name, two.name) for one, two, _ in made.pairs] == [
        ("Re\u0301ka.JPG", "r\u00e9ka.png")
    ]
    assert made.notices == (
        "1 of 2 people have no partner of the same name.",
        "1 of 2 cloths have no partner of the same name.",
    )


def test_files_that_are_no_pictures_are_passed_over_and_told(tmp_path: Path) -> None:
    order = made_order(tmp_path, 1, 1)
    (tmp_path / "people" / "notes.txt").write_text("x")
    (tmp_path / "people" / ".hidden.png").write_text("x")
    (tmp_path / "people" / "inner.png").mkdir()
    made = plan(order)
    assert len(made.pairs) == 1
    assert made.notices == (
        "1 file is passed over in people: no picture of a kind that Toile reads.",
    )


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"people": Path("nowhere")}, "no folder of people"),
        ({"pairing": "name"}, "No person and cloth have the same name"),
        ({"pairing": "table"}, "no table"),
        ({"pairing": "table", "table": Path("nowhere.csv")}, "no such file"),
        ({"template": "{persn}"}, "knows no {persn}"),
        ({"template": "{person"}, "brace"),
        ({"template": "{person!r}"}, "knows no"),
        ({"template": "same"}, "same name"),
        ({"template": "{n}/{person}"}, "cannot have"),
    ],
)
def test_what_will_not_do_is_said(changed: dict, words: str, tmp_path: Path) -> None:
    with pytest.raises(OrderError, match=words.replace("{", r"\{")):
        plan(made_order(tmp_path, **changed))


def test_an_empty_folder_and_outcomes_among_the_inputs_are_refused(tmp_path: Path) -> None:
    order = made_order(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(OrderError, match="no pictures in the folder of cloths"):
        plan(made_order(tmp_path, cloths=tmp_path / "empty"))
    for side in ("people", "cloths"):
        with pytest.raises(OrderError, match=f"among the {side}"):
            plan(made_order(tmp_path, out=tmp_path / side))
    assert len(plan(order).pairs) == 6


def test_too_many_pairs_are_refused_before_they_are_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.domain.batch.plan.MOST", 5)
    with pytest.raises(OrderError, match="6 pairs; one batch has at most 5"):
        plan(made_order(tmp_path))


# Tables


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_table_gives_pairs_and_categories(mark: str, tmp_path: Path) -> None:
    lines = ["\ufeffPerson,Cloth,Category", "p000.png,c001,", "", "# later: p002,c000",
             '"P001.PNG",c000.png,LOWER', "p000,c001", "p002,c000,auto"]  # fmt: skip
    order = table(tmp_path, "\r\n".join(lines).replace(",", mark), category="dress")
    assert pairs(order) == [
        ("p000.png", "c001.png", "dress"),
        ("p001.png", "c000.png", "lower"),
        ("p002.png", "c000.png", "dress"),
    ]


def test_a_table_may_name_files_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = picture(tmp_path / "other" / "x.png", (1, 2, 3))
    assert pairs(table(tmp_path, f"{other},c000")) == [("x.png", "c000.png", None)]
    picture(tmp_path / "people" / "sub" / "y.png", (1, 2, 3))
    monkeypatch.chdir(tmp_path)
    order = table(tmp_path, "sub/y.png,c000", people=Path("people"))
    (person, _, _) = plan(order).pairs[0]
    assert person == tmp_path / "people" / "sub" / "y.png"  # from wherever the batch is resumed


def test_names_that_differ_in_capitals_or_accents_alone(tmp_path: Path) -> None:
    for name in ("IMG_1.PNG", "IMG_1.png", "#12.png", unicodedata.normalize("NFD", "Müller.png")):
        picture(tmp_path / "people" / name, (1, 2, 3))
    text = "IMG_1.PNG,c000\nIMG_1.png,c000\n#12.png,c001\nMüller,c001\n# a remark\n"
    people = [pair[0] for pair in pairs(table(tmp_path, text))]
    if len({path.name for path in (tmp_path / "people").glob("IMG*")}) == 2:
        assert people[:2] == ["IMG_1.PNG", "IMG_1.png"]
    assert people[-2] == "#12.png"
    assert unicodedata.normalize("NFC", people[-1]) == "Müller.png"
    assert len(people) in (3, 4)
    with pytest.raises(TableError, match="write the whole name"):
        pairs(table(tmp_path, "img_1,c000\n"))


def test_a_file_that_cannot_be_looked_at_is_an_item_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = made_order(tmp_path, 2, 1)
    real = Path.is_file

    def is_file(self: Path) -> bool:
        if self.name == "p001.png":
            raise PermissionError(13, "Permission denied")
        return real(self)

    monkeypatch.setattr(Path, "is_file", is_file)
    assert [pair[0].name for pair in plan(order).pairs] == ["p000.png", "p001.png"]

    def closed(self: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "is_dir", closed)
    with pytest.raises(OrderError, match="folder of people cannot be read: you may not read it"):
        plan(order)


def test_every_faulty_line_is_told_with_its_number(tmp_path: Path) -> None:
    order = made_order(tmp_path)
    picture(tmp_path / "people" / "p000.jpg", (1, 2, 3))
    text = "p009,c000\np001,c000\np001\np001,c000,hat\np001,c000,upper,x\np000,c000\np001,\n"
    with pytest.raises(TableError) as caught:
        plan(table(tmp_path, text, template=order.template))
    assert caught.value.faults == [
        "Line 1: there is no person 'p009' in people.",
        "Line 3: a person or a cloth is missing. A line is: person,cloth or person,cloth,category.",
        "Line 4: there is no category 'hat'; use upper, lower, dress or auto.",
        "Line 5: there are 4 columns. A line is: person,cloth or person,cloth,category.",
        "Line 6: p000 may be p000.jpg and p000.png; write the whole name.",
        "Line 7: a person or a cloth is missing. A line is: person,cloth or person,cloth,category.",
    ]
    assert "has 6 faults" in str(caught.value)
    assert "Line 3" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"p000,c\xff\xfe", "UTF-8"),
        (b"person,cloth\n", "no pairs"),
        (b"\n\n", "no pairs"),
        (b"", "empty"),
        (b'"p000,c000\np001,c000', "fault"),
        (b"p000,c\x00000", "fault"),
    ],
)
def test_files_that_are_no_table_are_refused(text: bytes, words: str, tmp_path: Path) -> None:
    with pytest.raises(OrderError, match=words):
        plan(table(tmp_path, text))


# Names


def test_names_are_filled_and_numbered_where_they_meet(tmp_path: Path) -> None:
    order = made_order(tmp_path, 2, 2, template="{cloth} ({category}) {n}", category="upper")
    names = [item.outcome for item in name_items(order, plan(order).pairs, Taken([]), 9)]
    assert names[0] == "c000 (upper) 0009.png"
    order = made_order(tmp_path, 2, 2, template="{person}", kind="webp")
    taken = Taken(["P001.WEBP"])
    names = [item.outcome for item in name_items(order, plan(order).pairs, taken)]
    assert names == ["p000.webp", "p000 (2).webp", "p001 (2).webp", "p001 (3).webp"]


def test_names_that_differ_in_case_or_accents_alone_count_as_one() -> None:
    taken = Taken([])
    given_names = [taken.give(stem, ".png") for stem in ("Ré", "re\u0301", "RÉ", "ré (2)")]
    assert given_names == ["Ré.png", "re\u0301 (2).png", "RÉ (3).png", "ré (2) (2).png"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("CON", "_CON"),
        ("lpt1.old", "_lpt1.old"),
        ("console", "console"),
        ("a. . ", "a"),
        ("...", "outcome"),
        (".hidden", "_.hidden"),
        ('a<b>:"c|?*', "a_b___c___"),
        ("人×服", "人×服"),
    ],
)
def test_names_that_windows_refuses_are_changed(text: str, name: str) -> None:
    assert safe(text) == name


@given(st.text(), st.text())
def test_any_name_is_safe(person: str, cloth: str) -> None:
    person, cloth = (text.encode("utf-8", "ignore").decode() for text in (person, cloth))
    name = filled("{person}_{cloth}", person=person, cloth=cloth, n=1, category="auto")
    assert name
    assert len(name.encode()) <= 202
    assert name == name.strip()
    assert not name.endswith(".")
    assert not set(name) & set('<>:"/\\|?*\0\n')
    assert safe(name) == name


def test_templates_that_are_fine() -> None:
    for template in ("{person}_{cloth}", "{n}", "{{x}} {category}"):
        check_template(template)


# Order


def test_people_and_cloths_come_back_soon(tmp_path: Path) -> None:
    order = made_order(tmp_path, 6, 3)
    items = in_good_order(name_items(order, plan(order).pairs, Taken([])))
    assert len({item.number for item in items}) == 18
    assert {item.person.name for item in items[:12]} == {f"p00{n}.png" for n in range(4)}
    assert len({item.cloth for item in items[:4]}) == 1
