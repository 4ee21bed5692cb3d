"""Who may ask the HTTP API, decided on the head of a request."""

from __future__ import annotations

from typing import Any

import pytest

from dashboards.api.access import Access, Principal, Refusal, Request, host_name

READER, WRITER = Principal("reader", "read"), Principal("writer", "write")


def known(request: Request) -> Principal | None:
    return {"Bearer r": READER, "Bearer w": WRITER}.get(request.headers.get("authorization", ""))


def request(method: str = "GET", path: str = "/api/v1/documents", **given: Any) -> Request:
    headers = {"host": "127.0.0.1:8383", **given.pop("headers", {})}
    fields = {"client": "127.0.0.1", "server": "127.0.0.1", **given}
    return Request(method=method, path=path, headers=headers, **fields)


def access(guarded: bool = True, public: str = "") -> Access:
    return Access(public or ("news.example.org" if guarded else "127.0.0.1:8383"), lambda: guarded, known)


@pytest.mark.parametrize(
    ("host", "server"),
    [
        ("127.0.0.1:8383", "127.0.0.1"),
        ("localhost:9000", "127.0.0.1"),
        ("LOCALHOST", "127.0.0.1"),
        ("[::1]:8383", "::1"),
        ("news.example.org", "10.1.2.3"),
        ("10.1.2.3:8383", "10.1.2.3"),
        ("[2001:db8::5]:8383", "2001:db8::5"),
    ],
)
def test_our_own_names_are_answered(host: str, server: str) -> None:
    asked = request(headers={"host": host, "authorization": "Bearer r"}, server=server)
    assert access().check(asked) == READER


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "evil.example:8383",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "evil.example#127.0.0.1",
        "127.0.0.1:8383@evil.example",
        "evil.example:80:8383",
        "127.0.0.1:port",
        "127.0.0.1:",
        "news.example.org:8383",
        "news.example.org.",
        "[::1",
        "::1",
        "0.0.0.0",
        "2130706433",
        "127.1",
        "127.0.0.2",
        "192.168.1.9:8383",
        " 127.0.0.1",
    ],
)
def test_any_other_name_is_refused_as_misdirected(host: str) -> None:
    with pytest.raises(Refusal) as refused:
        access().check(request(path="/healthz", headers={"host": host}))
    assert refused.value.status_code == 421


@pytest.mark.parametrize(
    ("origin", "passes"),
    [
        ("http://127.0.0.1:8383", True),
        ("https://127.0.0.1:8383", True),
        ("http://localhost:8383", False),
        ("http://127.0.0.1", False),
        ("http://127.0.0.1:8384", False),
        ("http://evil.example", False),
        ("null", False),
        ("", False),
        ("http://evil.example/http://127.0.0.1:8383", False),
        ("http://127.0.0.1:8383/", False),
        ("file://127.0.0.1:8383", False),
        ("http://[", False),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_pages_of_other_origins_may_not_ask(origin: str, passes: bool, method: str) -> None:
    asked = request(method, headers={"origin": origin, "authorization": "Bearer w"})
    if passes:
        assert access().check(asked) == WRITER
    else:
        with pytest.raises(Refusal) as refused:
            access().check(asked)
        assert refused.value.status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "site", "passes"),
    [
        ("GET", "/api/v1/documents", "cross-site", False),
        ("GET", "/api/v1/documents", "same-site", False),
        ("GET", "/api/v1/documents", "none", True),
        ("GET", "/unsubscribe/a/b", "cross-site", True),
        ("POST", "/unsubscribe/a/b", "cross-site", False),
        ("POST", "/unsubscribe/a/b", "same-origin", True),
    ],
)
def test_what_browsers_say_of_the_site_counts(method: str, path: str, site: str, passes: bool) -> None:
    asked = request(method, path, headers={"sec-fetch-site": site, "authorization": "Bearer w"})
    if passes:
        access().check(asked)
    else:
        with pytest.raises(Refusal, match="403"):
            access().check(asked)


@pytest.mark.parametrize(
    ("method", "path", "token", "guarded", "status"),
    [
        ("GET", "/api/v1/documents", "", False, 0),
        ("GET", "/api/v1/documents", "", True, 401),
        ("GET", "/api/v1/documents", "r", True, 0),
        ("GET", "/api/v1/documents", "w", True, 0),
        ("GET", "/api/v1/documents", "x", True, 401),
        ("GET", "/api/v1/documents", "x", False, 401),
        ("POST", "/api/v1/feeds", "", False, 401),
        ("POST", "/api/v1/feeds", "r", True, 403),
        ("POST", "/api/v1/feeds", "w", True, 0),
        ("DELETE", "/api/v1/feeds", "", False, 401),
        ("PATCH", "/api/v1/subscriptions/a", "", False, 401),
        ("PUT", "/api/v1/anything", "", False, 401),
        ("POST", "/api/v1/subscriptions/test", "", False, 0),
        ("POST", "/api/v1/subscriptions/test", "r", True, 0),
        ("POST", "/api/v1/subscriptions/test", "", True, 401),
        ("GET", "/feeds/a/b.rss", "", True, 0),
        ("POST", "/unsubscribe/a/b", "", True, 0),
        ("GET", "/healthz", "", True, 0),
    ],
)
def test_a_token_is_needed_for_all_but_reading_on_loopback_without_tokens(
    method: str, path: str, token: str, guarded: bool, status: int
) -> None:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    asked = request(method, path, headers=headers)
    if status:
        with pytest.raises(Refusal) as refused:
            access(guarded).check(asked)
        assert refused.value.status_code == status
    else:
        access(guarded).check(asked)


@pytest.mark.parametrize(
    "given",
    [
        {"client": "192.168.1.20"},
        {"headers": {"host": "news.example.org"}},
        {"headers": {"x-forwarded-for": "203.0.113.9"}},
        {"headers": {"forwarded": "for=203.0.113.9"}},
        {"headers": {"via": "1.1 proxy"}},
        {"client": ""},
    ],
    ids=["from-the-network", "by-the-public-name", "x-forwarded-for", "forwarded", "via", "nobody"],
)
def test_without_tokens_only_this_machine_reads_freely(given: dict[str, Any]) -> None:
    here = access(guarded=False, public="127.0.0.1:8383")
    here.check(request())
    with pytest.raises(Refusal):
        here.check(request(**given))


def test_who_has_a_public_address_reads_by_tokens_only() -> None:
    """A proxy may say neither the outer name nor that it is one."""
    with pytest.raises(Refusal, match="401"):
        access(guarded=False, public="news.example.org").check(request())


@pytest.mark.parametrize("name", ["x-http-method-override", "x-http-method", "x-method-override"])
def test_the_method_is_not_overridden_by_a_header(name: str) -> None:
    with pytest.raises(Refusal, match="400"):
        access().check(request("POST", headers={name: "DELETE", "authorization": "Bearer w"}))


@pytest.mark.parametrize(
    ("host", "name"),
    [("A.example:1", "a.example"), ("[::1]", "[::1]"), ("[::1]:80", "[::1]"), ("a:b", ""), ("a:123456", "")],
)
def test_the_name_of_a_host_is_read_without_its_port(host: str, name: str) -> None:
    assert host_name(host) == name
