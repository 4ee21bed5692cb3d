"""Servers that may be killed: a broker and a node beside those that the other tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .harness import own_servers


@pytest.fixture(scope="package")
def mortal(servers_home: Path) -> Iterator[tuple[Any, Any]]:
    with own_servers(servers_home / "distributed") as servers:
        yield servers


@pytest.fixture
def own(mortal: tuple[Any, Any]) -> tuple[Any, Any]:
    """Both running, whatever the test before did to them."""
    for server in mortal:
        if not server.alive:
            server.start()
    return mortal
