"""Run the past through the present: the same log under another vocabulary, compared document by document.

    whole:    log ─► a fresh store beside the old one ─► compare ─► (unless --diff) copied over the old one
    --since:  documents since D ─► their items from the log ─► analyzed again ─► compare ─► (written)

A whole replay works every line again, so it also rebuilds what other versions of dedup or story decided. With
nothing changed the result is the same to the byte.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from connectors.errors import UserError
from connectors.records import Article, Feed

from ..core.analyze import analyze
from ..core.compiled import Vocabulary
from ..core.dedup import Seen, seen
from ..core.index import Stored, strip
from ..core.records import Document
from ..embedded import BATCH, Instance
from ..pipeline import stored
from ..sinks.order import place

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Change:
    """How one document differs: each of `gained` and `lost` names flags, labels, relevance or story."""

    id: str
    title: str
    gained: tuple[str, ...]
    lost: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What a replay found."""

    documents: int
    changes: tuple[Change, ...]
    vocabulary_before: tuple[str, ...]
    vocabulary_after: str

    def as_fields(self, limit: int) -> dict[str, Any]:
        """For JSON: totals over all changes, and the first `limit` of them."""
        gained = [what.split(" ", 1)[0] for change in self.changes for what in change.gained]
        lost = [what.split(" ", 1)[0] for change in self.changes for what in change.lost]
        kinds = ("document", "flag", "label", "relevance", "story", "content")
        return {
            "documents": self.documents,
            "changed": len(self.changes),
            "gained": {kind: gained.count(kind) for kind in kinds},
            "lost": {kind: lost.count(kind) for kind in kinds},
            "vocabulary": {"before": self.vocabulary_before, "after": self.vocabulary_after},
            "changes": [
                {"id": one.id, "title": one.title, "gained": one.gained, "lost": one.lost}
                for one in self.changes[:limit]
            ],
        }


def replay(
    instance: Instance, vocabulary: Vocabulary, feeds: Iterable[Feed], *, write: bool, progress: Progress
) -> Report:
    """Work the whole log again into a fresh store; copy it over this one if `write`.

    Raises UserError when retention has removed raw items: those documents could not be rebuilt.
    """
    execute = instance.database.connection.execute
    if execute("SELECT 1 FROM items WHERE length(body) = 0 LIMIT 1").fetchone():
        raise UserError(
            "Retention has removed raw items, so the whole log cannot be replayed; use `replay --since D` "
            "with a later date: it renews the documents whose items are kept and leaves the others."
        )
    with (
        _beside(instance.database.path) as folder,
        Instance(folder / "replay.db", vocabulary, feeds) as fresh,
    ):
        _copy_log(instance, fresh)
        done, total = 0, len(instance.log)
        while tally := fresh.step():
            done += sum(tally.values())
            progress(done, total)
        report = compare(instance.index.scan(), fresh.index.scan(), vocabulary.version)
        if write:
            fresh.database.connection.backup(instance.database.connection)
    return report


def replay_since(
    instance: Instance, vocabulary: Vocabulary, since: datetime, *, write: bool, progress: Progress
) -> Report:
    """Analyze the documents since that time again; write what changed if `write`."""
    groups = [(id_, seen(sightings)) for id_, sightings in instance.seen.groups()]
    due = [one for _, one in groups if (one.published or one.first_seen) >= since]
    changes: list[Change] = []
    before_versions: set[str] = set()
    with instance.whole(quiet=True):
        for at in range(0, len(due), BATCH):
            batch = [
                (article, one) for one in due[at : at + BATCH] if (article := instance.pipeline.standing(one))
            ]
            changes.extend(_renew(instance, vocabulary, batch, before_versions, write=write))
            progress(min(at + BATCH, len(due)), len(due))
    return Report(len(due), tuple(changes), tuple(sorted(before_versions)), vocabulary.version)


def _renew(
    instance: Instance,
    vocabulary: Vocabulary,
    batch: list[tuple[Article, Seen]],
    versions: set[str],
    *,
    write: bool,
) -> Iterator[Change]:
    changed = []
    for article, one in batch:
        before = instance.index.get(article.id)
        after = stored(analyze(article, vocabulary), one, instance.pipeline.sources, vocabulary.version)
        if before is not None:
            versions.add(before.vocabulary_version)
            if change := _difference(strip(before), after):
                yield change
            if strip(before) != after:
                changed.append((article, one))
    if write and changed:
        instance.pipeline.renew(changed)


@contextlib.contextmanager
def _beside(store: Path) -> Iterator[Path]:
    """A folder on the same disk that is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="replay-", dir=store.parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


_KEPT = ("items", "log_counters", "imports")


def _copy_log(old: Instance, fresh: Instance) -> None:
    """Bring over what is not derived: the log, and the feed list with its state."""
    connection = fresh.database.connection
    connection.execute("ATTACH DATABASE ? AS old", (f"{old.database.path.resolve().as_uri()}?mode=ro",))
    try:
        with fresh.database.transaction():
            feed_tables = connection.execute(
                "SELECT name FROM old.sqlite_master WHERE type = 'table' AND name LIKE 'feed%'"
            )
            for table in (*_KEPT, *(name for (name,) in feed_tables.fetchall())):
                connection.execute(f"INSERT INTO main.{table} SELECT * FROM old.{table}")  # noqa: S608 - our own names
    finally:
        connection.execute("DETACH DATABASE old")


def compare(before: Iterable[Document], after: Iterable[Document], version: str) -> Report:
    """Merge two scans, both in the order of `sinks.order`, into the changes between them."""
    changes: list[Change] = []
    versions: set[str] = set()
    count = 0
    olds, news = iter(before), iter(after)
    old, new = next(olds, None), next(news, None)
    while old or new:
        if new is None or (old is not None and place(old) < place(new)):
            assert old is not None  # noqa: S101 - the loop's condition
            changes.append(Change(old.id, old.title, (), ("document",)))
            versions.add(old.vocabulary_version)
            old = next(olds, None)
            continue
        count += 1
        if old is None or place(new) < place(old):
            changes.append(Change(new.id, new.title, ("document",), ()))
            new = next(news, None)
            continue
        versions.add(old.vocabulary_version)
        if change := _difference(old, new):
            changes.append(change)
        old, new = next(olds, None), next(news, None)
    return Report(count, tuple(changes), tuple(sorted(versions)), version)


def _difference(old: Document | Stored, new: Document | Stored) -> Change | None:
    before, after = set(_said(old)), set(_said(new))
    if before == after:
        return None
    return Change(new.id, new.title, tuple(sorted(after - before)), tuple(sorted(before - after)))


def _said(document: Document | Stored) -> Iterator[str]:
    for flag in document.flags:
        yield f"flag {flag.watchlist}/{flag.term} “{flag.surface}” {flag.field}[{flag.start}:{flag.end}]"
    for label in document.labels:
        yield f"label {label.facet}/{label.id} {label.score:.3f}"
    yield f"relevance {document.relevance}"
    yield f"content {document.content_hash}"
    if isinstance(document, Document):
        yield f"story {document.story_id} as {document.story.role}, copy of {document.dedup.of or 'none'}"
