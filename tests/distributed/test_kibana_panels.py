"""Every panel, control, list and saved query for Kibana finds something on a real node: nothing shown is empty.

`BIOWIRE_FULL=1` asks them of a whole real week too.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from alerts import an_alert
from embedded_runs import world_items
from giving_up import give_up
from kibana_requests import Asked, requests
from servers import Kafka
from shared_data import shared

from connectors.broker import Broker, broker_of
from connectors.normalize import item_from_fields, item_from_json
from connectors.publish.log import encode
from connectors.records import Feed
from connectors.schedule import FetchState
from connectors.state import FeedState
from dashboards.kibana.definitions import everything
from seeds.world.loading import load as load_world
from streams.agents.health import HealthIndexing
from streams.alerts import Raised
from streams.kafka_admin import administering
from streams.pipeline import STAGES
from streams.provision.broker import provision
from streams.seeds_files import vocabulary
from streams.settings import load
from streams.sinks.elasticsearch.alerts import body
from streams.sinks.elasticsearch.generations import indices
from streams.sinks.elasticsearch.settings import Index, index_of

from .filled_index import fill

pytestmark = [pytest.mark.servers, pytest.mark.slow]

RECEIVED = datetime(2026, 11, 20, 12, tzinfo=UTC)
WORDS = vocabulary(load({}, {}))
FULL = os.environ.get("BIOWIRE_FULL") == "1"
FOREIGN = {"search:biowire-other-languages"}
"""Finds articles about biometrics in other languages, of which the real week has none."""
REAL_NAMES = {"search:biowire-vendors"}
"""Finds the names of real companies, which the sample world has none of."""


@pytest.fixture(scope="module")
def letters(kafka: Kafka) -> Iterator[Broker]:
    """A broker with a dead letter of each stage."""
    broker = broker_of({"broker": kafka.url, "topic_prefix": f"t{token_hex(4)}.", "topic_partitions": 1})
    assert broker is not None
    provision(broker, 1)
    for stage in STAGES:
        give_up(broker, stage, 7)
    yield broker
    with administering(broker) as admin:
        admin.delete_topics([name for name in admin.list_topics() if name.startswith(broker.prefix)])


@pytest.fixture(scope="module")
def fill_in(elastic: Any, letters: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Makes an index of items and gives back its name."""
    made: list[Index] = []

    def filled(bodies: Sequence[bytes], received: datetime, feeds: Sequence[Feed] | None) -> Index:
        home = tmp_path_factory.mktemp("partitions")
        index = index_of({"index": elastic.url, "index_prefix": f"kibana{home.stat().st_ino}-"})
        assert index is not None
        made.append(index)
        fill(index, bodies, received, WORDS, home, feeds)
        _raise_alerts(index, received)
        _tell_health(index, letters, received)
        return index

    yield filled
    for index in made:
        with index.client() as client:
            client.indices.delete(index=[*indices(client, index), *index.of_all_generations.values()])
            client.indices.delete_index_template(name=f"{index.prefix}*")


def _raise_alerts(index: Index, when: datetime) -> None:
    with index.client() as client:
        for number, kind in enumerate(("each", "spike")):
            alert = an_alert(f"k{number}", kind=kind)
            raised = Raised(alert=alert, seq=number, raised=when + timedelta(minutes=number))
            client.index(index=index.alerts_index, id=alert.id, document=body(raised, ()), refresh=True)


def _tell_health(index: Index, letters: Broker, when: datetime) -> None:
    """Feeds in every standing, and the dead letters of the topics, by the way a worker takes."""
    state = FetchState(last_success=when, last_change=when, last_fetch=when, next_fetch=when, entries=9)
    no = replace(state, failure="The server answers 503.", failures=2.0, failing_since=when, entries=0)
    states = {
        "ok": state,
        "empty": replace(state, entries=0),
        "failing": no,
        "retired": replace(no, retired="The publisher says it is gone (410)."),
        "new": FetchState(),
    }
    feeds = [FeedState(Feed(url=f"https://{name}.example/feed"), one) for name, one in states.items()]
    with index.client() as client:
        HealthIndexing(client, index, letters, lambda: feeds).look(when)
        for alias in (index.feeds, index.dead_letters):
            client.indices.refresh(index=alias)


def world_feeds() -> list[Feed]:
    return [
        Feed(
            url=f"https://{one.id}.example/feed",
            title=one.name,
            country=one.country,
            kind=one.kind,
            perspective=one.perspective,
        )
        for one in load_world().outlets.values()
    ]


def empty(index: Index) -> list[str]:
    """What shows nothing."""
    with index.client() as client:
        for alias in (index.articles, index.stories, index.sightings):
            client.indices.refresh(index=alias)
        return [one.name for one in requests(everything(index.prefix)) if not shows(client, one)]


def shows(client: Any, one: Asked) -> bool:
    answer = client.search(
        index=one.alias, **{("aggs" if k == "aggs" else k): v for k, v in one.body.items()}
    )
    return bool(one.rows(answer))


def test_nothing_shown_is_empty_over_the_sample_world(fill_in: Any) -> None:
    bodies = [*(encode(item_from_fields(one)) for one in world_items()), b"no item"]
    assert empty(fill_in(bodies, RECEIVED, world_feeds())) == sorted(REAL_NAMES)


@pytest.mark.shared
@pytest.mark.skipif(not FULL, reason="takes minutes; BIOWIRE_FULL=1 runs it")
def test_nothing_shown_is_empty_over_a_real_week(fill_in: Any) -> None:
    path: Path = shared("stream", "full_stream_2023-W32.jsonl.gz")
    with gzip.open(path) as lines:
        bodies = [encode(item_from_json(line)) for line in lines]
    assert empty(fill_in([*bodies, b"no item"], datetime(2023, 8, 14, tzinfo=UTC), None)) == sorted(FOREIGN)
