"""What live processing says when articles come late, change or go: new, gone, or moved and told already."""

from dataclasses import replace
from datetime import timedelta

import pytest
from alert_facts import DAY, HOUR, START, a_fact, a_subscription

from streams.core.alerts.folding import Changes, Folding
from streams.core.alerts.ids import alert_id
from streams.core.alerts.leads import LeadTimes
from streams.core.alerts.wording import figure, length, listed, percent, some

NOTHING = LeadTimes()


class Live:
    """Facts put one after the other."""

    def __init__(self, subscription, *facts, leads=NOTHING):
        self.facts = {fact.id: fact for fact in facts}
        self.folding = Folding(subscription, leads, self.facts.values, START)

    def put(self, *facts, gone=(), **options):
        before = [self.facts[id_] for id_ in [*(fact.id for fact in facts), *gone] if id_ in self.facts]
        self.facts.update({fact.id: fact for fact in facts})
        for id_ in gone:
            del self.facts[id_]
        return self.folding.take(before, facts, **options)


def keys(alerts):
    return [alert.key for alert in alerts]


def test_what_stands_at_first_is_never_new():
    live = Live(a_subscription("story"), a_fact("a", 1, story="s1"))
    assert live.put(a_fact("b", 2, story="s1")) == Changes()
    assert keys(live.put(a_fact("c", 3, story="s2")).new) == ["s2"]


@pytest.mark.parametrize("kind", ["each", "story", "threshold"])
def test_a_story_that_only_grows_changes_nothing(kind):
    live = Live(a_subscription(kind, **({"count": 1, "sources": 1} if kind == "threshold" else {})))
    fact = a_fact("a", 1)
    assert len(live.put(fact).new) == 1
    assert live.put(replace(fact, story_size=9)) == Changes()


@pytest.mark.parametrize("kind", ["each", "story", "threshold"])
def test_an_article_whose_words_change_changes_what_its_alert_shows(kind):
    live = Live(a_subscription(kind, **({"count": 1, "sources": 1} if kind == "threshold" else {})))
    fact = a_fact("a", 1)
    (alert,) = live.put(fact).new
    changes = live.put(replace(fact, title="Another title"))
    assert (changes.new, changes.gone) == ((), ())
    assert [(one.id, one.shown[0].title) for one in changes.revised] == [(alert.id, "Another title")]


def test_an_alert_that_rests_on_more_when_an_article_comes_late_says_so():
    live = Live(a_subscription("threshold", count=2, sources=1))
    live.put(a_fact("a", 1, story="s1"), a_fact("b", 3, story="s2"), a_fact("c", 5, story="s3"))
    changes = live.put(a_fact("late", 2, story="s1"))
    assert (changes.new, changes.gone) == ((), ())
    assert [one.count for one in changes.revised] == [3]


def test_an_article_that_goes_takes_its_alert_back():
    live = Live(a_subscription("each"))
    live.put(a_fact("a", 1), a_fact("b", 2))
    assert live.put(gone=["a"]).gone == (alert_id("face", "each", "a"),)


def test_a_story_whose_first_article_comes_late_is_told_already():
    live = Live(a_subscription("story"))
    live.put(a_fact("b", 5, story="sb"), a_fact("c", 6, story="sb"))
    changes = live.put(a_fact("a", 1, story="sa"), a_fact("b", 5, story="sa"), a_fact("c", 6, story="sa"))
    old, new = alert_id("face", "story", "sb"), alert_id("face", "story", "sa")
    assert (keys(changes.new), changes.gone, changes.moved) == (["sa"], (old,), {new: old})


def test_stories_that_turn_out_to_be_one_keep_one_alert():
    live = Live(a_subscription("story"))
    live.put(a_fact("a", 1, story="sa"), a_fact("b", 5, story="sb"))
    changes = live.put(a_fact("b", 5, story="sa"))
    assert (changes.new, changes.gone) == ((), (alert_id("face", "story", "sb"),))


def test_a_story_that_falls_in_two_is_told_already():
    live = Live(a_subscription("story"))
    live.put(a_fact("a", 1, story="sa"), a_fact("b", 5, story="sa"))
    changes = live.put(a_fact("b", 5, story="sb"))
    new, old = alert_id("face", "story", "sb"), alert_id("face", "story", "sa")
    assert (keys(changes.new), changes.gone, changes.moved) == (["sb"], (), {new: old})


def test_a_crossing_that_a_late_article_moves_is_told_already_and_a_second_one_is_not():
    live = Live(a_subscription("threshold", count=2, sources=1))
    (told,) = live.put(a_fact("a", 1), a_fact("c", 9)).new
    changes = live.put(a_fact("b", 5))
    (moved,) = changes.new
    assert changes.gone == (told.id,)
    assert changes.moved == {moved.id: told.id}
    later = live.put(a_fact("d", 80), a_fact("e", 81))
    assert (len(later.new), later.moved) == (1, {})


def test_a_name_that_an_earlier_article_had_is_told_already():
    leads = LeadTimes(START + hour * HOUR for hour in range(-100 * 24, 200))
    live = Live(a_subscription("new-entity"), leads=leads)
    (told,) = live.put(a_fact("b", 9, names=("organisation:megvii",))).new
    changes = live.put(a_fact("a", 5, names=("organisation:megvii",)))
    assert [alert.shown[0].id for alert in changes.new] == ["a"]
    assert list(changes.moved.values()) == [told.id]
    revised = live.put(a_fact("a", 5, names=("organisation:megvii", "organisation:yitu")))
    assert (len(revised.new), revised.moved) == (1, {})


def test_time_alone_tells_of_silence_and_a_late_article_ends_it():
    live = Live(a_subscription("silence"))
    live.put(a_fact("a", 0))
    assert live.folding.pass_to(START + 6 * DAY) == Changes()
    (told,) = live.folding.pass_to(START + 7 * DAY).new
    assert told.key == "a"
    assert live.folding.pass_to(START + 9 * DAY) == Changes()
    changes = live.put(a_fact("b", 72))
    assert (changes.new, changes.gone) == ((), (told.id,))
    assert keys(live.folding.pass_to(START + 10 * DAY).new) == ["b"]


def test_stories_opened_late_in_other_feeds_change_what_a_spike_is():
    leads = LeadTimes(START + hour * HOUR for hour in range(-70 * 24, 48))
    before = [a_fact(f"w{week}-{n}", -168 * week + 10 + n / 10) for week in (1, 2, 3) for n in range(2)]
    live = Live(a_subscription("spike", sources=1), *before, leads=leads)
    (told,) = live.put(*(a_fact(f"d{n}", 10 + n / 10) for n in range(6))).new
    for minute in range(24 * 60):  # much more of everything, that day
        leads.add(START - 12 * HOUR + minute * timedelta(minutes=1))
    assert live.put(leads_since=START - 12 * HOUR).gone == (told.id,)
    assert live.put(leads_since=START + 40 * HOUR) == Changes()


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (length(timedelta(days=1)), "24 hours"),
        (length(timedelta(days=90)), "90 days"),
        (length(timedelta(minutes=90)), "90 minutes"),
        (length(timedelta(hours=1)), "1 hour"),
        (figure(12.34), "12"),
        (figure(1.26), "1.3"),
        (figure(0.0449), "0.045"),
        (figure(2.0), "2"),
        (percent(0.041), "4.1 %"),
        (some(1204, "story", "stories"), "1,204 stories"),
        (listed(["a", "b", "c"]), "a, b and c"),
        (listed(list("abcdefg")), "a, b, c, d and 3 more"),
    ],
)
def test_numbers_read_well(said, words):
    assert said == words
