"""What is wrong with the way to a broker is said in one sentence, soon."""

from __future__ import annotations

import gc
import re
import socket
import time
import warnings
from dataclasses import replace

import pytest
from servers import Certificates, Kafka, free_port

from connectors.broker import Broker
from connectors.errors import UserError
from connectors.kafka_errors import BrokerAway, existing, reachable
from connectors.publish.kafka import KafkaPublisher
from connectors.records import Item
from connectors.waiting import patiently

from .feed_world import titles, topics

pytestmark = pytest.mark.servers


@pytest.fixture(autouse=True)
def sockets():
    """kafka-python leaves those of failed attempts to the garbage collector."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return Certificates.make(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def guarded(servers_home, certificates):
    """A broker that asks for a user, by TLS."""
    with Kafka(servers_home / "readers", users={"reader": "secret"}, certificates=certificates) as server:
        yield server


@pytest.fixture
def good(guarded, certificates):
    return Broker(
        hosts=(guarded.bootstrap,), tls=True, ca=str(certificates.authority), user="reader", password="secret"
    )


def said(broker: Broker, timeout: float = 10) -> str:
    began = time.monotonic()
    with pytest.raises(UserError) as caught:
        reachable(broker, timeout)
    assert time.monotonic() - began < 15
    return str(caught.value)


async def test_a_user_with_the_password_and_the_authority_publishes(good, guarded, prefix):
    with topics(guarded.bootstrap, prefix, options=good.client_options()) as broker:
        publisher = KafkaPublisher(replace(good, prefix=broker.prefix))
        try:
            await publisher.publish([Item(feed_url="f", title="Story", link="https://h.example/")])
        finally:
            publisher.close()
        assert titles(replace(good, prefix=broker.prefix)) == ["Story"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"password": "wrong"}, "does not let the user reader in: wrong password"),
        ({"user": "nobody"}, "does not let the user nobody in"),
        ({"mechanism": "PLAIN"}, "does not offer PLAIN"),
        ({"user": ""}, "it may want a user, then set broker_user"),
        ({"ca": ""}, "set broker_ca to its file"),
        ({"tls": False}, "one behind TLS; then write kafka\\+tls://"),
        ({"hosts": ("no.such.name.invalid:9092",)}, "The broker's name no.such.name.invalid is not known"),
    ],
    ids=lambda value: "" if isinstance(value, str) else next(iter(value)),
)
def test_each_mistake_has_its_sentence(good, change, sentence):
    heard = said(replace(good, **change), 4 if change.get("user") == "" else 10)
    unheard = "check broker_user, broker_password_file, broker_mechanism"
    """Kafka's client loses a broker's refusal now and then, when the connection is closed behind it."""
    assert re.search(sentence, heard) or (
        change.keys() & {"password", "user", "mechanism"} and unheard in heard
    )


def test_a_wrong_port_and_a_silent_one(kafka):
    assert "Nothing listens at" in said(Broker(hosts=(f"127.0.0.1:{free_port()}",)))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(BrokerAway, match=f"{address} does not answer"):
            reachable(Broker(hosts=(address,)), timeout=2)
        reachable(Broker(hosts=(address, kafka.bootstrap)), timeout=2)


def test_tls_to_a_plain_broker_and_a_user_where_none_is_taken(kafka):
    assert "If it is a plain one" in said(Broker(hosts=(kafka.bootstrap,), tls=True))
    assert "leave broker_user empty" in said(Broker(hosts=(kafka.bootstrap,), user="a", password="b"))


def test_a_missing_topic_is_said_and_not_made(kafka, prefix):
    broker = Broker(hosts=(kafka.bootstrap,))
    for _ in range(2):
        with pytest.raises(UserError, match="Run `biowire provision` first"):
            existing(broker, [f"{prefix}.nothing"])


def test_a_broker_that_is_away_is_waited_for_and_said_once(capsys):
    broker = Broker(hosts=(f"127.0.0.1:{free_port()}",))
    with pytest.raises(UserError, match="Nothing listens"):
        patiently(lambda: reachable(broker), 2.5)
    assert capsys.readouterr().err.count("waiting up to") == 1


def test_what_a_person_has_to_mend_is_not_waited_for():
    def refused() -> None:
        raise UserError("The password is wrong.")

    started = time.monotonic()
    with pytest.raises(UserError, match="password"):
        patiently(refused, 30)
    assert time.monotonic() - started < 1
