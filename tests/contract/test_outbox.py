"""What every Outbox promises."""

import multiprocessing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from builders import NOON, at

from connectors.database import Database
from streams.alerts.memory import MemoryAlertStore
from streams.alerts.sqlite import SCHEMA as ALERTS
from streams.alerts.sqlite import SqliteAlertStore
from streams.core.alerts.records import Alert, Delivery
from streams.outbox.memory import MemoryOutbox
from streams.outbox.sqlite import SCHEMA, SqliteOutbox

MAIL, HOOK, OTHER_HOOK = "mailto:desk@ledger.example", "https://a.example/hook", "https://b.example/hook"
LEASE = timedelta(minutes=2)


class World:
    """An alert store with its outbox."""

    def __init__(self, alerts, outbox):
        self.alerts, self.outbox = alerts, outbox

    def raises(self, *ids, now=NOON, subscription="border", moved=None):
        raised = [
            Alert(id=id_, subscription=subscription, version=1, kind="each", key=id_, when=NOON, sentence="")
            for id_ in ids
        ]
        self.alerts.raise_(raised, now, moved)

    def waiting(self, channel=MAIL, subscription="border"):
        return [one.alert for one in self.outbox.waiting(subscription, channel)]


@pytest.fixture(params=["memory", "sqlite"])
def world(request, tmp_path):
    if request.param == "memory":
        alerts = MemoryAlertStore()
        yield World(alerts, MemoryOutbox(alerts))
        return
    database = Database(tmp_path / "alerts.db", [ALERTS, SCHEMA], shared=True)
    yield World(SqliteAlertStore(database), SqliteOutbox(database))
    database.close()


def delivery(*alerts, channel=MAIL, due=NOON, **fields):
    defaults = {"id": f"d-{'-'.join(alerts)}-{channel}", "subscription": "border", "queued": NOON}
    return Delivery(**{**defaults, **fields}, alerts=alerts, channel=channel, due=due)


@pytest.fixture
def queued(world):
    """One delivery on its way."""
    world.outbox.open_channel("border", MAIL, NOON)
    world.raises("a", "b")
    one = delivery("a", "b")
    assert world.outbox.queue(one)
    return one


class TestWaiting:
    def test_alerts_wait_for_every_open_channel_of_their_subscription(self, world):
        world.outbox.open_channel("border", MAIL, NOON)
        world.outbox.open_channel("border", HOOK, NOON)
        world.raises("b", "a")
        world.raises("c", subscription="other")
        assert world.waiting(MAIL) == world.waiting(HOOK) == ["a", "b"]
        assert sorted(world.outbox.waiting_channels()) == [("border", HOOK), ("border", MAIL)]
        assert sorted(world.outbox.channels()) == [("border", HOOK), ("border", MAIL)]

    def test_a_channel_is_told_of_alerts_raised_since_it_was_named_and_not_of_earlier_ones(self, world):
        world.raises("early", now=at(-1))
        world.raises("late", now=at(1))
        world.outbox.open_channel("border", MAIL, NOON)
        assert world.waiting() == ["late"]

    def test_an_open_channel_is_told_whatever_the_clock_says(self, world):
        world.outbox.open_channel("border", MAIL, NOON)
        world.raises("a", now=at(-24))
        assert world.waiting() == ["a"]

    def test_opening_again_changes_nothing(self, world):
        world.raises("early", now=at(-1))
        world.outbox.open_channel("border", MAIL, NOON)
        world.outbox.open_channel("border", MAIL, at(-2))
        assert world.waiting() == []

    def test_a_closed_channel_is_told_of_nothing_and_starts_anew_when_it_is_named_again(self, world):
        world.outbox.open_channel("border", MAIL, NOON)
        world.raises("a")
        world.outbox.close_channel("border", MAIL)
        world.raises("b", now=at(1))
        assert (world.waiting(), world.outbox.waiting_channels(), world.outbox.channels()) == ([], [], [])
        world.outbox.open_channel("border", MAIL, at(2))
        world.raises("c", now=at(2))
        assert world.waiting() == ["c"]

    def test_withdrawn_alerts_do_not_wait_until_they_hold_again(self, world):
        world.outbox.open_channel("border", MAIL, NOON)
        world.raises("a")
        world.alerts.withdraw("A late article.", ["a"])
        assert (world.waiting(), world.outbox.waiting_channels()) == ([], [])
        world.alerts.withdraw("", ["a"])
        assert world.waiting() == ["a"]

    def test_who_was_told_of_an_alert_is_not_told_of_those_that_take_its_place(self, world):
        world.outbox.open_channel("border", MAIL, NOON)
        world.outbox.open_channel("border", HOOK, NOON)
        world.raises("a")
        world.outbox.queue(delivery("a"))
        world.raises("b", moved={"b": "a"})
        world.raises("c", moved={"c": "b"})
        world.alerts.withdraw("A late article.", ["a", "b"])
        assert (world.waiting(MAIL), world.waiting(HOOK)) == ([], ["c"])
        assert world.outbox.waiting_channels() == [("border", HOOK)]

    def test_what_is_queued_does_not_wait(self, world, queued):
        assert world.waiting() == []
        world.raises("c")
        assert world.waiting() == ["c"]


