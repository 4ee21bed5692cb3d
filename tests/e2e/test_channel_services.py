"""Chat and push services: their own servers on loopback, and nowhere that apprise would also go."""

import logging
import os
import socket
import subprocess
import urllib.request

import pytest
from aiohttp import web
from canary import listening
from messages import SIGNING, a_message, an_alert, shown
from webhook_server import WebhookServer

from connectors.errors import UserError
from connectors.guard import Guard
from streams.channels import Later, Never
from streams.channels.choose import channel_for, check
from streams.channels.connection_watch import Watch

INSIDE = {"webhook_private": ("127.0.0.0/8",), "webhook_http": True, "message_seconds": 20.0}


def service(url, **settings):
    return channel_for(url, INSIDE | settings, SIGNING)


@pytest.mark.parametrize(
    "url",
    [
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#alerts",
        "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js",
        "tgram://123456789:abcdefghijklmnopqrstuvwxyz012345678/12315544",
        "workflows://prod-00.westeurope.logic.azure.com:443/643e6f2a/3EcF9gsPMZPPqDLa",
        "matrixs://user:password@matrix.example.org/#room",
        "ntfy://a-topic-nobody-guesses",
        "ntfys://ntfy.example.org/topic",
        "mmosts://chat.example.org/3ccdd113474722377935511fc85d3dd4",
        "rockets://user:password@chat.example.org/#room",
        "gotifys://push.example.org/A2Y8x4H5nBjBQdF",
    ],
    ids=lambda url: url.partition(":")[0],
)
def test_the_services_people_use_are_taken(url):
    check(url, {})


@pytest.mark.parametrize(
    "url",
    [
        *("json://localhost/", "jsons://hook.example/", "xml://localhost/", "form://localhost/x"),
        *("apprise://localhost/token", "dbus://", "gnome://", "macosx://", "windows://", "syslog://"),
        *("rsyslog://localhost", "file:///etc/passwd", "kodi://localhost", "smtp://localhost", "exec://id"),
        *(
            "homeassistant://localhost/token",
            "mqtt://localhost/topic",
            "amqp://localhost/x",
            "irc://localhost/#x",
        ),
        *("mailtos://user:password@mail.example.org", "mailto://user:password@mail.example.org"),
        *(
            "matrix://user:password@matrix.example.org/#room",
            "ntfy://localhost/topic",
            "mmost://localhost/token",
        ),
        *("slack://", "discord://x", "tgram://bottoken", "slackk://a/b/c"),
        "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js?template=/etc/passwd",
        "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js?ping=@everyone",
        "ntfys://ntfy.example.org/topic?verify=no",
        "ntfys://ntfy.example.org/topic?attach=file:///etc/passwd",
        "ntfys://ntfy.example.org/topic?rto=9999",
        "ntfys://ntfy.example.org/topic?redirect=yes",
        "matrixs://user:password@matrix.example.org/#room?path=/x",
        "ntfys://ntfy.example.org/topic?to=a;verify=no",
        "ntfys://ntfy.example.org/topic?%76erify=no",
        "ntfys://ntfy.example.org/topic?+X-Header=1",
    ],
)
def test_anything_else_is_refused_with_a_sentence(url):
    with pytest.raises(UserError, match=r"^[A-Z`].{20,}[.]$") as raised:
        check(url, {})
    assert "password" not in str(raised.value)


async def test_a_message_arrives_with_its_words_and_calls_nobody():
    loud = shown("a", title="@everyone <!channel> look & see <b>this</b>")
    async with WebhookServer() as server:
        server.answers = [200, 200]
        await service(f"ntfy://127.0.0.1:{server.port}/topic").send(a_message(an_alert(shown=(loud,))))
        await service(f"mmost://127.0.0.1:{server.port}/3ccdd113474722377935511fc85d3dd4").send(
            a_message(an_alert(shown=(loud,)))
        )
    for got in server.received:
        said = got.body.decode()
        assert "face recognition" in said
        assert "unsubscribe" in said
        assert "@everyone" not in said
        assert "<!channel>" not in said


