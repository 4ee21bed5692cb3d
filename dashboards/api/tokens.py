"""Who may ask: API tokens by name, kept as hashes in `HOME/tokens.toml`, readable by its owner only.

A token is 256 random bits, so a plain SHA-256 of it keeps it safe. It is shown once, when it is made. A
running server sees changes at the next request.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import re
import secrets
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, get_args

import msgspec

from connectors.database import writer_lock
from connectors.errors import StoreError, UserError

Scope = Literal["read", "write"]
SCOPES: tuple[Scope, ...] = get_args(Scope)

PREFIX = "biowire_"
"""Tokens begin so: a leaked one is recognised."""

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token as it is kept."""

    name: str
    """What stands as `by` in histories."""
    scope: Scope
    """`write` includes `read`."""
    sha256: str
    """Of the token, hexadecimal."""
    created: datetime


class Tokens:
    """The file of tokens; no file, no tokens."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: object = None
        self._known: tuple[Token, ...] = ()

    def all(self) -> Sequence[Token]:
        """Every token, by name. Raises StoreError when the file cannot be read."""
        stamp = self._stamped()
        if stamp != self._stamp:
            self._known = _read(self._path) if stamp else ()
            self._stamp = stamp
        return self._known

    def add(self, name: str, scope: Scope, now: datetime) -> str:
        """Make a token and return it: the only time that it is known. Raises UserError."""
        if not _NAME.fullmatch(name):
            raise UserError(
                f"{name} is no name for a token: letters, digits, `.`, `_` and `-`, at most 64 of them."
            )
        with writer_lock(self._path):
            known = self.all()
            if any(one.name == name for one in known):
                raise UserError(f"There is a token {name} already; remove it first, or choose another name.")
            secret = PREFIX + secrets.token_urlsafe(32)
            made = Token(name=name, scope=scope, sha256=_hash(secret), created=now)
            self._write([*known, made])
        return secret

    def remove(self, name: str) -> bool:
        """Take a token's right away, at once; False when there is none of that name."""
        with writer_lock(self._path):
            known = self.all()
            kept = [one for one in known if one.name != name]
            self._write(kept)
        return len(kept) < len(known)

    def owner(self, secret: str) -> Token | None:
        """Whose token this is; takes as long for a wrong one as for a right one."""
        given = _hash(secret)
        found = [one for one in self.all() if hmac.compare_digest(one.sha256, given)]
        return found[0] if found else None

    def _stamped(self) -> object:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return None
        except OSError as cause:
            raise StoreError(f"The tokens in {self._path} cannot be read: {cause.strerror}.") from cause
        return status.st_mtime_ns, status.st_size, status.st_ino

    def _write(self, tokens: Sequence[Token]) -> None:
        text = "# API tokens of biowire, as hashes. `biowire tokens add|list|remove` keeps this file.\n"
        text += "".join(map(_table, sorted(tokens, key=lambda one: one.name)))
        part = self._path.with_name(f".{self._path.name}.part")
        try:
            with contextlib.suppress(FileNotFoundError):
                part.unlink()
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            part.replace(self._path)
        except OSError as cause:
            raise StoreError(f"The tokens in {self._path} cannot be written: {cause.strerror}.") from cause


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _table(token: Token) -> str:
    created = token.created.isoformat().replace("+00:00", "Z")
    return (
        f'\n[[token]]\nname = "{token.name}"\nscope = "{token.scope}"\n'
        f'sha256 = "{token.sha256}"\ncreated = {created}\n'
    )


def _read(path: Path) -> tuple[Token, ...]:
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8")).get("token", [])
        found = msgspec.convert(tables, tuple[Token, ...])
    except (OSError, ValueError, msgspec.MsgspecError) as cause:
        raise StoreError(f"The tokens in {path} cannot be read ({cause}); mend the file.") from cause
    return found
