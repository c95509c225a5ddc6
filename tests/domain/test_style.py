"""Style codes: a seed means the same garment always, class by class."""

import numpy as np
import pytest

from app.domain.style import MAX_SEED, CodeBank, Look

CLASSES = np.array([1, 3, 1, 2, 3, 3], np.uint8)
CODES = np.arange(12, dtype=np.float32).reshape(6, 2)


@pytest.fixture
def bank() -> CodeBank:
    return CodeBank(CODES, CLASSES)


def test_codes_are_found_by_class_and_row(bank: CodeBank) -> None:
    assert [bank.count(cls) for cls in range(-1, 6)] == [0, 0, 2, 1, 3, 0, 0]
    assert (bank.class_count, bank.dim) == (4, 2)
    np.testing.assert_array_equal(bank.code(3, 2), [10, 11])
    for cls, row in ((0, 0), (1, 2), (1, -1), (9, 0)):
        with pytest.raises(IndexError):
            bank.code(cls, row)


def test_a_code_handed_out_is_a_copy(bank: CodeBank) -> None:
    bank.code(1, 0)[:] = -1
    bank.draw(0)[:] = -1
    np.testing.assert_array_equal(bank.code(1, 0), [0, 1])


def test_a_draw_takes_real_codes_and_zeros_for_the_ground(bank: CodeBank) -> None:
    for seed in range(50):
        drawn = bank.draw(seed)
        assert drawn.shape == (4, 2)
        assert drawn.dtype == np.float32
        assert not drawn[0].any()
        for cls in (1, 2, 3):
            assert any((drawn[cls] == code).all() for code in CODES[cls == CLASSES])


def test_a_class_draws_the_same_whatever_the_other_classes_hold(bank: CodeBank) -> None:
    keep = CLASSES != 1
    smaller = CodeBank(CODES[keep], CLASSES[keep])
    for seed in range(20):
        np.testing.assert_array_equal(bank.draw(seed)[3], smaller.draw(seed)[3])


def test_seeds_mean_the_same_in_every_version(bank: CodeBank) -> None:
    assert [bank.row(seed, 3) for seed in (0, 1, 2, 3, 4, 5, MAX_SEED)] == [0, 0, 1, 0, 2, 2, 1]


def test_seeds_reach_every_row(bank: CodeBank) -> None:
    assert {bank.row(seed, 3) for seed in range(40)} == {0, 1, 2}


@pytest.mark.parametrize(
    ("codes", "classes"),
    [
        (CODES[:5], CLASSES),
        (CODES[0], CLASSES),
        (CODES[:0], CLASSES[:0]),
        (np.full_like(CODES, np.inf), CLASSES),
    ],
)
def test_codes_that_do_not_fit_are_refused(codes: np.ndarray, classes: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"agree|finite"):
        CodeBank(codes, classes)


def test_a_look_locks_single_classes(bank: CodeBank) -> None:
    mine = np.array([7, 7], np.float32)
    codes = Look(5, {2: mine, 99: mine}).codes(bank)
    np.testing.assert_array_equal(codes[2], mine)
    np.testing.assert_array_equal(codes[[1, 3]], bank.draw(5)[[1, 3]])


def test_looks_compare_by_what_they_hold() -> None:
    mine = np.array([7, 7], np.float32)
    assert Look(1, {2: mine}) == Look(1, {2: mine.copy()})
    assert hash(Look(1, {2: mine})) == hash(Look(1, {2: mine.copy()}))
    assert Look(1, {2: mine}) != Look(1, {2: mine + 1})
    assert Look(1) != Look(2)
    assert Look(1) != "Look(1)"