async def test_what_does_not_go_through_is_for_now_and_tells_no_key(caplog):
    caplog.set_level(logging.DEBUG)
    async with WebhookServer() as server:
        server.answers = [500, 401, 404]
        for _ in range(3):
            with pytest.raises(Later, match="mmost did not take") as raised:
                await service(f"mmost://127.0.0.1:{server.port}/3ccdd113474722377935511fc85d3dd4").send(
                    a_message()
                )
            ours = [record.getMessage() for record in caplog.records if not record.name.startswith("aiohttp")]
            assert "3ccdd113" not in f"{raised.value!r} {raised.value.__cause__!r} {ours}"
    assert len(server.received) == 3


async def test_a_service_that_hangs_is_left_in_time():
    async with WebhookServer() as server:
        server.answers = ["hang"]
        with pytest.raises(Later) as raised:
            await service(f"ntfy://127.0.0.1:{server.port}/topic", message_seconds=1.0).send(a_message())
        assert raised.value.uncertain


@pytest.mark.parametrize(
    "host",
    [
        *(
            "localhost",
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "0.0.0.0",
            "127.0.0.1.",
        ),
        *("[::1]", "[::ffff:127.0.0.1]", "LOCALHOST", "localhost.", "ip6-localhost"),
    ],
)
@pytest.mark.parametrize(
    "form",
    [
        "ntfy://{}:{}/topic",
        "mmost://{}:{}/3ccdd113474722377935511fc85d3dd4",
        "gotify://{}:{}/A2Y8x4H5nBjBQdF",
    ],
)
async def test_no_service_leads_inside(host, form):
    async with listening() as (port, hits):
        with pytest.raises((UserError, Never, Later)):
            await service(form.format(host, port), webhook_private=()).send(a_message())
        assert hits == []


async def test_no_redirect_of_a_service_leads_inside():
    async with WebhookServer() as server, listening() as (port, hits):
        for status in (301, 302, 307, 308):
            server.answers = [web.Response(status=status, headers={"Location": f"http://127.0.0.1:{port}/"})]
            with pytest.raises((Never, Later)):
                await service(f"ntfy://127.0.0.1:{server.port}/topic").send(a_message())
        assert hits == []


class TestWatch:
    """The guard of connections that code not our own makes."""

    def refused(self, work):
        watch = Watch(Guard(setting="webhook_private"))
        with pytest.raises(OSError):
            watch.run(work)
        assert watch.refused
        return watch.refused

    async def test_a_redirect_followed_by_a_library_is_refused(self):
        """Even where the first place was allowed, and the library follows by itself."""
        async with WebhookServer() as server, listening() as (port, hits):
            server.answers = [web.Response(status=302, headers={"Location": f"http://127.0.0.1:{port}/"})]
            watch = Watch(Guard([f"127.0.0.1:{server.port}"], setting="webhook_private"))

            def follow():
                urllib.request.urlopen(f"http://127.0.0.1:{server.port}/", timeout=5)

            from asyncio import to_thread

            with pytest.raises(OSError):
                await to_thread(watch.run, follow)
            assert "webhook_private" in watch.refused
            assert len(server.received) == 1
            assert hits == []

    def test_programs_and_local_sockets_are_refused(self):
        assert "subprocess" in self.refused(lambda: subprocess.run(["true"], check=False))
        assert "os.system" in self.refused(lambda: os.system("true"))

        def local():
            with socket.socket(socket.AF_UNIX) as one:
                one.connect("/run/nothing")

        assert "internet" in self.refused(local)

    def test_nothing_is_watched_outside_of_it(self):
        Watch(Guard()).run(lambda: None)
        subprocess.run(["true"], check=True)
        with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
            pass
