"""Alerts and messages for tests of channels: only what a test cares about has to be said."""

from datetime import UTC, datetime, timedelta

from documents import an_id

from streams.core.alerts.composing import compose
from streams.core.alerts.ids import alert_id
from streams.core.alerts.records import Alert, Delivery, Quote, Rhythm, Shown, Subscription
from streams.signing import Signing

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SIGNING = Signing(b"a secret of tests, long enough to be one")
BASE = "https://news.example.org"


def a_subscription(**given):
    return Subscription(
        **{
            "id": "faces",
            "name": "Face recognition in policing",
            "query": '"face recognition" AND police',
            "to": ("mailto:ann@example.org",),
            "version": 3,
            **given,
        }
    )


def a_quote(**given):
    return Quote(
        **{
            "clause": '"face recognition"',
            "field": "summary",
            "start": 40,
            "end": 56,
            "before": "The police want ",
            "surface": "face recognition",
            "after": " at every crossing of the river",
            **given,
        }
    )


def shown(name="a", **given):
    return Shown(
        **{
            "id": an_id(name),
            "title": f"Council weighs cameras {name}",
            "url": f"https://ledger.example/2026/11/{name}",
            "source": "River Ledger",
            "when": NOW - timedelta(hours=2),
            "story_id": an_id(f"story {name}"),
            "story_size": 4,
            "clauses": ('"face recognition"', "police"),
            "quotes": (a_quote(),),
            "language": "en",
            **given,
        }
    )


def an_alert(name="a", kind="each", **given):
    key = given.pop("key", an_id(name))
    return Alert(
        **{
            "id": alert_id("faces", kind, key),
            "subscription": "faces",
            "version": 3,
            "kind": kind,
            "key": key,
            "when": NOW - timedelta(hours=2),
            "sentence": f"A document matches: {name}.",
            "shown": (shown(name),),
            **given,
        }
    )


def a_delivery(*alerts, **given):
    return Delivery(
        **{
            "id": "d" * 32,
            "subscription": "faces",
            "channel": "mailto:ann@example.org",
            "alerts": tuple(alert.id for alert in alerts),
            "due": NOW,
            **given,
        }
    )


def a_message(*alerts, subscription=None, notices=(), counts=(), base=BASE, **delivery):
    alerts = alerts or (an_alert(),)
    return compose(
        a_delivery(*alerts, **delivery),
        alerts,
        subscription or a_subscription(),
        base_url=base,
        sign=SIGNING.token,
        notices=notices,
        counts=counts,
    )


def a_digest(*alerts, **given):
    """Daily, in Berlin, with eight days of counts."""
    given.setdefault("subscription", a_subscription(rhythm=Rhythm(every="daily", zone="Europe/Berlin")))
    days = [(NOW - timedelta(days=back), 3 + back) for back in range(8, 0, -1)]
    given.setdefault("counts", days)
    return a_message(*alerts, period=(NOW - timedelta(days=1), NOW), **given)
