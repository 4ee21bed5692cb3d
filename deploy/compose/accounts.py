"""Gives Elasticsearch the accounts that docker-compose.yml uses; run at each start, changes nothing twice.

Needs only the standard library. The environment names Elasticsearch (`ELASTICSEARCH`, an http URL) and the
files with the passwords of `elastic`, `kibana_system`, `biowire` and `biowire_dashboards`.
"""  # noqa: INP001 - a script, mounted alone

import base64
import json
import os
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

PATIENCE = 600.0
"""Seconds to wait for Elasticsearch."""

WORKER = {
    "cluster": ["monitor", "manage_index_templates", "manage_ilm"],
    "indices": [{"names": ["biowire-*"], "privileges": ["manage", "read", "write"]}],
}
"""What `biowire worker`, `provision` and `replay` need, and no more."""

READER = {
    "cluster": ["monitor"],
    "indices": [{"names": ["biowire-*"], "privileges": ["read", "view_index_metadata"]}],
    "applications": [{"application": "kibana-.kibana", "privileges": ["read"], "resources": ["*"]}],
}
"""For people and programs that only search, and for people who look at the dashboards."""

DASHBOARDS = {
    "applications": [{"application": "kibana-.kibana", "privileges": ["all"], "resources": ["*"]}],
}
"""What `biowire provision --kibana` needs: to write saved objects. It cannot read the index."""


def main() -> int:
    """Put roles, users and passwords; 0 when all stand."""
    server = os.environ["ELASTICSEARCH"].rstrip("/")
    elastic = secret("ELASTIC_PASSWORD_FILE")
    steps = (
        ("POST", "/_security/user/kibana_system/_password", {"password": secret("KIBANA_PASSWORD_FILE")}),
        ("PUT", "/_security/role/biowire", WORKER),
        ("PUT", "/_security/role/biowire_reader", READER),
        (
            "PUT",
            "/_security/user/biowire",
            {"password": secret("BIOWIRE_INDEX_PASSWORD_FILE"), "roles": ["biowire"]},
        ),
        ("PUT", "/_security/role/biowire_dashboards", DASHBOARDS),
        (
            "PUT",
            "/_security/user/biowire_dashboards",
            {"password": secret("BIOWIRE_KIBANA_PASSWORD_FILE"), "roles": ["biowire_dashboards"]},
        ),
    )
    deadline = time.monotonic() + PATIENCE
    for method, path, body in steps:
        while (problem := put(server, elastic, method, path, body)) and time.monotonic() < deadline:
            print(f"accounts: waiting: {problem}", file=sys.stderr, flush=True)
            time.sleep(5)
        if problem:
            print(f"accounts: gave up: {problem}", file=sys.stderr)
            return 1
        print(f"accounts: {method} {path} done")
    return 0


def secret(name: str) -> str:
    """First line of the file that the variable names."""
    return Path(os.environ[name]).read_text(encoding="utf-8").splitlines()[0].strip()


def put(server: str, password: str, method: str, path: str, body: dict[str, object]) -> str:
    """Send one request; what is in the way, or nothing. Exits where waiting would not help."""
    token = base64.b64encode(f"elastic:{password}".encode()).decode()
    request = urllib.request.Request(  # noqa: S310 - the address is our own compose file's
        server + path,
        method=method,
        data=json.dumps(body).encode(),
        headers={"Authorization": f"Basic {token}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=10):  # noqa: S310 - the same
            return ""
    except urllib.error.HTTPError as refused:
        with refused:
            text = refused.read(500).decode(errors="replace")
        if refused.code in (400, 401, 403):
            sys.exit(f"accounts: {method} {path} was refused with {refused.code}: {text}")
        return f"Elasticsearch answers {refused.code}"
    except OSError as cause:
        return f"Elasticsearch does not answer: {cause}"


if __name__ == "__main__":
    sys.exit(main())
