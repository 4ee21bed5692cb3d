"""Everything that is no dashboard: data views, Discover sessions, saved queries, the tag. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .saved import TAG, Reference, Saved, tagged, text

_SOURCE = "kibanaSavedObjectMeta.searchSourceJSON"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A data view: one of our aliases, and how its fields are shown."""

    id: str
    name: str
    alias: str
    """Without the setting `index_prefix`."""
    time: str
    """The date that the time picker of Kibana filters by; empty: it shows what is, whenever that began."""
    formats: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    apart: bool = False
    """Whether its charts heed only the time, since controls are over fields that it has not."""

    def saved(self, prefix: str) -> Saved:
        """As Kibana keeps it, over the indices with that prefix."""
        timed = {"timeFieldName": self.time} if self.time else {}
        return Saved(
            type="index-pattern",
            id=self.id,
            attributes={
                "title": f"{prefix}{self.alias}",
                "name": self.name,
                **timed,
                "fields": "[]",
                "fieldAttrs": "{}",
                "fieldFormatMap": text(self.formats),
                "runtimeFieldMap": "{}",
                "sourceFilters": "[]",
                "allowHidden": False,
            },
        )

    def reference(self, name: str) -> Reference:
        """To this data view, under that name."""
        return Reference(type="index-pattern", id=self.id, name=name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Documents that are counted: those of a data view that a KQL query finds."""

    view: View
    where: str = ""

    def but(self, where: str) -> Source:
        """Of these, those that another query finds too."""
        part = f"({where})" if " or " in where else where
        return Source(view=self.view, where=f"{self.where} and {part}" if self.where else where)


def link(label: str = "") -> dict[str, Any]:
    """Format of a field with an address: opens it in a tab of its own; `label` is shown instead of it."""
    return {"id": "url", "params": {"type": "a", "labelTemplate": label, "openLinkInCurrentTab": False}}


def duration() -> dict[str, Any]:
    """Format of a number of seconds: `2 hours`."""
    return {"id": "duration", "params": {"inputFormat": "seconds", "outputFormat": "humanize"}}


def kuery(query: str) -> dict[str, str]:
    """A query in Kibana's language."""
    return {"query": query, "language": "kuery"}


def search(
    id: str,  # noqa: A002 - the word of Kibana
    title: str,
    source: Source,
    columns: Sequence[str],
    description: str,
    by: Sequence[str] = (),
) -> Saved:
    """A Discover session: documents in a table, those with most `by` these fields first, then the newest."""
    reference = f"{_SOURCE}.index"
    return Saved(
        type="search",
        id=id,
        attributes={
            "title": title,
            "description": description,
            "columns": list(columns),
            "sort": [[name, "desc"] for name in (*by, source.view.time) if name],
            "grid": {},
            "hideChart": False,
            "isTextBasedQuery": False,
            "timeRestore": False,
            "usesAdHocDataView": False,
            "kibanaSavedObjectMeta": {
                "searchSourceJSON": text(
                    {"query": kuery(source.where), "filter": [], "indexRefName": reference}
                )
            },
        },
        references=(source.view.reference(reference), tagged()),
    )


def query(id: str, title: str, where: str, description: str) -> Saved:  # noqa: A002 - the word of Kibana
    """A saved query, to be had in the search bar of every dashboard and of Discover."""
    attributes = {"title": title, "description": description, "query": kuery(where), "filters": []}
    return Saved(type="query", id=id, attributes=attributes)


def tag() -> Saved:
    """Our tag."""
    return Saved(
        type="tag",
        id=TAG,
        attributes={"name": "biowire", "description": "Biometrics news", "color": "#1f6f78"},
    )
