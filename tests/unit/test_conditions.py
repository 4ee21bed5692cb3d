"""When each kind of condition raises an alert, and what the alert says."""

from datetime import UTC, datetime, timedelta

import pytest
from alert_facts import DAY, HOUR, START, a_fact, a_subscription, steady

from streams.core.alerts.conditions import evaluator, history_start, leads_start, with_defaults
from streams.core.alerts.evaluating import MOST_SHOWN, chosen
from streams.core.alerts.folding import fold, folded
from streams.core.alerts.leads import LeadTimes
from streams.core.alerts.records import KINDS, Rhythm

NOTHING = LeadTimes()


def told(subscription, facts, leads=NOTHING, horizon=None):
    return fold(subscription, facts, leads, horizon)


def hours(alerts):
    return [(alert.when - START) / HOUR for alert in alerts]


# each, story


def test_each_article_is_an_alert_with_its_own_quotes_and_place():
    facts = [a_fact("b", 2, story="s1"), a_fact("a", 1, story="s1")]
    first, second = told(a_subscription("each"), facts)
    assert (first.key, second.key) == ("a", "b")
    assert first.when == facts[1].when
    assert first.shown[0].quotes == facts[1].matched[0].quotes
    assert first.sentence == "New article from Daily Example."


def test_a_story_is_told_once_at_its_first_matching_article():
    facts = [a_fact("a", 1, story="s1"), a_fact("b", 2, story="s1"), a_fact("c", 3, story="s2")]
    alerts = told(a_subscription("story"), facts)
    assert [(alert.key, alert.shown[0].id) for alert in alerts] == [("s1", "a"), ("s2", "c")]


@pytest.mark.parametrize("kind", ["each", "story"])
def test_what_comes_in_too_long_after_its_publication_raises_nothing(kind):
    subscription = a_subscription(kind, max_age=2 * DAY)
    late = a_fact("late", 0, story="s1", first_seen=START + 3 * DAY)
    fresh = a_fact("fresh", 1, story="s1")
    assert [alert.shown[0].id for alert in told(subscription, [late, fresh])] == ["fresh"]


def test_a_date_ahead_of_its_time_counts_from_when_the_article_came():
    ahead = a_fact("ahead", 24 * 365, first_seen=START + HOUR)
    (alert,) = told(a_subscription("each"), [ahead])
    assert alert.when == START + HOUR


# threshold

WIRES = ("one.example", "two.example", "three.example")


def stories(*at, host=None, **given):
    return [a_fact(f"d{n}", hour, host=host or WIRES[n % 3], **given) for n, hour in enumerate(at)]


def test_a_threshold_counts_stories_not_articles():
    same = [a_fact(f"d{n}", n, story="s1", host=WIRES[n % 3]) for n in range(9)]
    subscription = a_subscription("threshold", count=2)
    assert told(subscription, same) == []
    (alert,) = told(subscription, [*same, a_fact("other", 9, host="two.example")])
    assert alert.numbers == {"stories": 2, "sources": 3, "hours": 24}
    assert alert.sentence == "2 stories from 3 independent sources in 24 hours."
    assert (alert.count, len(alert.shown), alert.shown[0].id) == (10, 10, "other")


def test_the_window_of_a_threshold_slides_and_begins_just_after_its_length():
    subscription = a_subscription("threshold", count=3)
    assert told(subscription, stories(0, 12, 24)) == []
    assert hours(told(subscription, stories(0.25, 12, 24))) == [24]


@pytest.mark.parametrize(
    ("given", "raised"),
    [
        ({"host": "one.example"}, False),
        ({"role": "press-release"}, False),
        ({"copy": True}, False),
        ({"role": "report"}, True),
    ],
    ids=["one-publisher", "press-releases", "copies", "reports"],
)
def test_a_threshold_wants_sources_that_wrote_themselves(given, raised):
    alerts = told(a_subscription("threshold", count=3, sources=2), stories(1, 2, 3, **given))
    assert bool(alerts) is raised


def test_after_an_alert_a_threshold_rests_for_its_cooldown():
    alerts = told(a_subscription("threshold", count=2, cooldown=DAY), stories(*range(0, 60, 3)))
    assert hours(alerts) == [3, 27, 51]


def test_the_same_crossing_moved_by_a_late_article_is_known_as_told():
    subscription = a_subscription("threshold", count=2)
    first, second = told(subscription, stories(1, 9)), told(subscription, stories(1, 5, 9))
    assert first[0].id != second[0].id
    assert evaluator(subscription, NOTHING).moved(first[0], second[0])


