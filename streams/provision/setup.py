"""Both servers as one: what has to change on either, and the first record of which generation is live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from connectors.broker import Broker, broker_of
from connectors.errors import UserError

from .. import topics
from ..control import Control, read, write
from ..retention import cutoffs
from ..seeds_files import vocabulary
from ..sinks.elasticsearch.settings import Index, index_of
from . import broker as kafka
from . import index as elastic
from .plan import Change, Kind
from .topics import retention


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing to do, for people."""

    kind: Kind
    where: str
    """`topic` or `index`, or what else it is."""
    name: str
    says: str


class Part(Protocol):
    """Some of the servers. `plan` raises UserError, and NotYet where waiting helps; `apply` after it."""

    @property
    def servers(self) -> str:
        """Their addresses."""

    @property
    def links(self) -> Sequence[str]:
        """What a person can open, once it is there."""

    def plan(self) -> Sequence[Step]:
        """Everything that differs."""

    def apply(self) -> None:
        """Do what `plan` found."""


class Setup:
    """What the settings ask of the servers they name: look with `plan`, then put right with `apply`."""

    def __init__(
        self, broker: Broker | None, index: Index | None, settings: Mapping[str, Any], now: datetime
    ) -> None:
        self._broker = broker
        self._index = index
        self._settings = settings
        self._topics: Sequence[Change] = ()
        self._first: Control | None = None
        self._now = now
        oldest = cutoffs(settings, now).documents
        self._keep = now - oldest if oldest else None
        self._live = 1
        self._generations: tuple[int, ...] = (1,)

    @property
    def servers(self) -> str:
        """Their addresses."""
        return " and ".join(one.url for one in (self._broker, self._index) if one is not None)

    @property
    def links(self) -> Sequence[str]:
        """None: these are for programs."""
        return ()

    def plan(self) -> list[Step]:
        """Everything that differs. Raises UserError when a server cannot be reached."""
        if self._broker is None and self._index is not None:
            self._live = elastic.live(self._index)
            self._generations = (self._live,)
        return [*self._plan_broker(), *self._plan_index()]

    def apply(self) -> None:
        """Do what `plan` found. Raises UserError with the server's reason."""
        if self._broker is not None:
            kafka.apply(self._broker, self._topics)
            if self._first is not None:
                write(self._broker, self._first)
        if self._index is not None:
            elastic.apply(self._index, self._generations, self._live, self._keep, self._now)

    def _plan_broker(self) -> list[Step]:
        if self._broker is None:
            return []
        keep = retention(self._settings)
        control = self._control(self._broker)
        if control is not None:
            self._live, self._generations = control.live, control.generations
        self._topics = kafka.plan(self._broker, self._generations, keep)
        steps = [Step(kind=one.kind, where="topic", name=one.name, says=one.says) for one in self._topics]
        if control is None:
            self._first = Control(live=1, vocabulary=vocabulary(self._settings).version)
            says = f"generation 1 is live, under vocabulary {self._first.vocabulary}"
            steps.append(Step(kind="create", where="record", name=topics.control(self._broker), says=says))
        return steps

    def _plan_index(self) -> list[Step]:
        if self._index is None:
            return []
        changes = elastic.plan(self._index, self._generations, self._live, self._keep, self._now)
        return [Step(kind=one.kind, where="index", name=one.name, says=one.says) for one in changes]

    @staticmethod
    def _control(broker: Broker) -> Control | None:
        return read(broker) if kafka.exists(broker, topics.control(broker)) else None


def setup_of(settings: Mapping[str, Any], now: datetime) -> Setup:
    """What these settings ask for. Raises UserError when they name no server."""
    broker, index = broker_of(settings), index_of(settings)
    if broker is None and index is None:
        raise UserError(
            "There is no server to provision; name them with --broker kafka://HOST:PORT and "
            "--index elasticsearch://HOST:PORT, or in the settings."
        )
    return Setup(broker, index, settings, now)
