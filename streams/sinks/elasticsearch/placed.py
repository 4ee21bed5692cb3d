"""Documents with the numbers their stories have now: what is read of a hit.

    hits ─► `_source` ─► stories they are in, all at once ─► documents

An article is not written again whenever its story grows, or a story of a thousand articles would cost a
thousand writes for each that comes: `partitions.story` says when it is. The story is a document of its
own, always up to date; asked for by id it is seen before any search sees it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...core.records import Document, Story
from .asking import explained
from .document import document_of, story_of
from .settings import Index

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch


def documents_of(
    client: Elasticsearch, index: Index, stories: str, sources: Sequence[Mapping[str, Any]]
) -> list[Document]:
    """The document of each `_source`, in order. `stories`: index or alias where their stories are.

    Where a story is not there (any more), the document says what it was when it was written.
    """
    known = _stories(client, index, stories, {one["story_id"] for one in sources}) if sources else {}
    return [document_of(one, known.get(one["story_id"])) for one in sources]


def _stories(client: Elasticsearch, index: Index, name: str, ids: set[str]) -> dict[str, Story]:
    with explained(index):
        answer = client.mget(index=name, ids=sorted(ids))
    return {one["_id"]: story_of(one["_source"]) for one in answer["docs"] if one.get("found")}
