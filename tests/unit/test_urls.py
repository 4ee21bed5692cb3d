import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.urls import canonical_url, is_redirector

CASES = {
    "scheme, host case, port and www": ("HTTP://WWW.Example.ORG:80/a", "https://example.org/a"),
    "other ports stay": ("http://a.example:8080/x", "https://a.example:8080/x"),
    "mobile host": ("https://m.example.org/a", "https://example.org/a"),
    "mobile host after a language": ("https://de.m.example.org/a", "https://de.example.org/a"),
    "a two-part host keeps its first part": ("https://m.org/a", "https://m.org/a"),
    "AMP path": ("https://example.org/news/a/amp/", "https://example.org/news/a"),
    "AMP parameter": ("https://example.org/a?amp=1", "https://example.org/a"),
    "AMP cache": ("https://example-org.cdn.ampproject.org/c/s/example.org/a/", "https://example.org/a"),
    "AMP viewer": ("https://www.google.com/amp/s/example.org/a", "https://example.org/a"),
    "tracking parameters": ("https://example.org/a?utm_source=x&id=9&fbclid=z", "https://example.org/a?id=9"),
    "parameters in one order": ("https://example.org/a?b=2&a=1", "https://example.org/a?a=1&b=2"),
    "a short name with an article number stays": (
        "https://example.org/s?cid=20231",
        "https://example.org/s?cid=20231",
    ),
    "fragment": ("https://example.org/a#comments", "https://example.org/a"),
    "a space is a letter like any other": ("https://example.org/a b", "https://example.org/a%20b"),
    "also at the end of a path": ("https://example.org/a ?", "https://example.org/a%20"),
    "not at the end of an address": ("https://example.org/#!a ", "https://example.org/#!a"),
    "hashbang chooses the page": ("https://example.org/#!a/b", "https://example.org/#!a/b"),
    "escapes that need not be": ("https://example.org/%7Ejo/caf%c3%a9", "https://example.org/~jo/caf%C3%A9"),
    "an escaped slash is no slash": ("https://example.org/a%2fb", "https://example.org/a%2Fb"),
    "letters beyond ASCII": ("https://example.org/café", "https://example.org/caf%C3%A9"),
    "IDN": ("https://bücher.example/a", "https://xn--bcher-kva.example/a"),
    "session in the path": ("https://example.org/a;jsessionid=12AB?x=1", "https://example.org/a?x=1"),
    "trailing slash": ("https://example.org/a/", "https://example.org/a"),
    "visible target": (
        "https://www.google.com/url?q=https://example.org/a%3Fid%3D7&sa=t",
        "https://example.org/a?id=7",
    ),
    "ampersand inside a value": ("https://example.org/a?q=x%26y", "https://example.org/a?q=x%26y"),
    "user and password are dropped": ("https://jo:pw@example.org/a", "https://example.org/a"),
    "not http": ("javascript:alert(1)", ""),
    "no host": ("https:///a", ""),
    "broken port": ("https://example.org:99999999/a", ""),
    "broken bracket": ("https://[::1/a", ""),
}


@pytest.mark.parametrize(("url", "expected"), CASES.values(), ids=CASES.keys())
def test_one_article_has_one_address(url: str, expected: str) -> None:
    assert canonical_url(url) == expected


@given(st.text(max_size=80))
def test_any_text_is_an_address_or_none_and_canonical_form_is_stable(text: str) -> None:
    once = canonical_url(f"https://example.org/{text}")
    assert canonical_url(once) == once


def test_opaque_redirectors_are_leads() -> None:
    assert is_redirector(canonical_url("https://news.google.com/rss/articles/CBMiabc?oc=5"))
    assert not is_redirector(canonical_url("https://example.org/a"))
