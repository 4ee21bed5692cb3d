"""Which addresses we connect to: the public internet, and what the user allowed by name. Nothing else.

    URL ─► check_url ─► resolver ─► check_addresses ─► socket ─► check_peer

Feeds come from strangers, and so do their links and redirects; any of them may name a machine behind
our own wall. So the guard is asked three times: of the URL, of every address its name leads to, and
of the very address a socket is about to be connected to, which leaves a changing name no gap.

Sources: OWASP's SSRF prevention sheet; IANA's registries of special-purpose IPv4 and IPv6 addresses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from yarl import URL

from .errors import PermanentError, UserError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_DENIED: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT
        "192.0.0.0/24",  # protocol assignments
        "192.88.99.0/24",  # 6to4 relays
        "198.18.0.0/15",  # benchmarking
        "240.0.0.0/4",
        "::/96",  # IPv4-compatible
        "::ffff:0:0:0/96",  # IPv4-translated
        "64:ff9b::/96",  # NAT64: an IPv4 address inside
        "64:ff9b:1::/48",
        "100::/64",  # discard
        "2001::/23",  # Teredo, ORCHID and other assignments
        "2001:db8::/32",
        "2002::/16",  # 6to4: an IPv4 address inside
        "3fff::/20",  # documentation
        "5f00::/16",  # segment routing
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",  # site-local, gone but routed here and there
    )
)
"""Beside what `is_global` refuses: the tables of older Python versions lack some of these."""

_LONGEST_URL = 8_192
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\]")
_NUMERIC_LABEL = re.compile(r"(?:[0-9]+|0[xX][0-9a-fA-F]*)\Z")


class Refused(PermanentError):  # noqa: N818 - reads as the sentence it is
    """An address we do not connect to; the message is a sentence for people."""


def is_public(address: Address) -> bool:
    """Whether anyone on the internet could reach this address, whatever it is wrapped in."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return is_public(address.ipv4_mapped)
    if address.is_multicast or not address.is_global:
        return False
    return not any(address.version == net.version and address in net for net in _DENIED)


@dataclass(frozen=True, slots=True)
class _Rule:
    """One entry of the user's list: a network or a host name, on one port or (0) on all."""

    network: Network | None
    host: str
    port: int


class Guard:
    """Judges URLs and addresses. `allow`: `HOST`, `ADDRESS` or `NETWORK`, each with `:PORT` if wanted."""

    def __init__(self, allow: Iterable[str] = (), *, setting: str = "fetch_allow") -> None:
        """`setting`: where `allow` is from. Raises UserError for an entry that is none of these."""
        self._rules = tuple(_rule(text, setting) for text in allow)
        self._setting = setting
        self._let_in: set[tuple[str, int]] = set()
        self._inside: set[tuple[str, int]] = set()

    def check_url(self, url: str) -> URL:
        """Return the URL as it will be asked for; raises Refused."""
        if len(url) > _LONGEST_URL:
            raise Refused("The address is too long to be one.")
        if _FORBIDDEN.search(url):
            raise Refused("The address contains blanks, control characters or backslashes.")
        try:
            parsed = URL(url)
            host, port = parsed.host or "", parsed.port or 0
        except ValueError as cause:
            raise Refused(f"The address cannot be read: {cause}.") from cause
        if parsed.scheme not in {"http", "https"}:
            raise Refused(
                f"Only http and https addresses are fetched, not {parsed.scheme or 'relative'} ones."
            )
        if not host:
            raise Refused("The address names no host.")
        literal = _literal(host)
        if literal is not None:
            self.check_addresses(host, port, [literal])
        return parsed

    def check_addresses(self, host: str, port: int, addresses: Sequence[Address]) -> None:
        """Every address a host leads to has to be public or allowed; raises Refused."""
        inside = [address for address in addresses if not is_public(address)]
        for address in inside:
            if not self._allows(host, address, port):
                through = "" if _same(host, address) else f" (it leads to {address})"
                shown = f"[{host}]" if ":" in host else host
                raise Refused(
                    f"{host} is not on the public internet{through}. If that is meant, "
                    f"add {shown}:{port} to the setting {self._setting}."
                )
            self._let_in.add((_key(address), port))
        if inside:
            self._inside.add((host.lower(), port))

    def check_peer(self, address: str, port: int) -> None:
        """The last question, of the address a socket is made for; raises Refused."""
        peer = ip_address(address)
        if not is_public(peer) and (_key(peer), port) not in self._let_in:
            raise Refused(f"{peer} is not on the public internet.")

    def is_inside(self, url: URL) -> bool:
        """Whether this URL's host, checked before, is one that only the user's list lets us reach."""
        return ((url.host or "").lower(), url.port or 0) in self._inside

    def _allows(self, host: str, address: Address, port: int) -> bool:
        plain = _plain(address)
        for rule in self._rules:
            if rule.port not in {0, port}:
                continue
            if rule.host and rule.host == host.lower():
                return True
            if rule.network and rule.network.version == plain.version and plain in rule.network:
                return True
        return False


def _literal(host: str) -> Address | None:
    """Return the address a host spells out, None for a name; raises Refused for odd spellings.

    `127.1`, `0x7f000001`, `2130706433` and `0177.0.0.1` are addresses to the operating system and
    names to most libraries; no publisher writes them.
    """
    try:
        return ip_address(host.strip("[]"))
    except ValueError:
        if _NUMERIC_LABEL.match(host.rstrip(".").rpartition(".")[2]):
            raise Refused(f"{host} is an unusual way to write an address; it is not fetched.") from None
        return None


def _plain(address: Address) -> Address:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _key(address: Address) -> str:
    return str(_plain(address))


def _same(host: str, address: Address) -> bool:
    return host.strip("[]").lower() == str(address).lower()


def _rule(text: str, setting: str) -> _Rule:
    host, port = _split_port(text.strip())
    try:
        return _Rule(ip_network(host, strict=False), "", port)
    except ValueError:
        pass
    if not re.fullmatch(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*", host) or _NUMERIC_LABEL.match(
        host.rpartition(".")[2]
    ):
        raise UserError(
            f"{text!r} in the setting {setting} is no host, address or network. "
            "Write for example 127.0.0.1:8080, 10.0.0.0/8 or intranet.example."
        )
    return _Rule(None, host.lower(), port)


def _split_port(text: str) -> tuple[str, int]:
    """Split `host:port`, `[v6]:port`, and either without the port (0: any)."""
    bracketed = re.fullmatch(r"\[([^\]]+)\](?::(\d{1,5}))?", text)
    if bracketed:
        return bracketed[1], int(bracketed[2] or 0)
    host, colon, port = text.rpartition(":")
    if colon and ":" not in host and port.isascii() and port.isdigit():
        return host, int(port)
    return text, 0
