"""Read the headers that speak of time: Retry-After, Cache-Control, Expires. Pure; seconds throughout."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_MAX_AGE = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?(\d{1,12})", re.IGNORECASE)


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds until the time a Retry-After names (RFC 9110 10.2.3), None when it is absent or unreadable."""
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,12}(?:\.\d+)?", value):
        return float(value)
    date = _date(value)
    return None if date is None else max((date - now).total_seconds(), 0.0)


def max_age(headers: Mapping[str, str]) -> float:
    """Seconds the answer stays fresh by its own word (RFC 9111 5.2.2), less the age it had; 0 when unsaid."""
    control = headers.get("cache-control", "")
    found = _MAX_AGE.search(control)
    if not found or re.search(r"no-(?:cache|store)", control, re.IGNORECASE):
        return 0.0
    age = headers.get("age", "").strip()
    spent = float(age) if age.isascii() and age.isdigit() and len(age) < 12 else 0.0
    return max(float(found[1]) - spent, 0.0)


def expired_at_once(headers: Mapping[str, str]) -> bool:
    """`Expires: 0` or another non-date: a server that wants no conditional requests on this document."""
    value = headers.get("expires", "").strip()
    return value in {"0", "-1"} and not _MAX_AGE.search(headers.get("cache-control", ""))


def _date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
