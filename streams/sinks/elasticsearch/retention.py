"""Old articles leave by whole months, by the server's index lifecycle where it has one, else by us.

    retention_documents ─► arrange ─► the server deletes each month by itself (a full distribution)
                               └────► no lifecycle there: `drop_months`, whenever it is run

A month leaves once its last day is older than the setting, whenever its index was made.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from .asking import explained
from .document import FIRST_MONTH, month_of
from .generations import generation_of, indices
from .settings import Index

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

LIFECYCLE = "index.lifecycle.name"
_BEGIN = "index.lifecycle.origination_date"
_MONTH_DAYS = 31


def has_lifecycle(client: Elasticsearch) -> bool:
    """Say whether the server has index lifecycle management."""
    from elasticsearch import ApiError

    try:
        client.ilm.get_lifecycle()
    except ApiError as error:
        if error.meta.status in (400, 404, 405):
            return False
        raise
    return True


def policy(keep: timedelta) -> dict[str, Any]:
    """Delete an index so long after the first day of its month that its last day is old enough, too."""
    return {"phases": {"delete": {"min_age": f"{keep.days + _MONTH_DAYS}d", "actions": {"delete": {}}}}}


def arrange(client: Elasticsearch, index: Index, keep: timedelta, now: datetime) -> str:
    """Have articles older than `keep` leave; returns what came of it, as a sentence for people.

    Run it again after a replay, whose indices are new: a month counts from its own first day.
    """
    days = f"articles older than {keep.days} days"
    with explained(index):
        if not has_lifecycle(client):
            dropped = len(drop_months(client, index, now - keep))
            return (
                f"Elasticsearch at {index.url} has no index lifecycle management and does not drop {days} by"
                f" itself: whole months leave each time this is run, {dropped} of them now."
            )
        client.ilm.put_lifecycle(name=index.articles, policy=policy(keep))
        for name, month in _months(client, index):
            begin = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
            settings = {LIFECYCLE: index.articles, _BEGIN: int(begin.timestamp() * 1000)}
            client.indices.put_settings(index=name, settings=settings)
    return f"Elasticsearch drops {days}, whole months, by its policy {index.articles}."


def unarranged(client: Elasticsearch, index: Index, keep: timedelta) -> list[str]:
    """Names of what `arrange` would change on a server with lifecycle management: the policy, indices."""
    from elasticsearch import NotFoundError

    with explained(index):
        try:
            there = client.ilm.get_lifecycle(name=index.articles)[index.articles]["policy"]["phases"]
        except (NotFoundError, KeyError):
            there = None
        wanted = policy(keep)["phases"]["delete"]["min_age"]
        has_policy = there is not None and there.get("delete", {}).get("min_age") == wanted
        months = [name for name, _ in _months(client, index)]
        found = client.indices.get_settings(index=f"{index.articles}-g*", name=LIFECYCLE, flat_settings=True)
    named = {
        name for name, one in found.body.items() if one.get("settings", {}).get(LIFECYCLE) == index.articles
    }
    return [*([] if has_policy else [index.articles]), *(name for name in months if name not in named)]


def droppable(client: Elasticsearch, index: Index, before: datetime) -> list[str]:
    """Indices that hold only articles of months that ended before that moment, sorted."""
    limit = month_of(before)
    return [name for name, month in _months(client, index) if month < limit]


def drop_months(client: Elasticsearch, index: Index, before: datetime) -> list[str]:
    """Delete whole months of articles that ended before that moment; returns the names of their indices."""
    with explained(index):
        found = droppable(client, index, before)
        for name in found:
            client.indices.delete(index=name, ignore_unavailable=True)
    return found


def _months(client: Elasticsearch, index: Index) -> list[tuple[str, str]]:
    """Each index of articles with its month; without that of the oldest, which the alias always has."""
    found = [
        (name, name.rpartition("-")[2].replace(".", "-"))
        for name in indices(client, index)
        if name.startswith(f"{index.articles}-g") and generation_of(index, name) is not None
    ]
    return [(name, month) for name, month in found if month > FIRST_MONTH]
