"""What FTS5 is given: our own tokens, joined by spaces, and each field with its value as one token more.

The `ascii` tokenizer of FTS5 cuts at ASCII characters that are neither letters nor digits, and folds
nothing else, so it gives back exactly the tokens it was given. `_` is counted as a letter; no token of
text holds it, so a word can never meet the token of a value.
"""

from __future__ import annotations

import unicodedata
from importlib import metadata

from ..core.index import VERSION, Stored, terms
from ..core.text import fold_text, tokens

EVERY = "_all"
"""A token every article has: what NOT takes away from."""


def fingerprint() -> str:
    """Names all that decides what the tokens of a text are; an index of another one is built anew."""
    return f"{VERSION} unicode {unicodedata.unidata_version} opencc {metadata.version('opencc')}"


class _Escapes(dict[int, str]):
    """Letters and digits stay, anything else becomes its number between underscores: reversible."""

    def __missing__(self, code: int) -> str:
        plain = chr(code)
        kept = self[code] = (
            plain if plain.isascii() and plain.isalnum() and not plain.isupper() else f"_{code:x}_"
        )
        return kept


_ESCAPES = _Escapes()


def value_token(field: str, value: str) -> str:
    """One token for a field and its value; the token of `value[:n]` begins the token of `value`."""
    return f"_{field}_{value.translate(_ESCAPES)}"


def columns(stored: Stored) -> tuple[str, str, str, str]:
    """The four columns of an article."""
    values = sorted(value_token(field, value) for field, value in terms(stored))
    return (_words(stored.title), _words(stored.summary), _words(stored.text), " ".join([EVERY, *values]))


def _words(text: str) -> str:
    return " ".join(tokens(fold_text(text)))
