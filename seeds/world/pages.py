"""The sample world's web pages and its feed list: article pages with all around a text, home pages. Pure."""

from __future__ import annotations

from datetime import datetime
from html import escape

from .records import Article, Outlet, World
from .render import CONTENT_TYPES, article_url, base, feed_url, paragraphs

CAPTCHA = (
    "<!doctype html><html><head><title>Just a moment</title></head><body><h1>Checking your browser</h1>"
    "<p>Please prove that you are human to go on. Enable JavaScript and cookies.</p></body></html>"
)
"""What a wall against robots answers instead of a feed."""


def article_page(world: World, article: Article, *, now: datetime, port: int, amp: bool = False) -> str:
    """Return an article's page: the text among menu, most read, related links, comments and footer."""
    outlet = world.outlets[article.outlet]
    version = article.at(now)
    main = _LAYOUTS["article" if amp else outlet.layout](version)
    around = [] if amp else [_related(world, article, now, port), _comments(outlet), _most_read(outlet)]
    return _document(
        outlet,
        title=f"{version.title} | {outlet.name}",
        head=_article_head(version, port),
        body="\n".join(part for part in (_menu(outlet, port), main, *around) if part),
    )


def home_page(world: World, outlet: Outlet, *, now: datetime, port: int) -> str:
    """Return an outlet's front page; its head names the outlet's feeds for autodiscovery."""
    feeds = [
        f'<link rel="alternate" type="{CONTENT_TYPES[feed.format]}" href="{feed.path}" '
        f'title="{escape(feed.title or outlet.name)}">'
        for feed in world.feeds.values()
        if feed.outlet == outlet.id and feed.format != "news-sitemap"
    ]
    shown = sorted(
        (article.at(now) for article in world.by_outlet[outlet.id] if article.published <= now),
        key=lambda article: (article.published, article.key),
        reverse=True,
    )
    items = [f'<li><a href="{article.path}">{escape(article.title)}</a></li>' for article in shown[:30]]
    listed = "\n".join(items)
    body = f"{_menu(outlet, port)}\n<main><h1>{escape(outlet.name)}</h1>\n<ul>\n{listed}\n</ul></main>"
    return _document(outlet, title=outlet.name, head="\n".join(feeds), body=body)


def index_page(world: World, *, port: int) -> str:
    """Return the list of all outlets, shown where no outlet is named."""
    items = [
        f'<li><a href="{base(outlet.id, port)}/">{escape(outlet.name)}</a> ({outlet.language})</li>'
        for outlet in world.outlets.values()
    ]
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'><title>The sample world</title></head>"
        "<body><h1>The sample world</h1><p>Invented outlets. <a href='/feeds.opml'>feeds.opml</a></p>"
        f"<ul>{''.join(items)}</ul></body></html>"
    )


def opml(world: World, *, port: int) -> bytes:
    """Return the list of all feeds, grouped by perspective, with what is known of each publisher."""
    groups: dict[str, list[str]] = {}
    for feed in world.feeds.values():
        outlet = world.outlets[feed.outlet]
        facts = {
            "text": feed.title or outlet.name,
            "title": feed.title or outlet.name,
            "type": "rss",
            "xmlUrl": feed_url(feed, port),
            "htmlUrl": base(outlet.id, port) + "/",
            "language": outlet.language,
            "country": outlet.country,
            "kind": outlet.kind,
            "perspective": outlet.perspective,
            "fullText": feed.full_text,
        }
        written = " ".join(f'{name}="{escape(value)}"' for name, value in facts.items() if value)
        groups.setdefault(outlet.perspective, []).append(f"      <outline {written}/>")
    body = "\n".join(
        f'    <outline text="{group}" title="{group}">\n{chr(10).join(lines)}\n    </outline>'
        for group, lines in sorted(groups.items())
    )
    head = "  <head><title>The sample world</title></head>\n  <body>\n"
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0">\n{head}{body}\n  </body>\n</opml>\n'
    return text.encode()


