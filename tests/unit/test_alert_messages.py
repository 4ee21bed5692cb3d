"""What a digest says beside its alerts: how much there was, and which sources could not be read."""

from datetime import UTC, datetime, timedelta

from alerts import a_fact, a_subscription, an_alert
from builders import NOON, at

from connectors.records import Feed
from connectors.schedule import FetchState
from connectors.state import FeedState
from streams.alerting.messages import Messages, out_of_reach
from streams.alerts.memory import MemoryAlertStore
from streams.core.alerts.records import Delivery, Rhythm

PERIOD = (at(-4 - 24), at(-4))
"""The day up to eight in the morning."""
DAILY = Rhythm(every="daily")


def known(name, failing_since=None):
    feed = Feed(url=f"https://{name}.example/feed", title=name.title())
    return FeedState(feed=feed, state=FetchState(failing_since=failing_since))


def a_message(store, rhythm=DAILY, feeds=(), **delivery):
    messages = Messages(store, base_url="https://news.example", sign=lambda *_: "token", feeds=lambda: feeds)
    fields = {"id": "d", "subscription": "cameras", "channel": "mailto:a@b.example", "due": NOON}
    return messages.compose(Delivery(**fields | delivery), a_subscription(rhythm=rhythm))


def test_a_message_holds_the_alerts_of_its_delivery():
    store = MemoryAlertStore()
    alerts = [an_alert(name) for name in "abc"]
    store.raise_(alerts, NOON)
    store.withdraw("A late article.", [alerts[0].id])
    held = tuple(one.id for one in alerts[:2])
    message = a_message(store, alerts=held, period=PERIOD)
    assert {one.id for entry in message.entries for one in entry.alerts} == set(held)


def test_documents_are_counted_by_day_up_to_the_end_of_the_period():
    store = MemoryAlertStore()
    hours = (-4, -4.01, -20, -28, -28.01, -24 * 14 - 4, -24 * 15)
    store.put_facts([a_fact(hour, "cameras", hours=hour) for hour in hours])
    counts = a_message(store, alerts=(), period=PERIOD).counts
    assert len(counts) == 14
    assert (counts[0][0], counts[-1]) == (at(-4 - 24 * 14), (PERIOD[0], 3))
    assert [number for _, number in counts] == [1, *[0] * 11, 1, 3]


def test_messages_sent_at_once_have_no_counts_and_no_notices():
    message = a_message(MemoryAlertStore(), Rhythm(), [known("a", at(-24))], alerts=())
    assert (message.counts, message.notices) == ((), ())


def test_feeds_that_could_not_be_read_are_named():
    feeds = [known("b", at(-9)), known("a", at(-5)), known("well"), known("since", at(-4))]
    assert out_of_reach(feeds, PERIOD) == (
        "2 of 4 feeds could not be read, so news of theirs may be missing here: A, B.",
    )
    assert out_of_reach(feeds[2:], PERIOD) == ()
    many = [known(f"feed{number}", datetime(2026, 1, 1, tzinfo=UTC)) for number in range(7)]
    (said,) = out_of_reach(many, (NOON - timedelta(hours=1), NOON))
    assert said.endswith("Feed0, Feed1, Feed2, Feed3, Feed4 and 2 more.")
