"""Image, units, alert rules, accounts and secrets: what can be checked of them without an engine or a machine."""

import importlib.util
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from prometheus_client.parser import text_string_to_metric_families
from shared_data import ROOT

from connectors.service import ServiceReport
from dashboards.cli import COMMANDS, biowire
from streams.metrics import Metrics

DEPLOY = ROOT / "deploy"
RULES = (DEPLOY / "prometheus" / "alerts.yml").read_text(encoding="utf-8")
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))


def figures() -> set[str]:
    """Every series that a connector or worker serves."""
    metrics = Metrics()
    metrics.lag(lambda: {"raw": 1})
    metrics.indexing(str, lambda: {429: 1})
    report = ServiceReport(
        feeds={"fetched": 1}, entries=1, items=1, pages_fetched=1, pages_failed={"robots": 1}
    )
    metrics.counting(lambda: report)
    families = text_string_to_metric_families(metrics.page().decode())
    return {sample.name for family in families for sample in family.samples}


def test_rules_and_docs_name_figures_that_exist() -> None:
    known = figures()
    assert set(re.findall(r"\bbiowire_[a-z_]+", RULES)) <= known
    named = {"biowire_password", "biowire_reader", "biowire_dashboards"}
    told = set(re.findall(r"`(biowire_[a-z_]+)", PAGE)) - named
    assert {name for name in told if name not in known and f"{name}_count" not in known} == set()
    untold = {re.sub(r"_(bucket|count|sum)$", "", name) for name in known if not name.endswith("_created")}
    assert {name for name in untold if not name.startswith("process_")} <= told


def test_every_alert_is_explained_and_says_what_it_is() -> None:
    alerts = re.findall(r"- alert: (\w+)", RULES)
    assert alerts
    assert [name for name in alerts if f"`{name}`" not in PAGE] == []
    for part in RULES.split("- alert: ")[1:]:
        assert {"expr:", "severity:", "summary:", "description:"} <= set(re.findall(r"\b\w+:", part)), part


