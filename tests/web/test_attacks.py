"""Markup in every field of feeds and articles stays text: nothing runs, loads or leaves (G-22)."""

from __future__ import annotations

import html
import itertools
import json
import os
import random
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from api_world import NOON, served, shipped
from markup_attacks import ATTACKS, LINKS
from playwright.sync_api import Page

from connectors.records import Feed
from streams.embedded import Instance

EACH = 1 if os.environ.get("BIOWIRE_FULL") else 40
"""Of the articles and stories, every so-manieth is opened by itself; all of them stand in the lists."""

_OFFENDERS = """() => {
  const ours = (url) => !url || /^([?#]|[/](?![/]))/.test(url);
  const found = [];
  for (const one of document.querySelectorAll("*")) {
    const name = one.localName;
    if (/^(iframe|object|embed|base|portal|style|marquee|math|foreignobject|template|frame|applet)$/i.test(name)) found.push(name);
    if (name === "meta" && one.httpEquiv) found.push("meta");
    if (name === "script" && !(one.getAttribute("src") || "").startsWith("/static/")) found.push("script");
    if (name === "link" && !ours(one.getAttribute("href"))) found.push("link");
    if (name === "form" && !ours(one.getAttribute("action"))) found.push("form");
    for (const attribute of one.attributes) {
      if (/^on/i.test(attribute.name) || ["style", "srcdoc", "ping", "formaction", "srcset", "background", "poster"].includes(attribute.name))
        if (!(["srcset", "formaction"].includes(attribute.name) && ours(attribute.value))) found.push(`${name} ${attribute.name}`);
      if (attribute.name === "src" && !ours(attribute.value)) found.push(`${name} src`);
      if (/^(href|xlink:href)$/.test(attribute.name) && !ours(attribute.value) && !/^https?:/.test(attribute.value))
        found.push(`${name} ${attribute.value.slice(0, 60)}`);
    }
  }
  return found;
}"""


def _hostile(number: int, attack: str, dice: random.Random) -> dict[str, Any]:
    """An article with the attack in every field, and words of its own, so that it is no copy of another."""
    own = " ".join(f"{dice.choice('bcdfgklmnprst')}{dice.randrange(10**6)}" for _ in range(40))
    body = f"{attack} police use facial recognition {attack} in detention {own} {attack}"
    link = f"https://outlet{number % 50}.example/{number}?q={quote(attack)}"
    return {
        "title": f"{attack} facial recognition {own[:30]}",
        "link": LINKS[number % len(LINKS)] if number % 17 == 0 else link,
        "guid": f"{number} {attack}",
        "author": attack,
        "categories": [attack, "biometrics"],
        "language": "en" if number % 5 else attack[:30],
        "published": f"2026-11-{1 + number % 21:02d}T{number % 24:02d}:00:00Z",
        "feed_url": f"http://127.0.0.1:9/{number % 60}",
        "feed_title": attack,
        "summary_html": body if number % 2 else html.escape(body),
        "content_html": html.escape(body) if number % 3 else body,
    }


@pytest.fixture(scope="module")
def hostile_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A store full of it, served."""
    home = tmp_path_factory.mktemp("hostile") / "home"
    home.mkdir()
    dice = random.Random(1)
    lines = [json.dumps(_hostile(number, one, dice)).encode() for number, one in enumerate(ATTACKS)]
    feeds = [
        Feed(url=f"http://127.0.0.1:9/{number}", title=one, country="GB", kind="press")
        for number, one in enumerate(ATTACKS[::32])
    ]
    with Instance(home / "biowire.db", shipped()) as instance:
        instance.add_feeds(feeds)
        instance.ingest([*lines, *(json.dumps(one).encode() for one in ATTACKS[:40])], NOON, lambda: None)
    with served(home) as server:
        yield server.url


def clean(page: Page, address: str) -> None:
    """Opened, and nothing of it is live; what ran, was blocked or left fails the `page` fixture as well."""
    answer = page.goto(address)
    assert answer is not None
    assert answer.status < 500, (address, answer.text()[:500])
    assert page.evaluate(_OFFENDERS) == [], address


def test_there_are_enough_of_them():
    assert len(ATTACKS) >= 1_500


@pytest.mark.parametrize("path", ["/", "/search?q=facial&copies=on"])
def test_lists_show_every_one_as_text(page, hostile_site, path):
    address, shown = hostile_site + path, 0
    while address:
        clean(page, address)
        shown += page.locator("a[href^='/stories/'], a[href^='/documents/']").count()
        older = page.locator(".pager a[rel=next]")
        address = hostile_site + str(older.get_attribute("href")) if older.count() else ""
    assert shown >= len(ATTACKS) * 0.9


def test_articles_and_stories_by_themselves(page, hostile_site):
    found = page.request.get(f"{hostile_site}/api/v1/documents?limit=200").json()
    documents = list(found["documents"])
    while found["next"]:
        found = page.request.get(
            f"{hostile_site}/api/v1/documents?limit=200&after={quote(found['next'])}"
        ).json()
        documents += found["documents"]
    assert len(documents) >= len(ATTACKS) * 0.9
    for document in documents[::EACH]:
        clean(page, f"{hostile_site}/documents/{document['id']}")
        clean(page, f"{hostile_site}/documents/{document['id']}/explain")
        clean(page, f"{hostile_site}/stories/{document['story_id']}")


@pytest.mark.parametrize("path", ["/trends", "/feeds", "/health", "/subscriptions", "/watchlists"])
def test_pages_about_them(page, hostile_site, path):
    clean(page, hostile_site + path)


ECHOES = ["/search?q=", "/search?since=", "/?after=", "/search?sort=", "/trends?since=", "/sign-in?to=", "/feeds?q=", "/subscriptions/new?query=", "/documents/", "/stories/", "/watchlists/", "/"]  # fmt: skip


@pytest.mark.parametrize("path", ECHOES)
def test_what_an_address_says_is_only_said(page, hostile_site, path):
    for attack in itertools.islice(ATTACKS, ECHOES.index(path), None, 160):
        clean(page, hostile_site + path + quote(attack, safe=""))
