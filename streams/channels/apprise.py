"""Alerts to chat and push services through the apprise package, by its addresses.

    slack://…  discord://…  tgram://…  workflows://… (Teams)  matrixs://…  ntfy://…   and what SERVICES lists

Apprise has its own network stack, with plugins for nearly everything: also for programs of this machine,
files, and any host. So only services listed here are taken, with few options; and while one is at work
every connection of its thread is looked at (`connection_watch`), as our own client does.
"""

from __future__ import annotations

import asyncio
import logging
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from connectors.errors import UserError
from connectors.guard import Guard

from ..core.alerts.message import Message
from ..core.alerts.phrasing import one_line
from ..rendering import text
from . import Later, Never
from .connection_watch import Watch, watching

if TYPE_CHECKING:
    from apprise import NotifyBase

CLOUD = frozenset(
    "cliq dingtalk discord feishu flock gchat join lark line opsgenie pagerduty pbul pover prowl "  # noqa: SIM905
    "slack spush tgram threema twist webex wecombot wxteams zulip".split()
)
"""Services at one place of their own."""

HOSTS = frozenset("gotifys mastodons matrixs mmosts nctalks ntfys rockets signals workflow workflows".split())  # noqa: SIM905
"""Services that anyone runs: the address names a host."""

IN_THE_OPEN = frozenset("gotify mastodon matrix mmost nctalk rocket signal".split())  # noqa: SIM905
"""The same without TLS: only where webhook_http allows it."""

SERVICES = CLOUD | HOSTS | IN_THE_OPEN | {"ntfy"}

_OPTIONS = frozenset(
    "avatar channel channels footer image mode priority region silent tags thread to topic xtags".split()  # noqa: SIM905
)
"""Those that only say how a message looks or who in the service gets it."""


class Service:
    """One address of a service."""

    knows_repeats = False

    def __init__(
        self, url: str, *, private: tuple[str, ...] = (), http: bool = False, seconds: float = 30.0
    ) -> None:
        """Raises UserError for an address that cannot be used."""
        self.name = _checked(url, http=http)
        self._plugin = _plugin(url, self.name)
        if self.name == "ntfy" and getattr(self._plugin, "mode", "") != "cloud" and not http:
            raise UserError("Write ntfys:// for a server of your own, so that nobody on the way reads it.")
        self._secrets = _parts(url)
        self._private, self._seconds = private, seconds

    async def send(self, message: Message) -> None:
        """See the port. What the service said when it did not take it is in the error, without its keys."""
        watch = Watch(Guard(self._private, setting="webhook_private"))
        try:
            async with asyncio.timeout(self._seconds):
                taken, said = await asyncio.to_thread(watch.run, self._notify, message)
        except TimeoutError as cause:
            raise Later(f"{self.name} took longer than {self._seconds:g} s.", uncertain=True) from cause
        finally:
            watch.break_off()
        if watch.refused:
            raise Never(f"{self.name}: {watch.refused}")
        if not taken:
            raise Later(f"{self.name} did not take the message. {said}".strip(), uncertain=watch.connected)

    def _notify(self, message: Message) -> tuple[bool, str]:
        from apprise import Apprise, NotifyFormat

        _keep_quiet()
        room = min(getattr(self._plugin, "body_maxlen", 4_000), 16_000) * 3 // 4
        sender = Apprise(asset=self._plugin.asset)
        sender.add(self._plugin)
        heard: list[str] = []
        done = sender.notify(
            body=text.brief(message, room),
            title=text.without_mentions(message.subject),
            body_format=NotifyFormat.TEXT,
            interpret_escapes=False,
            log_callback=lambda entry, _: heard.append(str(entry.message)),
            log_level=logging.WARNING,
        )
        return bool(done), self._clean(heard[0]) if heard else ""

    def _clean(self, said: str) -> str:
        for secret in self._secrets:
            said = said.replace(secret, "…")
        return one_line(said, 200)


def _checked(url: str, *, http: bool) -> str:
    """The scheme, when the address may be used at all."""
    scheme = url.partition(":")[0].lower()
    if scheme in {"mailtos", "smtp", "smtps"}:
        raise UserError("Write mailto:NAME@HOST; the mail server is set by smtp_host and its like.")
    if scheme not in SERVICES:
        raise UserError(
            f"There is no channel {one_line(scheme, 40)}://. There are mailto:, https:// and "
            f"{', '.join(sorted(CLOUD | HOSTS))}."
        )
    if scheme in IN_THE_OPEN and not http:
        raise UserError(f"Write {scheme}s:// instead of {scheme}://, so that nobody on the way reads it.")
    for option in re.split(r"[?&;]", url)[1:]:  # as apprise reads them: also after a #
        name = unquote(option.partition("=")[0])
        if option and name.lower() not in _OPTIONS:
            raise UserError(f"The option {one_line(name, 40)} of {scheme}:// is not taken.")
    return scheme


def _plugin(url: str, name: str) -> NotifyBase:
    from apprise import Apprise, AppriseAsset, NotifyBase

    _keep_quiet()
    asset = AppriseAsset(
        app_id="biowire",
        app_desc="biowire",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        async_mode=False,
        secure_logging=True,
        http_redirects=False,
        pgp_autogen=False,
        pem_autogen=False,
        allow_templates=False,
        storage_mode="memory",
        service_timeout=0,
    )
    plugin = Apprise.instantiate(url, asset=asset, suppress_exceptions=True)
    if not isinstance(plugin, NotifyBase) or not plugin.verify_certificate or plugin.redirects:
        raise UserError(
            f"This is no address of {name}; https://appriseit.com/services/ shows how they are written."
        )
    return plugin


def _parts(url: str) -> tuple[str, ...]:
    """Everything in an address that may be a secret, longest first."""
    rest = url.partition("://")[2]
    found = {piece for part in (rest, unquote(rest)) for piece in re.split(r"[/:@?&=#]", part)}
    return tuple(sorted((piece for piece in found if len(piece) >= 6), key=len, reverse=True))


def _keep_quiet() -> None:
    """Its log may hold addresses; what matters of it comes back as an error."""
    logger = logging.getLogger("apprise")
    logger.propagate = False
    logger.setLevel(logging.WARNING)
    logging.getLogger("urllib3.connectionpool").addFilter(_unwatched)


def _unwatched(_: logging.LogRecord) -> bool:
    return not watching()
