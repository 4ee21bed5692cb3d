"""Tokens of the HTTP API: kept as hashes, by name, for their owner's eyes only."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.errors import StoreError, UserError
from dashboards.api.tokens import Tokens

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tokens.toml"


def test_a_token_is_known_by_its_secret_and_shown_once(path: Path) -> None:
    secret = Tokens(path).add("desk", "write", NOON)
    found = Tokens(path).owner(secret)
    assert found is not None
    assert (found.name, found.scope, found.created) == ("desk", "write", NOON)
    assert secret not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("wrong", ["", "biowire_", "biowire_" + "A" * 43, "\ud800"])
def test_what_is_no_token_is_nobodys(path: Path, wrong: str) -> None:
    Tokens(path).add("desk", "write", NOON)
    assert Tokens(path).owner(wrong) is None


def test_a_running_server_sees_tokens_come_and_go(path: Path) -> None:
    serving = Tokens(path)
    assert serving.all() == ()
    secret = Tokens(path).add("desk", "read", NOON)
    other = Tokens(path).add("archive", "read", NOON)
    assert [one.name for one in serving.all()] == ["archive", "desk"]
    assert Tokens(path).remove("desk")
    assert serving.owner(secret) is None
    assert serving.owner(other) is not None
    assert not Tokens(path).remove("desk")


@pytest.mark.parametrize(
    "name", ["", " ", "a b", 'a"b', "a\nb", "-a", "a" * 65, "ä", "../x"], ids=lambda name: repr(name[:5])
)
def test_names_that_could_break_the_file_are_refused(path: Path, name: str) -> None:
    with pytest.raises(UserError, match="is no name for a token"):
        Tokens(path).add(name, "read", NOON)


def test_a_name_is_given_once(path: Path) -> None:
    Tokens(path).add("desk", "read", NOON)
    with pytest.raises(UserError, match="a token desk already"):
        Tokens(path).add("desk", "write", NOON)


@pytest.mark.parametrize(
    "text",
    [
        "token = 3",
        "[[token]]\nname = 'a'",
        "not toml",
        "[[token]]\nname='a'\nscope='all'\nsha256=''\ncreated=2026-01-01T00:00:00Z",
        "[[token]]\nname=1\nscope='read'\nsha256=''\ncreated=2026-01-01T00:00:00Z",
    ],
)
def test_a_damaged_file_lets_nobody_in_and_says_so(path: Path, text: str) -> None:
    path.write_text(text)
    with pytest.raises(StoreError, match="cannot be read"):
        Tokens(path).all()
