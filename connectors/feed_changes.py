"""What people do to a feed on the list beside adding and removing: change, retire, revive, fetch now.

All go through the port, so they work on a store and on the list in Kafka alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from .errors import UserError
from .records import Feed
from .state import FeedState, FeedStateStore

BY_HAND = "Retired by hand."
SILENT = timedelta(days=30)
"""Without anything new, a feed that answers well is called silent."""


def edited(store: FeedStateStore, url: str, said: Mapping[str, Any]) -> Feed:
    """Replace what the list says of a feed by what is `said`. Raises UserError."""
    known = found(store, url)
    codes = {name: code(name, said[name]) for name in ("country", "language") if said.get(name)}
    changed = replace(known.feed, **{**said, **codes})
    store.update(changed)
    return changed


def fetch_now(store: FeedStateStore, url: str) -> Feed:
    """Make a feed due at once. A retired one stays retired. Raises UserError."""
    known = found(store, url)
    if known.state.retired:
        raise UserError(f"{known.feed.title or url} is retired; revive it first.")
    store.save(url, replace(known.state, next_fetch=None))
    return known.feed


def retire(store: FeedStateStore, url: str) -> Feed:
    """Fetch a feed no more; it stays on the list with its articles. Raises UserError."""
    known = found(store, url)
    store.save(url, replace(known.state, retired=BY_HAND))
    return known.feed


def revive(store: FeedStateStore, url: str) -> Feed:
    """Fetch a retired feed again, at once. Raises UserError."""
    known = found(store, url)
    store.save(url, replace(known.state, retired="", failures=0.0, next_fetch=None))
    return known.feed


def silent(known: FeedState, now: datetime) -> bool:
    """Whether a feed answers well and yet has brought nothing new for SILENT, or never did."""
    state = known.state
    if state.retired or state.failure or state.last_success is None:
        return False
    return state.last_change is None or now - state.last_change >= SILENT


def code(name: str, value: str) -> str:
    """A country or language as it is usually written. Raises UserError for what is none."""
    code = value.upper() if name == "country" else value.lower()
    if not (code.isascii() and code.isalpha() and len(code) in ({2} if name == "country" else {2, 3})):
        raise UserError(
            f"{value} is no {name} code. Give two letters, such as GB for a country, en for a language."
        )
    return code


def found(store: FeedStateStore, url: str) -> FeedState:
    """The feed with this URL. Raises UserError."""
    known = store.get(url)
    if known is None:
        raise UserError(f"{url} is not on the list.")
    return known
