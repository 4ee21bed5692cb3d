"""How fast feed documents are read, against feedparser's defaults, in processor time and in one run.

Real documents where they are at hand (BIOWIRE_SHARED, else ../shared), and always a document of our own.
"""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable
from pathlib import Path

import feedparser

from connectors.errors import NotAFeed
from connectors.parse import parse

_ROOT = Path(__file__).resolve().parent.parent
_LEAST_ENTRIES = 5
_ITEM = """<item><title>Council pauses live face matching at rail stations, number {n}</title>
<link>https://news.test/articles/{n}?from=feed&amp;edition=north</link>
<guid isPermaLink="false">tag:news.test,2026:{n}</guid><pubDate>Mon, 02 Feb 2026 10:{m:02}:00 +0100</pubDate>
<dc:creator>Ada Roe</dc:creator><category>Policing</category><category>Courts &amp; law</category>
<description>&lt;p&gt;The vote came after a &lt;a href="/report"&gt;report&lt;/a&gt; on errors.&lt;/p&gt;</description>
<content:encoded><![CDATA[{body}]]></content:encoded></item>"""
_BODY = "<p>The council voted to pause the trial until <em>an audit</em> is done, officials said.</p>\n" * 30


def run(quick: bool) -> dict[str, float]:
    """Print and return the figures. `quick`: a sample of the documents."""
    figures = _measure("own document", [_own_document(20 if quick else 200)], quick=quick)
    real = _real_documents()
    if real:
        figures |= _measure("real feeds", real[::4] if quick else real, quick=quick)
    return figures


def _measure(name: str, documents: list[bytes], *, quick: bool) -> dict[str, float]:
    entries = sum(len(parse(document).entries) for document in documents)
    fast = sum(parse(document).reader != "feedparser" for document in documents)
    ours = theirs = 0.0
    for document in documents:
        ours += _seconds(parse, document, rounds=3)
        theirs += _seconds(_feedparser, document, rounds=1 if quick else 2)
    megabytes = sum(map(len, documents)) / 1e6
    print(
        f"parse, {name}: {len(documents)} documents ({fast} on the fast path), {entries} entries,"
        f" {megabytes:.1f} MB: {ours / entries * 1e6:.0f} µs an entry, {megabytes / ours:.0f} MB/s,"
        f" {theirs / ours:.1f} times feedparser"
    )
    key = name.replace(" ", "_")
    return {
        f"parse_{key}_us_per_entry": ours / entries * 1e6,
        f"parse_{key}_mb_per_s": megabytes / ours,
        f"parse_{key}_times_feedparser": theirs / ours,
    }


def _seconds(read: Callable[[bytes], object], document: bytes, *, rounds: int) -> float:
    """Processor time for one document, the best of some rounds: both readers meet the same noise."""
    times = []
    for _ in range(rounds):
        begun = time.process_time()
        read(document)
        times.append(time.process_time() - begun)
    return min(times)


def _feedparser(document: bytes) -> object:
    return feedparser.parse(io.BytesIO(document))


def _own_document(entries: int) -> bytes:
    items = "".join(_ITEM.format(n=n, m=n % 60, body=_BODY) for n in range(entries))
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>News of the north</title>'
        f"<link>https://news.test/</link>{items}</channel></rss>"
    ).encode()


def _real_documents() -> list[bytes]:
    """XML feeds with at least five entries that have a real title and link."""
    folder = Path(os.environ.get("BIOWIRE_SHARED") or _ROOT.parent / "shared") / "data" / "feeds"
    found = []
    for path in sorted(folder.rglob("*")):
        if path.suffix not in {".xml", ".rss", ".atom"}:
            continue
        data = path.read_bytes()
        try:
            entries = parse(data).entries
        except NotAFeed:
            continue
        real = [e for e in entries if len(e.title) >= 15 and "example" not in e.link and e.link[:4] == "http"]
        if len(real) >= _LEAST_ENTRIES:
            found.append(data)
    return found
