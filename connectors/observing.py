"""The port through which a running connector says how it does: `Observer`.

Connectors know no metrics system; who starts one (`dashboards.cli`, through `Context.observed`) hands over
what does. `streams.metrics.Metrics` is one; `Unobserved` takes everything and keeps nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from .service import ServiceReport


class Observer(Protocol):
    """Told what a process waits for, and asked to read its counters."""

    def waiting(self, part: str, reason: str) -> None:
        """`part` ("broker", "index") cannot be used now; `reason` is a sentence for people."""

    def reached(self, part: str) -> None:
        """`part` answers (again)."""

    def counting(self, report: Callable[[], ServiceReport]) -> None:
        """Read the connector's counters by `report` whenever somebody looks; called from another thread."""


class Unobserved:
    """An observer that nobody asks."""

    def waiting(self, part: str, reason: str) -> None:
        """Do nothing."""

    def reached(self, part: str) -> None:
        """Do nothing."""

    def counting(self, report: Callable[[], ServiceReport]) -> None:
        """Do nothing."""


@contextlib.contextmanager
def unobserved() -> Iterator[Observer]:
    """The default of `Context.observed`."""
    yield Unobserved()
