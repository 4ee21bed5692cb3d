"""Near-duplicates of real articles are found when edited, cut or wrapped; different ones are kept apart."""

from __future__ import annotations

import itertools
import os
import random
import re
from collections import Counter, defaultdict

import pytest
from real_articles import as_captured, as_flagged, cut, edited, full_articles, rows, week, wrapped
from story_articles import flag

from streams.core.story import Stories
from streams.state.memory import MemoryStoryState

pytestmark = [pytest.mark.shared, pytest.mark.slow]

FULL = bool(os.environ.get("BIOWIRE_FULL"))
CHANGED = 1000 if FULL else 400


@pytest.mark.parametrize(("change", "floor"), [("edited", 0.98), ("cut", 0.95), ("wrapped", 0.95)])
def test_a_changed_copy_on_another_site_is_found(change, floor) -> None:
    chance = random.Random(20)
    articles = chance.sample(full_articles(), CHANGED)
    texts, titles = [a[2] for a in articles], [a[1] for a in articles]
    stories = Stories(MemoryStoryState())
    for number, article in enumerate(articles):
        stories.put(as_flagged(f"a{number}", article, article[2], hours=number % 40, host="one.example"))
    missed = []
    for number, article in enumerate(articles):
        if change == "edited":
            text = edited(article[2], texts, chance)
        else:
            text = cut(article[2]) if change == "cut" else wrapped(article[2], titles, chance)
        matches = stories.put(
            as_flagged(f"b{number}", article, text, hours=number % 40 + 5, host="two.example")
        )
        if f"a{number}" not in {match.of for match in matches}:
            missed.append(article[1])
    found = 1 - len(missed) / len(articles)
    print(f"{change}: found {found:.4f} of {len(articles)}; missed {missed[:5]}")
    assert found >= floor


def test_hardly_any_different_articles_are_taken_for_copies() -> None:
    texts = {article[2]: article for article in full_articles()}
    long = [a for w in ("W32", "W41") for a in week(w)[0].values() if len(a.summary.split()) >= 60]
    entries = [
        as_flagged(f"f{n}", a, a[2], hours=n % 70, host=f"site{n % 50}.example")
        for n, a in enumerate(texts.values())
    ]
    entries += [flag(a) for a in long][: 10_000 - len(entries)]
    stories, words, false = Stories(MemoryStoryState()), {}, []
    for one in entries:
        words[one.article.id] = set((one.article.text or one.article.summary).casefold().split())
        for match in stories.put(one):
            a, b = words[one.article.id], words[match.of]
            if len(a & b) / min(len(a), len(b)) < 0.75:
                false.append((one.article.title, match))
    print(len(entries), "articles;", "false:", *false, sep="\n")
    assert len(false) <= 2


def in_stream():
    """Groups of items with one title, as far as they are in the captured weeks."""
    for row in rows("stream", "same_title_groups.jsonl.gz"):
        for name in ("W32", "W41"):
            articles, ids = week(name)
            here = {ids[m["id"]] for m in row["members"] if m["id"] in ids}
            if len(here) > 1:
                yield [articles[i] for i in here]


def test_long_items_of_one_title_on_several_sites_end_together() -> None:
    told = {**as_captured("W32").groupings, **as_captured("W41").groupings}
    together: Counter[bool] = Counter()
    for articles in in_stream():
        long = [a for a in articles if len(f"{a.title} {a.summary or a.text}".split()) >= 40]
        if len({a.host for a in long}) > 1:
            together[len({told[a.id].story_id for a in long}) == 1] += 1
    print(together)
    assert together[True] >= 0.9 * together.total()


_NUMBERS_AND_DAYS = re.compile(
    r"[#\d.,:]+|(?:mon|tues|wednes|thurs|fri|satur|sun)day|august|october", re.IGNORECASE
)


def columns(name):
    """Issues of columns: one site, one title but for numbers and dates, on at least three days."""
    issues = defaultdict(dict)
    for article in week(name)[0].values():
        frame = " ".join(_NUMBERS_AND_DAYS.sub(" ", article.title).casefold().split())
        issues[article.host, frame].setdefault(article.when.date(), article)
    return {column: [*days.values()] for column, days in issues.items() if len(days) >= 3}


def test_issues_of_recurring_columns_are_kept_apart() -> None:
    seen, mixed = 0, []
    for name in ("W32", "W41"):
        told = as_captured(name).groupings
        for (host, frame), issues in columns(name).items():
            issues.sort(key=lambda a: a.when)
            near = [
                (told[a.id], told[b.id])
                for a, b in itertools.pairwise(issues)
                if (b.when - a.when).total_seconds() >= 16 * 3600
            ]
            seen += bool(near)
            if any(
                a.story_id == b.story_id or (b.near_duplicate and b.near_duplicate.of == a.id)
                for a, b in near
            ):
                mixed.append(f"{host}: {frame}")
    print(seen, "columns; mixed:", *mixed, sep="\n")
    assert seen >= 30
    assert len(mixed) <= 0.1 * seen
