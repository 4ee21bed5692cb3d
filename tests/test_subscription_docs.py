"""docs/subscriptions.md says what is true: every command and every file in it works."""

import json
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner
from shared_data import ROOT

from dashboards.cli import biowire, main
from streams.core.alerts.condition_defaults import KNOWN, NAMED
from streams.core.alerts.records import KINDS, RHYTHMS
from streams.core.alerts.subscription_toml import CONDITION, RHYTHM, TABLES, TOP, read, write

PAGE = (ROOT / "docs" / "subscriptions.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
ITEMS = [
    ("Police test face recognition at the harbour", "2026-11-02"),
    ("Iris scanners come to the border", "2026-11-09"),
    ("Bakers meet for the great bread fair", "2026-11-12"),
]


def item(number: int, title: str, day: str) -> str:
    return json.dumps(
        {
            "feed_url": "https://ticker.example/feed",
            "title": title,
            "link": f"https://ticker.example/{number}",
            "published": f"{day}T10:00:00Z",
            "summary_html": f"<p>{title}, said number {number}, to nobody's surprise but one.</p>",
        }
    )


def commands() -> list[list[str]]:
    shell = "".join(text for language, text in BLOCKS if language == "sh")
    return [shlex.split(line) for line in shell.splitlines()]


def test_every_command_of_the_guide_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    home = ["--home", str(tmp_path / "home")]
    items = tmp_path / "items.jsonl"
    items.write_text("\n".join(item(number, *one) for number, one in enumerate(ITEMS)), encoding="utf-8")
    alert = ""
    for name, *arguments in [["biowire", "ingest", "items.jsonl"], *commands()]:
        assert name == "biowire"
        if "add" in arguments and not alert:
            items.write_text(item(9, "Police and face recognition again", "2026-11-16"), encoding="utf-8")
        known = [alert if word == "ID" else word for word in arguments]
        done = CliRunner().invoke(biowire, [*home, *known])
        assert done.exit_code == 0, (arguments, done.output, done.exception)
        if arguments[:2] == ["subscriptions", "add"] and not alert:
            assert CliRunner().invoke(biowire, [*home, "ingest", "items.jsonl"]).exit_code == 0
            alert = json.loads(CliRunner().invoke(biowire, [*home, "alerts", "list", "--json"]).stdout)["id"]


def test_mistakes_are_answered_as_the_guide_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = "".join(text for language, text in BLOCKS if language == "console").splitlines()
    assert len(said) >= 10
    for command, answer in zip(said[::2], said[1::2], strict=True):
        code = main(["--home", str(tmp_path), *shlex.split(command.removeprefix("$ biowire "))])
        assert (code, capsys.readouterr().err.strip()) == (2, answer)
    assert list(tmp_path.iterdir()) == []


def test_every_file_of_the_guide_is_a_subscription() -> None:
    files = [text for language, text in BLOCKS if language == "toml"]
    assert files
    for text in files:
        assert read(write(read(text, "guide")), "guide") == read(text, "guide")


def test_every_condition_rhythm_facet_and_key_is_told() -> None:
    told = set(re.findall(r"`([\w-]+)`", PAGE)) | set(re.findall(r"--when ([\w-]+)", PAGE))
    inside = {
        key
        for language, text in BLOCKS
        if language == "toml"
        for key in re.findall(r"^(\w+) =", text, re.MULTILINE)
    }
    assert {*KINDS, *RHYTHMS, *NAMED} <= told
    assert {*TOP, *CONDITION, *RHYTHM} <= told | inside
    assert {*TABLES} <= set(re.findall(r"^\[(\w+)\]", PAGE, re.MULTILINE))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if KNOWN[kind]])
def test_the_usual_numbers_are_those_of_the_table(kind: str, tmp_path: Path) -> None:
    rows = dict(re.findall(r"^\| `([\w-]+)` \|.*\|(.*)\|$", PAGE, re.MULTILINE))
    said = rows[kind].replace("the same, and", rows["threshold"].strip().strip("`")).replace("`", "").split()
    conditions = []
    for name, numbers in (("plain", []), ("told", said)):
        arguments = ["subscriptions", "add", name, "--query", "x", "--when", kind, *numbers, "--json"]
        done = CliRunner().invoke(biowire, ["--home", str(tmp_path), *arguments])
        assert done.exit_code == 0, (done.output, done.exception)
        conditions.append(json.loads(done.stdout)["condition"])
    assert conditions[0] == conditions[1]
    assert len(said) == 2 * len(KNOWN[kind])
