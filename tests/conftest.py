"""Fixtures for tests that need a real broker or a real node: started once, when first asked for."""

import logging
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers import Elasticsearch, Kafka, MissingError, install

_LEVEL = logging.getLogger().level


@pytest.fixture(autouse=True)
def root_level() -> None:
    """A command that a test or a fixture of its module calls sets the level of all logging: each test starts anew."""
    logging.getLogger().setLevel(_LEVEL)


def installed() -> None:
    """Fetches the servers when they are not here; skips when they cannot be had, unless they are required."""
    wanted = os.environ.get("BIOWIRE_SERVERS")
    if wanted == "off":
        pytest.skip("no servers to test with: BIOWIRE_SERVERS is off")
    try:
        install()
    except MissingError as error:
        reason = f"no servers to test with: {error}"
        if wanted == "required":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)


@pytest.fixture(scope="session")
def servers_home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Folder for the servers that tests start themselves; skips when servers cannot be had."""
    installed()
    folder = tmp_path_factory.mktemp("servers")
    yield folder
    if not request.session.testsfailed:  # data and logs are kept when they may explain something
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def kafka(request: pytest.FixtureRequest) -> Iterator[Kafka]:
    """The broker that all tests share, at BIOWIRE_KAFKA (host:port) or started here; never kill it."""
    if running := os.environ.get("BIOWIRE_KAFKA"):
        yield Kafka.at(running)
        return
    with Kafka(request.getfixturevalue("servers_home") / "kafka") as server:
        yield server


@pytest.fixture(scope="session")
def elastic(request: pytest.FixtureRequest) -> Iterator[Elasticsearch]:
    """The node that all tests share, at BIOWIRE_ELASTIC (host:port) or started here; never kill it."""
    if running := os.environ.get("BIOWIRE_ELASTIC"):
        yield Elasticsearch.at(running)
        return
    with Elasticsearch(request.getfixturevalue("servers_home") / "elastic") as server:
        yield server


@pytest.fixture
def prefix() -> str:
    """Fresh for every test, fit to begin the names of topics and indices: `t4f1c2a9b`; add your `.` or `-`."""
    return f"t{secrets.token_hex(4)}"
