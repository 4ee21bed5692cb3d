"""Documents by id, as they were written, whether or not searches see them yet."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...core.records import Document
from .asking import explained
from .placed import documents_of
from .settings import Index

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

PATIENCE = 20.0
"""Seconds that a document on its way is waited for: what the index refuses never comes."""
_PAUSE = 0.2

_log = logging.getLogger(__name__)


def several(
    client: Elasticsearch, index: Index, generation: int, asked: Sequence[tuple[int, str, str]]
) -> list[Document]:
    """Documents given by version, id and month, once the index has that version or a higher one."""
    left = {id_: (version, index.articles_of(generation, month)) for version, id_, month in asked}
    found: list[dict[str, Any]] = []
    deadline = time.monotonic() + PATIENCE
    while left:
        wanted = [{"_id": id_, "_index": name} for id_, (_, name) in left.items()]
        with explained(index):
            answer = client.mget(docs=wanted)
        for one in answer["docs"]:
            if one.get("found") and one["_version"] >= left[one["_id"]][0]:
                found.append(one["_source"])
                del left[one["_id"]]
        if left and time.monotonic() > deadline:
            _log.warning("documents not in the index", extra={"count": len(left), "one": min(left)})
            break
        if left:
            time.sleep(_PAUSE)
    return documents_of(client, index, index.stories_of(generation), found)
