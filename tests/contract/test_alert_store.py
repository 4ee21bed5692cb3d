"""Every alert store keeps the same promises."""

from __future__ import annotations

import multiprocessing
import sqlite3
import time

import pytest
from alerts import a_fact, a_match, an_alert
from builders import at
from documents import an_id

from connectors.database import Database
from connectors.errors import StoreError, UserError
from streams.alerts import Followed
from streams.alerts.memory import MemoryAlertStore
from streams.alerts.sqlite import SCHEMA, SqliteAlertStore


@pytest.fixture
def database(tmp_path):
    database = Database(tmp_path / "alerts.db", [SCHEMA], shared=True)
    yield database
    database.close()


@pytest.fixture(params=["memory", "sqlite"])
def store(request, database):
    return MemoryAlertStore() if request.param == "memory" else SqliteAlertStore(database)


def ids(facts):
    return [fact.id for fact in facts]


def test_a_cursor_begins_at_nought_and_is_kept(store) -> None:
    assert store.cursor("changes") == 0
    store.advance("changes", 7)
    store.advance("changes", 9)
    assert (store.cursor("changes"), store.cursor("other")) == (9, 0)


def test_facts_come_back_as_they_were_put(store) -> None:
    fact = a_fact("a", "borders", "cameras", hours=0.000001)
    store.put_facts([fact])
    assert store.fact(fact.id) == fact
    assert store.fact(an_id("none")) is None


def test_facts_of_a_subscription_are_in_canonical_order_and_tell_of_it_alone(store) -> None:
    same_hour = sorted(["b", "c"], key=an_id)
    store.put_facts([a_fact(name, "cameras", "borders", hours=2) for name in same_hour[::-1]])
    store.put_facts([a_fact("late", "cameras", hours=1), a_fact("other", "borders")])
    found = list(store.facts("cameras"))
    assert ids(found) == [an_id("late"), *map(an_id, same_hour)]
    assert {fact.matched for fact in found} == {(a_match("cameras"),)}
    assert list(store.facts("none")) == []


def test_a_date_ahead_counts_from_arrival(store) -> None:
    store.put_facts([a_fact("ahead", "cameras", hours=9, first_seen=at(1)), a_fact("b", "cameras", hours=2)])
    assert ids(store.facts("cameras")) == [an_id("ahead"), an_id("b")]
    assert store.leads(at(9), at(10)) == [(at(9), an_id("ahead"))]


def test_putting_again_replaces(store) -> None:
    store.put_facts([a_fact("a", "cameras", "borders")])
    store.put_facts([a_fact("a", "borders", hours=3, title="New", role="report")])
    assert list(store.facts("cameras")) == []
    assert [fact.title for fact in store.facts("borders")] == ["New"]
    assert store.leads(at(-9), at(9)) == []
    store.put_facts([a_fact("a", hours=3)])
    assert store.fact(an_id("a")) is None
    assert store.leads(at(-9), at(9)) == [(at(3), an_id("a"))]


def test_putting_for_one_subscription_leaves_what_is_known_of_others(store) -> None:
    store.put_facts([a_fact("a", "borders")])
    store.put_facts([a_fact("a", "cameras", "other"), a_fact("b")], "cameras")
    assert [one.subscription for one in store.fact(an_id("a")).matched] == ["borders", "cameras"]
    assert store.fact(an_id("b")) is None
    store.put_facts([a_fact("a")], "cameras")
    assert [one.subscription for one in store.fact(an_id("a")).matched] == ["borders"]


def test_the_same_document_twice_in_one_call_is_as_said_last(store) -> None:
    store.put_facts([a_fact("a", "cameras"), a_fact("a", "borders")])
    assert [one.subscription for one in store.fact(an_id("a")).matched] == ["borders"]


def test_dropped_documents_are_gone_and_unknown_ids_no_error(store) -> None:
    store.put_facts([a_fact("a", "cameras"), a_fact("b", "cameras", hours=1)])
    store.drop_facts([an_id("a"), an_id("none")])
    assert ids(store.facts("cameras")) == [an_id("b")]
    assert store.leads(at(-9), at(9)) == [(at(1), an_id("b"))]


