"""Each resource of the HTTP API, in this process: the same answers as the commands, and mistakes explained."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from alerts import an_alert
from api_world import (
    API,
    a_delivery,
    a_token,
    application,
    client_of,
    fill,
    printed,
    raise_alerts,
    settings,
)
from starlette.types import ASGIApp

from connectors.console import Context
from dashboards.api.app import create_app
from dashboards.api.opening import OwnWriting
from streams.cli.deadletters import dead_letters
from streams.reading.embedded import StoreReading


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Articles only; nobody writes here."""
    return fill(tmp_path_factory.mktemp("api"))


@pytest.fixture(scope="module")
def reader(store: Path) -> Iterator[ASGIApp]:
    with application(store) as app:
        yield app


@pytest.fixture
async def reading(reader: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(reader) as client:
        yield client


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a few articles, for those who write."""
    return fill(tmp_path_factory.mktemp("api"), 12)


@pytest.fixture(scope="module")
def writer(home: Path) -> Iterator[tuple[ASGIApp, dict[str, str]]]:
    with application(home) as app:
        yield app, a_token(home)


@pytest.fixture
async def writing(home: Path, writer: tuple[ASGIApp, dict[str, str]]) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody whose token may write, where there are neither subscriptions nor alerts."""
    shutil.rmtree(home / "subscriptions", ignore_errors=True)
    for name in ("alerts.db", "alerts.db-wal", "alerts.db-shm"):
        (home / name).unlink(missing_ok=True)
    async with client_of(*writer) as client:
        yield client


def problem(answer: httpx.Response, status: int) -> str:
    """The sentence of an error; no traceback, one line."""
    assert answer.status_code == status, answer.text
    sentence = answer.json()["error"]
    assert "Traceback" not in sentence
    assert "\n" not in sentence
    assert sentence.endswith(".")
    return str(sentence)


async def test_a_search_is_the_commands_search(reading: httpx.AsyncClient, store: Path) -> None:
    query = "flag:facial-recognition -country:us"
    answer = await reading.get(f"{API}/documents", params={"query": query, "facets": "all", "limit": 7})
    (expected,) = printed(store, "search", query, "--facets", "--limit", "7")
    told = answer.json()
    assert (told["total"], told["documents"], told["facets"]) == (
        expected["total"],
        expected["documents"],
        expected["facets"],
    )
    first = told["documents"][0]
    (highlight, *_) = told["highlights"][first["id"]] or [None]
    assert highlight is None or highlight["fragments"][0]["text"]


async def test_pages_hold_every_document_once(reading: httpx.AsyncClient) -> None:
    seen: list[str] = []
    after: dict[str, str] = {}
    while True:
        told = (await reading.get(f"{API}/documents", params={"query": "face", "limit": 20, **after})).json()
        seen += [one["id"] for one in told["documents"]]
        if told["next"] is None:
            break
        after = {"after": told["next"]}
    assert len(seen) == len(set(seen)) == told["total"] > 40


@pytest.mark.parametrize(
    ("parameters", "says", "position"),
    [
        ({"query": "face AND ("}, "The query cannot be read", 10),
        ({"query": "x" * 5000}, "4096", None),
        ({"since": "yesterday"}, "is no date", None),
        ({"limit": "0"}, "`limit`", None),
        ({"limit": "many"}, "`limit`", None),
        ({"sort": "old"}, "`sort`", None),
        ({"facets": "source,colour"}, "There is no facet `colour`", None),
        ({"after": "x"}, "is no place in a search", None),
        ({"after": "1-a", "sort": "relevance"}, "sorted by `new`", None),
        ({"limt": "5"}, "There is no parameter `limt` here; it takes query", None),
    ],
    ids=lambda value: str(value)[:20],
)
async def test_what_cannot_be_understood_is_explained(
    reading: httpx.AsyncClient, parameters: dict[str, str], says: str, position: int | None
) -> None:
    answer = await reading.get(f"{API}/documents", params=parameters)
    assert says in problem(answer, 400)
    assert answer.json().get("position") == position


async def test_a_document_is_shown_and_explained_by_id_beginning_and_address(
    reading: httpx.AsyncClient, store: Path
) -> None:
    told = (await reading.get(f"{API}/documents", params={"query": "face", "limit": 1})).json()["documents"][
        0
    ]
    assert (await reading.get(f"{API}/documents/{told['id']}")).json() == told
    assert (await reading.get(f"{API}/documents/{told['id'][:12]}")).json() == told
    assert (await reading.get(f"{API}/documents/lookup", params={"url": told["url"]})).json() == told
    (expected,) = printed(store, "explain", told["id"])
    assert (await reading.get(f"{API}/documents/{told['id']}/explain")).json() == expected
    by_address = (await reading.get(f"{API}/documents/explain", params={"url": told["url"]})).json()
    assert by_address["id"] == told["id"]


@pytest.mark.parametrize(
    "path",
    [
        "/documents/" + "0" * 20,
        "/documents/" + "0" * 20 + "/explain",
        "/documents/lookup?url=https://nowhere.example/",
        "/documents/explain?url=https://nowhere.example/",
        "/stories/s" + "0" * 20,
        "/alerts/" + "0" * 32,
        "/subscriptions/nothing",
        "/subscriptions/nothing/history",
        "/nothing",
        "/documents/",
    ],
)
async def test_what_is_not_there_is_404(reading: httpx.AsyncClient, path: str) -> None:
    problem(await reading.get(API + path), 404)


async def test_the_histogram_counts_what_a_search_finds(reading: httpx.AsyncClient) -> None:
    told = (
        await reading.get(f"{API}/documents/histogram", params={"query": "face", "bucket": "week"})
    ).json()
    total = (await reading.get(f"{API}/documents", params={"query": "face"})).json()["total"]
    assert sum(bar["count"] for bar in told["bars"]) == total
    assert [bar["when"] for bar in told["bars"]] == sorted(bar["when"] for bar in told["bars"])


async def test_stories_come_once_over_all_pages_each_with_its_newest_document(
    reading: httpx.AsyncClient,
) -> None:
    told: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while True:
        page = (await reading.get(f"{API}/stories", params={"query": "face", "limit": 9, **after})).json()
        told += page["stories"]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    documents = (await reading.get(f"{API}/documents", params={"query": "face", "limit": 200})).json()
    newest: dict[str, str] = {}
    for document in documents["documents"]:
        newest.setdefault(document["story_id"], document["id"])
    assert {one["story"]["id"]: one["document"]["id"] for one in told} == newest
    assert len(told) == len(newest) < len(documents["documents"])


async def test_a_story_is_shown_with_all_of_its_articles(reading: httpx.AsyncClient) -> None:
    page = (await reading.get(f"{API}/stories", params={"limit": 200})).json()
    largest = max(page["stories"], key=lambda one: one["story"]["size"])["story"]
    told = (await reading.get(f"{API}/stories/{largest['id']}")).json()
    assert told["story"] == largest
    assert len(told["documents"]) == told["total"] == largest["size"] > 2


async def test_status_and_feeds_and_dead_letters_are_the_commands(
    reading: httpx.AsyncClient, store: Path
) -> None:
    assert [(await reading.get(f"{API}/status")).json()] == printed(store, "status")
    assert (await reading.get(f"{API}/feeds")).json()["feeds"] == printed(store, "feeds", "list")
    letters = (await reading.get(f"{API}/dead-letters")).json()
    assert letters["dead_letters"] == printed(store, "deadletters", "list")
    assert letters["total"] == len(dead_letters(Context(home=store, settings=settings())).all()) == 1


async def test_health_is_told_without_a_token(reading: httpx.AsyncClient, tmp_path: Path) -> None:
    assert (await reading.get("/healthz")).json() == {"healthy": True}
    with application(tmp_path) as app:
        async with client_of(app) as client:
            assert "There is no store" in problem(await client.get("/healthz"), 503)


SAID = {
    "name": "Gates",
    "query": "face NEAR/3 gate*",
    "condition": {"kind": "threshold", "count": 3, "window": "2d"},
    "to": ["mailto:desk@news.example"],
    "rhythm": {
        "every": "weekly",
        "on": "friday",
        "at": "07:30",
        "zone": "Europe/Berlin",
        "quiet": "22:00-07:00",
    },
    "max_age": "30d",
}


async def test_a_subscription_is_added_changed_paused_snoozed_and_removed(writing: httpx.AsyncClient) -> None:
    made = await writing.post(f"{API}/subscriptions", json=SAID)
    assert made.status_code == 201, made.text
    told = made.json()
    assert {name: told[name] for name in ("id", "version", "changed_by", "max_age")} == {
        "id": "gates",
        "version": 1,
        "changed_by": "desk",
        "max_age": "30d",
    }
    assert told["condition"] == {
        "kind": "threshold",
        "count": 3,
        "window": "2d",
        "sources": 2,
        "cooldown": "1d",
    }
    assert told["rhythm"] == {**SAID["rhythm"], "cap": 20}  # type: ignore[dict-item]
    where = f"{API}/subscriptions/gates"
    changed = (await writing.patch(where, json={"query": "gate*", "max_age": None, "version": 1})).json()
    assert (changed["query"], changed["max_age"], changed["version"]) == ("gate*", None, 2)
    assert changed["rhythm"] == told["rhythm"]
    assert "version 2 now" in problem(await writing.patch(where, json={"query": "x", "version": 1}), 409)
    for state, field, value in [
        ("pause", "paused", True),
        ("resume", "paused", False),
        ("mute", "muted", True),
        ("unmute", "muted", False),
    ]:
        assert (await writing.post(f"{where}/{state}")).json()[field] is value
    until = "2027-01-05T08:00:00Z"
    assert (await writing.post(f"{where}/snooze", json={"until": until})).json()["snoozed_until"] == until
    assert (await writing.post(f"{where}/snooze", json={"until": None})).json()["snoozed_until"] is None
    assert (await writing.get(f"{API}/subscriptions")).json()["subscriptions"] == [
        (await writing.get(where)).json()
    ]
    assert (await writing.delete(where)).json() == {"removed": ["gates"]}
    history = (await writing.get(f"{where}/history")).json()
    assert history["removed"]
    assert [one["version"] for one in history["versions"]] == list(range(1, 10))
    assert {one["by"] for one in history["versions"]} == {"desk"}
    problem(await writing.delete(where), 404)


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ({"name": "A", "query": "("}, "The query cannot be read"),
        ({"name": "A"}, "`query`"),
        ({"query": "a"}, "`name`"),
        ({"name": " ", "query": "a"}, "name is empty"),
        ({"name": "A", "query": "a", "nmae": 1}, "There is no field `nmae` here"),
        ({"name": "A", "query": "a", "condition": {"window": "3 fortnights"}}, "`condition.window`"),
        ({"name": "A", "query": "a", "condition": {"kind": "each", "count": 5}}, "knows no count"),
        ({"name": "A", "query": "a", "condition": {"kind": "often"}}, "`condition.kind`"),
        ({"name": "A", "query": "a", "rhythm": {"zone": "Mars/Olympus"}}, "Mars/Olympus"),
        ({"name": "A", "query": "a", "rhythm": {"at": "25:00"}}, "`rhythm.at`"),
        ({"name": "A", "query": "a", "to": ["nonsense"]}, "is no channel"),
        ({"name": "A", "query": "a", "to": ["https://10.0.0.1/hook"]}, "not on the public internet"),
        ({"name": "A", "query": "a", "max_age": "9" * 15 + "w"}, "`max_age"),
        ({"name": "A", "query": "a", "id": "../../etc"}, "`id`"),
        ([], "dict"),
        ("x", "dict"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_subscription_that_cannot_be_kept_is_refused_with_a_sentence(
    writing: httpx.AsyncClient, said: Any, says: str
) -> None:
    assert says in problem(await writing.post(f"{API}/subscriptions", json=said), 400)
    assert (await writing.get(f"{API}/subscriptions")).json()["subscriptions"] == []


async def test_ids_and_names_are_given_once(writing: httpx.AsyncClient) -> None:
    await writing.post(f"{API}/subscriptions", json={"name": "A", "query": "a"})
    await writing.post(f"{API}/subscriptions", json={"name": "B", "query": "b"})
    problem(await writing.post(f"{API}/subscriptions", json={"name": "A", "query": "b"}), 409)
    problem(await writing.post(f"{API}/subscriptions", json={"name": "A", "query": "b", "id": "c"}), 409)
    problem(await writing.patch(f"{API}/subscriptions/b", json={"name": "A"}), 409)


async def test_a_file_that_cannot_be_read_is_told_and_not_overwritten(
    writing: httpx.AsyncClient, home: Path
) -> None:
    await writing.post(f"{API}/subscriptions", json={"name": "A", "query": "a"})
    (home / "subscriptions" / "a.toml").write_text("query = (")
    told = (await writing.get(f"{API}/subscriptions")).json()
    assert told["subscriptions"] == []
    assert "a.toml" in told["problems"][0]
    assert "a.toml" in problem(await writing.patch(f"{API}/subscriptions/a", json={"query": "b"}), 409)


async def test_secrets_are_shown_to_those_who_may_write(writing: httpx.AsyncClient, home: Path) -> None:
    channel = "https://8.8.8.8/hooks/abcdefg_hijklmnop"
    said = {"name": "A", "query": "a", "to": [channel]}
    made = await writing.post(f"{API}/subscriptions", json=said)
    assert made.status_code == 201, made.text
    assert "abcdefg" not in made.text
    told = (await writing.get(f"{API}/subscriptions/a/secrets")).json()
    assert told["to"] == [channel]
    assert set(told["feeds"]) == {"rss", "atom", "json"}
    writing.headers.update(a_token(home, "reader", "read"))
    assert "abcdefg" not in (await writing.get(f"{API}/subscriptions/a")).text
    problem(await writing.get(f"{API}/subscriptions/a/secrets"), 403)


async def test_a_trial_tells_what_would_have_been_and_keeps_nothing(
    reading: httpx.AsyncClient, store: Path
) -> None:
    trial = {"query": "face", "since": "2026-10-25"}
    told = (await reading.post(f"{API}/subscriptions/test", json=trial)).json()
    assert (told["sent"], told["sent_total"]) == (None, None)
    sent = (await reading.post(f"{API}/subscriptions/test", json=trial | {"sent": True})).json()
    assert {one["alert"]["id"] for one in sent["sent"] if not one["withdrawn"]} == {
        one["id"] for one in told["alerts"]
    }
    found = printed(store, "search", "face", "--since", "2026-10-25", "--limit", "1000")
    assert told["hits"] == len(found) > 40
    assert told["alerts_total"] == len(told["alerts"]) == len(found)
    assert sum(week["hits"] for week in told["per_week"]) == len(found)
    assert len(told["samples"]) == 10
    assert set(told["messages"]) == {"now", "hourly", "daily", "weekly"}
    assert (await reading.get(f"{API}/subscriptions")).json()["subscriptions"] == []


async def test_a_trial_of_an_edit_tells_what_is_gained_and_lost(writing: httpx.AsyncClient) -> None:
    await writing.post(f"{API}/subscriptions", json={"name": "A", "query": "*"})
    trial = {"id": "a", "query": "zzzz", "since": "2026-01-01"}
    edit = (await writing.post(f"{API}/subscriptions/test", json=trial)).json()["edit"]
    assert edit["gained"] == 0
    assert edit["lost"] == edit["hits_before"] > 0
    assert (await writing.get(f"{API}/subscriptions/a")).json()["query"] == "*"


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ({}, "`query`"),
        ({"query": "a", "since": "2026-02-01", "until": "2026-01-01"}, "before"),
        ({"query": "a", "since": "soon"}, "is no date"),
        ({"query": 'NEAR/2 "'}, "The query cannot be read"),
    ],
    ids=["nothing", "backwards", "no-date", "no-query"],
)
async def test_a_trial_of_nonsense_is_refused(
    reading: httpx.AsyncClient, said: dict[str, str], says: str
) -> None:
    assert says in problem(await reading.post(f"{API}/subscriptions/test", json=said), 400)


