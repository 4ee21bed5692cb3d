"""An edit of a subscription leaves its file as people wrote it, but for what changed."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from subscription_builders import subscriptions, unhurried

from streams.core.alerts.condition_defaults import default_condition
from streams.core.alerts.records import Rhythm, Subscription
from streams.core.alerts.subscription_toml import read, write
from streams.core.alerts.toml_editing import edited

OURS = """\
# For the Thursday meeting; ask Ines before changing it.
query = '''
"face recognition"
border OR frontier
'''   # the long form
name = "Borders"
to = [
    "mailto:desk@news.example",  # the desk
    "mailto:ines@news.example",
]
paused = false

# spikes only
[condition]
kind = 'spike'
factor = 4      # three was too much

[rhythm]
at = 09:15:00
every = "daily"
# the end
"""


def changed(**fields):
    old = read(OURS, "border")
    new = replace(old, **fields)
    text = edited(OURS, new)
    assert read(text, "border") == new
    return text


@unhurried
@given(subscriptions, subscriptions)
def test_whatever_is_edited_says_what_was_meant(old, new):
    new = replace(new, id=old.id)
    assert read(edited(write(old), new), new.id) == new
    assert edited(write(old), old) == write(old)


@unhurried
@given(subscriptions)
def test_a_file_with_comments_says_what_was_meant(new):
    new = replace(new, id="border")
    assert read(edited(OURS, new), "border") == new


@unhurried
@given(subscriptions, st.text(max_size=60))
def test_whatever_was_there_is_no_obstacle(new, text):
    assert read(edited(text, new), new.id) == new


def test_nothing_else_changes():
    assert changed() == OURS
    assert changed(name="Frontiers") == OURS.replace('name = "Borders"', 'name = "Frontiers"')
    assert changed(paused=True) == OURS.replace("paused = false", "paused = true  # nothing is matched")


def test_what_is_new_goes_to_the_end_of_its_table():
    text = changed(
        max_age=timedelta(days=7), rhythm=Rhythm(at=read(OURS, "b").rhythm.at, every="daily", cap=5)
    )
    lines = text.splitlines()
    assert lines[lines.index("paused = false") + 1].startswith('max_age = "7d"')
    assert lines[lines.index('every = "daily"') + 1].startswith("cap = 5")
    assert next(line for line in lines if "#" in line) == OURS.splitlines()[0]
    assert "# the end" in lines


def test_another_condition_takes_the_place_of_the_old_numbers():
    text = changed(condition=default_condition("silence"))
    assert "factor" not in text
    assert "# spikes only" in text
    assert 'kind = "silence"  # nothing for `window`' in text


def test_a_table_that_is_missing_is_added():
    least = 'name = "A"\nquery = "b"'
    new = Subscription(id="a", name="A", query="b", rhythm=Rhythm(every="daily"))
    text = edited(least, new)
    assert text.startswith(f"{least}\n\n[rhythm]\nevery = ")
    assert read(text, "a") == new


@pytest.mark.parametrize(
    "odd",
    [
        'name = "A"\nquery = "b"\ncondition = {kind = "story"}\n',
        'name = "A"\nquery = "b"\nrhythm.every = "daily"\n',
        '"name" = "A"\nquery = "b"\n',
        "not a subscription at all",
        'name = "A"\nquery = "b"\n' + "# more\n" * 400,
        'name = "A"\r\nquery = "b"\r\n',
        'name = "A\u2028"\nquery = "b"\n',
    ],
    ids=["inline-table", "dotted", "quoted-key", "damaged", "long", "crlf", "odd-line-ends"],
)
def test_a_file_written_unusually_still_says_what_was_meant(odd):
    new = Subscription(id="a", name="B", query="c", condition=default_condition("spike"), muted=True)
    assert read(edited(odd, new), "a") == new
