"""Digest periods and quiet hours in local time, over every change of clocks."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from streams.core.alerts.records import Rhythm, Subscription
from streams.core.alerts.rhythm import held_until, last_end, next_end, period, quiet_until, spans

ZONES = (
    *("UTC", "Europe/Berlin", "Europe/London", "America/New_York", "America/St_Johns", "Asia/Kolkata"),
    *("Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca", "America/Sao_Paulo", "Asia/Kathmandu"),
    *("Antarctica/Troll", "Asia/Gaza", "America/Santiago", "Pacific/Chatham", "Europe/Dublin"),
)
"""Half-hour changes, a day left out, changes at midnight, two hours at once, negative summer time."""
TICK = timedelta(microseconds=1)
DAY = timedelta(days=1)


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


rhythms = st.builds(
    Rhythm,
    every=st.sampled_from(["hourly", "daily", "weekly"]),
    at=st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    weekday=st.integers(0, 6),
    zone=st.sampled_from(ZONES),
)
moments = st.datetimes(datetime(2005, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC))


def changes(zone):
    """Every moment near a change of clocks there, by the hour."""
    there = ZoneInfo(zone)
    hours = (utc(2010, 1, 1) + timedelta(hours=hour) for hour in range(24 * 365 * 18))
    offset = None
    for hour in hours:
        found = hour.astimezone(there).utcoffset()
        if offset not in (None, found):
            yield hour
        offset = found


NEAR_CHANGES = {
    zone: list(changes(zone)) for zone in ("Australia/Lord_Howe", "Europe/Berlin", "Pacific/Apia")
}
near_changes = st.builds(
    lambda zone, place, minutes: (zone, place[zone] + timedelta(minutes=minutes)),
    st.sampled_from(sorted(NEAR_CHANGES)),
    st.fixed_dictionaries({zone: st.sampled_from(found) for zone, found in NEAR_CHANGES.items()}),
    st.integers(-2000, 2000),
)


def check_period(rhythm, moment):
    since, until = period(rhythm, moment)
    assert since <= moment < until
    assert period(rhythm, since) == period(rhythm, until - TICK) == (since, until)
    assert period(rhythm, until)[0] == until
    assert period(rhythm, since - TICK)[1] == since
    assert last_end(rhythm, until) == until
    longest = {"hourly": timedelta(hours=2), "daily": timedelta(days=2), "weekly": timedelta(days=8)}
    assert until - since <= longest[rhythm.every]


@settings(deadline=None)
@given(rhythms, moments)
@example(Rhythm(every="daily", at=time(0), zone="Pacific/Apia"), utc(2011, 12, 30, 11))
@example(Rhythm(every="hourly", at=time(0, 45), zone="Australia/Lord_Howe"), utc(2026, 10, 3, 15, 29))
def test_every_moment_is_in_exactly_one_period(rhythm, moment):
    check_period(rhythm, moment)


@settings(deadline=None)
@given(rhythms, near_changes)
def test_near_a_change_of_clocks_too(rhythm, near):
    zone, moment = near
    check_period(Rhythm(every=rhythm.every, at=rhythm.at, weekday=rhythm.weekday, zone=zone), moment)


@settings(deadline=None)
@given(rhythms, st.dates(date(2005, 1, 1), date(2036, 12, 20)))
def test_every_local_day_has_one_daily_end_however_long_it_is(rhythm, day):
    assume(rhythm.zone != "Pacific/Apia" or day != date(2011, 12, 29))
    zone = ZoneInfo(rhythm.zone)
    daily = Rhythm(every="daily", at=rhythm.at, zone=rhythm.zone)
    first, after = (
        next_end(daily, datetime.combine(day + DAY * one, time(12), zone).astimezone(UTC)) for one in (0, 1)
    )
    assert first < after
    assert next_end(daily, first) == after


@pytest.mark.parametrize(
    ("rhythm", "moment", "expected"),
    [
        (Rhythm(every="daily"), utc(2026, 11, 23, 7, 59), utc(2026, 11, 23, 8)),
        (Rhythm(every="daily"), utc(2026, 11, 23, 8), utc(2026, 11, 24, 8)),
        (
            Rhythm(every="daily", at=time(8), zone="Europe/Berlin"),
            utc(2026, 7, 1, 5, 59),
            utc(2026, 7, 1, 6),
        ),
        (  # 02:30 is left out on 29 March: the first moment after it is 03:00 summer time
            Rhythm(every="daily", at=time(2, 30), zone="Europe/Berlin"),
            utc(2026, 3, 28, 12),
            utc(2026, 3, 29, 1),
        ),
        (  # 02:30 comes twice on 25 October: the first counts
            Rhythm(every="daily", at=time(2, 30), zone="Europe/Berlin"),
            utc(2026, 10, 24, 12),
            utc(2026, 10, 25, 0, 30),
        ),
        (
            Rhythm(every="daily", at=time(2, 30), zone="Europe/Berlin"),
            utc(2026, 10, 25, 0, 30),
            utc(2026, 10, 26, 1, 30),
        ),
        (Rhythm(every="hourly", at=time(0, 15)), utc(2026, 11, 23, 8, 15), utc(2026, 11, 23, 9, 15)),
        (Rhythm(every="hourly", zone="Asia/Kolkata"), utc(2026, 11, 23, 8), utc(2026, 11, 23, 8, 30)),
        (  # the hour that comes twice has two digests
            Rhythm(every="hourly", zone="Europe/Berlin"),
            utc(2026, 10, 25, 0),
            utc(2026, 10, 25, 1),
        ),
        (Rhythm(every="weekly", weekday=0), utc(2026, 11, 23, 8), utc(2026, 11, 30, 8)),
        (Rhythm(every="weekly", weekday=6), utc(2026, 11, 23, 8), utc(2026, 11, 29, 8)),
        (  # leap day
            Rhythm(every="daily", at=time(8)),
            utc(2028, 2, 28, 8),
            utc(2028, 2, 29, 8),
        ),
    ],
    ids=str,
)
def test_next_end(rhythm, moment, expected):
    assert next_end(rhythm, moment) == expected


def test_messages_sent_at_once_have_no_period():
    with pytest.raises(ValueError, match="no period"):
        period(Rhythm(), utc(2026, 11, 23))


@pytest.mark.parametrize(
    ("quiet", "moment", "expected"),
    [
        (None, utc(2026, 11, 23, 3), utc(2026, 11, 23, 3)),
        ((time(22), time(7)), utc(2026, 11, 23, 20, 59), utc(2026, 11, 23, 20, 59)),
        ((time(22), time(7)), utc(2026, 11, 23, 21), utc(2026, 11, 24, 6)),
        ((time(22), time(7)), utc(2026, 11, 24, 5, 59), utc(2026, 11, 24, 6)),
        ((time(22), time(7)), utc(2026, 11, 24, 6), utc(2026, 11, 24, 6)),
        ((time(12), time(14)), utc(2026, 11, 23, 12), utc(2026, 11, 23, 13)),
        ((time(12), time(14)), utc(2026, 11, 23, 10, 59), utc(2026, 11, 23, 10, 59)),
        ((time(12), time(12)), utc(2026, 11, 23, 11), utc(2026, 11, 23, 11)),
        ((time(22), time(2, 30)), utc(2026, 3, 29, 0), utc(2026, 3, 29, 1)),
        ((time(22), time(2, 30)), utc(2026, 10, 25, 0, 29), utc(2026, 10, 25, 0, 30)),
        ((time(22), time(2, 30)), utc(2026, 10, 25, 1, 15), utc(2026, 10, 25, 1, 15)),
    ],
    ids=lambda value: (
        "-".join(f"{one:%H%M}" for one in value)
        if isinstance(value, tuple)
        else f"{value:%m%d%H%M}"
        if value
        else "none"
    ),
)
def test_quiet_hours_in_berlin(quiet, moment, expected):
    assert quiet_until(Rhythm(zone="Europe/Berlin", quiet=quiet), moment) == expected


@settings(deadline=None)
@given(rhythms, st.times(), st.times(), moments)
def test_at_the_end_of_quiet_hours_it_is_not_quiet(rhythm, since, until, moment):
    quiet = Rhythm(zone=rhythm.zone, quiet=(since, until))
    end = quiet_until(quiet, moment)
    assert moment <= end <= moment + timedelta(hours=50)
    assert quiet_until(quiet, end) == end


def test_a_snooze_that_ends_in_quiet_hours_lasts_until_their_end():
    rhythm = Rhythm(zone="Europe/Berlin", quiet=(time(22), time(7)))
    subscription = Subscription(
        id="a", name="A", query="x", rhythm=rhythm, snoozed_until=utc(2026, 11, 25, 23)
    )
    assert held_until(subscription, utc(2026, 11, 23, 12)) == utc(2026, 11, 26, 6)
    assert held_until(subscription, utc(2026, 11, 26, 12)) == utc(2026, 11, 26, 12)


@settings(deadline=None)
@given(rhythms, moments)
def test_spans_of_a_chart_tile_time_up_to_the_end_and_hold_two_periods(rhythm, moment):
    since, until = period(rhythm, moment)
    begins = spans(rhythm, until)
    assert list(begins) == sorted(set(begins))
    assert since in begins
    assert last_end(rhythm, since - TICK) in begins
    assert begins[-1] < until <= begins[-1] + timedelta(days=2)
