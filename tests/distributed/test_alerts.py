"""The same items and subscriptions through one process, and through Kafka and Elasticsearch: the same alerts.

The three weeks of the sample world, which bring out every kind of condition. `BIOWIRE_FULL=1`: the whole real week.
"""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from alert_runs import SAID as SAID_OF_WORLD
from alert_runs import raised, standing
from embedded_runs import biowire, world_items, write_items
from giving_up import give_up
from kafka import TopicPartition
from receiving import receiving

from connectors.database import Database
from connectors.feed_editor import add_feeds
from connectors.publish.log import moment
from connectors.records import Feed
from streams import topics
from streams.alerting.file import SCHEMAS
from streams.alerts import Raised
from streams.alerts.sqlite import SqliteAlertStore
from streams.core.alerts.conditions import with_defaults
from streams.core.alerts.folding import fold
from streams.core.alerts.leads import LeadTimes
from streams.core.alerts.records import KINDS, Alert, Subscription
from streams.sinks.elasticsearch.small import id_of
from streams.subscriptions import SubscriptionStore
from streams.subscriptions.files import FileSubscriptions
from streams.subscriptions.kafka import KafkaSubscriptions
from streams.subscriptions.memory import MemorySubscriptions

from .harness import Cluster, timed, wait_for
from .log_view import LogView
from .members import Member
from .test_parity import FULL, shuffled_within_days, whole

pytestmark = [pytest.mark.servers, pytest.mark.slow]

MADE = datetime(2023, 8, 1, tzinfo=UTC)
SAID_OF_WEEK: Mapping[str, Mapping[str, Any]] = {
    "threshold": {"count": 3},
    "spike": {"count": 3, "factor": 1.1},
    "silence": {"window": timedelta(hours=3)},
    "new-term": {"window": timedelta(days=2)},
    "new-entity": {"window": timedelta(days=2)},
    "new-pairing": {"window": timedelta(days=2)},
}
"""Numbers that bring out alerts of every kind within the few days of a week."""

QUERY = "police OR camera OR privacy OR surveillance OR biometric OR facial OR security"
QUERIES = {"silence": "privacy", "spike": "police OR security"} if FULL else {}
SAID = SAID_OF_WEEK if FULL else SAID_OF_WORLD

PATIENCE = 900 if FULL else 180
"""Seconds for alerts to be worked, and for messages to arrive."""
LATER = datetime(2999, 1, 1, tzinfo=UTC)


def subscribe(store: SubscriptionStore, to: str) -> None:
    """One for each kind of condition, named after it; nothing is sent before `wake`."""
    for kind in KINDS:
        query = QUERIES.get(kind, QUERY)
        condition = with_defaults(kind, **SAID.get(kind, {}))
        one = Subscription(
            id=kind, name=kind, query=query, condition=condition, to=(to,), snoozed_until=LATER
        )
        store.save(one, "test", MADE)


def wake(store: SubscriptionStore) -> None:
    """Have everything that waits sent: one message for each subscription."""
    for one in store.all():
        store.save(replace(one, snoozed_until=None), "test", MADE)


@pytest.fixture(scope="module")
def items() -> list[dict[str, Any]]:
    """Days one after the other, so that what is new or more than usual shows."""
    return whole() if FULL else sorted(world_items(), key=lambda item: str(item["published"]))


