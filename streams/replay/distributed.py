"""Build the next generation of the index beside the live one, and put it in its place.

    articles.raw ─► workers of generation N+1 ─► its own topics and indices ─► caught up ─► compare ─► swap

Meanwhile items keep arriving: they are in articles.raw, where both generations read them. After the swap the
workers of N end by themselves and are started again as workers of N+1, which go on where ours stopped. A
replay that is stopped goes on with the same generation the next time.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from connectors.broker import Broker
from connectors.console import Context
from connectors.errors import UserError

from .. import control, topics
from ..core.compiled import Vocabulary
from ..kafka_admin import administering
from ..lag import lag
from ..provision import broker as provisioning
from ..provision.topics import retention
from ..sinks.elasticsearch import generations
from ..sinks.elasticsearch.ready import talking
from ..sinks.elasticsearch.search import ElasticIndex
from ..sinks.elasticsearch.settings import REQUEST_SECONDS, Index
from . import Report, compare
from .log import Progress, check_whole

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

_LOOK = 1.0
"""Seconds between two looks at the lag."""
_OTHERS = 30.0
"""Seconds the live generation is waited for, so that both are compared over the same items."""
_STOP = 20.0
_RESTARTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a replay takes place."""

    context: Context
    broker: Broker
    index: Index
    home: Path
    """What our own workers keep while they build."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Of(Index):
    """The same Elasticsearch, seen by readers as if that generation were live."""

    generation: int

    @property
    def articles(self) -> str:
        """All months of the generation."""
        return f"{self.prefix}articles-g{self.generation}-*"

    @property
    def stories(self) -> str:
        """Its stories."""
        return f"{self.prefix}stories-g{self.generation}"

    @property
    def sightings(self) -> str:
        """Its sightings."""
        return f"{self.prefix}sightings-g{self.generation}"


def rebuild(
    place: Place, vocabulary: Vocabulary, *, workers: int, progress: Progress, say: Callable[[str], None]
) -> Report:
    """Build a generation under this vocabulary and make it the live one. Raises UserError, TransientError."""
    check_whole(place.broker)
    found = _begin(place, vocabulary)
    number = found.building
    assert number is not None  # noqa: S101 - just begun
    say(f"Building generation {number} under vocabulary {vocabulary.version}; {found.live} stays live.")
    with _working(place, vocabulary, number, workers) as running:
        _catch_up(place, number, running, progress)
        _wait_for_live(place, found.live, running, say)
        report = _compared(place, found.live, number, vocabulary.version)
        _catch_up(place, number, running, progress)
        _swap(place, found, vocabulary)
        say(f"Generation {number} is live. Workers of {found.live} end by themselves: start them again.")
        _catch_up(place, number, running, progress)  # what came until now; the rest waits for those workers
    shutil.rmtree(place.home, ignore_errors=True)
    return report


def _begin(place: Place, vocabulary: Vocabulary) -> control.Control:
    """Note what is being built, then make its topics and indices; a second time goes on with the first."""
    found = control.live(place.broker)
    if found.building is not None and found.building_vocabulary != vocabulary.version:
        raise UserError(
            f"Generation {found.building} is being built under vocabulary {found.building_vocabulary}; "
            "finish that with the same vocabulary, or remove it with `biowire replay --abandon`."
        )
    if found.building is None:
        number = max(found.live, found.highest) + 1
        found = msgspec.structs.replace(
            found, building=number, building_vocabulary=vocabulary.version, highest=number
        )
        control.write(place.broker, found)
    building = found.building
    assert building is not None  # noqa: S101 - set above
    provisioning.provision(place.broker, building, retention(place.context.settings))
    with talking(place.index, REQUEST_SECONDS) as client:
        generations.create(client, place.index, building)
    return found


@contextmanager
def _working(place: Place, vocabulary: Vocabulary, number: int, workers: int) -> Iterator[Sequence[_Running]]:
    """Workers of that generation, in processes of their own, while the block lasts."""
    running = [_Running(place, vocabulary.version, number, at) for at in range(1, workers + 1)]
    try:
        yield running
    finally:
        for one in running:
            one.ask_to_stop()
        for one in running:
            one.end()


class _Running:
    """One worker of ours, started again when it ends before its time."""

    def __init__(self, place: Place, version: str, number: int, at: int) -> None:
        self._settings = dict(place.context.settings) | {"metrics_port": 0, "worker_id": ""}
        self._home = place.home / f"worker-{at}"
        self._generation, self._version = number, version
        self._starts = 0
        self._process = self._start()

    def _start(self) -> BaseProcess:
        self._starts += 1
        process = multiprocessing.get_context("spawn").Process(
            target=_work,
            args=(self._home, self._settings, self._generation, self._version),
            name="replay worker",
        )
        process.start()
        return process

    def look(self) -> None:
        """Start it again if it ended. Raises UserError when that is of no use."""
        code = self._process.exitcode
        if code is None:
            return
        if code == 2 or self._starts > _RESTARTS:
            raise UserError(
                f"A worker of generation {self._generation} ended ({code}); what is built so far is kept: "
                "mend what it says above and run the same replay again, or `biowire replay --abandon`."
            )
        self._process = self._start()

    def ask_to_stop(self) -> None:
        """It finishes what it is at."""
        if self._process.is_alive():
            self._process.terminate()

    def end(self) -> None:
        """Leave no process behind."""
        self._process.join(_STOP)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._process.close()


def _work(home: Path, settings: Mapping[str, Any], generation: int, version: str) -> None:
    """In a process of its own: the command `worker`. `version`: of the vocabulary that has to be at hand."""
    from ..cli.worker import worker
    from ..seeds_files import vocabulary

    if vocabulary(settings).version != version:
        raise SystemExit(2)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        context = Context(home=home, settings=settings)
        worker.main(["--generation", str(generation)], standalone_mode=False, obj=context)
    except UserError as cause:
        raise SystemExit(f"biowire: {cause}") from cause


def _end_with_parent() -> None:
    """A worker of a replay that was killed has nobody left to work for."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


