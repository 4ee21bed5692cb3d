"""Addresses nobody outside could reach are refused, however they are spelled."""

from ipaddress import ip_address

import pytest
from canary import INSIDE
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import UserError
from connectors.guard import Guard, Refused, is_public

PUBLIC = """
8.8.8.8 1.1.1.1 93.184.216.34 172.32.0.1 192.167.1.1 100.128.0.1 2606:4700::1111 2a00:1450::1
""".split()  # noqa: SIM905


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_is_not_public(address):
    assert not is_public(ip_address(address))
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(Refused):
        Guard().check_url(f"http://{host}/")
    with pytest.raises(Refused):
        Guard().check_addresses("name.example", 80, [ip_address(address)])
    with pytest.raises(Refused):
        Guard().check_peer(address, 80)


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_internet_is_public(address):
    assert is_public(ip_address(address))
    Guard().check_url(f"http://[{address}]/" if ":" in address else f"http://{address}/")
    Guard().check_peer(address, 443)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.1/",
        "http://127.0.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.0.0.1/",
        "http://0177.0.0.1/",
        "http://017700000001/",
        "http://127.0.0.1./",
        "http://127.0.0.1.:80/",
        "http://0/",
        "http://00000000/",
        "http://1.2.3/",
        "http://256.0.0.1/",
        "http://127.0.0.0x1/",
        "http://①②⑦.⓪.⓪.①/",
        "http://127。0。0。1/",
        "http://１２７.０.０.１/",
        "http://user@127.0.0.1/",
        "http://example.org@127.0.0.1/",
        "http://example.org:80@127.0.0.1/",
        "http://example.org%40127.0.0.1@10.0.0.1/",
        "http://127.0.0.1\\@example.org/",
        "http://example.org\\@127.0.0.1/",
        "http://127.0.0.1%00.example.org/\x00",
        "http://127.0.0.1 .example.org/",
        "http://127.0.0.1\t/",
        "http://127.0.0.1\r\nHost: x/",
        "http://[::ffff:7f00:1]/",
        "http://[0:0:0:0:0:ffff:127.0.0.1]/",
        "http://[::1%25lo]/",
        "http://[fe80::1%25eth0]/",
        "http://[::1]:6379/",
        "file:///etc/passwd",
        "ftp://example.org/feed",
        "gopher://127.0.0.1:6379/_INFO",
        "dict://127.0.0.1:11211/stats",
        "data:text/xml,<rss/>",
        "javascript:alert(1)",
        "//127.0.0.1/",
        "/etc/passwd",
        "http:///feed",
        "http://",
        "",
        "http://[::1/",
        "http://127.0.0.1:99999/",
    ],
)
def test_an_odd_spelling_is_refused(url):
    with pytest.raises(Refused):
        Guard().check_url(url)


@given(st.integers(0, 2**32 - 1))
def test_an_address_inside_another_one_is_no_way_in(number):
    """Mapped addresses are judged by what they carry; translated and tunnelled ones are refused whole."""
    plain = ip_address(number)
    assert is_public(ip_address(f"::ffff:{plain}")) == is_public(plain)
    assert not is_public(ip_address(f"64:ff9b::{plain}"))
    assert not is_public(ip_address(f"2002:{number >> 16:x}:{number & 0xFFFF:x}::1"))


@pytest.mark.parametrize(
    ("rule", "url", "allowed"),
    [
        ("127.0.0.1", "http://127.0.0.1:8080/", True),
        ("127.0.0.1:8080", "http://127.0.0.1:8080/", True),
        ("127.0.0.1:8080", "http://127.0.0.1:8081/", False),
        ("10.0.0.0/8", "http://10.1.2.3/", True),
        ("10.0.0.0/8:80", "http://10.1.2.3/", True),
        ("10.0.0.0/8:80", "https://10.1.2.3/", False),
        ("10.0.0.0/8", "http://[::ffff:10.1.2.3]/", True),
        ("[::1]:8080", "http://[::1]:8080/", True),
        ("::1", "http://[::1]/", True),
        ("::1", "http://127.0.0.1/", False),
    ],
)
def test_what_the_user_allows_is_allowed_and_no_more(rule, url, allowed):
    guard = Guard([rule])
    if allowed:
        assert guard.is_inside(guard.check_url(url))
    else:
        with pytest.raises(Refused):
            guard.check_url(url)


def test_a_name_can_be_allowed_with_or_without_port():
    private = [ip_address("10.0.0.7")]
    Guard(["intranet.example"]).check_addresses("Intranet.Example", 8443, private)
    with pytest.raises(Refused, match=r"leads to 10\.0\.0\.7"):
        Guard(["intranet.example:80"]).check_addresses("intranet.example", 8443, private)


def test_one_private_address_among_public_ones_is_enough_to_refuse():
    with pytest.raises(Refused):
        Guard().check_addresses("both.example", 80, [ip_address("8.8.8.8"), ip_address("10.0.0.1")])


@pytest.mark.parametrize("rule", ["", "127.1", "0x7f.1", "10.0.0.0/99", "a b", "http://x/", "x:y"])
def test_an_allow_entry_that_cannot_be_meant_is_named(rule):
    with pytest.raises(UserError, match="fetch_allow"):
        Guard([rule])
