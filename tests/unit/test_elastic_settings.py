"""Where the index is, as people write it; what can go wrong there, in one sentence each."""

import pytest
from elastic_transport import (
    ApiResponseMeta,
    ConnectionTimeout,
    HttpHeaders,
    NodeConfig,
    TlsError,
)
from elastic_transport import ConnectionError as NoConnection
from elasticsearch import ApiError, UnsupportedProductError

from connectors.errors import TransientError, UserError
from streams.sinks.elasticsearch.errors import explain
from streams.sinks.elasticsearch.settings import Index, index_of

URL = "elasticsearch://one:9200"


def test_an_address_gives_hosts_and_names(tmp_path):
    secret = tmp_path / "password"
    secret.write_text("hunter2\n")
    index = index_of(
        {
            "index": "elasticsearch+tls://one:9200,two:9201/",
            "index_prefix": "news-",
            "index_user": "biowire",
            "index_password_file": str(secret),
            "index_replicas": 1,
        }
    )
    assert (index.hosts, index.tls, index.user, index.password, index.replicas) == (
        ("one:9200", "two:9201"),
        True,
        "biowire",
        "hunter2",
        1,
    )
    assert index.url == "elasticsearch+tls://one:9200,two:9201"
    assert index.articles_of(3, "2023-08") == "news-articles-g3-2023.08"
    assert (index.articles, index.stories_of(3), index.sightings_of(3)) == (
        "news-articles",
        "news-stories-g3",
        "news-sightings-g3",
    )
    assert "hunter2" not in repr(index)
    assert index_of({"index": ""}) is None


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"index": "one:9200"}, "not an address"),
        ({"index": "http://one:9200"}, "write elasticsearch://HOST:PORT"),
        ({"index": "elasticsearch://one"}, "not HOST:PORT"),
        ({"index": "elasticsearch://user:secret@one:9200"}, "not HOST:PORT"),
        ({"index": URL, "index_prefix": "News_"}, "small letters"),
        ({"index": URL, "index_prefix": ""}, "small letters"),
        ({"index": URL, "index_replicas": -1}, "0 or more"),
        ({"index": URL, "index_ca": "/nowhere/ca.pem"}, "is not there"),
        ({"index": URL, "index_password_file": "/nowhere/password"}, "is not there"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_cannot_be_meant_is_said(settings, sentence):
    with pytest.raises(UserError, match=sentence):
        index_of(settings)


def test_a_user_and_a_key_are_one_too_many(tmp_path):
    (tmp_path / "key").write_text("k")
    with pytest.raises(UserError, match="not both"):
        index_of({"index": URL, "index_user": "me", "index_api_key_file": str(tmp_path / "key")})


def refusal(status, type_, reason):
    meta = ApiResponseMeta(
        status=status,
        http_version="1.1",
        headers=HttpHeaders(),
        duration=0.0,
        node=NodeConfig("http", "one", 9200),
    )
    return ApiError(type_, meta, {"error": {"type": type_, "reason": reason}, "status": status})


@pytest.mark.parametrize(
    ("error", "kind", "sentence"),
    [
        (refusal(401, "security_exception", "x"), UserError, "does not know who we are"),
        (refusal(403, "security_exception", "unauthorized"), UserError, "does not allow this.*unauthorized"),
        (refusal(403, "cluster_block_exception", "read-only"), TransientError, "takes no writes now"),
        (refusal(400, "media_type_header_exception", "x"), UserError, "older than this biowire can use"),
        (refusal(503, "master_not_discovered_exception", "x"), TransientError, "busy"),
        (refusal(400, "parsing_exception", "bad"), UserError, "refuses"),
        (
            NoConnection("Connection refused"),
            TransientError,
            "Nothing answers at elasticsearch://one:9200",
        ),
        (NoConnection("Name or service not known"), TransientError, "host name"),
        (NoConnection("Server disconnected"), TransientError, r"elasticsearch\+tls://"),
        (ConnectionTimeout("slow"), TransientError, "does not answer in time"),
        (
            TlsError("certificate verify failed: self-signed certificate"),
            UserError,
            "not trusted; set index_ca",
        ),
        (TlsError("certificate verify failed: Hostname mismatch"), UserError, "another host name"),
        (TlsError("[SSL: WRONG_VERSION_NUMBER]"), UserError, "does not speak TLS"),
    ],
    ids=lambda value: str(value)[:50] if not isinstance(value, type) else value.__name__,
)
def test_each_failure_is_one_sentence_and_says_whether_waiting_helps(error, kind, sentence):
    index = Index(hosts=("one:9200",), user="me", password="hunter2")
    explained = explain(error, index)
    assert type(explained) is kind
    with pytest.raises(kind, match=sentence):
        raise explained
    assert "hunter2" not in str(explained)
    assert "\n" not in str(explained)


def test_another_product_is_told_apart():
    meta = refusal(200, "x", "y").meta
    explained = explain(UnsupportedProductError("no", meta, {}), Index(hosts=("one:9200",)))
    assert type(explained) is UserError
    assert "not Elasticsearch" in str(explained)
