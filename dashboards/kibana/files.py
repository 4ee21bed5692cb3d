"""The NDJSON files that are checked in, for people who import them by hand in Kibana.

One with everything, and one for each dashboard with all that it needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from .definitions import everything
from .saved import Saved, ndjson

FOLDER = Path(__file__).with_name("ndjson")
ALL = "everything.ndjson"


def files() -> dict[str, str]:
    """Each file's text by its name."""
    objects = everything()
    found = {ALL: ndjson(objects)}
    for one in objects:
        if one.type == "dashboard":
            found[f"{one.id}.ndjson"] = ndjson(needed(one, {other.key: other for other in objects}))
    return found


def needed(one: Saved, objects: Mapping[str, Saved]) -> list[Saved]:
    """The object and all it refers to, directly or by others."""
    found: dict[str, Saved] = {}
    waiting = [one]
    while waiting:
        last = waiting.pop()
        found[last.key] = last
        names = {f"{reference.type}:{reference.id}" for reference in last.references}
        waiting.extend(objects[name] for name in names - found.keys())
    return list(found.values())


def write(folder: Path = FOLDER) -> Iterable[str]:
    """Write the files and remove those that are no more; the names of what changed."""
    wanted = files()
    folder.mkdir(exist_ok=True)
    for path in folder.glob("*.ndjson"):
        if path.name not in wanted:
            path.unlink()
            yield path.name
    for name, text in wanted.items():
        path = folder / name
        if not path.exists() or path.read_bytes() != text.encode():
            path.write_bytes(text.encode())
            yield name
