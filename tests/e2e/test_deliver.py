"""From a feed to a webhook and a mail, by the command: once each, also beside `run`, and stopped in time."""

import asyncio
import json
import signal
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from alerts import an_alert
from embedded_runs import biowire, biowire_json, command, environment
from feed_server import FeedServer, answer, rss
from mail_server import MailServer, scripted
from servers.certificates import Certificates
from webhook_server import WebhookServer

from streams.alerting.file import open_alerts
from streams.alerts.sqlite import SqliteAlertStore
from streams.core.alerts.records import Subscription
from streams.outbox.sqlite import SqliteOutbox
from streams.subscriptions.files import FileSubscriptions


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return Certificates.make(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
async def hook(certificates):
    async with WebhookServer(certificates.context()) as server:
        yield server


class Instance:
    """A home whose feed, webhook and mail server are on loopback."""

    def __init__(self, home, port, hook, certificates, mail):
        self.home = home
        self.config = home / "s.toml"
        self.config.write_text(
            f'fetch_allow = ["127.0.0.1:{port}"]\nfetch_pages = false\nfetch_host_delay = 0.0\n'
            f'webhook_private = ["127.0.0.0/8"]\nwebhook_ca = "{certificates.authority}"\n'
            f'smtp_host = "127.0.0.1"\nsmtp_port = {mail}\nweb_port = 0\n'
        )
        self.feeds = home / "list.opml"
        self.feeds.write_text(
            f'<opml version="2.0"><body><outline type="rss" xmlUrl="http://127.0.0.1:{port}/feed"/></body></opml>'
        )
        to = (hook.url, "mailto:desk@press.example")
        gates = Subscription(id="gates", name="Gates", query="recognition", to=to)
        FileSubscriptions(home / "subscriptions").save(gates, "test", datetime.now(UTC))

    def arguments(self, *words):
        return [*words, "--home", str(self.home), "--config", str(self.config)]

    async def do(self, *words):
        return await asyncio.to_thread(biowire_json, *self.arguments(*words))

    @asynccontextmanager
    async def doing(self, *words):
        """The command in a process, which is told to stop in the end."""
        line = command(*self.arguments(*words))
        process = await asyncio.create_subprocess_exec(
            *line, env=environment(), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.communicate()

    def raises(self, *alerts):
        database = open_alerts(self.home / "alerts.db")
        try:
            SqliteAlertStore(database).raise_(alerts, datetime.now(UTC))
        finally:
            database.close()

    def deliveries(self):
        database = open_alerts(self.home / "alerts.db")
        try:
            return SqliteOutbox(database).list()
        finally:
            database.close()


async def until(condition, within=60.0):
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


@asynccontextmanager
async def world(home, hook, certificates, mail=None):
    """An instance, its feed, and the mail it sent."""
    async with FeedServer() as feeds, MailServer() as mails:
        feeds.answers("/feed", answer(rss("Face recognition at the gates")))
        yield Instance(home, feeds.port, hook, certificates, mail or mails.port), mails


async def test_each_alert_is_sent_once_whatever_runs_again(tmp_path, hook, certificates):
    async with world(tmp_path, hook, certificates) as (instance, mails):
        await instance.do("run", "--once", "--feeds", str(instance.feeds))
        assert (len(hook.received), len(mails.mails)) == (1, 1)
        await instance.do("run", "--once")
        told = await instance.do("deliver", "--once")
        assert told == {"delivered": 0, "failed": 0, "muted": 0, "pending": 0}
        assert (len(hook.received), len(mails.mails)) == (1, 1)
        (alert,) = [
            json.loads(line)
            for line in biowire("alerts", "list", "--json", home=tmp_path).stdout.splitlines()
        ]
        assert {one["state"] for one in alert["deliveries"]} == {"delivered"}
        assert {one["id"] for one in alert["deliveries"]} == {
            hook.received[0].headers["webhook-id"],
            mails.mails[0]["Message-ID"].strip("<>").partition("@")[0],
        }


async def test_run_sends_beside_its_work_and_stops_when_told(tmp_path, hook, certificates):
    async with world(tmp_path, hook, certificates) as (instance, mails):
        async with instance.doing("run", "--json", "--no-web", "--feeds", str(instance.feeds)) as process:
            await until(lambda: hook.received and mails.mails)
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(60):
                out, err = await process.communicate()
        assert (process.returncode, err) == (0, b"")
        told = json.loads(out)
        assert (told["alerts"], told["messages"]) == ({"gates": 1}, {"delivered": 2})


async def test_a_mail_server_that_hangs_keeps_nobody_from_stopping(tmp_path, hook, certificates):
    async with (
        scripted("220 test", then="hang") as port,
        world(tmp_path, hook, certificates, port) as (instance, _),
    ):
        instance.raises(an_alert("a", "gates"))
        async with instance.doing("deliver", "--json") as process:
            await until(
                lambda: any(one.state == "sending" for one in instance.deliveries()) and hook.received
            )
            begun = time.monotonic()
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(60):
                await process.communicate()
            assert time.monotonic() - begun < 10  # a try may take 30
        assert process.returncode == 0
        states = {one.channel.partition(":")[0]: (one.state, one.error) for one in instance.deliveries()}
        assert states == {"https": ("delivered", ""), "mailto": ("pending", "We were stopped.")}
