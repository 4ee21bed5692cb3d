"""Whether the brokers can be reached, and what Kafka's errors mean, in one sentence each.

Clients of Kafka retry for ever by themselves: a wrong password or a wrong port shows as silence. So
everything of ours that opens a client asks `reachable` first, which looks at one step after the other:
name, port, TLS, protocol, user, the brokers' own addresses.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from .broker import Broker, broker_of
from .errors import NotYet, UserError
from .service_log import overheard, quietly

try:
    from kafka import KafkaAdminClient, errors
    from kafka.net.compat import KafkaNetClient
except ModuleNotFoundError as missing:
    raise UserError(
        "The distributed mode needs more packages: pip install 'biowire[distributed]'."
    ) from missing

TIMEOUT = 10.0
"""Seconds in which a broker that works has answered."""


_API_VERSIONS = struct.pack(">ihhih", 10, 18, 0, 1, -1)
"""ApiVersions, version 0: the one request every Kafka answers anybody, before a user is named."""


_TURN = 3.0
"""Seconds of one attempt to come in; a refusal is looked for between two."""

_REFUSALS = (
    errors.SaslAuthenticationFailedError,
    errors.UnsupportedSaslMechanismError,
    errors.IllegalSaslStateError,
    errors.AuthorizationError,
)


class BrokerAway(NotYet):
    """Nothing answers where a broker should be; it may come."""


def broker_needed(settings: Mapping[str, Any]) -> Broker:
    """The cluster the settings name. Raises UserError when they name none."""
    broker = broker_of(settings)
    if broker is None:
        raise UserError("Where is Kafka? Set `broker`, or give --broker kafka://HOST:PORT.")
    return broker


def reachable(broker: Broker, timeout: float = TIMEOUT) -> None:
    """Return when one of the hosts takes us in as a client; raise UserError with what is in the way.

    Only the first that answers is tried as a client: Kafka's client waits for the silent, in any order.
    Takes at most about `timeout` seconds more than a host that answers at once.
    """
    deadline = time.monotonic() + timeout
    refused: UserError | None = None
    for host in broker.hosts:
        try:
            _knock(broker, host, timeout / len(broker.hosts))
        except UserError as reason:
            refused = refused or reason
            continue
        with quietly("kafka"):
            _enter(replace(broker, hosts=(host,)), max(deadline - time.monotonic(), timeout / 2))
        return
    raise refused or UserError("The setting broker names no host.")


def existing(broker: Broker, topics: Sequence[str], timeout: float = TIMEOUT) -> dict[str, dict[str, Any]]:
    """What the brokers say of each topic, by name; raises UserError when one is not there. Creates none."""
    found = {name: topic for name, topic in described(broker, topics, timeout).items() if topic["partitions"]}
    if missing := [name for name in topics if name not in found]:
        raise NotYet(
            f"The topic {missing[0]} is not at {broker.url}. Run `biowire provision` first, "
            "with the same broker and topic_prefix."
        )
    return found


def partition_counts(broker: Broker, topics: Sequence[str], timeout: float = TIMEOUT) -> dict[str, int]:
    """How many partitions each topic has; raises UserError when one is not there."""
    return {name: len(topic["partitions"]) for name, topic in existing(broker, topics, timeout).items()}


def described(broker: Broker, topics: Sequence[str], timeout: float = TIMEOUT) -> dict[str, dict[str, Any]]:
    """The same, with an error code for a topic that is not there. Raises UserError for other trouble."""
    reachable(broker, timeout)
    milliseconds = int(timeout * 1000)
    try:
        with (
            quietly("kafka"),
            contextlib.closing(
                KafkaAdminClient(
                    **broker.client_options(),
                    bootstrap_timeout_ms=milliseconds,
                    request_timeout_ms=milliseconds,
                )
            ) as admin,
        ):
            return {topic["name"]: topic for topic in admin.describe_topics(list(topics))}
    except errors.KafkaError as cause:
        raise UserError(sentence(cause, broker)) from cause


def sentence(error: BaseException, broker: Broker) -> str:
    """What an error of kafka-python means for a person, and what to do."""
    match error:
        case errors.SaslAuthenticationFailedError():
            return (
                f"The broker {broker.url} does not let the user {broker.user} in: wrong password or wrong "
                f"mechanism ({broker.mechanism}). Check broker_user, broker_password_file, broker_mechanism."
            )
        case errors.UnsupportedSaslMechanismError():
            return (
                f"The broker {broker.url} does not offer {broker.mechanism}. Set broker_mechanism to what it "
                "offers, or broker_user to nothing if it takes none."
            )
        case errors.IllegalSaslStateError():
            return f"The broker {broker.url} takes no user on this port; leave broker_user empty."
        case errors.TopicAuthorizationFailedError() | errors.GroupAuthorizationFailedError():
            return f"The user {broker.user or '(none)'} may not do this at {broker.url}: {error}."
        case errors.AuthorizationError():
            return f"The user {broker.user or '(none)'} may not do this at {broker.url}: {error}."
        case errors.UnknownTopicOrPartitionError():
            return f"A topic is not at {broker.url}. Run `biowire provision` first."
        case errors.KafkaTimeoutError() | errors.KafkaConnectionError() | errors.NodeNotReadyError():
            return f"The broker {broker.url} did not answer in time."
        case _:
            return f"The broker {broker.url} answered with an error ({error})."


def _knock(broker: Broker, host: str, timeout: float) -> None:
    """Speak to one host without a client. Raises UserError when no Kafka answers us."""
    name, _, port = host.rpartition(":")
    name = name.strip("[]")
    try:
        answer = _ask(broker, name, int(port), timeout)
    except ssl.SSLCertVerificationError as cause:
        hint = "" if broker.ca else " If it is signed by an authority of your own, set broker_ca to its file."
        raise UserError(
            f"The certificate of the broker {host} is not valid: {cause.verify_message}.{hint}"
        ) from cause
    except ssl.SSLError as cause:
        raise UserError(
            f"The broker {host} speaks no TLS that we understand ({cause.reason or cause}). "
            "If it is a plain one, write kafka:// instead of kafka+tls://."
        ) from cause
    except OSError as cause:
        raise BrokerAway(_silence(cause, host, name)) from cause
    if len(answer) == 8 and answer[4:] == b"\x00\x00\x00\x01":
        return
    other = (
        "one that wants a certificate of ours" if broker.tls else "one behind TLS; then write kafka+tls://"
    )
    raise UserError(f"What listens at {host} is no Kafka, or {other}.")


def _ask(broker: Broker, name: str, port: int, timeout: float) -> bytes:
    with contextlib.ExitStack() as stack:
        stream: socket.socket = stack.enter_context(socket.create_connection((name, port), timeout))
        if broker.tls:
            stream = stack.enter_context(_context(broker).wrap_socket(stream, server_hostname=name))
        stream.sendall(_API_VERSIONS)
        return stream.recv(8)


def _silence(cause: OSError, host: str, name: str) -> str:
    match cause:
        case socket.gaierror():
            return f"The broker's name {name} is not known here; check the setting broker."
        case ConnectionRefusedError():
            return f"Nothing listens at {host}. Is the broker running, and is the setting broker right?"
        case TimeoutError():
            return f"The broker {host} does not answer. Is it running, and is the way to it open?"
        case _:
            return f"The broker {host} cannot be reached: {cause.strerror or cause}."


def _context(broker: Broker) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=broker.ca or None)
    except ssl.SSLError as cause:
        raise UserError(f"The file {broker.ca} of the setting broker_ca holds no PEM certificate.") from cause


def _enter(broker: Broker, timeout: float) -> None:
    """Come in as every client does, as far as a broker's own address."""
    deadline = time.monotonic() + timeout
    with overheard("kafka.net.manager") as said:
        while True:
            left = deadline - time.monotonic()
            try:
                _come_in(broker, int(max(min(left, _TURN), 0.1) * 1000))
                return
            except errors.KafkaTimeoutError as cause:
                refusal = next((one for one in said if isinstance(one, _REFUSALS)), None)
                if refusal is not None:
                    raise UserError(sentence(refusal, broker)) from refusal
                if left <= _TURN:
                    raise UserError(_unanswered(broker)) from cause


