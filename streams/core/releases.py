"""Is this a press release? Told by the marks of the wires, not by tone: its host, its opening, its end."""

from __future__ import annotations

import re

from connectors.records import Article

WIRES = frozenset(
    """
    prnewswire.com prnewswire.co.uk globenewswire.com businesswire.com einpresswire.com
    einnews.com accesswire.com accessnewswire.com newsfilecorp.com prweb.com presseportal.de
    prlog.org openpr.com newswire.ca newswire.com cision.com issuewire.com 24-7pressrelease.com
    pressat.co.uk responsesource.com prunderground.com prwire.com.au medianet.com.au prtimes.jp
    """.split()  # noqa: SIM905 - a list of words reads best as words
)
"""Hosts that carry nothing but releases."""

_OPENING = re.compile(
    r"/\s?(?:PR ?Newswire(?:-[A-Za-z-]+)?|CNW|EINPresswire\.com|EIN Presswire|Medianet|AsiaNet)\s?/"
    r"|\((?:GLOBE ?NEWSWIRE|BUSINESS WIRE|Business Wire|ACCESSWIRE|ACCESS Newswire|Newsfile Corp\.?"
    r"|EIN Presswire"
    r"|EINPresswire\.com|PRWEB|PRUnderground|Marketwired|NewMediaWire)\)"
    r"|--\s?\((?:BUSINESS WIRE|GLOBE NEWSWIRE|ACCESSWIRE)\)"
    r"|\bFOR IMMEDIATE RELEASE\b"
)
_ENDING = re.compile(
    r"\bSOURCE:? [A-Z][\w&.,' -]{2,60}\s*$"
    r"|©\s?\d{4}[^\n]{0,80}\bvia (?:PR Newswire|GlobeNewswire|Business Wire|EIN Presswire)"
    r"|\bView (?:original content|source version)\b[^\n]{0,80}(?:prnewswire|businesswire|accesswire)"
)
_ABOUT = re.compile(r"(?:^|\n|[.!] )About [A-Z][\w&.,' -]{1,60}(?:\n|: )")
_CONTACT = re.compile(
    r"\b(?:Media|Press|Investor)(?: [Rr]elations)? (?:[Cc]ontacts?|[Ee]nquiries|[Ii]nquiries|Relations):"
)
_NAMED = (
    "newswire",
    "NEWSWIRE",
    "Newswire",
    "WIRE",
    "Wire",
    "wire",
    "PRWEB",
    "CNW",
    "IMMEDIATE",
    "Media",
    "Newsfile",
)
_NAMED_AT_END = ("SOURCE", "via ", "View ", "About ")


def is_release(article: Article) -> bool:
    """True for an article that a company or agency wrote about itself and sent over a wire."""
    host = article.host
    if host in WIRES or host.partition(".")[2] in WIRES:
        return True
    return any(
        _opens_as_release(text[:600]) for text in (article.summary, article.text) if text
    ) or _ends_as_release(article.text or article.summary)


def _opens_as_release(opening: str) -> bool:
    return any(name in opening for name in _NAMED) and _OPENING.search(opening) is not None


def _ends_as_release(body: str) -> bool:
    end = body[-4000:]
    if not any(name in end for name in _NAMED_AT_END):
        return False
    return bool(_ENDING.search(end[-400:])) or bool(_CONTACT.search(end) and _ABOUT.search(end))
