"""Facts and subscriptions for tests of conditions: only what a test cares about has to be said."""

from datetime import UTC, datetime, timedelta

from streams.core.alerts.conditions import with_defaults
from streams.core.alerts.leads import LeadTimes
from streams.core.alerts.records import Fact, Matched, Quote, Subscription

START = datetime(2023, 8, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def a_subscription(kind="each", query="face", **given):
    own = {name: given.pop(name) for name in ("max_age", "changed_at", "rhythm", "version") if name in given}
    return Subscription(id="face", name="Face", query=query, condition=with_defaults(kind, **given), **own)


def a_fact(name="a", hours=0.0, story=None, **given):
    when = START + hours * HOUR
    quote = Quote(clause="face", field="title", start=0, end=4, before="", surface="Face", after=" found")
    matched = Matched(subscription="face", version=1, clauses=("face",), quotes=(quote,))
    return Fact(
        **{
            "id": str(name),
            "when": when,
            "first_seen": when + HOUR / 4,
            "story_id": f"s{name}" if story is None else story,
            "title": f"Face found in {name}",
            "url": f"https://daily.example/{name}",
            "source": "Daily Example",
            "host": "daily.example",
            "language": "en",
            "role": "lead",
            "copy": False,
            "story_size": 1,
            "names": (),
            "matched": (matched,),
            **given,
        }
    )


def steady(days, per_hour=1, before=0):
    """Leads that come evenly from `before` days before START on."""
    return LeadTimes(
        START - before * DAY + hour * HOUR + part * HOUR / per_hour
        for hour in range(24 * (days + before))
        for part in range(per_hour)
    )
