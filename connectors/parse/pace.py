"""How long a publisher asks to wait between fetches: `ttl` (RSS 2.0), `sy:update*` (RSS 1.0 module)."""

from __future__ import annotations

_PERIODS = {"hourly": 3600, "daily": 86400, "weekly": 604800, "monthly": 2592000, "yearly": 31536000}
_LONGEST = 31536000


def pace(ttl_minutes: str, period: str = "", frequency: str = "") -> int:
    """Seconds between fetches, the longer of what is said; 0 when nothing sensible is."""
    asked = _number(ttl_minutes) * 60
    if period.strip().lower() in _PERIODS:
        asked = max(asked, _PERIODS[period.strip().lower()] // max(1, _number(frequency) or 1))
    return asked if 0 < asked <= _LONGEST else 0


def _number(text: str) -> int:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
