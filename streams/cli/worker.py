"""`biowire worker`: the stages of the distributed mode."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn, TypeVar

import click

from connectors.broker import Broker, member_id
from connectors.console import Context, pass_context, safe
from connectors.errors import BiowireError, UserError
from connectors.feed_topics import feed_partitions, read_partitions
from connectors.kafka_errors import broker_needed, partition_counts, reachable
from connectors.language import language_of
from connectors.service_log import log_as_service
from connectors.state import FeedState
from connectors.waiting import PATIENCE, patiently

from .. import control, topics
from ..agents.alert_stage import AlertPlan, OpenStage
from ..app import WorkerPlan, create
from ..background import Measured
from ..core.compiled import Vocabulary
from ..core.rarity import words_of
from ..core.sources import Sources
from ..lag import Lag, lag, worked
from ..metrics import Metrics
from ..seeds_files import starter_feeds, vocabulary
from ..sinks.elasticsearch import document
from ..sinks.elasticsearch.bulk import BulkSink
from ..sinks.elasticsearch.ready import ready
from ..sinks.elasticsearch.settings import Index, index_of
from ..subscriptions.kafka import KafkaSubscriptions
from ..worker import Watch, serve

_T = TypeVar("_T")
_log = logging.getLogger(__name__)

_EVERY = 10.0
"""Seconds between two looks at lag and control."""
_FEEDS_EVERY = 60.0
_SUBSCRIPTIONS_EVERY = 1.0


@click.command()
@click.option("--generation", type=click.IntRange(1), help="Work this generation [default: the live one].")
@click.option(
    "--wait",
    default=PATIENCE,
    show_default=True,
    type=click.IntRange(0),
    help="Seconds to wait at the start for a broker or an index that is not there yet.",
)
@pass_context
def worker(context: Context, generation: int | None, wait: int) -> None:
    """Deduplicate, classify, flag, group and index what arrives in Kafka, until Ctrl-C or SIGTERM.

    Run as many as there is work for, each with its own --home: they share the partitions.

    Example: biowire worker --broker kafka://127.0.0.1:9092 --index elasticsearch://127.0.0.1:9200
    """
    log_as_service()
    broker, index = broker_needed(context.settings), index_of(context.settings)
    if index is None:
        raise UserError("Where is Elasticsearch? Set `index`, or give --index elasticsearch://HOST:PORT.")
    words = vocabulary(context.settings)
    number = patiently(lambda: _generation(broker, generation, words), wait)
    partitions = patiently(lambda: _topics(broker, number), wait)
    patiently(lambda: ready(index, generation=number), wait)
    asyncio.run(_work(context, broker, index, number, partitions, words))


def _generation(broker: Broker, asked: int | None, words: Vocabulary) -> int:
    """The generation to work; its vocabulary has to be ours, or its documents would not be of one piece."""
    reachable(broker)
    found = control.live(broker)
    number = asked or found.live
    if number == found.live and found.vocabulary != words.version:
        raise UserError(
            f"Generation {number} was built with vocabulary {found.vocabulary}, and this worker has "
            f"{words.version}: give it that one, or run `biowire replay` to build a generation with this one."
        )
    if number not in found.generations:
        raise UserError(
            f"There is no generation {number} to work: {found.live} is live. Leave --generation out."
        )
    return number


def _topics(broker: Broker, generation: int) -> int:
    """Partitions of articles.flagged; raises UserError when a topic is missing."""
    flagged = topics.flagged(broker, generation)
    names = [topics.raw(broker), flagged, topics.grouped(broker, generation), topics.subscriptions(broker)]
    names += [topics.facts(broker, generation), topics.alert_state(broker, generation)]
    names += [topics.alerts(broker), topics.deliveries(broker)]
    letters = [topics.dead_letters(broker, stage) for stage in topics.STAGES]
    return partition_counts(broker, [*names, *letters])[flagged]


async def _work(
    context: Context, broker: Broker, index: Index, generation: int, partitions: int, words: Vocabulary
) -> NoReturn:
    """Run the worker, and end the process here: to end the loop in order would make Faust cancel agents, and
    take for done what they were at."""
    code = 0
    metrics = Metrics()
    behind = Measured(lambda: lag(broker, generation), Lag(raw=0, flagged=0, grouped=0), _EVERY)
    news = Measured(lambda: _news(broker, generation), _news(broker, generation), _EVERY)
    listed = Measured(lambda: _listed(broker), _listed(broker), _FEEDS_EVERY)
    kept = KafkaSubscriptions(broker)
    known = Measured(kept.known, kept.known(), _SUBSCRIPTIONS_EVERY)
    alert_plan = AlertPlan(
        context=context,
        broker=broker,
        index=index,
        generation=generation,
        home=context.home / "worker",
        subscriptions=kept,
        feeds=lambda: listed.value.feeds,
        drained=lambda: not behind.value.total,
    )
    try:
        client = index.async_client()
        sink = BulkSink(client, index, generation)
        plan = WorkerPlan(
            broker=broker,
            generation=generation,
            home=context.home / "worker",
            worker_id=member_id(context.settings, context.home, "worker"),
            vocabulary=words,
            sources=lambda: listed.value.sources,
            sink=sink,
            encoder=document,
            metrics=metrics,
            partitions=partitions,
            subscriptions=lambda: known.value,
            alert_stage=lambda passed, ours: OpenStage(alert_plan, passed, ours),
            live=lambda: news.value.live,
        )
        plan.home.mkdir(parents=True, exist_ok=True)
        _load_ahead()
        _serve_metrics(context, metrics, behind, sink)
        made = create(plan)
        watch = Watch(
            outstanding=lambda: behind.value.of(made.assigned()),
            busy=lambda: sink.waiting or "; ".join(metrics.reasons()),
            superseded=lambda: news.value.superseded,
            worked=(lambda: worked(broker, generation)) if context.settings["worker_standby"] else None,
        )
        _log.info("worker starts", extra={"generation": generation, "worker": plan.worker_id})
        await serve(made, _told_to_stop(), watch)
    except BiowireError as cause:
        code = 2 if isinstance(cause, UserError) else 75
        print(f"biowire: {safe(' '.join(str(cause).split()))}", file=sys.stderr)
    except Exception:  # noqa: BLE001 - the outermost wall of this process
        _log.critical("worker failed", exc_info=True)
        code = 70
    sys.stderr.flush()
    os._exit(code)


def _load_ahead() -> None:
    """Load what would hold up the first article. It stays: the collector need not look through it every time.

    Nor at every 700th new object: what our stages make refers to nothing in circles.
    """
    language_of("", "Ein Satz, damit geladen wird, was den ersten Artikel sonst aufhielte.")
    words_of("en")
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)


def _serve_metrics(context: Context, metrics: Metrics, behind: Measured[Lag], sink: BulkSink) -> None:
    metrics.lag(lambda: behind.value.by_topic())  # noqa: PLW0108 - the value changes
    metrics.indexing(lambda: sink.waiting, lambda: sink.errors)
    if port := int(context.settings["metrics_port"]):
        metrics.serve(str(context.settings["metrics_host"]), port)


@dataclass(frozen=True, slots=True)
class _Listed:
    """The shared feed list."""

    feeds: Sequence[FeedState]
    sources: Sources
    """Who publishes, as our list and the shared one have it."""


def _listed(broker: Broker) -> _Listed:
    partitions = read_partitions(broker, range(feed_partitions(broker))).values()
    feeds = [known for partition in partitions for known in partition.known()]
    return _Listed(feeds, Sources([*starter_feeds(), *(known.feed for known in feeds)]))


def _told_to_stop() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop


@dataclass(frozen=True, slots=True)
class _News:
    """How a generation stands."""

    live: bool
    superseded: str = ""
    """Why it is not to be worked any more."""


def _news(broker: Broker, generation: int) -> _News:
    found = control.read(broker)
    if found is None or generation in found.generations:
        return _News(live=found is not None and found.live == generation)
    sentence = f"Generation {found.live} is live now, {generation} is not worked any more"
    return _News(live=False, superseded=f"{sentence}: start the worker again.")