async def test_alerts_are_listed_by_pages_and_shown_with_their_deliveries(
    writing: httpx.AsyncClient, home: Path
) -> None:
    assert (await writing.get(f"{API}/alerts")).json() == {"alerts": [], "next": None}
    raised = raise_alerts(home, [an_alert(f"k{n}") for n in range(7)] + [an_alert("x", "other")])
    delivery = a_delivery(home, raised[0].alert, "https://user:secret@hooks.example/T/abc", state="failed")
    page = (await writing.get(f"{API}/alerts", params={"subscription": "cameras", "limit": 5})).json()
    assert [one["seq"] for one in page["alerts"]] == [7, 6, 5, 4, 3]
    rest = (
        await writing.get(f"{API}/alerts", params={"subscription": "cameras", "after": page["next"]})
    ).json()
    assert ([one["seq"] for one in rest["alerts"]], rest["next"]) == ([2, 1], None)
    newer = (await writing.get(f"{API}/alerts", params={"after": 6, "oldest_first": True})).json()
    assert [one["seq"] for one in newer["alerts"]] == [7, 8]
    id_ = raised[0].alert.id
    shown = await writing.get(f"{API}/alerts/{id_[:10]}")
    assert shown.json()["id"] == id_
    assert shown.json()["deliveries"][0]["state"] == "failed"
    assert "secret" not in shown.text
    listed = await writing.get(f"{API}/deliveries", params={"state": "failed"})
    assert [one["id"] for one in listed.json()["deliveries"]] == [delivery.id]
    again = await writing.post(f"{API}/deliveries/{delivery.id}/retry")
    assert (again.status_code, again.json()["state"]) == (200, "pending")
    assert "pending" in problem(await writing.post(f"{API}/deliveries/{delivery.id}/retry"), 409)
    problem(await writing.post(f"{API}/deliveries/{'0' * 32}/retry"), 404)


