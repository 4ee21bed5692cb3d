"""Webhooks, through a real HTTPS endpoint: signed so that others can check it, and never sent inside."""

import json
import logging
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiohttp import web
from canary import INSIDE, NAMES, listening, vectors
from messages import NOW, SIGNING, a_digest, a_message, a_subscription
from servers.certificates import Certificates
from standardwebhooks.webhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError
from webhook_server import WebhookServer

from connectors.errors import UserError
from streams.channels import Later, Never
from streams.channels.choose import channel_for, check

ALLOW = ("127.0.0.0/8", "::1")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return Certificates.make(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
async def endpoint(certificates):
    async with WebhookServer(certificates.context()) as server:
        server.settings = {
            "webhook_private": ALLOW,
            "webhook_ca": str(certificates.authority),
            "message_seconds": 10.0,
        }
        yield server


def webhook(endpoint, clock=lambda: datetime.now(UTC), **settings):
    return channel_for(endpoint.url, endpoint.settings | settings, SIGNING, clock=clock)


def verifier(endpoint, subscription="faces"):
    return Verifier(SIGNING.webhook_secret(subscription, endpoint.url))


async def test_an_independent_reader_accepts_the_signature_and_no_changed_message(endpoint):
    for message in (a_message(), a_digest()):
        await webhook(endpoint).send(message)
        got = endpoint.received[-1]
        assert verifier(endpoint).verify(got.body, got.headers) == json.loads(got.body)
        assert got.headers["webhook-id"] == message.id
        for body, headers in [
            (got.body.replace(b"faces", b"races"), got.headers),
            (got.body, got.headers | {"webhook-id": "another"}),
            (got.body, got.headers | {"webhook-timestamp": str(int(got.headers["webhook-timestamp"]) - 1)}),
        ]:
            with pytest.raises(WebhookVerificationError):
                verifier(endpoint).verify(body, headers)
        with pytest.raises(WebhookVerificationError):
            verifier(endpoint, "another").verify(got.body, got.headers)


async def test_an_old_message_is_known_as_a_replay(endpoint):
    await webhook(endpoint, clock=lambda: datetime.now(UTC) - timedelta(minutes=6)).send(a_message())
    got = endpoint.received[0]
    with pytest.raises(WebhookVerificationError, match="too old"):
        verifier(endpoint).verify(got.body, got.headers)


async def test_the_body_is_the_one_that_is_documented(endpoint):
    await webhook(endpoint).send(a_digest(notices=["One source could not be reached."]))
    body = json.loads(endpoint.received[0].body)
    page = (Path(__file__).parents[2] / "docs" / "alerts-webhook.md").read_text(encoding="utf-8")
    assert {"type", "timestamp", "data"} == set(body)
    assert body["type"] == "digest"
    (document,) = body["data"]["entries"][0]["alerts"][0]["documents"]
    assert document["quotes"][0]["surface"] == "face recognition"
    named = {*body["data"], *body["data"]["entries"][0], *body["data"]["entries"][0]["alerts"][0], *document}
    named |= {*document["quotes"][0], *body["data"]["subscription"], *body["data"]["urls"]}
    assert [name for name in sorted(named) if f"`{name}`" not in page] == []


async def test_a_repeat_has_the_same_id_and_body(endpoint):
    endpoint.answers = [500]
    channel = webhook(endpoint)
    with pytest.raises(Later):
        await channel.send(a_message())
    await channel.send(a_message())
    first, second = endpoint.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body


@pytest.mark.parametrize("status", [200, 201, 202, 204])
async def test_2xx_is_taken(endpoint, status):
    endpoint.answers = [status]
    await webhook(endpoint).send(a_message())


@pytest.mark.parametrize("status", [400, 401, 404, 408, 429, 500, 502, 503])
async def test_other_answers_are_for_now(endpoint, status):
    endpoint.answers = [status]
    with pytest.raises(Later, match=str(status)) as raised:
        await webhook(endpoint).send(a_message())
    assert raised.value.after is None


@pytest.mark.parametrize("status", [301, 302, 307, 308, 410])
async def test_gone_and_moved_are_for_good(endpoint, status):
    endpoint.answers = [web.Response(status=status, headers={"Location": endpoint.url})]
    with pytest.raises(Never, match=str(status)):
        await webhook(endpoint).send(a_message())
    assert len(endpoint.received) == 1


@pytest.mark.parametrize(
    ("value", "after"),
    [
        ("120", timedelta(seconds=120)),
        (format_datetime(NOW + timedelta(hours=1), usegmt=True), timedelta(hours=1)),
        ("99999999999", timedelta(days=30)),
        ("soon", None),
    ],
    ids=["seconds", "date", "absurd", "unreadable"],
)
async def test_the_wait_that_is_asked_for_is_handed_on(endpoint, value, after):
    endpoint.answers = [web.Response(status=429, headers={"Retry-After": value})]
    with pytest.raises(Later) as raised:
        await webhook(endpoint, clock=lambda: NOW).send(a_message())
    assert raised.value.after == after


@pytest.mark.parametrize("answer", ["hang", "drop"])
async def test_no_answer_is_uncertain(endpoint, answer):
    endpoint.answers = [answer]
    with pytest.raises(Later) as raised:
        await webhook(endpoint, message_seconds=1.0).send(a_message())
    assert raised.value.uncertain
    assert len(endpoint.received) == 1


async def test_an_answer_is_not_read(endpoint):
    endpoint.answers = [web.Response(body=b"x" * 50_000_000)]
    await webhook(endpoint).send(a_message())


async def test_an_unknown_certificate_gets_nothing(endpoint):
    with pytest.raises(Later, match="certificate is not valid") as raised:
        await webhook(endpoint, webhook_ca="").send(a_message())
    assert not raised.value.uncertain
    assert endpoint.received == []


async def test_neither_key_nor_address_is_logged(endpoint, caplog):
    caplog.set_level(logging.DEBUG)
    endpoint.answers = [500]
    channel = webhook(endpoint)
    with pytest.raises(Later) as raised:
        await channel.send(a_message())
    told = f"{raised.value!r} {caplog.text} {SIGNING!r}"
    assert SIGNING.webhook_secret("faces", endpoint.url)[6:] not in told
    assert "a secret of tests" not in told


async def test_no_spelling_of_our_own_address_is_sent_to():
    async with listening() as (port, hits):
        sentences = []
        for url in vectors(port):
            with pytest.raises((UserError, Never, Later)) as raised:
                await channel_for(url, {"webhook_http": True, "message_seconds": 1.0}, SIGNING).send(
                    a_message()
                )
            sentences.append(str(raised.value))
        assert len(sentences) >= 60
        assert [
            said for said in sentences if len(said) < 30 or not said.endswith(".") or "Traceback" in said
        ] == []
        assert hits == []


def spellings(address, port):
    """The address itself, behind a user, mapped, and in full."""
    plain = ip_address(address)
    whole = f"[{plain.exploded}]" if plain.version == 6 else address
    host = f"[{address}]" if plain.version == 6 else address
    mapped = [f"[::ffff:{address}]"] if plain.version == 4 else []
    odd = [str(int(plain)), hex(int(plain))] if plain.version == 4 else [host.upper()]
    return [
        f"https://{one}:{port}/"
        for one in (host, f"user@{host}", f"hook.example@{host}", whole, *mapped, *odd)
    ]


async def test_no_network_of_our_own_is_sent_to_however_it_is_written():
    """Each as literals, refused before it is saved, and as the address of a name, refused when it is sent."""
    async with listening() as (port, hits):
        tried = 0
        for address in INSIDE:
            for url in spellings(address, port):
                with pytest.raises(UserError, match=r"^The webhook cannot be used: .+\.$"):
                    check(url, {})
                tried += 1

            async def lookup(host: str, address: str = address) -> list[str]:
                return [address]

            channel = channel_for(
                f"https://hook.example:{port}/", {"message_seconds": 1.0}, SIGNING, lookup=lookup
            )
            with pytest.raises(Never, match="webhook_private"):
                await channel.send(a_message())
            tried += 1
        assert len(INSIDE) >= 35
        assert tried >= 400
        assert hits == []


@pytest.mark.parametrize("addresses", NAMES, ids=" ".join)
async def test_no_name_leads_there(addresses):
    async def lookup(host: str) -> list[str]:
        return addresses

    async with listening() as (port, hits):
        url = f"https://hook.example:{port}/"
        check(url, {})
        with pytest.raises(Never, match=r"not on the public internet.*webhook_private"):
            await channel_for(url, {"message_seconds": 1.0}, SIGNING, lookup=lookup).send(a_message())
        assert hits == []


async def test_a_name_that_changes_after_it_was_looked_at_leads_nowhere(certificates):
    """Rebinding: the allowed endpoint first, another of our own machines at the next message."""
    replies = ["127.0.0.1", "127.0.0.2", "10.0.0.1", "169.254.169.254", "::1"]

    async def lookup(host: str) -> list[str]:
        return [replies.pop(0)]

    async with WebhookServer(certificates.context()) as server, listening() as (_, hits):
        settings = {
            "webhook_private": (f"127.0.0.1:{server.port}",),
            "webhook_ca": str(certificates.authority),
        }
        channel = channel_for(server.url, settings, SIGNING, lookup=lookup)
        await channel.send(a_message())
        for _ in range(4):
            with pytest.raises(Never, match="not on the public internet"):
                await channel.send(a_message())
        assert len(server.received) == 1
        assert hits == []


async def test_a_redirect_inside_is_not_followed(endpoint):
    async with listening() as (port, hits):
        for url in vectors(port):
            if url.isprintable() and url.isascii():
                endpoint.answers = [web.Response(status=307, headers={"Location": url})]
                with pytest.raises(Never, match="redirects"):
                    await webhook(endpoint).send(a_message())
        assert hits == []


async def test_http_is_sent_to_only_where_it_is_allowed():
    async with WebhookServer() as server:
        with pytest.raises(UserError, match="over https"):
            check(server.url, {"webhook_private": ALLOW})
        settings = {"webhook_private": ALLOW, "webhook_http": True}
        await channel_for(server.url, settings, SIGNING).send(
            a_message(subscription=a_subscription(name="ä"))
        )
        assert len(server.received) == 1
