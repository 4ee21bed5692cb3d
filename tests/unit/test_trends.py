"""Spikes on the page of trends are those that the condition would see in the same days."""

from datetime import UTC, datetime, timedelta

import pytest

from streams.core.trends import Counted, Rises, lookback

DAY = timedelta(days=1)
MONDAY = datetime(2026, 8, 3, tzinfo=UTC)


def bars(*counts, step=DAY):
    return [(MONDAY + n * step, count) for n, count in enumerate(counts) if count]


def found(own, everything, since=MONDAY, window=DAY):
    return [(rise.at, rise.count) for rise in Rises(Counted(everything), window).of(own, since)]


@pytest.mark.parametrize(
    ("last", "spikes"),
    [(9, True), (7, True), (5, False), (4, False)],
    ids=["many", "more than three times", "less than three times", "few"],
)
def test_three_times_the_usual_of_that_weekday_is_a_spike(last, spikes):
    own, everything = bars(*[2] * 63, last), bars(*[20] * 64)
    assert found(own, everything) == ([(MONDAY + 63 * DAY, last)] if spikes else [])


def test_more_of_everything_is_no_spike():
    own, everything = bars(*[2] * 63, 10), bars(*[20] * 63, 100)
    assert found(own, everything) == []


def test_before_enough_is_known_nothing_is_a_spike():
    assert found(bars(9), bars(20)) == []
    assert found(bars(*[0] * 3, 9), bars(*[20] * 4)) == [(MONDAY + 3 * DAY, 9)]


def test_what_was_hardly_monitored_says_nothing_of_what_is_usual():
    everything = bars(*[1] * 62, 20, 20)
    assert found(bars(*[0] * 63, 9), everything) == []


def test_a_rise_says_what_it_rests_on():
    own, everything = bars(*[2] * 63, 9), bars(*[20] * 64)
    (rise,) = Rises(Counted(everything), DAY).of(own, MONDAY)
    assert (rise.usual.stories, rise.usual.share, rise.share) == (2, 0.1, 0.45)
    assert (rise.monitored, rise.windows, rise.weekday) == (20, 8, True)


def test_weeks_are_compared_with_the_eight_before():
    week = 7 * DAY
    own, everything = bars(*[2] * 8, 9, step=week), bars(*[20] * 9, step=week)
    assert found(own, everything, window=week) == [(MONDAY + 8 * week, 9)]
    assert lookback(week) >= 8 * week
