"""A saved object as every Kibana from 8.9 on takes it, and as one line of an NDJSON file. Pure.

Kibana moves older objects up when it imports them, and refuses newer ones. So what is written here is the
oldest form (`FLOOR`), the same for all.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

CORE = "8.8.0"
FLOOR = {"dashboard": "8.9.0", "index-pattern": "8.0.0", "query": "8.0.0", "search": "8.0.0", "tag": "8.0.0"}
"""Version of the attributes of each type. Without it, Kibana would run every migration since 7 over them."""

TAG = "biowire"
"""Id of the tag that everything of ours that can carry one has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One object named by another; Kibana finds it by `name`."""

    type: str
    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """One saved object. Its id is readable and stays: links and other objects rest on it."""

    type: str
    id: str
    attributes: Mapping[str, Any]
    references: tuple[Reference, ...] = ()
    version: str = ""
    """Of the attributes, where it is not that of FLOOR: edited in a newer Kibana."""

    @property
    def key(self) -> str:
        """What no two objects share."""
        return f"{self.type}:{self.id}"

    def envelope(self) -> dict[str, Any]:
        """The whole object; `managed: false` lets people edit it."""
        return {
            "type": self.type,
            "id": self.id,
            "attributes": dict(self.attributes),
            "references": [{"type": one.type, "id": one.id, "name": one.name} for one in self.references],
            "coreMigrationVersion": CORE,
            "typeMigrationVersion": self.version or FLOOR[self.type],
            "managed": False,
        }


def tagged() -> Reference:
    """Of a dashboard or Discover session that carries our tag."""
    return Reference(type="tag", id=TAG, name=f"tag-ref-{TAG}")


def text(value: object) -> str:
    """JSON in a string, as Kibana keeps much of an object; the same bytes for the same value."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def ndjson(objects: Iterable[Saved]) -> str:
    """One object a line, by type and id."""
    return "".join(text(one.envelope()) + "\n" for one in sorted(objects, key=lambda one: one.key))
