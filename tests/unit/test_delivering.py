"""Planner and deliverer together: what waits is made up, sent, tried again, given up, put off, dropped."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from builders import NOON, at

from connectors.errors import UserError
from streams.alerting.delivering import Deliverer, Terms
from streams.alerting.planning import CurrentSubscriptions, Planner
from streams.alerts.memory import MemoryAlertStore
from streams.channels import Later, Never
from streams.core.alerts.message import Message
from streams.core.alerts.planning import Pace
from streams.core.alerts.records import Alert, Rhythm, Subscription
from streams.core.alerts.retrying import Patience
from streams.outbox.memory import MemoryOutbox
from streams.subscriptions.memory import MemorySubscriptions

MAIL, HOOK = "mailto:desk@ledger.example", "https://a.example/hook"
DAILY = Rhythm(every="daily", at=time(8), zone="UTC")
TERMS = Terms(at_once=4, most=0.2, lease=timedelta(seconds=60), grace=0.1, poll=0.02)
PACE = Pace(gap=timedelta(seconds=60), behind=timedelta(hours=1))


class Desk:
    """A channel that answers as it is told; what it took is kept."""

    knows_repeats = False

    def __init__(self, answers=()):
        self.answers, self.taken, self.ended = list(answers), [], 0

    async def send(self, message):
        answer = self.answers.pop(0) if self.answers else None
        if answer == "hang":
            try:
                await asyncio.sleep(3600)
            finally:
                self.ended += 1
        if isinstance(answer, Exception):
            raise answer
        self.taken.append(message)

    @property
    def alerts(self):
        return [message.lead.split() for message in self.taken]

    @property
    def told(self):
        return sorted(alert for alerts in self.alerts for alert in alerts)


class World:
    """Everything between an alert raised and a channel."""

    def __init__(self, *subscriptions, **answers):
        self.now = NOON
        self.alerts = MemoryAlertStore()
        self.outbox = MemoryOutbox(self.alerts)
        self.store = MemorySubscriptions()
        for one in subscriptions or (Subscription(id="border", name="Border", query="x", to=(MAIL,)),):
            self.store.save(one, "ann", self.now)
        self.current = CurrentSubscriptions(self.store)
        self.planner = Planner(self.outbox, self.current, PACE)
        self.desks = {MAIL: Desk(answers.get("mail", ())), HOOK: Desk(answers.get("hook", ()))}
        self.deliverer = self.a_deliverer("one")
        self.planner.plan(self.now)

    def a_deliverer(self, worker, terms=TERMS):
        return Deliverer(
            self.outbox,
            self.current,
            lambda delivery, subscription: Message(
                id=delivery.id,
                subscription=subscription,
                channel=delivery.channel,
                subject="",
                lead=" ".join(delivery.alerts),
                entries=(),
                period=delivery.period,
            ),
            self.desks.__getitem__,
            worker=worker,
            terms=terms,
            clock=lambda: self.now,
        )

    def raises(self, *ids, subscription="border"):
        self.alerts.raise_(
            [
                Alert(
                    id=id_,
                    subscription=subscription,
                    version=1,
                    kind="each",
                    key=id_,
                    when=self.now,
                    sentence="",
                )
                for id_ in ids
            ],
            self.now,
        )

    def edit(self, **changes):
        self.store.save(replace(self.store.get("border"), **changes), "ann", self.now)

    async def passes(self, hours=0.0, now=None):
        self.now = now or self.now + timedelta(hours=hours)
        self.planner.plan(self.now)
        await self.deliverer.run_once()

    @property
    def only(self):
        (delivery,) = self.outbox.list()
        return delivery


def a_subscription(**fields):
    return Subscription(**{"id": "border", "name": "Border", "query": "x", "to": (MAIL,)} | fields)


class TestAtOnce:
    async def test_an_alert_is_told_to_every_channel_once(self):
        world = World(a_subscription(to=(MAIL, HOOK)))
        world.raises("a")
        await world.passes()
        await world.passes(1)
        assert world.desks[MAIL].alerts == world.desks[HOOK].alerts == [["a"]]
        assert {one.state for one in world.outbox.list()} == {"delivered"}

    async def test_what_is_raised_within_a_minute_of_a_message_goes_out_together(self):
        world = World()
        for second, alert in ((0, "a"), (10, "b"), (20, "c")):
            world.now = NOON + timedelta(seconds=second)
            world.raises(alert)
            await world.passes()
        assert world.desks[MAIL].alerts == [["a"]]
        await world.passes(now=NOON + timedelta(seconds=60))
        assert world.desks[MAIL].alerts == [["a"], ["b", "c"]]

    async def test_nothing_piles_up_before_a_receiver_that_is_away(self):
        world = World(mail=[Later("Away.")] * 9)
        for minute in range(55):
            world.now = at(minute / 60)
            world.raises(f"{minute:02}")
            world.planner.plan(world.now)
        await world.passes(5)
        assert len(world.outbox.list()) <= 2
        for _ in range(30):
            await world.passes(4)
        assert world.desks[MAIL].told == [f"{minute:02}" for minute in range(55)]

    async def test_a_channel_named_later_is_told_of_what_comes_after(self):
        world = World()
        world.raises("a")
        await world.passes(1)
        world.edit(to=(MAIL, HOOK))
        world.now = at(2)
        world.raises("b")
        await world.passes(1)
        assert world.desks[HOOK].alerts == [["b"]]

    async def test_alerts_raised_while_nobody_planned_are_told(self):
        world = World()
        world.edit(to=(MAIL, HOOK))
        world.edit(name="Another name")
        world.now = at(1)
        world.raises("a")
        await world.passes(1)
        assert world.desks[HOOK].alerts == [["a"]]


class TestDigests:
    async def test_each_alert_is_in_the_digest_of_its_day_and_empty_ones_are_not_sent(self):
        world = World(a_subscription(rhythm=DAILY))
        for hours, alert in ((0, "a"), (19.9, "b"), (20, "c"), (44.5, "d"), (100, "e")):
            while world.now < at(hours):
                await world.passes(min(1.0, (at(hours) - world.now) / timedelta(hours=1)))
            world.raises(alert)
        for _ in range(48):
            await world.passes(1)
        assert world.desks[MAIL].alerts == [["a", "b"], ["c"], ["d"], ["e"]]
        assert [message.period for message in world.desks[MAIL].taken] == [
            (at(-4 + 24 * day), at(20 + 24 * day)) for day in (0, 1, 2, 4)
        ]

    async def test_after_days_without_a_look_one_digest_holds_all(self):
        world = World(a_subscription(rhythm=DAILY))
        for day in range(3):
            world.now = at(24 * day)
            world.raises(str(day))
        await world.passes(now=at(24 * 5))
        assert world.desks[MAIL].alerts == [["0", "1", "2"]]
        assert world.desks[MAIL].taken[0].period == (at(-4), at(20 + 24 * 4))

    async def test_one_that_became_known_too_late_for_its_digest_is_in_the_next(self):
        world = World(a_subscription(rhythm=DAILY))
        world.raises("a")
        await world.passes(now=at(20))
        world.now = at(19.99)
        world.raises("b")
        for hour in range(20, 46):
            await world.passes(now=at(hour))
        assert world.desks[MAIL].alerts == [["a"], ["b"]]
        assert world.desks[MAIL].taken[1].period == (at(20), at(44))

    async def test_a_clock_put_right_does_not_leave_digests_asleep(self):
        world = World(a_subscription(rhythm=DAILY))
        world.now = at(24 * 10)
        world.raises("ahead")
        await world.passes()
        world.now = at(1)
        world.raises("now")
        await world.passes()
        await world.passes(now=at(20))
        assert world.desks[MAIL].alerts == [["now"]]
        await world.passes(now=at(24 * 11))
        assert world.desks[MAIL].alerts == [["now"], ["ahead"]]

    async def test_withdrawn_before_it_was_told(self):
        world = World(a_subscription(rhythm=DAILY))
        world.raises("a", "b")
        world.alerts.withdraw("A late article.", ["a"])
        await world.passes(24)
        assert world.desks[MAIL].alerts == [["b"]]


class TestHolding:
    async def test_muted_is_kept_and_never_sent(self):
        world = World(a_subscription(muted=True))
        world.raises("a")
        await world.passes()
        assert world.only.state == "muted"
        world.edit(muted=False)
        world.raises("b")
        await world.passes(1)
        assert world.desks[MAIL].alerts == [["b"]]

    async def test_snoozed_is_sent_afterwards_in_one(self):
        world = World(a_subscription(snoozed_until=at(50)))
        for hours in range(0, 49, 8):
            world.now = at(hours)
            world.raises(f"{hours:02}")
            await world.passes()
        assert world.outbox.list() == []
        await world.passes(now=at(50))
        assert world.desks[MAIL].alerts == [["00", "08", "16", "24", "32", "40", "48"]]

    async def test_quiet_hours_hold_what_comes_up_until_their_end(self):
        quiet = Rhythm(quiet=(time(22), time(7)), zone="Europe/Berlin")
        world = World(a_subscription(rhythm=quiet))
        world.now = datetime(2026, 11, 20, 23, tzinfo=UTC)
        world.raises("a")
        await world.passes()
        await world.passes(now=datetime(2026, 11, 21, 5, 59, 59, tzinfo=UTC))
        assert world.desks[MAIL].taken == []
        await world.passes(now=datetime(2026, 11, 21, 6, tzinfo=UTC))
        assert world.desks[MAIL].alerts == [["a"]]

    async def test_a_second_try_keeps_quiet_hours_too_and_does_not_count(self):
        world = World(a_subscription(rhythm=Rhythm(quiet=(time(12, 1), time(18)))), mail=[Later("Away.")])
        world.raises("a")
        await world.passes()
        await world.passes(now=at(1))
        assert (world.only.tries, world.only.due) == (1, at(6))
        await world.passes(now=at(6))
        assert world.desks[MAIL].alerts == [["a"]]

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"muted": True}, "was muted"),
            ({"to": (HOOK,)}, "does not name this channel"),
        ],
        ids=["muted", "unsubscribed"],
    )
    async def test_what_is_not_wanted_any_more_is_not_sent(self, change, said):
        world = World()
        world.raises("a")
        world.planner.plan(world.now)
        world.edit(**change)
        await world.deliverer.run_once()
        assert world.desks[MAIL].taken == []
        assert (world.only.state, said in world.only.error) == ("muted", True)

    async def test_of_a_subscription_removed_nothing_is_sent(self):
        world = World()
        world.raises("a")
        world.planner.plan(world.now)
        world.store.remove("border", "ann", world.now)
        await world.deliverer.run_once()
        assert (world.only.state, world.desks[MAIL].taken) == ("muted", [])

    async def test_a_file_that_cannot_be_read_for_a_while_loses_nothing(self):
        world = World(a_subscription(rhythm=DAILY))
        world.raises("a")
        world.store.slip = True
        world.store.__class__ = _Slipping
        await world.passes(1)
        assert world.outbox.channels() == [("border", MAIL)]
        world.store.slip = False
        await world.passes(23)
        assert world.desks[MAIL].alerts == [["a"]]

    async def test_what_is_queued_waits_for_a_file_to_be_mended(self):
        world = World()
        world.raises("a")
        world.planner.plan(world.now)
        world.store.slip = True
        world.store.__class__ = _Slipping
        await world.deliverer.run_once()
        assert (world.only.state, world.only.tries) == ("pending", 0)
        world.store.slip = False
        await world.passes(1)
        assert world.desks[MAIL].alerts == [["a"]]


class _Slipping(MemorySubscriptions):
    """Subscriptions of which none can be read for a while."""

    slip = False

    def stamp(self):
        return super().stamp(), self.slip

    def all(self):
        return [] if self.slip else super().all()

    def get(self, id):  # noqa: A002
        if self.slip:
            raise UserError("border.toml:1: what is this?")
        return super().get(id)


class TestTrying:
    async def test_later_is_tried_again_and_arrives(self):
        world = World(mail=[Later("Busy."), Later("Busy.", uncertain=True)])
        world.raises("a")
        for _ in range(3):
            await world.passes(1)
        assert world.desks[MAIL].alerts == [["a"]]
        assert (world.only.state, world.only.tries, world.only.repeated, world.only.error) == (
            "delivered",
            3,
            1,
            "",
        )

    async def test_a_receiver_that_asks_for_a_pause_gets_it_for_all_that_is_meant_for_it(self):
        world = World(
            a_subscription(),
            a_subscription(id="other", name="Other"),
            mail=[Later("Slow down.", after=timedelta(hours=3))],
        )
        world.raises("a")
        world.raises("b", subscription="other")
        await world.passes()
        await world.passes(2.9)
        assert world.desks[MAIL].taken == []
        await world.passes(1)
        assert sorted(world.desks[MAIL].alerts) == [["a"], ["b"]]

    async def test_never_fails_at_once_and_is_sent_on_demand(self):
        world = World(mail=[Never("No such address.")])
        world.raises("a")
        await world.passes()
        assert (world.only.state, world.only.error) == ("failed", "No such address.")
        await world.passes(100)
        assert world.desks[MAIL].taken == []
        world.outbox.retry(world.only.id, world.now)
        await world.passes()
        assert world.desks[MAIL].alerts == [["a"]]

    async def test_it_is_given_up_after_three_days(self):
        world = World(mail=[Later("Away.")] * 99)
        world.raises("a")
        while world.now < at(10 * 24) and world.outbox.list(state="failed") == []:
            await world.passes(0.2)
        assert timedelta(days=3) <= world.now - NOON <= timedelta(days=4)
        assert world.only.tries == Patience().tries

    @pytest.mark.parametrize("answer", [ValueError("a slip of ours"), "hang"], ids=["slip", "hang"])
    async def test_a_slip_and_a_channel_that_hangs_are_tried_again(self, answer):
        world = World(mail=[answer])
        world.raises("a")
        await world.passes()
        assert (world.only.state, world.only.repeated) == ("pending", 1)
        await world.passes(1)
        assert world.desks[MAIL].alerts == [["a"]]

    async def test_a_setting_that_is_wrong_is_waited_for(self):
        world = World(mail=[UserError("The file with the password cannot be read.")])
        world.raises("a")
        await world.passes()
        assert (world.only.state, world.only.repeated) == ("pending", 0)
        assert world.only.error == "The file with the password cannot be read."
        await world.passes(1)
        assert world.desks[MAIL].alerts == [["a"]]

    async def test_no_more_are_under_way_than_may_be(self):
        channels = [f"https://{number}.example/" for number in range(9)]
        world = World(a_subscription(to=tuple(channels)))
        world.desks |= {channel: Desk(["hang"]) for channel in channels}
        world.raises("a")
        world.planner.plan(world.now)
        running = asyncio.create_task(world.a_deliverer("two", replace(TERMS, most=1.0)).run_once())
        most = 0
        while not running.done():
            most = max(most, len(world.outbox.list(state="sending")))
            await asyncio.sleep(0.01)
        assert most == TERMS.at_once
        assert {one.tries for one in world.outbox.list()} == {1}

    async def test_one_that_ends_whoever_tries_it_is_given_up(self):
        world = World()
        world.raises("a")
        world.planner.plan(world.now)
        for number in range(Patience().tries):
            assert world.outbox.claim(f"dead {number}", world.now, TERMS.lease)
            world.now += TERMS.lease
        await world.deliverer.run_once()
        assert (world.only.state, world.desks[MAIL].taken) == ("failed", [])

    async def test_a_slow_receiver_does_not_keep_others_waiting(self):
        world = World(a_subscription(to=(MAIL, HOOK)), mail=["hang"])
        world.raises("a")
        await world.passes()
        assert world.desks[HOOK].alerts == [["a"]]

    async def test_a_settlement_that_comes_too_late_changes_nothing(self, caplog):
        world = World(mail=["hang"])
        world.raises("a")
        world.planner.plan(world.now)
        slow = asyncio.create_task(world.deliverer.run_once())
        await asyncio.sleep(0)
        world.now += TERMS.lease
        await world.a_deliverer("quick").run_once()
        assert (world.only.state, world.only.repeated) == ("delivered", 1)
        await slow
        assert (world.only.state, world.only.tries, world.desks[MAIL].alerts) == ("delivered", 2, [["a"]])
        assert "claim lost" in caplog.text


class TestRunning:
    async def test_it_sends_what_falls_due_until_told_to_stop(self):
        world, stop = World(), asyncio.Event()
        running = asyncio.create_task(world.deliverer.run(stop))
        world.raises("a")
        world.planner.plan(world.now)
        async with asyncio.timeout(20):
            while not world.desks[MAIL].taken:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            stop.set()
            await running
        assert world.only.state == "delivered"

    async def test_what_does_not_finish_in_time_is_put_back(self):
        terms = replace(TERMS, most=3000.0)
        world, stop = World(mail=["hang"]), asyncio.Event()
        world.raises("a")
        world.planner.plan(world.now)
        running = asyncio.create_task(world.a_deliverer("two", terms).run(stop))
        async with asyncio.timeout(20):
            while world.only.state != "sending":  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            stop.set()
            await running
        assert (world.only.state, world.only.repeated, world.desks[MAIL].ended) == ("pending", 1, 1)


@pytest.mark.parametrize("rhythm", [Rhythm(), DAILY, Rhythm(every="hourly")], ids=lambda one: one.every)
@pytest.mark.parametrize("days", [-1, 1], ids=["back", "ahead"])
async def test_a_clock_that_jumps_by_a_day_and_is_put_right_repeats_and_loses_nothing(rhythm, days):
    world = World(a_subscription(rhythm=rhythm), mail=[Later("Away.")] * 3)
    for hour in range(96):
        wrong = 24 * days if 30 <= hour < 40 else 0
        world.now = at(hour + wrong)
        world.raises(f"{hour:02}")
        await world.passes()
    for hour in range(96, 144):
        await world.passes(now=at(hour))
    assert world.desks[MAIL].told == [f"{hour:02}" for hour in range(96)]
