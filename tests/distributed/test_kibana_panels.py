"""Every panel, control, list and saved query for Kibana finds something on a real node: nothing shown is empty.

`BIOWIRE_FULL=1` asks them of a whole real week too.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alerts import an_alert
from embedded_runs import world_items
from kibana_requests import Asked, requests
from shared_data import shared

from connectors.normalize import item_from_fields, item_from_json
from connectors.publish.log import encode
from connectors.records import Feed
from dashboards.kibana.definitions import everything
from seeds.world.loading import load as load_world
from streams.alerts import Raised
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
MAY_BE_ZERO = {"biowire-coverage dead-letters"}
"""Figures that say 0 in a good week."""
FOREIGN = {"search:biowire-other-languages"}
"""Finds articles about biometrics in other languages, of which the real week has none."""
REAL_NAMES = {"search:biowire-vendors"}
"""Finds the names of real companies, which the sample world has none of."""


@pytest.fixture(scope="module")
def fill_in(elastic: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Makes an index of items and gives back its name."""
    made: list[Index] = []

    def filled(bodies: Sequence[bytes], received: datetime, feeds: Sequence[Feed] | None) -> Index:
        home = tmp_path_factory.mktemp("partitions")
        index = index_of({"index": elastic.url, "index_prefix": f"kibana{home.stat().st_ino}-"})
        assert index is not None
        made.append(index)
        fill(index, bodies, received, WORDS, home, feeds)
        _raise_alerts(index, received)
        return index

    yield filled
    for index in made:
        with index.client() as client:
            client.indices.delete(index=indices(client, index))
            client.indices.delete_index_template(name=f"{index.prefix}*")


def _raise_alerts(index: Index, when: datetime) -> None:
    with index.client() as client:
        for number, kind in enumerate(("each", "spike")):
            alert = an_alert(f"k{number}", kind=kind)
            raised = Raised(alert=alert, seq=number, raised=when + timedelta(minutes=number))
            client.index(index=index.alerts_index, id=alert.id, document=body(raised, ()), refresh=True)


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
    return bool(one.rows(answer)) or one.name in MAY_BE_ZERO


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
