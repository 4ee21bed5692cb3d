"""What a backtest says of a subscription: hits, samples, alerts, messages, and what an edit changes."""

import itertools
from datetime import UTC, date, datetime, time, timedelta

import pytest
from documents import a_document, a_flag, a_grouping, a_label, an_id

from streams.alerting.backtesting import run_backtest
from streams.core.alerts.conditions import with_defaults
from streams.core.alerts.forecast import forecast, in_weeks, messages, monitored
from streams.core.alerts.records import Rhythm, Subscription
from streams.core.query import QuerySyntaxError
from streams.core.query_parse import parse
from streams.core.records import Source
from streams.sinks.memory import MemoryIndex

MONDAY = datetime(2023, 8, 7, tzinfo=UTC)
DAY, HOUR, WEEK = timedelta(days=1), timedelta(hours=1), timedelta(weeks=1)
UNTIL = MONDAY + 4 * WEEK


def article(name, day=0.0, title="Face scans at the gate", host="daily.example", **given):
    when = MONDAY + day * DAY
    source = Source(name=host.partition(".")[0].title(), host=host)
    return a_document(name, title=title, published=when, first_seen=when + HOUR, source=source, **given)


def a_subscription(query="face", rhythm=Rhythm(), kind="each", **given):  # noqa: B008 - frozen
    return Subscription(
        id="tried", name="Tried", query=query, rhythm=rhythm, condition=with_defaults(kind, **given)
    )


@pytest.fixture
def index():
    index = MemoryIndex()
    index.put(
        [
            article("a", 0, labels=(a_label("domain", "policing"),)),
            article("b", 0.5, host="other.example"),
            article("c", 9, flags=(a_flag("vendors", "acme", "title", 0, 4, "Face"),)),
            article("copy", 10, host="copier.example"),
            article("iris", 11, title="Iris scans at the gate"),
            article("d", 21),
            article("before", -1),
            article("after", 28),
        ]
    )
    index.put_groupings(
        [a_grouping("a", role="lead"), a_grouping("b"), a_grouping("copy", role="copy", copy_of="a")]
    )
    return index


def test_hits_are_what_a_search_for_the_period_finds_week_by_week(index):
    found = run_backtest(index, a_subscription(), MONDAY, UNTIL)
    assert found.hits == index.count(parse("face"), since=MONDAY, until=UNTIL) == 4
    assert found.stories == 3
    assert [(week.begins, week.hits, week.alerts) for week in found.per_week] == [
        (date(2023, 8, 7), 2, 2),
        (date(2023, 8, 14), 1, 1),
        (date(2023, 8, 21), 0, 0),
        (date(2023, 8, 28), 1, 1),
    ]
    assert found.sources == (("Daily", 3), ("Other", 1))
    assert dict(found.names) == {"domain:policing": 1, "term:acme": 1, "watchlist:vendors": 1}


def test_copies_count_when_the_query_asks_for_them(index):
    assert run_backtest(index, a_subscription("face is:copy"), MONDAY, UNTIL).hits == 1
    assert run_backtest(index, a_subscription("face (is:copy OR -is:copy)"), MONDAY, UNTIL).hits == 5


def test_samples_quote_the_words_that_matched_newest_first_one_of_each_story(index):
    samples = run_backtest(index, a_subscription(), MONDAY, UNTIL).samples
    assert [sample.id for sample in samples] == [an_id("d"), an_id("c"), an_id("b")]
    quote = samples[0].quotes[0]
    assert (quote.clause, quote.surface, quote.field) == ("face", "Face", "title")


def test_many_hits_are_sampled_over_the_whole_period():
    index = MemoryIndex()
    index.put(article(str(day), day / 4) for day in range(112))
    samples = run_backtest(index, a_subscription(), MONDAY, UNTIL).samples
    assert len(samples) == 10
    assert (samples[0].id, samples[-1].id) == (an_id("111"), an_id("0"))
    gaps = [newer.when - older.when for newer, older in itertools.pairwise(samples)]
    assert min(gaps) >= 2 * DAY


def test_an_edit_is_compared_with_the_version_before(index):
    found = run_backtest(
        index, a_subscription("iris OR title:face host:other*"), MONDAY, UNTIL, a_subscription()
    )
    edit = found.edit
    assert (found.hits, edit.hits_before, edit.gained, edit.lost) == (2, 4, 1, 3)
    assert (len(found.alerts), edit.alerts_before) == (2, 4)
    assert [shown.id for shown in edit.gained_samples] == [an_id("iris")]
    assert [shown.id for shown in edit.lost_samples] == [an_id("d"), an_id("c"), an_id("a")]
    assert edit.gained_samples[0].quotes[0].surface == "Iris"
    assert edit.lost_samples[0].quotes[0].surface == "Face"


