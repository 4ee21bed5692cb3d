"""Documents of every format, with what must be read from them side by side (tests/golden/feeds)."""

from dataclasses import asdict
from pathlib import Path

import msgspec
import pytest

from connectors.parse import parse
from connectors.reader import Reader

GOLDEN = Path(__file__).parent.parent / "golden" / "feeds"
EXPECTED = ".expected.json"
URL = "https://feeds.test/feed"
PAIRS = sorted(path for path in GOLDEN.iterdir() if path.with_name(path.name + EXPECTED).exists())


def as_json(feed):
    return msgspec.json.decode(msgspec.json.encode(asdict(feed)))


@pytest.mark.parametrize("path", PAIRS, ids=lambda path: path.name)
def test_a_document_is_read_as_written_beside_it(path):
    expected = msgspec.json.decode(path.with_name(path.name + EXPECTED).read_bytes())
    assert as_json(parse(path.read_bytes(), url=URL)) == expected


def test_every_format_and_every_reader_has_a_document():
    feeds = [parse(path.read_bytes(), url=URL) for path in PAIRS]
    assert {feed.format for feed in feeds} == {
        *("rss-0.9x", "rss-1.0", "rss-2.0", "atom-0.3", "atom-1.0", "json-feed", "news-sitemap", "other")
    }
    assert {feed.reader for feed in feeds} == {"fast", "feedparser", "json", "sitemap"}


def test_the_child_process_reads_them_all_the_same():
    with Reader() as reader:
        for path in PAIRS:
            data = path.read_bytes()
            assert reader.parse_sync(data, url=URL) == parse(data, url=URL), path.name
