"""Feeds and dead letters as documents for Kibana: whole, bounded, and of no field that the mappings do not know."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.cli.feed_health import as_dict
from connectors.records import Feed
from connectors.schedule import FetchState
from connectors.state import FeedState
from streams.deadletters import DeadLetter
from streams.deadletters.following import BEGINNING
from streams.sinks.elasticsearch import dead_letters, feeds, mapping
from streams.sinks.elasticsearch.small import id_of

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
FULL = FeedState(
    Feed(
        url="https://a.example/feed",
        title="A",
        site_url="https://a.example/",
        group="Press",
        language="en",
        country="GB",
        kind="press",
        perspective="mainstream",
    ),
    FetchState(
        next_fetch=NOW,
        failures=1.5,
        failure="The server answers 503.",
        failing_since=NOW - timedelta(days=2),
        last_fetch=NOW,
        last_success=NOW - timedelta(days=3),
        last_change=NOW - timedelta(days=4),
        entries=12,
        moved_from=("https://old.example/",),
    ),
)


def letter(**fields: object) -> DeadLetter:
    given = {"id": "raw/0/7", "stage": "flag", "received": NOW, "time": NOW, "reason": "BadItem: no title"}
    return DeadLetter(**{**given, "tries": 2, "size": 8, **fields})  # type: ignore[arg-type]


def test_a_feed_is_told_as_the_list_of_feeds_tells_it() -> None:
    body = feeds.body(FULL)
    assert body == as_dict(FULL)
    assert set(body) == set(mapping.feeds()["properties"])
    assert (body["health"], body["reason"]) == ("failing", "The server answers 503.")


def test_what_is_not_known_of_a_feed_is_left_out_so_that_nothing_is_counted_under_an_empty_name() -> None:
    body = feeds.body(FeedState(Feed(url="https://b.example/feed"), FetchState()))
    assert body["health"] == "new"
    assert body["entries"] == 0
    assert body["verify_tls"] is True
    assert not {"reason", "country", "title", "last_success", "moved_from"} & set(body)


def test_a_dead_letter_has_every_field_of_its_mapping() -> None:
    body = dead_letters.body(letter(), b"not json")
    assert set(body) == set(mapping.dead_letters()["properties"])
    assert (body["id"], body["stage"], body["kind"]) == ("raw/0/7", "flag", "BadItem")
    assert (body["reason"], body["tries"], body["bytes"]) == ("BadItem: no title", 2, 8)
    assert body["excerpt"] == "not json"


@pytest.mark.parametrize(
    ("reason", "kind"),
    [("no colon at all", "no colon at all"), ("", ""), ("x" * 2000, "x" * 100)],
    ids=["no colon", "empty", "long"],
)
def test_the_kind_of_a_reason_is_what_stands_before_its_colon(reason: str, kind: str) -> None:
    assert dead_letters.body(letter(reason=reason), b"")["kind"] == kind


@given(st.binary(max_size=3 * BEGINNING))
def test_any_bytes_are_shown_as_text_of_bounded_length(raw: bytes) -> None:
    body = dead_letters.body(letter(), raw)
    assert len(body["excerpt"]) <= BEGINNING
    assert len(msgspec.json.encode(body)) < 8 * BEGINNING


def test_ids_tell_names_apart_and_are_short_whatever_the_names() -> None:
    assert id_of("flag", "raw/0/7") != id_of("flagraw", "/0/7")
    assert len(id_of("index", "x" * 5000)) == 32
