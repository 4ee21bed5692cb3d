"""Entry ─► item: what one entry of one feed looks like in the log. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from .plain_text import html_to_text
from .records import Entry, Feed, Item, ParsedFeed

_WORDS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]{1,2}|[^\W\u3040-\u30ff\u3400-\u9fff]+")
"""Two characters of Chinese or Japanese count as a word."""
_LONG_WORDS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]{2}|[^\W\d_\u3040-\ud7a3]{4,}")


def item_of(feed: Feed, parsed: ParsedFeed, entry: Entry, text: str = "") -> Item:
    """The item of an entry. `text`: main text of its page, where one was fetched."""
    return Item(
        feed_url=feed.url,
        feed_title=feed.title or parsed.title,
        title=entry.title,
        link=entry.link,
        guid=entry.id,
        published=_rfc3339(entry.published),
        updated=_rfc3339(entry.updated),
        author="; ".join(entry.authors),
        language=entry.language or parsed.language or feed.language,
        summary_html=entry.summary_html,
        content_html=entry.content_html,
        text=text,
        categories=entry.categories,
    )


def word_count(entry: Entry) -> int:
    """Words of an entry's own text, the longer of summary and content."""
    return max(len(_WORDS.findall(html_to_text(html))) for html in (entry.content_html, entry.summary_html))


def is_about(title: str, page: str) -> bool:
    """Whether a page can be the article of this title: it has a quarter of the title's longer words.

    Consent walls, captchas and login pages come with status 200 and prose of their own; they do not.
    """
    words = set(_LONG_WORDS.findall(title.casefold()))
    if not words:
        return True
    text = page.casefold()
    return 4 * sum(word in text for word in words) >= len(words)


def _rfc3339(when: datetime | None) -> str:
    return "" if when is None else when.astimezone(UTC).isoformat().replace("+00:00", "Z")
