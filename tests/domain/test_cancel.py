"""The cancel token: raised once, heard once, from any thread."""

import threading

import pytest

from app.domain.cancel import CancelToken
from app.domain.errors import Cancelled


def test_a_new_token_is_down_and_stays_up_once_raised() -> None:
    token = CancelToken()
    token.raise_if_cancelled()
    assert not token.cancelled
    token.cancel()
    token.cancel()
    assert token.cancelled
    with pytest.raises(Cancelled):
        token.raise_if_cancelled()


def test_callbacks_are_called_once_and_not_after_they_were_taken_back() -> None:
    token, heard = CancelToken(), []
    token.on_cancel(lambda: heard.append("kept"))
    forget = token.on_cancel(lambda: heard.append("taken back"))
    forget()
    forget()
    token.cancel()
    token.cancel()
    assert heard == ["kept"]


def test_a_callback_on_a_raised_token_is_called_at_once() -> None:
    token, heard = CancelToken(), []
    token.cancel()
    forget = token.on_cancel(lambda: heard.append("late"))
    forget()
    assert heard == ["late"]


def test_a_callback_may_use_the_token_itself() -> None:
    token, heard = CancelToken(), []
    token.on_cancel(lambda: heard.append(token.cancelled))
    token.on_cancel(lambda: token.on_cancel(lambda: heard.append("nested"))())
    token.cancel()
    assert heard == [True, "nested"]


def test_many_threads_cancel_and_each_callback_is_called_once() -> None:
    for _ in range(50):
        token, heard = CancelToken(), []
        start = threading.Barrier(5)

        def register(start: threading.Barrier = start, token: CancelToken = token) -> None:
            start.wait()
            token.on_cancel(lambda: heard.append(1))  # noqa: B023

        def cancel(start: threading.Barrier = start, token: CancelToken = token) -> None:
            start.wait()
            token.cancel()

        threads = [threading.Thread(target=work) for work in (register, cancel, cancel, register)]
        for thread in threads:
            thread.start()
        start.wait()
        for thread in threads:
            thread.join()
        assert heard == [1, 1]
