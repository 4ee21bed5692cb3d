"""Write a feed of the sample world as bytes, in its format, encoding and faults. Pure.

Feed + articles of the moment ──► text in one of nine formats ──► faults ──► bytes + Content-Type
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import sha256
from html import escape

from .records import Article, Feed, Outlet, World


@dataclass(frozen=True, slots=True)
class Rendered:
    """A document as it goes over the wire."""

    body: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Row:
    """An article as its feed shows it."""

    article: Article
    link: str
    guid: str
    body: str
    """HTML of what the feed carries; empty when it carries titles only."""
    rfc822: str
    rfc3339: str


def base(outlet: str, port: int) -> str:
    """Where an outlet lives: `http://northern-ledger.localhost:8899`."""
    return f"http://{outlet}.localhost:{port}"


def feed_url(feed: Feed, port: int) -> str:
    """Address of a feed."""
    return base(feed.outlet, port) + feed.path


def article_url(article: Article, port: int) -> str:
    """Canonical address of an article."""
    return base(article.outlet, port) + article.path


def feed(world: World, feed: Feed, *, now: datetime, port: int, visit: int = 0) -> Rendered:
    """Return the feed document at `now`. `visit`: how often it was asked for; session tokens hang on it."""
    outlet = world.outlets[feed.outlet]
    entries = () if feed.behaviour == "empty" else world.entries(feed, now)
    rows = [_row(feed, outlet, article, port, visit) for article in entries]
    text = _WRITERS[feed.format](feed, outlet, rows, port)
    kind = CONTENT_TYPES[feed.format]
    if "header" in feed.declared:
        kind += f"; charset={feed.encoding}"
    return Rendered(_encode(_break(text, feed.behaviour), feed), kind)


def paragraphs(text: str) -> str:
    """Return plain paragraphs as HTML."""
    return "\n".join(f"<p>{escape(paragraph, quote=False)}</p>" for paragraph in text.split("\n\n"))


def _row(feed: Feed, outlet: Outlet, article: Article, port: int, visit: int) -> Row:
    body = {"full": paragraphs(article.text), "summary": paragraphs(article.summary), "title": ""}[
        feed.content
    ]
    if article.page_only and feed.content == "full":
        body = paragraphs(article.summary)
    if feed.footer:
        link = f'<a href="{article_url(article, port)}">{escape(article.title)}</a>'
        body += (
            f'\n<p>The post {link} appeared first on <a href="{base(outlet.id, port)}">{outlet.name}</a>.</p>'
        )
    when = article.published
    return Row(
        article=article,
        link=_link(feed.links, article, port, visit),
        guid=_guid(feed.guid, article, port, visit),
        body=body,
        rfc822=format_datetime(when) if article.dated_as is None else article.dated_as,
        rfc3339=_rfc3339(when) if article.dated_as is None else article.dated_as,
    )


def _link(manner: str, article: Article, port: int, visit: int) -> str:
    plain = article_url(article, port)
    return {
        "plain": plain,
        "tracking": f"{plain}?utm_source=rss&utm_medium=feed&utm_campaign={article.published:%b%d}",
        "amp": f"{plain}/amp/",
        "mobile": base(f"m.{article.outlet}", port) + article.path,
        "token": f"{plain}?sid={_token(article.key, visit)}",
    }[manner]


def _guid(manner: str, article: Article, port: int, visit: int) -> str:
    return {
        "link": article_url(article, port),
        "key": f"tag:{article.outlet},2026:{article.key}",
        "same": f"{article.outlet}-news",
        "title": sha256(article.title.encode()).hexdigest()[:16],
        "token": _token(article.key, visit),
        "none": "",
    }[manner]


def _token(key: str, visit: int) -> str:
    return sha256(f"{key} {visit}".encode()).hexdigest()[:12]


def _rfc3339(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _break(text: str, behaviour: str) -> str:
    """Put the fault into the document that the feed is known for."""
    if behaviour == "truncated":
        return text[: text.rfind("<item>") + 100]
    if behaviour == "ampersand":
        return text.replace("&amp;", "&")
    if behaviour == "entities":
        return text.replace("\u2019", "&rsquo;").replace("\u2013", "&ndash;").replace("\u00e9", "&eacute;")
    if behaviour == "control-characters":
        return text.replace(". ", ".\x0b ", 5)
    return text


def _encode(text: str, feed: Feed) -> bytes:
    """Encode; what the encoding lacks becomes a character reference, as publishing systems do."""
    mark = "\ufeff" if "bom" in feed.declared and feed.encoding.lower() != "utf-16" else ""
    return (mark + text).encode(feed.encoding, "xmlcharrefreplace")


def _tag(name: str, value: str, attributes: str = "") -> str:
    return f"<{name}{attributes}>{escape(value, quote=False)}</{name}>" if value else ""


def _cdata(name: str, value: str, attributes: str = "") -> str:
    return f"<{name}{attributes}><![CDATA[{value}]]></{name}>" if value else ""


def _declaration(feed: Feed) -> str:
    encoding = f' encoding="{feed.encoding}"' if "xml" in feed.declared else ""
    return f'<?xml version="1.0"{encoding}?>\n'


def _title(feed: Feed, outlet: Outlet) -> str:
    return feed.title or outlet.name


def _channel(feed: Feed, outlet: Outlet, port: int) -> str:
    title = _title(feed, outlet)
    return "\n".join(
        [
            _tag("title", title),
            _tag("link", base(outlet.id, port) + "/"),
            _tag("description", f"{title}: latest articles"),
            _tag("language", outlet.language),
        ]
    )


def _rss_old(feed: Feed, outlet: Outlet, rows: Sequence[Row], port: int) -> str:
    """RSS 0.91 and 0.92: items have neither dates nor ids."""
    version = feed.format.removeprefix("rss-")
    doctype = (
        '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN"\n'
        '  "http://my.netscape.com/publish/formats/rss-0.91.dtd">\n'
    )
    items = [
        f"<item>{_tag('title', row.article.title)}{_tag('link', row.link)}"
        f"{_tag('description', row.body)}</item>"
        for row in rows
    ]
    return "\n".join(
        [
            _declaration(feed)
            + (doctype if version == "0.91" else "")
            + f'<rss version="{version}"><channel>',
            _channel(feed, outlet, port),
            *items,
            "</channel></rss>\n",
        ]
    )


def _rss(feed: Feed, outlet: Outlet, rows: Sequence[Row], port: int) -> str:
    head = (
        '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
    )
    own = f'<atom:link href="{feed_url(feed, port)}" rel="self" type="application/rss+xml"/>'
    items = [_rss_item(feed, row) for row in rows]
    end = "</channel>\n</rss>\n"
    return "\n".join(
        [
            _declaration(feed) + head,
            "<channel>",
            _channel(feed, outlet, port),
            own,
            "<ttl>30</ttl>",
            *items,
            end,
        ]
    )


def _rss_item(feed: Feed, row: Row) -> str:
    article = row.article
    permalink = "true" if feed.guid == "link" else "false"
    parts = [
        _tag("title", article.title),
        _tag("link", row.link),
        *[_tag("dc:creator", author) for author in article.authors],
        _tag("pubDate", row.rfc822),
        *[_tag("category", category) for category in article.categories],
        _tag("guid", row.guid, f' isPermaLink="{permalink}"'),
        _cdata("description", article.summary if feed.content == "full" else row.body),
        _cdata("content:encoded", row.body) if feed.content == "full" else "",
    ]
    return "<item>\n" + "\n".join(part for part in parts if part) + "\n</item>"


def _rdf(feed: Feed, outlet: Outlet, rows: Sequence[Row], port: int) -> str:
    site = base(outlet.id, port)
    head = (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/">'
    )
    items = "".join(f'<rdf:li rdf:resource="{escape(row.link)}"/>' for row in rows)
    channel = f'<channel rdf:about="{site}/">\n{_channel(feed, outlet, port)}'
    channel += f"<items><rdf:Seq>{items}</rdf:Seq></items></channel>"
    return "\n".join([_declaration(feed) + head, channel, *[_rdf_item(row) for row in rows], "</rdf:RDF>\n"])


def _rdf_item(row: Row) -> str:
    parts = [
        _tag("title", row.article.title),
        _tag("link", row.link),
        _tag("description", row.article.summary),
        _cdata("content:encoded", row.body),
        _tag("dc:date", row.rfc3339),
        _tag("dc:creator", ", ".join(row.article.authors)),
        *[_tag("dc:subject", category) for category in row.article.categories],
    ]
    return f'<item rdf:about="{escape(row.link)}">' + "\n".join(part for part in parts if part) + "</item>"


def _atom(feed: Feed, outlet: Outlet, rows: Sequence[Row], port: int) -> str:
    old = feed.format == "atom-0.3"
    space = 'version="0.3" xmlns="http://purl.org/atom/ns#"' if old else 'xmlns="http://www.w3.org/2005/Atom"'
    latest = max((row.article.updated or row.article.published for row in rows), default=None)
    parts = [
        f'{_declaration(feed)}<feed {space} xml:lang="{outlet.language}">',
        _tag("title", _title(feed, outlet)),
        f'<link rel="alternate" type="text/html" href="{base(outlet.id, port)}/"/>',
        _tag("id", feed_url(feed, port)),
        _tag("modified" if old else "updated", _rfc3339(latest) if latest else ""),
        *[_atom_entry(row, old=old) for row in rows],
        "</feed>\n",
    ]
    return "\n".join(part for part in parts if part)


def _atom_entry(row: Row, *, old: bool) -> str:
    article = row.article
    typed = ' type="text/html" mode="escaped"' if old else ' type="html"'
    changed = _rfc3339(article.updated) if article.updated else row.rfc3339
    parts = [
        _tag("title", article.title),
        f'<link rel="alternate" type="text/html" href="{escape(row.link)}"/>',
        _tag("id", row.guid),
        *[f"<author>{_tag('name', author)}</author>" for author in article.authors],
        *[f'<category term="{escape(category)}"/>' for category in ([] if old else article.categories)],
        _tag("issued" if old else "published", row.rfc3339),
        _tag("modified" if old else "updated", changed),
        _tag("summary", article.summary),
        _tag("content", row.body, typed) if row.body else "",
    ]
    return "<entry>\n" + "\n".join(part for part in parts if part) + "\n</entry>"


def _json(feed: Feed, outlet: Outlet, rows: Sequence[Row], port: int) -> str:
    new = feed.format == "json-feed-1.1"
    head = {
        "version": f"https://jsonfeed.org/version/{'1.1' if new else '1'}",
        "title": _title(feed, outlet),
        "home_page_url": base(outlet.id, port) + "/",
        "feed_url": feed_url(feed, port),
        "language": outlet.language if new else "",
        "items": [_json_item(row, new=new) for row in rows],
    }
    return json.dumps(
        {name: value for name, value in head.items() if value != ""}, ensure_ascii=False, indent=1
    )


def _json_item(row: Row, *, new: bool) -> dict[str, object]:
    article = row.article
    authors = [{"name": author} for author in article.authors]
    item: dict[str, object] = {
        "id": row.guid,
        "url": row.link,
        "title": article.title,
        "summary": article.summary,
        "content_html": row.body,
        "date_published": row.rfc3339,
        "date_modified": _rfc3339(article.updated) if article.updated else "",
        "tags": list(article.categories),
        "authors" if new else "author": authors if new else next(iter(authors), {}),
    }
    return {name: value for name, value in item.items() if value}


def _sitemap(feed: Feed, outlet: Outlet, rows: Sequence[Row], port: int) -> str:  # noqa: ARG001 - one shape for all
    head = (
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">'
    )
    publication = f"{_tag('news:name', _title(feed, outlet))}{_tag('news:language', outlet.language)}"
    urls = [
        f"<url>{_tag('loc', row.link)}<news:news><news:publication>{publication}</news:publication>"
        f"{_tag('news:publication_date', row.rfc3339)}{_tag('news:title', row.article.title)}"
        f"{_tag('news:keywords', ', '.join(row.article.categories))}</news:news></url>"
        for row in rows
    ]
    return "\n".join([_declaration(feed) + head, *urls, "</urlset>\n"])


_WRITERS: dict[str, Callable[[Feed, Outlet, Sequence[Row], int], str]] = {
    "rss-0.91": _rss_old,
    "rss-0.92": _rss_old,
    "rss-1.0": _rdf,
    "rss-2.0": _rss,
    "atom-0.3": _atom,
    "atom-1.0": _atom,
    "json-feed-1.0": _json,
    "json-feed-1.1": _json,
    "news-sitemap": _sitemap,
}
CONTENT_TYPES = {
    "rss-0.91": "text/xml",
    "rss-0.92": "text/xml",
    "rss-1.0": "application/rdf+xml",
    "rss-2.0": "application/rss+xml",
    "atom-0.3": "application/xml",
    "atom-1.0": "application/atom+xml",
    "json-feed-1.0": "application/json",
    "json-feed-1.1": "application/feed+json",
    "news-sitemap": "application/xml",
}
