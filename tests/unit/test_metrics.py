"""What a process says about itself: names, labels, health, and that nothing hangs on who asks."""

import json
import logging
import re
import urllib.error
import urllib.request
from contextlib import closing
from socket import create_connection

import pytest
from prometheus_client.parser import text_string_to_metric_families

from connectors.errors import UserError
from connectors.observing import Observer, Unobserved, unobserved
from connectors.service import ServiceReport
from streams.core.records import OUTCOMES
from streams.metrics import Metrics, observed
from streams.pipeline import STAGES


def samples(metrics: Metrics) -> dict[tuple[str, str], float]:
    """Name and the values of its labels, in the order of their names, to the figure."""
    return {
        (sample.name, ",".join(sample.labels[name] for name in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(metrics.page().decode())
        for sample in family.samples
    }


def get(port: int, path: str) -> tuple[int, str, bytes]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.headers["Content-Type"], refused.read()


def test_every_outcome_and_stage_is_there_before_anything_happens() -> None:
    found = samples(Metrics())
    assert {found["biowire_articles_total", outcome] for outcome in OUTCOMES} == {0.0}
    for name in ("biowire_dead_letters_total", "biowire_stage_seconds_count"):
        assert {found[name, stage] for stage in STAGES} == {0.0}, name


def test_what_is_counted_is_told() -> None:
    metrics = Metrics(clock=lambda: 1_000.0)
    metrics.outcome("new")
    metrics.outcome("duplicate", 3)
    metrics.dead_letter("story", 2)
    metrics.observe("flag", 0.02)
    with metrics.stage("dedup"):
        pass
    metrics.indexed(received=998.5)
    found = samples(metrics)
    assert found["biowire_articles_total", "new"] == 1
    assert found["biowire_articles_total", "duplicate"] == 3
    assert found["biowire_dead_letters_total", "story"] == 2
    assert found["biowire_stage_seconds_bucket", "0.01,flag"] == 0
    assert found["biowire_stage_seconds_bucket", "0.025,flag"] == 1
    assert found["biowire_stage_seconds_count", "dedup"] == 1
    assert found["biowire_article_age_seconds_sum", ""] == 1.5


def test_a_stage_that_raises_is_timed_all_the_same() -> None:
    metrics = Metrics()
    with pytest.raises(KeyError), metrics.stage("index"):
        raise KeyError
    assert samples(metrics)["biowire_stage_seconds_count", "index"] == 1


@pytest.mark.parametrize("method", ["observe", "dead_letter"])
def test_a_stage_that_is_none_is_refused(method: str) -> None:
    with pytest.raises(ValueError, match="dedupe"):
        getattr(Metrics(), method)("dedupe", 1)


def test_a_clock_that_went_back_makes_no_negative_age() -> None:
    metrics = Metrics(clock=lambda: 5.0)
    metrics.indexed(received=9.0)
    assert samples(metrics)["biowire_article_age_seconds_sum", ""] == 0


def test_what_it_waits_for_is_shown_with_the_reason_until_it_is_reached() -> None:
    metrics = Metrics()
    assert samples(metrics)["biowire_up", "broker,"] == 1
    metrics.waiting("broker", "connection refused at kafka:9092")
    assert samples(metrics)["biowire_up", "broker,connection refused at kafka:9092"] == 0
    assert metrics.reasons() == ["waiting for the broker: connection refused at kafka:9092"]
    metrics.reached("broker")
    assert samples(metrics)["biowire_up", "broker,"] == 1
    assert metrics.reasons() == []


def test_lag_and_counters_of_a_connector_are_read_when_somebody_looks() -> None:
    metrics, lag = Metrics(), {"biowire.articles.raw": 12}
    metrics.lag(lambda: lag)
    metrics.counting(
        lambda: ServiceReport(
            feeds={"fetched": 4, "failed": 1},
            entries=90,
            items=31,
            pages_fetched=3,
            pages_failed={"robots": 2},
        )
    )
    assert samples(metrics)["biowire_lag_messages", "biowire.articles.raw"] == 12
    lag["biowire.articles.raw"] = 0
    found = samples(metrics)
    assert found["biowire_lag_messages", "biowire.articles.raw"] == 0
    assert found["biowire_fetches_total", "failed"] == 1
    assert found["biowire_items_published_total", ""] == 31
    assert found["biowire_pages_failed_total", "robots"] == 2


def test_the_sink_is_asked_what_it_waits_for_and_what_was_refused() -> None:
    metrics, why, errors = Metrics(), ["Elasticsearch is busy"], {429: 7}
    metrics.indexing(lambda: why[0], lambda: errors)
    found = samples(metrics)
    assert found["biowire_up", "index,Elasticsearch is busy"] == 0
    assert found["biowire_bulk_errors_total", "429"] == 7
    assert metrics.reasons() == ["waiting for the index: Elasticsearch is busy"]
    why[0] = ""
    assert samples(metrics)["biowire_up", "index,"] == 1


def test_a_figure_that_cannot_be_read_hides_no_other(caplog: pytest.LogCaptureFixture) -> None:
    metrics = Metrics()
    metrics.lag(lambda: 1 // 0)  # type: ignore[arg-type, return-value]
    with caplog.at_level(logging.WARNING):
        assert ("biowire_articles_total", "new") in samples(metrics)
    assert "metrics could not be read" in caplog.text


def test_the_build_names_its_versions() -> None:
    line = next(
        line for line in Metrics().page().decode().splitlines() if line.startswith("biowire_build_info")
    )
    assert re.search(r'version="\d+\.\d+', line)
    assert re.search(r'elasticsearch="9\.', line)


def test_every_figure_has_a_help_text_and_our_prefix() -> None:
    for family in text_string_to_metric_families(Metrics().page().decode()):
        assert family.documentation
        assert family.name.startswith(("biowire_", "process_")), family.name


def test_metrics_and_health_are_served_and_nothing_else() -> None:
    metrics = Metrics()
    with metrics.serve("127.0.0.1", 0) as server:
        status, kind, body = get(server.port, "/metrics")
        assert (status, kind) == (200, "text/plain; version=0.0.4; charset=utf-8")
        assert b"biowire_build_info" in body
        assert get(server.port, "/")[0] == 404
        status, kind, body = get(server.port, "/healthz")
        assert (status, kind, json.loads(body)) == (200, "application/json", {"healthy": True, "reasons": []})
        metrics.waiting("index", "it refuses connections")
        metrics.health(lambda: ["no partition is assigned"])
        status, _, body = get(server.port, "/healthz")
        assert status == 503
        assert json.loads(body)["reasons"] == [
            "waiting for the index: it refuses connections",
            "no partition is assigned",
        ]


def test_a_client_that_dawdles_keeps_nobody_else_waiting() -> None:
    with Metrics().serve("127.0.0.1", 0) as server, closing(create_connection(("127.0.0.1", server.port))):
        assert get(server.port, "/metrics")[0] == 200


def test_a_port_in_use_is_told_in_one_sentence() -> None:
    with (
        Metrics().serve("127.0.0.1", 0) as server,
        pytest.raises(UserError, match=r"127\.0\.0\.1:\d+: Address already in use"),
    ):
        Metrics().serve("127.0.0.1", server.port)


def test_a_closed_server_frees_its_port() -> None:
    with Metrics().serve("127.0.0.1", 0) as server:
        port = server.port
    Metrics().serve("127.0.0.1", port).close()


def test_who_observes_nothing_takes_everything() -> None:
    with unobserved() as observer:
        observer.waiting("broker", "…")
        observer.reached("broker")
        observer.counting(lambda: pytest.fail("nobody asked"))
    both: list[Observer] = [Unobserved(), Metrics()]
    assert len(both) == 2


def test_figures_are_served_only_where_the_settings_name_a_port() -> None:
    with Metrics().serve("127.0.0.1", 0) as server:
        port = server.port
    with observed({"metrics_port": port, "metrics_host": "127.0.0.1"}) as metrics:
        metrics.outcome("new")
        assert b'biowire_articles_total{outcome="new"} 1.0' in get(port, "/metrics")[2]
    with observed({"metrics_port": 0}), pytest.raises(ConnectionRefusedError):
        create_connection(("127.0.0.1", port))
