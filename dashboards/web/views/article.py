"""One article: its text with what was found in it, how it came about, and how its words changed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby, pairwise

from starlette.responses import Response

from connectors.records import Article
from streams.core import query as q
from streams.core.compiled import Vocabulary
from streams.core.dedup import Sighting
from streams.core.records import Document
from streams.core.vocabulary import Condition
from streams.core.word_diff import Stretch, word_diff
from streams.explain import Explainer
from streams.reading import Reading, Trace

from ...api.asked import no_article
from ..citation import citations
from ..evidence import distinct, marked_text, quote_of
from ..routing import Pages
from ..visit import Visit
from ..words import spoken

pages = Pages()

_ID = re.compile("[0-9a-f]{4,64}")
_OTHERS = 6
"""Articles of the same story that are named."""
_VERSIONS = 12
"""Versions compared on one page, the newest of them."""


@pages.get("/documents/{id}")
def show(visit: Visit) -> Response:
    """The text, every flag on it, labels with their words, relevance with its reasons, how to cite it."""
    id_ = _asked(visit)
    with visit.ports.reading() as reading:
        document = reading.index.get(id_)
        if document is None:
            return _elsewhere(visit, reading, id_)
        others = _others(reading, document)
    vocabulary = visit.ports.vocabulary()
    return visit.render(
        "article.html",
        document=document,
        marked=marked_text(document),
        flags=[
            (watchlist, distinct(one for one in document.flags if one.watchlist == watchlist))
            for watchlist in document.watchlists
        ],
        labels=[(facet, list(same)) for facet, same in groupby(document.labels, lambda one: one.facet)],
        distinct=distinct,
        rules=_rules(vocabulary),
        others=others,
        citations=citations(document, datetime.now(UTC)),
    )


@pages.get("/documents/{id}/explain")
def explain(visit: Visit) -> Response:
    """Where it came from, what each stage decided and why, and what did not count."""
    id_ = _asked(visit)
    compare = "compare" in visit.query
    with visit.ports.reading() as reading:
        explainer = Explainer(reading=reading, vocabulary=visit.ports.vocabulary())
        trace = explainer.explain(id_, compare=compare)
        if trace["id"] != id_:
            return visit.go(f"/documents/{trace['id']}/explain")
        document = reading.index.get(trace["id"])
        compared = trace["story"] and trace["story"]["candidates"]
        titles = _titles(reading, compared) if compared else {}
    return visit.render(
        "article_explain.html",
        document=document,
        trace=trace,
        compared=compare,
        titles=titles,
        quote=quote_of,
    )


@dataclass(frozen=True, slots=True)
class Version:
    """The words as an item delivered them, and what was other before."""

    sighting: Sighting
    speaks: bool
    title: Sequence[Stretch]
    body: Sequence[Stretch]
    gone: int
    added: int
    """Words."""


@pages.get("/documents/{id}/versions")
def versions(visit: Visit) -> Response:
    """How the words of each feed's item changed from one version to the next."""
    id_ = _asked(visit)
    with visit.ports.reading() as reading:
        trace = reading.received.trace(id_)
        if trace is None:
            raise no_article(id_)
        if trace.id != id_:
            return visit.go(f"/documents/{trace.id}/versions")
        document = reading.index.get(trace.id)
        firsts = _first_of_each(trace.sightings)
        delivered = reading.delivered(firsts)
    return visit.render(
        "article_versions.html",
        document=document,
        trace=trace,
        count=len(firsts),
        kept=len(delivered),
        feeds=_by_feed(firsts, delivered, document.content_hash if document else ""),
    )


def _asked(visit: Visit) -> str:
    id_ = visit.part("id")
    if not _ID.fullmatch(id_):
        raise no_article(id_[:64])
    return id_


