"""What every command shares: where state lives, how results are printed, how errors reach a person."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from .errors import UserError
from .observing import Observer, unobserved

_F = TypeVar("_F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The common options, resolved once by `dashboards.cli` and handed to commands by `@pass_context`."""

    home: Path
    """All state of an embedded instance lives here."""
    settings: Mapping[str, Any]
    """Option, environment and file merged; see docs/configuration.md for the keys."""
    verbose: bool = False
    observed: Callable[[], AbstractContextManager[Observer]] = unobserved
    """What a process that goes on for long tells how it does, for as long as it runs."""

    @property
    def store(self) -> Path:
        """The SQLite file."""
        return self.home / "biowire.db"

    @property
    def distributed(self) -> bool:
        """Whether commands work on Kafka and Elasticsearch instead."""
        return bool(self.settings.get("broker") or self.settings.get("index"))


pass_context = click.make_pass_decorator(Context)


def json_option(command: _F) -> _F:
    """Add `--json`: one JSON object, or one per line for lists, and nothing else on standard output."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, nothing else.")(command)


def print_json(value: object) -> None:
    """Print one JSON object on a line of its own."""
    sys.stdout.buffer.write(msgspec.json.encode(value) + b"\n")
    sys.stdout.buffer.flush()


def print_lines(values: Iterable[object]) -> None:
    """Print one JSON object per line, as they come."""
    encode = msgspec.json.Encoder().encode
    for value in values:
        sys.stdout.buffer.write(encode(value) + b"\n")
    sys.stdout.buffer.flush()


def read_bytes(source: str, limit: int = 64 * 1024 * 1024) -> bytes:
    """Read a file, or standard input for `-`; at most `limit` bytes. Raises UserError."""
    try:
        if source == "-":
            data = sys.stdin.buffer.read(limit + 1)
        else:
            with Path(source).open("rb") as file:
                data = file.read(limit + 1)
    except OSError as cause:
        raise UserError(f"{source} cannot be read: {cause.strerror}.") from cause
    if len(data) > limit:
        raise UserError(
            f"{source} is larger than {limit // 1024 // 1024} MB; that is no document this command can take."
        )
    return data


_UNSAFE = {code: f"\\x{code:02x}" for code in [*range(0x20), *range(0x7F, 0xA0)] if code not in (0x09, 0x0A)}
_UNSAFE |= dict.fromkeys([*range(8234, 8239), *range(8294, 8298)], "")


def safe(text: str) -> str:
    """Text from outside, made harmless for a terminal: no escape sequences, no direction overrides."""
    return text.translate(_UNSAFE)
