"""Small indices that one writer keeps as they should be: each document written whole, by its id, or deleted.

alerts, feeds' health, dead letters ─► write ─► index
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec

from connectors.errors import TransientError, UserError

from .asking import Asking, explained
from .errors import BUSY, is_block, said
from .settings import Index

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

AT_ONCE = 500
"""Documents in one request; each has a few kB."""

_MALFORMED = 400
_PATHS = ["errors", "items.*._id", "items.*.status", "items.*.error"]
_encode = msgspec.json.Encoder().encode
_log = logging.getLogger(__name__)


def id_of(*names: str) -> str:
    """Id of what has these names, which may be longer than an id of Elasticsearch."""
    return blake2b("\x1f".join(names).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def write(
    client: Elasticsearch, index: Index, name: str, documents: Mapping[str, Mapping[str, Any] | None]
) -> None:
    """Put each document under its id in the index `name`, or delete it where it is None.

    One that the index will never take is left out and said in the log; the others are written. Raises
    TransientError where the server is away or busy, UserError where it does not let us write.
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
        answer = client.bulk(operations=lines, filter_path=_PATHS)
    if answer["errors"]:
        for item in answer["items"]:
            (one,) = item.values()
            if error := one.get("error"):
                _judge(name, one["_id"], one["status"], error)


def _judge(name: str, id_: str, status: int, error: Any) -> None:
    """Say what is wrong with one document; raise where it is not the document that is wrong."""
    if status in BUSY or is_block(error):
        raise TransientError(f"The index {name} does not take a write ({status}): {said(error)}.")
    if status != _MALFORMED:
        raise UserError(f"The index {name} refuses to be written ({status}): {said(error)}.")
    _log.error("the index refuses a document", extra={"index": name, "id": id_, "reason": said(error)})


def ids(client: Elasticsearch, index: Index, alias: str) -> Iterator[str]:
    """Of every document behind an alias, as of now."""
    walked = Asking(client, index, alias).walk(
        {"match_all": {}}, [{"_shard_doc": "asc"}], batch=10 * AT_ONCE, source=False
    )
    return (hit["_id"] for hit in walked)
