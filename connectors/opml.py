"""Feed lists in OPML: read whatever readers and people wrote, write what reads back as the very same feeds.

What OPML has no place for stands in attributes of our own, `xmlns:biowire="urn:biowire:opml"`:
`biowire:country`, `kind`, `perspective`, `fullText` (auto, always, never), `interval` (seconds) and
`verifyTls` (`false`). The same attributes without prefix are understood, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from lxml import etree

from .errors import UserError
from .parse.charset import to_utf8
from .records import Feed

NAMESPACE = "urn:biowire:opml"
_LARGEST = 16 * 1024 * 1024
_MOST_FEEDS = 50_000
_DEEPEST = 20
_FULL_TEXT = frozenset({"auto", "always", "never"})
_FEED_SCHEME = re.compile(r"feed:(?://)?(?=https?:)|feed:(?=//)", re.IGNORECASE)
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_Element = etree._Element  # noqa: SLF001 - lxml names its element type so


def read_opml(data: bytes) -> tuple[Feed, ...]:
    """The feeds of an OPML document in their order, each URL once. Raises UserError when it is none."""
    if len(data) > _LARGEST:
        raise UserError(f"The OPML file is larger than {_LARGEST // 1024 // 1024} MB; split it up.")
    parser = etree.XMLParser(
        recover=True,
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(to_utf8(data).data, parser)
    except etree.XMLSyntaxError:
        root = None
    if root is None or _local(root.tag) != "opml":
        raise UserError('The file is no OPML: it should start with <opml version="2.0">.')
    feeds: dict[str, Feed] = {}
    for outline, group in _outlines(root):
        feed = _feed(outline, group)
        if feed is not None:
            feeds.setdefault(feed.url, feed)
        if len(feeds) > _MOST_FEEDS:
            raise UserError(f"The OPML file lists more than {_MOST_FEEDS} feeds; split it up.")
    return tuple(feeds.values())


def write_opml(feeds: Iterable[Feed], title: str) -> bytes:
    """The feeds as OPML 2.0 in UTF-8, in their order: `read_opml` gives the same feeds back."""
    root = etree.Element("opml", version="2.0", nsmap={"biowire": NAMESPACE})
    etree.SubElement(etree.SubElement(root, "head"), "title").text = _clean(title)
    body = etree.SubElement(root, "body")
    path: list[tuple[str, _Element]] = []
    for feed in feeds:
        names = [name for name in map(_clean, feed.group) if name]
        # Only the outline written last may grow: joining an earlier one would change the order.
        kept = 0
        while kept < min(len(names), len(path)) and path[kept][0] == names[kept]:
            kept += 1
        del path[kept:]
        for name in names[kept:]:
            parent = path[-1][1] if path else body
            path.append((name, etree.SubElement(parent, "outline", text=name, title=name)))
        _append(path[-1][1] if path else body, feed)
    etree.indent(root)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True) + b"\n"


def _outlines(root: _Element) -> Iterator[tuple[_Element, tuple[str, ...]]]:
    """Every outline in document order, with the names of those around it."""
    waiting: list[tuple[_Element, tuple[str, ...]]] = [(root, ())]
    while waiting:
        element, group = waiting.pop()
        inside = group
        if _local(element.tag) == "outline":
            yield element, group
            said = _attributes(element)
            name = said.get("title") or said.get("text") or ""
            if name and not said.get("xmlurl") and len(group) < _DEEPEST:
                inside = (*group, name)
        waiting.extend((child, inside) for child in reversed(element))


def _feed(outline: _Element, group: tuple[str, ...]) -> Feed | None:
    said = _attributes(outline)
    url = _web(said.get("xmlurl", ""))
    if not url:
        return None
    text = said.get("text", "")
    full_text = said.get("fulltext", "").lower()
    interval = said.get("interval", "")
    return Feed(
        url=url,
        title=said.get("title") or ("" if text == said["xmlurl"] else text),
        site_url=_web(said.get("htmlurl", "")),
        group=group or _category(said.get("category", "")),
        language=re.split("[-_]", said.get("language", "").lower())[0],
        country=said.get("country", "").upper(),
        kind=said.get("kind", "").lower(),
        perspective=said.get("perspective", "").lower(),
        full_text=full_text if full_text in _FULL_TEXT else "auto",
        interval=int(interval) if interval.isascii() and interval.isdigit() and len(interval) < 10 else 0,
        verify_tls=said.get("verifytls", "").lower() not in {"false", "0", "no"},
    )


def _append(parent: _Element, feed: Feed) -> None:
    said = {
        "type": "rss",
        "text": feed.title or feed.url,
        "title": feed.title,
        "xmlUrl": feed.url,
        "htmlUrl": feed.site_url,
        "language": feed.language,
        f"{{{NAMESPACE}}}country": feed.country,
        f"{{{NAMESPACE}}}kind": feed.kind,
        f"{{{NAMESPACE}}}perspective": feed.perspective,
        f"{{{NAMESPACE}}}fullText": "" if feed.full_text == "auto" else feed.full_text,
        f"{{{NAMESPACE}}}interval": str(feed.interval or ""),
        f"{{{NAMESPACE}}}verifyTls": "" if feed.verify_tls else "false",
    }
    outline = etree.SubElement(parent, "outline")
    for name, value in said.items():
        if value or name == "title":
            outline.set(name, _clean(value))


def _attributes(outline: _Element) -> dict[str, str]:
    """Attributes by local name, lower case: `xmlUrl`, `xmlurl` and `XMLURL` are all found in the wild."""
    return {_local(key): str(value).strip() for key, value in outline.attrib.items()}


def _local(name: object) -> str:
    return re.split("[}:]", name)[-1].lower() if isinstance(name, str) else ""


def _category(text: str) -> tuple[str, ...]:
    """The first category with a path (`/Law/Courts`), or the first tag, for a list without nesting."""
    listed = [part.strip() for part in text.split(",") if part.strip(" /")]
    chosen = next((part for part in listed if part.startswith("/")), listed[0] if listed else "")
    return tuple(name.strip() for name in chosen.split("/") if name.strip())[:_DEEPEST]


def _web(url: str) -> str:
    """The URL if it is one of the web; `feed://` is how some readers write `http://`."""
    url = _FEED_SCHEME.sub(lambda found: "" if found.end() > 5 or url[5:6] != "/" else "http:", url, count=1)
    return url if url.lower().startswith(("http://", "https://")) else ""


def _clean(text: str) -> str:
    """Text as XML can hold it."""
    return _NOT_XML.sub("", text).strip()