# spike


def weekly(count_now, usual, weeks=8, hour=20.0, **given):
    """`usual` stories on the same day of the weeks before, `count_now` today, up to `hour`."""
    before = [-7 * 24 * back + hour - 5 for back in range(1, weeks + 1) for _ in range(usual)]
    today = [hour - number / 10 for number in range(count_now)]
    return [a_fact(f"d{n}", at, host=WIRES[n % 3], **given) for n, at in enumerate([*before, *today])]


def test_a_spike_is_so_many_times_the_same_weekday_of_the_weeks_before():
    (alert,) = told(a_subscription("spike"), weekly(9, 2), steady(1, 2, before=70))
    assert (alert.numbers["stories"], alert.numbers["baseline"], alert.numbers["windows"]) == (6, 2, 8)
    assert alert.sentence == (
        "6 stories from 3 independent sources in 24 hours; usually 2 on Tuesdays;"
        " share of all monitored stories 12 %, usually 4.2 %."
    ) or pytest.fail(alert.sentence)
    assert told(a_subscription("spike"), weekly(9, 4), steady(1, 2, before=70)) == []


def test_a_spike_needs_as_many_stories_as_its_count():
    assert told(a_subscription("spike"), weekly(4, 0), steady(1, 2, before=70)) == []
    (alert,) = told(a_subscription("spike"), weekly(5, 0), steady(1, 2, before=70))
    assert alert.numbers["baseline"] == 0


@pytest.mark.parametrize(("others", "sources", "raised"), [(2, 2, False), (3, 2, True), (0, 1, True)])
def test_the_busy_day_of_one_publisher_is_no_spike(others, sources, raised):
    hosts = ["one.example"] * 9 + ["two.example", "three.example", "four.example"][:others]
    facts = [a_fact(f"d{n}", 20 + n / 10, host=host) for n, host in enumerate(hosts)]
    alerts = told(a_subscription("spike", sources=sources), facts, steady(3, 2, before=70))
    assert bool(alerts) is raised


def test_more_of_everything_is_not_a_spike():
    usual, today = steady(0, 2, before=70), 40
    more = LeadTimes(START + n * HOUR / today for n in range(24 * today))
    both = LeadTimes()
    for leads, share in ((usual, 2 * 24), (more, 24 * today)):
        assert leads.count(START - DAY, START + DAY) == share
    for hour in range(-70 * 24, 0):
        both.add(START + hour * HOUR)
    for n in range(24 * 4):
        both.add(START + n * HOUR / 4)  # four times what is usual
    facts = weekly(9, 2)
    assert told(a_subscription("spike"), facts, both) == []


def test_without_two_such_weekdays_the_four_weeks_before_say_what_is_usual():
    leads = steady(1, 2, before=10)
    busy = [a_fact(f"b{n}", -24 * (n % 9) - 5 - n / 100, host=WIRES[n % 3]) for n in range(9, 36)]
    today = [a_fact(f"t{n}", 10 + n / 10, host=WIRES[n % 3]) for n in range(9)]
    (alert,) = told(a_subscription("spike"), [*busy, *today], leads)
    assert "in the four weeks before" in alert.sentence
    assert 3 <= alert.numbers["windows"] <= 10


def test_where_nothing_usual_is_known_a_spike_does_not_fire_and_says_so():
    alerts, taking = folded(a_subscription("spike"), weekly(9, 0), steady(1, 2))
    assert alerts == []
    assert len(taking.unknown) == 5


def test_weeks_without_a_fetch_say_nothing_of_what_is_usual():
    leads = steady(1, 2, before=70)
    for n in range(24 * 2 * 30):  # no news for a month
        leads.discard(START - 50 * DAY + n * HOUR / 2)
    (alert,) = told(a_subscription("spike"), weekly(9, 2), leads)
    assert alert.numbers["windows"] == 3
    assert alert.numbers["baseline"] == 2


def test_a_spike_names_the_weekday_of_the_readers_zone():
    rhythm = Rhythm(zone="Pacific/Auckland")
    (alert,) = told(a_subscription("spike", rhythm=rhythm), weekly(9, 2), steady(1, 2, before=70))
    assert "on Wednesdays" in alert.sentence


def test_a_spike_rests_for_its_cooldown():
    facts = [*weekly(9, 0), *(a_fact(f"n{n}", 24 + n, host=WIRES[n % 3]) for n in range(48))]
    alerts = told(a_subscription("spike"), facts, steady(4, 2, before=70))
    assert len(alerts) == 3
    assert all(later - sooner >= 24 for sooner, later in zip(hours(alerts), hours(alerts)[1:], strict=False))


