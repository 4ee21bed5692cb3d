"""How feeds are fetched: every number a person may change, with its default and what it is for.

Read once from the merged options (`settings` of `connectors.console.Context`), where each stands under
its own name prefixed with `fetch_`; times are seconds, sizes are bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib import metadata
from typing import Any

from .errors import UserError

PREFIX = "fetch_"


def user_agent() -> str:
    """Who we say we are, with a page where a publisher can read about us."""
    try:
        version = metadata.version("biowire")
    except metadata.PackageNotFoundError:  # run from a bare checkout
        version = "0"
    return f"biowire/{version} (+https://github.com/biowire/biowire)"


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchSettings:
    """Limits and manners of everything that is fetched."""

    user_agent: str = ""
    """Sent with every request; empty for `biowire/<version> (+address)`."""
    allow: tuple[str, ...] = ()
    """Addresses that are not public and may be fetched all the same: host, network, or either with a port."""
    connect_timeout: float = 10.0
    first_byte_timeout: float = 20.0
    """Until the headers of an answer are complete."""
    idle_timeout: float = 15.0
    """Between two pieces of a body."""
    total_timeout: float = 45.0
    """One document, redirects included."""
    max_bytes: int = 15 * 1024 * 1024
    """On the wire."""
    max_decoded: int = 15 * 1024 * 1024
    """After decompression."""
    max_ratio: float = 200.0
    """Decoded to wire bytes, above one megabyte decoded."""
    max_redirects: int = 5
    max_headers: int = 200
    max_header_bytes: int = 32 * 1024
    """One header."""
    concurrency: int = 16
    """Requests under way at once, all hosts together."""
    host_concurrency: int = 2
    """Requests under way at once to one host."""
    host_delay: float = 5.0
    """Between the starts of two requests to one host."""
    feeds_at_once: int = 64
    """Feeds being worked on, most of which wait for their turn at a host."""
    stub_words: int = 60
    """An entry with fewer words gets the text of its article page."""
    pages: bool = True
    """Fetch article pages at all."""
    pages_per_look: int = 50
    """Article pages fetched after one look at a feed; entries beyond go out without."""
    grace: float = 5.0
    """What is under way when we are told to stop has this long to finish."""


def load(settings: Mapping[str, Any]) -> FetchSettings:
    """Pick ours out of all settings; raises UserError for a value that cannot be meant."""
    given: dict[str, Any] = {}
    for field in fields(FetchSettings):
        name = PREFIX + field.name
        if name in settings and settings[name] is not None:
            given[field.name] = _value(name, settings[name], field.default)
    return FetchSettings(**given)


def _value(name: str, value: Any, default: Any) -> Any:
    """Turn what a file or the environment gave into the type of the default."""
    if isinstance(default, tuple):
        parts = value.split(",") if isinstance(value, str) else value
        return tuple(str(part).strip() for part in parts if str(part).strip())
    if isinstance(default, bool):
        return value if isinstance(value, bool) else str(value).strip().lower() in {"1", "true", "yes", "on"}
    if isinstance(default, str):
        return str(value)
    try:
        number = type(default)(value)
    except (TypeError, ValueError) as cause:
        raise UserError(f"The setting {name} is {value!r}; it has to be a number.") from cause
    if number < 0:
        raise UserError(f"The setting {name} is {value!r}; it cannot be negative.")
    return number