def _unanswered(broker: Broker) -> str:
    """A broker may hang up before its refusal is read, and then has said nothing."""
    if broker.user:
        return (
            f"The broker {broker.url} answers, but does not take us in as {broker.user}: the password may be "
            "wrong (check broker_user, broker_password_file, broker_mechanism), or this port takes no user "
            "(leave broker_user empty)."
        )
    return (
        f"The broker {broker.url} answers, but does not take us in as a client; it may want a user, "
        "then set broker_user."
    )


def _come_in(broker: Broker, milliseconds: int) -> None:
    """Raises KafkaTimeoutError where the client tried again until time was up."""
    client = KafkaNetClient(**broker.client_options(), request_timeout_ms=milliseconds)
    try:
        client.get_broker_version(timeout_ms=milliseconds)
        _meet(client, broker, milliseconds)
    except errors.KafkaTimeoutError:
        raise
    except errors.KafkaError as cause:
        raise UserError(sentence(cause, broker)) from cause
    finally:
        client.close()


def _meet(client: KafkaNetClient, broker: Broker, milliseconds: int) -> None:
    members = client.cluster.brokers()
    for member in members:
        try:
            client.await_ready(member.node_id, timeout_ms=max(milliseconds // len(members), 1))
            return
        except (errors.KafkaConnectionError, errors.NodeNotReadyError, errors.KafkaTimeoutError):
            continue
    names = ", ".join(f"{member.host}:{member.port}" for member in members)
    raise UserError(
        f"The broker {broker.url} sends its clients on to {names}, which cannot be reached from here; "
        "its setting advertised.listeners has to name an address that can."
    )
