"""`biowire parse`: entries as JSON lines or for reading; what is no feed is said in a sentence."""

import json

import pytest
from click.testing import CliRunner

from connectors.cli.parse import parse
from connectors.errors import UserError

FEED = b"""<rss version="2.0"><channel><title>News \x1b[31m</title><ttl>30</ttl>
<item><title>A &amp; B</title><link>/a</link><guid isPermaLink="false">1</guid>
<pubDate>Tue, 03 Feb 2026 07:30:00 +0100</pubDate><author>Ada</author><category>c</category>
<description>&lt;p&gt;D&lt;/p&gt;</description></item><item><title>Undated\x1b]0;x\x07</title></item></channel></rss>"""


@pytest.fixture
def feed(tmp_path):
    path = tmp_path / "feed.xml"
    path.write_bytes(FEED)
    return str(path)


def run(*arguments, **keywords):
    return CliRunner().invoke(parse, arguments, catch_exceptions=False, **keywords)


def test_json_is_one_entry_per_line(feed):
    first, second = map(json.loads, run(feed, "--json", "--url", "https://n.test/feed").stdout.splitlines())
    assert first == {
        "id": "1",
        "title": "A & B",
        "link": "https://n.test/a",
        "published": "2026-02-03T06:30:00Z",
        "updated": None,
        "authors": ["Ada"],
        "categories": ["c"],
        "summary_html": "<p>D</p>",
        "content_html": "",
        "language": "",
    }
    assert second["published"] is None


def test_standard_input_and_the_charset_of_the_header_count():
    data = "<rss version='2.0'><channel><item><title>Бюро</title></item></channel></rss>".encode("koi8-r")
    result = run("-", "--json", "--content-type", "text/xml; charset=koi8-r", input=data)
    assert json.loads(result.stdout)["title"] == "Бюро"


def test_the_readable_output_names_the_feed_and_is_harmless_for_a_terminal(feed):
    output = run(feed).output
    assert "2 entries, rss-2.0" in output
    assert "asks to wait 1800 s" in output
    assert "2026-02-03T06:30:00Z" in output
    assert "undated" in output
    assert "\x1b" not in output
    assert "\x07" not in output


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"<html><title>Hello</title>", "an HTML page"), (b"", "empty"), (b"{}", "no JSON Feed")],
)
def test_no_feed_is_an_error_for_people(data, said):
    with pytest.raises(UserError, match=said):
        run("-", input=data)


def test_a_missing_file_is_an_error_for_people(tmp_path):
    with pytest.raises(UserError, match="cannot be read"):
        run(str(tmp_path / "none.xml"))
