"""robots.txt is read as RFC 9309 says."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.robots_rules import read_robots

ALL = "User-agent: *\n"
SITE = "https://example.org"


@pytest.mark.parametrize(
    ("text", "path", "allowed"),
    [
        ("", "/x", True),
        (ALL + "Disallow:", "/x", True),
        (ALL + "Disallow: /", "/x", False),
        (ALL + "Disallow: /", "", False),
        (ALL + "Disallow: /private", "/private/x", False),
        (ALL + "Disallow: /private", "/privately", False),
        (ALL + "Disallow: /private/", "/private", True),
        (ALL + "Disallow: /\nAllow: /news/", "/news/x", True),
        (ALL + "Allow: /news/\nDisallow: /", "/news/x", True),
        (ALL + "Allow: /news/\nDisallow: /news/old/", "/news/old/x", False),
        (ALL + "Disallow: /x\nAllow: /x", "/x", True),
        (ALL + "Disallow: /*/print", "/a/print", False),
        (ALL + "Disallow: /*/print", "/print", True),
        (ALL + "Disallow: /*.pdf$", "/a.pdf", False),
        (ALL + "Disallow: /*.pdf$", "/a.pdf?x=1", True),
        (ALL + "Disallow: /a$", "/a", False),
        (ALL + "Disallow: /a$", "/ab", True),
        (ALL + "Disallow: /*a*b*$", "/xaxbx", False),
        (ALL + "Disallow: *?print=", "/a?print=1", False),
        (ALL + "Disallow: /caf%C3%A9", "/café", False),
        (ALL + "Disallow: /café", "/caf%c3%a9", False),
        (ALL + "Disallow: /%7Euser", "/~user", False),
        (ALL + "Disallow: /a%2Fb", "/a/b", True),
        ("User-agent: biowire\nDisallow: /\n\nUser-agent: *\nDisallow:", "/x", False),
        ("User-agent: *\nDisallow: /\n\nUser-agent: BioWire\nAllow: /", "/x", True),
        ("User-agent: biowire\nUser-agent: other\nDisallow: /x", "/x", False),
        ("User-agent: biowire\nDisallow: /a\n\nUser-agent: biowire\nDisallow: /b", "/b", False),
        ("User-agent: other\nDisallow: /", "/x", True),
        ("Disallow: /", "/x", True),
        ("user-AGENT : * # all\ndisAllow :/x # this", "/x", False),
        ("<html><body>Not found</body></html>", "/x", True),
        (ALL + "Sitemap: https://example.org/s.xml\nDisallow: /x", "/x", False),
        (ALL + "Disallow /x", "/x", True),
    ],
)
def test_the_longest_rule_that_fits_decides(text, path, allowed):
    assert read_robots(text, "biowire").allows(SITE + path) == allowed


@pytest.mark.parametrize(
    ("text", "delay"),
    [(ALL + "Crawl-delay: 2.5", 2.5), (ALL + "Crawl-delay: soon", 0), (ALL + "Disallow: /", 0), ("", 0)],
)
def test_the_delay_is_read(text, delay):
    assert read_robots(text, "biowire").delay == delay


def test_a_file_made_to_be_slow_is_not():
    text = ALL + "".join(f"Disallow: {'*a' * 200}{number}\n" for number in range(1000))
    started = time.process_time()
    read_robots(text, "biowire").allows(f"{SITE}/{'a' * 2000}")
    assert time.process_time() - started < 3


@given(st.text(alphabet="user-agent:*\n dislow/$%#aA0é\x00", max_size=200), st.text(max_size=30))
def test_any_text_can_be_read(text, path):
    read_robots(text, "biowire").allows(f"{SITE}/{path}")
