import itertools
import random

import pytest
from builders import a_sighting, at
from hypothesis import given
from hypothesis import strategies as st

from streams.core.dedup import Sighting, same_article, seen
from streams.seen import Deduplicator
from streams.seen.memory import MemorySeenState

LONG = "<p>" + " ".join(f"word{n}" for n in range(80)) + "</p>"


def outcomes(*sightings: Sighting) -> list[str]:
    deduplicator = Deduplicator(MemorySeenState())
    return [deduplicator.put(one).outcome for one in sightings]


def test_the_same_words_at_the_same_address_are_a_duplicate() -> None:
    again = a_sighting(2, link="https://www.ledger.example/2026/11/council-cameras/?utm_source=rss")
    assert outcomes(a_sighting(1), again) == ["new", "duplicate"]


def test_other_words_from_the_same_feed_are_a_revision() -> None:
    assert outcomes(a_sighting(1), a_sighting(2, title="Council rejects cameras")) == ["new", "revision"]


def test_another_feeds_cut_of_the_article_is_no_revision() -> None:
    other = a_sighting(2, feed_url="https://ledger.example/world", summary_html="<p>A vote is due.</p>")
    assert outcomes(a_sighting(1), other) == ["new", "duplicate"]


def test_a_guid_that_stays_while_the_address_changes_with_the_headline_joins() -> None:
    first = a_sighting(1, guid="tag:1", title="Council weighs cameras at the crossing")
    moved = a_sighting(
        2, guid="tag:1", title="Council weighs cameras at river crossing", link="https://ledger.example/x"
    )
    assert outcomes(first, moved) == ["new", "revision"]


def test_one_guid_for_all_entries_of_a_feed_joins_nothing() -> None:
    entries = [
        a_sighting(n, guid="feed-guid", title=title, link=f"https://ledger.example/{n}", summary_html="")
        for n, title in enumerate(["Rain expected", "Museum reopens doors", "Tram line closed for works"])
    ]
    assert outcomes(*entries) == ["new", "new", "new"]


def test_a_token_in_the_link_does_not_make_a_new_article() -> None:
    polls = [a_sighting(n, link=f"https://ledger.example/read?doc=a{token}") for n, token in enumerate("xyz")]
    assert outcomes(*polls) == ["new", "duplicate", "duplicate"]


def test_the_same_words_on_another_site_are_no_sighting_of_it() -> None:
    copy = a_sighting(2, link="https://herald.example/council", feed_url="https://herald.example/feed")
    assert outcomes(a_sighting(1), copy) == ["new", "new"]


def test_a_daily_column_with_the_same_words_stays_apart() -> None:
    days = [
        a_sighting(
            n,
            link=f"https://ledger.example/rates-{n}",
            title="Today's rates at noon",
            published=f"2026-11-1{n}T10:00:00Z",
        )
        for n in range(3)
    ]
    assert outcomes(*days) == ["new", "new", "new"]


def test_items_with_equal_timestamps_are_all_kept() -> None:
    entries = [
        a_sighting(n, link=f"https://ledger.example/{n}", title=f"Item {n} of the day") for n in range(5)
    ]
    assert outcomes(*entries) == ["new"] * 5


def test_full_text_speaks_before_a_newer_stub_and_dates_are_the_earliest() -> None:
    full = a_sighting(1, content_html=LONG, published="2026-11-20T09:00:00Z")
    stub = a_sighting(2, received=at(1), published="2026-11-20T11:00:00Z")
    article = seen([stub, full])
    assert article.speaker is full
    assert article.published == full.published
    assert article.revision == 2


def test_the_reason_names_the_other_address() -> None:
    why = same_article(a_sighting(1), a_sighting(2, link="https://ledger.example/b"))
    assert why == "the same words on ledger.example under another address (https://ledger.example/b)"


SIGHTINGS = [
    a_sighting(1, guid="g1"),
    a_sighting(
        2,
        guid="g1",
        link="https://ledger.example/b",
        title="Council weighs new cameras at the river crossing",
    ),
    a_sighting(3, link="https://ledger.example/b", content_html=LONG, published="2026-11-20T08:00:00Z"),
    a_sighting(
        4,
        link="https://ledger.example/c",
        content_html=LONG,
        published="2026-11-20T08:00:00Z",
        title="Council weighs new cameras at the river crossing",
    ),
    a_sighting(5, link="https://herald.example/z", published=""),
    a_sighting(6, title="Council weighs cameras", updated="2026-11-20T11:30:00Z"),
]


def articles(order: list[Sighting]) -> dict[str, object]:
    state = MemorySeenState()
    deduplicator = Deduplicator(state)
    for one in order:
        deduplicator.put(one)
    return {id_: seen(group) for id_, group in state.groups()}


@given(st.permutations(SIGHTINGS))
def test_articles_do_not_depend_on_the_order_of_arrival(order: list[Sighting]) -> None:
    assert articles(order) == articles(SIGHTINGS)


def test_a_repeated_delivery_changes_nothing() -> None:
    twice = [*SIGHTINGS, *random.Random(3).sample(SIGHTINGS, 4)]
    assert articles(twice) == articles(SIGHTINGS)


@pytest.mark.parametrize(("a", "b"), list(itertools.combinations(range(len(SIGHTINGS)), 2)))
def test_same_article_is_symmetric(a: int, b: int) -> None:
    assert bool(same_article(SIGHTINGS[a], SIGHTINGS[b])) == bool(same_article(SIGHTINGS[b], SIGHTINGS[a]))