def _document(outlet: Outlet, *, title: str, head: str, body: str) -> str:
    return (
        f'<!doctype html>\n<html lang="{outlet.language}">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{escape(title)}</title>\n{head}\n</head>\n<body>\n{body}\n"
        f"<footer><p>© 2026 {escape(outlet.name)}. All rights reserved.</p>"
        '<a href="/privacy">Privacy</a> <a href="/terms">Terms</a></footer>\n</body>\n</html>\n'
    )


def _byline(article: Article) -> str:
    return f"By {escape(', '.join(article.authors))}" if article.authors else ""


def _semantic(article: Article) -> str:
    return (
        f'<main>\n<article>\n<h1>{escape(article.title)}</h1>\n<p class="byline">{_byline(article)}</p>\n'
        f'<time datetime="{article.published:%Y-%m-%dT%H:%M:%SZ}">{article.published:%d %B %Y}</time>\n'
        f'<div class="article-body">\n{paragraphs(article.text)}\n</div>\n</article>\n</main>'
    )


def _divisions(article: Article) -> str:
    return (
        '<div class="cookie-notice"><p>We and 214 partners use cookies. <a href="#">Accept</a></p></div>\n'
        f'<div id="wrap"><div class="hd"><h1>{escape(article.title)}</h1>'
        f'<div class="meta">{_byline(article)} {article.published:%d/%m/%Y}</div>'
        '<div class="share"><a href="#">Share</a> <a href="#">Post</a> <a href="#">Print</a></div></div>\n'
        f'<div class="story-content">\n{paragraphs(article.text)}\n</div>\n'
        '<div class="newsletter"><p>Get our newsletter every morning.</p><form><input></form></div></div>'
    )


def _table(article: Article) -> str:
    return (
        '<table width="780" cellpadding="4"><tr><td width="120" valign="top"><font size="1">'
        '<a href="/weather">Weather</a><br><a href="/buses">Buses</a><br><a href="/lost">Lost &amp; found</a>'
        f'</font></td><td valign="top"><h2>{escape(article.title)}</h2>'
        f"<i>{_byline(article)} {article.published:%d.%m.%Y}</i>\n{paragraphs(article.text)}\n"
        "</td></tr></table>"
    )


_LAYOUTS = {"article": _semantic, "divs": _divisions, "table": _table}


def _article_head(article: Article, port: int) -> str:
    own = article_url(article, port)
    return "\n".join(
        [
            f'<link rel="canonical" href="{own}">',
            f'<meta property="og:title" content="{escape(article.title)}">',
            f'<meta property="og:url" content="{own}">',
            f'<meta name="description" content="{escape(article.summary)}">',
            f'<meta property="article:published_time" content="{article.published:%Y-%m-%dT%H:%M:%SZ}">',
            *[f'<meta name="author" content="{escape(author)}">' for author in article.authors],
        ]
    )


def _menu(outlet: Outlet, port: int) -> str:
    sections = ("News", "Business", "Culture", "Sport", "Opinion")
    links = "".join(f'<li><a href="/{section.lower()}">{section}</a></li>' for section in sections)
    return (
        f'<header><a href="{base(outlet.id, port)}/">{escape(outlet.name)}</a>'
        f"<nav><ul>{links}</ul></nav></header>"
    )


def _related(world: World, article: Article, now: datetime, port: int) -> str:
    others = [a for a in world.by_outlet[article.outlet] if a.key != article.key and a.published <= now][:4]
    links = "".join(f'<li><a href="{article_url(a, port)}">{escape(a.title)}</a></li>' for a in others)
    return f'<section class="related"><h2>Related</h2><ul>{links}</ul></section>' if links else ""


def _most_read(outlet: Outlet) -> str:
    links = "".join(
        f'<li><a href="/most-read/{n}">{escape(t)}</a></li>' for n, t in enumerate(outlet.most_read)
    )
    return f'<aside class="most-read"><h2>Most read</h2><ol>{links}</ol></aside>' if links else ""


def _comments(outlet: Outlet) -> str:
    notes = "".join(f'<li class="comment"><p>{escape(comment)}</p></li>' for comment in outlet.comments)
    return (
        f'<section id="comments" class="comments"><h2>Comments</h2><ul>{notes}</ul></section>'
        if notes
        else ""
    )
