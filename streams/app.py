"""Composition root of the distributed mode: one Faust app with the agents of all stages.

    articles.raw ─► dedup ─► articles.flagged ─► story ─► articles.grouped ─► index ─► Elasticsearch
                                                                        alerts.facts ◄─┘ ─► alert ─► channels

Faust does what it is good at: membership, partitions, reading, committing. Its tables, its web server and its
exactly-once are off; docs/decisions.md says what each of them loses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import faust

from connectors.broker import Broker

from . import topics
from .agents.alert import AlertAgent, Open, Place
from .agents.index import Indexing, Sink
from .agents.kafka import Rereader, Sender, tls
from .agents.keeping import Keeping
from .agents.match import Known, Telling
from .agents.polling import poll_fairly
from .agents.taking import Taking
from .core.compiled import Vocabulary
from .core.sources import Sources
from .deadletters.record import DeadLetterRecord, tries_before
from .metrics import Metrics
from .partitions.dedup import DedupPartition
from .partitions.store import Message, Record
from .partitions.story import StoryPartition
from .partitions.targets import Encoder, Targets

SESSION = 8.0
"""Seconds after which the group gives a silent worker's partitions to the others."""
MESSAGE_LIMIT = 16 * 1024 * 1024
BATCH = {"dedup": 300, "story": 500, "index": 20, "alert": 50}
"""Messages taken at once: a transaction for the first two, some bulk requests for the third. Twice as many
wait in memory, so that what a worker holds is bounded also while Elasticsearch is away."""
FETCH_BYTES = 256 * 1024
"""Of one partition fetched at a time, compressed; a larger batch of its messages comes alone."""
PRODUCED_BYTES = 512 * 1024
"""Sent to one partition at a time. Faust's 16 kB are four articles, and the next four wait for an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """One worker: the app, and what is asked of it while it runs."""

    app: faust.App
    taking: Taking
    keepings: Mapping[str, Keeping]
    """By the topic they read."""
    alert: AlertAgent

    def assigned(self) -> set[tuple[str, int]]:
        """The (topic, partition) pairs this worker has now."""
        return {(one.topic, one.partition) for one in self.app.consumer.assignment()}


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerPlan:
    """What a worker is made of."""

    broker: Broker
    generation: int
    home: Path
    worker_id: str
    vocabulary: Vocabulary
    sources: Callable[[], Sources]
    sink: Sink
    encoder: Encoder
    metrics: Metrics
    partitions: int
    """Of articles.flagged, as the broker has it."""
    subscriptions: Known
    alert_stage: Open
    live: Callable[[], bool]
    stages: tuple[str, ...] = ("dedup", "story", "index", "alert")


def create(plan: WorkerPlan) -> Worker:
    """The app with its agents, not started."""
    names = {
        "dedup": topics.raw(plan.broker),
        "story": topics.flagged(plan.broker, plan.generation),
        "index": topics.grouped(plan.broker, plan.generation),
        "alert": topics.facts(plan.broker, plan.generation),
    }
    app = poll_fairly(_app(plan), {topic: _queue(stage) // 5 for stage, topic in names.items()})
    taking = Taking()
    sender = Sender(lambda: app.producer, _waiting(plan.metrics))
    targets = _targets(plan)
    keepings = {
        "dedup": Keeping(
            "dedup",
            open_=lambda number: DedupPartition(
                _file(plan, "dedup", number),
                vocabulary=plan.vocabulary,
                sources=plan.sources,
                targets=targets,
                gauge=plan.metrics,
            ),
            read=Rereader(plan.broker, names["dedup"]),
            send=sender.send,
        ),
        "story": Keeping(
            "story",
            open_=lambda number: StoryPartition(
                _file(plan, "story", number), targets=targets, gauge=plan.metrics
            ),
            read=Rereader(plan.broker, names["story"]),
            send=sender.send,
        ),
    }
    indexing = Indexing(
        plan.sink,
        send=sender.send,
        dead_letter=_dead_letter(plan),
        observe=plan.metrics.observe,
        indexed=plan.metrics.indexed,
        tell=Telling(plan.subscriptions, names["alert"]).messages,
    )
    alert = AlertAgent(plan.alert_stage, Place(assigned=lambda: _has(app, names["alert"], 0), live=plan.live))
    work = {
        "dedup": keepings["dedup"].take,
        "story": keepings["story"].take,
        "index": indexing.take,
        "alert": alert.take,
    }
    for stage in plan.stages:
        _agent(app, taking, stage, names[stage], work[stage])
    by_topic = {names[stage]: keeping for stage, keeping in keepings.items()}
    _watch_partitions(app, by_topic, names["alert"], alert)
    return Worker(app=app, taking=taking, keepings=by_topic, alert=alert)


def _has(app: faust.App, topic: str, partition: int) -> bool:
    return any((one.topic, one.partition) == (topic, partition) for one in app.consumer.assignment())


def _app(plan: WorkerPlan) -> faust.App:
    broker = plan.broker
    return faust.App(
        topics.workers_group(broker, plan.generation),
        broker=[f"kafka://{host}" for host in broker.hosts],
        broker_credentials=_credentials(broker),
        datadir=plan.home / "faust",
        store="memory://",
        processing_guarantee="at_least_once",
        consumer_group_instance_id=plan.worker_id,
        broker_session_timeout=SESSION,
        broker_heartbeat_interval=SESSION / 4,
        broker_commit_interval=1.0,
        broker_max_poll_records=1000,
        consumer_max_fetch_size=FETCH_BYTES,
        consumer_auto_offset_reset="earliest",
        producer_acks=-1,
        producer_max_request_size=MESSAGE_LIMIT,
        producer_compression_type="zstd",
        producer_linger=0.005,
        producer_max_batch_size=PRODUCED_BYTES,
        stream_wait_empty=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        value_serializer="raw",
        key_serializer="raw",
        loghandlers=[],
        logging_config=None,
    )


def _credentials(broker: Broker) -> Any:
    context = tls(broker) if broker.tls else None
    if broker.user:
        return faust.SASLCredentials(
            mechanism=broker.mechanism,
            username=broker.user,
            password=broker.password,
            ssl_context=context,
        )
    return faust.SSLCredentials(context) if context else None


def _agent(app: faust.App, taking: Taking, stage: str, topic: str, work: Any) -> None:
    channel = app.topic(topic, key_serializer="raw", value_serializer="raw", maxsize=_queue(stage))

    async def agent(stream: Any) -> None:
        await taking.agent(stage, stream, BATCH[stage], work)

    app.agent(channel, name=stage, concurrency=1)(agent)


def _queue(stage: str) -> int:
    """Messages that wait for an agent at most, beside those it works."""
    return 2 * BATCH[stage]


def _watch_partitions(app: faust.App, keepings: dict[str, Keeping], facts: str, alert: AlertAgent) -> None:
    @app.on_partitions_revoked.connect(weak=False)
    async def revoked(_: object, gone: Any, **__: object) -> None:
        for topic, keeping in keepings.items():
            keeping.revoked({one.partition for one in gone if one.topic == topic})
        if any(one.topic == facts for one in gone):
            alert.revoked()


def _targets(plan: WorkerPlan) -> Targets:
    topic = topics.flagged(plan.broker, plan.generation)
    return Targets(
        flagged=lambda language: (topic, topics.partition_of(language, plan.partitions)),
        grouped=topics.grouped(plan.broker, plan.generation),
        dead_letter=_dead_letter(plan),
        encoder=plan.encoder,
    )


def _dead_letter(plan: WorkerPlan) -> Callable[..., Message]:
    def made(stage: str, reason: str, record: Record, within: str = "") -> Message:
        plan.metrics.dead_letter(stage)
        letter = DeadLetterRecord(
            stage=stage,
            time=datetime.now(UTC),
            error=reason,
            place=f"{record.place}/{within}" if within else record.place,
            tries=1 + tries_before(record.headers),
            key=record.key or b"",
            body=record.value or b"",
            headers=tuple(record.headers.items()),
        )
        topic, key, value, headers = letter.to_message(plan.broker)
        return Message(topic, 0, key, value, tuple(headers))

    return made


def _waiting(metrics: Metrics) -> Callable[[str], None]:
    def say(reason: str) -> None:
        if reason:
            metrics.waiting("broker", reason)
        else:
            metrics.reached("broker")

    return say


def _file(plan: WorkerPlan, stage: str, partition: int) -> Path:
    return plan.home / f"g{plan.generation}" / f"{stage}-{partition}.db"
