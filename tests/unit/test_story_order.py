"""The story stage tells the same in the end whatever the order, the batches, the bound of memory or restarts."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from story_articles import Told, flagged

from streams.core.records import Flagged
from streams.core.story import Stories, StorySettings
from streams.state.memory import MemoryStoryState

NAMES = [
    "Villavicencio",
    "Kardashev",
    "Zuckerman",
    "Oberlin",
    "Lahaina",
    "Quito",
    "Bibby",
    "Legionella",
    "Starfield",
    "Maserati",
]
ACTS = [
    "was shot dead at a campaign rally",
    "filed a lawsuit over iris scans",
    "opened an inquiry into the wildfire",
    "sold its stake for 37 million",
    "banned face recognition in stadiums",
]
PADDING = [
    "Officials said on Tuesday that the investigation would continue for several weeks across the region.",
    "Neighbours described hearing a helicopter circling overhead shortly before midnight near the harbour.",
    "The ministry declined to comment on the allegations, citing an ongoing judicial procedure abroad.",
]

articles = st.builds(
    lambda number, name, other, act, padding, hour, host, language: flagged(
        f"a{number}",
        f"{name} {act}",
        f"{name} and {other} {act}, according to people in {other}. " + " ".join(PADDING[:padding]),
        hours=hour,
        host=f"site{host}.example",
        language=language,
    ),
    number=st.integers(0, 60),
    name=st.sampled_from(NAMES[:5]),
    other=st.sampled_from(NAMES),
    act=st.sampled_from(ACTS),
    padding=st.integers(0, 3),
    hour=st.integers(0, 60).map(lambda n: n * 7),
    host=st.integers(0, 2),
    language=st.sampled_from(["en", "en", "en", "de"]),
)
sets = st.lists(articles, min_size=2, max_size=28, unique_by=lambda f: f.article.id)


def told_in_order(chosen: Sequence[Flagged]) -> Told:
    stories = Stories(MemoryStoryState())
    for one in sorted(chosen, key=lambda f: (f.article.when, f.article.id)):
        stories.put(one)
    return Told().hear(stories.settle())


@settings(max_examples=120, deadline=None)
@given(sets, st.randoms(use_true_random=False), st.integers(1, 12))
def test_any_order_and_any_batches_tell_the_same(chosen, chance, batch) -> None:
    told, stories = Told(), Stories(MemoryStoryState())
    shuffled = chance.sample(chosen, len(chosen))
    for at in range(0, len(shuffled), batch):
        for one in shuffled[at : at + batch]:
            stories.put(one)
        told.hear(stories.settle())
    assert told == told_in_order(chosen)


@settings(max_examples=60, deadline=None)
@given(sets, st.randoms(use_true_random=False), st.integers(1, 9))
def test_a_small_memory_and_restarts_tell_the_same(chosen, chance, batch) -> None:
    state, told = MemoryStoryState(), Told()
    shuffled = chance.sample(chosen, len(chosen))
    for at in range(0, len(shuffled), batch):
        stories = Stories(state, settings=StorySettings(loaded=2))
        for one in shuffled[at : at + batch]:
            stories.put(one)
        told.hear(stories.settle())
        told.hear(stories.settle())
    assert told == told_in_order(chosen)


@settings(max_examples=100, deadline=None)
@given(sets, sets, st.randoms(use_true_random=False), st.integers(1, 9))
def test_what_was_replaced_or_removed_leaves_no_trace(chosen, earlier, chance, batch) -> None:
    """`earlier` holds other versions of some articles, and some that do not stay."""
    told, stories = Told(), Stories(MemoryStoryState())
    steps = [*((True, one) for one in chance.sample(earlier, len(earlier)))]
    stay = {one.article.id for one in chosen}
    later = [
        *((True, one) for one in chosen),
        *((False, one) for one in earlier if one.article.id not in stay),
    ]
    steps += chance.sample(later, len(later))
    for at, (put, one) in enumerate(steps):
        if put:
            stories.put(one)
        else:
            stories.remove(one.article.id)
            told.forget(one.article.id)
        if at % batch == 0:
            told.hear(stories.settle())
    told.hear(stories.settle())
    for one in earlier:
        if one.article.id not in stay:
            told.forget(one.article.id)
    assert told == told_in_order(chosen)


def test_a_second_settle_tells_nothing() -> None:
    chance = random.Random(4)
    stories = Stories(MemoryStoryState())
    start = flagged("x", "Quito banned face recognition in stadiums", "Quito and Bibby say so.")
    for number in range(20):
        when = datetime(2024, 5, 1, tzinfo=UTC) + timedelta(hours=chance.randrange(50))
        stories.put(replace(start, article=replace(start.article, id=f"x{number}", published=when)))
    assert stories.settle().groupings
    again = stories.settle()
    assert (again.groupings, again.stories, again.gone) == ((), (), ())


def test_putting_the_same_article_again_tells_nothing() -> None:
    stories = Stories(MemoryStoryState())
    one = flagged("x", "Quito banned face recognition in stadiums", "Quito and Bibby say so.")
    two = flagged("y", "Quito bans face recognition in all stadiums", "Bibby in Quito says so.", hours=2)
    stories.put(one)
    matches = stories.put(two)
    stories.settle()
    assert stories.put(two) == matches
    assert stories.settle().groupings == ()
