"""The alert stage: what it tells, what it never tells, and what it takes back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from alert_runs import of_every_kind
from alerts import a_subscription
from builders import at
from documents import a_document, a_grouping, a_story, an_id

from connectors.database import Database
from connectors.errors import StoreError
from streams.alerting.stage import Alerting
from streams.alerts.memory import MemoryAlertStore
from streams.alerts.sqlite import SCHEMA, SqliteAlertStore
from streams.core.alerts.conditions import with_defaults
from streams.core.alerts.records import Condition
from streams.sinks.memory import MemoryIndex
from streams.subscriptions.memory import MemorySubscriptions

NOW = at(500)


class World:
    """An archive, subscriptions, and the stage between them."""

    def __init__(self, store, *subscriptions) -> None:
        self.index = MemoryIndex()
        self.store = store
        self.subscriptions = MemorySubscriptions(subscriptions)
        self.alerting = self.start()
        self.alerting.refresh()

    def start(self) -> Alerting:
        """The stage as after a start of the process."""
        return Alerting(self._documents, self.index, self.store, self.subscriptions)

    def _documents(self, ids):
        return [found for id_ in ids if (found := self.index.get(id_))]

    def archive(self, *names, hours=0.0, title="A camera", **given):
        """Put documents that the stage is not told of."""
        for name in names:
            self.index.put(
                [a_document(name, title=title, published=at(hours), first_seen=at(hours), **given)]
            )

    def come(self, *names, known=False, quiet=False, **given) -> list[str]:
        """Documents come in; the keys of the alerts raised."""
        self.archive(*names, **given)
        return self.work(*names, known=known, quiet=quiet)

    def work(self, *names, known=False, quiet=False) -> list[str]:
        ids = [an_id(name) for name in names]
        raised = self.alerting.work(ids, (), NOW, known=ids if known else (), quiet=quiet)
        return [one.alert.key for one in raised]

    def save(self, subscription) -> None:
        self.subscriptions.save(replace(subscription, changed_at=None), "me", NOW)
        self.alerting.refresh()

    @property
    def standing(self) -> list[str]:
        return [one.alert.key for one in self.store.list(newest_first=False) if not one.withdrawn]


@pytest.fixture(params=["memory", "sqlite"])
def store(request, tmp_path) -> Iterator[object]:
    if request.param == "memory":
        yield MemoryAlertStore()
        return
    database = Database(tmp_path / "alerts.db", [SCHEMA], shared=True)
    yield SqliteAlertStore(database)
    database.close()


def test_a_matching_document_is_told_once(store) -> None:
    world = World(store, a_subscription())
    assert world.come("a") == [an_id("a")]
    assert world.come("b", title="Nothing of interest") == []
    assert world.work("a", "b") == []
    assert world.start().work([an_id("a")], (), NOW) == []
    shown = store.list()[0].alert.shown[0]
    assert (shown.title, shown.clauses, shown.quotes[0].surface) == ("A camera", ("camera",), "camera")


def test_what_was_there_before_a_subscription_is_never_told(store) -> None:
    world = World(store)
    world.archive("old", hours=-10)
    world.save(a_subscription())
    assert world.work("old", known=True) == []
    assert world.come("new", hours=-20) == [an_id("new")]


def test_what_was_there_before_all_that_was_looked_at_is_not_told_either(store) -> None:
    world = World(store)
    world.archive("new")
    world.archive("ancient", hours=-24 * 400)
    world.save(a_subscription())
    assert world.work("ancient", known=True) == []
    assert world.come("just-in", hours=-24 * 400) == [an_id("just-in")]


def test_a_document_that_comes_to_match_by_a_revision_is_told(store) -> None:
    world = World(store, a_subscription())
    assert world.come("a", title="Nothing yet") == []
    assert world.come("a", title="A camera", known=True) == [an_id("a")]


def test_an_edited_question_is_not_answered_for_the_past_and_nothing_is_told_twice(store) -> None:
    world = World(store, a_subscription())
    world.come("a")
    world.archive("b", title="A drone")
    world.save(a_subscription(query="camera OR drone"))
    assert world.work("a", "b", known=True) == []
    assert world.come("c", title="A drone") == [an_id("c")]
    assert world.standing == [an_id("a"), an_id("c")]


def test_an_edit_leaves_alerts_of_the_version_before_as_they_are(store) -> None:
    world = World(store, a_subscription())
    world.come("a")
    world.save(a_subscription(query="drone"))
    world.work("a", known=True)
    assert world.standing == [an_id("a")]


def test_an_alert_of_before_an_edit_is_withdrawn_when_its_article_ceases_to_match(store) -> None:
    world = World(store, a_subscription())
    world.come("a")
    world.save(a_subscription(query="camera OR drone"))
    world.come("a", title="Nothing any more", known=True)
    assert world.standing == []


def test_a_change_of_how_it_is_told_changes_nothing_in_what_is_told(store) -> None:
    world = World(store, a_subscription())
    world.come("a")
    world.save(a_subscription(name="Cameras everywhere", muted=True))
    assert world.come("a", "b", known=True) == [an_id("b")]
    assert store.list()[0].alert.version == 2


def test_what_came_while_a_subscription_was_paused_is_not_told(store) -> None:
    world = World(store, a_subscription())
    world.save(a_subscription(paused=True))
    assert world.come("a") == []
    world.save(a_subscription())
    assert world.work("a", known=True) == []
    assert world.come("b") == [an_id("b")]


def test_a_removed_subscription_leaves_its_alerts_and_nothing_else(store) -> None:
    world = World(store, a_subscription())
    world.come("a")
    world.subscriptions.remove("cameras", "me", NOW)
    world.alerting.refresh()
    assert world.come("b") == []
    assert (list(store.facts("cameras")), dict(store.followed())) == ([], {})
    assert world.standing == [an_id("a")]


def test_what_does_not_hold_any_more_is_withdrawn_and_holds_again_without_being_told(store) -> None:
    world = World(store, a_subscription())
    world.come("a")
    world.index.put_groupings([a_grouping("a", copy_of="b")])
    assert world.work("a", known=True) == []
    assert world.standing == []
    assert "came late" in store.list()[0].withdrawn
    world.index.put_groupings([a_grouping("a")])
    assert world.work("a", known=True) == []
    assert world.standing == [an_id("a")]


def test_an_alert_on_a_document_that_is_no_more_is_withdrawn(store) -> None:
    world = World(store, a_subscription())
    world.come("a", "b")
    world.index.delete([an_id("a")])
    world.work("a")
    assert world.standing == [an_id("b")]
    assert [fact.id for fact in store.facts("cameras")] == [an_id("b")]


def test_retention_leaves_alerts_as_they_are(store) -> None:
    world = World(store, a_subscription())
    world.come("a", hours=-10)
    world.come("b")
    world.index.delete([an_id("a")])
    world.alerting.forget(at(-5))
    assert world.standing == [an_id("a"), an_id("b")]
    assert [fact.id for fact in store.facts("cameras")] == [an_id("b")]


def test_a_story_is_told_once_whatever_becomes_of_its_name(store) -> None:
    world = World(store, a_subscription(condition=with_defaults("story")))
    world.index.put_stories([a_story("s1", "b"), a_story("s0", "a")])
    world.archive("b", "c", hours=2)
    world.index.put_groupings([a_grouping("b", "s1", "lead"), a_grouping("c", "s1")])
    assert world.work("b", "c") == ["s1"]
    world.archive("a", hours=1)
    world.index.put_groupings([a_grouping("a", "s0", "lead"), a_grouping("b", "s0"), a_grouping("c", "s0")])
    assert world.work("a", "b", "c") == ["s0"]
    first, then = store.list(newest_first=False)
    assert (first.alert.key, bool(first.withdrawn)) == ("s1", True)
    assert (then.alert.key, then.instead_of) == ("s0", first.alert.id)


def test_a_story_that_was_hushed_stays_so_under_another_name(store) -> None:
    world = World(store)
    world.index.put_stories([a_story("s1", "b"), a_story("s0", "a")])
    world.archive("b", hours=2)
    world.index.put_groupings([a_grouping("b", "s1", "lead")])
    world.save(a_subscription(condition=with_defaults("story")))
    world.archive("a", hours=1)
    world.index.put_groupings([a_grouping("a", "s0", "lead"), a_grouping("b", "s0")])
    assert world.work("a", "b") == []
    assert list(store.list()) == []


@pytest.mark.parametrize(
    ("max_age", "told"), [(None, True), (timedelta(days=2), False)], ids=["any", "two-days"]
)
def test_documents_that_come_in_too_old_are_not_told(store, max_age, told) -> None:
    world = World(store, a_subscription(max_age=max_age))
    world.index.put([a_document("a", title="A camera", published=at(-100), first_seen=at())])
    assert bool(world.work("a")) == told


def test_silence_is_told_by_time_alone_and_ends_with_an_article(store) -> None:
    world = World(store, a_subscription(condition=with_defaults("silence", window=timedelta(days=2))))
    world.come("a")
    assert world.alerting.tick(at(47)) == []
    told = world.alerting.tick(at(49))
    assert [one.alert.kind for one in told] == ["silence"]
    assert world.alerting.tick(at(90)) == []
    world.come("late", hours=46)
    assert world.standing == []


def test_a_quiet_batch_is_never_told_of(store) -> None:
    world = World(store, a_subscription())
    assert world.come("a", quiet=True) == []
    assert world.work("a") == []
    assert world.come("b") == [an_id("b")]
    assert world.start().work([an_id("a")], (), NOW) == []


def test_a_subscription_that_cannot_be_worked_does_not_stop_the_others(store) -> None:
    endless = with_defaults("threshold", window=timedelta.max)
    world = World(
        store,
        a_subscription(),
        a_subscription("endless", condition=endless),
        a_subscription("unheard", condition=Condition(kind="unheard-of")),
        a_subscription("unreadable", "(camera"),
    )
    assert [one.split(":")[0] for one in world.alerting.problems()] == ["unheard", "unreadable"]
    assert world.come("a") == [an_id("a")]
    assert world.come("b") == [an_id("b")]
    problems = world.alerting.problems()
    assert [one.split(":")[0] for one in problems] == ["endless", "unheard", "unreadable"]
    assert "OverflowError" in problems[0]
    world.save(a_subscription("endless"))
    assert world.alerting.problems() == problems[1:]
    assert world.come("c") == [an_id("c")] * 2


def test_nobody_subscribed_costs_no_look_at_any_document(store) -> None:
    world = World(store)
    assert world.alerting.idle
    world.save(a_subscription())
    assert not world.alerting.idle


def test_a_large_past_is_looked_at_in_steps_and_what_comes_meanwhile_is_not_lost(store) -> None:
    world = World(store, a_subscription("other", "drone"))
    world.come(*range(1200), hours=-5)
    world.subscriptions.save(a_subscription(), "me", NOW)
    world.alerting.refresh(0)
    assert world.alerting.following.seeding
    assert world.come("meanwhile") == []
    while world.alerting.following.seeding:
        world.alerting.refresh(0)
    assert world.work(7, known=True) == []
    assert world.work("meanwhile") == [an_id("meanwhile")]
    assert world.standing == [an_id("meanwhile")]


def test_another_archive_is_taken_in_without_a_word(store) -> None:
    world = World(store, a_subscription())
    world.come("a")
    world.index.delete([an_id("a")])
    world.archive("b", "c")
    world.alerting.begin_anew()
    world.alerting.refresh()
    assert world.work("b", "c", known=True) == []
    assert world.come("d") == [an_id("d")]
    assert world.standing == [an_id("a"), an_id("d")]


def test_a_failure_takes_back_what_is_held_in_memory(tmp_path) -> None:
    database = Database(tmp_path / "alerts.db", [SCHEMA], shared=True)
    world = World(SqliteAlertStore(database), *of_every_kind("camera").all())
    world.archive("a", "b")

    def fail():
        with world.alerting.whole():
            world.work("a")
            raise StoreError("The disk is full.")

    with pytest.raises(StoreError):
        fail()
    assert list(world.store.list()) == []
    undisturbed = World(MemoryAlertStore(), *of_every_kind("camera").all()).come("a")
    assert len(undisturbed) > 1
    assert world.work("a") == undisturbed
    database.close()


def test_facts_made_elsewhere_are_taken_in_as_far_as_somebody_is_subscribed(store) -> None:
    world = World(store, a_subscription())
    world.archive("a")
    (fact,) = World(MemoryAlertStore(), a_subscription(), a_subscription("other")).alerting.facts(
        [world.index.get(an_id("a"))]
    )
    assert len(fact.matched) == 2
    assert [one.alert.key for one in world.alerting.take([fact], (), NOW)] == [an_id("a")]
    assert [one.subscription for one in store.fact(an_id("a")).matched] == ["cameras"]
