"""What FTS5 is given: our own tokens, joined by spaces, and each field with its value as one token more.

The `ascii` tokenizer of FTS5 cuts at ASCII characters that are neither letters nor digits, and changes
nothing in folded text, so it gives back exactly the tokens it was given. `_` is counted as a letter; no
token of text holds it, so a word can never meet the token of a value.
"""

from __future__ import annotations

import functools
import unicodedata
from hashlib import blake2b
from importlib import metadata

from ..core.index import VERSION, WHOLE_FIELDS, Stored, normal, values
from ..core.text import fold_text, tokens, without_quotes

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
    """One token for a field and its value, in the form that is compared.

    The token of `value[:n]` begins the token of `value`, but in fields compared as a whole: those are
    addresses, long and each its own, and 96 bits of a hash stand for them.
    """
    if field in WHOLE_FIELDS:
        value = blake2b(value.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
    return f"_{field}_{value.translate(_ESCAPES)}"


@functools.lru_cache(maxsize=20_000)  # most values stand in many articles
def _token(field: str, value: str) -> str:
    compared = normal(field, value)
    return value_token(field, compared) if compared else EVERY


def columns(stored: Stored) -> tuple[str, str, str, str]:
    """The four columns of an article."""
    found = {EVERY}.union(_token(field, value) for field, value in values(stored))
    return (_words(stored.title), _words(stored.summary), _words(stored.text), " ".join(sorted(found)))


def _words(text: str) -> str:
    """A text that FTS5 cuts into the tokens of `text`; where it is plain, FTS5 cuts it as we do."""
    plain = without_quotes(fold_text(text))
    if plain.isascii():
        return plain.replace("_", " ").replace("\0", " ")
    return " ".join(tokens(plain))
