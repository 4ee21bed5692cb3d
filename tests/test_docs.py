"""The docs say what is true: commands, settings, fields, links, chores."""

import dataclasses
import re
import subprocess
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from shared_data import ROOT

from dashboards.cli import COMMANDS, biowire
from streams.core.records import Document
from streams.settings import SETTINGS

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "seeds").rglob("*.md")])


def everything(group: click.Group, prefix: str = "") -> list[tuple[str, click.Command]]:
    context = click.Context(group)
    found = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        found.append((f"{prefix}{name}", command))
        if isinstance(command, click.Group):
            found += everything(command, f"{prefix}{name} ")
    return found


@pytest.mark.parametrize("name", [name for name, _ in everything(biowire)])
def test_every_command_has_help_with_an_example(name: str) -> None:
    shown = CliRunner().invoke(biowire, [*name.split(), "--help"])
    assert shown.exit_code == 0
    assert "Example: biowire" in " ".join(shown.output.split()), name


def test_every_command_of_the_program_is_mounted() -> None:
    promised = "demo run ingest parse extract analyze search show explain export replay feeds vocabulary deadletters evaluate status backup restore"
    assert set(promised.split()) <= set(COMMANDS)


def test_every_setting_is_described() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| `(.*?)` \|", page, re.MULTILINE))
    assert rows == {setting.name: repr(setting.default) for setting in SETTINGS}


def test_every_field_of_a_document_is_described() -> None:
    page = (ROOT / "docs" / "documents.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(\w+)`", page))
    assert {field.name for field in dataclasses.fields(Document)} <= named


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)\)", page.read_text(encoding="utf-8")):
        if not target.startswith(("http", "mailto")):
            assert (page.parent / target).exists(), target


def test_chores_named_in_the_docs_exist() -> None:
    listed = subprocess.run([ROOT / "run.sh"], capture_output=True, text=True, check=True).stdout
    chores = set(re.findall(r"^  (\w+)", listed, re.MULTILINE))
    for page in PAGES:
        assert set(re.findall(r"\./run\.sh (\w+)", page.read_text(encoding="utf-8"))) <= chores
