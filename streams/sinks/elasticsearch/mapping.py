"""What each field is to Elasticsearch. Strict: a document with a field not named here is refused. Pure.

Three ways to the same words: `words.*` are our own tokens, which the query language asks; `title`, `summary`
and `text` are cut plainly and `stemmed.*` by the rules of their language, for people in Kibana. What is read
back but never asked for (offsets of flags, evidence of labels) is kept and not indexed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core.index import FACETS
from .languages import ANALYZERS, PLAIN

SCHEMA_VERSION = 1
"""Of all mappings; rises when one changes, so that the next replay builds anew with it."""

META = "biowire"
"""Key in `_meta` of every mapping and template of ours; its value is SCHEMA_VERSION."""

HIDDEN = ("words", "terms", "stemmed", "found_by")
"""Fields of articles that are searched and not given back."""

_LONGEST = 8191
"""Characters of a keyword; a longer value is kept and not indexed (Lucene takes 32,766 bytes)."""

_KEYWORD = {"type": "keyword", "ignore_above": _LONGEST}
_KEPT = {"type": "keyword", "index": False, "doc_values": False}
_DETAIL = {"type": "object", "enabled": False}
_DATE = {"type": "date", "format": "strict_date_optional_time"}
_INTEGER = {"type": "integer"}
_LONG = {"type": "long"}
_DOUBLE = {"type": "double"}
_BOOLEAN = {"type": "boolean"}
_TEXT = {"type": "text", "analyzer": PLAIN}
_TOKENS = {"type": "text", "analyzer": "whitespace"}
_TERMS = {"type": "keyword", "doc_values": False, "norms": False}


def _object(**properties: Any) -> dict[str, Any]:
    return {"properties": properties}


def articles(analyzers: Mapping[str, str]) -> dict[str, Any]:
    """Mappings of articles; `analyzers` are those of `languages.ANALYZERS` as far as the server has them."""
    stemmed = {
        field: {"type": "text", "analyzer": analyzers.get(field, PLAIN), "norms": False}
        for field in ANALYZERS
    }
    return _mappings(
        [f"{field}*" for field in HIDDEN],
        id=_KEYWORD,
        url=_KEYWORD,
        canonical_url=_KEYWORD,
        feed_url=_KEYWORD,
        source=_object(name=_KEYWORD, host=_KEYWORD, country=_KEYWORD, kind=_KEYWORD, perspective=_KEYWORD),
        title=_TEXT,
        summary=_TEXT,
        text=_TEXT,
        authors=_KEYWORD,
        categories=_KEYWORD,
        language=_KEYWORD,
        published=_DATE,
        updated=_DATE,
        first_seen=_DATE,
        revision=_INTEGER,
        content_hash=_KEPT,
        dedup=_object(outcome=_KEYWORD, of=_KEYWORD, similarity=_DOUBLE, reason=_KEPT),
        story_id=_KEYWORD,
        story=_object(
            lead=_KEYWORD,
            size=_INTEGER,
            sources=_KEYWORD,
            independent=_INTEGER,
            role=_KEYWORD,
            reason=_KEPT,
        ),
        relevance=_KEYWORD,
        relevance_score=_DOUBLE,
        relevance_reasons=_DETAIL,
        labels=_DETAIL,
        flags=_DETAIL,
        watchlists=_KEYWORD,
        sightings=_INTEGER,
        vocabulary_version=_KEYWORD,
        pipeline_version=_KEYWORD,
        when=_DATE,
        text_length=_INTEGER,
        facets=_object(**dict.fromkeys((*FACETS, "term"), _KEYWORD)),
        terms=_TERMS,
        found_by=_object(keys=_TERMS, rare=_TERMS),
        words=_object(title=_TOKENS, summary=_TOKENS, text=_TOKENS),
        stemmed=_object(**stemmed),
    )


def stories() -> dict[str, Any]:
    """Mappings of stories."""
    return _mappings(
        [],
        id=_KEYWORD,
        lead=_KEYWORD,
        size=_INTEGER,
        independent=_INTEGER,
        sources=_KEYWORD,
        first=_DATE,
        last=_DATE,
    )


def sightings() -> dict[str, Any]:
    """Mappings of sightings: one for each item that came in."""
    return _mappings(
        [],
        id=_KEYWORD,
        document=_KEYWORD,
        merged=_KEYWORD,
        url=_KEYWORD,
        outcome=_KEYWORD,
        of=_KEYWORD,
        similarity=_DOUBLE,
        reason=_KEPT,
        feed_url=_KEYWORD,
        title=_TEXT,
        published=_DATE,
        updated=_DATE,
        received=_DATE,
        words=_INTEGER,
        content=_KEPT,
        item=_KEYWORD,
        place=_KEYWORD,
    )


def alerts() -> dict[str, Any]:
    """Mappings of alerts; `record` and `deliveries` are what is read back."""
    return _mappings(
        [],
        id=_KEYWORD,
        subscription=_KEYWORD,
        version=_INTEGER,
        kind=_KEYWORD,
        key=_KEYWORD,
        when=_DATE,
        seq=_LONG,
        raised=_DATE,
        holds=_BOOLEAN,
        withdrawn=_KEPT,
        instead_of=_KEYWORD,
        sentence=_TEXT,
        count=_INTEGER,
        numbers={"type": "object", "dynamic": True, "properties": {}},
        documents=_object(id=_KEYWORD, title=_TEXT, url=_KEYWORD, source=_KEYWORD, when=_DATE),
        clauses=_KEYWORD,
        delivery_ids=_KEYWORD,
        states=_KEYWORD,
        record=_KEPT,
        deliveries=_KEPT,
    )


def feeds() -> dict[str, Any]:
    """Mappings of feeds and how they fare: what `biowire feeds list --json` prints of each."""
    return _mappings(
        [],
        url=_KEYWORD,
        title=_KEYWORD,
        site_url=_KEYWORD,
        group=_KEYWORD,
        language=_KEYWORD,
        country=_KEYWORD,
        kind=_KEYWORD,
        perspective=_KEYWORD,
        full_text=_KEYWORD,
        verify_tls=_BOOLEAN,
        health=_KEYWORD,
        reason=_KEYWORD,
        failures=_DOUBLE,
        failing_since=_DATE,
        last_fetch=_DATE,
        last_success=_DATE,
        last_change=_DATE,
        next_fetch=_DATE,
        interval=_LONG,
        entries=_INTEGER,
        moved_from=_KEYWORD,
    )


def dead_letters() -> dict[str, Any]:
    """Mappings of dead letters; the whole of each is in Kafka."""
    return _mappings(
        [],
        id=_KEYWORD,
        stage=_KEYWORD,
        received=_DATE,
        time=_DATE,
        reason=_TEXT,
        kind=_KEYWORD,
        tries=_INTEGER,
        bytes=_LONG,
        excerpt=_TEXT,
    )


def _mappings(hidden: list[str], /, **properties: Any) -> dict[str, Any]:
    return {
        "dynamic": "strict",
        "_meta": {META: SCHEMA_VERSION},
        **({"_source": {"excludes": hidden}} if hidden else {}),
        "properties": properties,
    }
