"""backup and restore of what belongs to a store: alerts, subscriptions, keys."""

import json
import sqlite3
from contextlib import closing

import pytest
from alert_runs import raised, worked
from builders import NOON
from click.testing import CliRunner
from embedded_runs import world_items

from connectors.errors import StoreError
from dashboards.cli import biowire
from streams.embedded import SCHEMAS, Instance
from streams.seeds_files import vocabulary
from streams.store_files import back_up, restore_from
from streams.subscriptions.files import FileSubscriptions

ITEMS = world_items()[::10]


def run(home, *arguments):
    result = CliRunner().invoke(biowire, ["--home", str(home), *map(str, arguments)])
    assert result.exit_code == 0, result.exception
    return result


def keys(home):
    return [one.alert.key for one in raised(home)]


@pytest.fixture
def home(tmp_path):
    """A home with a subscription, alerts, a key and tokens."""
    home = tmp_path / "home"
    (home / "subscriptions").mkdir(parents=True)
    (home / "subscriptions" / "cameras.toml").write_text('name = "Cameras"\nquery = "camera OR face"\n')
    (home / "secret").write_bytes(b"k" * 32)
    (home / "tokens.toml").write_text("")
    worked(home, ITEMS[:30], FileSubscriptions(home / "subscriptions"), 10)
    assert keys(home)
    return home


def test_a_restored_home_goes_on_as_if_nothing_had_happened(home, tmp_path):
    run(home, "backup", tmp_path / "copy.db")
    elsewhere = tmp_path / "elsewhere"
    run(elsewhere, "restore", tmp_path / "copy.db")
    assert keys(elsewhere) == keys(home)
    kept = FileSubscriptions(elsewhere / "subscriptions")
    assert [one.id for one in kept.all()] == ["cameras"]
    assert len(kept.history("cameras")) == 1
    assert (elsewhere / "secret").read_bytes() == b"k" * 32
    assert (elsewhere / "tokens.toml").exists()
    assert {(elsewhere / name).stat().st_mode & 0o777 for name in ("secret", "tokens.toml")} == {0o600}
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600
    for one in (home, elsewhere):
        worked(one, ITEMS, FileSubscriptions(one / "subscriptions"), 10)
    assert keys(elsewhere) == keys(home)
    with closing(sqlite3.connect(elsewhere / "biowire.db")) as store:
        assert not store.execute("SELECT 1 FROM sqlite_master WHERE name = 'backup_files'").fetchone()


def test_what_is_there_is_kept_and_what_came_after_the_backup_is_told_again(home, tmp_path):
    run(home, "backup", tmp_path / "copy.db")
    before = keys(home)
    worked(home, ITEMS, FileSubscriptions(home / "subscriptions"), 10)
    after = keys(home)
    assert len(after) > len(before)
    (home / "subscriptions" / "more.toml").write_text('name = "More"\nquery = "drone"\n')
    run(home, "restore", tmp_path / "copy.db")
    assert keys(home) == before
    assert not (home / "subscriptions" / "more.toml").exists()
    assert (home / "subscriptions.before-restore" / "more.toml").exists()
    assert (home / "secret.before-restore").exists()
    assert (home / "alerts.db.before-restore").exists()
    worked(home, ITEMS, FileSubscriptions(home / "subscriptions"), 10)
    assert keys(home) == after
    run(home, "restore", tmp_path / "copy.db")
    assert keys(home) == before


def take_in(home, items):
    """As a command does that has nothing to do with alerts."""
    with Instance(home / "biowire.db", vocabulary({})) as instance:
        instance.ingest([json.dumps(item).encode() for item in items], NOON, lambda: None)


def test_a_store_restored_without_its_alerts_is_taken_in_quietly(home, tmp_path):
    for path in home.glob("alerts.db*"):
        path.rename(tmp_path / path.name)
    run(home, "backup", tmp_path / "copy.db")
    for path in tmp_path.glob("alerts.db*"):
        path.rename(home / path.name)
    worked(home, ITEMS[:40], FileSubscriptions(home / "subscriptions"), 10)
    before = keys(home)
    run(home, "restore", tmp_path / "copy.db")
    take_in(home, ITEMS[30:])
    worked(home, ITEMS, FileSubscriptions(home / "subscriptions"), 10)
    assert keys(home) == before


def test_a_backup_that_holds_other_files_is_refused(home, tmp_path):
    back_up(home / "biowire.db", tmp_path / "copy.db")
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy, copy:
        copy.execute("INSERT INTO backup_files VALUES ('../outside', 0, x'00')")
    before = keys(home)
    with pytest.raises(StoreError, match="none of ours"):
        restore_from(tmp_path / "copy.db", home / "biowire.db", SCHEMAS)
    assert keys(home) == before
    assert not (tmp_path / "outside").exists()
    assert not list(home.glob(".restore-*"))


def test_damaged_alerts_in_a_backup_change_nothing(home, tmp_path):
    back_up(home / "biowire.db", tmp_path / "copy.db")
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy, copy:
        copy.execute("UPDATE backup_files SET content = zeroblob(9000) WHERE name = 'alerts.db'")
    before = keys(home)
    with pytest.raises(StoreError, match="damaged"):
        restore_from(tmp_path / "copy.db", home / "biowire.db", SCHEMAS)
    assert keys(home) == before
