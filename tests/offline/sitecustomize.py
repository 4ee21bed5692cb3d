"""Python that starts with this folder on its path finds no host but this one: no test asks the internet."""

import ipaddress
import socket

_find = socket.getaddrinfo


def _here_only(host, *arguments, **named):  # type: ignore[no-untyped-def]
    name = host.decode() if isinstance(host, bytes) else host or "localhost"
    if name != "localhost" and not _is_loopback(name):
        raise socket.gaierror(socket.EAI_NONAME, "tests ask nobody but this machine")
    return _find(host, *arguments, **named)


def _is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


socket.getaddrinfo = _here_only