async def test_feeds_are_added_and_removed(writing: httpx.AsyncClient) -> None:
    feed = {"url": "https://new.example/feed", "title": "New", "country": "de", "unchecked": True}
    made = await writing.post(f"{API}/feeds", json=feed)
    assert (made.status_code, made.json()["outcome"]) == (201, "added")
    again = await writing.post(f"{API}/feeds", json={**feed, "title": "Newer"})
    assert (again.status_code, again.json()["outcome"]) == (200, "updated")
    listed = {one["url"]: one for one in (await writing.get(f"{API}/feeds")).json()["feeds"]}
    assert (listed[feed["url"]]["title"], listed[feed["url"]]["country"]) == ("Newer", "DE")  # type: ignore[index]
    removed = await writing.delete(f"{API}/feeds", params={"url": "https://new.example/feed"})
    assert removed.json() == {"removed": ["https://new.example/feed"]}
    problem(await writing.delete(f"{API}/feeds", params={"url": "https://new.example/feed"}), 404)


@pytest.mark.parametrize(
    ("feed", "says"),
    [
        ({"url": "http://127.0.0.1:9/feed"}, "127.0.0.1"),
        ({"url": "http://127.0.0.1:9/feed", "unchecked": True}, "127.0.0.1"),
        ({"url": "file:///etc/passwd"}, "file:///etc/passwd"),
        ({"url": ""}, "`url`"),
        ({"url": "https://a.example/", "kind": "blog"}, "`kind`"),
        ({"url": "https://a.example/", "interval": -1}, "`interval`"),
    ],
    ids=["private", "private-unchecked", "file", "empty", "kind", "interval"],
)
async def test_a_feed_that_cannot_be_followed_is_refused(
    writing: httpx.AsyncClient, feed: dict[str, Any], says: str
) -> None:
    assert says in problem(await writing.post(f"{API}/feeds", json=feed), 400)


