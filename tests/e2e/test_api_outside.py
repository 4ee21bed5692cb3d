"""What outsiders reach by a secret address: feeds of subscriptions, and unsubscribing."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from alerts import a_subscription, an_alert
from api_world import NOON, a_shown, application, client_of, raise_alerts, settings
from starlette.types import ASGIApp

from connectors.parse import parse
from streams.core.alerts.addresses import FORMS, Addresses, Form
from streams.signing import signing_of
from streams.subscriptions.files import FileSubscriptions

TO = ("mailto:ann@news.example", "mailto:ben@news.example", "https://hooks.example/T/topsecret")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("outside")


@pytest.fixture(scope="module")
def app(place: Path) -> Iterator[ASGIApp]:
    with application(place) as made:
        yield made


@pytest.fixture
async def stranger(app: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app, address="203.0.113.9") as client:
        yield client


class Kept:
    """A subscription of its own for each test, in the same home."""

    def __init__(self, place: Path, id_: str) -> None:
        self.place, self.id = place, id_
        self.store = FileSubscriptions(place / "subscriptions")
        self.store.save(a_subscription(id_, to=TO, changed_at=None), "desk", NOON)
        self.addresses = Addresses("http://127.0.0.1:8383", signing_of(place, settings()).token)

    @property
    def to(self) -> tuple[str, ...]:
        found = FileSubscriptions(self.place / "subscriptions").get(self.id)
        assert found is not None
        return found.to

    def feed(self, form: Form = "atom") -> str:
        return self.addresses.feed(self.id, form)

    def unsubscribe(self, channel: str = TO[0]) -> str:
        return self.addresses.unsubscribe(self.id, channel)


@pytest.fixture
def kept(place: Path, request: pytest.FixtureRequest) -> Kept:
    plain = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")
    return Kept(place, plain[-60:].strip("-"))


@pytest.mark.parametrize("form", FORMS)
async def test_a_feed_has_the_newest_fifty_alerts_newest_first(
    stranger: httpx.AsyncClient, kept: Kept, place: Path, form: Form
) -> None:
    alerts = [
        an_alert(f"k{n}", kept.id, hours=n, shown=(a_shown(f"Title {n}"),), sentence=f"{n} is new.")
        for n in range(55)
    ]
    for n, one in enumerate(alerts):
        raise_alerts(place, [one], NOON + timedelta(minutes=n))
    raise_alerts(place, [an_alert("other", "another-subscription")])
    answer = await stranger.get(kept.feed(form))
    assert answer.status_code == 200
    feed = parse(answer.content, url=str(answer.url), content_type=answer.headers["content-type"])
    assert feed.format.startswith({"rss": "rss", "atom": "atom", "json": "json"}[form])
    assert [entry.title for entry in feed.entries] == [f"Title {n}" for n in range(54, 4, -1)]
    assert feed.entries[0].published == NOON + timedelta(minutes=54)


@pytest.mark.parametrize("form", FORMS)
async def test_nothing_new_is_304_and_something_new_is_not(
    stranger: httpx.AsyncClient, kept: Kept, place: Path, form: Form
) -> None:
    raise_alerts(place, [an_alert("a", kept.id)])
    first = await stranger.get(kept.feed(form))
    etag, modified = first.headers["etag"], first.headers["last-modified"]
    assert re.fullmatch(r'"[0-9a-f]{32}"', etag)  # strong
    for conditions in (
        {"If-None-Match": etag},
        {"If-None-Match": f'"other", W/{etag}'},
        {"If-None-Match": "*"},
        {"If-Modified-Since": modified},
        {"If-None-Match": etag, "If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"},
    ):
        again = await stranger.get(kept.feed(form), headers=conditions)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    for conditions in (
        {"If-None-Match": '"other"'},
        {"If-None-Match": '"other"', "If-Modified-Since": modified},
        {"If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"},
        {"If-Modified-Since": "soon"},
        {"If-Modified-Since": "Thu, 99 Jan 99999 00:00:00 GMT"},
    ):
        assert (await stranger.get(kept.feed(form), headers=conditions)).status_code == 200
    raise_alerts(place, [an_alert("b", kept.id)], NOON + timedelta(hours=1))
    changed = await stranger.get(
        kept.feed(form), headers={"If-None-Match": etag, "If-Modified-Since": modified}
    )
    assert changed.status_code == 200
    assert changed.headers["etag"] != etag
    assert changed.headers["last-modified"] > modified


async def test_a_feed_that_may_still_change_within_the_second_promises_no_time(
    stranger: httpx.AsyncClient, kept: Kept, place: Path
) -> None:
    raise_alerts(place, [an_alert("a", kept.id)], datetime.now(UTC) + timedelta(minutes=5))
    answer = await stranger.get(kept.feed())
    assert "last-modified" not in answer.headers
    assert (
        await stranger.get(kept.feed(), headers={"If-None-Match": answer.headers["etag"]})
    ).status_code == 304


@pytest.mark.parametrize("form", FORMS)
async def test_head_tells_what_get_would_without_the_body(
    stranger: httpx.AsyncClient, kept: Kept, form: Form
) -> None:
    got, head = await stranger.get(kept.feed(form)), await stranger.head(kept.feed(form))
    assert (head.status_code, head.content) == (200, b"")
    for name in ("etag", "content-type", "content-length", "last-modified"):
        assert head.headers[name] == got.headers[name]


async def test_a_wrong_address_is_404_whatever_is_wrong_with_it(
    stranger: httpx.AsyncClient, kept: Kept
) -> None:
    right = kept.feed("rss")
    token = right.rpartition("/")[2].removesuffix(".rss")
    other = Kept(kept.place, "another").feed("rss").rpartition("/")[2]
    wrong = [
        right.replace(token, "A" * 43),
        right.replace(token, token[:-1]),
        right.replace(token, token.swapcase()),
        right.replace(token, kept.unsubscribe().rpartition("/")[2]),
        right.replace(f"{token}.rss", other),
        right.replace(f"/{kept.id}/", "/nothing/"),
        right.replace(".rss", ".xml"),
        right.replace(".rss", ""),
        right.replace(".rss", ".RSS"),
    ]
    answers = [await stranger.get(address) for address in wrong]
    assert {(answer.status_code, answer.text) for answer in answers} == {
        (404, '{"error":"There is no feed at this address."}')
    }


async def test_the_feed_of_a_removed_subscription_is_gone(stranger: httpx.AsyncClient, kept: Kept) -> None:
    kept.store.remove(kept.id, "desk", NOON)
    assert (await stranger.get(kept.feed())).status_code == 410


async def test_a_feed_of_a_muted_subscription_goes_on(
    stranger: httpx.AsyncClient, kept: Kept, place: Path
) -> None:
    kept.store.save(a_subscription(kept.id, muted=True), "desk", NOON)
    raise_alerts(place, [an_alert("a", kept.id)])
    assert b"a is new." in (await stranger.get(kept.feed("json"))).content


async def test_looking_at_the_address_changes_nothing(stranger: httpx.AsyncClient, kept: Kept) -> None:
    page = await stranger.get(kept.unsubscribe())
    assert page.status_code == 200
    assert "ann@news.example" in page.text
    assert '<form method="post">' in page.text
    assert "<script" not in page.text
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    await stranger.head(kept.unsubscribe())
    assert kept.to == TO


ONE_CLICK = {"List-Unsubscribe": "One-Click"}


async def test_one_click_takes_the_channel_off_and_no_other_however_often(
    stranger: httpx.AsyncClient, kept: Kept
) -> None:
    for _ in range(3):
        answer = await stranger.post(kept.unsubscribe(), data=ONE_CLICK)
        assert answer.status_code == 200
        assert "You are unsubscribed" in answer.text
        assert kept.to == TO[1:]
    assert "You are unsubscribed" in (await stranger.get(kept.unsubscribe())).text
    (version, what) = kept.store.history(kept.id)[-1]
    assert (version.version, version.changed_by, what) == (
        2,
        "mailto:ann@news.example",
        "no longer to mailto:ann@news.example",
    )


async def test_secrets_of_a_channel_are_not_shown_on_the_page(
    stranger: httpx.AsyncClient, kept: Kept
) -> None:
    page = await stranger.get(kept.unsubscribe(TO[2]))
    assert "hooks.example" in page.text
    assert "topsecret" not in page.text


async def test_the_page_of_another_site_cannot_unsubscribe_anybody(
    stranger: httpx.AsyncClient, kept: Kept
) -> None:
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert (await stranger.post(kept.unsubscribe(), headers=headers)).status_code == 403
    assert kept.to == TO


async def test_forged_addresses_change_nothing(stranger: httpx.AsyncClient, kept: Kept) -> None:
    right = kept.unsubscribe()
    token = right.rpartition("/")[2]
    wrong = [
        right[:-1],
        right + "A",
        right.replace(token, "A" * 43),
        right.replace(token, kept.feed().rpartition("/")[2].removesuffix(".atom")),
        right.replace(f"/{kept.id}/", "/another-one/"),
        Kept(kept.place, "someone-elses").unsubscribe().replace("/someone-elses/", f"/{kept.id}/"),
        right.replace(token, "%00" * 10),
    ]
    for address in wrong:
        for answer in (await stranger.get(address), await stranger.post(address, data=ONE_CLICK)):
            assert answer.status_code == 404
            assert "This address is not known" in answer.text
    assert kept.to == TO


async def test_a_name_from_outside_stays_text_on_the_page(stranger: httpx.AsyncClient, place: Path) -> None:
    store = Kept(place, "hostile")
    hostile = a_subscription("hostile", to=TO, name="<script>alert(1)</script> {{ 7*7 }}")
    store.store.save(hostile, "desk", NOON)
    page = (await stranger.get(store.unsubscribe())).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{ 7*7 }}" in page
