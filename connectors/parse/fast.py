"""The fast reader: a whole document by lxml, for what it can vouch for; anything else is left to feedparser.

No DTD, no entities, no network, libxml2's own caps on depth and size of text. A document with a DOCTYPE,
with errors, or with anything whose reading depends on more of feedparser's state, is refused (None).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lxml import etree

from ..records import Entry, ParsedFeed
from .constructs import (
    PLAIN,
    Scope,
    base_of,
    cleaned_title,
    href_of,
    language_of,
    link_text,
    text_construct,
)
from .fast_entry import EntryReader
from .links import resolve, web_link
from .names import ATOM, RDF, RSS1, Unsure, check_prefixes, standard_name
from .pace import pace
from .words import Markup, leaf_text, mend

_Element = etree._Element  # noqa: SLF001 - lxml names its element type so
_END_TAGS = (b"</rss>", b"</feed>", b"</rdf:RDF>")
_ENTRY = re.compile(rb"<(?:\w+:)?(?:item|entry)\b")
_FIRST_TAG = re.compile(rb"<[A-Za-z_]")
_SUBTITLES = frozenset({"description", "dc_description", "media_description"})
_SUMMARIES = _SUBTITLES | {"summary", "itunes_summary"}
_CONTENTS = frozenset({"content", "content_encoded"})
_TEXTS = _SUMMARIES | _CONTENTS | {"title", "subtitle", "tagline", "rights", "copyright", "dc_rights", "info"}
_SAID_ONCE = frozenset(
    {
        "ttl",
        "language",
        "dc_language",
        "newlocation",
        "itunes_new-feed-url",
        "sy_updateperiod",
        "sy_updatefrequency",
    }
)


@dataclass(slots=True)
class _Document:
    """What is known of the feed while its entries are read."""

    entries: list[Entry] = field(default_factory=list)
    title: str = ""
    atom: bool = False
    unwrap: bool = False
    has_summary: bool = False
    has_content: bool = False
    link: str | None = None
    said: dict[str, str] = field(default_factory=dict)


def read_fast(data: bytes, url: str = "") -> ParsedFeed | None:
    """Read a UTF-8 document without declaration; None when feedparser has to."""
    first = _FIRST_TAG.search(data)
    if first is None or b"<!D" in data[: first.start()].upper():
        return None
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )
    try:
        return _read(_root(data, parser), url)
    except (etree.XMLSyntaxError, Unsure, RecursionError):
        return None


def _root(data: bytes, parser: etree.XMLParser) -> _Element:
    """The root element. What follows its end tag (notes, a statistics comment cut short) is left out."""
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        end = max(data.rfind(tag) + len(tag) for tag in _END_TAGS)
        if not data[end : end + 200].strip() or _ENTRY.search(data, end):
            raise
        return etree.fromstring(data[:end], parser)


def _read(root: _Element, url: str) -> ParsedFeed:
    check_prefixes(root)
    form = _format(root)
    atom = not form.startswith("rss")
    scope = Scope(0, base_of(root, url), language_of(root, ""))
    reader = EntryReader(atom=atom, unwrap=form == "atom-1.0")
    document = _Document(atom=atom, unwrap=form == "atom-1.0")
    _walk(root, scope, reader, document)
    if sum(1 for _ in root.iter("{*}item", "{*}entry")) != len(document.entries):
        raise Unsure("entries in odd places")
    said = document.said
    return ParsedFeed(
        format=form,
        reader="fast",
        title=document.title,
        link=web_link(document.link or ""),
        language=said.get("language") or said.get("dc_language") or scope.language,
        entries=tuple(document.entries),
        ttl=pace(said.get("ttl", ""), said.get("sy_updateperiod", ""), said.get("sy_updatefrequency", "")),
        moved_to=web_link(_moved_to(said, scope)),
    )


def _moved_to(said: dict[str, str], scope: Scope) -> str:
    moved = said.get("newlocation", "")
    return resolve(scope.base, moved) if moved else said.get("itunes_new-feed-url", "")


def _format(root: _Element) -> str:
    """The format by the root element. Raises Unsure for a root that is none."""
    name = standard_name(root)
    version = root.get("version", "")
    if name == "rss":
        return "rss-0.9x" if version.startswith("0.9") else "rss-2.0"
    if name == "rdf_rdf" and root.tag == f"{{{RDF}}}RDF":
        if not any(standard_name(child) in {"channel", "item"} for child in root):
            raise Unsure("an RDF document without channel and items")
        return "rss-1.0" if RSS1 in {*root.nsmap.values(), *root[0].nsmap.values()} else "rss-0.9x"
    if name == "feed":
        return (
            "atom-1.0" if root.tag.startswith(f"{{{ATOM}}}") else "atom-0.3" if version == "0.3" else "other"
        )
    raise Unsure(f"root {root.tag}")


def _walk(parent: _Element, scope: Scope, reader: EntryReader, document: _Document) -> None:
    """Channel, feed or RDF root: entries in their order, and what the feed says of itself."""
    names: dict[str, str] = {}
    for child in parent:
        tag = child.tag
        name = names[tag] if tag in names else names.setdefault(tag, standard_name(child))
        if name in {"item", "entry"}:
            inside = scope.inside(child) if child.attrib else scope
            document.entries.append(reader.read(child, inside, has_content=document.has_content))
            document.has_content = False
        elif name == "channel":
            if "href" in child.attrib or "lastmod" in child.attrib:
                raise Unsure("a CDF channel")
            _walk(child, scope.inside(child), reader, document)
        else:
            _feed_field(name, child, scope, document)


def _feed_field(name: str, element: _Element, scope: Scope, document: _Document) -> None:
    if name in {"title", "dc_title"}:
        if not document.title:
            value, kind = text_construct(element, PLAIN, unwrap=document.unwrap)
            document.title = cleaned_title(element, value, kind, scope, atom=document.atom)
    elif name == "link":
        _feed_link(element, scope, document)
    elif name in {"id", "guid"}:
        if document.link is None:
            document.link = mend(resolve(scope.base, leaf_text(element)))
    elif name in _SUMMARIES or name in _CONTENTS:
        # A second summary counts as content, and a channel's content as the first entry's (hasContent).
        document.has_content |= name in _CONTENTS or document.has_summary
        document.has_summary |= name not in _SUBTITLES
    elif name in _SAID_ONCE:
        document.said[name] = leaf_text(element)
    if len(element):
        _check_markup(element)


def _check_markup(element: _Element) -> None:
    """Raise Unsure for markup that would upset feedparser's state: texts within texts."""
    if standard_name(element) in _TEXTS:
        Markup(open=False).read(element, unwrap=False)
    else:
        for child in element:
            if len(child):
                _check_markup(child)


def _feed_link(element: _Element, scope: Scope, document: _Document) -> None:
    if element.attrib:
        href, page = href_of(element, scope.base)
        if page:
            document.link = href
        if href:
            return
    document.link = link_text(element, scope.base)
