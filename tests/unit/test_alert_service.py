"""The service goes on whatever happens, and ends when it is told to."""

import asyncio
from datetime import UTC, datetime, timedelta

from alerts import a_subscription, an_alert

from connectors.errors import UserError
from streams.alerting import service as alert_service
from streams.alerting.delivering import Terms
from streams.alerting.service import AlertService, Post, alongside
from streams.alerts.memory import MemoryAlertStore
from streams.core.alerts.message import Message
from streams.core.alerts.planning import Pace
from streams.outbox.memory import MemoryOutbox
from streams.subscriptions.memory import MemorySubscriptions


class Desk:
    """A channel that takes everything."""

    knows_repeats = True

    def __init__(self):
        self.taken = []

    async def send(self, message):
        self.taken.append(message.id)


class FullDisk(MemoryOutbox):
    """An outbox on a disk that is full for a while."""

    refusals = 3

    def claim(self, *arguments, **options):
        if self.refusals:
            self.refusals -= 1
            raise OSError("No space left on device")
        return super().claim(*arguments, **options)


def a_service(outbox, desk, subscriptions=None):
    def compose(delivery, subscription):
        fields = {"id": delivery.id, "subscription": subscription, "channel": delivery.channel}
        return Message(**fields, subject="", lead="", entries=())

    return AlertService(
        Post(
            outbox=outbox,
            subscriptions=subscriptions or MemorySubscriptions([a_subscription(to=("https://a.example/",))]),
            compose=compose,
            channel_for=lambda _: desk,
            terms=Terms(poll=0.01, lease=timedelta(seconds=60)),
            pace=Pace(),
        )
    )


async def sent(desk):
    async with asyncio.timeout(30):
        while not desk.taken:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_beside_other_work_until_that_ends():
    store, desk, stop = MemoryAlertStore(), Desk(), asyncio.Event()
    async with alongside(a_service(MemoryOutbox(store), desk), stop):
        store.raise_([an_alert()], datetime.now(UTC))
        await sent(desk)


async def test_it_ends_when_the_work_beside_it_is_told_to_stop():
    desk, stop = Desk(), asyncio.Event()
    service = a_service(MemoryOutbox(MemoryAlertStore()), desk)
    async with alongside(service, stop):
        stop.set()
    assert desk.taken == []


async def test_a_disk_that_is_full_for_a_while_stops_nothing(monkeypatch, caplog):
    monkeypatch.setattr(alert_service, "RESTART", 0.01)
    store, desk, stop = MemoryAlertStore(), Desk(), asyncio.Event()
    store.raise_([an_alert()], datetime.now(UTC))
    outbox = FullDisk(store)
    running = asyncio.create_task(a_service(outbox, desk).run(stop))
    await sent(desk)
    stop.set()
    await running
    assert (len(desk.taken), outbox.refusals) == (1, 0)
    assert "delivery interrupted" in caplog.text


class AwaySubscriptions(MemorySubscriptions):
    """Subscriptions on a broker that is away for a while."""

    refusals = 3

    def stamp(self):
        if self.refusals:
            self.refusals -= 1
            raise UserError("The broker kafka://b:9092 did not answer in time.")
        return super().stamp()


async def test_a_broker_that_is_away_for_a_while_is_one_sentence(monkeypatch, caplog):
    monkeypatch.setattr(alert_service, "RESTART", 0.01)
    store, desk, stop = MemoryAlertStore(), Desk(), asyncio.Event()
    store.raise_([an_alert()], datetime.now(UTC))
    away = AwaySubscriptions([a_subscription(to=("https://a.example/",))])
    running = asyncio.create_task(a_service(MemoryOutbox(store), desk, away).run(stop))
    await sent(desk)
    stop.set()
    await running
    assert {one.getMessage() for one in caplog.records} == {"delivery waits"}
    assert {one.reason for one in caplog.records} == {"The broker kafka://b:9092 did not answer in time."}
    assert "Traceback" not in caplog.text


async def test_once_sends_what_is_due():
    store, desk = MemoryAlertStore(), Desk()
    service = a_service(MemoryOutbox(store), desk)
    store.raise_([an_alert()], datetime.now(UTC))
    assert (await service.once(), await service.once(), len(desk.taken)) == (1, 0, 1)
