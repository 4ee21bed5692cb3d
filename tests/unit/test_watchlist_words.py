"""A pattern of a watchlist's file, changed without touching the rest of the file."""

import tomllib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import UserError
from streams.vocabulary.files import seeds_folder
from streams.vocabulary.watchlist_words import NEW, new_list, with_words, words_of

FILE = """\
# Ours, for the Thursday meeting
id = "held"
title = "Held"

[contexts]
ships = ["ship"]

# English
[[pattern]]
language = "en"
forms = [
    "detain{s,ed}",  # and so on
]
# not ships
blocks = ["@ships"]

# German
[[pattern]]
forms = ["Haft"]
language = "de"

[[term]]
id = "camp"
label = "Camp"
[[term.pattern]]
forms = ["camp"]
valid_from = 2017-05-31
weight = 0.5
"""


def places(source):
    return [one.place for one in words_of(tomllib.loads(source))]


def test_words_have_places_and_the_label_of_their_term():
    found = list(words_of(tomllib.loads(FILE)))
    assert [(one.place, one.term) for one in found] == [
        ("pattern.0", ""),
        ("pattern.1", ""),
        ("term.0.pattern.0", "Camp"),
    ]


def test_a_change_leaves_every_other_line_as_it_was():
    changed = with_words(FILE, "pattern.1", {"forms": ["Haft", "inhaftiert*"], "language": "de"})
    kept = [line for line in FILE.splitlines() if "Haft" not in line]
    assert [line for line in changed.splitlines() if line in kept and line] == [line for line in kept if line]
    assert tomllib.loads(changed)["pattern"][1] == {"forms": ["Haft", "inhaftiert*"], "language": "de"}


def test_notes_between_the_keys_stay():
    changed = with_words(FILE, "pattern.0", {"forms": ["detain"]})
    assert "# not ships" in changed
    assert "# English" in changed


def test_words_are_added_behind_the_last_of_the_list():
    changed = with_words(FILE, NEW, {"forms": ["detenido"], "language": "es"})
    assert places(changed) == ["pattern.0", "pattern.1", "pattern.2", "term.0.pattern.0"]
    assert tomllib.loads(changed)["pattern"][2]["forms"] == ["detenido"]


def test_words_are_added_to_a_list_that_has_none():
    source = 'id = "x"\ntitle = "X"\ninclude = ["law.bipa"]\n'
    assert tomllib.loads(with_words(source, NEW, {"forms": ["a"]}))["pattern"] == [{"forms": ["a"]}]


def test_words_are_taken_away():
    changed = with_words(FILE, "pattern.0", None)
    assert [one.table["forms"] for one in words_of(tomllib.loads(changed))] == [["Haft"], ["camp"]]


def test_dates_and_weights_survive_a_change():
    table = dict(list(words_of(tomllib.loads(FILE)))[2].table) | {"forms": ["camps"]}
    changed = with_words(FILE, "term.0.pattern.0", table)
    assert tomllib.loads(changed)["term"][0]["pattern"][0] == table


@pytest.mark.parametrize("place", ["pattern.9", "term.3.pattern.0", "contexts", "pattern.x", "../../etc"])
def test_a_place_that_is_not_there_is_refused(place):
    with pytest.raises(UserError):
        with_words(FILE, place, {"forms": ["x"]})


def test_words_written_in_one_line_are_left_to_the_file():
    with pytest.raises(UserError, match="in the file itself"):
        with_words('id = "x"\npattern = [{forms = ["a"]}, {forms = ["b"]}]\n', "pattern.1", {"forms": ["c"]})


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=20), min_size=1, max_size=4))
def test_whatever_words_are_written_are_read_back(forms):
    changed = with_words(FILE, "pattern.0", {"forms": forms, "blocks": ["@ships"]})
    assert tomllib.loads(changed)["pattern"][0]["forms"] == forms


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=30), st.text(max_size=30))
def test_a_new_list_says_what_it_was_given(title, description):
    patterns = [{"forms": ["bee*"], "language": "en"}, {"forms": ["Biene"], "requires": ["@ships"]}]
    about = {"id": "bees", "title": title, "description": description}
    told = tomllib.loads(new_list(about, date(2026, 11, 23), patterns))
    assert told.pop("description", "") == description
    assert told == {"id": "bees", "title": title, "added": date(2026, 11, 23), "pattern": patterns}


@pytest.mark.parametrize("name", ["detention", "surveillance"])
def test_every_pattern_of_the_shipped_lists_can_be_written_anew_and_taken_away(name):
    source = (seeds_folder() / "watchlists" / f"{name}.toml").read_text(encoding="utf-8")
    for one in words_of(tomllib.loads(source)):
        assert tomllib.loads(with_words(source, one.place, one.table)) == tomllib.loads(source)
        with_words(source, one.place, None)
