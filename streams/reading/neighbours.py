"""Which documents an article was compared with: found in the index under the story stage's own keys.

Bounded: of each kind at most so many are read, those that share most first; the nearest are among them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ..core.grouping import Rules
from ..core.nodes import node_of
from ..core.rebuild import flagged_of
from ..core.records import Document
from ..sinks.elasticsearch.asking import BEST, NEWEST, Asking
from ..sinks.elasticsearch.document import document_of
from ..sinks.elasticsearch.settings import Index

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

COMPARED = 1000
"""Articles that share near-duplicate keys, and as many that share rare words; most have some dozens."""
MEMBERS = 3000
"""Members of all their stories within the window."""

_Clause = Mapping[str, Any]


def neighbours(
    client: Elasticsearch, index: Index, document: Document, rules: Rules | None = None
) -> list[Document]:
    """What `core.neighbours.explain_among` needs of the index to explain this document, and it."""
    rules = rules or Rules()
    asking = Asking(client, index, index.articles)
    node = node_of(flagged_of(document))
    near = _sharing(asking, document, "keys", node.near_keys(), 1, rules.copies)
    linked = _sharing(asking, document, "rare", node.rare().tolist(), 2, rules.window)
    stories = {one.story_id for one in linked}
    members = _ask(
        asking,
        [*_around(document, rules.window), {"terms": {"story_id": sorted(stories)}}],
        {"size": MEMBERS, "sort": NEWEST},
    )
    return list({one.id: one for one in (*near, *linked, *members, document)}.values())


def _sharing(
    asking: Asking, document: Document, kind: str, keys: Iterable[int], least: int, hours: int
) -> list[Document]:
    """Those that share at least so many keys of a kind with it, most first."""
    should = [{"term": {f"found_by.{kind}": {"value": str(key)}}} for key in keys]
    if not should:
        return []
    body = {"size": COMPARED, "sort": BEST}
    return _ask(asking, _around(document, hours), body, should=should, minimum_should_match=least)


def _around(document: Document, hours: int) -> list[_Clause]:
    """In the same language within so many hours; the index knows whole seconds."""
    reach = timedelta(hours=hours, seconds=1)
    since, until = _moment(document.when - reach), _moment(document.when + reach)
    return [
        {"term": {"language": {"value": document.language}}},
        {"range": {"when": {"gte": since, "lte": until}}},
    ]


def _moment(time: datetime) -> str:
    return time.astimezone(UTC).replace(microsecond=0).isoformat()


def _ask(asking: Asking, where: list[_Clause], body: Mapping[str, Any], **more: Any) -> list[Document]:
    query = {"bool": {"filter": where, **more}}
    hits = asking.search(query=query, track_total_hits=False, **body)["hits"]["hits"]
    return [document_of(hit["_source"]) for hit in hits]
