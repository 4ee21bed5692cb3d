"""A figure that takes its time to be had, asked for in a thread of its own: readers never wait for it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from connectors.errors import BiowireError

_T = TypeVar("_T")
_log = logging.getLogger(__name__)


class Measured(Generic[_T]):
    """The last value of a question asked every so often; the first one given until then."""

    def __init__(self, ask: Callable[[], _T], first: _T, every: float) -> None:
        """`every`: seconds between two questions. A question that fails leaves the last value."""
        self._ask, self.value, self._every = ask, first, every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.value = self._ask()
            except BiowireError as cause:
                _log.info("not measured", extra={"reason": str(cause)})
            self._stop.wait(self._every)

    def close(self) -> None:
        """Ask no more."""
        self._stop.set()
