"""The real captured week where it is present, else the sample world over and over: items for benchmarks."""

from __future__ import annotations

import gzip
import json
import os
import random
import re
import shutil
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from connectors.normalize import item_from_fields, normalize
from connectors.records import Article
from seeds.world import load, render

ROOT = Path(__file__).resolve().parent.parent
_WEEKS = ("full_stream_2023-W32.jsonl.gz", "full_stream_2023-W41.jsonl.gz")
_SPACING = timedelta(days=28)


def source() -> str:
    """Where the items come from, for the report."""
    return "captured weeks" if _shared() else "sample world"


def _shared() -> list[Path]:
    folder = Path(os.environ.get("BIOWIRE_SHARED") or ROOT.parent / "shared") / "data" / "stream"
    return [folder / name for name in _WEEKS if (folder / name).exists()]


def items_once() -> Iterator[dict[str, Any]]:
    """All the data, once."""
    for turn in range(max(1, len(_shared()))):
        yield from _turn(turn)


def items(count: int) -> Iterator[dict[str, Any]]:
    """`count` items; once the data is used up it comes again four weeks earlier under other addresses."""
    made = turn = 0
    while made < count:
        for item in _turn(turn):
            if made == count:
                return
            made += 1
            yield item
        turn += 1


def _turn(turn: int) -> Iterator[dict[str, Any]]:
    weeks = _shared()
    if not weeks:
        yield from (_moved(item, turn) for item in _world())
        return
    with gzip.open(weeks[turn % len(weeks)]) as lines:
        for line in lines:
            yield _moved(json.loads(line), turn // len(weeks))


def _world() -> Iterator[dict[str, Any]]:
    for article in load().articles.values():
        yield {
            "feed_url": f"https://{article.outlet}.example/feed",
            "title": article.title,
            "link": f"https://{article.outlet}.example{article.path}",
            "published": article.published.isoformat(),
            "language": article.language,
            "content_html": article.text,
        }


def _moved(item: dict[str, Any], turn: int) -> dict[str, Any]:
    if not turn:
        return item
    link = item["link"]
    published = datetime.fromisoformat(item["published"]) - 2 * turn * _SPACING
    return {
        **item,
        "link": f"{link}{'&' if '?' in link else '?'}turn={turn}",
        "published": published.isoformat(),
    }


def articles(count: int) -> list[Article]:
    """Articles of so many items, those without a title left out."""
    received = datetime(2026, 11, 23, tzinfo=UTC)
    return [normalize(item_from_fields(item), received) for item in items(count) if item.get("title")]


def words(article: Article) -> list[str]:
    """What an article has to say, as written between spaces."""
    return (article.text or article.summary).split()


def cut(articles: list[Article], length: int) -> list[Article]:
    """Articles of so many words; short ones are put together where no long ones are at hand."""
    made, pending = [], list[str]()
    for article in articles:
        own = words(article)
        pending = own if len(own) >= length else [*pending, *own]
        if len(pending) >= length:
            made.append(replace(article, summary="", text=" ".join(pending[:length])))
            pending = []
    return made


def terms(count: int, sample: list[dict[str, Any]]) -> list[str]:
    """`count` phrases of one to three words that occur in the sample, rare ones mostly."""
    chance = random.Random(5)
    texts = [
        re.findall(r"[^\W\d_]{3,}", f"{one['title']} {one.get('description_html', '')}".lower())
        for one in sample
    ]
    texts = [words for words in texts if len(words) > 6]
    found: set[str] = set()
    while len(found) < count:
        words = chance.choice(texts)
        length = chance.choice((1, 2, 2, 3))
        at = chance.randrange(len(words) - length)
        if length > 1 or len(words[at]) > 8:
            found.add(" ".join(words[at : at + length]))
    return sorted(found)


def vocabulary_folder(folder: Path, phrases: list[str]) -> Path:
    """The shipped vocabulary with one more watchlist of those phrases."""
    for name in ("vocabulary", "watchlists"):
        shutil.copytree(ROOT / "seeds" / name, folder / name)
    quoted = ", ".join(json.dumps(phrase, ensure_ascii=False) for phrase in phrases)
    (folder / "watchlists" / "benchmark.toml").write_text(
        f'id = "benchmark"\ntitle = "Benchmark"\ndescription = "Many terms."\nsource = "made"\nadded = 2026-11-23\n\n'
        f"[[pattern]]\nforms = [{quoted}]\n",
        encoding="utf-8",
    )
    return folder


def vocabulary_forms() -> list[str]:
    """Every form of the shipped vocabulary as plain text, for a peer that knows no patterns."""
    found: set[str] = set()
    for path in [
        *(ROOT / "seeds" / "vocabulary").glob("*.toml"),
        *(ROOT / "seeds" / "watchlists").glob("*.toml"),
    ]:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        for term in [tables, *tables.get("term", ())]:
            for pattern in term.get("pattern", ()):
                found.update(form.replace("*", "") for form in pattern["forms"] if "{" not in form)
    return sorted(form for form in found if len(form) > 2)


def feed_documents(count: int) -> list[bytes]:
    """Real feed documents of at least five entries; rendered from the sample world where there are none."""
    folder = Path(os.environ.get("BIOWIRE_SHARED") or ROOT.parent / "shared") / "data" / "feeds"
    real = [
        path for path in sorted(folder.rglob("*")) if path.is_file() and 5_000 < path.stat().st_size < 400_000
    ]
    found = []
    for path in real:
        if len(found) == count:
            break
        data = path.read_bytes()
        if (
            data[:2000].lstrip(b"\xef\xbb\xbf \r\n").startswith((b"<?xml", b"<rss", b"<feed"))
            and data.count(b"<item") + data.count(b"<entry") >= 5
        ):
            found.append(data)
    world = load()
    return (
        found
        or [render.feed(world, feed, now=world.moments[-1], port=8899).body for feed in world.feeds.values()][
            :count
        ]
    )
