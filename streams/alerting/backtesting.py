"""Try a subscription on the archive before it is saved: open the index, hand its documents to the backtest.

Only documents the query finds are opened, so the time goes by hits, not by the size of the archive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from ..core.alerts.backtest import Backtest, backtest
from ..core.alerts.conditions import history_start, leads_start
from ..core.alerts.leads import LeadTimes
from ..core.alerts.records import Subscription
from ..core.query import Everything, Or, join, narrow
from ..core.query_parse import parse
from ..core.records import Document
from ..sinks import ArticleSearch

Progress = Callable[[int, int], None]
"""Told of documents done, and of how many there are, before each."""


def run_backtest(
    index: ArticleSearch,
    subscription: Subscription,
    since: datetime,
    until: datetime,
    previous: Subscription | None = None,
    progress: Progress | None = None,
) -> Backtest:
    """What the subscription would have raised from `since` on, before `until`.

    `previous`: the version an edit is compared with. Raises QuerySyntaxError.
    """
    versions = [subscription, *([previous] if previous else [])]
    query = join(Or, [narrow(parse(version.query)) for version in versions])
    begin = min(history_start(version.condition, since) for version in versions)
    documents: Iterable[Document] = index.scan(query, since=begin, until=until)
    if progress is not None:
        documents = _told(documents, index.count(query, since=begin, until=until, copies=True), progress)
    leads_from = [leads_start(version.condition, since) for version in versions]
    leads = _leads(index, [moment for moment in leads_from if moment is not None], until)
    counts = index.histogram(Everything(), "week", since=since, until=until, copies=True)
    return backtest(subscription, documents, leads, since, until, previous, counts)


def _leads(index: ArticleSearch, begins: list[datetime], until: datetime) -> LeadTimes:
    return LeadTimes(index.leads(min(begins), until)) if begins else LeadTimes()


def _told(documents: Iterable[Document], total: int, progress: Progress) -> Iterator[Document]:
    for done, document in enumerate(documents):
        progress(done, total)
        yield document
