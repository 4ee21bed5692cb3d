"""`--since` and `--until`, as the commands that search take them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import click

from ..core.query_dates import read_since, read_until

_F = TypeVar("_F", bound=Callable[..., Any])


class _Moment(click.ParamType):
    """A date, an RFC 3339 time, or a length of time back from now."""

    name = "D"

    def __init__(self, read: Callable[[str, datetime], datetime]) -> None:
        self.read = read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return self.read(value, datetime.now(UTC))
        except ValueError as cause:
            self.fail(str(cause), param, ctx)


def period_options(command: _F) -> _F:
    """Add `--since` and `--until`; both days given are included."""
    since = click.option(
        "--since", type=_Moment(read_since), help="First day (2023-08-01), moment, or how long ago (7d, 24h)."
    )
    until = click.option("--until", type=_Moment(read_until), help="Last day, included; same forms.")
    return since(until(command))
