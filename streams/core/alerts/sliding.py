"""A window of time that slides over facts in canonical order, and what is in it. Pure."""

from __future__ import annotations

import copy
from collections import Counter, deque
from datetime import timedelta
from typing import Self

from .records import Fact


class Sliding:
    """The facts of the last `window`: each step costs as much as the facts that come in and go out."""

    __slots__ = ("_hosts", "_stories", "_window", "facts")

    def __init__(self, window: timedelta) -> None:
        self._window = window
        self.facts: deque[Fact] = deque()
        self._stories: Counter[str] = Counter()
        self._hosts: Counter[str] = Counter()

    def add(self, fact: Fact) -> None:
        """Let the window end with this fact, and begin just after its length before."""
        begin = fact.moment - self._window
        while self.facts and self.facts[0].moment <= begin:
            self._count(self.facts.popleft(), -1)
        self.facts.append(fact)
        self._count(fact, 1)

    def _count(self, fact: Fact, by: int) -> None:
        _add(self._stories, fact.story_id, by)
        if fact.independent:
            _add(self._hosts, fact.host, by)

    @property
    def stories(self) -> int:
        """How many stories the facts belong to."""
        return len(self._stories)

    @property
    def sources(self) -> int:
        """How many publishers wrote of them themselves: neither copied nor taken from a press release."""
        return len(self._hosts)

    @property
    def stories_of_others(self) -> int:
        """How many stories are left without the publisher that wrote of most."""
        own: dict[str, set[str]] = {}
        for fact in self.facts:
            if fact.independent:
                own.setdefault(fact.host, set()).add(fact.story_id)
        largest = max(own, key=lambda host: (len(own[host]), host), default="")
        return len(set().union(*(stories for host, stories in own.items() if host != largest)))

    def copy(self) -> Self:
        """The same, to slide on by itself."""
        other = copy.copy(self)
        other.facts = self.facts.copy()
        other._stories = self._stories.copy()  # noqa: SLF001 - its own kind
        other._hosts = self._hosts.copy()  # noqa: SLF001
        return other


def _add(counts: Counter[str], name: str, by: int) -> None:
    counts[name] += by
    if not counts[name]:
        del counts[name]
