"""Whether all is read, worked and well: the same numbers as `biowire status`, and what to do about them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from starlette.responses import Response

from streams.cli.deadletters import dead_letters
from streams.core.query import Everything
from streams.reading import Reading
from streams.store_files import last_backup

from ...api.status import RETRIED, retried
from ..first_run import nothing_yet
from ..routing import Pages
from ..visit import Visit, text

pages = Pages()

LETTERS = 20
"""Dead letters shown."""
DELIVERIES = 100
"""Deliveries of a state looked at; more are said to be more."""
SAMPLE = 200
"""Newest articles that the delay is taken from."""


@dataclass(frozen=True, slots=True)
class Delay:
    """From publication to first seen, of the newest articles that say when they were published."""

    articles: int
    half: timedelta
    """Half of them were seen within it."""
    most: timedelta
    """Nine in ten were."""


@pages.get("/health")
def show(visit: Visit) -> Response:
    """Outcomes that add up, lag, feeds, dead letters, messages, disk, versions."""
    ports = visit.ports
    if nothing_yet(ports):
        return visit.go("/welcome")
    with ports.reading(fresh=True) as reading:
        status = reading.status(ports.vocabulary().version)
        delay = _delay(reading)
    with ports.alerts() as (_, outbox):
        waiting = [
            *outbox.list(state="pending", limit=DELIVERIES),
            *outbox.list(state="sending", limit=DELIVERIES),
        ]
        failed = outbox.list(state="failed", limit=DELIVERIES)
    letters = dead_letters(ports.context).all() if status["dead_letters"] else ()
    return visit.render(
        "health.html",
        state=status,
        came=sum(status["outcomes"].values()),
        letters=letters[:LETTERS],
        letters_total=len(letters),
        retried=RETRIED,
        waiting=waiting,
        failed=failed,
        deliveries=DELIVERIES,
        delay=delay,
        disk=None if ports.context.distributed else _disk(ports.context.home),
        backup=None if ports.context.distributed else last_backup(ports.context.store),
        distributed=ports.context.distributed,
    )


def _delay(reading: Reading) -> Delay | None:
    hits = reading.index.search(Everything(), limit=SAMPLE, copies=True).hits
    found = [one.document for one in hits]
    delays = sorted(one.first_seen - one.published for one in found if one.published)
    late = [max(one, timedelta(0)) for one in delays]
    return Delay(len(late), late[len(late) // 2], late[len(late) * 9 // 10]) if late else None


def _disk(home: Path) -> dict[str, Any]:
    """Bytes of the files in the home, by name, and what is free beside them."""
    files = {one.name: one.stat().st_size for one in sorted(home.iterdir()) if one.is_file()}
    large = {name: size for name, size in files.items() if name.endswith((".db", "-wal"))}
    return {
        "home": str(home),
        "files": large,
        "total": sum(files.values()),
        "free": shutil.disk_usage(home).free,
    }


@pages.post("/health/retry")
def retry(visit: Visit) -> Response:
    """Take dead letters up again: the one that is named, or the oldest hundred."""
    named = text(visit.form, "letter", 200)
    outcomes = retried(visit.ports, [named] if named else None)
    return visit.go("/health", _ended(visit, outcomes))


def _ended(visit: Visit, outcomes: dict[str, int]) -> str:
    if not outcomes:
        return visit.gettext("There was nothing to retry.")
    ended = ", ".join(f"{count:,} {what.replace('_', '-')}" for what, count in outcomes.items())
    return visit.gettext("Taken up again: %(outcomes)s.", outcomes=ended)


@pages.post("/health/send")
def send(visit: Visit) -> Response:
    """Try a message again that could not be delivered."""
    with visit.ports.alerts() as (_, outbox):
        done = outbox.retry(text(visit.form, "delivery", 200), datetime.now(UTC))
    if done:
        return visit.go("/health", visit.gettext("The message is tried again."))
    return visit.go("/health", visit.gettext("That message is not waiting to be tried."))
