"""One `item` or `entry`, read from an lxml tree by feedparser's own rules, in document order.

feedparser works on events with state between them; each rule here names the one it follows (6.0.14,
`namespaces/_base.py`, `mixin.py`). What would need more of its state raises Unsure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from lxml import etree

from ..records import Entry
from .authors import Person, named, spelled, split_author
from .bodies import as_html
from .constructs import (
    HTML,
    PLAIN,
    Scope,
    base_of,
    cleaned_title,
    href_of,
    language_of,
    link_text,
    text_construct,
)
from .dates import parse_date
from .links import resolve, web_link
from .names import RDF, Unsure, attributes_of, standard_name
from .words import leaf_text

_Element = etree._Element  # noqa: SLF001 - lxml names its element type so
_ITUNES = "http://www.itunes.com/"
_Tag = tuple[str | None, str | None, str | None]
"""Term, scheme and label of a category."""


@dataclass(slots=True)
class _Draft:
    """What is known of the entry being read; `*_at` is the depth a value was found at: the shallower wins."""

    id: str = ""
    id_at: int | None = None
    link: str | None = None
    title: str = ""
    title_at: int | None = None
    title_depth: int = -1
    published: datetime | None = None
    published_at: int | None = None
    updated: datetime | None = None
    updated_at: int | None = None
    people: list[Person] = field(default_factory=list)
    author: str = ""
    tags: list[_Tag] = field(default_factory=list)
    tags_seen: set[_Tag] = field(default_factory=set)
    summary: str | None = None
    summary_type: str = ""
    summary_at: int | None = None
    contents: list[tuple[str, str]] = field(default_factory=list)
    has_content: bool = False
    language: str = ""
    own_language: str = ""


_Handler = Callable[["EntryReader", _Element, Scope], None]


class EntryReader:
    """Reads the entries of one document; learns the names used in it once."""

    def __init__(self, *, atom: bool, unwrap: bool) -> None:
        """`unwrap`: Atom 1.0, where inline XHTML comes in a `<div>` that is not part of it."""
        self._atom = atom
        self._unwrap = unwrap
        self._handlers: dict[str, _Handler | None] = {}
        self._draft = _Draft()

    def read(self, element: _Element, scope: Scope, *, has_content: bool = False) -> Entry:
        """Read one entry; `has_content`: the channel before it had one. Raises Unsure."""
        draft = self._draft = _Draft(has_content=has_content)
        if element.attrib:
            if "href" in element.attrib or "lastmod" in element.attrib:
                raise Unsure("a CDF item")
            draft.id = element.get(f"{{{RDF}}}about", "")
        self._walk(element, scope)
        body, kind = max(draft.contents, key=lambda content: len(content[0]), default=("", ""))
        summary = draft.summary or ""
        tags = ((term or label or "") for term, _, label in draft.tags)
        return Entry(
            id=draft.id,
            link=web_link(draft.link) if draft.link else "",
            title=draft.title,
            published=draft.published,
            updated=draft.updated,
            authors=spelled(draft.people, draft.author),
            categories=tuple(dict.fromkeys(tag for tag in tags if tag)),
            summary_html=as_html(summary) if draft.summary_type == PLAIN else summary,
            content_html=as_html(body) if kind == PLAIN else body,
            language=draft.own_language or draft.language,
        )

    def _walk(self, element: _Element, scope: Scope) -> None:
        handlers = self._handlers
        for child in element:
            tag = child.tag
            if tag in handlers:
                handler = handlers[tag]
            else:
                handler = handlers[tag] = _handler(standard_name(child))
            if handler is not None:
                handler(self, child, scope)
            elif len(child):
                self._walk(child, scope.inside(child))

    def _body(self, element: _Element, default: str) -> tuple[str, str]:
        return text_construct(element, default, unwrap=self._unwrap)

    def title(self, element: _Element, scope: Scope, *, media: bool = False) -> None:
        """The first title that is not empty, at the shallowest depth (_end_title, title_depth)."""
        draft, depth = self._draft, scope.depth
        value, kind = text_construct(element, PLAIN, unwrap=self._unwrap)
        if not -1 < draft.title_depth <= depth:
            draft.language = language_of(element, scope.language) if element.attrib else scope.language
            if draft.title_at is None or depth <= draft.title_at:
                draft.title = cleaned_title(element, value, kind, scope, atom=self._atom)
                draft.title_at = depth
        if value and not media:
            draft.title_depth = depth

    def media_title(self, element: _Element, scope: Scope) -> None:
        """Counts as a title, but does not stop a real one after it."""
        self.title(element, scope, media=True)

    def link(self, element: _Element, scope: Scope) -> None:
        """The last alternate link to a page, or the text of `<link>` (_start_link, pop)."""
        if element.attrib:
            href, page = href_of(element, scope.base)
            if page:
                self._draft.link = href
            if href:
                if len(element):
                    raise Unsure("markup in a link")
                return
        self._draft.link = link_text(element, scope.base)

    def guid(self, element: _Element, scope: Scope) -> None:
        """The id; also the link, where it may be one and there is no other (_end_guid)."""
        draft = self._draft
        value = leaf_text(element)
        is_link = not element.attrib or attributes_of(element).get("ispermalink", "true") == "true"
        if is_link and value:
            value = resolve(base_of(element, scope.base), value)
        if draft.id_at is None or scope.depth <= draft.id_at:
            draft.id, draft.id_at = value, scope.depth
        if is_link and draft.link is None:
            draft.link = value

    def published(self, element: _Element, scope: Scope) -> None:
        """The last one at the shallowest depth (_end_published)."""
        draft, text = self._draft, leaf_text(element)
        if draft.published_at is None or scope.depth <= draft.published_at:
            draft.published, draft.published_at = parse_date(text), scope.depth

    def updated(self, element: _Element, scope: Scope) -> None:
        """The last one at the shallowest depth (_end_updated); `dc:date` too."""
        draft, text = self._draft, leaf_text(element)
        if draft.updated_at is None or scope.depth <= draft.updated_at:
            draft.updated, draft.updated_at = parse_date(text), scope.depth

    def description(self, element: _Element, scope: Scope) -> None:
        """A summary in HTML; a second one is the content (_start_description)."""
        self._summary(element, scope, HTML)

    def summary(self, element: _Element, scope: Scope) -> None:
        """A summary in text; a second one is the content (_start_summary)."""
        self._summary(element, scope, PLAIN)

    def _summary(self, element: _Element, scope: Scope, default: str) -> None:
        draft = self._draft
        if draft.summary is not None and not draft.has_content:
            self.content(element, scope)
            return
        value, kind = self._body(element, default)
        if draft.summary_at is None or scope.depth <= draft.summary_at:
            draft.summary, draft.summary_at = value, scope.depth
        draft.summary_type = kind

    def content(self, element: _Element, scope: Scope, default: str = PLAIN) -> None:  # noqa: ARG002
        """A content, which is also the summary where there is none yet (_end_content)."""
        draft = self._draft
        draft.has_content = True
        value, kind = self._body(element, default)
        draft.contents.append((value, kind))
        if draft.summary is None:
            draft.summary, draft.summary_type = value, kind

    def encoded(self, element: _Element, scope: Scope) -> None:
        """`content:encoded` is HTML."""
        self.content(element, scope, HTML)

    def author(self, element: _Element, scope: Scope) -> None:  # noqa: ARG002
        """A string, or name and address (_sync_author_detail)."""
        draft = self._draft
        if not len(element):
            text = leaf_text(element)
            draft.people.append(split_author(text))
            draft.author = text
            return
        found = {"name": "", "email": ""}
        for child in element:
            name = standard_name(child).removeprefix("itunes_")
            if name in found:
                found[name] = _bare(child)
            elif len(child) or _handler(name) is not None:
                raise Unsure(f"{name} in an author")
        draft.people.append((found["name"], found["email"]))
        draft.author = named(found["name"], found["email"])

    def category(self, element: _Element, scope: Scope) -> None:  # noqa: ARG002
        """Attributes and text may each be a term (_start_category, _end_category)."""
        tags = self._draft.tags
        if element.attrib:
            attributes = attributes_of(element)
            scheme = attributes.get("scheme", attributes.get("domain"))
            self._tag(attributes.get("term"), scheme, attributes.get("label"))
        value = leaf_text(element)
        if value and tags and not tags[-1][0]:
            self._draft.tags_seen.discard(tags[-1])
            tags[-1] = (value, *tags[-1][1:])
            self._draft.tags_seen.add(tags[-1])
        elif value:
            self._tag(value)

    def podcast_category(self, element: _Element, scope: Scope) -> None:
        """`itunes:category`, one in the other; the outer one's term is its attribute."""
        self._tag(attributes_of(element).get("text"), _ITUNES)
        if len(element):
            self._walk(element, scope.inside(element))
        elif value := leaf_text(element):
            self._tag(value)

    def keywords(self, element: _Element, scope: Scope) -> None:  # noqa: ARG002
        """Terms between commas; feedparser reads none where the element has attributes."""
        if not element.attrib:
            for term in leaf_text(element).split(","):
                self._tag(term.strip())

    def podcast_keywords(self, element: _Element, scope: Scope) -> None:  # noqa: ARG002
        """`itunes:keywords`: the same, in a scheme of their own."""
        if not element.attrib:
            for term in leaf_text(element).split(","):
                self._tag(term.strip() or None, _ITUNES if term.strip() else None)

    def _tag(self, term: str | None, scheme: str | None = None, label: str | None = None) -> None:
        tag = (term, scheme, label)
        if any(tag) and tag not in self._draft.tags_seen:
            self._draft.tags.append(tag)
            self._draft.tags_seen.add(tag)

    def entry_language(self, element: _Element, scope: Scope) -> None:  # noqa: ARG002
        """`dc:language`."""
        self._draft.own_language = leaf_text(element)

    def source(self, element: _Element, scope: Scope) -> None:
        """Where it was taken from: nothing of it is the entry's, but titles count anew after it."""
        self._draft.title_depth = -1
        for child in element.iterdescendants():
            name = standard_name(child)
            if name in _NOT_IN_SOURCE or (name == "title" and child.getparent() is not element):
                raise Unsure(f"{name} in a source")
            if name == "title" and ((child.text and child.text.strip()) or len(child)):
                self._draft.title_depth = scope.depth + 1

    def image(self, element: _Element, scope: Scope) -> None:
        """An image's own title counts if the entry has none; its link never does (inimage)."""
        self._draft.title_depth = -1
        for child in element:
            name = standard_name(child)
            if name == "title":
                self.title(child, scope.inside(element))
            elif name not in {"link", "url", "width", "height"} or child.attrib or len(child):
                raise Unsure(f"{name} in an image")

    def plain(self, element: _Element, scope: Scope) -> None:  # noqa: ARG002
        """Nothing of the entry, as long as there is no markup in it."""
        if len(element):
            raise Unsure(f"markup in {element.tag}")

    def unsure(self, element: _Element, scope: Scope) -> None:  # noqa: ARG002
        """What feedparser treats in a way of its own."""
        raise Unsure(f"{element.tag} in an entry")


