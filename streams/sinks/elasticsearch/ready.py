"""Whether Elasticsearch can be worked with as it is: there, of a version we know, provisioned, and ours.

Every command asks first, so that what is wrong is one sentence, and not the first refusal on the way.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from connectors.errors import NotYet, UserError
from connectors.service_log import quietly

from .errors import SUPPORTED, explain
from .generations import check_foreign
from .settings import Index
from .templates import installed, names

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

SECONDS = 8.0
"""In which a server that works has answered a short question."""


@contextlib.contextmanager
def talking(index: Index, seconds: float = SECONDS) -> Iterator[Elasticsearch]:
    """A client that has met a server we know; whatever fails with it is a sentence (a BiowireError)."""
    from elastic_transport import TransportError
    from elasticsearch import ApiError, UnsupportedProductError

    with index.client() as whole, quietly("elastic_transport"):
        client = whole.options(request_timeout=seconds, max_retries=len(index.hosts) - 1)
        try:
            _met(client.options(request_timeout=min(seconds, SECONDS)), index)
            yield client
        except (ApiError, TransportError, UnsupportedProductError) as cause:
            raise explain(cause, index) from cause


def ready(index: Index, seconds: float = SECONDS, *, generation: int | None = None) -> None:
    """Return when agents and readers can work with it: with that generation, or with the live one.

    Raises UserError; TransientError where it is away.
    """
    with talking(index, seconds) as client:
        check(client, index, generation)


def check(client: Elasticsearch, index: Index, generation: int | None = None) -> None:
    """The same of a server that was met already. Raises UserError."""
    missing = sorted(names(index) - set(installed(client, index)))
    if missing:
        raise NotYet(
            f"Elasticsearch at {index.url} has no index template {missing[0]}. Run `biowire provision` "
            "first, with the same index and index_prefix."
        )
    check_foreign(client, index, generation)


def _met(client: Elasticsearch, index: Index) -> None:
    number = str(client.info()["version"]["number"])
    if number.partition(".")[0] != SUPPORTED:
        raise UserError(
            f"Elasticsearch at {index.url} has version {number}; this biowire works with {SUPPORTED}.x. "
            f"Upgrade it, or name another server in the setting index."
        )