@pytest.fixture(scope="module")
def embedded(items: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("embedded")
    subscribe(FileSubscriptions(home / "subscriptions"), "https://receiver.example/hook")
    with timed(f"{len(items)} items, embedded"):
        biowire("ingest", str(write_items(home / "items.jsonl", items)), home=home)
    return home


class Alerts:
    """What a cluster has raised, and whether it is done."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._facts = TopicPartition(topics.facts(cluster.broker, 1), 0)

    def all(self) -> list[dict[str, Any]]:
        found = self._cluster.ask(
            "/alerts/_search", {"size": 10_000, "query": {"match_all": {}}, "sort": [{"seq": "asc"}]}
        )
        return [one["_source"] for one in found["hits"]["hits"]]

    def worked(self) -> bool:
        with LogView(self._cluster.broker) as view:
            consumer = view._consumer
            end = consumer.end_offsets([self._facts])[self._facts]
            return (consumer.committed(self._facts) or 0) >= end > 0

    def sent(self) -> dict[str, list[dict[str, Any]]]:
        """Deliveries that hold an alert, by its id."""
        return {one["id"]: json.loads(one["deliveries"]) for one in self.all()}


def all_delivered(sent: Mapping[str, Sequence[Mapping[str, Any]]], ids: Iterable[str]) -> bool:
    return all(any(one["state"] == "delivered" for one in sent.get(id_, ())) for id_ in ids)


def decided(file: Path) -> dict[str, tuple[Any, ...]]:
    """Everything that what a file knows now comes to when it is decided again."""
    wanted = MemorySubscriptions()
    subscribe(wanted, "https://receiver.example/hook")
    database = Database(file, SCHEMAS, writer=False)
    with contextlib.closing(database):
        store = SqliteAlertStore(database)
        leads = LeadTimes(at for at, _ in store.leads(datetime(1970, 1, 1, tzinfo=UTC), LATER))
        horizon = moment(store.cursor("horizon"))
        return {
            one.id: (
                one.kind,
                one.key,
                one.when,
                one.sentence,
                one.numbers,
                [shown.id for shown in one.shown],
            )
            for subscription in wanted.all()
            for one in fold(subscription, store.facts(subscription.id), leads, horizon)
        }


@pytest.mark.parametrize(
    ("workers", "shuffled", "kill"),
    [
        pytest.param(1, False, False, id="one worker, in order"),
        pytest.param(3, True, True, id="three workers, shuffled within each day, the alert stage's killed"),
    ],
)
def test_alerts_are_the_same_as_embedded_mode_raises_and_each_is_told_once(
    kafka: Any,
    elastic: Any,
    prefix: str,
    items: list[dict[str, Any]],
    embedded: Path,
    tmp_path: Path,
    workers: int,
    shuffled: bool,
    kill: bool,
) -> None:
    given = shuffled_within_days(items) if shuffled else items
    want = standing(raised(embedded))
    settings = {"BIOWIRE_WEBHOOK_PRIVATE": "127.0.0.0/8", "BIOWIRE_WEBHOOK_HTTP": "true"}
    with receiving() as receiver, Cluster(kafka.url, elastic.url, tmp_path, prefix, settings) as cluster:
        cluster.provision()
        store = KafkaSubscriptions(cluster.broker)
        subscribe(store, receiver.url)
        cluster.workers(workers)
        alerts = Alerts(cluster)
        with timed(f"{len(items)} items, {workers} worker(s)"):
            cluster.biowire("ingest", str(write_items(tmp_path / "items.jsonl", given)))
            if kill:
                wait_for(lambda: len(alerts.all()) > 20, 120, lambda: f"nothing raised{cluster.tails()}")
                owner(cluster).kill()
            cluster.wait_until_drained(timeout=1200 if FULL else 180)
        with timed("alerts worked"):
            wait_for(alerts.worked, PATIENCE, lambda: f"facts not worked{cluster.tails()}")
        wake(store)
        store.close()
        if kill:
            wait_for(lambda: len(receiver.messages) > 1, 60, lambda: f"nothing told{cluster.tails()}", 0.01)
            owner(cluster).kill()
        with timed("alerts told"):
            wait_for(
                lambda: all_delivered(alerts.sent(), want),
                PATIENCE,
                lambda: f"not told: {missing(alerts, want)}{cluster.tails()}",
            )
        made = [msgspec.json.decode(one["record"], type=Raised) for one in alerts.all()]
        print(Counter(one.alert.kind for one in made), len(receiver.messages), cluster.memory())
        has = standing(made)
        assert {id_: (one, has.get(id_)) for id_, one in want.items() if one != has.get(id_)} == {}
        assert has.keys() == want.keys()
        assert {one.kind for one in want.values()} == set(KINDS)
        mine, theirs = decided(owner(cluster).home / "worker/g1/alerts.db"), decided(embedded / "alerts.db")
        assert {id_: (one, mine.get(id_)) for id_, one in theirs.items() if one != mine.get(id_)} == {}
        assert mine.keys() == theirs.keys() == want.keys()
        told = {id_: [one["id"] for one in deliveries] for id_, deliveries in alerts.sent().items()}
        assert {id_: len(told[id_]) for id_ in want if len(told[id_]) != 1} == {}
        assert {id_: ids for id_, ids in told.items() if len(ids) > 1} == {}  # withdrawn ones, too
        assert receiver.ids.keys() == {one for ids in told.values() for one in ids}
        twice = [id_ for id_, count in receiver.ids.items() if count > 1]
        assert len(twice) <= kill, "only the message under way at the kill may come again, under the same id"
        assert receiver.messages[0][0] not in twice


def test_a_subscription_made_meanwhile_alerts_of_what_comes_after_it_and_failed_messages_are_sent_on_demand(
    kafka: Any, elastic: Any, prefix: str, items: list[dict[str, Any]], tmp_path: Path
) -> None:
    settings = {"BIOWIRE_WEBHOOK_PRIVATE": "127.0.0.0/8", "BIOWIRE_WEBHOOK_HTTP": "true"}
    with receiving() as receiver, Cluster(kafka.url, elastic.url, tmp_path, prefix, settings) as cluster:
        cluster.provision()
        add_feeds(cluster.broker, [Feed(url="https://late.example/feed")])
        given_up = give_up(cluster.broker, "story", 7)
        cluster.workers(2)
        cluster.biowire("ingest", str(write_items(tmp_path / "items.jsonl", items[:150])))
        cluster.wait_until_drained(timeout=120)
        words = ["subscriptions", "add", "Late", "--query", "zanzibar OR police", "--to", receiver.url]
        receiver.refused = 1
        cluster.biowire(*words)
        late = {
            "feed_url": "https://late.example/feed",
            "title": "Police of Zanzibar buys cameras",
            "link": "https://late.example/1",
            "published": items[0]["published"],
        }
        cluster.biowire("ingest", str(write_items(tmp_path / "late.jsonl", [late])))
        wait_for(
            lambda: cluster.biowire("alerts", "list", "--failed", "--json"),
            120,
            lambda: f"nothing failed{cluster.tails()}",
        )
        (listed,) = cluster.biowire("alerts", "list", "--json").splitlines()
        alert = json.loads(listed)
        assert [one["title"] for one in alert["shown"]] == ["Police of Zanzibar buys cameras"]
        assert [one["state"] for one in alert["deliveries"]] == ["failed"]
        assert cluster.biowire_json("status")["alerts"] == {"late": 1}
        assert cluster.biowire_json("alerts", "retry", alert["id"][:8])["retried"] == 1
        wait_for(lambda: receiver.messages, 60, lambda: f"not sent again{cluster.tails()}")
        assert receiver.messages[0][0] == alert["deliveries"][0]["id"]
        shown = ["alerts", "show", alert["id"][:8]]
        wait_for(
            lambda: cluster.biowire_json(*shown)["deliveries"][0]["state"] == "delivered",
            60,
            lambda: f"not delivered{cluster.tails()}",
        )
        assert cluster.biowire_json(*shown)["asked"]["query"] == "zanzibar OR police"
        # The worker that told this brings into the index what people look at beside alerts.
        beside = {
            "feeds": [id_of("https://late.example/feed")],
            "deadletters": [id_of("story", given_up)],
        }
        wait_for(
            lambda: {alias: [one for _, one in cluster.ids_by_index(alias)] for alias in beside} == beside,
            130,
            lambda: f"not brought into the index{cluster.tails()}",
        )


def missing(alerts: Alerts, want: Mapping[str, Alert]) -> str:
    sent = alerts.sent()
    lost = [(want[id_].kind, want[id_].key) for id_ in want if id_ not in sent]
    more = [id_ for id_ in sent if id_ not in want]
    return f"{len(lost)} not raised, as {lost[:3]}; {len(more)} not wanted"


def owner(cluster: Cluster) -> Member:
    """The worker that opened the alert stage last."""
    opened = {
        line[:23]: member
        for member in cluster.members.values()
        for line in member.log.read_text(errors="replace").splitlines()
        if "alert stage opened" in line
    }
    return opened[max(opened)]
