"""Deliverers are killed again and again, and receivers fail in every way: nothing is lost, nothing is hidden.

BIOWIRE_FULL=1: 200 kills and 5,000 alerts instead of 12 and 300.
"""

import asyncio
import json
import os
import random
from collections import Counter, defaultdict
from datetime import UTC, datetime, time, timedelta
from email import message_from_bytes

import pytest
from aiohttp import web
from alerts import an_alert
from deliverer_child import Deliverers, FastClock, quick, real_time
from mail_server import MailServer
from servers.certificates import Certificates
from webhook_server import WebhookServer

from streams.alerting.file import open_alerts
from streams.alerts.sqlite import SqliteAlertStore
from streams.core.alerts.records import Rhythm, Subscription
from streams.core.alerts.rhythm import last_end
from streams.outbox.sqlite import SqliteOutbox
from streams.settings import SETTINGS
from streams.subscriptions.files import FileSubscriptions

FULL = os.environ.get("BIOWIRE_FULL") == "1"
ALERTS, KILLS, SUBSCRIPTIONS = (5000, 200, 50) if FULL else (300, 12, 10)
WITHIN = 3600.0 if FULL else 240.0
TRY = 1.0
"""Seconds a try may take; a receiver that hangs takes longer."""


class FlakyMail(MailServer):
    """Takes most mail; is busy, breaks off before and after it took one, and hangs."""

    def __init__(self, chance):
        super().__init__()
        self.chance = chance
        self.copies = Counter()
        """How often each Message-ID was taken."""

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if self.chance.random() < 0.05:
            return "450 try again later"
        return await super().handle_RCPT(server, session, envelope, address, options)

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        fate = self.chance.random()
        if fate < 0.08:
            return "451 busy"
        if fate < 0.11:
            server.transport.abort()
            return "421 gone"
        if fate < 0.12:
            await asyncio.sleep(2 * TRY)
            return "451 busy"
        self.copies[message_from_bytes(envelope.content)["Message-ID"]] += 1
        if fate < 0.15:
            server.transport.abort()
        elif fate < 0.16:
            await asyncio.sleep(2 * TRY)
        return "250 taken"


class FlakyWebhook(WebhookServer):
    """The same for webhooks; drops what it has by id, as receivers are told to."""

    def __init__(self, tls, chance):
        super().__init__(tls)
        self.chance = chance
        self.messages = {}
        """The alerts of each message, by its id."""
        self.repeats = 0

    async def _answer(self, request):
        body = await request.read()
        fate = self.chance.random()
        if fate < 0.04:
            return web.Response(status=429, headers={"Retry-After": "1"})
        if fate < 0.08:
            return web.Response(status=self.chance.choice([429, 500, 503]))
        if fate < 0.11:
            request.transport.abort()
            return web.Response()
        if fate < 0.12:
            await asyncio.sleep(2 * TRY)
            return web.Response(status=500)
        self._take(request.headers["webhook-id"], body)
        if fate < 0.15:
            request.transport.abort()
        elif fate < 0.16:
            await asyncio.sleep(2 * TRY)
        return web.Response(status=204)

    def _take(self, id_, body):
        entries = json.loads(body)["data"]["entries"]
        alerts = sorted(alert["id"] for entry in entries for alert in entry["alerts"])
        self.repeats += id_ in self.messages
        assert self.messages.setdefault(id_, alerts) == alerts


class Home:
    """The files of an instance, with the alert stage's part played by the test."""

    def __init__(self, folder):
        self.folder = folder
        self.subscriptions = FileSubscriptions(folder / "subscriptions")
        self.database = open_alerts(folder / "alerts.db")
        self.alerts = SqliteAlertStore(self.database)
        self.outbox = SqliteOutbox(self.database)

    def raises(self, now, *alerts):
        self.alerts.raise_(alerts, now)

    def deliveries(self):
        return self.outbox.list(limit=10**6)

    async def settled(self, alerts, deliverers, within):
        """Wait until so many were delivered, counted by channel."""
        until = asyncio.get_running_loop().time() + within
        while (states := self._states())["delivered"] < alerts:
            assert all(process.is_alive() for process in deliverers.processes)
            assert asyncio.get_running_loop().time() < until, (
                states,
                self.outbox.list(state="pending", limit=3),
            )
            await asyncio.sleep(0.2)

    def _states(self):
        count = "SELECT state, count(*) FROM delivery_alerts JOIN deliveries ON id = delivery GROUP BY state"
        return Counter(dict(self.database.connection.execute(count).fetchall()))


@pytest.fixture
def home(tmp_path):
    made = Home(tmp_path)
    yield made
    made.database.close()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return Certificates.make(tmp_path_factory.mktemp("certificates"))


def settings(mail, hook, certificates):
    """Ours, of a machine where loopback may be written to."""
    return {one.name: one.default for one in SETTINGS} | {
        "smtp_host": "127.0.0.1",
        "smtp_port": mail.port if mail else 25,
        "webhook_private": ("127.0.0.0/8",),
        "webhook_ca": str(certificates.authority),
        "message_seconds": TRY,
    }


