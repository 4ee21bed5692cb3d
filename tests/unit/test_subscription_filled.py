"""The form of a subscription: what is written into it becomes a subscription, or a sentence beside a field."""

import contextlib
from dataclasses import replace
from datetime import time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import FormData

from dashboards.web.subscription_filled import Unmade, made, shown, written
from streams.core.alerts.condition_defaults import default_condition
from streams.core.alerts.editing import asked
from streams.core.alerts.records import KINDS, RHYTHMS, Rhythm, Subscription

ONE = Subscription(id="gates", name="Gates", query="face", rhythm=Rhythm(zone="Europe/Berlin"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("every", RHYTHMS)
def test_a_form_sent_as_it_is_shown_changes_nothing(kind, every):
    one = replace(
        ONE,
        condition=default_condition(kind),
        to=("mailto:ann@example.org", "https://hooks.example/x"),
        rhythm=Rhythm(every=every, quiet=(time(22), time(7)), at=time(7, 5), weekday=4),
        max_age=timedelta(days=7),
    )
    assert asked(made(one, shown(one))) == asked(one)


def test_numbers_of_another_kind_stay_out():
    values = shown(ONE) | {"kind": "silence", "silence.window": "3d", "spike.count": "nonsense"}
    assert made(ONE, values).condition == replace(default_condition("silence"), window=timedelta(days=3))


def test_facets_are_all_that_were_chosen():
    form = FormData([("kind", "new-entity"), ("new-entity.facets", "law"), ("new-entity.facets", "term")])
    assert made(ONE, shown(ONE) | written(form)).condition.facets == ("law", "term")


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "", "The name is empty"),
        ("to", "desk@news.example", "is no channel"),
        ("zone", "Europe/Berln", "did you mean Europe/Berlin?"),
        ("at", "25:00", "is no time of day"),
        ("quiet", "22:00", "is no part of a day"),
        ("cap", "0", "has to be from 1 to"),
        ("cap", "", "Write a whole number."),
        ("on", "someday", "is no weekday"),
        ("every", "yearly", "There is no rhythm"),
        ("max_age", "soon", "soon"),
        ("kind", "omen", "Choose what is worth an alert"),
        ("threshold.count", "many", "is no whole number"),
        ("threshold.count", "9" * 40, "is no whole number"),
        ("threshold.window", "0", "has to be whole minutes"),
        ("threshold.window", "9" * 30 + "d", ""),
    ],
    ids=lambda value: value[:20] or "empty",
)
def test_what_cannot_be_kept_is_said_beside_its_field(field, value, sentence):
    with pytest.raises(Unmade) as refused:
        made(ONE, shown(ONE) | {"kind": "threshold", field: value})
    assert sentence in refused.value.wrong.sentences[field]


@pytest.mark.parametrize("value", ["nan", "inf", "1", "x", ""])
def test_a_factor_is_a_number_above_one(value):
    with pytest.raises(Unmade) as refused:
        made(ONE, shown(ONE) | {"kind": "spike", "spike.factor": value})
    assert refused.value.wrong.sentences["spike.factor"]


def test_a_query_that_cannot_be_read_has_its_place():
    with pytest.raises(Unmade) as refused:
        made(ONE, shown(ONE) | {"query": "face titel:police"})
    assert refused.value.wrong.position == 5
    assert "title:" in refused.value.wrong.sentences["query"]


@given(st.dictionaries(st.sampled_from(sorted(shown(ONE))), st.text(max_size=30), max_size=6))
def test_whatever_is_written_is_kept_or_refused(values):
    with contextlib.suppress(Unmade):
        assert made(ONE, shown(ONE) | values).id == ONE.id
