"""A message sent at once to see whether a channel works; nothing is noted of it.

subscription, its newest alert (or none) ─► composing.compose ─► channel ─► a sentence
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace
from datetime import datetime

from connectors.console import Context
from connectors.errors import BiowireError

from ..channels import Later
from ..channels.choose import channel_for
from ..core.alerts.addresses import checked_base
from ..core.alerts.composing import SUBJECT, compose
from ..core.alerts.editing import masked
from ..core.alerts.message import Message
from ..core.alerts.phrasing import one_line
from ..core.alerts.records import Alert, Delivery, Subscription
from ..signing import signing_of


def trial_message(
    context: Context, subscription: Subscription, channel: str, alert: Alert | None, now: datetime
) -> Message:
    """The message that would tell of this alert, marked as a test; without one, that nothing happened."""
    delivery = Delivery(
        id=secrets.token_hex(16),
        subscription=subscription.id,
        channel=channel,
        alerts=(alert.id,) if alert else (),
        due=now,
    )
    message = compose(
        delivery,
        [alert] if alert else [],
        subscription,
        base_url=checked_base(str(context.settings["public_url"])),
        sign=signing_of(context.home, context.settings).token,
    )
    what = "it shows its newest alert once more." if alert else "nothing has been raised yet."
    return replace(
        message,
        subject=one_line(f"Test: {message.subject}", SUBJECT),
        lead=f"This is a test of the subscription {subscription.name}: {what}",
        thread="",
    )


def send_trial(
    context: Context, subscription: Subscription, channel: str, alert: Alert | None, now: datetime
) -> str:
    """Send it, waiting for the answer; what came of it, in a sentence."""
    shown = masked(channel)
    try:
        sender = channel_for(channel, context.settings, signing_of(context.home, context.settings))
        asyncio.run(sender.send(trial_message(context, subscription, channel, alert, now)))
    except BiowireError as error:
        maybe = " It may have arrived all the same." if isinstance(error, Later) and error.uncertain else ""
        return f"The test message to {shown} was not taken: {error}{maybe}"
    return f"{shown} has taken a test message."
