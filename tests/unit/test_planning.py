"""What goes into the next message to a channel, or when to look again: one decision at a time."""

import random
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from alerts import a_subscription
from builders import NOON, at

from streams.core.alerts.forecast import messages
from streams.core.alerts.planning import Dropped, Pace, Waiting, planned, receiver, standing
from streams.core.alerts.records import Delivery, Rhythm

PACE = Pace()
MAIL = "mailto:desk@press.example"
DAILY = Rhythm(every="daily", at=time(8))
MINUTE = timedelta(minutes=1)


def waits(name, hours=0.0, when=0.0):
    return Waiting(alert=name, when=at(when), raised=at(hours))


def sent(queued=NOON, **fields):
    base = {"id": "last", "subscription": "cameras", "channel": MAIL, "alerts": ()}
    return Delivery(**base | {"state": "delivered", "queued": queued, "due": queued} | fields)


def decide(*waiting, last=None, now=NOON, **subscription):
    return planned(a_subscription(to=(MAIL,), **subscription), MAIL, waiting, last, now, PACE)


def test_alerts_stand_in_canonical_order_and_give_the_message_its_id():
    one, same = (
        decide(waits("b"), waits("c", when=-1), waits("a")),
        decide(waits("c", when=-1), waits("a"), waits("b")),
    )
    assert one.alerts == ("c", "a", "b")
    assert one == same
    assert one.id != decide(waits("a"), waits("b")).id


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (None, NOON),
        (sent(NOON - MINUTE), NOON),
        (sent(NOON - MINUTE / 2), NOON + MINUTE / 2),
        (sent(NOON - 2 * MINUTE, state="pending"), NOON + MINUTE),
        (sent(NOON - 59.5 * MINUTE, state="sending"), NOON + MINUTE / 2),
        (sent(NOON - 60 * MINUTE, state="pending"), NOON),
        (sent(NOON - MINUTE / 2, state="muted"), NOON),
        (sent(NOON - MINUTE / 2, state="failed"), NOON + MINUTE / 2),
        (sent(NOON - MINUTE / 2, period=(at(-1), NOON)), NOON),
        (sent(at(24)), NOON),
        (sent(at(24), state="pending"), NOON),
    ],
    ids=[
        *("nothing before", "a minute ago", "just now", "not arrived", "nearly an hour without an answer"),
        *("an hour without an answer", "muted", "given up", "a digest before the rhythm was changed"),
        *("of a clock that was ahead", "pending of such a clock"),
    ],
)
def test_at_once_means_at_most_one_a_minute_and_fewer_before_a_receiver_that_is_away(last, expected):
    found = decide(waits("a"), last=last)
    assert (found.due if isinstance(found, Delivery) else found) == expected


@pytest.mark.parametrize(
    ("waiting", "last", "now", "expected"),
    [
        ([waits("a", 0)], None, at(19.9), at(20)),
        ([waits("a", 0)], None, at(20), (at(-4), at(20))),
        ([waits("a", 20)], None, at(20), at(44)),
        ([waits("a", 0), waits("b", 21)], None, at(30), (at(-4), at(20))),
        ([waits("a", 0)], None, at(24 * 9), (at(-4), at(24 * 8 + 20))),
        ([waits("a", 19.9)], sent(period=(at(-4), at(20))), at(21), at(44)),
        ([waits("a", 19.9)], sent(period=(at(-4), at(20))), at(45), (at(20), at(44))),
        ([waits("a", 0)], sent(period=(at(-4), at(24 * 8 + 20))), at(20), (at(-4), at(20))),
    ],
    ids=[
        *(
            "before its end",
            "at its end",
            "raised at the end",
            "only what was raised before",
            "days later: one",
        ),
        *("too late: waits", "too late: in the next", "a clock that was ahead"),
    ],
)
def test_digests(waiting, last, now, expected):
    found = decide(*waiting, last=last, now=now, rhythm=DAILY)
    assert (found.period if isinstance(found, Delivery) else found) == expected


QUIET = (time(22), time(7))


@pytest.mark.parametrize("quiet", [None, QUIET], ids=["", "quiet"])
@pytest.mark.parametrize("every", ["hourly", "daily", "weekly"])
def test_as_many_digests_are_made_up_as_were_forecast(every, quiet):
    rhythm = Rhythm(every=every, at=time(6, 30), zone="Europe/Berlin", quiet=quiet)
    chance = random.Random(7)
    moments = sorted(
        datetime(2026, 3, 20, tzinfo=UTC) + chance.random() * timedelta(days=20) for _ in range(150)
    )
    waiting, sent_so_far, last = [], 0, None
    for minute in range(0, 60 * 24 * 30, 10):
        now = datetime(2026, 3, 20, tzinfo=UTC) + minute * MINUTE
        waiting += [
            Waiting(alert=f"{one}", when=one, raised=one) for one in moments if now - 10 * MINUTE < one <= now
        ]
        found = decide(*waiting, last=last, now=now, rhythm=rhythm) if waiting else None
        if isinstance(found, Delivery):
            last, sent_so_far = replace(found, state="delivered"), sent_so_far + 1
            waiting = [one for one in waiting if one.alert not in found.alerts]
    assert (waiting, sent_so_far) == ([], messages(rhythm, moments))


def test_muted_is_recorded_at_once_whatever_the_rhythm():
    found = decide(waits("a"), rhythm=DAILY, muted=True, snoozed_until=at(9))
    assert (found.state, found.alerts) == ("muted", ("a",))


def test_snooze_and_quiet_hours_are_waited_for():
    assert decide(waits("a"), snoozed_until=at(9)) == at(9)
    assert decide(waits("a"), rhythm=Rhythm(quiet=(time(11), time(13)))) == at(1)
    assert decide(waits("a"), rhythm=replace(DAILY, quiet=(time(7), time(9))), now=at(20)) == at(21)


def test_what_is_queued_is_sent_as_long_as_it_is_wanted():
    queued = sent(state="pending")
    assert standing(queued, a_subscription(to=(MAIL,)), NOON) == NOON
    assert standing(queued, a_subscription(to=(MAIL,), paused=True), NOON) == NOON
    assert standing(queued, a_subscription(to=(MAIL,), snoozed_until=at(3)), NOON) == at(3)
    for gone in (None, a_subscription(), a_subscription(to=(MAIL,), muted=True)):
        assert isinstance(standing(queued, gone, NOON), Dropped)


@pytest.mark.parametrize(
    ("channel", "expected"),
    [
        ("mailto:a@b.example", "mailto"),
        ("MAILTO:c@d.example", "mailto"),
        ("https://Hooks.example:8443/a?b", "https://hooks.example:8443"),
        ("https://user:secret@hooks.example/a", "https://hooks.example"),
        ("slack://TokenA/TokenB", "slack://tokena"),
        ("ntfy:topic", "ntfy://topic"),
    ],
    ids=["mail", "mail in capitals", "host and port", "user", "service", "no slashes"],
)
def test_receivers(channel, expected):
    assert receiver(channel) == expected