@pytest.mark.slow
async def test_nothing_is_lost_when_deliverers_are_killed_and_receivers_fail(home, certificates):
    chance = random.Random(20261123)
    clock, terms = real_time(), quick(TRY + 0.25, poll=0.05 if FULL else 0.2)
    async with FlakyMail(chance) as mail, FlakyWebhook(certificates.context(), chance) as hook:
        for number in range(SUBSCRIPTIONS):
            to = (f"mailto:desk{number}@press.example", f"{hook.url}/{number}")
            rhythm = Rhythm(cap=500)
            one = Subscription(id=f"s{number}", name=f"S {number}", query="x", to=to, rhythm=rhythm)
            home.subscriptions.save(one, "test", clock.now())
        with Deliverers(home.folder, settings(mail, hook, certificates), terms, clock, 2) as deliverers:
            for turn in range(KILLS):
                share = range(turn * ALERTS // KILLS, (turn + 1) * ALERTS // KILLS)
                for number in share:
                    home.raises(clock.now(), an_alert(f"a{number}", f"s{number % SUBSCRIPTIONS}"))
                    await asyncio.sleep(chance.uniform(0, 0.01))
                await asyncio.sleep(chance.uniform(0.05, 1.0))
                await asyncio.to_thread(deliverers.kill, chance.randrange(2))
            await home.settled(2 * ALERTS, deliverers, WITHIN)
            took = await asyncio.to_thread(deliverers.stop, 30.0)
    deliveries = home.deliveries()
    told = Counter((alert, one.channel) for one in deliveries for alert in one.alerts)
    assert set(told.values()) == {1}
    assert len(told) == 2 * ALERTS
    assert {one.state for one in deliveries} == {"delivered"}
    hooked = {one.id: sorted(one.alerts) for one in deliveries if one.channel.startswith("https:")}
    assert hook.messages == hooked
    mailed = {one.id: one for one in deliveries if one.channel.startswith("mailto:")}
    copies = {id_.strip("<>").partition("@")[0]: count for id_, count in mail.copies.items()}
    assert copies.keys() == mailed.keys()
    assert all(copies[id_] - 1 <= one.repeated for id_, one in mailed.items())
    assert max(took) < 20
    _report(deliveries, mail, hook, max(took))


def _report(deliveries, mail, hook, took):
    kinds = defaultdict(list)
    for one in deliveries:
        kinds[one.channel.partition(":")[0]].append(one)
    for kind, ones in kinds.items():
        print(
            f"{kind}: {len(ones)} messages, {sum(one.tries for one in ones)} tries, at most "
            f"{max(one.tries for one in ones)} for one, {sum(one.repeated for one in ones)} stated as repeated"
        )
    doubles = sum(count - 1 for count in mail.copies.values())
    print(
        f"{KILLS} kills; {doubles} mails came twice, {hook.repeats} webhooks were known as repeats; {took:.1f} s"
    )


RHYTHMS = {
    "berlin": Rhythm(every="daily", at=time(2, 30), zone="Europe/Berlin", cap=500),
    "hourly": Rhythm(every="hourly", at=time(0, 30), zone="Europe/Berlin", cap=500),
    "lord-howe": Rhythm(every="daily", at=time(2, 15), zone="Australia/Lord_Howe", cap=500),
}


@pytest.mark.slow
@pytest.mark.parametrize(
    "start", [datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 10, 24, tzinfo=UTC)], ids=["spring", "autumn"]
)
async def test_two_at_once_killed_now_and_then_put_each_article_into_one_digest_over_a_change_of_clocks(
    home, certificates, start
):
    async with WebhookServer(certificates.context()) as hook:
        for id_, rhythm in RHYTHMS.items():
            one = Subscription(id=id_, name=id_, query="x", to=(f"{hook.url}/{id_}",), rhythm=rhythm)
            home.subscriptions.save(one, "test", start)
        given = settings(None, hook, certificates)
        clock = FastClock(start, real_time().begun, speed=12 * 3600.0)
        raised = {}
        with Deliverers(home.folder, given, quick(3.0, clock.speed), clock, 2) as deliverers:
            while (now := clock.now()) < start + timedelta(days=2.5):
                if len(raised) % 150 == 120:
                    await asyncio.to_thread(deliverers.kill, len(raised) % 2)
                for id_ in RHYTHMS:
                    one = an_alert(f"{id_} {len(raised)}", id_)
                    raised[one.id] = now
                    home.raises(now, one)
                await asyncio.sleep(0.02)
            await home.settled(len(raised), deliverers, 90.0)
            await asyncio.to_thread(deliverers.stop, 30.0)
    digests = {one.headers["webhook-id"]: json.loads(one.body)["data"]["entries"] for one in hook.received}
    told = [alert["id"] for entries in digests.values() for entry in entries for alert in entry["alerts"]]
    assert sorted(told) == sorted(raised)
    _check_periods(home.deliveries(), raised)


def _check_periods(deliveries, raised):
    """Digests end when they should, do not overlap, and hold what was raised before their end."""
    ends = defaultdict(list)
    for one in reversed(deliveries):
        since, until = one.period
        assert until == last_end(RHYTHMS[one.subscription], until)
        assert all(raised[alert] < until for alert in one.alerts)
        assert ends[one.subscription][-1:] <= [since]
        ends[one.subscription].append(until)
    assert all(len(own) >= 2 for own in ends.values())
