"""What a subscription may say, its id, and what an edit changed."""

import re
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from subscription_builders import subscriptions, unhurried

from streams.core.alerts.changes import changes, condition_text, rhythm_text
from streams.core.alerts.condition_defaults import KNOWN, default_condition
from streams.core.alerts.editing import Unfit, checked, id_of, is_zone, masked
from streams.core.alerts.records import ID, KINDS, Condition, Rhythm, Subscription
from streams.core.alerts.showing import as_fields
from streams.core.alerts.written_times import length_text, read_length
from streams.core.query import QuerySyntaxError

BORDER = Subscription(id="border", name="Borders", query="face border")


def test_the_place_in_the_query_is_kept():
    with pytest.raises(QuerySyntaxError) as raised:
        checked(replace(BORDER, query="face titel:x"))
    assert raised.value.position == 5


def test_where_it_is_wrong_is_said_by_key():
    with pytest.raises(Unfit) as raised:
        checked(replace(BORDER, condition=Condition(kind="each", count=2)))
    assert raised.value.key == ("condition", "count")


@pytest.mark.parametrize("kind", KINDS)
def test_the_usual_condition_of_every_kind_can_be_followed(kind):
    checked(replace(BORDER, condition=default_condition(kind)))


@pytest.mark.parametrize("kind", KINDS)
def test_every_number_a_kind_does_not_know_is_refused(kind):
    other = {
        "count": 9,
        "window": timedelta(hours=9),
        "factor": 9.0,
        "sources": 9,
        "cooldown": timedelta(hours=9),
        "facets": ("law", "theme"),
    }
    for name, value in other.items():
        changed = replace(BORDER, condition=replace(default_condition(kind), **{name: value}))
        if name in KNOWN[kind]:
            checked(changed)
        else:
            with pytest.raises(Unfit, match=f"{kind} knows no {name}"):
                checked(changed)


@pytest.mark.parametrize(
    ("name", "id_"),
    [
        ("Live FR", "live-fr"),
        ("  Köln: Gesichtserkennung!  ", "koln-gesichtserkennung"),
        ("Straße", "strasse"),
        ("人脸识别", "e8c92c9f"),
        ("Распознавание лиц", "01480dc1"),
        ("UK 人脸", "uk-4feb1403"),
        ("?!", "545f940d"),
    ],
)
def test_an_id_is_made_from_the_name(name, id_):
    assert id_of(name) == id_


def test_names_of_other_scripts_have_ids_of_their_own():
    assert id_of("人脸识别") != id_of("人脸辨识")
    assert id_of("é") == id_of("e\u0301") == "e"


@unhurried
@given(st.text(min_size=1, max_size=200))
def test_every_name_gives_an_id_that_can_be_used(name):
    assert re.fullmatch(ID, id_of(name))
    assert len(id_of(name)) <= 64
    assert id_of(name) == id_of(name)


@pytest.mark.parametrize(
    ("zone", "known"),
    [
        ("UTC", True),
        ("Europe/London", True),
        ("America/Argentina/Ushuaia", True),
        ("", False),
        ("Europe", False),
        ("Europe/", False),
        ("/etc/localtime", False),
        ("Mars/Base", False),
        ("localtime", False),
    ],
)
def test_zones_are_known_by_their_iana_names(zone, known):
    assert is_zone(zone) is known


@unhurried
@given(st.integers(0, 999_999))
def test_lengths_of_whole_minutes_are_read_back(minutes):
    length = timedelta(minutes=minutes)
    assert read_length(length_text(length)) == length


EDITS = {
    "nothing": ({}, ""),
    "name": ({"name": "Frontiers"}, 'name "Borders" becomes "Frontiers"'),
    "query": ({"query": "iris"}, "query face border becomes iris"),
    "channels": ({"to": ("mailto:a@b.example",)}, "also to mailto:a@b.example"),
    "pause": ({"paused": True}, "paused"),
    "mute": ({"muted": True}, "muted"),
    "snooze": (
        {"snoozed_until": datetime(2026, 12, 1, 8, tzinfo=UTC)},
        "snoozed until 2026-12-01 08:00 UTC",
    ),
    "age": ({"max_age": timedelta(days=7)}, "no articles older than 7d"),
    "kind": (
        {"condition": default_condition("threshold")},
        "when each becomes threshold (count 5, window 1d, sources 2, cooldown 1d)",
    ),
    "rhythm": ({"rhythm": Rhythm(every="daily")}, "at once becomes daily at 08:00"),
    "time that waits for a digest": (
        {"rhythm": Rhythm(at=time(9))},
        "digests would go out on monday, 09:00",
    ),
    "zone": ({"rhythm": Rhythm(zone="Asia/Tokyo")}, "time zone UTC becomes Asia/Tokyo"),
    "quiet": ({"rhythm": Rhythm(quiet=(time(22), time(7)))}, "quiet 22:00-07:00"),
    "cap": ({"rhythm": Rhythm(cap=5)}, "at most 5 entries, before 20"),
    "two": ({"paused": True, "query": "iris"}, "query face border becomes iris; paused"),
}


@pytest.mark.parametrize(("fields", "words"), EDITS.values(), ids=EDITS)
def test_what_an_edit_changed_is_said_in_words(fields, words):
    assert changes(BORDER, replace(BORDER, **fields)) == words


def test_numbers_of_a_condition_are_told_one_by_one():
    old = replace(BORDER, condition=default_condition("spike"))
    new = replace(old, condition=replace(old.condition, factor=4.5, window=timedelta(hours=12)))
    assert changes(old, new) == "window 1d becomes 12h; factor 3 becomes 4.5"


@unhurried
@given(subscriptions, subscriptions)
def test_every_difference_is_said_and_no_other(old, new):
    new = replace(new, id=old.id)
    assert bool(changes(old, new)) == (old != new)
    assert changes(old, old) == ""


@unhurried
@given(subscriptions)
def test_what_is_shown_tells_no_channel_that_could_be_written_to(subscription):
    shown = repr(as_fields(subscription)) + changes(None, subscription)
    for channel in subscription.to:
        if len(channel.partition("://")[2]) > 6 and not channel.startswith(("http", "mailto")):
            assert channel not in shown


@pytest.mark.parametrize(
    ("channel", "shown"),
    [
        ("mailto:desk@news.example?cc=x", "mailto:desk@news.example"),
        ("https://user:word@hooks.example/T0/B0/secret", "https://hooks.example/…d6ab"),
        ("slack://T0/B0/secret", "slack://…5a6c"),
        ("https://hooks.example?key=1", "https://hooks.example/…c6a3"),
    ],
)
def test_channels_are_shown_without_what_lets_others_write_to_them(channel, shown):
    assert re.sub("…....$", "…", masked(channel)) == re.sub("…....$", "…", shown)
    assert masked(channel) != masked(f"{channel}2") or channel.startswith("mailto")


def test_conditions_and_rhythms_are_told_in_words():
    assert condition_text(default_condition("silence")) == "silence (window 7d)"
    assert condition_text(default_condition("each")) == "each"
    weekly = Rhythm(every="weekly", weekday=4, zone="Asia/Tokyo", quiet=(time(22), time(7)))
    assert rhythm_text(weekly) == "weekly on friday at 08:00, Asia/Tokyo, quiet 22:00-07:00"
    assert rhythm_text(Rhythm(every="hourly", at=time(8, 5))) == "hourly at minute 5, UTC"