class TestQueueing:
    def test_a_delivery_comes_back_as_it_was(self, world):
        one = delivery("b", "a", period=(at(-1), NOON), due=at(1))
        assert world.outbox.queue(one)
        assert world.outbox.get(one.id) == one
        assert world.outbox.of_alert("a") == [one]
        assert world.outbox.last("border", MAIL) == replace(one, alerts=())
        assert world.outbox.get("unknown") is world.outbox.last("border", HOOK) is None

    def test_neither_a_delivery_nor_an_alert_is_queued_twice_for_a_channel(self, world, queued):
        assert not world.outbox.queue(queued)
        assert not world.outbox.queue(delivery("c", "b"))
        assert world.outbox.queue(delivery("c"))
        assert world.outbox.queue(delivery("a", "b", channel=HOOK))
        assert [one.alerts for one in world.outbox.of_alert("b")] == [("a", "b"), ("a", "b")]
        assert [one.alerts for one in world.outbox.of_alert("c")] == [("c",)]

    def test_deliveries_are_listed_newest_first(self, world, queued):
        world.outbox.queue(delivery("c", state="muted"))
        world.outbox.queue(delivery("d", subscription="other"))
        assert [one.alerts for one in world.outbox.list()] == [("d",), ("c",), ("a", "b")]
        assert [one.alerts for one in world.outbox.list(limit=1)] == [("d",)]
        assert [one.alerts for one in world.outbox.list(subscription="border", state="muted")] == [("c",)]


class TestClaiming:
    def test_nothing_is_claimed_before_its_time_nor_twice(self, world, queued):
        assert world.outbox.claim("w", at(-1), LEASE) == []
        (claimed,) = world.outbox.claim("w", NOON, LEASE)
        assert claimed == replace(queued, state="sending", tries=1)
        assert world.outbox.claim("other", NOON + LEASE / 2, LEASE) == []

    def test_muted_ones_are_never_claimed(self, world):
        world.outbox.queue(delivery("a", state="muted"))
        assert world.outbox.claim("w", at(99), LEASE) == []
        assert world.outbox.next_due() is None

    def test_a_receiver_gets_one_at_a_time_oldest_first(self, world):
        for number, channel in enumerate([MAIL, "mailto:other@press.example", HOOK, OTHER_HOOK, HOOK]):
            world.outbox.queue(delivery(str(number), channel=channel, due=at(number / 60)))
        first = world.outbox.claim("w", at(1), LEASE)
        assert [one.alerts for one in first] == [("0",), ("2",), ("3",)]
        assert world.outbox.claim("x", at(1), LEASE) == []
        world.outbox.settle(first[0].id, "w", "delivered", at(1))
        assert [one.alerts for one in world.outbox.claim("x", at(1), LEASE)] == [("1",)]

    def test_no_more_are_claimed_than_asked_for(self, world):
        for channel in (MAIL, HOOK, OTHER_HOOK):
            world.outbox.queue(delivery("a", channel=channel))
        assert len(world.outbox.claim("w", NOON, LEASE, limit=2)) == 2
        assert len(world.outbox.claim("w", NOON, LEASE, limit=2)) == 1

    def test_a_claim_that_ran_out_is_free_counts_as_tried_and_cannot_be_settled_any_more(self, world, queued):
        world.outbox.claim("dead", NOON, LEASE)
        assert world.outbox.next_due() == NOON + LEASE
        (claimed,) = world.outbox.claim("alive", NOON + LEASE, LEASE)
        assert (claimed.tries, claimed.repeated) == (2, 1)
        assert not world.outbox.settle(queued.id, "dead", "failed", at(1), error="too late")
        assert world.outbox.settle(queued.id, "alive", "delivered", at(1))
        assert not world.outbox.settle(queued.id, "alive", "failed", at(1))
        assert world.outbox.get(queued.id).state == "delivered"

    def test_a_claim_of_a_clock_that_was_wrong_by_a_day_does_not_bind(self, world, queued):
        world.outbox.claim("dead", at(24), LEASE)
        assert [one.id for one in world.outbox.claim("alive", NOON, LEASE)] == [queued.id]


