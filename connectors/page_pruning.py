"""Cut away what surrounds an article before its text is looked for. Pure: changes only the tree it is given.

Extractors find where the article is; what stands inside or beside it without belonging (related
stories, newsletter boxes, share bars, captions of galleries, comments) is what they let through. A block goes
when its own markup names it as such, or when it is nothing but links; never when it holds a good part of the
page's prose, whatever it is called.
"""

from __future__ import annotations

import re

from lxml.html import HtmlElement

_NAMES = re.compile(
    r"""(?:^|[\s_/-])(?:
    (?:most|meist)[\s_-]?(?:read|popular|viewed|shared|gelesen|commented)
    | related | relacionad[ao]s? | verwandt | (?:read|see|more)[\s_-]?(?:also|next|more|on|stories|news|from)
    | also[\s_-]?(?:read|like) | recommend\w* | empfehl\w* | recomend\w* | outbrain | taboola | zergnet
    | trending | popular[\s_-]?(?:posts|news|stories) | latest[\s_-]?(?:news|posts|stories|articles)
    | news-?letter\w* | subscri(?:be|ption)[\s_-]?(?:box|form|block|cta)? | sign-?up[\s_-]?(?:box|form|block)
    | share[\s_-]?(?:bar|buttons?|links?|tools?|this)? | sharing | sharedaddy
    | jp-relatedposts | social[\s_-]?\w*
    | comments? | commentlist | comment-\w+ | respond | disqus\w* | cookies?[\s_-]?\w* | consent | gdpr
    | breadcrumbs? | pagination | pager | post-navigation | nav-links | menu | navbar | sidebar | side-bar
    | (?:author|about)[\s_-]?(?:bio|box|info|card|description|the-author) | byline-bio
    | promo\w* | advert\w* | sponsor\w* | teasers? | teaser-\w+ | tag-?(?:s|list|cloud|links) | topics-list
    | trust-badge[\w-]* | paywall-?\w* | donat(?:e|ion)[\s_-]?\w* | print-?only | screen-reader-text | sr-only
    | visually-?hidden | caption-?credit | (?:photo|image|video)-?credit | toc | table-of-contents | ez-toc\w*
    | rss-?summary | widget-?(?:area|title)? | footer\w* | foot-?note-?area | disclaimer | copyright
    )(?:$|[\s_/-])""",
    re.VERBOSE | re.IGNORECASE,
)
"""Words of class and id that name what is not the article: whole ones, between blanks and hyphens."""

_TAGS = frozenset({"nav", "aside", "form", "dialog", "button", "select", "footer", "menu"})
_BLOCKS = frozenset(
    {"div", "section", "ul", "ol", "p", "header", "figure", "table", "h2", "h3", "h4", "h5", "h6"}
)
_NEVER = frozenset({"html", "body", "article", "main", "a", "img", "br", "span", "em", "strong", "b", "i"})
"""Whatever they are called: they are the article, or a few words of it."""
_HEADINGS = frozenset({"h2", "h3", "h4", "h5", "h6"})
_LINKED = frozenset({"p", "ul", "ol", "h2", "h3", "h4"})
_PROSE = frozenset({"p", "blockquote", "li", "pre"})
_SHORT = 400
"""Characters: a longer block is never only a pointer."""
_SHARE = 0.3
"""A block with more than this part of the page's prose stays."""

_LEADS = re.compile(
    r"""\s*(?:\W\s*)?(?:
    read\s+(?:more|also|next) | also\s+read | see\s+also | related(?:\s+\w+)?\s*[:|] | more\s+(?:on|from)\b
    | don.t\s+miss
    | you\s+may\s+also | recommended\s*: | watch\s*: | listen\s*: | sign\s+up\b | subscribe\b | follow\s+us\b
    | lesen\s+sie\s+auch | mehr\s+(?:zum\s+thema|dazu|lesen) | auch\s+interessant
    | weitere\s+(?:beiträge|artikel|meldungen)
    | das\s+könnte\s+(?:sie|dich)
    | (?:le|te)\s+puede\s+interesar | lea?\s+(?:también|además) | lee\s+(?:también|además)
    | leia\s+(?:também|mais)
    | notas?\s+relacionadas? | ver\s+también | más\s+sobre | veja\s+também
    | (?:à|a)\s+lire\s+aussi | lire\s+aussi | lire\s+(?:la\s+suite|également) | voir\s+aussi
    | leggi\s+(?:anche|pure) | vedi\s+anche | lees\s+ook | læs\s+også | les\s+også | läs\s+(?:också|även|mer)
    | czytaj\s+(?:też|także|również|więcej) | zobacz\s+(?:też|także) | читайте\s+также | см\.\s+также
    | читать\s+также
    | 相关(?:阅读|新闻|报道) | 延伸阅读 | 更多(?:新闻|阅读) | 関連記事 | あわせて読みたい | 관련\s?기사
    )""",
    re.VERBOSE | re.IGNORECASE,
)
"""How newspapers introduce a link to something else."""


