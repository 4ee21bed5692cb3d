"""Where Elasticsearch is, how it lets us in, and what our indices are called there.

`elasticsearch://host:9200,host2:9200` is plain HTTP, `elasticsearch+tls://…` is HTTPS.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from connectors.broker import existing_file, read_hosts, secret
from connectors.errors import UserError

if TYPE_CHECKING:
    from elasticsearch import AsyncElasticsearch, Elasticsearch

_SCHEMES = {"elasticsearch": "http", "elasticsearch+tls": "https"}
_PREFIX = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")

REQUEST_SECONDS = 30.0
"""How long one request may take; a bulk request may take twice as long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """One Elasticsearch, as every client of ours reaches it."""

    hosts: tuple[str, ...]
    """`host:port`, at least one."""
    tls: bool = False
    ca: str = ""
    """PEM file of the authority that signed the certificate; empty for the system's."""
    user: str = ""
    password: str = field(default="", repr=False)
    api_key: str = field(default="", repr=False)
    prefix: str = "biowire-"
    """Before the name of every index, alias and template."""
    replicas: int = 0

    @property
    def url(self) -> str:
        """As a person writes it; without user, password and key."""
        return f"{'elasticsearch+tls' if self.tls else 'elasticsearch'}://{','.join(self.hosts)}"

    @property
    def articles(self) -> str:
        """Alias of the live generation's articles; also the name of their template."""
        return f"{self.prefix}articles"

    @property
    def stories(self) -> str:
        """Alias of the live generation's stories; also the name of their template."""
        return f"{self.prefix}stories"

    @property
    def sightings(self) -> str:
        """Alias of the live generation's sightings; also the name of their template."""
        return f"{self.prefix}sightings"

    @property
    def alerts(self) -> str:
        """Alias of the alerts of all generations; also the name of their template."""
        return f"{self.prefix}alerts"

    @property
    def alerts_index(self) -> str:
        """The index behind it."""
        return f"{self.alerts}-v1"

    @property
    def feeds(self) -> str:
        """Alias of the feeds' health; also the name of its template."""
        return f"{self.prefix}feeds"

    @property
    def feeds_index(self) -> str:
        """The index behind it."""
        return f"{self.feeds}-v1"

    @property
    def dead_letters(self) -> str:
        """Alias of the dead letters; also the name of their template."""
        return f"{self.prefix}deadletters"

    @property
    def dead_letters_index(self) -> str:
        """The index behind it."""
        return f"{self.dead_letters}-v1"

    @property
    def of_all_generations(self) -> dict[str, str]:
        """Each index that belongs to no generation, by its alias."""
        return {
            self.alerts: self.alerts_index,
            self.feeds: self.feeds_index,
            self.dead_letters: self.dead_letters_index,
        }

    def articles_of(self, generation: int, month: str) -> str:
        """Index of one month's articles, `month` as `document.month_of` gives it."""
        return f"{self.articles}-g{generation}-{month.replace('-', '.')}"

    def stories_of(self, generation: int) -> str:
        """Index of a generation's stories."""
        return f"{self.stories}-g{generation}"

    def sightings_of(self, generation: int) -> str:
        """Index of a generation's sightings."""
        return f"{self.sightings}-g{generation}"

    def client(self) -> Elasticsearch:
        """A client for commands; close it. It asks each host at most once."""
        from elasticsearch import Elasticsearch

        return Elasticsearch(**self._options())

    def async_client(self) -> AsyncElasticsearch:
        """A client for agents; close it. It asks each host at most once: to try again is for `BulkSink`."""
        from elasticsearch import AsyncElasticsearch

        return AsyncElasticsearch(**self._options())

    def _options(self) -> dict[str, Any]:
        scheme = "https" if self.tls else "http"
        options: dict[str, Any] = {
            "hosts": [f"{scheme}://{host}" for host in self.hosts],
            "request_timeout": REQUEST_SECONDS,
            "max_retries": len(self.hosts) - 1,
            "retry_on_timeout": False,
            "retry_on_status": (),
        }
        if self.tls and self.ca:
            options["ca_certs"] = self.ca
        if self.api_key:
            options["api_key"] = self.api_key
        elif self.user:
            options["basic_auth"] = (self.user, self.password)
        return options


def index_of(settings: Mapping[str, Any]) -> Index | None:
    """The Elasticsearch the settings name; None when they name none. Raises UserError for nonsense."""
    address = str(settings.get("index") or "")
    if not address:
        return None
    scheme, found, rest = address.partition("://")
    if not found or scheme not in _SCHEMES:
        raise UserError(
            f"The index `{address}` is not an address; write elasticsearch://HOST:PORT, or"
            " elasticsearch+tls://HOST:PORT."
        )
    prefix = str(settings.get("index_prefix", "biowire-"))
    if not _PREFIX.fullmatch(prefix):
        raise UserError(
            f"The setting index_prefix is `{prefix}`; it takes small letters, digits, dots and hyphens,"
            " beginning with a letter or digit."
        )
    user, api_key = str(settings.get("index_user") or ""), secret(settings, "index_api_key_file")
    if user and api_key:
        raise UserError("Set index_user or index_api_key_file, not both.")
    replicas = int(settings.get("index_replicas") or 0)
    if replicas < 0:
        raise UserError(f"The setting index_replicas is {replicas}; it has to be 0 or more.")
    return Index(
        hosts=tuple(read_hosts(rest, "index", address)),
        tls=_SCHEMES[scheme] == "https",
        ca=existing_file(settings, "index_ca"),
        user=user,
        password=secret(settings, "index_password_file"),
        api_key=api_key,
        prefix=prefix,
        replicas=replicas,
    )
