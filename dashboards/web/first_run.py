"""Whether there is anything to show: an instance without feeds and articles leads to `/welcome`."""

from __future__ import annotations

from streams.core.query import Everything

from ..api.opening import Opening


def nothing_yet(ports: Opening) -> bool:
    """Whether there is neither an article nor a feed. Quick where there is an article."""
    if not ports.context.distributed and not ports.context.store.exists():
        return True
    with ports.reading() as reading:
        if reading.index.search(Everything(), limit=1, copies=True).hits:
            return False
    return not ports.feeds()