@pytest.mark.parametrize("window", [HOUR, DAY, 10 * DAY, 40 * DAY], ids=str)
def test_a_spike_looks_back_as_far_as_it_says(window):
    condition = with_defaults("spike", window=window, count=2, cooldown=timedelta(0))
    since = START + 500 * DAY
    begin = history_start(condition, since)
    subscription = a_subscription("spike", window=window, count=2, cooldown=timedelta(0))
    facts = [a_fact(f"d{n}", 7 * n, host=WIRES[n % 3]) for n in range(24 * 510 // 7)]
    leads = steady(510, 1)
    whole = [alert for alert in told(subscription, facts, leads) if alert.when >= since]
    near = [
        alert
        for alert in told(subscription, [f for f in facts if f.when >= begin], leads)
        if alert.when >= since
    ]
    assert whole == near
    assert leads_start(condition, since) == begin


# silence


def test_silence_is_told_once_when_its_time_has_passed():
    subscription = a_subscription("silence", changed_at=START)
    facts = [a_fact("a", 0), a_fact("b", 24)]
    assert told(subscription, facts, horizon=START + 8 * DAY - HOUR) == []
    (alert,) = told(subscription, facts, steady(30, 1, before=40), START + 20 * DAY)
    assert (alert.key, alert.when) == ("b", START + 8 * DAY)
    assert alert.sentence == (
        "No matching article for 7 days, since one from Daily Example at 2023-08-02 00:00 UTC;"
        " 168 stories monitored in that time, usually 168."
    )
    assert [shown.id for shown in alert.shown] == ["b"]


def test_silence_between_two_articles_is_told_although_it_is_over():
    facts = [a_fact("a", 0), a_fact("b", 24 * 9)]
    assert [alert.key for alert in told(a_subscription("silence"), facts)] == ["a"]


def test_silence_since_the_subscription_began():
    subscription = a_subscription("silence", changed_at=START + DAY)
    (alert,) = told(subscription, [], NOTHING, START + 30 * DAY)
    assert (alert.key, alert.when, alert.shown) == ("start", START + 8 * DAY, ())
    assert "since the subscription began" in alert.sentence
    assert "not known yet" in alert.sentence


def test_silence_of_the_fetch_is_told_apart():
    leads = steady(2, 1, before=40)  # and nothing from the third day on
    (alert,) = told(a_subscription("silence"), [a_fact("a", 48)], leads, START + 9 * DAY)
    assert (
        "but we received only 0 of usually 168 stories and next to none on 7 of 7 days: this may be our fetch"
        in alert.sentence
    )
    assert (alert.numbers["monitored"], alert.numbers["usual"]) == (0, 168)


def test_a_fetch_that_broke_within_the_silence_is_told_too():
    leads = steady(5, 1, before=40)  # the silence begins on the third day, the other on the sixth
    (alert,) = told(a_subscription("silence"), [a_fact("a", 48)], leads, START + 9 * DAY)
    assert "only 72 of usually 168 stories and next to none on 4 of 7 days: this may be" in alert.sentence


def test_a_quiet_weekend_is_no_broken_fetch():
    leads = steady(20, 1, before=40)
    for hour in range(24 * 4, 24 * 6):
        leads.discard(START + hour * HOUR)
    (alert,) = told(a_subscription("silence"), [a_fact("a", 0)], leads, START + 9 * DAY)
    assert alert.sentence.endswith("120 stories monitored in that time, usually 168.")


def test_silence_of_hours_looks_at_them_as_a_whole():
    leads = steady(2, 1, before=40)
    alerts = told(a_subscription("silence", window=6 * HOUR), [a_fact("a", 47)], leads, START + 53 * HOUR)
    assert alerts[-1].sentence.endswith("received only 1 of usually 6 stories: this may be our fetch.")


# new-term, new-entity, new-pairing

OLD = steady(100, 1, before=100)


def named(name, hour, *names, **given):
    return a_fact(name, hour, names=tuple(sorted(names)), **given)


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("new-term", ["term:face-scan"]),
        ("new-entity", ["law:bipa", "organisation:megvii"]),
        ("new-pairing", ["organisation:megvii + watchlist:detention"]),
    ],
)
def test_what_is_new_in_an_article_is_one_alert(kind, names):
    known = named("old", 0, "organisation:thales", "watchlist:detention", "term:detained")
    new = named(
        "new",
        30,
        *("organisation:megvii", "organisation:thales", "watchlist:detention", "term:face-scan"),
        *("term:detained", "law:bipa", "region:cn"),
    )
    first, second = told(a_subscription(kind), [known, new], OLD)
    assert first.shown[0].id == "old"
    assert second.key == f"{', '.join(names)} @ new"
    assert second.numbers == {"days": 90, **dict.fromkeys(names, 0.0)}
    assert second.sentence.startswith("First time in 90 days in a matching article: ")


