"""Small indices that one writer keeps as they should be: each document written whole, by its id, or deleted.

alerts, feeds' health, dead letters ─► write ─► index
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec

from connectors.errors import UserError

from .asking import Asking, explained
from .errors import said
from .settings import Index

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

AT_ONCE = 500
"""Documents in one request; each has a few kB."""

_encode = msgspec.json.Encoder().encode


def id_of(*names: str) -> str:
    """Id of what has these names, which may be longer than an id of Elasticsearch."""
    return blake2b("\x1f".join(names).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def write(
    client: Elasticsearch, index: Index, name: str, documents: Mapping[str, Mapping[str, Any] | None]
) -> None:
    """Put each document under its id in the index `name`, or delete it where it is None.

    Raises UserError where one of them is refused, TransientError where the server is away.
    """
    waiting = iter(documents.items())
    while some := list(islice(waiting, AT_ONCE)):
        _send(client, index, name, some)


def _send(
    client: Elasticsearch, index: Index, name: str, some: Iterable[tuple[str, Mapping[str, Any] | None]]
) -> None:
    lines: list[Any] = []  # a client takes encoded lines too
    for id_, body in some:
        lines.append(_encode({"delete" if body is None else "index": {"_index": name, "_id": id_}}))
        if body is not None:
            lines.append(_encode(body))
    with explained(index):
        answer = client.bulk(operations=lines, filter_path=["errors", "items.*.error"])
    if answer["errors"]:
        why = next(error for item in answer["items"] for one in item.values() if (error := one.get("error")))
        raise UserError(f"The index {name} refuses a document: {said(why)}.")


def ids(client: Elasticsearch, index: Index, alias: str) -> Iterator[str]:
    """Of every document behind an alias, as of now."""
    walked = Asking(client, index, alias).walk(
        {"match_all": {}}, [{"_shard_doc": "asc"}], batch=10 * AT_ONCE, source=False
    )
    return (hit["_id"] for hit in walked)
