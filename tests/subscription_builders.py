"""Any subscription that can be kept, for property-based tests."""

from datetime import UTC, datetime, time, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from streams.core.alerts.condition_defaults import KNOWN, NAMED, default_condition
from streams.core.alerts.records import KINDS, RHYTHMS, Condition, Rhythm, Subscription
from streams.core.query import QuerySyntaxError
from streams.core.query_parse import parse

MINUTE = timedelta(minutes=1)

unhurried = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""For a busy machine."""


def _can_be_read(query: str) -> bool:
    try:
        parse(query)
    except QuerySyntaxError:
        return False
    return True


_NAMES = (
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=120)
    .map(str.strip)
    .filter(bool)
)
_WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters='()"“”„«»:*-'), max_size=30)
_QUERIES = st.sampled_from(
    [
        "*",
        '"face recognition" -phone',
        "'s face",
        "flag:detention\nflag:facial-recognition",
        "“iris” OR 人脸",
        'a\\b "c"',
    ]
) | _WORDS.map(lambda words: f"face {words} iris").filter(_can_be_read)
_CHANNELS = st.from_regex(r"[a-z][a-z0-9+.]{0,8}://[!-~]{1,40}", fullmatch=True)
_ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Asia/Kolkata"])
_CLOCKS = st.builds(time, st.integers(0, 23), st.integers(0, 59))


def lengths(least: int, most: int) -> st.SearchStrategy[timedelta]:
    """Of so many minutes."""
    return st.integers(least, most).map(lambda minutes: minutes * MINUTE)


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    kind = draw(st.sampled_from(KINDS))
    values = {
        "count": st.integers(1, 100_000),
        "window": lengths(1, 10_080 if kind == "spike" else 500_000),
        "factor": st.floats(1.001, 1000),
        "sources": st.integers(1, 1000),
        "cooldown": lengths(0, 500_000),
        "facets": st.tuples(st.sampled_from(NAMED), st.sampled_from(NAMED)).filter(
            lambda two: len({*two}) == 2
        ),
    }
    said = {name: draw(values[name]) for name in KNOWN[kind]}
    return Condition(**{"kind": kind, **said}) if said else default_condition(kind)


rhythms = st.builds(
    Rhythm,
    every=st.sampled_from(RHYTHMS),
    at=_CLOCKS,
    weekday=st.integers(0, 6),
    zone=_ZONES,
    quiet=st.none() | st.tuples(_CLOCKS, _CLOCKS).filter(lambda two: two[0] != two[1]),
    cap=st.integers(1, 500),
)

subscriptions = st.builds(
    Subscription,
    id=st.from_regex(r"[a-z0-9]{1,20}(-[a-z0-9]{1,20}){0,2}", fullmatch=True),
    name=_NAMES,
    query=_QUERIES,
    condition=conditions(),
    to=st.lists(_CHANNELS, max_size=4, unique=True).map(tuple),
    rhythm=rhythms,
    paused=st.booleans(),
    muted=st.booleans(),
    snoozed_until=st.none()
    | st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
    max_age=st.none() | lengths(1, 527_040),
)
