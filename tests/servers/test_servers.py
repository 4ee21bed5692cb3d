"""The servers that other tests rely on do what those tests believe."""

import pytest

from servers import Elasticsearch, Kafka


@pytest.mark.servers
def test_the_shared_servers_answer(kafka: Kafka, elastic: Elasticsearch, prefix: str) -> None:
    assert kafka.answers()
    assert elastic.ask("GET", "/")["version"]["number"].startswith("9.")
    assert elastic.ask("PUT", f"/{prefix}-index")["acknowledged"]
    assert elastic.ask("DELETE", f"/{prefix}-index")["acknowledged"]
