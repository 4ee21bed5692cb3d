"""What sensible subscriptions would have raised on real weeks, with the evidence, and how much of it is noise.

A subscription for each watchlist and for each modality, domain and theme of the vocabulary is tried on two
captured weeks of general news and on the feeds of the subject over twenty-four weeks of a year. Alerts are
printed for a person to judge. There is no peer: nobody publishes false alarms per week. Needs the real data.
"""

from __future__ import annotations

import gzip
import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from streams.core.alerts.conditions import with_defaults
from streams.core.alerts.folding import folded
from streams.core.alerts.leads import LeadTimes
from streams.core.alerts.matching import Matching
from streams.core.alerts.records import Alert, Condition, Fact, Subscription
from streams.core.compiled import Vocabulary
from streams.core.query import narrow
from streams.core.query_parse import parse
from streams.embedded import BATCH, Instance
from streams.vocabulary.files import load_vocabulary

from ._stream import ROOT

DAY = timedelta(days=1)
FACETS = ("modality", "domain", "theme")
SHOWN = 8
OFTEN = 2
"""Matches a week from which on silence is worth being told of."""


@dataclass(frozen=True, slots=True)
class Archive:
    """Items that were captured together, and the period alerts are looked at in."""

    name: str
    file: str
    since: datetime
    until: datetime
    weeks: float
    """Weeks with items in it."""


_AUGUST, _OCTOBER = datetime(2023, 8, 7, tzinfo=UTC), datetime(2023, 10, 9, tzinfo=UTC)
ARCHIVES = (
    Archive("week 32", "full_stream_2023-W32", _AUGUST, _AUGUST + 7 * DAY, 1),
    Archive("week 41", "full_stream_2023-W41", _OCTOBER, _OCTOBER + 7 * DAY, 1),
    Archive("subject", "topic_feeds", _AUGUST - 217 * DAY, _AUGUST + 127 * DAY, 24),
)
EVENTS = {
    "week 32": {
        "Maui fire, 8 to 10 August": "maui OR lahaina",
        "Villavicencio shot, 9 August": "villavicencio OR ecuador*",
        "data breach of the PSNI, 8 to 10 August": 'psni OR "police service of northern ireland"',
    },
    "week 41": {
        "Activision bought, 13 October": "activision",
        "Jordan nominated Speaker, 13 October": '"jim jordan"',
    },
}
"""Events everybody knows of, in the part of each week that can be compared with days before."""

SPIKES = {
    "default": with_defaults("spike"),
    "count 3": with_defaults("spike", count=3),
    "count 8": with_defaults("spike", count=8),
    "factor 2": with_defaults("spike", factor=2.0),
    "factor 5": with_defaults("spike", factor=5.0),
    "sources 3": with_defaults("spike", sources=3),
    "sources 1": with_defaults("spike", sources=1),
}


def run(quick: bool) -> dict[str, Any]:
    """Alerts per week of all subscriptions together, by archive and condition; the list goes to the terminal."""
    folder = Path(os.environ.get("BIOWIRE_SHARED") or ROOT.parent / "shared") / "data" / "stream"
    archives = [one for one in ARCHIVES if (folder / f"{one.file}.jsonl.gz").exists()]
    if not archives:
        return {"skipped": "the real data is not here: set BIOWIRE_SHARED to its folder"}
    vocabulary = load_vocabulary()
    queries = subjects(vocabulary)
    measured: dict[str, Any] = {"subscriptions": len(queries)}
    for archive in archives[-1:] if quick else archives:
        with (
            tempfile.TemporaryDirectory() as home,
            _filled(Path(home), folder, archive, vocabulary) as instance,
        ):
            days = {received.date() - DAY for received, _ in _captured(folder / f"{archive.file}.jsonl.gz")}
            measured[archive.name] = _Tried(instance, archive, days).all(queries)
    return measured


def subjects(vocabulary: Vocabulary) -> dict[str, str]:
    """A query for each watchlist, and for each label of the facets people subscribe to."""
    queries = {f"flag:{id_}": f"flag:{id_}" for id_ in sorted(vocabulary.watchlists)}
    for facet in FACETS:
        for term in vocabulary.facets[facet].terms:
            queries[f"{facet}:{term.id}"] = f"{facet}:{term.id} (relevance:main OR relevance:mention)"
    return queries


