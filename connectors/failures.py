"""What the network or our limits threw, as a kind for the schedule and a sentence for people."""

from __future__ import annotations

import socket
import ssl

import aiohttp

from .answers import Kind
from .guard import Refused
from .inflate import BadEncoding, TooLarge

_TABLE: tuple[tuple[type[Exception], Kind, str], ...] = (
    (Refused, Kind.REFUSED, ""),
    (TooLarge, Kind.TOO_LARGE, ""),
    (BadEncoding, Kind.PROTOCOL, ""),
    (TimeoutError, Kind.TIMEOUT, "The server took too long to answer."),
    (aiohttp.ClientConnectorDNSError, Kind.DNS, "The host was not found."),
    (aiohttp.ClientSSLError, Kind.TLS, "The server's certificate is not valid."),
    (ssl.SSLError, Kind.TLS, "No secure connection could be made."),
    (aiohttp.ClientConnectorError, Kind.CONNECT, "The server cannot be reached."),
    (aiohttp.ClientPayloadError, Kind.PROTOCOL, "The document was cut off on its way."),
    (aiohttp.InvalidURL, Kind.REFUSED, "The address cannot be read."),
    (aiohttp.ServerDisconnectedError, Kind.CONNECT, "The server broke the connection off."),
    (aiohttp.ClientOSError, Kind.CONNECT, "The server broke the connection off."),
    (aiohttp.ClientError, Kind.PROTOCOL, "The server's answer is not proper HTTP."),
    (socket.gaierror, Kind.DNS, "The host was not found."),
    (OSError, Kind.CONNECT, "The server cannot be reached."),
    (ValueError, Kind.REFUSED, "The address cannot be read."),
)
"""The first that fits counts: later ones include earlier ones. No sentence: the error brings its own."""

EXPECTED = tuple(error for error, _, _ in _TABLE)
"""All that a fetch may throw without being wrong itself."""

_STATUS = {
    304: "The server says nothing has changed, though we have nothing yet (304).",
    401: "The server asks for a password (401).",
    402: "The server asks for payment (402).",
    403: "The server refuses to give us the document (403).",
    404: "There is nothing at this address (404).",
    410: "The publisher has taken this down for good (410).",
    429: "The server asks us to come less often (429).",
    451: "The document is withheld for legal reasons (451).",
}


def explain(error: Exception) -> tuple[Kind, str]:
    """Kind and sentence for one of EXPECTED."""
    for known, kind, sentence in _TABLE:
        if isinstance(error, known):
            return kind, sentence or str(error)
    raise error


def explain_status(status: int) -> str:
    """A sentence for an HTTP status that is no success."""
    if status in _STATUS:
        return _STATUS[status]
    if status >= 500:
        return f"The server has a problem of its own ({status})."
    return f"The server answered with something that is no document ({status})."
