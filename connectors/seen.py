"""Which entries of a feed went out already, and with what content. Pure; kept as bytes in the feed's state.

Per entry 16 bytes: half a hash of what identifies it, half one of its content, of which the last two bits
count how often its page is still to be tried. Entries of the latest document come first; older ones are
kept behind them up to a bound, for feeds whose mirrors disagree about what is newest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from .records import Entry

KEEP = 2_000
"""Entries remembered beside those of the latest document."""
PAGE_TRIES = 3
_SIZE = 8
_TRIES = 0b11


@dataclass(frozen=True, slots=True)
class Sighting:
    """An entry in a document, compared with what went out before."""

    entry: Entry
    key: bytes
    digest: bytes
    known: bool
    """Published before, in whatever wording."""
    published: bool
    """Published before, word for word."""
    page_tries: int
    """How often its page may still be tried, 0 when it need not be."""


class SeenEntries:
    """What went out of one feed, with a byte form."""

    def __init__(self, kept: bytes = b"") -> None:
        self._known = {
            kept[at : at + _SIZE]: kept[at + _SIZE : at + 2 * _SIZE]
            for at in range(0, len(kept) - 2 * _SIZE + 1, 2 * _SIZE)
        }

    def __len__(self) -> int:
        return len(self._known)

    def compare(self, entries: Iterable[Entry]) -> list[Sighting]:
        """Each entry of a document once, in its order, with what is known of it."""
        unique = list(dict.fromkeys(entries))
        return [self._sighting(entry, key) for entry, key in zip(unique, _keys(unique), strict=True)]

    def to_bytes(self, document: Sequence[Sighting], done: Mapping[bytes, tuple[bytes, int]]) -> bytes:
        """The memory after `done` (key to digest and page tries left) went out of a document."""
        current = {
            sighting.key: self._known[sighting.key] for sighting in document if sighting.key in self._known
        }
        current |= {key: _with_tries(digest, tries) for key, (digest, tries) in done.items()}
        older = [pair for pair in self._known.items() if pair[0] not in current][:KEEP]
        return b"".join(key + value for key, value in [*current.items(), *older])

    def _sighting(self, entry: Entry, key: bytes) -> Sighting:
        before, digest = self._known.get(key), _with_tries(_content(entry), 0)
        return Sighting(
            entry=entry,
            key=key,
            digest=digest,
            known=before is not None,
            published=before is not None and _with_tries(before, 0) == digest,
            page_tries=PAGE_TRIES if before is None else before[-1] & _TRIES,
        )


def _keys(entries: Sequence[Entry]) -> list[bytes]:
    """What each entry is known by: guid, else link, else title; all three where one document repeats it.

    Some publishers give all entries the same guid, and some feeds list one link many times.
    """
    plain = [_hash(*_name(entry)) for entry in entries]
    often = Counter(plain)
    return [
        key if often[key] == 1 else _hash("all", entry.id, entry.link, entry.title)
        for key, entry in zip(plain, entries, strict=True)
    ]


def _name(entry: Entry) -> tuple[str, str]:
    if entry.id:
        return "guid", entry.id
    return ("link", entry.link) if entry.link else ("title", entry.title)


def _content(entry: Entry) -> bytes:
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


def _with_tries(digest: bytes, tries: int) -> bytes:
    return digest[:-1] + bytes([digest[-1] & ~_TRIES & 0xFF | tries])


def _hash(*parts: str) -> bytes:
    return blake2b("\x00".join(parts).encode("utf-8", "surrogatepass"), digest_size=_SIZE).digest()
