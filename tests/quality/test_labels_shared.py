"""Labels and flags against items a person has read: floors that only a deliberate edit may lower."""

import hashlib
import json
from datetime import UTC, datetime

import pytest
from shared_data import shared

from connectors.normalize import item_from_fields, normalize
from streams.core.analyze import analyze
from streams.core.evaluate import evaluate
from streams.vocabulary.files import load_vocabulary

pytestmark = pytest.mark.shared

CORPUS = "2abea9f5"
FLOORS = {
    "relevance": 0.97,
    "relevance.mentioned": 0.97,
    "flag.facial-recognition": 0.97,
    "flag.detention": 0.97,
    "flag.surveillance": 0.93,
    "modality": 0.95,
    "domain": 0.70,
    "theme": 0.60,
}


@pytest.fixture(scope="module")
def results():
    lines = shared("labels", "articles.jsonl").read_bytes()
    assert hashlib.sha256(lines).hexdigest()[:8] == CORPUS, "other items: measure again and pin anew"
    vocabulary = load_vocabulary()
    received = datetime(2024, 1, 1, tzinfo=UTC)
    pairs = []
    for row in map(json.loads, lines.splitlines()):
        fields = {
            "feed_url": "https://feed.example/",
            "title": row["title"],
            "link": row["link"],
            "summary_html": row["text"],
            "published": row["published"],
            "language": row["language"],
        }
        pairs.append((row["labels"], analyze(normalize(item_from_fields(fields), received), vocabulary)))
    return pairs


@pytest.mark.parametrize("hard", [True, False], ids=["all-items", "without-hard-items"])
@pytest.mark.parametrize("measure", FLOORS)
def test_a_measure_stays_above_its_floor(results, measure, hard):
    scores = evaluate(pair for pair in results if hard or "note" not in pair[0])
    assert scores[measure].f1 >= FLOORS[measure], scores[measure]


def test_every_flag_and_reason_quotes_the_words_at_its_offsets(results):
    for _, flagged in results:
        classified = flagged.classified
        reasons = [reason for label in classified.labels for reason in label.reasons]
        for quoted in (*flagged.flags, *classified.relevance_reasons, *reasons):
            assert getattr(flagged.article, quoted.field)[quoted.start : quoted.end] == quoted.surface
