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
    r"|\bView (?:original content|source version)\b[^\n]{0,80}(?:prnewswire|businesswire|accesswire)",
    re.IGNORECASE,
)
_ABOUT = re.compile(r"(?:^|\n|[.!] )About [A-Z][\w&.,' -]{1,60}(?:\n|: )", re.MULTILINE)
_CONTACT = re.compile(
    r"\b(?:Media|Press|Investor)(?: Relations)? (?:Contacts?|Enquiries|Inquiries|Relations):", re.IGNORECASE
)


def is_release(article: Article) -> bool:
    """True for an article that a company or agency wrote about itself and sent over a wire."""
    if article.host in WIRES or any(article.host.endswith("." + host) for host in WIRES):
        return True
    body = article.text or article.summary
    if _OPENING.search(article.summary[:600]) or _OPENING.search(article.text[:600]):
        return True
    end = body[-4000:]
    return bool(_ENDING.search(body[-400:])) or bool(_ABOUT.search(end) and _CONTACT.search(end))
