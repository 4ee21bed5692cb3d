"""Every change that the web UI can make is refused to whoever is not a person at one of our own forms (G-25)."""

import pytest
from api_world import BASE, a_token, application, client_of, fill

from dashboards.web.app import VIEWS

CHANGES = sorted({route.path for pages in VIEWS for route in pages.routes() if "POST" in route.methods})
PAGES = sorted({route.path for pages in VIEWS for route in pages.routes() if "GET" in route.methods})
STREAM = "/live"
"""Answers for as long as one listens."""
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return fill(tmp_path_factory.mktemp("refusals") / "home", 20)


@pytest.fixture(scope="module")
def app(home):
    with application(home) as app:
        yield app


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """Where people have to sign in, and the token of one who may only read."""
    home = fill(tmp_path_factory.mktemp("guarded") / "home", 5)
    secret = a_token(home, "ana", "read")["Authorization"].split()[1]
    with application(home) as app:
        yield app, secret


@pytest.fixture
def state(home):
    """What must be as before."""

    def now():
        return {path: path.read_bytes() for path in home.rglob("*.toml")}

    before = now()
    yield
    assert now() == before


def filled(path):
    """An address for a path with parts in it."""
    return "/".join("abcd" if part.startswith("{") else part for part in path.split("/"))


@pytest.mark.parametrize("path", CHANGES)
async def test_a_change_needs_the_token_of_our_forms(app, state, path):
    async with client_of(app) as client:
        await client.get("/")  # a session, whose token this is not
        for body in ("", "token=", "token=wrong", f"token={'x' * 32}", "token=%00"):
            answer = await client.post(filled(path), content=body, headers=FORM)
            assert answer.status_code == 403, (path, body, answer.status_code)
        answer = await client.post(filled(path), headers={"x-biowire-token": "wrong"})
        assert answer.status_code == 403


@pytest.mark.parametrize("path", CHANGES)
async def test_a_change_is_refused_to_pages_of_others(app, state, path):
    foreign = [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9"},
        {"Origin": "http://localhost.evil.example:8383"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"X-HTTP-Method-Override": "DELETE"},
    ]
    async with client_of(app) as client:
        for headers in foreign:
            answer = await client.post(filled(path), headers=headers | FORM)
            assert answer.status_code in {400, 403}, headers
        answer = await client.post(filled(path), headers={"Host": "rebound.example"} | FORM)
        assert answer.status_code == 421
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("path", sorted({*CHANGES, *PAGES}))
async def test_who_has_to_sign_in_sees_nothing_before(guarded, path):
    async with client_of(guarded[0]) as client:
        answer = await client.request("POST" if path in CHANGES else "GET", filled(path))
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in?")
        assert "Northern Ledger" not in answer.text


async def test_who_may_only_read_changes_nothing(guarded):
    app, secret = guarded
    async with client_of(app) as client:
        form = {"token": token_in(await client.get("/sign-in")), "secret": secret, "to": "/"}
        assert (await client.post("/sign-in", data=form)).status_code == 303
        form = {"token": token_in(await client.get("/"))}
        for path in CHANGES:
            assert (await client.post(filled(path), data=form)).status_code == 403, path


def token_in(answer):
    return answer.text.split('name="token" value="')[1].split('"')[0]


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/\r\nSet-Cookie: a=b", "\t//evil.example"])  # fmt: skip
async def test_signing_in_leads_nowhere_else(app, to):
    async with client_of(app) as client:
        answer = await client.get("/sign-in", params={"to": to})
        assert answer.headers["location"] == "/"
        assert "set-cookie" not in answer.headers or "a=b" not in answer.headers["set-cookie"]


@pytest.mark.parametrize("path", ["/static/../app.py", "/static/x/..%2f..%2fapp.py", "/static/%2e%2e/app.py", "/static/0/biowire.css", "/static/x/page.js%00.css"])  # fmt: skip
async def test_only_our_files_are_served(app, path):
    async with client_of(app) as client:
        answer = await client.get(f"{BASE}{path}")
        assert answer.status_code == 404
        assert "create_site" not in answer.text


async def test_every_page_has_the_strict_policy(app):
    async with client_of(app) as client:
        for path in [
            "/",
            "/sign-in?to=x",
            "/nothing",
            *(one for one in PAGES if "{" not in one and one != STREAM),
        ]:
            answer = await client.get(path)
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy, path
            assert "unsafe" not in policy, path
            assert answer.headers["x-content-type-options"] == "nosniff"
