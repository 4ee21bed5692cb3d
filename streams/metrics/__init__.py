"""What a worker or connector measures about itself, for Prometheus: one object, its own registry.

    metrics = Metrics()
    with metrics.serve("127.0.0.1", 9464):
        with metrics.stage("dedup"):
            ...
        metrics.outcome("new")

Every name, its labels and the alert rules over them: docs/operations.md and deploy/prometheus/. Labels are
closed sets (stages, outcomes, HTTP statuses, topics), so the number of series is bounded.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from connectors.service import ServiceReport

from ..core.records import OUTCOMES, Outcome
from ..pipeline import STAGES
from .server import Answer, Server
from .versions import versions

log = logging.getLogger(__name__)

STAGE_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
AGE_SECONDS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0, 21600.0, 86400.0)
"""Upper bounds of the histograms' buckets."""

PARTS = ("broker", "index")
"""What a process can wait for."""

Lag = Callable[[], Mapping[str, int]]
"""Messages not yet committed, by topic; called from the server's thread."""
Reasons = Callable[[], Sequence[str]]
"""Why this process is not healthy, in sentences; empty when it is. Called from the server's thread."""


class Metrics:
    """All figures of one process. Every method may be called from any thread."""

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        """`clock`: seconds since the epoch."""
        self._clock = clock
        self._waiting: dict[str, str] = {}
        self._lag: Lag = dict
        self._sink_waiting: Callable[[], str] = str
        self._sink_errors: Callable[[], Mapping[int, int]] = dict
        self._reasons: Reasons = tuple
        self._report: Callable[[], ServiceReport] | None = None
        self.registry = CollectorRegistry()
        self._outcomes = self._counter("biowire_articles", "Items worked, by outcome.", "outcome", OUTCOMES)
        self._letters = self._counter("biowire_dead_letters", "Items given up, by stage.", "stage", STAGES)
        self._seconds = Histogram(
            "biowire_stage_seconds",
            "Time one stage took for one batch.",
            ["stage"],
            registry=self.registry,
            buckets=STAGE_SECONDS,
        )
        self._age = Histogram(
            "biowire_article_age_seconds",
            "From receiving an item until its document was acknowledged by the index.",
            registry=self.registry,
            buckets=AGE_SECONDS,
        )
        self._build = Gauge(
            "biowire_build_info", "1, with the versions as labels.", list(versions()), registry=self.registry
        )
        for stage in STAGES:
            self._seconds.labels(stage)
        self._build.labels(**versions()).set(1)
        self.registry.register(_Now(self._now))
        ProcessCollector(registry=self.registry)

    def outcome(self, name: Outcome, number: int = 1) -> None:
        """Count items by what dedup (and the story stage) made of them."""
        self._outcomes.labels(name).inc(number)

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time one batch of a stage; `name` is a word of `pipeline.STAGES`."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.observe(name, time.perf_counter() - started)

    def observe(self, stage: str, seconds: float) -> None:
        """Record the time that a stage took for one batch."""
        self._seconds.labels(_known(stage)).observe(seconds)

    def indexed(self, received: float) -> None:
        """A document is in the index now; `received`: when its item came in, seconds since the epoch."""
        self._age.observe(max(self._clock() - received, 0.0))

    def dead_letter(self, stage: str, number: int = 1) -> None:
        """Count what a stage gave up on."""
        self._letters.labels(_known(stage)).inc(number)

    def waiting(self, part: str, reason: str) -> None:
        """Say that "broker" or "index" cannot be used now, and why; until `reached`."""
        self._waiting[part] = reason

    def reached(self, part: str) -> None:
        """Say that the part answers (again)."""
        self._waiting.pop(part, None)

    def lag(self, read: Lag) -> None:
        """Read the lag by topic with this whenever somebody looks."""
        self._lag = read

    def health(self, read: Reasons) -> None:
        """Read with this what else keeps the process from being healthy."""
        self._reasons = read

    def indexing(self, waiting: Callable[[], str], errors: Callable[[], Mapping[int, int]]) -> None:
        """Read with these what the sink waits for, or nothing, and its errors by status; 0 is no answer."""
        self._sink_waiting, self._sink_errors = waiting, errors

    def counting(self, report: Callable[[], ServiceReport]) -> None:
        """Read a connector's counters with this whenever somebody looks."""
        self._report = report

    def reasons(self) -> list[str]:
        """Why this process is not healthy; empty when it is."""
        waits = [f"waiting for the {part}: {reason}" for part, reason in sorted(self._waits().items())]
        return [*waits, *self._reasons()]

    def _waits(self) -> dict[str, str]:
        why = self._sink_waiting()
        return self._waiting | ({"index": why} if why else {})

    def page(self) -> bytes:
        """Everything in Prometheus' text format 0.0.4."""
        return generate_latest(self.registry)

    def serve(self, host: str, port: int) -> Server:
        """Serve /metrics and /healthz until closed; raises UserError when the port cannot be had."""
        return Server(host, port, {"/metrics": self._metrics, "/healthz": self._health})

    def _metrics(self) -> Answer:
        return Answer.text(self.page())

    def _health(self) -> Answer:
        return Answer.health(self.reasons())

    def _counter(self, name: str, text: str, label: str, values: Sequence[str]) -> Counter:
        """A counter whose known series exist from the start, so that a first failure is seen as a rise."""
        counter = Counter(name, text, [label], registry=self.registry)
        for value in values:
            counter.labels(value)
        return counter

    def _now(self) -> Iterator[Metric]:
        """What is read when somebody looks."""
        up = GaugeMetricFamily(
            "biowire_up", "1 when the part answers, 0 while we wait.", labels=["part", "reason"]
        )
        waiting = self._waits()
        for part in PARTS:
            up.add_metric([part, waiting.get(part, "")[:200]], 0.0 if part in waiting else 1.0)
        yield up
        lag = GaugeMetricFamily("biowire_lag_messages", "Messages not yet committed.", labels=["topic"])
        for topic, messages in self._lag().items():
            lag.add_metric([topic], messages)
        yield lag
        errors = CounterMetricFamily(
            "biowire_bulk_errors", "Items and requests the index answered with an error.", labels=["status"]
        )
        for status, number in dict(self._sink_errors()).items():
            errors.add_metric([str(status)], number)
        yield errors
        if self._report is not None:
            yield from _connector(self._report())


