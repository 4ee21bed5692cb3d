"""A dead letter survives the way through Kafka, whatever was in it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.broker import Broker
from streams.deadletters.record import ERROR_LIMIT, DeadLetterRecord, from_message
from streams.topics import STAGES

BROKER = Broker(hosts=("k:1",), prefix="t.")

letters = st.builds(
    DeadLetterRecord,
    stage=st.sampled_from(STAGES),
    time=st.datetimes(timezones=st.just(UTC)),
    error=st.text(st.characters(exclude_categories=("Cs",)), max_size=ERROR_LIMIT),
    place=st.from_regex(r"[a-z.]{1,20}/[0-9]{1,3}/[0-9]{1,12}(/[0-9a-f]{20})?", fullmatch=True),
    tries=st.integers(0, 10**8),
    key=st.binary(),
    body=st.binary(),
    headers=st.lists(st.tuples(st.text(max_size=8), st.binary())).map(tuple),
)


@given(letters)
def test_what_is_read_back_is_what_was_sent(letter: DeadLetterRecord) -> None:
    topic, key, value, headers = letter.to_message(BROKER)
    assert topic == f"t.deadletters.{letter.stage}"
    assert key == letter.place.encode()
    assert value is letter.body
    assert from_message(letter.stage, key, value, headers) == letter


def test_an_error_that_quotes_a_document_is_cut() -> None:
    letter = DeadLetterRecord(
        stage="flag", time=datetime.now(UTC), error="x" * 10**6, place="t/0/1", tries=1, key=b"", body=b""
    )
    assert sum(len(value) for _, value in letter.to_message(BROKER)[3]) < 3000


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("time", b"soon"), ("tries", b"many"), ("error", b"\xff")],
        [("time", None), ("tries", None)],
        [("tries", "³".encode())],
        [("time", b"2026-01-01T00:00:00")],
    ],
)
def test_a_message_somebody_else_wrote_is_shown_all_the_same(headers: list[tuple[str, bytes | None]]) -> None:
    letter = from_message("flag", None, b"body", headers)
    assert letter.body == b"body"
    assert letter.tries == 0
    assert letter.time.tzinfo is not None
