"""A message as a mail: headers, text, HTML, the chart inside. Where nothing from outside becomes a header.

Sources: RFC 5322 (headers), RFC 3834 (Auto-Submitted), RFC 2369 and RFC 8058 (List-Unsubscribe, one click).
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from email import policy
from email.header import Header
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UniqueUnstructuredHeader
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from ..core.alerts.message import Message
from ..core.alerts.phrasing import one_line
from ..rendering import chart, html, text

CHART = "chart"
"""Content-ID of the chart, left of the @."""


class _AsItIs(UniqueUnstructuredHeader, BaseHeader):  # type: ignore[misc]  # as the library itself does
    """Addresses and ids: the library would break long ones into pieces that no receiver puts together."""

    @classmethod
    def parse(cls, value: str, kwds: dict[str, Any]) -> None:
        """Take it literally: the library decodes `=?utf-8?q?=0D=0ABcc:…?=`, and writes that."""
        kwds["decoded"], kwds["parse_tree"] = value, None

    def fold(self, *, policy: Any) -> str:
        """One line."""
        return f"{self.name}: {self}{policy.linesep}"


class _Words(_AsItIs):
    """Text from outside: plain where it can be, else whole in encoded words (RFC 2047)."""

    def fold(self, *, policy: Any) -> str:
        """Lines of at most 76 characters where it is encoded."""
        plain = self.isascii() and "=?" not in self
        said = (
            str(self) if plain else Header(str(self), "utf-8", 76, self.name).encode(linesep=policy.linesep)
        )
        return f"{self.name}: {said}{policy.linesep}"


def _policy() -> policy.EmailPolicy[EmailMessage]:
    registry = HeaderRegistry()
    for name in ("message-id", "references", "in-reply-to", "list-unsubscribe", "list-id"):
        registry.map_to_type(name, _AsItIs)
    registry.map_to_type("subject", _Words)
    return policy.SMTP.clone(header_factory=registry)


_POLICY = _policy()


def letter(message: Message, receiver: str, sender: str, now: datetime) -> EmailMessage:
    """Make up the mail. `receiver` and `sender` are plain addresses that were checked."""
    mail = EmailMessage(policy=_POLICY)
    domain = sender.rpartition("@")[2]
    subscription = message.subscription
    mail["From"] = Address(display_name="biowire", addr_spec=sender)
    mail["To"] = Address(addr_spec=receiver)
    mail["Subject"] = one_line(message.subject, 150)
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{message.id}@{domain}>"
    if message.thread:
        root = f"<{_root(message)}@{domain}>"
        mail["References"] = root
        mail["In-Reply-To"] = root
    mail["List-ID"] = f"<{subscription.id}.biowire.{domain}>"
    if unsubscribe := dict(message.urls).get("unsubscribe"):
        mail["List-Unsubscribe"] = f"<{unsubscribe}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    _fill(mail, message, domain)
    return mail


def _fill(mail: EmailMessage, message: Message, domain: str) -> None:
    picture = chart.png(message)
    mail.set_content(text.render(message))
    mail.add_alternative(
        html.render(message, chart=f"cid:{CHART}@{domain}" if picture else ""), subtype="html"
    )
    if picture:
        page = mail.get_payload()[1]  # type: ignore[index]
        page.add_related(  # type: ignore[union-attr]
            picture, "image", "png", cid=f"<{CHART}@{domain}>", disposition="inline", filename="chart.png"
        )


def _root(message: Message) -> str:
    """The same for all messages of a subscription on one story, so that readers show them as one thread."""
    about = f"{message.subscription.id}\x00{message.thread}".encode()
    return "story-" + hashlib.sha256(about).hexdigest()[:32]
