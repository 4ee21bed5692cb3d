"""What the story stage keeps of one article: its rarest words, names and numbers, and the frame of its title.

    article ─► traits ─► candidates ─► link ─► story

A pure function of the article alone. Words stand as hashes of their stems, rarest first, with a
weight and marks; the words themselves are kept beside them for reasons people can read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .rarity import Words, stable_hash

WORDS = 40
"""Words kept of an article: more do not tell events apart better, and every pair compares them all."""
RARE = 10
"""How many of its rarest words an article can be found by."""
LEAD_WORDS = 100
"""An article says what happened in its first words."""

LEAD_CHARACTERS = 600

IN_TITLE, NAME, NUMBER = 1, 2, 4

_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_SEPARATOR = re.compile(r"[.,](?=\d{3}(?:\D|$))")
_CENTURIES = frozenset({"19", "20"})
_ENDS = frozenset('.!?:|–—-”"…')

_CALENDAR = frozenset(
    """
    monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri
    sat sun january february march april may june july august september october november
    december jan feb mar apr jun jul aug sep sept oct nov dec today tonight tomorrow yesterday
    morning evening daily weekly montag dienstag mittwoch donnerstag freitag samstag sonnabend
    sonntag januar februar marz mai juni juli oktober dezember heute lundi mardi mercredi jeudi
    vendredi samedi dimanche janvier fevrier mars avril juin juillet aout septembre octobre
    novembre decembre lunes martes miercoles jueves viernes sabado domingo enero febrero marzo
    abril mayo junio julio agosto septiembre octubre noviembre diciembre hoy lunedi martedi
    mercoledi giovedi venerdi sabato domenica gennaio febbraio aprile maggio giugno luglio
    settembre ottobre dicembre oggi segunda terca quarta quinta sexta janeiro fevereiro marco
    maio junho julho setembro outubro novembro dezembro hoje poniedzialek wtorek sroda czwartek
    piatek sobota niedziela stycznia lutego marca kwietnia maja czerwca lipca sierpnia wrzesnia
    pazdziernika listopada grudnia dzisiaj maandag dinsdag woensdag donderdag vrijdag zaterdag
    zondag januari februari maart mei augustus vandaag
    """.split()  # noqa: SIM905 - a list of words reads best as words
)
"""Names of days and months as they stand in the titles of recurring columns, folded."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The title and leading text of an article, folded and cut into words."""

    title: list[str]
    lead: list[str]
    folded_title: str
    folded_lead: str
    by_character: bool
    """True for a script without spaces: neighbours are counted as words."""


@dataclass(frozen=True, slots=True)
class Traits:
    """One article as the story stage compares it. Words are sorted by falling weight, then hash."""

    words: list[int]
    weights: list[int]
    marks: list[int]
    surfaces: list[str]
    frame: int
    """Hash of the title without its numbers and dates: equal for the issues of a recurring column."""
    stamp: int
    """Hash of the numbers and dates of the title: 0 without any, odd with a date. Tells issues apart."""


def traits_of(title: str, lead: str, known: Words, cut: Cut) -> Traits:
    """The traits of an article with that title and leading text, already cut into folded words."""
    found: dict[int, int] = {}
    surfaces: dict[int, str] = {}
    for words, folded, mark in ((cut.title, cut.folded_title, IN_TITLE), (cut.lead, cut.folded_lead, 0)):
        for word in _pairs(words) if cut.by_character else words:
            _, stem, weight = known[word]
            if weight:
                if stem in found:
                    found[stem] |= mark
                else:
                    found[stem] = weight << 3 | mark
                    surfaces[stem] = word
        _count_numbers(found, surfaces, folded, mark | NUMBER)
    for stem in _names(title, lead, known):
        if stem in found:
            found[stem] |= NAME
    stems = [
        key & 0xFFFFFFFF for key in sorted((255 - (f >> 3)) << 32 | stem for stem, f in found.items())[:WORDS]
    ]
    facts = [found[stem] for stem in stems]
    frame, stamp = _frame(cut.title)
    return Traits(
        words=stems,
        weights=[fact >> 3 for fact in facts],
        marks=[fact & 7 for fact in facts],
        surfaces=[surfaces[stem] for stem in stems],
        frame=frame,
        stamp=stamp,
    )


def _pairs(words: list[str]) -> Iterator[str]:
    """Words, and pairs of neighbours where the script has no spaces between them."""
    previous = ""
    for word in words:
        if len(word) > 1 or word.isascii():
            yield word
            previous = ""
            continue
        if previous:
            yield previous + word
        previous = word


def _count_numbers(found: dict[int, int], surfaces: dict[int, str], folded: str, mark: int) -> None:
    for number in _NUMBER.findall(folded):
        plain = _SEPARATOR.sub("", number) if len(number) > 4 else number
        stem = stable_hash(plain) & 0xFFFFFFFF
        if stem in found:
            found[stem] |= mark
        else:
            year = len(plain) == 4 and plain[:2] in _CENTURIES
            found[stem] = (24 if year else min(30 * len(plain), 90)) << 3 | mark
            surfaces[stem] = number


def _names(title: str, lead: str, known: Words) -> Iterator[int]:
    """Stems of words written with a capital where the sentence does not ask for one."""
    words = title.split()
    if sum(map(str.isupper, [word[0] for word in words])) * 2 <= len(words) + 1:
        words = [*words, ".", *lead.split()]
    else:
        words = lead.split()
    capitals = known.capitals
    starts = True
    for word in words:
        if word[0].isupper() and not starts:
            yield from capitals[word]
        starts = word[-1] in _ENDS


def _frame(title_tokens: list[str]) -> tuple[int, int]:
    frame = [word for word in title_tokens if word not in _CALENDAR and not word[0].isdigit()]
    if len(frame) == len(title_tokens):
        return stable_hash(" ".join(frame)) >> 1, 0
    stamp = sorted(word for word in title_tokens if word in _CALENDAR or word[0].isdigit())
    dated = not _CALENDAR.isdisjoint(stamp)
    return stable_hash(" ".join(frame)) >> 1, stable_hash(" ".join(stamp)) >> 1 & ~1 | dated
