"""Documents for tests of search: only what a test cares about has to be said."""

from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from streams.core.index import Stored
from streams.core.records import Flag, Grouping, Label, Match, Source, Story

START = datetime(2023, 8, 1, 12, tzinfo=UTC)


def an_id(name):
    """An id as articles have it: twenty hexadecimal digits."""
    return blake2b(str(name).encode(), digest_size=10).hexdigest()


def a_document(name="a", **given):
    source = given.pop(
        "source", Source(name="Daily Example", host="daily.example", country="GB", kind="press")
    )
    return Stored(
        **{
            "id": an_id(name),
            "url": f"https://www.{source.host}/{name}?from=feed",
            "canonical_url": f"https://{source.host}/{name}",
            "feed_url": f"https://{source.host}/feed.xml",
            "source": source,
            "title": f"Title of {name}",
            "summary": "",
            "text": "",
            "authors": (),
            "categories": (),
            "language": "en",
            "published": START,
            "updated": None,
            "first_seen": START + timedelta(hours=1),
            "revision": 1,
            "content_hash": an_id(f"content of {name}"),
            "relevance": "none",
            "relevance_score": 0.0,
            "relevance_reasons": (),
            "labels": (),
            "flags": (),
            "watchlists": (),
            "sightings": 1,
            "vocabulary_version": "v1",
            "pipeline_version": "p1",
            **given,
        }
    )


def a_label(facet, id_):
    return Label(facet=facet, id=id_, score=1.0, reasons=())


def a_flag(watchlist, term, field, start, end, surface):
    return Flag(
        watchlist=watchlist, term=term, field=field, start=start, end=end, surface=surface, language="en"
    )


def a_grouping(name, story="s1", role="report", copy_of=None):
    match = Match(
        of=an_id(copy_of), similarity=0.9, rule="signature", reason="Nine words of ten are the same."
    )
    return Grouping(
        id=an_id(name),
        story_id=story,
        role=role,
        near_duplicate=match if copy_of else None,
        joined=None
        if role == "lead"
        else Match(of=an_id("a"), similarity=0.8, rule="words", reason="Same event."),
    )


def a_story(id_="s1", lead="a", size=2, sources=("daily.example",)):
    return Story(
        id=id_, lead=an_id(lead), size=size, independent=size, sources=sources, first=START, last=START
    )
