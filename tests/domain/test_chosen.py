"""What was chosen for a look: what it means in a bank, and what is left of it in another one."""

import numpy as np
import pytest

from app.domain.chosen import Choice, Chosen, Taken
from app.domain.style import CodeBank, Look

CLASSES = np.array([1, 3, 1, 2, 3, 3], np.uint8)
CODES = np.arange(12, dtype=np.float32).reshape(6, 2)
TAKEN = Taken(np.array([7, 8], np.float32), "denim.png", "swatch")


@pytest.fixture
def bank() -> CodeBank:
    return CodeBank(CODES, CLASSES)


def test_a_look_is_what_was_chosen_and_else_the_seed(bank: CodeBank) -> None:
    blend = Choice(row=0, second=1, blend=0.25)
    chosen = Chosen(5, {1: blend, 2: Choice(TAKEN), 3: Choice(row=2)}, bank.digest)
    expected = 0.75 * bank.code(1, 0) + 0.25 * bank.code(1, 1)
    assert chosen.look(bank) == Look(5, {1: expected, 2: TAKEN.code, 3: bank.code(3, 2)})
    assert Chosen(5).look(bank) == Look(5)


def test_banks_are_told_apart_by_codes_and_classes(bank: CodeBank) -> None:
    others = [
        CodeBank(CODES + 1, CLASSES),
        CodeBank(CODES, CLASSES[::-1]),
        CodeBank(CODES, 4 - CLASSES),
    ]
    assert len({bank.digest, *(other.digest for other in others)}) == 4
    assert CodeBank(CODES.copy(), CLASSES.copy()).digest == bank.digest


def test_in_its_own_bank_all_of_a_look_is_kept(bank: CodeBank) -> None:
    choices = {1: Choice(row=1, locked=True), 2: Choice(TAKEN, blend=0.5), 3: Choice(second=2)}
    chosen = Chosen(9, choices, bank.digest)
    assert chosen.within(bank) == chosen


def test_in_another_bank_seed_locks_and_fitting_codes_are_kept(bank: CodeBank) -> None:
    wide = Taken(np.zeros(3, np.float32), "wide.png", "photo")
    choices = {
        1: Choice(row=1, second=0, blend=0.5, locked=True),
        2: Choice(TAKEN, second=0, blend=0.5),
        3: Choice(wide, locked=True),
        9: Choice(locked=True),
    }
    left = Chosen(9, choices, "another").within(bank)
    expected = {1: Choice(locked=True), 2: Choice(TAKEN), 3: Choice(locked=True)}
    assert left == Chosen(9, expected)
    assert left.bank == bank.digest


def test_rows_that_the_bank_has_not_are_dropped(bank: CodeBank) -> None:
    choices = {1: Choice(row=2), 2: Choice(row=0), 3: Choice(second=3, locked=True)}
    left = Chosen(0, choices, bank.digest).within(bank)
    assert left == Chosen(0, {2: Choice(row=0), 3: Choice(locked=True)})


def test_a_lock_that_is_taken_off_leaves_nothing(bank: CodeBank) -> None:
    locked = Chosen(3).choose({1: Choice(locked=True)})
    assert locked != Chosen(3)
    assert locked.choose({1: Choice()}) == Chosen(3)


def test_another_seed_leaves_the_locked_as_they_were(bank: CodeBank) -> None:
    chosen = Chosen(1, {1: Choice(locked=True), 2: Choice(row=0), 3: Choice(TAKEN, locked=True)})
    after = chosen.reseeded(2, bank)
    assert (after.seed, set(after.choices)) == (2, {1, 3})
    for cls in (1, 3):
        np.testing.assert_array_equal(after.code(cls, bank), chosen.code(cls, bank))
    assert chosen.reseeded(2, None).choice(1) == Choice(locked=True)


def test_codes_from_pictures_compare_by_what_they_hold() -> None:
    again = Taken(TAKEN.code.copy(), "denim.png", "swatch")
    assert again == TAKEN
    assert hash(again) == hash(TAKEN)
    assert Taken(TAKEN.code + 1, "denim.png", "swatch") != TAKEN
    assert Taken(TAKEN.code, "silk.png", "swatch") != TAKEN
    assert TAKEN != "denim.png"
