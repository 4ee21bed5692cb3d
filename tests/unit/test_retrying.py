"""Waits between tries: longer each time, never shorter than asked, three days in all."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.alerts.retrying import Patience, wait

PATIENCE = Patience()
HOUR = timedelta(hours=1)


def waits(delivery="d", asked=None, patience=PATIENCE):
    return [wait(delivery, tries, asked, patience) for tries in range(1, patience.tries)]


def test_waits_grow_from_half_a_minute_to_hours_and_end_after_three_days():
    found = waits()
    assert timedelta(seconds=30) <= found[0] <= timedelta(seconds=38)
    assert 4 * HOUR <= found[-1] <= 5 * HOUR
    assert timedelta(days=3) <= sum(found, timedelta(0)) <= timedelta(days=4)
    assert wait("d", PATIENCE.tries, None, PATIENCE) is None


def test_the_same_delivery_waits_the_same_and_others_do_not():
    assert waits("a") == waits("a")
    assert len({tuple(waits(f"{number}")) for number in range(50)}) == 50


@pytest.mark.parametrize(
    ("asked", "least", "most"),
    [
        (timedelta(seconds=1), timedelta(seconds=30), timedelta(seconds=38)),
        (timedelta(0), timedelta(seconds=30), timedelta(seconds=38)),
        (2 * HOUR, 2 * HOUR, 2.5 * HOUR),
        (timedelta(days=300), 24 * HOUR, 30 * HOUR),
    ],
    ids=["shorter than ours", "at once", "longer", "absurd"],
)
def test_a_receiver_may_ask_for_longer_within_bounds(asked, least, most):
    assert least <= wait("d", 1, asked, PATIENCE) <= most


@settings(deadline=None)
@given(st.text(), st.integers(0, 10_000), st.none() | st.timedeltas(timedelta(0)))
def test_no_wait_is_absurd(delivery, tries, asked):
    found = wait(delivery, tries, asked, Patience(tries=20_000))
    assert PATIENCE.first <= found <= 1.25 * max(PATIENCE.longest, PATIENCE.asked)