def _bare(element: _Element) -> str:
    if len(element):
        raise Unsure(f"markup in {element.tag}")
    return (element.text or "").strip()


_NOT_IN_SOURCE = frozenset({"item", "entry", "source", "image", "textinput", "content", "content_encoded"})

_NAMES: dict[str, tuple[str, ...]] = {
    "title": ("title", "dc_title"),
    "media_title": ("media_title",),
    "link": ("link",),
    "guid": ("guid", "id"),
    "published": ("published", "issued", "pubdate", "dcterms_issued"),
    "updated": ("updated", "modified", "lastbuilddate", "dc_date", "dcterms_modified"),
    "description": ("description", "dc_description", "media_description"),
    "summary": ("summary", "itunes_summary"),
    "content": ("content",),
    "encoded": ("content_encoded",),
    "author": ("author", "managingeditor", "dc_author", "dc_creator", "itunes_author"),
    "category": ("category", "keywords", "dc_subject", "media_category"),
    "keywords": ("media_keywords", "tags"),
    "podcast_category": ("itunes_category",),
    "podcast_keywords": ("itunes_keywords",),
    "entry_language": ("language", "dc_language"),
    "source": ("source",),
    "image": ("image",),
    "plain": ("subtitle", "tagline", "rights", "copyright", "dc_rights", "itunes_subtitle", "info"),
    "unsure": (
        *("item", "entry", "channel", "feed", "rss", "rdf_rdf", "textinput", "itunes_owner"),
        *("body", "xhtml_body", "fullitem", "abstract", "feedburner_browserfriendly", "svg"),
        *("authors", "links", "enclosures"),
    ),
}
_HANDLERS: dict[str, _Handler] = {
    name: getattr(EntryReader, method) for method, names in _NAMES.items() for name in names
}


def _handler(name: str) -> _Handler | None:
    """How to read an element of this name; None for one that says nothing of its own."""
    if name.endswith(("_parsed", "_detail")):
        return EntryReader.unsure
    return _HANDLERS.get(name)
