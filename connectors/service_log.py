"""What processes that run for days write to standard error: each change once, nothing a thousand times.

A client whose broker is away says so many times a second, in the same words.
"""

from __future__ import annotations

import contextlib
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator

OURS = ("connectors", "streams", "dashboards")
EVERY = 60.0
"""Seconds before the same words are written again."""
_MOST = 500
"""Different words remembered."""
_NUMBERS = re.compile(r"\d+")


def log_as_service() -> None:
    """Write our own doings and others' warnings, each at most once a minute."""
    root = logging.getLogger()
    root.setLevel(min(root.level, logging.WARNING))
    for name in OURS:
        logging.getLogger(name).setLevel(logging.INFO)
    for handler in root.handlers:
        handler.addFilter(Rationed())


class Rationed(logging.Filter):
    """Lets a record pass unless the same words came less than EVERY seconds ago; then counts it."""

    def __init__(self, timer: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._timer = timer
        self._known: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether to write it; the next one written tells how many were not."""
        words = record.name, _NUMBERS.sub("0", str(record.msg))[:200]
        now = self._timer()
        since, missed = self._known.get(words, (-EVERY, 0))
        if now - since < EVERY:
            self._known[words] = since, missed + 1
            return False
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[words] = now, 0
        if missed:
            record.msg = f"{record.msg} (and {missed} times more since)"
        return True


@contextlib.contextmanager
def quietly(client: str) -> Iterator[None]:
    """What a client library logs of each attempt says less than the one sentence that follows."""
    with _changed(logging.getLogger(client), logging.CRITICAL + 1, propagate=True):
        yield


@contextlib.contextmanager
def overheard(client: str) -> Iterator[list[BaseException]]:
    """The errors a client library tells its log only, and nobody else meanwhile."""
    heard: list[BaseException] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if isinstance(record.args, tuple):
                heard.extend(one for one in record.args if isinstance(one, BaseException))

    logger, listener = logging.getLogger(client), Listener()
    with _changed(logger, logging.WARNING, propagate=False):
        logger.addHandler(listener)
        try:
            yield heard
        finally:
            logger.removeHandler(listener)


_changing = threading.Lock()
_before: dict[str, tuple[int, int, bool]] = {}
"""By logger: how many have it changed now; its level, and whether it propagated, before the first of them."""


@contextlib.contextmanager
def _changed(logger: logging.Logger, level: int, *, propagate: bool) -> Iterator[None]:
    """Whoever is done last puts it back, in whatever thread."""
    with _changing:
        count, was_level, propagated = _before.get(logger.name, (0, logger.level, logger.propagate))
        _before[logger.name] = count + 1, was_level, propagated
        logger.setLevel(level)
        logger.propagate = propagate
    try:
        yield
    finally:
        with _changing:
            count, was_level, propagated = _before.pop(logger.name)
            if count > 1:
                _before[logger.name] = count - 1, was_level, propagated
            else:
                logger.setLevel(was_level)
                logger.propagate = propagated
