"""A subscription's file: what is written is read back, and what is wrong is said with its line."""

import tomllib
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from subscription_builders import subscriptions, unhurried

from streams.core.alerts.condition_defaults import default_condition
from streams.core.alerts.editing import asked, checked
from streams.core.alerts.records import KINDS, Condition, Rhythm, Subscription
from streams.core.alerts.subscription_toml import SubscriptionFileError, read, write

LEAST = 'name = "Borders"\nquery = "face border"\n'


@unhurried
@given(subscriptions)
def test_what_is_written_is_read_back(subscription):
    assert read(write(checked(subscription)), f"{subscription.id}.toml") == subscription


@unhurried
@given(subscriptions)
def test_every_file_is_toml_of_few_short_lines_and_the_same_every_time(subscription):
    text = write(subscription)
    tomllib.loads(text)
    assert text == write(read(text, subscription.id))
    assert text.endswith("\n")
    assert len(text.splitlines()) < 40


def test_name_and_query_are_enough():
    expected = Subscription(id="border", name="Borders", query="face border")
    assert read(LEAST, "subscriptions/border.toml") == expected


def test_a_condition_has_the_usual_numbers_where_none_is_said():
    for kind in KINDS:
        text = f'{LEAST}[condition]\nkind = "{kind}"\n'
        assert read(text, "border").condition == default_condition(kind)
    half = read(f'{LEAST}[condition]\nkind = "spike"\nfactor = 5\n', "border").condition
    assert half == replace(default_condition("spike"), factor=5.0)


def test_versions_are_not_in_the_file():
    old = Subscription(
        id="a", name="A", query="b", version=7, changed_at=datetime(2026, 1, 1, tzinfo=UTC), changed_by="me"
    )
    assert read(write(old), "a.toml") == asked(old)


@pytest.mark.parametrize(
    ("line", "moment"),
    [
        ("2026-12-01", datetime(2026, 11, 30, 23, tzinfo=UTC)),
        ("2026-07-01T08:00:00", datetime(2026, 7, 1, 6, tzinfo=UTC)),
        ("2026-12-01T08:00:00-05:00", datetime(2026, 12, 1, 13, tzinfo=UTC)),
    ],
    ids=["day", "local", "offset"],
)
def test_a_snooze_without_zone_ends_where_its_reader_lives(line, moment):
    text = f'{LEAST}snoozed_until = {line}\n[rhythm]\nzone = "Europe/Berlin"\n'
    assert read(text, "border").snoozed_until == moment


def test_times_may_be_written_as_toml_has_them():
    rhythm = read(f'{LEAST}[rhythm]\nevery = "weekly"\non = "fri"\nat = 17:30:00\n', "border").rhythm
    assert rhythm == Rhythm(every="weekly", weekday=4, at=time(17, 30))


def test_a_file_of_the_length_of_a_book_is_refused():
    with pytest.raises(SubscriptionFileError, match="longer than 256 KB"):
        read(LEAST + "#" * 300_000, "border.toml")


