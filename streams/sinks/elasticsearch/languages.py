"""Which analyzer of Elasticsearch cuts which language, for people who search in Kibana.

An article fills the one field of its own language. Chinese, Japanese and Korean share `cjk`; a language
without an analyzer goes to `other`.
"""

from __future__ import annotations

OTHER = "other"
CJK = "cjk"

ANALYZERS: dict[str, str] = {
    "ar": "arabic",
    "bg": "bulgarian",
    "bn": "bengali",
    "ca": "catalan",
    CJK: "cjk",
    "cs": "czech",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "et": "estonian",
    "eu": "basque",
    "fa": "persian",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "gl": "galician",
    "hi": "hindi",
    "hu": "hungarian",
    "hy": "armenian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "lv": "latvian",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "sv": "swedish",
    "th": "thai",
    "tr": "turkish",
    OTHER: "standard",
}
"""Name of the field below `stemmed` (a language's ISO 639-1 code) to the name of its analyzer."""

PLAIN = "standard"
"""Analyzer of every server, for languages whose own one it does not have."""

_FIELDS = {**{code: code for code in ANALYZERS}, "zh": CJK, "ja": CJK, "ko": CJK, "nb": "no", "nn": "no"}


def stemmed_field(language: str) -> str:
    """Which field below `stemmed` an article of that language fills."""
    return _FIELDS.get(language, OTHER)
