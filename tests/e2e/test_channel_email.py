"""Mail, through real servers on loopback: what arrives, and what each way of failing is called."""

import asyncio
import logging
import sys
import threading
import time

import pytest
from mail_server import SCRIPT, MailServer, scripted
from messages import NOW, SIGNING, a_digest, a_message, an_alert, shown
from servers.certificates import Certificates

from connectors.errors import UserError
from streams.channels import Later, Never
from streams.channels.choose import channel_for

ANN = "mailto:ann@example.org"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return Certificates.make(tmp_path_factory.mktemp("certificates"))


def email(port, url=ANN, **settings):
    given = {
        "smtp_host": "127.0.0.1",
        "smtp_port": port,
        "smtp_from": "news@example.org",
        "message_seconds": 10.0,
    }
    return channel_for(url, given | settings, SIGNING, clock=lambda: NOW)


async def test_a_mail_arrives_with_text_html_and_headers():
    message = a_message()
    async with MailServer() as server:
        await email(server.port).send(message)
    (mail,) = server.mails
    assert server.envelopes[0].mail_from == "news@example.org"
    assert server.envelopes[0].rcpt_tos == ["ann@example.org"]
    assert mail["Subject"] == "[Face recognition in policing] Council weighs cameras a"
    assert mail["Message-ID"] == f"<{message.id}@example.org>"
    assert mail["Date"].datetime == NOW
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Unsubscribe"] == f"<{dict(message.urls)['unsubscribe']}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    text, html = mail.iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert "«face recognition»" in text.get_content()
    assert ">face recognition</mark>" in html.get_content()


async def test_a_digest_carries_its_chart_inside():
    async with MailServer() as server:
        await email(server.port).send(a_digest())
    (mail,) = server.mails
    related = mail.get_payload()[1]
    assert related.get_content_type() == "multipart/related"
    html, chart = related.iter_parts()
    assert chart.get_content_type() == "image/png"
    assert chart.get_content()[:8] == b"\x89PNG\r\n\x1a\n"
    assert f'src="cid:{chart["Content-ID"].strip("<>")}"' in html.get_content()
    assert 'alt="Matching articles: 15 Nov 11, ' in html.get_content()


async def test_mails_on_one_story_are_one_thread_and_others_are_not():
    first, second = (
        a_message(an_alert(name, shown=(shown(name, story_id="s"),)), id=name * 32) for name in "ab"
    )
    both = a_message(an_alert("c"), an_alert("d"), id="c" * 32)
    async with MailServer() as server:
        for message in (first, second, both):
            await email(server.port).send(message)
    one, two, three = server.mails
    assert one["References"] == two["References"] == one["In-Reply-To"]
    assert one["Message-ID"] != two["Message-ID"]
    assert three["References"] is None


@pytest.mark.parametrize("wrapped", [False, True], ids=["starttls", "tls"])
async def test_the_connection_is_secured(certificates, wrapped):
    settings = {"smtp_tls": "tls" if wrapped else "starttls", "smtp_ca": str(certificates.authority)}
    async with MailServer(tls=certificates.context(), wrapped=wrapped) as server:
        await email(server.port, **settings).send(a_message())
        assert len(server.mails) == 1
        with pytest.raises(Later, match="certificate is not valid"):
            await email(server.port, **settings | {"smtp_ca": ""}).send(a_message())
    assert len(server.mails) == 1


async def test_a_server_without_starttls_gets_nothing():
    async with MailServer() as server:
        with pytest.raises(Later, match="does not offer"):
            await email(server.port, smtp_tls="starttls").send(a_message())
    assert not server.mails


async def test_the_user_is_told_and_the_password_never_shown(tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    password = tmp_path / "password"
    password.write_text("correct horse battery\n")
    settings = {"smtp_user": "biowire", "smtp_password_file": str(password)}
    async with MailServer(login=("biowire", "correct horse battery")) as server:
        await email(server.port, **settings).send(a_message())
        server.login = ("biowire", "another")
        channel = email(server.port, **settings)
        with pytest.raises(Later, match="does not accept the user or password") as raised:
            await channel.send(a_message())
    assert len(server.mails) == 1
    assert "horse" not in f"{raised.value!r} {channel._server!r} {caplog.text}"


@pytest.mark.parametrize(
    ("where", "answer", "error"),
    [
        ("rcpt", "550 5.1.1 no such user", Never),
        ("rcpt", "450 4.2.0 greylisted", Later),
        ("rcpt", "421 going down", Later),
        ("data", "554 5.7.1 spam", Never),
        ("data", "452 4.3.1 no room", Later),
    ],
    ids=lambda value: str(value)[:3],
)
async def test_4xx_is_for_now_and_5xx_for_good(where, answer, error):
    async with MailServer(**{where: answer}) as server:
        with pytest.raises(error, match=answer[:3]) as raised:
            await email(server.port).send(a_message())
    assert not getattr(raised.value, "uncertain", False)


@pytest.mark.parametrize(
    ("said", "then", "uncertain"),
    [
        (0, "close", False),
        (1, "close", False),
        (3, "close", False),
        (4, "close", False),
        (5, "close", True),
        (0, "hang", False),
        (4, "hang", False),
        (5, "hang", True),
        (0, "drip", False),
        (5, "drip", True),
    ],
)
async def test_only_a_break_after_the_text_is_uncertain(said, then, uncertain):
    async with scripted(*SCRIPT[:said], then=then) as port:
        with pytest.raises(Later) as raised:
            await email(port, message_seconds=1.0).send(a_message())
    assert raised.value.uncertain is uncertain


async def test_a_break_after_it_was_taken_does_not_matter():
    async with scripted(*SCRIPT) as port:
        await email(port).send(a_message())


async def test_nobody_there_is_for_now():
    async with MailServer() as server:
        port = server.port
    with pytest.raises(Later, match="cannot be reached; see smtp_host"):
        await email(port).send(a_message())


def busy(thread):
    """Whether a thread of the pool is inside a conversation."""
    frame = sys._current_frames().get(thread.ident)
    while frame is not None:
        if frame.f_code.co_filename.endswith("smtplib.py"):
            return True
        frame = frame.f_back
    return False


async def test_who_is_told_to_stop_leaves_no_conversation_behind():
    hanging = asyncio.Event()
    async with scripted(*SCRIPT[:5], then="hang", hanging=hanging) as port:
        sending = asyncio.create_task(email(port, message_seconds=40.0).send(a_message()))
        await asyncio.wait_for(hanging.wait(), 20)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(sending, 20)
        limit = time.monotonic() + 9  # below the socket's own patience
        while any(thread.name.startswith("asyncio_") and busy(thread) for thread in threading.enumerate()):
            assert time.monotonic() < limit
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"smtp_tls": "ssl"}, "smtp_tls is ssl"),
        ({"smtp_port": 0}, "smtp_port is 0"),
        ({"smtp_from": "news"}, "smtp_from"),
        ({"smtp_host": "mail.example.org", "smtp_user": "x"}, "in the open"),
        ({"message_seconds": 0.0}, "message_seconds"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_settings_that_cannot_be_meant_are_named(settings, sentence):
    with pytest.raises(UserError, match=sentence):
        email(25, **settings)