def test_history_before_the_period_decides_but_raises_nothing():
    index = MemoryIndex()
    label = (a_label("organisation", "acme"),)
    index.put(article(f"n{day}", day, title="Other news") for day in range(-110, 28))
    index.put([article("old", -5, labels=label), article("known", 3, labels=label)])
    index.put([article("new", 4, labels=(*label, a_label("organisation", "zenith")))])
    found = run_backtest(index, a_subscription(kind="new-entity"), MONDAY, UNTIL)
    assert [alert.key for alert in found.alerts] == [f"organisation:zenith @ {an_id('new')}"]
    assert found.hits == 2
    assert found.notes == ()


def test_what_could_not_be_decided_is_said():
    index = MemoryIndex()
    index.put([article("a", 3, labels=(a_label("organisation", "acme"),))])
    found = run_backtest(index, a_subscription(kind="new-entity"), MONDAY, UNTIL)
    assert found.alerts == ()
    (note,) = found.notes
    assert note.startswith("At 1 article nothing was raised because the archive does not reach back")


def test_silence_counts_from_the_begin_of_the_period_where_nothing_matches(index):
    found = run_backtest(index, a_subscription("nothing", kind="silence"), MONDAY, UNTIL)
    assert [(alert.key, alert.when) for alert in found.alerts] == [("start", MONDAY + WEEK)]


def test_progress_tells_how_far_it_is(index):
    told = []
    run_backtest(
        index, a_subscription(), MONDAY, UNTIL, progress=lambda done, total: told.append((done, total))
    )
    assert told == [(0, 4), (1, 4), (2, 4), (3, 4)]


def test_a_query_that_cannot_be_read_is_refused(index):
    with pytest.raises(QuerySyntaxError):
        run_backtest(index, a_subscription("face ("), MONDAY, UNTIL)


# forecast

ALERTS = [
    MONDAY + timedelta(hours=hour, minutes=minute)
    for hour, minute in [(7, 0), (7, 0), (7, 30), (9, 0), (26, 0), (26, 1), (24 * 8, 0)]
]


@pytest.mark.parametrize(
    ("rhythm", "count"),
    [
        (Rhythm(), 6),
        (Rhythm(quiet=(time(22), time(8))), 4),
        (Rhythm(every="hourly"), 4),
        (Rhythm(every="daily"), 3),
        (Rhythm(every="daily", at=time(23, 30)), 3),
        (Rhythm(every="daily", zone="America/New_York", at=time(23, 30)), 2),
        (Rhythm(every="weekly"), 3),
        (Rhythm(every="weekly", weekday=4), 2),
    ],
    ids=["now", "quiet", "hourly", "daily", "late", "zone", "weekly", "friday"],
)
def test_messages_are_counted_as_the_rhythm_groups_alerts(rhythm, count):
    assert messages(rhythm, ALERTS) == count


def test_a_forecast_is_per_week_for_every_rhythm():
    said = forecast(Rhythm(every="daily"), reversed(ALERTS), [(MONDAY, MONDAY + 2 * WEEK)])
    assert said == {"now": 3.0, "hourly": 2.0, "daily": 1.5, "weekly": 1.5}


def test_weeks_with_a_few_old_articles_do_not_thin_a_forecast():
    counts = [(MONDAY - 900 * WEEK, 2), (MONDAY, 500), (MONDAY + WEEK, 700)]
    spans = monitored(counts, MONDAY - 898 * WEEK, MONDAY + 2 * WEEK - timedelta(days=3))
    assert spans == [(MONDAY, MONDAY + WEEK), (MONDAY + WEEK, MONDAY + 2 * WEEK - timedelta(days=3))]
    assert in_weeks(spans) == pytest.approx(11 / 7)
    assert forecast(Rhythm(), [MONDAY - 898 * WEEK, *ALERTS], spans)["now"] == pytest.approx(6 * 7 / 11)
    assert monitored([], MONDAY, MONDAY + WEEK) == [(MONDAY, MONDAY + WEEK)]
    assert in_weeks([(MONDAY, MONDAY + timedelta(hours=1))]) == pytest.approx(1 / 7)
