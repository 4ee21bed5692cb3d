"""Which language a text is in: by its script first, by what the feed declares, by statistics last.

Feeds often declare the default of their software (`en-US` over a French text), so a declaration that the
words contradict is not believed.
"""

from __future__ import annotations

import re

_DECLARED = re.compile(r"^\s*([a-zA-Z]{2,3})(?:[-_]|\s*$)")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
_NOT_LATIN = re.compile("[\u0370-\u1dff\u2e80-\ufaff]")
_SCRIPTS: tuple[tuple[re.Pattern[str], str, frozenset[str]], ...] = (
    (re.compile("[\u3040-\u30ff]"), "ja", frozenset({"ja"})),
    (re.compile("[\uac00-\ud7a3]"), "ko", frozenset({"ko"})),
    (re.compile("[\u4e00-\u9fff]"), "zh", frozenset({"zh", "yue"})),
    (re.compile("[\u0e00-\u0e7f]"), "th", frozenset({"th"})),
    (re.compile("[\u0590-\u05ff]"), "he", frozenset({"he", "yi"})),
    (re.compile("[\u0370-\u03ff]"), "el", frozenset({"el"})),
    (re.compile("[\u0600-\u06ff]"), "", frozenset({"ar", "fa", "ur", "ps", "ug", "ckb", "sd"})),
    (re.compile("[\u0900-\u097f]"), "", frozenset({"hi", "mr", "ne", "sa"})),
    (
        re.compile("[\u0400-\u04ff]"),
        "",
        frozenset({"ru", "uk", "bg", "sr", "mk", "be", "kk", "ky", "mn", "tg"}),
    ),
)
"""Script, its only language if it has one, and the languages a declaration may name."""

_COMMON_ENGLISH = frozenset(
    [
        "the",
        "of",
        "to",
        "and",
        "in",
        "a",
        "for",
        "is",
        "on",
        "that",
        "with",
        "as",
        "are",
        "at",
        "by",
        "from",
        "how",
        "why",
        "what",
        "new",
        "its",
        "it",
        "this",
        "be",
        "has",
        "will",
        "after",
        "over",
        "your",
        "you",
        "not",
        "his",
        "her",
        "who",
        "an",
        "was",
        "have",
        "they",
        "more",
        "can",
        "says",
        "into",
        "up",
        "out",
        "about",
        "us",
        "or",
        "but",
    ]
)
_OLD_CODES = {"iw": "he", "in": "id", "ji": "yi", "no": "nb"}
_WORD = re.compile(r"[^\W\d_]+")
ENGLISH_SAMPLE = 200
"""Characters in which English shows its common words, if it is English."""
ENOUGH = 24
"""Letters below which statistics guess more than they know."""


def language_of(declared: str, text: str) -> str:
    """ISO 639 code of `text`, `und` when neither the feed nor the text says."""
    found = _DECLARED.match(declared) if declared else None
    code = found[1].lower() if found else ""
    code = _OLD_CODES.get(code, code)
    sample = text[:400]
    if sample.isascii():
        return _latin(code, sample)
    if not _NOT_LATIN.search(sample):
        return _latin(code, sample)
    latin = len(_LATIN.findall(sample))
    for script, only, allowed in _SCRIPTS:
        if (count := len(script.findall(sample))) and count * 4 > latin:
            if code in allowed:
                return code
            return only or _guess(sample) or code or "und"
    return _latin(code, sample)


def _latin(code: str, sample: str) -> str:
    if code in ("", "en", "und", "mul"):
        words = _WORD.findall(sample[:ENGLISH_SAMPLE].lower())
        if len(words) < 8:
            return code if code == "en" else "und" if len(sample) < ENOUGH else _guess(sample) or "und"
        common = sum(word in _COMMON_ENGLISH for word in words)
        if common * 8 >= len(words):
            return "en"
        return _guess(sample) or code or "und"
    return code


def _guess(sample: str) -> str:
    if sum(character.isalpha() for character in sample) < ENOUGH:
        return ""
    import py3langid

    return str(py3langid.classify(sample)[0])
