"""`biowire subscriptions test`: what a question would have found and raised, over the archive."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from connectors.console import Context, json_option, pass_context, print_json, safe
from connectors.errors import UserError

from ..alerting.backtesting import run_backtest
from ..core.alerts.backtest import Backtest, Edit, Sent, Week
from ..core.alerts.changes import condition_text
from ..core.alerts.records import RHYTHMS, Alert, Rhythm, Subscription
from ..core.alerts.showing import as_result
from ..core.query_parse import parse
from ..reading import reading
from ..sinks import ArticleSearch
from ..subscriptions.choose import subscriptions as opened
from .periods import period_options
from .shown_documents import shown_lines
from .subscription_options import applied, condition_options, local_zone, message_options

_BAR = 40
_WEEKS_SHOWN = 26
_ALERTS_SHOWN = 10
_SECOND = timedelta(seconds=1)


@click.command()
@click.argument("query", metavar="QUERY|NAME")
@period_options
@click.option(
    "--query", "new_query", metavar="Q", help="Of NAME: another query, compared with the one it has."
)
@condition_options
@message_options
@json_option
@pass_context
def test(
    context: Context,
    /,
    *,
    query: str,
    new_query: str | None,
    since: datetime | None,
    until: datetime | None,
    as_json: bool,
    **said: Any,
) -> None:
    """Try a question, or a subscription, on all that is kept; nothing is saved or sent.

    It says what was found week by week, by whom, with samples; which alerts the condition would have raised,
    and which were sent as the articles came in; and how many messages that makes. Options given for a
    subscription are compared with how it is now.

    Example: biowire subscriptions test '"face recognition" domain:border' --when spike --since 90d
    """
    saved = _saved(context, query)
    plain = saved or _unsaved(query, said["zone"])
    tried = applied(plain, said | {"query": new_query})
    previous = saved if saved is not None and tried != saved else None
    with reading(context) as ports:
        result = over(ports.index, tried, since, until, previous)
        result = replace(result, sent=ports.sent(tried, result.since, result.until))
    if as_json:
        print_json(as_result(tried, result))
    else:
        click.echo("\n".join(_described(tried, result)))


def _saved(context: Context, key: str) -> Subscription | None:
    with opened(context) as store:
        return store.get(key)


def _unsaved(query: str, zone: str | None) -> Subscription:
    parse(query)  # the sentence is about the query, not about a name that is none
    return Subscription(id="test", name="test", query=query, rhythm=Rhythm(zone=zone or local_zone()))


def difference(context: Context, old: Subscription, new: Subscription) -> dict[str, Any]:
    """What the archive gains and loses by an edit; nothing where there is no archive yet."""
    if not context.distributed and not context.store.exists():
        return {}
    with reading(context) as ports:
        if _first(ports.index) is None:
            return {}
        edit = over(ports.index, new, None, None, old).edit
    return {} if edit is None else {"gained": edit.gained, "lost": edit.lost}


def over(
    index: ArticleSearch,
    subscription: Subscription,
    since: datetime | None,
    until: datetime | None,
    previous: Subscription | None = None,
) -> Backtest:
    """Run a backtest over a period; an end not given is that of the archive. Raises UserError."""
    first = _first(index) if since is None else since
    if first is None:
        raise UserError("There is no article in the archive yet, so there is nothing to try this on.")
    end = until or _last(index).replace(microsecond=0) + _SECOND
    if first >= end:
        raise UserError("The period ends before it begins; --since has to be before --until.")
    return run_backtest(index, subscription, first, end, previous)


def _first(index: ArticleSearch) -> datetime | None:
    """The whole second of the oldest article; None when there is no article."""
    document = next(iter(index.scan()), None)
    return None if document is None else document.when.replace(microsecond=0)


def _last(index: ArticleSearch) -> datetime:
    newest = index.search(parse("*"), limit=1, copies=True).hits
    return newest[0].document.when if newest else datetime.now(UTC)


def _described(subscription: Subscription, result: Backtest) -> Iterator[str]:
    yield safe(f"{subscription.query}  when {condition_text(subscription.condition)}")
    found = f"{_count(result.hits, 'hit')} in {_count(result.stories, 'story', 'stories')}"
    period = f"{result.since:%Y-%m-%d} to {result.until - _SECOND:%Y-%m-%d}"
    yield f"{found}, {period}: {result.hits / result.weeks:.1f} a week."
    if result.hits:
        yield ""
        yield from _weeks(result.per_week)
        yield ""
        yield f"sources:  {_counts(result.sources)}"
        yield f"names:    {_counts(result.names)}"
        yield ""
        for sample in result.samples:
            yield from shown_lines(sample)
            yield ""
    yield from _alerts(result.alerts)
    if result.sent is not None:
        yield _sent(result.sent)
    told = ", ".join(f"{every} {result.messages[every]:.1f}" for every in RHYTHMS)
    yield f"Messages a week to each channel: {told}."
    if result.edit is not None:
        yield from _edit(result.edit)
    yield from map(safe, result.notes)


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _counts(counts: Sequence[tuple[str, int]]) -> str:
    return safe(", ".join(f"{name} {count:,}" for name, count in counts)) or "none"


def _weeks(weeks: Sequence[Week]) -> Iterator[str]:
    """A bar for each week, the last half year's; what was before is summed up, what is ahead left out."""
    today = datetime.now(UTC).date()
    weeks = [week for week in weeks if week.hits or week.alerts or week.begins <= today]
    first = next((at for at, week in enumerate(weeks) if week.hits or week.alerts), 0)
    shown = weeks[max(first, len(weeks) - _WEEKS_SHOWN) :]
    before = weeks[first : len(weeks) - len(shown)]
    if before:
        yield f"{'before':>10}  {sum(week.hits for week in before):>6,}"
    most = max(week.hits for week in shown) or 1
    for week in shown:
        bar = "█" * -(-week.hits * _BAR // most)
        alerts = f"  {_count(week.alerts, 'alert')}" if week.alerts else ""
        yield f"{week.begins}  {week.hits:>6,}  {bar}{alerts}".rstrip()


def _alerts(alerts: Sequence[Alert]) -> Iterator[str]:
    yield f"{_count(len(alerts), 'alert')}{':' if alerts else '.'}"
    more = len(alerts) - _ALERTS_SHOWN
    if more > 0:
        yield f"  … and {more:,} before these"
    for alert in alerts[-_ALERTS_SHOWN:]:
        title = f" {alert.shown[0].title}" if alert.kind in {"each", "story"} and alert.shown else ""
        yield safe(f"  {alert.when:%Y-%m-%d %H:%M}  {alert.sentence}{title}")


def _sent(sent: Sequence[Sent]) -> str:
    withdrawn = sum(one.withdrawn for one in sent)
    said = f"Sent as the articles came in: {_count(len(sent), 'alert')}"
    return (
        f"{said}, {withdrawn:,} of which moved or did not hold any more when others came late."
        if withdrawn
        else f"{said}."
    )


def _edit(edit: Edit) -> Iterator[str]:
    yield (
        f"Compared with now: {_count(edit.gained, 'article')} gained, {_count(edit.lost, 'article')} lost; "
        f"{_count(edit.alerts_before, 'alert')} before."
    )
    for word, samples in (("gained", edit.gained_samples), ("lost", edit.lost_samples)):
        for one in samples:
            yield f"  {word:<6}  {one.when:%Y-%m-%d}  {safe(one.title)}"