WRONG = {
    "no TOML": ('name = "Borders\n', 1, "no TOML"),
    "nested without end": (f"{LEAST}to = {'[' * 50_000}", 1, "nests too deep"),
    "nothing in it": ("", 1, "`name` is missing"),
    "no query": ('name = "Borders"\n', 1, "`query` is missing"),
    "unknown key": (f'{LEAST}\nquerry = "x"\n', 4, "unknown key `querry`; known here: name, query"),
    "unknown key of a table": (f'{LEAST}[rhythm]\nevry = "now"\n', 4, "unknown key `evry`"),
    "table that is none": (f'{LEAST}rhythm = "daily"\n', 3, "`rhythm` has to be a table"),
    "name of the wrong kind": ('name = 3\nquery = "a"\n', 1, "`name` has to be text"),
    "empty name": ('name = " "\nquery = "a"\n', 1, "The name is empty"),
    "name over two lines": ('name = "a\\nBcc: b"\nquery = "a"\n', 1, "one line"),
    "long name": (f'name = "{"a" * 121}"\nquery = "a"\n', 1, "121 characters"),
    "query that cannot be read": ('name = "a"\nquery = "face ("\n', 2, "at character 7"),
    "channels of the wrong kind": (f'{LEAST}to = "mailto:a@b"\n', 3, "list of texts"),
    "channel that is none": (f'{LEAST}to = ["a@b.example"]\n', 3, "is no channel"),
    "channel with a line in it": (f'{LEAST}to = ["mailto:a@b\\nBcc: c"]\n', 3, "is no channel"),
    "channel named twice": (f'{LEAST}to = ["mailto:a@b", "mailto:a@b"]\n', 3, "named twice"),
    "too many channels": (f"{LEAST}to = {[f'a:{n}' for n in range(51)]}\n", 3, "51 channels"),
    "paused by text": (f'{LEAST}paused = "yes"\n', 3, "true or false"),
    "snoozed till no date": (f'{LEAST}snoozed_until = "tomorrow"\n', 3, "a date or a time"),
    "language without messages": (f'{LEAST}language = "tlh"\n', 3, "Messages come in en"),
    "age of nothing": (f'{LEAST}max_age = "0"\n', 3, "whole minutes, from 1m"),
    "unknown condition": (f'{LEAST}[condition]\nkind = "often"\n', 4, "is one of each, story"),
    "number of another kind": (f'{LEAST}[condition]\nkind = "each"\ncount = 3\n', 5, "each knows no count"),
    "count that is no number": (
        f'{LEAST}[condition]\nkind = "threshold"\ncount = "3"\n',
        5,
        "a whole number",
    ),
    "count that is true": (f'{LEAST}[condition]\nkind = "threshold"\ncount = true\n', 5, "a whole number"),
    "count of none": (f'{LEAST}[condition]\nkind = "threshold"\ncount = 0\n', 5, "from 1 to"),
    "window without unit": (f'{LEAST}[condition]\nkind = "threshold"\nwindow = "3"\n', 5, "90m, 24h"),
    "window as number": (f'{LEAST}[condition]\nkind = "threshold"\nwindow = 3\n', 5, "text in quotes"),
    "window of years": (f'{LEAST}[condition]\nkind = "silence"\nwindow = "400d"\n', 5, "to 366d"),
    "window of ages": (f'{LEAST}[condition]\nkind = "silence"\nwindow = "999999w"\n', 5, "to 366d"),
    "spike over two weeks": (f'{LEAST}[condition]\nkind = "spike"\nwindow = "2w"\n', 5, "to 7d"),
    "factor of one": (f'{LEAST}[condition]\nkind = "spike"\nfactor = 1\n', 5, "above 1"),
    "factor without end": (f'{LEAST}[condition]\nkind = "spike"\nfactor = inf\n', 5, "above 1"),
    "facet that is none": (
        f'{LEAST}[condition]\nkind = "new-entity"\nfacets = ["x"]\n',
        5,
        "no facet `x`",
    ),
    "pairing of three": (
        f'{LEAST}[condition]\nkind = "new-pairing"\nfacets = ["law", "law", "law"]\n',
        5,
        "two facets",
    ),
    "unknown rhythm": (f'{LEAST}[rhythm]\nevery = "monthly"\n', 4, "is one of now, hourly"),
    "time of no day": (f'{LEAST}[rhythm]\nat = "24:00"\n', 4, "no time of day"),
    "day of no week": (f'{LEAST}[rhythm]\non = "t"\n', 4, "no weekday"),
    "zone nobody lives in": (f'{LEAST}[rhythm]\nzone = "Europe/Berln"\n', 4, "did you mean Europe/Berlin"),
    "zone that is a path": (f'{LEAST}[rhythm]\nzone = "../../etc/passwd"\n', 4, "no time zone"),
    "quiet all day": (f'{LEAST}[rhythm]\nquiet = "08:00-08:00"\n', 4, "mute it"),
    "quiet from when": (f'{LEAST}[rhythm]\nquiet = "22:00"\n', 4, "no part of a day"),
    "cap of none": (f"{LEAST}[rhythm]\ncap = 0\n", 4, "from 1 to 500"),
}


@pytest.mark.parametrize(("text", "line", "words"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_with_its_line(text, line, words):
    with pytest.raises(SubscriptionFileError) as raised:
        read(text, "border.toml")
    problem = raised.value.problems[0]
    assert (problem.file, problem.line) == ("border.toml", line)
    assert words in problem.message
    assert str(raised.value).startswith(f"border.toml:{line}: ")
    assert problem.message[-1] in ".?"


def test_everything_that_is_wrong_is_told_at_once():
    with pytest.raises(SubscriptionFileError) as raised:
        read('name = 1\nquery = "a"\n[rhythm]\nat = "x"\ncap = "y"\n', "b.toml")
    assert [problem.line for problem in raised.value.problems] == [1, 4, 5]
    assert str(raised.value).endswith("(2 more problems there.)")


def test_a_name_of_no_id_is_no_file_of_ours():
    with pytest.raises(SubscriptionFileError, match="id `My Border` cannot be used"):
        read(LEAST, "My Border.toml")


def test_numbers_that_a_kind_does_not_know_are_not_written():
    threshold = Condition(kind="threshold", count=3, window=timedelta(hours=6), sources=1)
    text = write(Subscription(id="a", name="A", query="b", condition=threshold))
    said = tomllib.loads(text)["condition"]
    assert said == {"kind": "threshold", "count": 3, "window": "6h", "sources": 1, "cooldown": "0"}
