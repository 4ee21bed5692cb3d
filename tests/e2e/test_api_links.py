"""Addresses in messages lead to their answers."""

import pytest
from api_world import application, client_of, fill


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return fill(tmp_path_factory.mktemp("links"), 20)


@pytest.mark.parametrize("path", ["/documents/..%2F..%2Fx/explain", "/documents/a%0d%0ab/explain", "/subscriptions/https:%2F%2Fevil.example", "/subscriptions//evil.example"])  # fmt: skip
async def test_they_lead_nowhere_else(home, path):
    with application(home) as app:
        async with client_of(app) as client:
            answer = await client.get(path)
            assert answer.status_code in {400, 404, 422}
            assert "location" not in answer.headers
