"""Addresses that only we can make: unsubscribing, secret feeds, and the keys that webhooks are signed with.

All come from one secret of the instance, each for one purpose and one thing, so none opens another. The
secret is HOME/secret, made at first use, or the file of the setting `secret_file` where several machines
have to agree. Whoever has it can make them all; a new one makes every old address worthless.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from connectors.broker import secret as secret_in
from connectors.errors import UserError

Purpose = Literal["unsubscribe", "feed", "session"]
"""unsubscribe: of a subscription and a channel; feed: of a subscription; session: of the web UI's cookies."""

_SHORTEST = 32
"""Characters a secret has to have."""


class Signing:
    """Makes tokens and keys, and knows its own again. Does not show its secret."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def token(self, purpose: Purpose, *about: str) -> str:
        """43 characters that may stand in an address: HMAC-SHA256 over purpose and what it is about."""
        return base64.urlsafe_b64encode(self._digest(purpose, *about)).rstrip(b"=").decode()

    def holds(self, token: str, purpose: Purpose, *about: str) -> bool:
        """Whether we made the token for just this; takes as long for a wrong one."""
        return hmac.compare_digest(token.encode("utf-8", "replace"), self.token(purpose, *about).encode())

    def webhook_key(self, subscription: str, url: str) -> bytes:
        """The key that messages of one subscription to one address are signed with."""
        return self._digest("webhook", subscription, url)

    def webhook_secret(self, subscription: str, url: str) -> str:
        """The same key as receivers are given it: `whsec_` and Base64, as Standard Webhooks has it."""
        return "whsec_" + base64.b64encode(self.webhook_key(subscription, url)).decode()

    def _digest(self, *parts: str) -> bytes:
        said = b"".join(len(part).to_bytes(4, "big") + part for part in map(str.encode, parts))
        return hmac.digest(self._secret, said, hashlib.sha256)


def signing_of(home: Path, settings: Mapping[str, Any]) -> Signing:
    """The instance's own; makes HOME/secret when there is none. Raises UserError for one of no use."""
    given = secret_in(settings, "secret_file")
    if not given:
        return Signing(_of_home(home / "secret"))
    if len(given) < _SHORTEST:
        raise UserError(
            f"The secret in {settings['secret_file']} has fewer than {_SHORTEST} characters. "
            "Make one by `openssl rand -hex 32`."
        )
    return Signing(given.encode())


def _of_home(path: Path) -> bytes:
    try:
        if not path.exists():
            _make(path)
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise UserError(f"Others can read {path}, so it is no secret. Say `chmod 600 {path}`.")
        secret = path.read_bytes().strip()
    except OSError as cause:
        raise UserError(f"The secret {path} cannot be read or made: {cause.strerror}.") from cause
    if len(secret) < _SHORTEST:
        raise UserError(f"The secret {path} is cut short. Remove it, and a new one is made.")
    return secret


def _make(path: Path) -> None:
    """Write it whole under another name, then give it its name unless somebody was quicker."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".secret.{secrets.token_hex(8)}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(part)
    finally:
        part.unlink()