def _catch_up(place: Place, number: int, running: Sequence[_Running], progress: Progress) -> None:
    """Until everything that came in is worked by that generation."""
    most = 1
    while behind := lag(place.broker, number).total:
        most = max(most, behind)
        progress(most - behind, most)
        for one in running:
            one.look()
        time.sleep(_LOOK)
    progress(most, most)


def _wait_for_live(
    place: Place, number: int, running: Sequence[_Running], say: Callable[[str], None]
) -> None:
    deadline = time.monotonic() + _OTHERS
    while behind := lag(place.broker, number).total:
        if time.monotonic() > deadline:
            say(f"Generation {number} is {behind} messages behind; what it has not worked shows as gained.")
            return
        for one in running:
            one.look()
        time.sleep(_LOOK)


def _compared(place: Place, old: int, new: int, version: str) -> Report:
    """What changes for readers, as of now."""
    with talking(place.index, REQUEST_SECONDS) as client:
        before, after = (_reader(client, place.index, number) for number in (old, new))
        for one in (before, after):
            one.refresh()
        return compare(before.scan(), after.scan(), version)


def _reader(client: Elasticsearch, index: Index, number: int) -> ElasticIndex:
    fields = {name: getattr(index, name) for name in Index.__dataclass_fields__}
    return ElasticIndex(client, Of(**fields, generation=number))


def _swap(place: Place, found: control.Control, vocabulary: Vocabulary) -> None:
    """Readers first, then the record by which workers go: killed between the two, a replay does the rest."""
    number = found.building
    assert number is not None  # noqa: S101 - it was built
    with talking(place.index, REQUEST_SECONDS) as client:
        generations.swap(client, place.index, number)
    control.write(
        place.broker,
        control.Control(live=number, vocabulary=vocabulary.version, highest=max(found.highest, number)),
    )


def abandon(place: Place) -> int:
    """Remove what was being built; returns its number. Raises UserError when nothing was."""
    found = control.live(place.broker)
    if found.building is None:
        raise UserError("No generation is being built, so there is nothing to abandon.")
    with talking(place.index, REQUEST_SECONDS) as client:
        if generations.live_generation(client, place.index) == found.building:
            raise UserError(
                f"Generation {found.building} answers searches already; run the same replay again, which "
                "finishes it."
            )
    control.write(place.broker, msgspec.structs.replace(found, building=None, building_vocabulary=""))
    _remove(place, [found.building])
    shutil.rmtree(place.home, ignore_errors=True)
    return found.building


def drop_old(place: Place) -> list[int]:
    """Remove every generation but those that are worked; returns their numbers."""
    found = control.live(place.broker)
    with talking(place.index, REQUEST_SECONDS) as client:
        there = set(generations.generations(client, place.index))
    numbers = sorted((there | set(range(1, found.highest + 1))) - set(found.generations))
    return _remove(place, numbers)


def _remove(place: Place, numbers: Sequence[int]) -> list[int]:
    """Indices, topics and offsets of generations; returns those of which there was anything."""
    removed = set()
    with talking(place.index, REQUEST_SECONDS) as client:
        for number in set(generations.generations(client, place.index)).intersection(numbers):
            generations.delete(client, place.index, number)
            removed.add(number)
    with administering(place.broker) as admin:
        there = set(admin.list_topics())
        for number in numbers:
            if ours := sorted(there.intersection(topics.of_generation(place.broker, number))):
                admin.delete_topics(ours)
                removed.add(number)
            admin.delete_groups([topics.workers_group(place.broker, number)])
    return sorted(removed)
