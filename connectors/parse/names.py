"""Element names as feedparser knows them: standard prefix and local name, whatever prefix the feed chose."""

from __future__ import annotations

import functools

from feedparser.mixin import _FeedParserMixin
from lxml import etree

NAMESPACES: dict[str, str] = {uri.lower(): prefix for uri, prefix in _FeedParserMixin.namespaces.items()}
"""Namespace, lower case, to its standard prefix; empty for those of the formats themselves."""

_TELLING = frozenset({"content", "dc", "dcterms", "feedburner", "itunes", "media", "rdf", "sy", "xhtml"})
"""Prefixes whose elements say something of an entry."""

ATOM = "http://www.w3.org/2005/Atom"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RSS1 = "http://purl.org/rss/1.0/"
XML_BASE = "{http://www.w3.org/XML/1998/namespace}base"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


class Unsure(Exception):  # noqa: N818 - a decision, not a failure
    """The fast reader cannot vouch for this document; feedparser shall read it."""


def attributes_of(element: etree._Element) -> dict[str, str]:
    """Attributes by local name, lower case, as feedparser sees them: other standard modules' apart."""
    found = {}
    for key, value in element.attrib.items():
        name, said = str(key), str(value)
        if name[0] == "{":
            namespace, _, name = name[1:].partition("}")
            if prefix := NAMESPACES.get(namespace.lower()):
                name = f"{prefix}:{name}"
        found[name.lower()] = said
    return found


def standard_name(element: etree._Element) -> str:
    """`title`, `dc_date`, `content_encoded`; of unknown namespaces, with the prefix the feed gives them."""
    name, namespace = _known(str(element.tag))
    if not namespace:
        return name
    prefix = element.prefix or next((p for p, uri in element.nsmap.items() if p and uri == namespace), "")
    return f"{prefix.lower()}_{name}" if prefix else name


@functools.lru_cache(maxsize=4096)
def _known(tag: str) -> tuple[str, str]:
    """The name of a tag, and its namespace when that is an unknown one, so that its prefix counts."""
    namespace, _, local = tag[1:].partition("}") if tag[0] == "{" else ("", "", tag)
    local = local.lower()
    if "backend.userland.com/rss" in namespace.lower():
        return local, ""
    prefix = NAMESPACES.get(namespace.lower())
    if prefix is None:
        return local, namespace
    return f"{prefix}_{local}" if prefix else local, ""


def ends_something(name: str) -> bool:
    """Whether feedparser acts on the end tag of this element even within markup."""
    return hasattr(_FeedParserMixin, f"_end_{name}")


def check_prefixes(root: etree._Element) -> None:
    """Raise Unsure where a telling prefix is bound to another known namespace: feedparser mixes them up."""
    for prefix, uri in root.nsmap.items():
        bound = NAMESPACES.get(uri.lower())
        if prefix in _TELLING and bound is not None and bound != prefix:
            raise Unsure(f"prefix {prefix} is bound to {uri}")