def test_old_documents_are_dropped_and_alerts_on_them_stay(store) -> None:
    store.put_facts(a_fact(hour, "cameras", hours=hour) for hour in range(3))
    store.raise_([an_alert(an_id(0))], at(5))
    store.drop_before(at(2))
    assert ids(store.facts("cameras")) == [an_id(2)]
    assert store.leads(at(0), at(9)) == [(at(2), an_id(2))]
    assert [one.withdrawn for one in store.list()] == [""]


def test_a_revised_alert_says_what_is_known_now_and_keeps_what_it_said_first(store) -> None:
    first = an_alert(version=2)
    store.raise_([first], at())
    store.revise([an_alert(version=3), an_alert("unknown")])
    assert [(one.alert, one.first) for one in store.list()] == [(first, None)]
    store.revise([an_alert(version=3, sentence="Two.")])
    store.revise([an_alert(version=4, sentence="Three.", count=3)])
    assert [(one.alert, one.first) for one in store.list()] == [
        (an_alert(version=2, sentence="Three.", count=3), first)
    ]


def test_what_a_subscription_leaves_is_forgotten_but_its_alerts(store) -> None:
    store.put_facts([a_fact("a", "cameras", "borders"), a_fact("b", "cameras")])
    store.follow("cameras", Followed(asked="camera", since=at(-1)))
    store.hush("cameras", ["one"])
    store.raise_([an_alert()], at())
    store.forget("cameras")
    assert list(store.facts("cameras")) == []
    assert store.fact(an_id("b")) is None
    assert ids(store.facts("borders")) == [an_id("a")]
    assert (dict(store.followed()), store.hushed("cameras", ["one"])) == ({}, set())
    assert store.counts() == {"cameras": 1}


def test_who_is_followed_is_kept(store) -> None:
    first, then = (Followed(asked=asked, since=at(-1)) for asked in ("camera", "cameras"))
    store.follow("cameras", first)
    store.follow("borders", first)
    store.follow("cameras", then)
    assert dict(store.followed()) == {"borders": first, "cameras": then}


def test_hushed_alerts_are_those_of_the_subscription(store) -> None:
    store.hush("cameras", ["one", "two"])
    store.hush("cameras", ["two"])
    store.hush("borders", ["three"])
    assert store.hushed("cameras", ["two", "three", "four"]) == {"two"}


def test_leads_are_the_documents_that_open_a_story(store) -> None:
    store.put_facts([a_fact("b", hours=2), a_fact("a", "cameras", hours=1), a_fact("c", role="copy")])
    assert store.leads(at(1), at(2)) == [(at(1), an_id("a"))]
    assert store.leads(at(0), at(3)) == [(at(1), an_id("a")), (at(2), an_id("b"))]


def test_leads_are_put_without_facts_and_found_by_id(store) -> None:
    store.put_facts([a_fact("a", "cameras", hours=1)])
    store.put_leads([(at(1), an_id("a")), (at(2), an_id("b"))])
    assert store.lead_times([an_id("b"), an_id("none")]) == {an_id("b"): at(2)}
    assert ids(store.facts("cameras")) == [an_id("a")]
    assert store.leads(at(0), at(3)) == [(at(1), an_id("a")), (at(2), an_id("b"))]


def test_an_alert_is_raised_once(store) -> None:
    one, other = an_alert("a", numbers={"stories": 5}), an_alert("b", hours=-3)
    first = store.raise_([one, other], at(1), {other.id: one.id})
    assert [(raised.alert, raised.instead_of) for raised in first] == [(one, ""), (other, one.id)]
    assert [raised.raised for raised in first] == [at(1), at(1)]
    assert first[0].seq < first[1].seq
    assert store.raise_([an_alert("a"), other], at(2)) == []
    assert store.list(newest_first=False) == first


