"""Long-running processes say the same thing once a minute."""

from __future__ import annotations

import logging

import pytest

from connectors.service_log import EVERY, Rationed, overheard, quietly


def record(message: str, *args: object) -> logging.LogRecord:
    return logging.LogRecord("aiokafka", logging.ERROR, "x.py", 1, message, args, None)


def test_the_same_words_pass_once_a_minute_and_tell_how_often_they_came() -> None:
    now = [0.0]
    rationed = Rationed(lambda: now[0])
    assert [rationed.filter(record("cannot reach node %s", n)) for n in range(100)].count(True) == 1
    now[0] = EVERY + 1
    again = record("cannot reach node %s", 7)
    assert rationed.filter(again)
    assert again.getMessage() == "cannot reach node 7 (and 99 times more since)"


def test_numbers_make_no_difference_and_other_words_do() -> None:
    rationed = Rationed(lambda: 0.0)
    assert rationed.filter(record("request 17 failed"))
    assert not rationed.filter(record("request 18 failed"))
    assert rationed.filter(record("node 18 failed"))


def test_a_client_is_quiet_and_overheard_until_the_last_of_several_threads_is_done() -> None:
    logger = logging.getLogger("tests.client")
    first, second = overheard("tests.client"), overheard("tests.client")
    said = first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert not logger.propagate  # the second still listens
    logger.error("attempt failed: %s", ValueError("refused"))
    second.__exit__(None, None, None)
    assert logger.propagate
    assert logger.level == logging.NOTSET
    assert logger.handlers == []
    assert said == []

    one, other = quietly("tests.client"), quietly("tests.client")
    one.__enter__()
    other.__enter__()
    one.__exit__(None, None, None)
    assert not logger.isEnabledFor(logging.CRITICAL)
    other.__exit__(None, None, None)
    assert logger.level == logging.NOTSET


def test_what_a_client_tells_its_log_is_overheard_and_not_written(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("tests.client")
    with overheard("tests.client") as said:
        logger.error("attempt failed: %s", ValueError("refused"))
    assert [str(one) for one in said] == ["refused"]
    assert not caplog.records