def _connector(report: ServiceReport) -> Iterator[Metric]:
    fetches = CounterMetricFamily("biowire_fetches", "Looks at feeds, by outcome.", labels=["outcome"])
    for outcome, number in report.feeds.items():
        fetches.add_metric([outcome], number)
    yield fetches
    yield CounterMetricFamily("biowire_entries", "Entries in the documents fetched.", value=report.entries)
    yield CounterMetricFamily("biowire_items_published", "Items published.", value=report.items)
    yield CounterMetricFamily("biowire_pages_fetched", "Article pages fetched.", value=report.pages_fetched)
    failed = CounterMetricFamily(
        "biowire_pages_failed", "Article pages not had, by reason.", labels=["reason"]
    )
    for reason, number in report.pages_failed.items():
        failed.add_metric([reason], number)
    yield failed


def _known(stage: str) -> str:
    """The stage, which has to be one: a misspelt label would be a series that no rule watches."""
    if stage not in STAGES:
        raise ValueError(stage)
    return stage


class _Now(Collector):
    """Figures that are read when somebody looks; where reading fails they are left out, the rest stays."""

    def __init__(self, read: Callable[[], Iterator[Metric]]) -> None:
        self._read = read

    def describe(self) -> Iterator[Metric]:
        """Nothing: nothing has to be read before the process stands."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Read now."""
        try:
            yield from self._read()
        except Exception:
            log.warning("metrics could not be read", exc_info=True)


@contextlib.contextmanager
def observed(settings: Mapping[str, Any]) -> Iterator[Metrics]:
    """The figures of a process while it runs; served where the settings name a port."""
    metrics, port = Metrics(), int(settings.get("metrics_port") or 0)
    with contextlib.ExitStack() as open_until:
        if port:
            open_until.enter_context(metrics.serve(str(settings.get("metrics_host") or "127.0.0.1"), port))
        yield metrics
