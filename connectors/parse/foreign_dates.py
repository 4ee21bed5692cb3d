"""Dates with month names of other languages, which feedparser leaves unread: many regulators write so.

`mar. 3 févr. 2026 07:30 +0100`, `3 de febrero de 2026`, `3. Februar 2026`, `2026年2月3日 7:30`,
`2026/02/03`. Without a zone the time is taken for UTC, as feedparser does.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_MONTHS = (
    "jan january janvier januar jänner enero ene gennaio gen januari janeiro stycznia sty января янв ocak",
    "feb february février févr fév februar febrero febbraio februari fevereiro fev lutego lut февраля фев",
    "mar march mars märz mär marzo maart mrt março marca марта мар mart",
    "apr april avril avr abril abr aprile kwietnia kwi апреля апр nisan",
    "may mai mayo maggio mag mei maio maja maj мая май mayıs",
    "jun june juin juni junio giugno giu junho czerwca cze июня июн haziran",
    "jul july juillet juil juli julio luglio lug julho lipca lip июля июл temmuz",
    "aug august août aoû agosto ago augustus augusti sierpnia sie августа авг ağustos",
    "sep sept september septembre septiembre settembre set setembro września wrz сентября сен сент eylül",
    "oct october octobre okt oktober octubre ottobre ott outubro out października paź октября окт ekim",
    "nov november novembre noviembre novembro listopada lis ноября ноя нояб kasım",
    "dec december décembre déc dez dezember diciembre dic dicembre dezembro grudnia gru декабря дек aralık",
)
_NUMBERS = {word: number for number, words in enumerate(_MONTHS, 1) for word in words.split()}
_CLOCK = (
    r"(?:[\sT,]+(?:(?:à|om|um|a las|at|в)\s+)?(\d{1,2})[:.h](\d\d)(?::(\d\d))?"
    r"\s*(Z|GMT|UTC|[+-]\d\d:?\d\d)?)?"
)
_DAY_FIRST = r"(?:[^\W\d_]+\.?,?\s+)?(\d{1,2})\.?º?\s+(?:de\s+)?([^\W\d_]+)\.?,?\s+(?:de\s+)?(\d{4})"
_YEAR_FIRST = r"(\d{4})\s*[年년/.]\s*(\d{1,2})\s*[月월/.]\s*(\d{1,2})\s*[日일.]?"
_NAMED = re.compile(_DAY_FIRST + _CLOCK, re.IGNORECASE)
_EASTERN = re.compile(_YEAR_FIRST + _CLOCK, re.IGNORECASE)


def parse_foreign_date(text: str) -> datetime | None:
    """Read a date of one of these layouts; None for any other."""
    if named := _NAMED.fullmatch(text):
        day, word, year, *clock = named.groups()
        month = _NUMBERS.get(word.lower(), 0)
    elif eastern := _EASTERN.fullmatch(text):
        year, number, day, *clock = eastern.groups()
        month = int(number)
    else:
        return None
    hour, minute, second, zone = clock
    try:
        when = datetime(
            int(year), month, int(day), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=UTC
        )
        return when - _offset(zone or "")
    except (ValueError, OverflowError):
        return None


def _offset(zone: str) -> timedelta:
    if zone[:1] not in {"+", "-"}:
        return timedelta()
    offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
    return -offset if zone[0] == "-" else offset
