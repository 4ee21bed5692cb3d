"""How one outlet's text becomes another's: edited, cut, credited, with a paragraph of its own. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

_SENTENCE_END = re.compile(r"(?<=[.!?。！？।])[\s]*(?=\S)")


def derive(text: str, *, edits: Sequence[tuple[str, str]], keep: float, credit: str, after: str) -> str:
    """Return the copy. `keep`: the share of characters kept from the start, to the next end of a sentence.

    Raise `ValueError` when an edit's old words are not in the text or `keep` is not a share.
    """
    if not 0 < keep <= 1:
        raise ValueError(f"keep is {keep}, not above 0 and up to 1.")
    for old, new in edits:
        if old not in text:
            raise ValueError(f"the words to edit are not in the original: {old!r}.")
        text = text.replace(old, new, 1)
    if keep < 1:
        text = _cut(text, int(len(text) * keep))
    return "\n\n".join(part for part in (credit, text, after) if part)


def _cut(text: str, length: int) -> str:
    ends = [match.start() for match in _SENTENCE_END.finditer(text) if match.start() >= length]
    return text[: ends[0]].rstrip() if ends else text
