"""Which entries of a feed went out already, and with what content. Pure; kept as bytes in the feed's state.

Per entry 16 bytes: half a hash of what identifies it (guid, else link, else title), half one of its
content. Entries of the latest document come first; older ones are kept behind them up to a bound, for
feeds whose mirrors disagree about what is newest.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

from .records import Entry

KEEP = 2_000
"""Entries remembered beside those of the latest document."""
_SIZE = 8


class SeenEntries:
    """A small map from identity to content, with a byte form."""

    def __init__(self, kept: bytes = b"") -> None:
        self._known = {
            kept[at : at + _SIZE]: kept[at + _SIZE : at + 2 * _SIZE]
            for at in range(0, len(kept) - 2 * _SIZE + 1, 2 * _SIZE)
        }

    def __len__(self) -> int:
        return len(self._known)

    def is_known(self, entry: Entry) -> bool:
        """Whether this entry was published before, in whatever wording."""
        return identity(entry) in self._known

    def is_published(self, entry: Entry) -> bool:
        """Whether this entry was published before, word for word."""
        return self._known.get(identity(entry)) == content(entry)

    def to_bytes(self, latest: Iterable[Entry], published: Iterable[Entry]) -> bytes:
        """The memory after `published` went out of a document that holds `latest`."""
        fresh = {identity(entry): content(entry) for entry in published}
        current = {key: self._known[key] for key in map(identity, latest) if key in self._known}
        current |= fresh
        older = [pair for pair in self._known.items() if pair[0] not in current][:KEEP]
        return b"".join(key + value for key, value in [*current.items(), *older])


def identity(entry: Entry) -> bytes:
    """Hash of what an entry is known by: guid, else link, else title."""
    named = ("guid", entry.id) if entry.id else ("link", entry.link) if entry.link else ("title", entry.title)
    return _hash(*named)


def content(entry: Entry) -> bytes:
    """Hash of everything an entry says."""
    return _hash(
        entry.link,
        entry.title,
        str(entry.published),
        str(entry.updated),
        *entry.authors,
        "",
        *entry.categories,
        "",
        entry.summary_html,
        entry.content_html,
    )


def _hash(*parts: str) -> bytes:
    return blake2b("\x00".join(parts).encode("utf-8", "surrogatepass"), digest_size=_SIZE).digest()