def test_prometheus_takes_rules_and_scrape_configuration() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool (Debian: prometheus) is not installed")
    for kind, name in (("config", "prometheus.yml"), ("rules", "alerts.yml")):
        done = subprocess.run(
            [promtool, "check", kind, DEPLOY / "prometheus" / name],
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_units_are_understood_by_systemd(unit: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not installed")
    done = subprocess.run([analyze, "verify", "--man=no", unit], check=False, capture_output=True, text=True)
    about = [line for line in done.stderr.splitlines() if unit.stem.rstrip("@") in line]
    assert [
        line for line in about if "is not executable" not in line
    ] == []  # the program is not installed here


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_units_run_a_command_that_exists_with_few_rights(unit: Path) -> None:
    text = unit.read_text(encoding="utf-8")
    (line,) = re.findall(r"^ExecStart=/opt/biowire/bin/biowire (.+)$", text, re.MULTILINE)
    command, *options = line.split()
    assert command in COMMANDS
    shown = CliRunner().invoke(biowire, [command, "--help"]).output
    assert all(option in shown for option in options if option.startswith("-"))
    for right in ("NoNewPrivileges=yes", "ProtectSystem=strict", "CapabilityBoundingSet=\n", "MemoryMax="):
        assert right in text


def test_the_image_is_pinned_runs_as_nobody_special_and_holds_no_build_tools() -> None:
    assert re.search(r"^ARG PYTHON=\d+\.\d+\.\d+-slim-\w+$", DOCKERFILE, re.MULTILINE)
    assert re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE) == ["python:${PYTHON}"] * 2
    final = DOCKERFILE.split("\nFROM ")[2]
    assert re.search(r"^USER 1000:1000$", final, re.MULTILINE)
    for word in ("apt-get", "pip install", "gcc", "ADD ", "curl"):
        assert word not in final
    for line in ("HEALTHCHECK", 'ENTRYPOINT ["biowire"]', 'CMD ["run"]', "org.opencontainers.image.licenses"):
        assert line in final


def test_the_health_check_of_the_image_tells_healthy_from_not(monkeypatch: pytest.MonkeyPatch) -> None:
    check = json.loads(re.search(r"^    CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)[1])  # type: ignore[index]
    metrics = Metrics()
    with metrics.serve("127.0.0.1", 0) as server:
        monkeypatch.setenv("BIOWIRE_METRICS_PORT", str(server.port))
        assert subprocess.run(check, check=False, capture_output=True).returncode == 0
        metrics.waiting("broker", "it is away")
        assert subprocess.run(check, check=False, capture_output=True).returncode == 1


def test_the_image_gets_what_the_wheel_is_built_from() -> None:
    kept = [
        line[1:].rstrip("/") for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"
    ]
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    assert sorted(kept) == sorted(word for line in copied for word in line.split())


def test_secrets_are_made_once_and_readable_by_their_owner_only(tmp_path: Path) -> None:
    shutil.copy(DEPLOY / "secrets" / "make.sh", tmp_path)
    subprocess.run([tmp_path / "make.sh"], check=False, capture_output=True)
    made = {path.name: path for path in tmp_path.iterdir() if path.name != "make.sh"}
    listed = re.findall(r"^\| `(\w+)` \|", (DEPLOY / "secrets" / "README.md").read_text(), re.MULTILINE)
    if len(made) == 1:
        pytest.skip("this user has another number than 1000: make.sh refuses, as it says")
    assert sorted(made) == sorted(listed)
    assert {path.stat().st_mode & 0o777 for path in made.values()} == {0o400}
    contents = {name: path.read_text() for name, path in made.items()}
    assert all(re.fullmatch(r"[0-9a-f]{48}", text) for text in contents.values())
    assert len(set(contents.values())) == len(contents)
    subprocess.run([tmp_path / "make.sh"], check=False, capture_output=True)
    assert {name: path.read_text() for name, path in made.items()} == contents


class _Security(BaseHTTPRequestHandler):
    """Elasticsearch as far as accounts.py asks it: away at first, then taking what it is given."""

    asked: list[tuple[str, str, Any]]
    away: int
    refuse: bool

    def _answer(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status = 200
        if self.server.away:  # type: ignore[attr-defined]
            self.server.away -= 1  # type: ignore[attr-defined]
            status = 503
        elif self.server.refuse:  # type: ignore[attr-defined]
            status = 401
        else:
            self.server.asked.append((self.command, self.path, body))  # type: ignore[attr-defined]
        self.send_response(status)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    do_PUT = do_POST = _answer  # noqa: N815 - the handler's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the same
        pass


@pytest.fixture
def security(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    server: Any = HTTPServer(("127.0.0.1", 0), _Security)
    server.asked, server.away, server.refuse = [], 0, False
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("ELASTICSEARCH", f"http://127.0.0.1:{server.server_port}")
    for name in re.findall(r"[A-Z_]+_PASSWORD_FILE", (DEPLOY / "compose" / "accounts.py").read_text()):
        (tmp_path / name).write_text(f"the {name}\n")
        monkeypatch.setenv(name, str(tmp_path / name))
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def accounts() -> Any:
    spec = importlib.util.spec_from_file_location("accounts", DEPLOY / "compose" / "accounts.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_accounts_are_given_when_elasticsearch_is_there(
    security: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = accounts()
    monkeypatch.setattr(module.time, "sleep", lambda _: None)
    security.away = 2
    assert module.main() == 0
    assert [path.removeprefix("/_security/") for _, path, _ in security.asked] == [
        "user/kibana_system/_password",
        "role/biowire",
        "role/biowire_reader",
        "user/biowire",
        "role/biowire_dashboards",
        "user/biowire_dashboards",
    ]
    bodies = {path: body for _, path, body in security.asked}
    assert bodies["/_security/user/biowire"]["password"] == "the BIOWIRE_INDEX_PASSWORD_FILE"
    assert bodies["/_security/role/biowire"]["indices"] == [
        {"names": ["biowire-*"], "privileges": ["manage", "read", "write"]}
    ]


def test_a_wrong_password_is_said_at_once(security: Any) -> None:
    security.refuse = True
    with pytest.raises(SystemExit, match="refused with 401"):
        accounts().main()
