"""Authors as feeds spell them: a name, an address, or both in one string."""

from __future__ import annotations

import re
from collections.abc import Sequence

_ADDRESS = re.compile(
    r"([a-zA-Z0-9_.+-]{1,320}@((\[[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.)|(([a-zA-Z0-9-]{1,320}\.){1,40}))"
    r"([a-zA-Z]{2,4}|[0-9]{1,3})(\]?))(\?subject=\S+)?"
)
_LONGEST = 1000

Person = tuple[str, str]
"""Name and address, either of them empty."""


def split_author(text: str) -> Person:
    """`jane@example.org (Jane Roe)` to name and address, as feedparser does it."""
    if "@" not in text or len(text) > _LONGEST:
        return text, ""
    found = _ADDRESS.search(text)
    if found is None:
        return text, ""
    name = (
        text.replace(found.group(0), "").replace("()", "").replace("<>", "").replace("&lt;&gt;", "").strip()
    )
    return name.removeprefix("(").removesuffix(")").strip(), found.group(0)


def named(name: str | None, email: str | None) -> str:
    """An author as one string: `name (email)`, or the one there is."""
    return f"{name} ({email})" if name and email else name or email or ""


def spelled(people: Sequence[Person], last: str) -> tuple[str, ...]:
    """One author as the feed spells it (`last`); of several, each by name and address, none twice."""
    known = [person for person in people if any(person)]
    if len(known) <= 1:
        return (last,) if last else ()
    return tuple(dict.fromkeys(named(*person) for person in known))
