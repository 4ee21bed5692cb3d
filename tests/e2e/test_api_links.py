"""Addresses in messages lead to their answers."""

import pytest
from api_world import application, client_of, fill
from messages import a_message, an_alert, shown

from streams.core.alerts.addresses import Addresses


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return fill(tmp_path_factory.mktemp("links"), 20)


async def test_the_links_of_a_message_lead_to_what_they_say(home):
    with application(home) as app:
        async with client_of(app) as client:
            found = (await client.get("/api/v1/documents", params={"limit": 1})).json()["documents"][0]
            message = a_message(an_alert(shown=(shown(id=found["id"]),)), base="http://127.0.0.1:8383")
            explained = await client.get(message.entries[0].explain, follow_redirects=True)
            assert explained.status_code == 200
            assert found["id"] in explained.text
            results = await client.get(dict(message.urls)["archive"], follow_redirects=True)
            assert results.status_code == 200
            assert "documents" in results.json()


@pytest.mark.parametrize("path", ["/documents/..%2F..%2Fx/explain", "/documents/a%0d%0ab/explain", "/subscriptions/https:%2F%2Fevil.example", "/subscriptions//evil.example"])  # fmt: skip
async def test_they_lead_nowhere_else(home, path):
    with application(home) as app:
        async with client_of(app) as client:
            answer = await client.get(path)
            assert answer.status_code in {400, 404, 422}
            assert "location" not in answer.headers


async def test_a_query_keeps_its_words(home):
    link = Addresses("http://127.0.0.1:8383", lambda *_: "").archive('a & "b c" #d +é')
    with application(home) as app:
        async with client_of(app) as client:
            answer = await client.get(link)
            assert answer.status_code == 307
            assert answer.headers["location"].startswith(
                "/api/v1/documents?query=a+%26+%22b+c%22+%23d+%2B%C3%A9"
            )
