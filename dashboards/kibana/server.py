"""Where Kibana is, and how it lets us in, read once from the settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from connectors.broker import existing_file, secret
from connectors.errors import UserError

_SPACE = re.compile(r"[a-z0-9_-]{1,100}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kibana:
    """One Kibana, and one space in it."""

    url: str
    """`http(s)://host[:port][/path]`, without a slash at the end."""
    space: str = ""
    """Empty for the default space."""
    ca: str = ""
    """PEM file of the authority that signed its certificate; empty for the system's."""
    user: str = ""
    password: str = field(default="", repr=False)
    api_key: str = field(default="", repr=False)

    @property
    def inside(self) -> str:
        """What stands before the path of whatever belongs to the space."""
        return f"/s/{self.space}" if self.space else ""

    def dashboard(self, id: str) -> str:  # noqa: A002 - the word of Kibana
        """The address a person opens a dashboard at."""
        return f"{self.url}{self.inside}/app/dashboards#/view/{id}"


def kibana_of(settings: Mapping[str, Any]) -> Kibana | None:
    """The Kibana the settings name; None when they name none. Raises UserError for nonsense."""
    address = str(settings.get("kibana") or "")
    if not address:
        return None
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise UserError(f"The kibana `{address}` is not an address; write http://HOST:PORT or https://HOST.")
    if parts.username or parts.password:
        raise UserError("The kibana address holds a user; set kibana_user and kibana_password_file instead.")
    space = str(settings.get("kibana_space") or "")
    if space and not _SPACE.fullmatch(space):
        raise UserError(
            f"The setting kibana_space is `{space}`; a space's id has small letters, digits, hyphens and "
            "underscores."
        )
    user, api_key = str(settings.get("kibana_user") or ""), secret(settings, "kibana_api_key_file")
    if user and api_key:
        raise UserError("Set kibana_user or kibana_api_key_file, not both.")
    return Kibana(
        url=address.rstrip("/"),
        space="" if space == "default" else space,
        ca=existing_file(settings, "kibana_ca"),
        user=user,
        password=secret(settings, "kibana_password_file"),
        api_key=api_key,
    )
