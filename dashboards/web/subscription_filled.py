"""The form of a subscription: what it shows of one, and what was written into it. Pure.

Each kind of condition has fields of its own (`spike.window`), so that changing the kind changes no number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import FormData

from connectors.errors import UserError
from dashboards.api.subscription_fields import changed
from streams.core.alerts.condition_defaults import KNOWN, default_condition
from streams.core.alerts.editing import Unfit, asked
from streams.core.alerts.records import KINDS, Condition, Subscription
from streams.core.alerts.showing import as_fields
from streams.core.alerts.written_times import read_clock, read_length, read_span, read_weekday
from streams.core.query import QuerySyntaxError

from .visit import text

PAIR = ("new-pairing.first", "new-pairing.second")
"""The two facets of a new pairing: each a field of its own."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """What has to be mended: a sentence by field; `""` for the form as a whole."""

    sentences: Mapping[str, str] = field(default_factory=dict)
    position: int | None = None
    """Of the query: the character, from 0, where it goes wrong."""


class Unmade(UserError):  # noqa: N818 - reads as what it is
    """Nothing can be made of what was written."""

    def __init__(self, wrong: Wrong) -> None:
        super().__init__(" ".join(wrong.sentences.values()))
        self.wrong = wrong


def shown(one: Subscription, *, secrets: bool = True) -> dict[str, str]:
    """What stands in each field for this subscription."""
    told = as_fields(one, secrets=secrets)
    values = {
        "name": one.name,
        "query": one.query,
        "to": "\n".join(told["to"]),
        "max_age": told["max_age"] or "",
        "kind": one.condition.kind,
        **{name: "" if value is None else str(value) for name, value in told["rhythm"].items()},
    }
    for kind in KINDS:
        condition = one.condition if kind == one.condition.kind else default_condition(kind)
        values |= _numbers(condition, as_fields(_with(one, condition))["condition"])
    return values


def _with(one: Subscription, condition: Condition) -> Subscription:
    return Subscription(id=one.id, name=one.name, query=one.query, condition=condition)


def _numbers(condition: Condition, told: Mapping[str, Any]) -> dict[str, str]:
    kind = condition.kind
    values = {f"{kind}.{name}": _plain(told[name]) for name in KNOWN[kind] if name != "facets"}
    if kind == "new-entity":
        values["new-entity.facets"] = ",".join(condition.facets)
    elif kind == "new-pairing":
        values |= dict(zip(PAIR, condition.facets, strict=True))
    return values


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def written(form: FormData) -> dict[str, str]:
    """What stands in each field of a form that was sent."""
    values = {name: text(form, name) for name in form}
    values["new-entity.facets"] = ",".join(
        one for one in form.getlist("new-entity.facets") if isinstance(one, str)
    )
    return values


def made(old: Subscription, values: Mapping[str, str]) -> Subscription:
    """The subscription that these fields make of `old`. Raises Unmade with everything to be mended."""
    said, wrong = _said(values)
    if wrong:
        raise Unmade(Wrong(wrong))
    try:
        return changed(old, said)
    except QuerySyntaxError as error:
        place = f"{error.position + 1}: {error.sentence}"
        raise Unmade(Wrong({"query": place}, error.position)) from None
    except Unfit as unfit:
        raise Unmade(Wrong({_field(unfit.key, values["kind"]): str(unfit)})) from None


def differs(new: Subscription, old: Subscription) -> bool:
    """Whether the two ask or say anything else."""
    return asked(new) != asked(old)


def _field(key: tuple[str, ...], kind: str) -> str:
    return f"{kind}.{key[-1]}" if key[0] == "condition" and key[-1] != "kind" else key[-1]


def _said(values: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The values as a request of the API says them, and what cannot be read."""
    reader = _Reader(values)
    kind = values.get("kind", "")
    names = KNOWN.get(kind, ())  # type: ignore[call-overload]  # what is no kind is told by `checked`
    condition: dict[str, Any] = {"kind": kind if kind in KINDS else KINDS[0]}
    if kind not in KINDS:
        reader.wrong["kind"] = "Choose what is worth an alert."
    for name in names:
        if name == "facets":
            condition["facets"] = _facets(values, kind)
        else:
            condition[name] = reader.read(f"{kind}.{name}", _READ[name])
    rhythm = {name: reader.read(name, _READ[name]) for name in ("every", "at", "on", "zone", "cap")}
    rhythm["quiet"] = reader.read("quiet", read_span, empty=None)
    return {
        "name": values.get("name", ""),
        "query": values.get("query", ""),
        "condition": condition,
        "to": list(dict.fromkeys(values.get("to", "").split())),
        "rhythm": rhythm,
        "max_age": reader.read("max_age", read_length, empty=None),
    }, reader.wrong


def _facets(values: Mapping[str, str], kind: str) -> list[str]:
    if kind == "new-pairing":
        return [values.get(name, "") for name in PAIR]
    return [one for one in values.get("new-entity.facets", "").split(",") if one]


_NEEDED = object()


class _Reader:
    """Reads fields and notes what cannot be read."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = values
        self.wrong: dict[str, str] = {}

    def read(self, name: str, how: Callable[[str], Any], empty: Any = _NEEDED) -> Any:
        value = self.values.get(name, "").strip()
        if not value and empty is not _NEEDED:
            return empty
        try:
            return how(value)
        except (ValueError, OverflowError) as wrong:
            self.wrong[name] = str(wrong)[:1].upper() + str(wrong)[1:].rstrip(".") + "."
            return None


def _whole(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) <= 9):
        raise ValueError(f"`{value[:20]}` is no whole number" if value else "write a whole number")
    return int(value)


def _decimal(value: str) -> float:
    try:
        return float(value.replace(",", "."))
    except ValueError:
        raise ValueError(f"`{value[:20]}` is no number" if value else "write a number") from None


_READ: Mapping[str, Callable[[str], Any]] = {
    "count": _whole,
    "window": read_length,
    "factor": _decimal,
    "sources": _whole,
    "cooldown": read_length,
    "every": str,
    "at": read_clock,
    "on": read_weekday,
    "zone": str,
    "cap": _whole,
}
