"""Look at the templates, indices and aliases in Elasticsearch, and put them right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from connectors.errors import UserError

from ..sinks.elasticsearch import generations, retention
from ..sinks.elasticsearch.document import FIRST_MONTH
from ..sinks.elasticsearch.mapping import SCHEMA_VERSION
from ..sinks.elasticsearch.ready import talking
from ..sinks.elasticsearch.settings import Index
from ..sinks.elasticsearch.templates import analyzers_of, install, installed, templates
from .plan import Change

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch


def plan(
    index: Index,
    numbers: Iterable[int],
    live: int,
    keep: timedelta | None = None,
    now: datetime | None = None,
) -> list[Change]:
    """What differs for these generations, of which `live` answers questions. Raises UserError.

    `keep`: how long articles stay before `now`; None for ever.
    """
    with talking(index) as client:
        found = _foreign(client, index)
        if any(one.kind == "refused" for one in found):
            return found
        return [
            *found,
            *_templates(client, index),
            *(one for number in sorted(numbers) for one in _generation(client, index, number)),
            *_of_all_generations(client, index),
            *_alias(client, index, live),
            *(_old(client, index, keep, now) if keep and now else ()),
        ]


def apply(
    index: Index,
    numbers: Iterable[int],
    live: int,
    keep: timedelta | None = None,
    now: datetime | None = None,
) -> None:
    """Put templates and what the generations need; again changes nothing. Raises UserError."""
    with talking(index) as client:
        install(client, index)
        for number in sorted(numbers):
            generations.create(client, index, number, live=number == live)
        if keep and now:
            retention.arrange(client, index, keep, now)


def live(index: Index) -> int:
    """The generation behind the aliases, 1 where there is none yet. Raises UserError."""
    with talking(index) as client:
        return generations.live_generation(client, index) or 1


def _foreign(client: Elasticsearch, index: Index) -> list[Change]:
    """What is not ours; an index of ours with other mappings is only told of, since a replay replaces it."""
    try:
        generations.live_generation(client, index)
    except UserError as cause:
        return [Change(kind="refused", name=index.stories, says=f"cannot be used: {cause}")]
    return [
        Change(
            kind="refused" if version is None else "foreign",
            name=name,
            says="was not made by biowire; set another index_prefix, or remove it"
            if version is None
            else f"has mappings of version {version}, not {SCHEMA_VERSION}; `biowire replay` makes new ones",
        )
        for name, version in generations.versions(client, index).items()
        if version != SCHEMA_VERSION
    ]


def _templates(client: Elasticsearch, index: Index) -> Iterator[Change]:
    there = installed(client, index)
    for name, wanted in templates(index, analyzers_of(client)).items():
        if name not in there:
            yield Change(kind="create", name=name, says="template with explicit mappings")
        elif differing := sorted(_differing(wanted, there[name])):
            yield Change(
                kind="change", name=name, says=f"template: {', '.join(differing)} as this version has it"
            )


def _differing(wanted: dict[str, Any], there: dict[str, Any]) -> Iterator[str]:
    """Names of what is not the same; the server adds dates of its own."""
    for name, value in wanted.items():
        if name == "template":
            yield from _differing(value, there.get(name) or {})
        elif there.get(name) != value:
            yield name


def _generation(client: Elasticsearch, index: Index, number: int) -> Iterator[Change]:
    there = set(generations.generations(client, index).get(number, ()))
    needed = index.articles_of(number, FIRST_MONTH), index.stories_of(number), index.sightings_of(number)
    for name in needed:
        if name not in there:
            yield Change(kind="create", name=name, says=f"index of generation {number}")


def _of_all_generations(client: Elasticsearch, index: Index) -> Iterator[Change]:
    for alias, name in index.of_all_generations.items():
        if not client.indices.exists_alias(name=alias, index=f"{alias}-v*"):
            yield Change(kind="create", name=name, says=f"index behind {alias}")


def _alias(client: Elasticsearch, index: Index, number: int) -> Iterator[Change]:
    if generations.live_generation(client, index) is None:
        says = f"aliases {index.articles}, {index.stories}, {index.sightings} of generation {number}"
        yield Change(kind="create", name=index.stories, says=says)


def _old(client: Elasticsearch, index: Index, keep: timedelta, now: datetime) -> Iterator[Change]:
    """Months that are to leave, by the server or by us."""
    if retention.has_lifecycle(client):
        for name in retention.unarranged(client, index, keep):
            yield Change(
                kind="change", name=name, says=f"articles older than {keep.days} days leave by whole months"
            )
        return
    yield Change(
        kind="note",
        name=index.articles,
        says=f"this server has no index lifecycle management: months older than {keep.days} days leave when "
        "`biowire provision` is run",
    )
    for name in retention.droppable(client, index, now - keep):
        yield Change(
            kind="change", name=name, says=f"every article in it is older than {keep.days} days: deleted"
        )
