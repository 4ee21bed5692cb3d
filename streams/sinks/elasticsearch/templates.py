"""Index templates: how every index of ours is made, monthly ones included. Plain Elasticsearch, no plugin.

    provision ─► templates ─► every index whose name begins as ours

An index of ours is never made by merely writing to it (`allow_auto_create`): it would have no alias.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from . import mapping
from .languages import ANALYZERS, PLAIN
from .settings import Index

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

_PRIORITY = 500
"""Above what a cluster may have for all indices."""

_FOR_PEOPLE = ["title", "summary", "text", "stemmed.*"]
"""Fields that a search in Kibana without a field looks into."""


def templates(index: Index, analyzers: Mapping[str, str] = ANALYZERS) -> dict[str, dict[str, Any]]:
    """Each index template of ours by its name. `analyzers`: as `analyzers_of` finds them."""
    return {
        index.articles: _template(
            index, index.articles, mapping.articles(analyzers), {"index.query.default_field": _FOR_PEOPLE}
        ),
        index.stories: _template(index, index.stories, mapping.stories(), {}),
        index.sightings: _template(index, index.sightings, mapping.sightings(), {}),
        **{
            name: _template(index, name, mappings, {}, f"{name}-v*")
            for name, mappings in (
                (index.alerts, mapping.alerts()),
                (index.feeds, mapping.feeds()),
                (index.dead_letters, mapping.dead_letters()),
            )
        },
    }


def names(index: Index) -> set[str]:
    """Of all templates of ours."""
    return {index.articles, index.stories, index.sightings, *index.of_all_generations}


def _template(
    index: Index, name: str, mappings: dict[str, Any], settings: dict[str, Any], pattern: str = ""
) -> dict[str, Any]:
    return {
        "index_patterns": [pattern or f"{name}-g*"],
        "priority": _PRIORITY,
        "allow_auto_create": False,
        "_meta": {mapping.META: mapping.SCHEMA_VERSION},
        "template": {
            "settings": {
                "index.number_of_shards": "1",
                "index.number_of_replicas": str(index.replicas),
                "index.gc_deletes": "1h",  # how long a deletion is remembered against an older write
                "index.translog.durability": "request",  # an answer means it is on disk
                **settings,
            },
            "mappings": mappings,
        },
    }


def analyzers_of(client: Elasticsearch) -> dict[str, str]:
    """Of `languages.ANALYZERS` those the server has; fields of the others are cut plainly."""
    from elasticsearch import BadRequestError

    found = {}
    for field, analyzer in ANALYZERS.items():
        try:
            client.indices.analyze(analyzer=analyzer, text="x")
        except BadRequestError:
            found[field] = PLAIN
        else:
            found[field] = analyzer
    return found


def installed(client: Elasticsearch, index: Index) -> dict[str, dict[str, Any]]:
    """The templates of those names as the server has them; without those it has not."""
    from elasticsearch import NotFoundError

    ours = names(index)
    try:
        there = client.indices.get_index_template(name=f"{index.prefix}*", flat_settings=True)
    except NotFoundError:  # what the server says when no name fits
        return {}
    return {one["name"]: one["index_template"] for one in there["index_templates"] if one["name"] in ours}


def install(client: Elasticsearch, index: Index) -> None:
    """Put every template, replacing what has its name."""
    for name, body in templates(index, analyzers_of(client)).items():
        client.indices.put_index_template(name=name, **_arguments(body))


def _arguments(body: dict[str, Any]) -> dict[str, Any]:
    return {("meta" if key == "_meta" else key): value for key, value in body.items()}
