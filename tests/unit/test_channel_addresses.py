"""What a subscription may be sent to: each address that cannot work is refused before it is saved, and why."""

import pytest

from connectors.errors import UserError
from streams.channels.choose import channel_for, check, receiver
from streams.channels.email import Email
from streams.channels.webhook import Webhook
from streams.core.alerts.addresses import Addresses, checked_base
from streams.signing import Signing

SIGNING = Signing(b"one secret of tests, long enough")


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        ("mailto:ann@example.org", "ann@example.org"),
        ("mailto:ann+news@example.org", "ann+news@example.org"),
        ("mailto:ann%2Bnews@example.org", "ann+news@example.org"),
        ("MAILTO:o'hara.b@mail.example.org", "o'hara.b@mail.example.org"),
        ("mailto:root@localhost", "root@localhost"),
        ("mailto:ann@münchen.example", "ann@xn--mnchen-3ya.example"),
    ],
)
def test_mail_addresses_are_read(url, plain):
    assert receiver(url) == plain


@pytest.mark.parametrize(
    "url",
    [
        *("mailto:", "mailto:ann", "mailto:@example.org", "mailto:ann@", "mailto:ann@@example.org"),
        *(
            "mailto:ann@example..org",
            "mailto:.ann@example.org",
            "mailto:ann.@example.org",
            "mailto:a..b@x.org",
        ),
        *("mailto:ann@example.org,bob@example.org", "mailto:ann@example.org?cc=bob@example.org"),
        *("mailto:ann@example.org?subject=x%0d%0aBcc:%20eve", "mailto:ann%0d%0aBcc:eve@example.org"),
        *(
            "mailto:ann@example.org%0d%0aBcc:eve@x.org",
            "mailto:Ann%20<ann@example.org>",
            "mailto:%22a%22@x.org",
        ),
        *(
            "mailto:<ann@example.org>",
            "mailto:ann@example.org>",
            "mailto:ann@[127.0.0.1]",
            "mailto:ann@-x.org",
        ),
        *("mailto:änn@example.org", "mailto:ann%00@example.org", "mailto:ann@exam%20ple.org"),
        *(
            "mailto://ann@example.org",
            "mailto:" + "a" * 65 + "@example.org",
            "mailto:a@" + "b." * 130 + "org",
        ),
        *("mailto:ann@example.org ", "mailto:ann\r\n@example.org", "mailto:ann@example.org\x00"),
    ],
)
def test_anything_but_one_plain_address_is_refused(url):
    with pytest.raises(UserError, match=r"[.]$") as raised:
        check(url, {})
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 300


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "A channel is an address"),
        ("ann@example.org", "A channel is an address"),
        ("hook.example", "A channel is an address"),
        ("https://" + "a" * 3000 + ".example", "longer than 2,048"),
        ("https://hook.example/a b", "blanks"),
        ("https://hook.example/\r\nX: y", "blanks or control"),
        ("https://hook.example/\u202e", "blanks or control"),
        ("http://hook.example/", "over https"),
        ("https://", "names no host"),
        ("https://hook.example/#part", "after #"),
        ("https://10.0.0.1/", "webhook_private"),
        ("https://192.168.1.20:8443/", "webhook_private"),
        ("https://[fd00::1]/", "webhook_private"),
        ("https://169.254.169.254/latest/meta-data", "webhook_private"),
        ("https://localhost:8443/", "webhook_private"),
        ("https://box.localhost/", "webhook_private"),
        ("https://0x7f.1/", "unusual way"),
        ("https://user@127.0.0.1/", "webhook_private"),
        ("ftp://hook.example/", "There is no channel ftp"),
        ("javascript:alert(1)", "There is no channel"),
        ("\x1b[31m://x", "control"),
    ],
)
def test_an_address_of_no_use_is_refused_with_a_sentence(url, why):
    with pytest.raises(UserError, match=why) as raised:
        check(url, {})
    assert "\n" not in str(raised.value)


def test_what_is_allowed_by_name_is_allowed_and_no_more():
    settings = {"webhook_private": ("10.0.0.7:8443", "localhost")}
    for url in ("https://10.0.0.7:8443/", "https://localhost/", "https://hook.example/"):
        assert isinstance(channel_for(url, settings, SIGNING), Webhook)
    for url in ("https://10.0.0.7/", "https://10.0.0.8:8443/", "https://127.0.0.1/"):
        with pytest.raises(UserError, match="webhook_private"):
            check(url, settings)


def test_the_kind_of_channel_follows_the_address():
    mail = channel_for("mailto:ann@example.org", {}, SIGNING)
    hook = channel_for("https://hook.example/x", {}, SIGNING)
    assert isinstance(mail, Email)
    assert isinstance(hook, Webhook)
    assert (mail.knows_repeats, hook.knows_repeats) == (False, True)


def test_links_carry_what_they_need_and_no_channel():
    addresses = Addresses("https://news.example.org/biowire/", SIGNING.token)
    link = addresses.unsubscribe("faces", "slack://secret/token")
    assert link.startswith("https://news.example.org/biowire/unsubscribe/faces/")
    assert "secret" not in link
    assert SIGNING.holds(link.rpartition("/")[2], "unsubscribe", "faces", "slack://secret/token")
    feed, form = addresses.feed("faces", "rss").rpartition("/")[2].split(".")
    assert SIGNING.holds(feed, "feed", "faces")
    assert form == "rss"
    assert addresses.archive('a & "b"').endswith("/search?q=a+%26+%22b%22")
    assert addresses.explain("../x?y").endswith("/documents/..%2Fx%3Fy/explain")


@pytest.mark.parametrize(
    "base", ["", "news.example.org", "ftp://x.example", "https://x.example/?a", "https://x.example/#a", "https://x y", 'https://x"', "https://é.example", "javascript:alert(1)"],
)  # fmt: skip
def test_links_cannot_begin_with_anything(base):
    with pytest.raises(UserError, match="public_url"):
        checked_base(base)


def test_a_base_may_have_a_path():
    assert checked_base("https://x.example/biowire/") == "https://x.example/biowire"