def test_a_withdrawn_alert_stays_and_can_hold_again(store) -> None:
    alert = an_alert()
    store.raise_([alert], at())
    store.withdraw("Its only article is a copy.", [alert.id, "none"])
    assert store.get(alert.id).withdrawn == "Its only article is a copy."
    assert store.counts() == {"cameras": 0}
    assert store.raise_([alert], at(1)) == []
    store.withdraw("", [alert.id])
    assert store.get(alert.id).withdrawn == ""


def test_an_alert_is_found_by_the_beginning_of_its_id(store) -> None:
    one, other = (an_alert(key, id=id_) for key, id_ in (("a", "abcdef"), ("b", "abcd99")))
    store.raise_([one, other], at())
    assert store.get("abcde").alert == one
    assert store.get("abcd99").alert == other
    assert store.get("abc") is None
    assert store.get("ffff") is None
    with pytest.raises(UserError, match="Several alerts"):
        store.get("abcd")


@pytest.mark.parametrize(
    ("asked", "keys"),
    [
        ({}, "edcba"),
        ({"newest_first": False}, "abcde"),
        ({"limit": 2}, "ed"),
        ({"limit": 2, "after": 4}, "cb"),
        ({"limit": 2, "after": 2, "newest_first": False}, "cd"),
        ({"since": at(1), "until": at(3)}, "cb"),
        ({"subscription": "none"}, ""),
        ({"subscription": "cameras", "since": at(4)}, "e"),
    ],
    ids=["all", "rising", "page", "next-page", "follow", "period", "none", "since"],
)
def test_alerts_are_listed_as_asked(store, asked, keys) -> None:
    for hour, key in enumerate("abcde"):
        store.raise_([an_alert(key)], at(hour))
    assert "".join(one.alert.key for one in store.list(**asked)) == keys


def test_counts_name_every_subscription_with_an_alert(store) -> None:
    store.raise_([an_alert(str(n), "cameras") for n in range(3)], at())
    store.raise_([an_alert("x", "borders")], at())
    assert store.counts() == {"borders": 1, "cameras": 3}


def test_a_transaction_that_fails_leaves_the_file_as_it_was(database) -> None:
    store = SqliteAlertStore(database)

    def fail():
        with store.transaction():
            store.put_facts([a_fact("a", "cameras")])
            store.raise_([an_alert()], at())
            store.advance("changes", 3)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert (list(store.facts("cameras")), list(store.list()), store.cursor("changes")) == ([], [], 0)


def _open_and_count(path, times):
    database = Database(path, [SCHEMA], shared=True)
    store = SqliteAlertStore(database)
    for _ in range(times):
        with store.transaction():
            store.advance("turns", store.cursor("turns") + 1)
    database.close()


def test_several_processes_create_and_write_one_file(tmp_path) -> None:
    path = tmp_path / "new" / "alerts.db"
    context = multiprocessing.get_context("forkserver")
    processes = [context.Process(target=_open_and_count, args=(path, 100)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0, 0, 0, 0]
    database = Database(path, [SCHEMA], shared=True)
    assert SqliteAlertStore(database).cursor("turns") == 400
    database.close()


def test_a_shared_file_of_a_newer_version_is_refused(tmp_path, database) -> None:
    with sqlite3.connect(database.path) as other:
        other.execute("UPDATE schema_versions SET version = 99")
    with pytest.raises(StoreError, match="newer biowire"):
        Database(database.path, [SCHEMA], shared=True)


def test_facts_are_put_and_read_by_the_ten_thousand_a_second(database) -> None:
    store = SqliteAlertStore(database)
    count = 20_000
    began = time.process_time()
    for start in range(0, count, 1000):
        store.put_facts(a_fact(n, "cameras", hours=n / 60) for n in range(start, start + 1000))
    put, began = time.process_time() - began, time.process_time()
    assert sum(1 for _ in store.facts("cameras")) == count
    read, began = time.process_time() - began, time.process_time()
    for n in range(0, count, 1000):
        store.put_facts([a_fact(n, "cameras", hours=n / 60, title="New")])
    again = time.process_time() - began
    print(f"{count} facts: put {put:.2f} s, read {read:.2f} s, twenty put again {again * 1000:.1f} ms")
    assert put < 10
    assert read < 5
    assert again < 0.5
