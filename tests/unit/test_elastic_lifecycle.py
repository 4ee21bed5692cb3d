"""What a server with lifecycle management is asked: its answers here are those of a full distribution."""

import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from streams.sinks.elasticsearch.retention import arrange, unarranged
from streams.sinks.elasticsearch.settings import index_of

ANSWERS = {
    "/_ilm/policy": {},
    "/biowire-articles-g": {
        name: {"mappings": {"_meta": {"biowire": 1}}}
        for name in (
            "biowire-articles-g1-2009.12",
            "biowire-articles-g1-2023.08",
            "biowire-articles-g2-2023.09",
            "biowire-stories-g1",
        )
    },
}


@pytest.fixture
def server():
    asked = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            found = next((body for path, body in ANSWERS.items() if self.path.startswith(path)), {})
            self.answer(found)

        def do_PUT(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked.append((self.path.partition("?")[0], json.loads(body)))
            self.answer({"acknowledged": True})

        def answer(self, body):
            content = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("X-Elastic-Product", "Elasticsearch")
            self.send_header("Content-Type", "application/vnd.elasticsearch+json;compatible-with=9")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    listening.daemon_threads = True
    thread = threading.Thread(target=listening.serve_forever)
    thread.start()
    yield f"elasticsearch://127.0.0.1:{listening.server_port}", asked
    listening.shutdown()
    thread.join()
    listening.server_close()


def test_each_month_is_to_leave_when_its_last_day_is_old_enough(server):
    url, asked = server
    index = index_of({"index": url})
    with index.client() as client:
        said = arrange(client, index, timedelta(days=365), datetime(2026, 1, 1, tzinfo=UTC))
    assert (
        said
        == "Elasticsearch drops articles older than 365 days, whole months, by its policy biowire-articles."
    )
    with index.client() as client:
        assert unarranged(client, index, timedelta(days=365)) == [
            "biowire-articles",
            "biowire-articles-g1-2023.08",
            "biowire-articles-g2-2023.09",
        ]
    policy, *months = asked
    phases = {"delete": {"min_age": "396d", "actions": {"delete": {}}}}
    assert policy == ("/_ilm/policy/biowire-articles", {"policy": {"phases": phases}})
    assert [path for path, _ in months] == [
        "/biowire-articles-g1-2023.08/_settings",
        "/biowire-articles-g2-2023.09/_settings",
    ]
    assert months[0][1] == {
        "index.lifecycle.name": "biowire-articles",
        "index.lifecycle.origination_date": 1690848000000,
    }