class TestSettling:
    def test_delivered(self, world, queued):
        world.outbox.claim("w", NOON, LEASE)
        assert world.outbox.settle(queued.id, "w", "delivered", at(1))
        assert world.outbox.get(queued.id) == replace(queued, state="delivered", tries=1, delivered=at(1))
        assert world.outbox.next_due() is None

    def test_later(self, world, queued):
        world.outbox.claim("w", NOON, LEASE)
        assert world.outbox.settle(queued.id, "w", "pending", NOON, due=at(1), error="Busy.", uncertain=True)
        kept = replace(queued, tries=1, due=at(1), error="Busy.", repeated=1)
        assert (world.outbox.get(queued.id), world.outbox.next_due()) == (kept, at(1))
        assert world.outbox.claim("w2", at(0.9), LEASE) == []
        assert [one.tries for one in world.outbox.claim("w2", at(1), LEASE)] == [2]

    def test_put_back_untried(self, world, queued):
        world.outbox.claim("w", NOON, LEASE)
        assert world.outbox.settle(queued.id, "w", "pending", NOON)
        assert world.outbox.get(queued.id) == queued

    def test_failed_stays_until_it_is_tried_again_on_demand(self, world, queued):
        world.outbox.claim("w", NOON, LEASE)
        assert not world.outbox.retry(queued.id, NOON)
        world.outbox.settle(queued.id, "w", "failed", NOON, error="No such address.")
        assert world.outbox.claim("w2", at(99), LEASE) == []
        assert world.outbox.retry(queued.id, at(1))
        assert not world.outbox.retry("unknown", at(1))
        kept = world.outbox.get(queued.id)
        assert (kept.state, kept.tries, kept.due, kept.error) == ("pending", 0, at(1), "No such address.")
        assert [one.id for one in world.outbox.claim("w2", at(1), LEASE)] == [queued.id]

    def test_a_receiver_that_asks_for_a_pause_gets_it(self, world, queued):
        world.outbox.queue(delivery("c"))
        world.outbox.queue(delivery("d", channel="mailto:other@press.example"))
        world.outbox.hold(MAIL, at(1))
        assert [one.alerts for one in world.outbox.claim("w", NOON, LEASE)] == [("d",)]
        assert world.outbox.next_due() == NOON + LEASE
        assert world.outbox.get(queued.id).due == at(1)


def test_everything_survives_a_restart_and_several_have_it_open(tmp_path):
    path = tmp_path / "alerts.db"
    one, two = (Database(path, [ALERTS, SCHEMA], shared=True) for _ in range(2))
    kept = delivery("a", "b", period=(at(-1), NOON))
    SqliteOutbox(one).queue(kept)
    assert SqliteOutbox(two).get(kept.id) == kept
    for database in (one, two):
        database.close()


def test_processes_that_queue_and_claim_at_once_leave_each_alert_in_one_delivery(tmp_path):
    path = tmp_path / "alerts.db"
    database = Database(path, [ALERTS, SCHEMA], shared=True)
    outbox = SqliteOutbox(database)
    for number in range(50):
        outbox.open_channel("border", f"https://{number}.example/", NOON)
    World(SqliteAlertStore(database), outbox).raises(*map(str, range(20)))
    context = multiprocessing.get_context("spawn")
    with context.Pool(3) as pool:
        counts = pool.starmap(_work, [(str(path), str(number)) for number in range(3)])
        pool.close()
        pool.join()
    deliveries = outbox.list(limit=10_000)
    assert sum(queued for queued, _ in counts) == len(deliveries) == 50 * 20
    assert {(one.channel, one.alerts) for one in deliveries} == {
        (f"https://{number}.example/", (str(alert),)) for number in range(50) for alert in range(20)
    }
    assert sum(sent for _, sent in counts) == sum(one.state == "delivered" for one in deliveries) == 1000
    assert all(one.tries == 1 for one in deliveries)
    database.close()


def _work(path, worker):
    database = Database(Path(path), [ALERTS, SCHEMA], shared=True)
    outbox = SqliteOutbox(database)
    queued = sent = 0
    for subscription, channel in outbox.waiting_channels():
        for alert in outbox.waiting(subscription, channel):
            queued += outbox.queue(delivery(alert.alert, channel=channel))
    while any(one.state != "delivered" for one in outbox.list(limit=10_000)):
        token = f"{worker}/{sent}"
        for one in outbox.claim(token, NOON, LEASE):
            sent += outbox.settle(one.id, token, "delivered", NOON)
    database.close()
    return queued, sent