def _filled(home: Path, folder: Path, archive: Archive, vocabulary: Vocabulary) -> Instance:
    instance = Instance(home / "biowire.db", vocabulary)
    for received, bodies in _captured(folder / f"{archive.file}.jsonl.gz"):
        instance.ingest(bodies, received, lambda: None)
    return instance


def _captured(path: Path) -> Iterator[tuple[datetime, list[bytes]]]:
    with gzip.open(path) as lines:
        rows = sorted(map(json.loads, lines), key=lambda row: row["capture_day"])
    for day, own in groupby(rows, key=lambda row: row["capture_day"]):
        bodies = [json.dumps(row).encode() for row in own]
        for at in range(0, len(bodies), BATCH):
            yield datetime.fromisoformat(day).replace(tzinfo=UTC) + DAY, bodies[at : at + BATCH]


class _Tried:
    """Subscriptions over one archive: its facts are matched once for all conditions."""

    def __init__(self, instance: Instance, archive: Archive, captured: set[date]) -> None:
        self._index = instance.index
        self._archive = archive
        self._captured = captured
        self._leads = LeadTimes(instance.index.leads(datetime(1990, 1, 1, tzinfo=UTC), archive.until))

    def all(self, queries: Mapping[str, str]) -> dict[str, Any]:
        facts = {id_: self._facts(id_, query) for id_, query in queries.items()}
        print(
            f"\n===== {self._archive.name}: {sum(map(len, facts.values()))} matches of {len(queries)} queries"
        )
        weeks = self._archive.weeks
        spikes = {name: len(self._alerts(queries, facts, own)) / weeks for name, own in SPIKES.items()}
        self._print("spike", self._alerts(queries, facts, SPIKES["default"]))
        busy = {id_: query for id_, query in queries.items() if len(facts[id_]) >= OFTEN * weeks}
        silences = self._alerts(busy, facts, with_defaults("silence"))
        self._print("silence", silences)
        pairs = self._alerts(queries, facts, with_defaults("new-pairing"))
        self._print("new-pairing", pairs)
        events = EVENTS.get(self._archive.name, {})
        found = [
            name for name, query in events.items() if self._alerts({name: query}, None, SPIKES["default"])
        ]
        return {
            "documents": self._index.counts()["documents"],
            "spikes a week": {name: round(count, 2) for name, count in spikes.items()},
            "events found": f"{len(found)} of {len(events)}",
            "silences": self._silences(silences) | {"subscriptions": len(busy)},
            "new pairings a week": round(len(pairs) / weeks, 2),
        }

    def _silences(self, silences: Iterable[Alert]) -> dict[str, int]:
        """How many, by whether the capture lacks half of their days or more, and by what they say."""
        counted = Counter[str]()
        for one in silences:
            days = {(one.when - DAY * back).date() for back in range(7)}
            missing = len(days - self._captured) > len(days) / 2
            said = "our fetch" in one.sentence
            counted[f"days {'missing' if missing else 'there'}, {'said so' if said else 'not said'}"] += 1
        return dict(counted)

    def _facts(self, id_: str, query: str) -> list[Fact]:
        subscription = Subscription(id=id_, name=id_, query=query)
        found = self._index.scan(narrow(parse(query)), until=self._archive.until)
        return [fact for one in found if (fact := Matching.fact_of(one, subscription)).matched]

    def _alerts(
        self, queries: Mapping[str, str], facts: Mapping[str, list[Fact]] | None, condition: Condition
    ) -> list[Alert]:
        raised: list[Alert] = []
        for id_, query in queries.items():
            subscription = Subscription(id=id_, name=id_, query=query, condition=condition)
            own = facts[id_] if facts else self._facts(id_, query)
            alerts, _ = folded(subscription, own, self._leads, self._archive.until)
            raised += [one for one in alerts if self._archive.since <= one.when < self._archive.until]
        return raised

    def _print(self, kind: str, alerts: Iterable[Alert]) -> None:
        print(f"\n--- {self._archive.name}: {kind}")
        for one in alerts:
            print(f"{one.when:%Y-%m-%d %H:%M} {one.subscription}: {one.sentence}")
            for shown in one.shown[:SHOWN]:
                print(f"      {shown.when:%m-%d %H:%M} {shown.source[:24]:24} {shown.title[:90]}")
