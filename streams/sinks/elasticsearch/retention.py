"""Old documents leave by whole months: by the server's own index lifecycle where it has one, else by us.

The server counts from the day an index was made, so lifecycle alone would keep a backfilled month for too
long: `drop_months` goes by the month in the name and is right on every server.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from .document import FIRST_MONTH, month_of
from .generations import generation_of, indices
from .settings import Index

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch


def has_lifecycle(client: Elasticsearch) -> bool:
    """Say whether the server has index lifecycle management (a full distribution does)."""
    from elasticsearch import ApiError

    try:
        client.ilm.get_lifecycle()
    except ApiError as error:
        if error.meta.status in (400, 404, 405):
            return False
        raise
    return True


def policy(keep: timedelta) -> dict[str, Any]:
    """A lifecycle policy that deletes an index once it is that old, and the month it holds with it."""
    return {"phases": {"delete": {"min_age": f"{keep.days + _MONTH_DAYS}d", "actions": {"delete": {}}}}}


_MONTH_DAYS = 31
"""An index is made at the beginning of its month; its last article may come as much later."""


def install_policy(client: Elasticsearch, index: Index, keep: timedelta) -> str:
    """Put the policy and hand every index of articles to it; returns its name. Needs `has_lifecycle`."""
    name = index.articles
    client.ilm.put_lifecycle(name=name, policy=policy(keep))
    client.indices.put_settings(
        index=f"{index.articles}-g*", settings={"index.lifecycle.name": name}, allow_no_indices=True
    )
    return name


def droppable(client: Elasticsearch, index: Index, before: datetime) -> list[str]:
    """Indices that hold only articles of months that ended before that moment, sorted."""
    limit = month_of(before)
    found = []
    for name in indices(client, index):
        month = name.rpartition("-")[2].replace(".", "-")
        if (
            name.startswith(f"{index.articles}-g")
            and generation_of(index, name)
            and FIRST_MONTH < month < limit
        ):
            found.append(name)
    return found


def drop_months(client: Elasticsearch, index: Index, before: datetime) -> list[str]:
    """Delete whole months of articles that ended before that moment; returns the names of their indices.

    The index of all articles from before 2010 stays: without it the alias may have none.
    """
    names = droppable(client, index, before)
    for name in names:
        client.indices.delete(index=name, ignore_unavailable=True)
    return names
