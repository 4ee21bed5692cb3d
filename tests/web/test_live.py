"""The stream of new stories: told of soon, to all who listen, by one poller; bounded, and ended in time."""

import asyncio
import contextlib
import json
import shutil
import signal
import time

import httpx
import pytest
from api_world import API, a_token, application, client_of, served, settings
from told_articles import REVISED, receive

from connectors.console import Context
from dashboards.api.opening import Opening, OwnWriting
from dashboards.web.listening import LISTENERS, Listening
from dashboards.web.views.now import ASKED, STORIES

SOON = 60
"""Seconds that a busy machine may take; docs/measured.md says what a quiet one takes."""


@pytest.fixture
def home(sample_home, tmp_path):
    return shutil.copytree(sample_home, tmp_path / "home")


def told(lines):
    """What the next event says."""
    return json.loads(next(line for line in lines if line.startswith("data: ")).removeprefix("data: "))


def test_it_tells_of_what_another_process_took_in_and_ends_whole_with_its_server(home):
    with (
        served(home) as server,
        httpx.Client(base_url=server.url, timeout=SOON) as client,
        client.stream("GET", "/live") as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        before = told(lines)
        found = client.get(f"{API}/documents", params={"query": "relevance:main", "limit": STORIES}).json()
        assert before["main"] == list(dict.fromkeys(one["story_id"] for one in found["documents"]))
        receive(home, REVISED[0])
        after = told(lines)
        (fresh,) = set(after["main"]) - set(before["main"])
        assert fresh == after["all"][0]
        begun = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        assert not [line for line in lines if line.startswith("data: ")]  # half a chunk would be an error
        assert server.process.wait(timeout=SOON) == 0
        assert time.monotonic() - begun < SOON


def test_no_more_listen_than_there_are_places_and_each_place_is_given_back(site):
    with httpx.Client(base_url=site, timeout=SOON) as client:
        with contextlib.ExitStack() as stack:
            answers = [stack.enter_context(client.stream("GET", "/live")) for _ in range(LISTENERS)]
            streams = [answer.iter_lines() for answer in answers]
            assert all(told(lines)["main"] for lines in streams)
            assert client.get("/live").status_code == 429
            assert client.get("/").status_code == 200  # pages are still answered
        deadline = time.monotonic() + SOON
        status = 429
        while status == 429 and time.monotonic() < deadline:
            with client.stream("GET", "/live") as again:
                status = again.status_code
        assert status == 200


async def test_who_has_to_sign_in_is_told_nothing_before(home):
    a_token(home)
    with application(home) as app:
        async with client_of(app) as client:
            answer = await client.get("/live")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")


class Counted(Opening):
    """Counts how often the ports are opened."""

    def reading(self, *given, **more):
        self.context.settings["times"] += 1
        return super().reading(*given, **more)


@pytest.fixture
def opening(home):
    context = Context(home=home, settings=settings(times=0))
    with contextlib.closing(Counted(context, OwnWriting(context))) as opening:
        yield opening


async def first(listening):
    """A stream, after what it begins with."""
    stream = listening.events()
    assert await anext(stream) == b"retry: 3000\n\n"
    return stream


async def test_all_listeners_share_one_poller_that_rests_while_nothing_changes(opening):
    listening = Listening(opening, ASKED, STORIES)
    streams = [await first(listening) for _ in range(10)]
    assert len({await anext(stream) for stream in streams}) == 1
    await asyncio.sleep(2)  # until the store has been left alone for long enough
    looked = opening.context.settings["times"]
    await asyncio.sleep(1.2)
    assert looked <= opening.context.settings["times"] <= looked + 1
    assert looked < 10
    for stream in streams:
        await stream.aclose()


async def test_who_hears_nothing_for_long_is_told_that_the_stream_stands(opening):
    stream = await first(Listening(opening, ASKED, STORIES, heartbeat=0.1))
    async with asyncio.timeout(SOON):
        heard = [await anext(stream) for _ in range(3)]
        while heard[-1] != b": still here\n\n":
            heard.append(await anext(stream))
    assert sum(one.startswith(b"event: stories") for one in heard) == 1
    await stream.aclose()


async def test_a_store_that_cannot_be_had_is_waited_for(opening, home):
    (home / "biowire.db").rename(home / "away.db")
    stream = await first(Listening(opening, ASKED, STORIES, heartbeat=0.1))
    assert await anext(stream) == b": still here\n\n"
    (home / "away.db").rename(home / "biowire.db")
    async with asyncio.timeout(SOON):
        while not (await anext(stream)).startswith(b"event: stories"):
            pass
    await stream.aclose()


async def test_a_stream_ends_when_the_server_does(opening):
    stream = await first(Listening(opening, ASKED, STORIES))
    await anext(stream)
    opening.stopping.set()
    async with asyncio.timeout(SOON):
        assert [one async for one in stream] == []
