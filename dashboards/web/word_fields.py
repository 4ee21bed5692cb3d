"""One set of words of a watchlist as fields of a form, and back. Pure.

A form may have several sets: their fields are told apart by what their names end on (`-2`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.datastructures import FormData

from connectors.errors import UserError
from streams.core.vocabulary import KINDS

from .visit import text

_LISTS = ("forms", "requires", "blocks", "except")
_COUNTS = ("near", "blocks_near")


class WrongField(UserError):  # noqa: N818 - reads as what it says
    """What is in one field cannot be used."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


def shown(table: Mapping[str, Any]) -> dict[str, str]:
    """What stands in each field."""
    return {
        "language": table.get("language", ""),
        "kind": table.get("kind", KINDS[0]),
        "same_language": "on" if table.get("same_language") else "",
        **{name: "\n".join(table.get(name, ())) for name in _LISTS},
        **{name: str(table.get(name, 0)) for name in _COUNTS},
    }


def written(form: FormData, ending: str = "") -> dict[str, str]:
    """What was written into the fields of one set."""
    return {name: text(form, name + ending) for name in shown({})}


def pattern(old: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    """The pattern that the fields make of the old one; what has no field stays. Raises WrongField."""
    new = {name: value for name, value in old.items() if name not in values}
    new |= {name: lines for name in _LISTS if (lines := _lines(values[name]))}
    if "forms" not in new:
        raise WrongField("forms", "Write one word or phrase at least.")
    for name in _COUNTS:
        given = values[name].strip() or "0"
        if not (given.isascii() and given.isdigit() and len(given) <= 4):
            raise WrongField(name, f"`{given[:20]}` is no number of words.")
        new |= {name: int(given)} if int(given) else {}
    if values["language"].strip():
        new["language"] = values["language"].strip()
    if values["kind"] != KINDS[0]:
        new["kind"] = values["kind"]
    if values["same_language"]:
        if "language" not in new:
            raise WrongField("language", "Say which language, or take the tick away.")
        new["same_language"] = True
    return new


def _lines(value: str) -> list[str]:
    return [line.strip() for line in value.splitlines() if line.strip()]
