"""What Kibana can do with each field of our indices, as their templates have them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from streams.sinks.elasticsearch import mapping

_KIND = {
    "keyword": "string",
    "text": "string",
    "date": "date",
    "boolean": "boolean",
    "ip": "ip",
    "integer": "number",
    "long": "number",
    "double": "number",
    "float": "number",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field."""

    type: str
    """Of Elasticsearch."""
    searched: bool
    counted: bool
    """Whether it can be counted and sorted by."""

    @property
    def kind(self) -> str:
        """Of Kibana: string, number, date, boolean, ip."""
        return _KIND[self.type]


def of_aliases() -> dict[str, dict[str, Field]]:
    """Fields of each alias by their names; aliases without `index_prefix`."""
    mappings = {
        "articles": mapping.articles({}),
        "stories": mapping.stories(),
        "sightings": mapping.sightings(),
        "alerts": mapping.alerts(),
        "feeds": mapping.feeds(),
        "deadletters": mapping.dead_letters(),
    }
    return {alias: dict(_fields(one["properties"], "")) for alias, one in mappings.items()}


def _fields(properties: Mapping[str, Any], before: str) -> Iterator[tuple[str, Field]]:
    for name, one in properties.items():
        if "properties" in one:
            yield from _fields(one["properties"], f"{before}{name}.")
        elif one.get("enabled", True):
            counted = one["type"] != "text" and one.get("doc_values", True)
            yield (
                f"{before}{name}",
                Field(type=one["type"], searched=one.get("index", True), counted=counted),
            )
