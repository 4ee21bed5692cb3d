"""Mails and entries of feeds full of hostile markup, opened in a browser that would run it: nothing runs (G-22)."""

from __future__ import annotations

import pytest
from markup_attacks import ATTACKS
from playwright.sync_api import Browser, Page
from sent_markup import article_of, batches, message_of, shown_article, shown_raw

from streams.rendering import html

TOGETHER = 60

_ALIVE = """() => [...document.querySelectorAll("*")].filter((one) =>
  !/^(html|head|meta|title|style|body|div|h1|p|strong|a|bdi|mark|ul|li|span|code)$/.test(one.localName)
  || [...one.attributes].some((given) => /^(on|src|action|formaction|ping|http-equiv)/i.test(given.name))
  || (one.localName === "a" && !/^https?:$/.test(one.protocol))
).map((one) => one.outerHTML.slice(0, 80))"""

_TOUCHED = """() => document.querySelectorAll("*").forEach((one) => {
  for (const kind of ["mouseover", "focus", "load", "error", "toggle", "animationstart"])
    one.dispatchEvent(new Event(kind));
})"""


@pytest.mark.parametrize("cleaned", [False, True], ids=["as they are", "as articles"])
def test_a_mail_about_them_is_dead_in_a_browser(page: Page, cleaned: bool) -> None:
    """Without our server and its policies, as a mail program without any care would show it."""
    for batch in batches(ATTACKS, TOGETHER):
        shown = [shown_raw(n, one) for n, one in enumerate(batch)]
        if cleaned:
            articles = [(n, article_of(n, one)) for n, one in enumerate(batch)]
            shown = [shown_article(n, article) for n, article in articles if article]
        page.set_content(html.render(message_of(shown, batch[0])))
        page.evaluate(_TOUCHED)
        assert page.evaluate(_ALIVE) == []


def test_the_browser_would_run_them(browser: Browser) -> None:
    """Else the test above would say nothing."""
    context = browser.new_context()
    page = context.new_page()
    said: list[str] = []
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    page.set_content("<p>x</p><svg onload=\"alert('live')\"></svg><img src=x onerror=\"alert('live')\">")
    page.wait_for_timeout(300)
    context.close()
    assert said
