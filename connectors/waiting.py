"""Processes that start together wait for each other: for what may come, not for what a person has to mend."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TypeVar

from .console import safe
from .errors import NotYet, TransientError, UserError

_T = TypeVar("_T")
PATIENCE = 60
"""Seconds that services wait at their start."""


def patiently(ask: Callable[[], _T], patience: float) -> _T:
    """The answer of what may not be there yet; says on standard error what it waits for.

    Raises UserError at once for what waiting does not mend, and after `patience` seconds for the rest.
    """
    deadline, said = time.monotonic() + patience, ""
    while True:
        try:
            return ask()
        except (NotYet, TransientError) as cause:
            left = deadline - time.monotonic()
            if left <= 0:
                raise UserError(str(cause)) from cause
            if str(cause) != said:
                said = str(cause)
                print(f"biowire: waiting up to {left:.0f} s: {safe(said)}", file=sys.stderr, flush=True)
            time.sleep(min(1.0, left))
