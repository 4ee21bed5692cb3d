"""What the story stage keeps of one article: its rarest words, names and numbers, and the frame of its title.

    article ─► traits ─► candidates ─► link ─► story

A pure function of the article alone. Words stand as hashes of their stems, rarest first, with a
weight and marks; the words themselves are kept beside them for reasons people can read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from connectors.records import Article

from .rarity import Words, stable_hash, words_of
from .text import CHARACTER, fold_text, tokens

WORDS = 40
"""Words kept of an article: more do not tell events apart better, and every pair compares them all."""
RARE = 10
"""How many of its rarest words an article can be found by."""
LEAD_WORDS = 90
"""An article says what happened in its first words."""

IN_TITLE, NAME, NUMBER = 1, 2, 4

_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_SEPARATOR = re.compile(r"[.,](?=\d{3}(?:\D|$))")
_CAPITAL = re.compile(r"[^\W\d_][\w'’.-]*")
_ENDS = (".", "!", "?", ":", "|", "–", "—", "-", "”", '"', "…")

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
class Traits:
    """One article as the story stage compares it. Words are sorted by falling weight, then hash."""

    words: tuple[int, ...]
    weights: tuple[int, ...]
    marks: tuple[int, ...]
    surfaces: tuple[str, ...]
    frame: int
    """Hash of the title without its numbers and dates: equal for the issues of a recurring column."""
    stamp: int
    """Hash of the numbers and dates of the title: 0 without any, odd with a date. Tells issues apart."""


def traits_of(article: Article, body: str) -> Traits:
    """The traits of an article whose leading text is `body`."""
    known = words_of(article.language)
    title = fold_text(article.title)
    title_tokens = tokens(title)
    lead = _lead(body)
    found: dict[int, list[int | str]] = {}
    _count(found, title_tokens, known, IN_TITLE)
    _count(found, tokens(fold_text(lead)), known, 0)
    _count_numbers(found, title, IN_TITLE | NUMBER)
    _count_numbers(found, fold_text(lead), NUMBER)
    for name in _names(article.title, lead):
        entry = found.get(known[name][1])
        if entry is not None:
            entry[1] |= NAME  # type: ignore[operator]
    rarest = sorted(((-int(w), h, int(m), str(s)) for h, (w, m, s) in found.items()))[:WORDS]
    frame, stamp = _frame(title_tokens)
    return Traits(
        words=tuple(h for _, h, _, _ in rarest),
        weights=tuple(-w for w, _, _, _ in rarest),
        marks=tuple(m for _, _, m, _ in rarest),
        surfaces=tuple(s for _, _, _, s in rarest),
        frame=frame,
        stamp=stamp,
    )


def _lead(body: str) -> str:
    """The first `LEAD_WORDS` words or so, without cutting the rest."""
    if CHARACTER.search(body, 0, 200):
        return body[: LEAD_WORDS * 3]
    return " ".join(body[: LEAD_WORDS * 14].split(None, LEAD_WORDS)[:LEAD_WORDS])


def _count(found: dict[int, list[int | str]], cut: list[str], known: Words, mark: int) -> None:
    previous = ""
    for word in cut:
        if len(word) == 1 and not word.isascii() and CHARACTER.match(word):
            if previous:
                _add(found, previous + word, known, mark)
            previous = word
            continue
        previous = ""
        if len(word) > 1 and not word[0].isdigit():
            _add(found, word, known, mark)


def _add(found: dict[int, list[int | str]], word: str, known: Words, mark: int) -> None:
    _, stem, weight = known[word]
    if not weight:
        return
    entry = found.get(stem)
    if entry is None:
        found[stem] = [weight, mark, word]
    else:
        entry[1] |= mark  # type: ignore[operator]


def _count_numbers(found: dict[int, list[int | str]], folded: str, mark: int) -> None:
    for number in _NUMBER.findall(folded):
        plain = _SEPARATOR.sub("", number)
        stem = stable_hash(plain) & 0xFFFFFFFF
        year = len(plain) == 4 and plain[:2] in {"19", "20"}
        entry = found.get(stem)
        if entry is None:
            found[stem] = [24 if year else min(30 * len(plain), 90), mark, number]
        else:
            entry[1] |= mark  # type: ignore[operator]


def _names(title: str, lead: str) -> Iterable[str]:
    """Folded words written with a capital where the sentence does not ask for one."""
    words = title.split()
    capitals = sum(word[:1].isupper() for word in words)
    in_title_case = capitals * 2 > len(words) + 1
    text = lead if in_title_case else f"{title} . {lead}"
    starts = True
    for word in text.split():
        if word[0].isupper() and not starts:
            yield from tokens(fold_text(word))
        starts = word.endswith(_ENDS)


def _frame(title_tokens: list[str]) -> tuple[int, int]:
    frame = [word for word in title_tokens if word not in _CALENDAR and not word[0].isdigit()]
    if len(frame) == len(title_tokens):
        return stable_hash(" ".join(frame)) >> 1, 0
    stamp = sorted(word for word in title_tokens if word in _CALENDAR or word[0].isdigit())
    dated = not _CALENDAR.isdisjoint(stamp)
    return stable_hash(" ".join(frame)) >> 1, stable_hash(" ".join(stamp)) >> 1 & ~1 | dated
