"""Real articles to measure the story stage on, from the shared data: never shipped."""

from __future__ import annotations

import functools
import gzip
import json
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from shared_data import shared
from story_articles import Told, flag, flagged

from connectors.normalize import item_from_fields, normalize
from connectors.records import Article
from streams.core.records import Flagged
from streams.core.story import Stories
from streams.state.memory import MemoryStoryState


def rows(*parts: str) -> Iterator[dict[str, Any]]:
    """Lines of a JSON Lines file of the shared data, packed or not."""
    path = shared(*parts)
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        for line in lines:
            yield json.loads(line)


@functools.cache
def week(name: str) -> tuple[dict[str, Article], dict[str, str]]:
    """Articles of one captured week by id (of several sightings the last), and article ids by item id."""
    articles, ids = {}, {}
    for row in rows("stream", f"full_stream_2023-{name}.jsonl.gz"):
        received = datetime.fromisoformat(row["capture_day"]).replace(tzinfo=UTC) + timedelta(days=1)
        article = normalize(item_from_fields(row), received)
        articles[article.id] = article
        ids[row["id"]] = article.id
    return articles, ids


def told_of(articles: Sequence[Article], batch: int) -> Told:
    """What the story stage tells of articles that come in this order, settled every `batch`."""
    told, stories = Told(), Stories(MemoryStoryState())
    for at in range(0, len(articles), batch):
        for article in articles[at : at + batch]:
            stories.put(flag(article))
        told.hear(stories.settle())
    return told


@functools.cache
def as_captured(name: str) -> Told:
    """What the story stage tells of a captured week in the order of its capture."""
    return told_of(list(week(name)[0].values()), 500)


@functools.cache
def full_articles() -> tuple[tuple[str, str, str], ...]:
    """(language, title, text) of full articles in fifteen languages, each once."""
    found: dict[str, tuple[str, str, str]] = {}
    codes = {"eng": "en", "fra": "fr", "amh": "am", "som": "so", "swa": "sw", "hau": "ha", "yor": "yo"}
    for row in rows("corpora", "masakhanews_multilingual", "data.jsonl.gz"):
        found[row["text"]] = codes.get(row["lang"], row["lang"]), row["headline"], row["text"]
    for row in rows("corpora", "aiid_submissions_fulltext", "data.jsonl"):
        found[row["text"]] = row["language"] or "en", row["title"], row["text"]
    for row in rows("webpages", "scrapinghub_aeb", "expected.jsonl"):
        found[row["articleBody"]] = "en", row["articleBody"].split("\n")[0][:100], row["articleBody"]
    for row in rows("corpora", "multilingual_biometric_posts", "data.jsonl"):
        found[row["text"]] = row["lang"], row["title"], row["text"]
    for row in rows("corpora", "de_10kgnad_test", "data.jsonl"):
        found[row["text"]] = "de", " ".join(row["text"].split()[:9]), row["text"]
    return tuple(one for one in found.values() if len(one[2].split()) >= 60)


def as_flagged(name: str, article: tuple[str, str, str], text: str, *, hours: float, host: str) -> Flagged:
    """One of `full_articles` with other words, published at some hour on some site."""
    language, title, _ = article
    return flagged(name, title, text, hours=hours, host=host, language=language)


def edited(text: str, others: Sequence[str], chance: random.Random) -> str:
    """The text with 3 % of its words replaced by words of other articles."""
    words = text.split()
    for at in chance.sample(range(len(words)), max(1, round(len(words) * 0.03))):
        words[at] = chance.choice(chance.choice(others).split())
    return " ".join(words)


def cut(text: str) -> str:
    """The first 70 % of its words."""
    words = text.split()
    return " ".join(words[: round(len(words) * 0.7)])


def wrapped(text: str, titles: Sequence[str], chance: random.Random) -> str:
    """The text inside another site's page: a menu and most-read titles, 30 to 100 % of its words more."""
    menu = [
        "Home",
        "News",
        "World",
        "Politics",
        "Business",
        "Technology",
        "Sport",
        "Culture",
        "Weather",
        "Video",
        "Newsletters",
        "Sign",
        "in",
        "Subscribe",
    ]
    wanted = round(len(text.split()) * chance.uniform(0.3, 1.0))
    around = list(menu)
    while len(around) < wanted:
        around += [str(len(around) % 9 + 1), *chance.choice(titles).split()]
    before = chance.randrange(wanted)
    return " ".join([*around[:before], text, *around[before:wanted]])