async def test_a_look_at_feeds_says_what_is_wrong(writing: httpx.AsyncClient) -> None:
    looked = await writing.post(f"{API}/feeds/check", json={"urls": ["http://127.0.0.1:9/feed"]})
    assert [one["ok"] for one in looked.json()] == [False]
    assert looked.json()[0]["reason"]


async def test_dead_letters_are_taken_up_again(writing: httpx.AsyncClient) -> None:
    (letter,) = (await writing.get(f"{API}/dead-letters")).json()["dead_letters"]
    problem(await writing.post(f"{API}/dead-letters/retry", json={"ids": [letter["id"], 999999]}), 404)
    retried = (await writing.post(f"{API}/dead-letters/retry", json={"ids": [letter["id"]]})).json()
    assert retried == {"retried": 1, "outcomes": {"failed": 1}}
    assert (await writing.post(f"{API}/dead-letters/retry", json={})).json()["retried"] == 1


async def test_every_operation_is_described(reading: httpx.AsyncClient) -> None:
    description = (await reading.get(f"{API}/openapi.json")).json()
    operations = [
        (f"{method} {path}", one)
        for path, methods in description["paths"].items()
        for method, one in methods.items()
    ]
    assert len(operations) >= 30
    for name, one in operations:
        assert one["summary"], name
        assert one["description"], name
        if name.partition(" ")[2].startswith("/api/"):
            schema = next(one["responses"][ok] for ok in ("200", "201") if ok in one["responses"])
            assert schema["content"]["application/json"]["schema"], name
            problem_ = one["responses"]["400"]["content"]["application/json"]["schema"]
            assert problem_ == {"$ref": "#/components/schemas/Problem"}, name
        for parameter in one.get("parameters", ()):
            assert parameter["in"] in {"path", "query", "header"}, name


def test_a_search_that_takes_too_long_is_broken_off(store: Path) -> None:
    context = Context(home=store, settings=settings())
    _, opening = create_app(context, OwnWriting(context))
    count = "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n LIMIT 1000000) SELECT count(*) FROM n"
    with opening.reading(0.0) as reading:
        assert isinstance(reading, StoreReading)
        connection = reading.ports.database.connection  # what all of its questions are put to
        with pytest.raises(Exception, match="interrupted"):
            connection.execute(count).fetchone()
