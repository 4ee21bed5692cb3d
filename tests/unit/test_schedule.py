"""When a feed is asked next: politeness, patience, and never silent death."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.answers import Failed, Fetched, Kind, NotModified
from connectors.schedule import (
    LONGEST,
    RETRY_LONGEST,
    SHORTEST,
    FetchState,
    Outcome,
    Seen,
    after_document,
    after_failure,
    after_unchanged,
    body_hash,
    is_unchanged,
    retry_wait,
    validators,
)

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
URL = "https://example.org/feed"
DAY = 86_400.0


def fetched(body=b"one", permanent_url="", **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Fetched(url=URL, status=200, body=body, headers=named, final_url=URL, permanent_url=permanent_url)


def not_modified(permanent_url="", **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return NotModified(url=URL, headers=named, final_url=URL, permanent_url=permanent_url)


def failed(kind=Kind.TIMEOUT, status=0, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Failed(url=URL, kind=kind, reason="Something went wrong.", status=status, headers=named)


def wait(verdict, now=NOW):
    return (verdict.state.next_fetch - now).total_seconds()


def document(state=None, answer=None, now=NOW, entries=10, new=3, every=0.0, **seen):
    found = Seen(entries=entries, new=new, **seen)
    return after_document(URL, state or FetchState(), answer or fetched(), found, now, every=every)


def good(**fields):
    """A feed that went well an hour ago."""
    hour_ago = NOW - timedelta(hours=1)
    base = FetchState(
        etag='"a"', body_hash=body_hash(b"one"), last_document=hour_ago, last_success=hour_ago, entries=10
    )
    return replace(base, **fields)


class TestInterval:
    def test_a_feed_with_news_is_asked_sooner_one_without_later(self):
        assert document(good(), fetched(b"two"), new=1).state.interval < good().interval
        assert document(good(), fetched(b"two"), new=0).state.interval > good().interval
        assert after_unchanged(URL, good(), not_modified(), NOW).state.interval > good().interval

    def test_a_document_without_one_known_entry_makes_the_next_look_much_sooner(self):
        assert document(good(), fetched(b"two"), entries=10, new=10).state.interval == good().interval / 4

    @pytest.mark.parametrize(
        ("span", "silence", "expected"),
        [
            pytest.param(9 * 3600.0, 0.0, 1800.0, id="an entry an hour"),
            pytest.param(9 * 60.0, 0.0, SHORTEST, id="an entry a minute"),
            pytest.param(9 * DAY, 0.0, DAY / 2, id="an entry a day"),
            pytest.param(9 * 30 * DAY, 0.0, LONGEST, id="an entry a month"),
            pytest.param(9 * 60.0, 100 * DAY, LONGEST, id="busy once, silent since"),
            pytest.param(0.0, 0.0, 3600.0, id="no dates"),
        ],
    )
    def test_the_first_interval_is_half_the_time_between_entries(self, span, silence, expected):
        newest = NOW - timedelta(seconds=silence)
        assert document(newest=newest, dated_span=span).state.interval == pytest.approx(expected)

    @given(st.lists(st.integers(0, 10), min_size=1, max_size=60))
    def test_it_stays_within_ten_minutes_and_a_day(self, news):
        state, now = FetchState(), NOW
        for number, new in enumerate(news):
            verdict = document(state, fetched(str(number).encode()), now, new=new)
            assert SHORTEST <= verdict.state.interval <= LONGEST
            assert SHORTEST <= wait(verdict, now) <= LONGEST * 1.1
            state, now = verdict.state, verdict.state.next_fetch

    @pytest.mark.parametrize("gap", [1200.0, 3600.0, 6 * 3600.0], ids=["20 min", "1 h", "6 h"])
    def test_it_settles_below_the_time_between_entries_and_not_far_below(self, gap):
        state, now, asked, last = FetchState(), NOW, 0, 0
        while now < NOW + timedelta(days=20):
            count = int((now - NOW).total_seconds() // gap)
            new = min(count - last, 10)
            verdict = document(state, fetched(str(count).encode()), now, new=new)
            last, asked = count, asked + 1
            state, now = verdict.state, verdict.state.next_fetch
        assert 0.8 < asked / (20 * DAY / gap) < 5

    def test_the_users_interval_wins_but_not_under_a_minute(self):
        assert 300 <= wait(document(every=300.0, ttl=7200)) <= 330
        assert wait(document(every=1.0)) >= 60


class TestWhatThePublisherAsks:
    @pytest.mark.parametrize(
        ("headers", "ttl", "at_least"),
        [
            pytest.param({"cache_control": "public, max-age=7200"}, 0, 7200, id="max-age"),
            pytest.param({"cache_control": "max-age=7200", "age": "1200"}, 0, 6000, id="max-age less age"),
            pytest.param({}, 14_400, 14_400, id="ttl"),
            pytest.param({"cache_control": "max-age=60"}, 14_400, 14_400, id="the longer of both"),
        ],
    )
    def test_it_is_not_asked_sooner(self, headers, ttl, at_least):
        assert at_least <= wait(document(answer=fetched(**headers), ttl=ttl)) <= at_least * 1.1

    @pytest.mark.parametrize(
        ("headers", "ttl"),
        [
            pytest.param({"cache_control": "max-age=31536000"}, 0, id="a year is no pace of a feed"),
            pytest.param({}, 10**9, id="nor is a ttl of decades"),
            pytest.param({"cache_control": "no-cache, max-age=7200"}, 0, id="no-cache"),
            pytest.param({"cache_control": "max-age=soon"}, 0, id="no number"),
        ],
    )
    def test_what_cannot_be_meant_is_not_heard(self, headers, ttl):
        assert wait(document(answer=fetched(**headers), ttl=ttl)) <= 3600 * 1.1

    def test_the_ttl_of_the_last_document_holds_for_a_304(self):
        state = document(ttl=14_400).state
        assert wait(after_unchanged(URL, state, not_modified(), NOW)) >= 14_400

    @pytest.mark.parametrize(
        ("value", "seconds"),
        [
            ("120", 120),
            ("1", 60),
            ("0", 60),
            ("999999999", DAY),
            (format_datetime(NOW + timedelta(hours=2), usegmt=True), 7200),
            (format_datetime(NOW - timedelta(hours=2), usegmt=True), 60),
            (format_datetime(NOW + timedelta(days=400), usegmt=True), DAY),
            ("in a while", 0),
            ("", 0),
            ("-5", 0),
            ("²", 0),
        ],
    )
    @pytest.mark.parametrize("status", [429, 503])
    def test_retry_after_is_kept_within_a_minute_and_a_day(self, status, value, seconds):
        answer = failed(Kind.STATUS, status, retry_after=value)
        assert retry_wait(answer, NOW) == seconds
        if seconds:
            assert seconds <= wait(after_failure(URL, good(), answer, NOW)) <= seconds * 1.1

    def test_retry_after_means_nothing_with_other_answers(self):
        assert retry_wait(failed(Kind.STATUS, 404, retry_after="120"), NOW) == 0


class TestFailures:
    def test_waits_double_and_stop_growing_at_a_month(self):
        state, now, waits = good(), NOW, []
        for _ in range(40):
            verdict = after_failure(URL, state, failed(Kind.DNS), now)
            waits.append(wait(verdict, now))
            state, now = verdict.state, verdict.state.next_fetch
        assert waits == sorted(waits)
        assert waits[0] < 30 * 60
        assert waits[-1] == RETRY_LONGEST
        assert not state.retired

    def test_waits_begin_at_a_short_interval_that_the_user_set(self):
        waits = [
            wait(after_failure(URL, good(), failed(Kind.TIMEOUT), NOW, every=every)) for every in (1, 90)
        ]
        assert [60 <= waits[0] <= 95, 90 <= waits[1] <= 140] == [True, True]
        usual = wait(after_failure(URL, good(), failed(Kind.TIMEOUT), NOW))
        assert wait(after_failure(URL, good(), failed(Kind.TIMEOUT), NOW, every=7200)) == usual

    def test_trouble_that_passes_counts_less(self):
        soft = after_failure(URL, good(), failed(Kind.STATUS, 503), NOW).state.failures
        hard = after_failure(URL, good(), failed(Kind.NOT_A_FEED), NOW).state.failures
        assert soft < hard

    @pytest.mark.parametrize(
        ("status", "weight"), [(404, 0.5), (429, 0.5), (500, 0.5), (403, 1.0), (401, 1.0)]
    )
    def test_statuses_are_weighed(self, status, weight):
        assert after_failure(URL, good(), failed(Kind.STATUS, status), NOW).state.failures == weight

    @given(st.sampled_from(list(Kind)), st.floats(0, 1000))
    def test_every_failure_has_a_next_time_but_gone(self, kind, failures):
        verdict = after_failure(URL, good(failures=failures), failed(kind), NOW)
        if kind is Kind.GONE:
            assert verdict.outcome is Outcome.RETIRED
            assert verdict.state.retired
        else:
            assert 60 <= wait(verdict) <= RETRY_LONGEST

    def test_the_reason_and_its_beginning_are_kept(self):
        first = after_failure(URL, good(), failed(), NOW).state
        later = after_failure(URL, first, failed(Kind.DNS), NOW + timedelta(days=1)).state
        assert (later.failure, later.failing_since) == ("Something went wrong.", NOW)
        assert later.failure_kind == "dns"

    def test_a_good_document_ends_them(self):
        state = document(good(failures=7.5, failure="x", failure_kind="dns", failing_since=NOW)).state
        assert (state.failures, state.failure, state.failure_kind, state.failing_since) == (0, "", "", None)

    def test_validators_stay_those_of_the_last_good_document(self):
        state = after_failure(URL, good(), failed(Kind.NOT_A_FEED), NOW).state
        assert (state.etag, state.body_hash) == (good().etag, good().body_hash)

    def test_a_304_ends_a_timeout_but_not_a_broken_document(self):
        timeout = after_failure(URL, good(), failed(Kind.TIMEOUT), NOW).state
        assert after_unchanged(URL, timeout, not_modified(), NOW).state.failure == ""
        broken = after_failure(URL, good(), failed(Kind.NOT_A_FEED), NOW).state
        assert after_unchanged(URL, broken, not_modified(), NOW).state.failure

    def test_after_a_broken_document_the_next_request_asks_for_a_whole_one(self):
        broken = after_failure(URL, good(), failed(Kind.NOT_A_FEED), NOW).state
        assert validators(good(), NOW) == ('"a"', "")
        assert validators(broken, NOW) == ("", "")

    def test_waits_differ_between_feeds_and_repeat_for_one(self):
        waits = [
            wait(after_failure(f"https://example.org/{number}", good(), failed(), NOW))
            for number in range(20)
        ]
        again = wait(after_failure("https://example.org/0", good(), failed(), NOW))
        assert len(set(waits)) == 20
        assert waits[0] == again


class TestValidators:
    def test_they_are_kept_verbatim(self):
        state = document(answer=fetched(etag='W/"\u00e4 -x"', last_modified="yesterday, about noon")).state
        assert validators(state, NOW) == ('W/"\u00e4 -x"', "yesterday, about noon")

    def test_expires_zero_means_ask_for_the_whole_document(self):
        assert validators(document(answer=fetched(etag='"a"', expires="0")).state, NOW) == ("", "")

    def test_once_a_day_the_whole_document_is_asked_for(self):
        assert validators(good(), NOW)[0]
        assert validators(good(), NOW + timedelta(days=1)) == ("", "")

    def test_a_tag_that_stays_while_the_document_changes_is_not_used_again(self):
        state = document(good(), fetched(b"two", etag='"a"')).state
        assert state.validators_lie
        assert validators(state, NOW) == ("", "")

    def test_the_same_document_under_a_new_tag_is_unchanged(self):
        assert is_unchanged(good(), fetched(b"one", etag='"b"'))
        assert not is_unchanged(good(), fetched(b"two", etag='"a"'))
        assert not is_unchanged(FetchState(), fetched(b""))
        state = after_unchanged(URL, good(), fetched(b"one", etag='"b"'), NOW).state
        assert (state.etag, state.last_document) == ('"b"', NOW)


class TestMoving:
    NEW = "https://new.example.org/feed"

    def test_the_second_confirmation_moves_the_feed(self):
        first = document(good(), fetched(b"two", permanent_url=self.NEW))
        assert first.move_to == ""
        assert after_unchanged(URL, first.state, not_modified(self.NEW), NOW).move_to == self.NEW

    @pytest.mark.parametrize(
        "between",
        [
            lambda state: after_unchanged(URL, state, not_modified(), NOW).state,
            lambda state: after_unchanged(URL, state, not_modified("https://other.example/"), NOW).state,
            lambda state: after_failure(URL, state, failed(), NOW).state,
        ],
        ids=["no redirect", "another target", "a failure"],
    )
    def test_confirmations_have_to_be_in_a_row(self, between):
        first = document(good(), fetched(b"two", permanent_url=self.NEW)).state
        assert after_unchanged(URL, between(first), not_modified(self.NEW), NOW).move_to == ""

    def test_a_document_that_is_no_feed_moves_nothing(self):
        state = document(good(), fetched(b"two", permanent_url=self.NEW)).state
        assert after_failure(URL, state, failed(Kind.NOT_A_FEED), NOW).move_to == ""


def test_an_empty_feed_is_an_outcome_of_its_own():
    assert document(entries=0, new=0).outcome is Outcome.EMPTY
    assert document().outcome is Outcome.FETCHED