def _elsewhere(visit: Visit, reading: Reading, id_: str) -> Response:
    """Lead to where it is now: joined with another, gone but remembered, or meant by fewer letters."""
    trace: Trace | None = reading.received.trace(id_)
    if trace is not None:
        return visit.go(f"/documents/{trace.id}" if trace.id != id_ else f"/documents/{id_}/explain")
    document = reading.index.find(id_)
    if document is None:
        raise no_article(id_)
    return visit.go(f"/documents/{document.id}")


def _others(reading: Reading, document: Document) -> list[Document]:
    """Others that tell the same story, newest first."""
    if document.story.size == 1:
        return []
    found = reading.index.search(q.Value("story", document.story_id), limit=_OTHERS + 1, copies=True)
    return [hit.document for hit in found.hits if hit.document.id != document.id][:_OTHERS]


def _titles(reading: Reading, compared: Mapping[str, Sequence[Mapping[str, str]]]) -> dict[str, Document]:
    """The articles it was compared with, by id."""
    ids = sorted({one["of"] for kind in ("near_duplicates", "same_event") for one in compared[kind]})
    if not ids:
        return {}
    found = reading.index.search(
        q.join(q.Or, [q.Value("id", one) for one in ids]), limit=len(ids), copies=True
    )
    return {hit.document.id: hit.document for hit in found.hits}


def _rules(vocabulary: Vocabulary) -> dict[str, str]:
    """What each watchlist asks for beside its words."""
    return {one.id: _condition(one.condition) for one in vocabulary.watchlists.values()}


def _condition(condition: Condition) -> str:
    near = f" within {condition.near} words" if condition.near else ""
    all_, any_, none = (
        [_spoken(one) for one in part] for part in (condition.all, condition.any, condition.none)
    )
    said = [
        *(f"only with {one}{near}" for one in all_),
        *([f"only with one of {', '.join(any_)}{near}"] if any_ else []),
        *([f"never with {', '.join(none)}{near}"] if none else []),
    ]
    return "; ".join(said)


def _spoken(member: str) -> str:
    """A term, list or context of a condition, as words."""
    return spoken(member.removeprefix("@").rpartition(".")[2])


def _first_of_each(sightings: Sequence[Sighting]) -> list[Sighting]:
    """The first item of each feed that had these words, in the order they came."""
    first = {(one.feed_url, one.content): one for one in reversed(sightings)}
    return sorted(first.values(), key=lambda one: (one.received, one.seq))[-_VERSIONS:]


def _by_feed(
    firsts: Sequence[Sighting], delivered: Mapping[int, Article], standing: str
) -> list[tuple[str, list[Version]]]:
    """Each feed with its versions, newest first; of each what is other than in the one before."""
    feeds: dict[str, list[tuple[Sighting, Article]]] = {}
    for one in firsts:
        if one.seq in delivered:
            feeds.setdefault(one.feed_url, []).append((one, delivered[one.seq]))
    return [(feed, _changes(kept, standing)) for feed, kept in feeds.items()]


def _changes(kept: Sequence[tuple[Sighting, Article]], standing: str) -> list[Version]:
    (opening, article), *_ = kept
    first = Version(opening, opening.content == standing, *_plain(article), 0, 0)
    later = [_version(old, one, new, standing) for (_, old), (one, new) in pairwise(kept)]
    return [first, *later][::-1]


def _plain(article: Article) -> tuple[list[Stretch], list[Stretch]]:
    return [Stretch("same", article.title)], [Stretch("same", _body(article))]


def _version(old: Article, sighting: Sighting, new: Article, standing: str) -> Version:
    title, body = word_diff(old.title, new.title), word_diff(_body(old), _body(new))
    gone, added = (
        sum(len(one.text.split()) for one in (*title, *body) if one.kind == kind)
        for kind in ("gone", "added")
    )
    return Version(sighting, sighting.content == standing, title, body, gone, added)


def _body(article: Article) -> str:
    """All words but the title's."""
    return "\n\n".join(part for part in (article.summary, article.text) if part)
