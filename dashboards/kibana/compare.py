"""What differs between an object as we have it and as Kibana has it. Pure.

A newer Kibana adds keys to what it imports; those are no differences. Any key of ours that is missing or has
another value is one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from .saved import Saved

Json = Mapping[str, Any]


def differing(ours: Saved, there: Json) -> list[str]:
    """Names of the attributes that are not as ours, and `references`."""
    attributes = there.get("attributes", {})
    found = [
        name
        for name, value in ours.attributes.items()
        if name not in attributes or not _within(_opened(value), _opened(attributes[name]))
    ]
    own = {(one.type, one.name) for one in ours.references}
    others = {(one["type"], one["name"]) for one in there.get("references", ())}
    return sorted([*found, *(["references"] if not own <= others else [])])


def _opened(value: Any) -> Any:
    """JSON in strings read, so that the order of keys in it does not count."""
    if isinstance(value, str) and value[:1] in {"{", "["}:
        try:
            return json.loads(value)
        except ValueError:
            return value
    if isinstance(value, Mapping):
        return {key: _opened(one) for key, one in value.items()}
    return value


def _within(ours: Any, theirs: Any) -> bool:
    """Whether all of ours is in theirs."""
    if isinstance(ours, Mapping):
        return isinstance(theirs, Mapping) and all(
            key in theirs and _within(value, theirs[key]) for key, value in ours.items()
        )
    if isinstance(ours, list):
        return (
            isinstance(theirs, list)
            and len(ours) == len(theirs)
            and all(_within(one, other) for one, other in zip(ours, theirs, strict=True))
        )
    return bool(ours == theirs)


def by_ours(objects: Sequence[Json]) -> dict[str, Json]:
    """What Kibana has by our `type:id`; in a second space it gave ids of its own, and remembers ours."""
    found: dict[str, Json] = {}
    for one in objects:
        found[f"{one['type']}:{one['id']}"] = one
    for one in objects:
        if origin := one.get("originId"):
            found[f"{one['type']}:{origin}"] = one
    return found
