"""How the feed commands show a feed: one line for people, one object for programs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from ..answers import Fetched
from ..probe import Probe
from ..state import FeedState


def health(known: FeedState) -> str:
    """One word: new, ok, empty, failing or retired."""
    state = known.state
    if state.retired:
        return "retired"
    if state.failure:
        return "failing"
    if state.last_success is None:
        return "new"
    return "ok" if state.entries else "empty"


def as_dict(known: FeedState) -> dict[str, Any]:
    """A feed as `feeds list --json` prints it. Intervals in seconds, times in RFC 3339 UTC or null."""
    feed, state = known.feed, known.state
    return {
        "url": feed.url,
        "title": feed.title,
        "site_url": feed.site_url,
        "group": feed.group,
        "language": feed.language,
        "country": feed.country,
        "kind": feed.kind,
        "perspective": feed.perspective,
        "full_text": feed.full_text,
        "verify_tls": feed.verify_tls,
        "health": health(known),
        "reason": state.retired or state.failure,
        "failures": state.failures,
        "failing_since": _moment(state.failing_since),
        "last_fetch": _moment(state.last_fetch),
        "last_success": _moment(state.last_success),
        "last_change": _moment(state.last_change),
        "next_fetch": None if state.retired else _moment(state.next_fetch),
        "interval": feed.interval or round(state.interval),
        "entries": state.entries,
        "moved_from": state.moved_from,
    }


def table(feeds: Sequence[FeedState]) -> str:
    """Feeds for people, troubled ones with the reason below."""
    if not feeds:
        return "No feed here. Add one with `biowire feeds add URL`, or many with `biowire feeds import`."
    lines = [f"{'':8}{'last success':18}{'every':8}{'next fetch':18}feed"]
    for known in feeds:
        feed, state = known.feed, known.state
        every = "" if state.retired else _duration(feed.interval or state.interval)
        next_fetch = "" if state.retired else _short(state.next_fetch) or "now"
        lines.append(
            f"{health(known):8}{_short(state.last_success) or 'never':18}{every:8}{next_fetch:18}"
            f"{feed.title or feed.url}"
        )
        if feed.title:
            lines.append(f"{'':52}{feed.url}")
        if state.retired or state.failure:
            since = f" Since {_short(state.failing_since)}." if state.failing_since else ""
            lines.append(f"{'':52}{state.retired or state.failure}{since}")
    return "\n".join(lines)


def probe_dict(probe: Probe) -> dict[str, Any]:
    """A look at a URL as `--json` prints it."""
    parsed, answer = probe.parsed, probe.answer
    fetched = answer if isinstance(answer, Fetched) else None
    return {
        "url": probe.url,
        "ok": parsed is not None,
        "reason": probe.reason,
        "title": parsed.title if parsed else "",
        "format": parsed.format if parsed else "",
        "entries": len(parsed.entries) if parsed else 0,
        "newest": _moment(_newest(probe)),
        "problem": parsed.problem if parsed else "",
        "moved_to": (fetched.permanent_url if fetched else "") or (parsed.moved_to if parsed else ""),
        "conditional": bool(fetched and {"etag", "last-modified"} & set(fetched.headers)),
        "bytes": fetched.wire_bytes if fetched else 0,
        "seconds": round(answer.seconds, 3) if answer else 0.0,
    }


def probe_line(probe: Probe) -> str:
    """A look at a URL for people."""
    if probe.parsed is None:
        return f"bad  {probe.url}\n     {probe.reason}"
    newest = _newest(probe)
    notes = [
        f"{len(probe.parsed.entries)} entries",
        f"newest {_short(newest)}" if newest else "no dates",
        probe.parsed.format,
    ]
    if probe.parsed.problem:
        notes.append(f"malformed: {probe.parsed.problem}")
    if isinstance(probe.answer, Fetched) and probe.answer.permanent_url:
        notes.append(f"has moved to {probe.answer.permanent_url}")
    elif probe.parsed.moved_to:
        notes.append(f"says it has moved to {probe.parsed.moved_to}")
    return f"ok   {probe.url}  {probe.parsed.title}\n     {', '.join(notes)}"


def _newest(probe: Probe) -> datetime | None:
    entries = probe.parsed.entries if probe.parsed else ()
    return max((date for entry in entries if (date := entry.published or entry.updated)), default=None)


def _moment(when: datetime | None) -> str | None:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if when else None


def _short(when: datetime | None) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M") if when else ""


def _duration(seconds: float) -> str:
    if seconds < 5_400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3_600:.0f} h" if seconds < 172_800 else f"{seconds / 86_400:.0f} d"
