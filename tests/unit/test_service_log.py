"""Long-running processes say the same thing once a minute."""

from __future__ import annotations

import logging

from connectors.service_log import EVERY, Rationed


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
