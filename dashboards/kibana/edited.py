"""What people changed in Kibana, as files beside the definitions: each stands in the place of a definition.

    export ─► ours, or with our tag ─► one readable JSON file each ─► instead of the definition of that id

JSON in strings is opened up in the files, so that a change can be read line by line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from connectors.errors import UserError

from .compare import by_ours, differing
from .saved import FLOOR, TAG, Reference, Saved, text

Json = Mapping[str, Any]
_FILE = re.compile(r"[^A-Za-z0-9._-]")
_STRINGS = {
    "panelsJSON",
    "optionsJSON",
    "searchSourceJSON",
    "ignoreParentSettingsJSON",
    "fields",
    "fieldAttrs",
    "fieldFormatMap",
    "runtimeFieldMap",
    "sourceFilters",
}
"""Attributes that are JSON in a string."""


def edits(objects: Sequence[Saved], there: Sequence[Json]) -> list[Saved]:
    """What Kibana has otherwise than we, and what people made and gave our tag; under our ids."""
    named = [json.loads(_with_our_ids(json.dumps(one), there)) for one in there]
    found = by_ours(named)
    changed = [found[one.key] for one in objects if one.key in found and differing(one, found[one.key])]
    ours = {one.key for one in objects}
    added = [one for one in named if f"{one['type']}:{one['id']}" not in ours and _tagged(one)]
    return [_saved(one) for one in (*changed, *added) if one["type"] in FLOOR]


def write(folder: Path, edited: Iterable[Saved]) -> list[Path]:
    """One file for each. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for one in edited:
        path = folder / f"{one.type}.{_FILE.sub('-', one.id)}.json"
        opened = {**one.envelope(), "attributes": _opened(one.attributes)}
        path.write_text(
            json.dumps(opened, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8"
        )
        written.append(path)
    return written


def read(folder: Path) -> list[Saved]:
    """Every file of a folder, empty where there is none. Raises UserError for what is no saved object."""
    return [_read(path) for path in sorted(folder.glob("*.json"))]


def merged(objects: Iterable[Saved], edited: Iterable[Saved]) -> list[Saved]:
    """The objects, each edited one in the place of its own; a data view keeps its indices."""
    found = {one.key: one for one in objects}
    for one in edited:
        before = found.get(one.key)
        if before is not None and one.type == "index-pattern":
            title = before.attributes["title"]
            one = Saved(type=one.type, id=one.id, attributes={**one.attributes, "title": title})
        found[one.key] = one
    return list(found.values())


def _read(path: Path) -> Saved:
    try:
        one = json.loads(path.read_text(encoding="utf-8"))
        if one["type"] not in FLOOR:
            raise UserError(f"{path} holds a {one['type']}, which is none of {', '.join(sorted(FLOOR))}.")
        return _saved({**one, "attributes": _closed(one["attributes"])})
    except (OSError, ValueError, KeyError, TypeError) as cause:
        raise UserError(f"{path} is no saved object of Kibana; remove it, or pull it again.") from cause


def _saved(one: Json) -> Saved:
    version = str(one.get("typeMigrationVersion", ""))
    return Saved(
        type=one["type"],
        id=one["id"],
        attributes=one["attributes"],
        references=tuple(
            Reference(type=ref["type"], id=ref["id"], name=ref["name"]) for ref in one.get("references", ())
        ),
        version="" if version == FLOOR[one["type"]] else version,
    )


def _with_our_ids(written: str, there: Iterable[Json]) -> str:
    """In a second space Kibana gave ids of its own, which stand in references and panels too."""
    for one in there:
        if origin := one.get("originId"):
            written = written.replace(one["id"], origin)
    return written


def _tagged(one: Json) -> bool:
    return any(ref["type"] == "tag" and ref["id"] == TAG for ref in one.get("references", ()))


def _opened(value: Any, name: str = "") -> Any:
    if isinstance(value, str) and name in _STRINGS:
        return _opened(json.loads(value))
    if isinstance(value, Mapping):
        return {key: _opened(one, key) for key, one in value.items()}
    return value


def _closed(value: Any, name: str = "") -> Any:
    if name in _STRINGS and not isinstance(value, str):
        inner = (
            {key: _closed(one, key) for key, one in value.items()} if isinstance(value, Mapping) else value
        )
        return text(inner)
    if isinstance(value, Mapping):
        return {key: _closed(one, key) for key, one in value.items()}
    return value
