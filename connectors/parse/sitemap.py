"""Google News sitemaps: `<url>` with a `<news:news>` inside. Other sitemaps carry no news and are refused."""

from __future__ import annotations

from lxml import etree

from ..errors import NotAFeed
from ..records import Entry, ParsedFeed
from .dates import parse_date
from .links import resolve, web_link


def read_sitemap(data: bytes, url: str = "") -> ParsedFeed:
    """Read a news sitemap in UTF-8. Raises NotAFeed for a sitemap without news."""
    parser = etree.XMLParser(
        recover=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as cause:
        raise NotAFeed("The document begins like a sitemap, but cannot be read as XML.") from cause
    if root is None or _name(root) != "urlset":
        raise NotAFeed("The document is a sitemap index: a list of sitemaps, not of articles.")
    entries = []
    publication = ""
    for page in root:
        fields = _fields(page)
        news = fields.get("news")
        if news is None:
            continue
        said = _fields(news)
        paper = _fields(said["publication"]) if "publication" in said else {}
        publication = publication or _text(paper, "name")
        entries.append(_entry(fields, said, paper, url))
    if not entries:
        raise NotAFeed("The document is a sitemap without news entries: a list of pages, not a feed.")
    return ParsedFeed(
        format="news-sitemap",
        reader="sitemap",
        title=publication,
        entries=tuple(entries),
        problem=str(parser.error_log.last_error or "")[:300],
    )


_Fields = dict[str, etree._Element]  # noqa: SLF001 - lxml names its element type so


def _entry(page: _Fields, news: _Fields, paper: _Fields, url: str) -> Entry:
    link = web_link(resolve(url, _text(page, "loc")))
    keywords = _text(news, "keywords").split(",")
    return Entry(
        id=_text(page, "loc"),
        link=link,
        title=_text(news, "title"),
        published=parse_date(_text(news, "publication_date")),
        updated=parse_date(_text(page, "lastmod")),
        categories=tuple(dict.fromkeys(word.strip() for word in keywords if word.strip())),
        language=_text(paper, "language"),
    )


def _fields(parent: etree._Element) -> _Fields:
    """Children by local name; the first of each counts."""
    found: _Fields = {}
    for child in parent:
        found.setdefault(_name(child), child)
    return found


def _name(element: etree._Element) -> str:
    tag = element.tag
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


def _text(fields: _Fields, name: str) -> str:
    return (fields[name].text or "").strip() if name in fields else ""