def test_a_name_not_seen_for_the_window_is_new_again():
    facts = [named(str(day), 24 * day, "organisation:megvii") for day in (0, 9, 18, 28)]
    alerts = told(a_subscription("new-entity", window=10 * DAY), facts, OLD)
    assert [alert.shown[0].id for alert in alerts] == ["0", "28"]


def test_nothing_is_new_while_the_archive_is_younger_than_the_look_back():
    young = steady(20, 1, before=5)
    facts = [named("a", 0, "organisation:megvii"), named("b", 24 * 8, "organisation:clearview")]
    subscription = a_subscription("new-entity", window=10 * DAY)
    alerts, taking = folded(subscription, facts, young)
    assert [alert.shown[0].id for alert in alerts] == ["b"]
    assert taking.unknown == [START]


def test_a_few_old_articles_do_not_make_an_archive_old():
    sparse = steady(1, 20)
    for day in range(100):
        sparse.add(START - day * DAY)
    assert told(a_subscription("new-entity"), [named("a", 12, "organisation:megvii")], sparse) == []


def test_pairs_within_one_facet_are_of_two_different_names():
    fact = named("a", 0, "organisation:megvii", "organisation:sensetime", "organisation:yitu")
    subscription = a_subscription("new-pairing", facets=("organisation", "organisation"))
    (alert,) = told(subscription, [fact], OLD)
    assert len(alert.numbers) == 1 + 3


def test_new_pairs_are_told_by_their_first_name():
    fact = named("a", 0, "organisation:megvii", "organisation:yitu", "watchlist:detention", "watchlist:laws")
    (alert,) = told(a_subscription("new-pairing"), [fact], OLD)
    assert alert.sentence.endswith(
        "organisation:megvii with watchlist:detention and watchlist:laws;"
        " organisation:yitu with watchlist:detention and watchlist:laws."
    )


def test_a_list_of_many_new_names_is_one_sentence():
    fact = named("a", 0, *(f"organisation:o{n:02}" for n in range(30)))
    (alert,) = told(a_subscription("new-entity"), [fact], OLD)
    assert alert.sentence.endswith("organisation:o03 and 26 more.")


# all


def test_of_many_documents_the_newest_of_each_story_are_shown_first():
    facts = [a_fact(f"d{n:02}", n / 10, story="big" if n else "small") for n in range(40)]
    shown = chosen(facts)
    assert len(shown) == MOST_SHOWN
    assert shown[-1].id == "d00"
    assert [fact.id for fact in shown[:-1]] == [f"d{n:02}" for n in range(39, 20, -1)]


@pytest.mark.parametrize("kind", KINDS)
def test_an_alert_has_the_same_id_whatever_the_version(kind):
    facts = [
        *stories(*range(0, 480, 4), names=("organisation:a", "term:t", "watchlist:w")),
        *stories(480, 480.1, 480.2, 480.3, 480.4, 480.5, 480.6),
    ]
    facts = [
        a_fact(f"x{n}", (fact.when - START) / HOUR, names=fact.names, host=fact.host)
        for n, fact in enumerate(facts)
    ]
    given = {"window": DAY} if kind == "silence" else {}
    first, second = (
        told(a_subscription(kind, version=version, **given), facts, OLD, START + 90 * DAY)
        for version in (1, 2)
    )
    assert first or kind == "spike"
    assert [alert.id for alert in first] == [alert.id for alert in second]
    assert len({alert.id for alert in first}) == len(first)
    assert sorted(first, key=lambda alert: alert.when) == first


def test_leads_count_whole_seconds():
    leads = LeadTimes([datetime(2023, 8, 1, 12, 0, 0, 900_000, tzinfo=UTC)])
    noon = datetime(2023, 8, 1, 12, tzinfo=UTC)
    assert leads.count(noon, noon + timedelta(seconds=1)) == 1
    leads.discard(noon)
    assert len(leads) == 0
    leads.discard(noon)
    assert leads.count(noon, noon - DAY) == 0
