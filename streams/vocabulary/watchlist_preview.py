"""Which articles gain the flag of a watchlist, and which lose it, under another vocabulary.

    archive, newest first in portions ─► scan and flag, as live ─► compared with the flags the articles have

A replay with that vocabulary changes the flags of this list in just this way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import cast

from connectors.records import Article

from ..core.alerts.quoting import quote
from ..core.alerts.records import Shown
from ..core.compiled import Vocabulary
from ..core.flag import flag
from ..core.matcher import scan
from ..core.query import Everything
from ..core.query_hits import Span
from ..core.records import Document, Flag
from ..sinks import ArticleSearch

SAMPLES = 20
QUOTES = 3
_PORTION = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What was found; articles, copies included."""

    looked: int
    since: datetime | None
    """Published from then on; None when none was looked at."""
    whole: bool
    """Whether that is all there is."""
    before: int
    after: int
    """With the flag."""
    gained: int
    lost: int
    gained_samples: tuple[Shown, ...]
    lost_samples: tuple[Shown, ...]
    """Newest first, with the words."""
    forgotten: int
    """Left out: retention has removed the text that the flag rests on."""


def preview(
    index: ArticleSearch,
    vocabulary: Vocabulary,
    watchlist: str,
    most: int | None,
    going_on: Callable[[], bool],
) -> Preview:
    """Look at the newest `most` articles (None: all), for as long as `going_on` says; at some in any case."""
    tally = _Tally(vocabulary, watchlist)
    whole, since = True, None
    for begin, documents in _portions(index):
        room = None if most is None else most - tally.looked
        if room == 0 or (tally.looked and not going_on()):
            whole = False
            break
        tally.take(list(islice(documents, room)))
        since = begin
    return tally.told(since, whole=whole and (most is None or tally.looked < most))


def _portions(index: ArticleSearch) -> Iterator[tuple[datetime, Iterator[Document]]]:
    """The newest hours that hold some hundred articles together, with these; then those before."""
    hours = index.histogram(Everything(), "hour", copies=True)
    until: datetime | None = None
    held = 0
    for hour, count in reversed(hours):
        held += count
        if held >= _PORTION or hour == hours[0][0]:
            yield hour, index.scan(since=hour, until=until)
            until, held = hour, 0


class _Tally:
    def __init__(self, vocabulary: Vocabulary, watchlist: str) -> None:
        self.vocabulary = vocabulary
        self.watchlist = watchlist
        self.looked = self.before = self.after = self.forgotten = self.gained = self.lost = 0
        self.samples: dict[bool, list[Shown]] = {True: [], False: []}

    def take(self, documents: Sequence[Document]) -> None:
        """Documents in any order, all newer than those taken next."""
        changed: dict[bool, list[Shown]] = {True: [], False: []}
        for document in documents:
            self.looked += 1
            old = [one for one in document.flags if one.watchlist == self.watchlist]
            if any(not getattr(document, one.field) for one in old):
                self.forgotten += 1
                continue
            article = cast("Article", document)  # it has what a scan asks for: words, language, date
            flags = flag(article, scan(article, self.vocabulary), self.vocabulary)
            new = [one for one in flags if one.watchlist == self.watchlist]
            self.before += bool(old)
            self.after += bool(new)
            if bool(old) != bool(new):
                changed[bool(new)].append(_shown(document, new or old))
        self.gained += len(changed[True])
        self.lost += len(changed[False])
        for gained, found in changed.items():
            room = SAMPLES - len(self.samples[gained])
            self.samples[gained] += sorted(found, key=lambda one: (one.when, one.id), reverse=True)[:room]

    def told(self, since: datetime | None, *, whole: bool) -> Preview:
        return Preview(
            looked=self.looked,
            since=since,
            whole=whole,
            before=self.before,
            after=self.after,
            gained=self.gained,
            lost=self.lost,
            gained_samples=tuple(self.samples[True]),
            lost_samples=tuple(self.samples[False]),
            forgotten=self.forgotten,
        )


def _shown(document: Document, flags: Iterable[Flag]) -> Shown:
    spans = [Span(one.field, one.start, one.end, one.term) for one in islice(flags, QUOTES)]
    return Shown(
        id=document.id,
        title=document.title,
        url=document.url,
        source=document.source.name,
        when=document.when,
        story_id=document.story_id,
        story_size=document.story.size,
        clauses=tuple(dict.fromkeys(span.clause for span in spans)),
        quotes=tuple(quote(document, span) for span in spans),
        language=document.language,
    )
