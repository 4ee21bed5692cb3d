"""What the index is given of words and values, and what a query asks it for: the same strings. Pure.

Text goes in as our own tokens joined by spaces, and the `whitespace` analyzer cuts it there and changes
nothing, so every engine agrees on what a word is. That analyzer also cuts a word after 255 UTF-16 units:
longer ones (hashes, base64) are replaced by their beginning and a hash, which no token can be mistaken for,
because none holds `_`. A prefix of more than a hundred characters is compared by its first hundred.
"""

from __future__ import annotations

import functools
from hashlib import blake2b

from ...core.index import WHOLE_FIELDS, Stored, normal, values
from ...core.text import fold_text, tokens

_HEAD = 100
_LONGEST = 120
"""Code points of a token kept whole; twice as many UTF-16 units at most."""

BETWEEN = "\x1f"
"""Between a field and its value in a term; no folded value holds it first."""
_LONGEST_TERM = 1000
"""Code points; Lucene takes terms of 32,766 bytes, a URL can be longer."""


def words(text: str) -> str:
    """The tokens of a text, joined by spaces."""
    cut = tokens(fold_text(text))
    return " ".join(map(word, cut) if max(map(len, cut), default=0) > _LONGEST else cut)


def word(token: str) -> str:
    """A token as it is indexed."""
    if len(token) <= _LONGEST:
        return token
    digest = blake2b(token.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return f"{token[:_HEAD]}_{digest}"


def beginning(prefix: str) -> str:
    """What every indexed token that begins with `prefix` begins with."""
    return prefix[:_HEAD]


def term(field: str, value: str) -> str:
    """A field with its value, in the form that is compared; the term of `value[:n]` begins it."""
    if len(value) > _LONGEST_TERM and field in WHOLE_FIELDS:
        value = "#" + blake2b(value.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return f"{field}{BETWEEN}{value[:_LONGEST_TERM]}"


@functools.lru_cache(maxsize=20_000)  # most values stand in many articles
def _term(field: str, value: str) -> str:
    compared = normal(field, value)
    return term(field, compared) if compared else ""


def terms(stored: Stored) -> list[str]:
    """Every term of an article: each field the query language can ask for, with each value."""
    found = {_term(field, value) for field, value in values(stored)}
    found.discard("")
    return sorted(found)
