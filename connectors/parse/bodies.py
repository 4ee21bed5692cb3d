"""What a body is: plain text has to be told from HTML before it can be called HTML."""

from __future__ import annotations

import html
import html.entities
import re

_READS_AS_MARKUP = re.compile(r"<[A-Za-z!/?]|&(?:#\d|#[xX][0-9A-Fa-f]|[A-Za-z])")
_CLOSED_TAG_OR_ENTITY = re.compile(r"</\w+>|&#?\w+;")
_TAGS = re.compile(r"</?(\w+)")
_ENTITIES = re.compile(r"&(\w+);")
_ELEMENTS = frozenset(
    re.findall(
        r"\w+",
        """
        a abbr address article aside audio b bdi bdo blockquote body br button caption center cite code
        col colgroup data dd del details dfn div dl dt em embed figcaption figure font footer form h1
        h2 h3 h4 h5 h6 head header hr html i iframe img input ins kbd label li link main map mark math
        meta nav noscript object ol p param picture pre q rp rt ruby s samp script section select small
        source span strike strong style sub summary sup svg table tbody td textarea tfoot th thead time
        title tr track tt u ul var video wbr
        """,
    )
)


def looks_like_html(text: str) -> bool:
    """Tell HTML that was declared plain: a closing tag or entity, and nothing HTML does not have."""
    return (
        _CLOSED_TAG_OR_ENTITY.search(text) is not None
        and _ELEMENTS.issuperset(tag.lower() for tag in set(_TAGS.findall(text)))
        and all(name in html.entities.entitydefs for name in _ENTITIES.findall(text) if not name.isdigit())
    )


def as_html(text: str) -> str:
    """Plain text as HTML: escaped where HTML would read it differently, unless it is HTML after all."""
    if _READS_AS_MARKUP.search(text) is None or looks_like_html(text):
        return text
    return html.escape(text, quote=False)


def paragraphs(text: str) -> str:
    """Plain text of several lines as HTML that shows them."""
    return html.escape(text, quote=False).replace("\n", "<br>\n")
