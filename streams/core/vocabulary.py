"""The vocabulary as data: facets with terms, watchlists, named contexts. Compiled by `matcher`.

    TOML ─► Facet, Watchlist, contexts ─► Vocabulary ─► scan ─► classify, flag
            (vocabulary.files)            (compile_vocabulary)

A term is found by its patterns; a pattern is a list of forms with the conditions under which they
count. How they are written: seeds/vocabulary/README.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

Kind = Literal["literal", "stem", "infix", "abbr"]
KINDS: tuple[Kind, ...] = ("literal", "stem", "infix", "abbr")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """Forms that say the same, and when they count."""

    forms: tuple[str, ...]
    name: str = ""
    language: str = ""
    kind: Kind = "literal"
    weight: float = 1.0
    relevance: float | None = None
    """What a hit adds to relevance; None takes the term's."""
    requires: tuple[str, ...] = ()
    near: int = 0
    blocks: tuple[str, ...] = ()
    blocks_near: int = 0
    excepted: tuple[str, ...] = ()
    """Longer phrases in which the forms do not count (`except` in the file)."""
    same_language: bool = False
    valid_from: date | None = None
    valid_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One idea with a stable id."""

    id: str
    label: str
    patterns: tuple[Pattern, ...] = ()
    description: str = ""
    parent: str = ""
    include: tuple[str, ...] = ()
    relevance: float = 0.0
    source: str = ""
    added: date | None = None
    changed: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """One way to look at an article: modality, function, domain, theme, region, law, organisation."""

    id: str
    title: str
    terms: tuple[Term, ...]
    threshold: float = 0.5
    """Score from which a term is a label."""
    most: int = 0
    """Most labels an article gets, the strongest first; 0 for no limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """When hits of a watchlist count. Members: `facet.term`, `watchlist.id` or `@context`."""

    all: tuple[str, ...] = ()
    any: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    near: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Watchlist:
    """What somebody watches for: patterns and terms of its own, terms of facets, a condition over all."""

    id: str
    title: str
    description: str = ""
    terms: tuple[Term, ...] = ()
    """The first, with the list's own id, holds the patterns that stand on their own."""
    condition: Condition = field(default_factory=Condition)
    source: str = ""
    added: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions:
    """All that the files say, before it is compiled."""

    facets: tuple[Facet, ...] = ()
    watchlists: tuple[Watchlist, ...] = ()
    contexts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
