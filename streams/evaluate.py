"""Measure labels, flags, stories and duplicates against what a person said of the same articles.

    labelled items ─► analyze ─────────────────────┐
    labelled pairs ─► where the store has put them ─┴─► precision, recall, F1

Without a file the invented world that ships with biowire is measured: its authors noted for each article
what a careful reader says of it, which are copies, and which tell of one event.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from typing import Any

import msgspec

from connectors.errors import UserError
from connectors.normalize import BadItem, EmptyItem, item_from_fields, normalize
from connectors.records import Article
from seeds.world import World, load

from .core.analyze import analyze
from .core.compiled import Vocabulary
from .core.evaluate import FLAGS, evaluate
from .core.evaluate_pairs import Agreement, LabelledPair, near_duplicates, same_story
from .core.records import Flagged, Grouping, Match
from .core.story import Stories
from .reading import Received
from .sinks import ArticleSearch
from .state.memory import MemoryStoryState

LABELLED_AT = datetime(2100, 1, 1, tzinfo=UTC)
"""Time of receipt of labelled items: no date in them is ahead of it."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """What a label file holds."""

    items: tuple[tuple[Mapping[str, Any], Article], ...]
    pairs: tuple[LabelledPair, ...]


def read_labels(path: Path) -> Labelled:
    """Read JSON Lines of labelled items (`labels`) and labelled pairs (`a`, `b`, `same_story`).

    Raises UserError with the line of what cannot be read.
    """
    try:
        lines = path.read_bytes().splitlines()
    except OSError as cause:
        raise UserError(f"{path} cannot be read: {cause.strerror}.") from cause
    items: list[tuple[Mapping[str, Any], Article]] = []
    pairs: list[LabelledPair] = []
    for number, line in enumerate(lines, 1):
        try:
            row = msgspec.json.decode(line, type=dict[str, Any])
            if "labels" in row:
                items.append(({"relevance": 0} | row["labels"], _article(row)))
            else:
                pairs.append(_pair(row))
        except (msgspec.MsgspecError, KeyError, TypeError, BadItem, EmptyItem) as cause:
            raise UserError(
                f"Line {number} of {path} is neither a labelled item nor a labelled pair ({cause})."
            ) from cause
    return Labelled(tuple(items), tuple(pairs))


def _article(row: Mapping[str, Any]) -> Article:
    fields = {"feed_url": "https://labels.example/", **row}
    if not row.get("summary_html") and not row.get("content_html"):
        fields["summary_html"] = fields.pop("text", "")
    return normalize(item_from_fields(fields), LABELLED_AT)


def _pair(row: Mapping[str, Any]) -> LabelledPair:
    return LabelledPair(
        a=_article(row["a"]).id,
        b=_article(row["b"]).id,
        near_duplicate=bool(row["near_duplicate"]),
        same_story=bool(row["same_story"]),
        note=str(row.get("note") or ""),
    )


def evaluate_items(labelled: Labelled, vocabulary: Vocabulary) -> dict[str, Any]:
    """Scores per measure, over all items and without those whose `note` calls them hard."""
    results = [(labels, analyze(article, vocabulary)) for labels, article in labelled.items]
    easy = [one for one in results if not one[0].get("note")]
    return {"items": len(results), "scores": _scores(results)} | (
        {"items_without_note": len(easy), "scores_without_note": _scores(easy)}
        if len(easy) < len(results)
        else {}
    )


def _scores(results: Iterable[tuple[Mapping[str, Any], Flagged]]) -> dict[str, Any]:
    return {measure: score.as_dict() for measure, score in evaluate(results).items()}


def evaluate_pairs(labelled: Labelled, index: ArticleSearch, received: Received) -> dict[str, Any]:
    """Agreement of the stored stories with labelled pairs; pairs the store does not have are counted."""
    groupings = dict(_groupings(index))
    now = received.document_of
    pairs = [replace(pair, a=now(pair.a), b=now(pair.b)) for pair in labelled.pairs]
    there = [pair for pair in pairs if pair.a in groupings and pair.b in groupings]
    easy = [pair for pair in there if not pair.note]
    return {
        "pairs": len(there),
        "pairs_not_in_store": len(labelled.pairs) - len(there),
        "same_story": _agreement(same_story(groupings, there)),
        "same_story_without_note": _agreement(same_story(groupings, easy)),
        "near_duplicate": _agreement(near_duplicates(groupings, there)),
        "near_duplicate_without_note": _agreement(near_duplicates(groupings, easy)),
    }


def _groupings(index: ArticleSearch) -> Iterator[tuple[str, Grouping]]:
    """Each document's place among the others, as far as pairs are concerned."""
    for document in index.scan():
        dedup = document.dedup
        copy = Match(of=dedup.of, similarity=dedup.similarity or 0, rule="", reason="") if dedup.of else None
        yield (
            document.id,
            Grouping(
                id=document.id,
                story_id=document.story_id,
                role=document.story.role,
                near_duplicate=copy,
                joined=None,
            ),
        )


def _agreement(found: Agreement) -> dict[str, Any]:
    both = found.precision + found.recall
    return {
        "precision": round(found.precision, 4),
        "recall": round(found.recall, 4),
        "f1": round(2 * found.precision * found.recall / both, 4) if both else 0.0,
        "found": found.found,
        "labelled": found.there,
        "both": found.both,
    }


def evaluate_world(vocabulary: Vocabulary, world: World | None = None) -> dict[str, Any]:
    """The same measures on the sample world."""
    world = world or load()
    stories = Stories(MemoryStoryState())
    items, ids = [], {}
    for key, article in world.articles.items():
        fields = {
            "feed_url": f"https://{article.outlet}.example/feed",
            "title": article.title,
            "link": f"https://{article.outlet}.example{article.path}",
            "published": article.published.isoformat(),
            "language": article.language,
            "summary_html": article.summary,
            "content_html": "".join(f"<p>{part}</p>" for part in article.text.split("\n\n")),
        }
        normal = normalize(item_from_fields(fields), LABELLED_AT)
        items.append((_expected(article.expect), normal))
        ids[key] = normal.id
        stories.put(analyze(normal, vocabulary))
    groupings = {grouping.id: grouping for grouping in stories.settle().groupings}
    pairs = list(_world_pairs(world, ids, groupings))
    return evaluate_items(Labelled(tuple(items), ()), vocabulary) | {
        "same_story": _agreement(same_story(groupings, pairs)),
        "near_duplicate": _agreement(near_duplicates(groupings, pairs)),
    }


def _expected(expect: Any) -> dict[str, Any]:
    return {
        "relevance": {"none": 0, "mention": 1, "main": 2}[expect.relevance],
        "modalities": expect.modality,
        **{key: int(watchlist in expect.watchlists) for key, watchlist in FLAGS.items()},
    }


def _world_pairs(
    world: World, ids: Mapping[str, str], groupings: Mapping[str, Grouping]
) -> Iterator[LabelledPair]:
    """Every pair that the authors or the program put together; the others can neither help nor harm."""
    roots = {key: article.copy_of or key for key, article in world.articles.items()}
    events = {
        key: world.articles[roots[key]].story or article.story or roots[key]
        for key, article in world.articles.items()
    }
    for one, other in combinations(world.articles, 2):
        copy, event = roots[one] == roots[other], events[one] == events[other]
        if copy or event or groupings[ids[one]].story_id == groupings[ids[other]].story_id:
            yield LabelledPair(a=ids[one], b=ids[other], near_duplicate=copy, same_story=event)