def prune(tree: HtmlElement) -> int:
    """Drop from the tree what is foreign to the article; return the characters of prose that are left."""
    body = tree.find(".//body")
    root = tree if body is None else body
    _drop_foreign(root)
    for element in list(root.iter(*_BLOCKS)):
        if element is not root and element.getparent() is not None and _leads_away(element):
            _drop(element)
    return _prose(root).get(root, 0)


def _drop_foreign(root: HtmlElement) -> None:
    """Drop what is named as foreign, unless what goes by that name holds a good part of the prose."""
    prose = _prose(root)
    named: dict[str, list[HtmlElement]] = {}
    for element in root.iter():
        if isinstance(element.tag, str) and element is not root and (name := _foreign_name(element)):
            named.setdefault(name, []).append(element)
    for elements in named.values():
        if sum(prose.get(element, 0) for element in elements) <= _SHARE * prose.get(root, 0):
            for element in elements:
                _drop(element)


def _foreign_name(element: HtmlElement) -> str:
    """The name by which an element calls itself foreign to the article, empty when it does not."""
    if element.tag in _TAGS:
        return str(element.tag)
    if element.tag in _NEVER:
        return ""
    names = f"{element.get('class') or ''} {element.get('id') or ''}"
    found = _NAMES.search(names) if len(names) > 2 else None
    return found[0].strip(" \t\n_/-").lower() if found else ""


def _leads_away(element: HtmlElement) -> bool:
    """A block that only points elsewhere: all link, or introduced as such and holding a link."""
    text = _start(element)
    if not text or len(text) > _SHORT:
        return False
    linked = sum(len(" ".join(link.text_content().split())) for link in element.iter("a"))
    if not linked:
        return element.tag in _HEADINGS and bool(_LEADS.match(text))
    if _LEADS.match(text):
        return linked >= 0.3 * len(text)
    return element.tag in _LINKED and linked >= 0.9 * len(text)


def _start(element: HtmlElement) -> str:
    """The words of an element, no more of them than are needed to see that they are many."""
    parts: list[str] = []
    size = 0
    for part in element.itertext():
        size += len(part.strip())
        parts.append(part)
        if size > _SHORT:
            break
    return " ".join("".join(parts).split())


def _prose(root: HtmlElement) -> dict[HtmlElement, int]:
    """Characters of paragraphs that are not mostly link, for each element that holds any. Linear."""
    sizes: dict[HtmlElement, int] = {}
    for block in root.iter(*_PROSE):
        if sizes.get(block):
            continue
        text = sum(map(len, block.itertext()))
        linked = sum(len(part) for link in block.iter("a") for part in link.itertext())
        if linked < 0.5 * text and not _inside_prose(block, root):
            for holder in (block, *block.iterancestors()):
                sizes[holder] = sizes.get(holder, 0) + text
                if holder is root:
                    break
    return sizes


def _inside_prose(block: HtmlElement, root: HtmlElement) -> bool:
    """Whether a block around this one has counted its words."""
    for holder in block.iterancestors():
        if holder is root:
            return False
        if holder.tag in _PROSE:
            return True
    return False


def _drop(element: HtmlElement) -> None:
    """Remove an element, keeping the text that follows it."""
    parent = element.getparent()
    if parent is None:
        return
    tail = element.tail
    if tail and tail.strip():
        before = element.getprevious()
        if before is None:
            parent.text = (parent.text or "") + tail
        else:
            before.tail = (before.tail or "") + tail
    parent.remove(element)
