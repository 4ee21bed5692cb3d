"""Anything in any order: alerts, edits, planners, workers that die or come too late, clocks that jump.

In the end every alert was told to each channel that wanted it in exactly one message, or says why not.
"""

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from alerts import a_subscription, an_alert

from streams.alerting.file import open_alerts
from streams.alerting.planning import CurrentSubscriptions, Planner
from streams.alerts.memory import MemoryAlertStore
from streams.alerts.sqlite import SqliteAlertStore
from streams.core.alerts.planning import Pace
from streams.core.alerts.records import Rhythm
from streams.outbox.memory import MemoryOutbox
from streams.outbox.sqlite import SqliteOutbox
from streams.subscriptions.memory import MemorySubscriptions

LEASE = timedelta(minutes=2)
CHANNELS = ("mailto:a@press.example", "https://b.example/hook", "https://c.example/hook")
RHYTHMS = (
    Rhythm(),
    Rhythm(quiet=(time(22), time(7)), zone="Europe/Berlin"),
    Rhythm(every="hourly", zone="Asia/Kolkata"),
    Rhythm(every="daily", at=time(2, 30), zone="Europe/Berlin"),
    Rhythm(every="weekly", zone="Australia/Lord_Howe"),
)


class World:
    """Two planners and any number of workers over one outbox; everything is drawn by lot."""

    def __init__(self, seed, store, outbox):
        self.chance = random.Random(seed)
        self.now = datetime(2026, 3, 20, tzinfo=UTC)
        self.store, self.outbox = store, outbox
        self.subscriptions = MemorySubscriptions()
        self.planners = [
            Planner(outbox, CurrentSubscriptions(self.subscriptions), Pace(behind=timedelta(minutes=5)))
            for _ in range(2)
        ]
        self.claims = []
        self.count = 0
        self.raised = {}
        """Subscription of each alert, as long as it holds."""
        self.received = Counter()
        for number in range(3):
            self.save(a_subscription(f"s{number}", to=CHANNELS, rhythm=self.chance.choice(RHYTHMS)))

    def save(self, subscription):
        self.subscriptions.save(subscription, "ann", self.now)

    def step(self):
        self.now += timedelta(minutes=self.chance.expovariate(1 / 20))
        lots = [self.raises] * 6 + [self.plan] * 6 + [self.claim] * 4 + [self.settle] * 4
        self.chance.choice([*lots, self.edit, self.withdraw, self.jump, self.die])()

    def raises(self):
        subscription = f"s{self.chance.randrange(3)}"
        one = an_alert(f"{len(self.raised)}", subscription)
        self.store.raise_([one], self.now)
        self.raised[one.id] = subscription

    def withdraw(self):
        if self.raised:
            self.store.withdraw(
                self.chance.choice(["", "A late article."]), [self.chance.choice(list(self.raised))]
            )

    def edit(self):
        one = self.subscriptions.get(f"s{self.chance.randrange(3)}")
        snoozed = self.now + timedelta(days=1) if self.chance.random() < 0.2 else None
        self.save(replace(one, rhythm=self.chance.choice(RHYTHMS), snoozed_until=snoozed))

    def plan(self):
        self.chance.choice(self.planners).plan(self.now)

    def claim(self):
        self.count += 1
        token = f"worker/{self.count}"
        self.claims += [(token, one) for one in self.outbox.claim(token, self.now, LEASE, 2)]

    def settle(self):
        if self.claims:
            token, one = self.claims.pop(self.chance.randrange(len(self.claims)))
            self.received[one.id] += 1
            later = self.chance.random() < 0.3
            self.outbox.settle(
                one.id,
                token,
                "pending" if later else "delivered",
                self.now,
                due=self.now + timedelta(minutes=1),
                error="No answer." if later else "",
                uncertain=later,
            )

    def die(self):
        self.claims.clear()

    def jump(self):
        self.now += timedelta(days=self.chance.choice([-1, 1]))

    def heal(self):
        """Everything holds again, and days go by with a worker that does its work."""
        self.store.withdraw("", list(self.raised))
        for number in range(3):
            self.save(replace(self.subscriptions.get(f"s{number}"), snoozed_until=None))
        for _ in range(24 * 20):
            self.now += timedelta(hours=1)
            self.plan()
            self.plan()
            self.claims.clear()
            self.claim()
            while self.claims:
                token, one = self.claims.pop()
                self.received[one.id] += 1
                assert self.outbox.settle(one.id, token, "delivered", self.now)
                self.claim()


@pytest.fixture(params=["memory", "sqlite"])
def made(request, tmp_path):
    if request.param == "memory":
        store = MemoryAlertStore()
        yield store, MemoryOutbox(store)
        return
    database = open_alerts(tmp_path / "alerts.db")
    yield SqliteAlertStore(database), SqliteOutbox(database)
    database.close()


@pytest.mark.parametrize("seed", range(4))
def test_every_alert_is_told_to_every_channel_in_one_message_whatever_happens(made, seed):
    world = World(seed, *made)
    world.plan()
    for _ in range(400):
        world.step()
    world.heal()
    deliveries = world.outbox.list(limit=10**6)
    told = Counter((alert, one.channel) for one in deliveries for alert in one.alerts)
    assert told == Counter((alert, channel) for alert in world.raised for channel in CHANNELS)
    assert {one.state for one in deliveries} == {"delivered"}
    assert all(world.raised[alert] == one.subscription for one in deliveries for alert in one.alerts)
    assert all(world.received[one.id] >= 1 for one in deliveries)
    assert all(world.received[one.id] - 1 <= one.repeated for one in deliveries)
