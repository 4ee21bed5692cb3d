"""Items of a small world told on purpose: a revised article, one joined with another, flags in all fields."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from api_world import NOON, fill, shipped

from connectors.normalize import address_id
from connectors.urls import canonical_url
from streams.embedded import Instance

LEDGER = "https://ledger.example"
_WORDS = (
    "The police chief told the council that live facial recognition at the river crossing led to three arrests "
    "in May. Officers used face scans on everybody who crossed, she said, and kept the images for 31 days. "
    "The data protection authority has asked for the contract with the vendor and for the error rates by age."
)


def item(path: str, **given: Any) -> dict[str, Any]:
    """An item of the Ledger."""
    return {
        "feed_url": f"{LEDGER}/feed",
        "title": "Facial recognition at the river crossing: what the council was told",
        "link": f"{LEDGER}/{path}",
        "author": "Ana Marín",
        "published": "2026-11-21T10:00:00Z",
        "language": "en",
        "summary_html": "<p>Face scans at the crossing led to arrests, the council heard.</p>",
        "content_html": f"<p>{_WORDS}</p>",
        **given,
    }


REVISED = [
    item("crossing"),
    item(
        "crossing",
        updated="2026-11-21T15:00:00Z",
        content_html=f"<p>{_WORDS.replace('three arrests', 'two arrests and one apology')}</p>",
    ),
]
_TUESDAY = {
    "title": "Council weighs cameras at the old river crossing on Tuesday",
    "summary_html": "<p>The council will vote.</p>",
    "content_html": "",
}
JOINED = [
    item("tuesday", guid="council-1", **_TUESDAY),
    item("wednesday", guid="council-1", published="2026-11-21T11:00:00Z", **_TUESDAY),
]
"""Two addresses of one article: the same guid and words."""


def id_of(path: str) -> str:
    """Id by the address itself."""
    canonical = canonical_url(f"{LEDGER}/{path}")
    assert canonical
    return address_id(canonical)


def receive(home: Path, *items: Mapping[str, Any], at: datetime = NOON) -> None:
    """Have items come in, as another process's `run` would: each a minute after the one before."""
    with Instance(home / "biowire.db", shipped()) as instance:
        for number, one in enumerate(items):
            moment = at + timedelta(minutes=number)
            instance.ingest([json.dumps(one).encode()], moment, lambda: None)


def told_home(home: Path) -> Path:
    """The sample world with these."""
    receive(fill(home), *REVISED, *JOINED)
    return home
