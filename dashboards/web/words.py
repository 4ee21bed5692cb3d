"""How values are written for people: filters of templates. Pure.

Everything here returns plain text (escaped where it is used) or Markup made of escaped parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from markupsafe import Markup

RIGHT_TO_LEFT = frozenset({"ar", "dv", "fa", "he", "ku", "ps", "sd", "ug", "ur", "yi"})
"""Languages that are written from right to left."""


def day(when: datetime) -> str:
    """A date: 3 Aug 2023."""
    return f"{when.astimezone(UTC):%-d %b %Y}"


def moment(when: datetime) -> str:
    """A date and time: 3 Aug 2023, 14:05 UTC."""
    return f"{when.astimezone(UTC):%-d %b %Y, %H:%M} UTC"


def iso(when: datetime) -> str:
    """For `datetime` attributes and sorting."""
    return when.astimezone(UTC).isoformat().replace("+00:00", "Z")


def number(value: float) -> str:
    """With thin separators for thousands: 12,345."""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"


def direction(language: str) -> str:
    """The `dir` of a text in this language; `auto` where it is not known."""
    if language in {"", "und"}:
        return "auto"
    return "rtl" if language.partition("-")[0] in RIGHT_TO_LEFT else "ltr"


def tongue(language: str) -> str:
    """The `lang` attribute: empty, which says unknown, for `und`."""
    return "" if language == "und" else language


def outward(url: str) -> str:
    """An address that may be a link: http and https; anything else becomes nothing."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in {"http", "https"} and parts.netloc else ""


def marked(text: str, marks: Iterable[Sequence[int]]) -> Markup:
    """Text with these ranges in `<mark>`; ranges are offsets into it, overlapping ones are joined."""
    pieces: list[str] = []
    at = 0
    for start, end in _joined(marks, len(text)):
        pieces += [Markup.escape(text[at:start]), Markup("<mark>{}</mark>").format(text[start:end])]
        at = end
    return Markup("").join([*pieces, Markup.escape(text[at:])])


def _joined(marks: Iterable[Sequence[int]], length: int) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted((max(0, one[0]), min(length, one[1])) for one in marks):
        if end <= start:
            continue
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined


def spoken(identifier: str) -> str:
    """An id of the vocabulary as words: `facial-recognition` → facial recognition."""
    return identifier.replace("-", " ").replace("_", " ")


FILTERS: dict[str, Callable[..., Any]] = {
    one.__name__: one for one in (day, moment, iso, number, direction, tongue, outward, marked, spoken)
}
