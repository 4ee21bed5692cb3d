"""What a request says of a subscription, in the words of its file, and the record it makes.

All of it may be left out: then a new subscription has the default, and one that is changed stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field
from typing_extensions import TypedDict

from streams.core.alerts.condition_defaults import default_condition
from streams.core.alerts.editing import LONGEST_CHANNEL, LONGEST_ID, LONGEST_NAME, checked
from streams.core.alerts.records import ID, Condition, Every, Kind, Rhythm, Subscription
from streams.core.alerts.written_times import read_clock, read_length, read_span, read_weekday
from streams.core.query import MAX_BYTES

_STRICT = ConfigDict(extra="forbid")


def _written(read: Callable[[str], Any]) -> AfterValidator:
    def convert(text: str) -> Any:
        try:
            return read(text)
        except OverflowError:
            raise ValueError("it is longer than any calendar") from None

    return AfterValidator(convert)


Length = Annotated[str, Field(max_length=20, examples=["7d"], description="As `90m`, `24h`, `7d`, `2w`.")]
Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
QueryText = Annotated[
    str, Field(max_length=MAX_BYTES, examples=['"face recognition"'], description="See docs/query.md.")
]
Id = Annotated[str, Field(pattern=f"^{ID}$", max_length=LONGEST_ID)]
Channel = Annotated[str, Field(max_length=LONGEST_CHANNEL, examples=["mailto:desk@news.example"])]


class ConditionFields(TypedDict, total=False):
    """When matching documents are worth an alert; which of these count depends on `kind`."""

    __pydantic_config__ = _STRICT  # type: ignore[misc]

    kind: Kind
    count: int
    window: Annotated[Length, _written(read_length)]
    factor: float
    sources: int
    cooldown: Annotated[Length, _written(read_length)]
    facets: Annotated[list[str], Field(max_length=10)]


class RhythmFields(TypedDict, total=False):
    """When messages go out."""

    __pydantic_config__ = _STRICT  # type: ignore[misc]

    every: Every
    at: Annotated[str, Field(description="Local time, as `08:00`."), _written(read_clock)]
    on: Annotated[str, Field(description="Weekly: which day, as `monday`."), _written(read_weekday)]
    zone: Annotated[str, Field(max_length=64, description="IANA name, as `Europe/Berlin`.")]
    quiet: Annotated[str, Field(description="As `22:00-07:00`."), _written(read_span)] | None
    cap: int


class Said(TypedDict, total=False):
    """What may be said of a subscription."""

    __pydantic_config__ = _STRICT  # type: ignore[misc]

    name: Name
    query: QueryText
    condition: ConditionFields
    to: Annotated[list[Channel], Field(max_length=50, description="Channels, whole: all of them.")]
    rhythm: RhythmFields
    language: str
    paused: bool
    muted: bool
    snoozed_until: AwareDatetime | None
    max_age: Annotated[Length, _written(read_length)] | None


def changed(old: Subscription, said: Mapping[str, Any]) -> Subscription:
    """The subscription with what is said of it. Raises UserError."""
    plain = {name: value for name, value in said.items() if name not in {"condition", "rhythm", "to"}}
    if "name" in plain:
        plain["name"] = plain["name"].strip()
    if "to" in said:
        plain["to"] = tuple(said["to"])
    return checked(
        replace(
            old,
            **plain,
            condition=_condition(old.condition, said.get("condition", {})),
            rhythm=_rhythm(old.rhythm, said.get("rhythm", {})),
        )
    )


def _condition(old: Condition, said: Mapping[str, Any]) -> Condition:
    kind = said.get("kind", old.kind)
    plain = old if kind == old.kind else default_condition(kind)
    numbers: dict[str, Any] = dict(said)
    if "facets" in numbers:
        numbers["facets"] = tuple(numbers["facets"])
    return replace(plain, **numbers)


def _rhythm(old: Rhythm, said: Mapping[str, Any]) -> Rhythm:
    return replace(old, **{"weekday" if name == "on" else name: value for name, value in said.items()})
