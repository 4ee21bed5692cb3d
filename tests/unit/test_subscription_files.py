"""Subscriptions in files: what people do to them by hand is noticed, what is damaged is said, nothing is lost."""

import stat
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from connectors.errors import StoreError, UserError
from streams.core.alerts.records import Subscription
from streams.core.alerts.subscription_toml import SubscriptionFileError
from streams.subscriptions.files import FileSubscriptions

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
BORDER = Subscription(id="border", name="Borders", query="face border")
LEAST = 'name = "Iris"\nquery = "iris"\n'


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "home" / "subscriptions"


@pytest.fixture
def store(folder):
    store = FileSubscriptions(folder)
    store.save(BORDER, "anna", NOW)
    return store


def told(store, id_):
    return [(one.version, one.changed_by, what) for one, what in store.history(id_)]


def replace_in(path, old, new):
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def test_looking_makes_nothing(folder):
    store = FileSubscriptions(folder)
    assert [*store.all(), *store.problems(), *store.history("x")] == []
    assert store.stamp() == ()
    assert not folder.parent.exists()


def test_a_file_edited_by_hand_is_a_version_by_file(store, folder):
    before = store.stamp()
    replace_in(folder / "border.toml", "face border", "iris border")
    assert store.stamp() != before
    (now,) = store.all()
    assert (now.version, now.changed_by, now.query) == (2, "file", "iris border")
    changed = datetime.fromtimestamp((folder / "border.toml").stat().st_mtime, UTC)
    assert abs(now.changed_at - changed).total_seconds() < 0.001
    assert told(store, "border")[1:] == [(2, "file", "query face border becomes iris border")]
    assert FileSubscriptions(folder).get("border") == now


def test_comments_and_order_are_no_version(store, folder):
    path = folder / "border.toml"
    path.write_text(f"# ours\n{path.read_text(encoding='utf-8')}# end\n", encoding="utf-8")
    assert store.get("border").version == 1


def test_an_edit_by_hand_is_never_saved_over_unseen_and_stays_in_the_history(store, folder):
    old = store.get("border")
    replace_in(folder / "border.toml", "face border", "iris border")
    with pytest.raises(UserError, match="changed meanwhile by file"):
        store.save(replace(old, paused=True), "ben", NOW)
    store.save(replace(BORDER, paused=True), "ben", NOW)
    assert told(store, "border")[1:] == [
        (2, "file", "query face border becomes iris border"),
        (3, "ben", "query iris border becomes face border; paused"),
    ]


def test_a_file_that_somebody_puts_there_is_a_subscription(store, folder):
    (folder / "iris.toml").write_text(LEAST, encoding="utf-8")
    assert [one.id for one in store.all()] == ["border", "iris"]
    assert told(store, "iris") == [(1, "file", "made: iris")]


def test_a_file_that_somebody_deletes_is_removed_and_may_come_back(store, folder):
    kept = (folder / "border.toml").read_text(encoding="utf-8")
    (folder / "border.toml").unlink()
    assert list(store.all()) == []
    assert told(store, "border")[1:] == [(2, "file", "removed")]
    (folder / "border.toml").write_text(kept, encoding="utf-8")
    assert store.get("border").version == 3
    assert told(store, "border")[2:] == [(3, "file", "made: face border")]


def test_a_renamed_file_is_another_subscription(store, folder):
    (folder / "border.toml").rename(folder / "frontier.toml")
    assert [(one.id, one.version) for one in store.all()] == [("frontier", 1)]
    assert told(store, "border")[-1] == (2, "file", "removed")


def test_a_file_that_cannot_be_read_stops_nobody_else_and_is_never_written_over(store, folder):
    (folder / "iris.toml").write_text('name = "Iris"\nquerry = "iris"\n', encoding="utf-8")
    assert [one.id for one in store.all()] == ["border"]
    (problem,) = store.problems()
    assert problem.startswith("iris.toml:2: unknown key `querry`")
    for act in (
        lambda: store.get("iris"),
        lambda: store.save(replace(BORDER, id="iris", name="Iris"), "anna", NOW),
    ):
        with pytest.raises(SubscriptionFileError, match=r"^iris\.toml:2"):
            act()
    assert "querry" in (folder / "iris.toml").read_text(encoding="utf-8")
    assert store.remove("iris", "anna", NOW) is True
    assert list(store.problems()) == []


def test_a_known_subscription_whose_file_breaks_keeps_its_history_and_goes_on_when_mended(store, folder):
    path = folder / "border.toml"
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole[:40], encoding="utf-8")
    assert list(store.all()) == []
    assert told(store, "border") == [(1, "anna", "made: face border")]
    path.write_text(whole, encoding="utf-8")
    assert [one.version for one in store.all()] == [1]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\xff\xfe", "not UTF-8"),
        (b"#" * 2_000_000, "longer than 256 KB"),
        (b'name = "a"\r\nquery = "("\r\n', "iris.toml:2: The query cannot be read"),
    ],
    ids=["bytes", "huge", "query"],
)
def test_what_is_no_subscription_is_told_with_its_file(store, folder, data, words):
    (folder / "iris.toml").write_bytes(data)
    (problem,) = store.problems()
    assert words in problem
    assert problem.startswith("iris.toml:")


def test_files_of_editors_and_other_things_are_not_ours(store, folder):
    for name in (".border.toml.swp", "border.toml~", "#border.toml#", "notes.md", ".hidden.toml"):
        (folder / name).write_text("x", encoding="utf-8")
    (folder / "folder.toml").mkdir()
    assert [one.id for one in store.all()] == ["border"]
    assert list(store.problems()) == []


@pytest.mark.parametrize("name", ["../border", "a" * 300, "", ".", "a/b", "\x00"])
def test_a_name_never_leads_out_of_the_folder(store, folder, name):
    (folder.parent / "border.toml").write_text(LEAST, encoding="utf-8")
    assert store.get(name) is None
    assert list(store.history(name)) == []
    assert store.remove(name, "anna", NOW) is False
    assert (folder.parent / "border.toml").exists()


def test_a_name_that_cannot_be_an_id_is_a_problem(store, folder):
    (folder / "My Iris.toml").write_text(LEAST, encoding="utf-8")
    (problem,) = store.problems()
    assert "The id `My Iris` cannot be used" in problem


def test_a_line_of_history_that_a_killed_writer_left_half_is_dropped(store, folder):
    history = folder / ".history" / "border.jsonl"
    with history.open("ab") as file:
        file.write(b'{"what":"half a li')
    fresh = FileSubscriptions(folder)
    assert told(fresh, "border") == [(1, "anna", "made: face border")]
    fresh.save(replace(BORDER, paused=True), "ben", NOW)
    assert told(fresh, "border")[1:] == [(2, "ben", "paused")]
    assert list(fresh.problems()) == []
    assert len(history.read_bytes().splitlines()) == 2


def test_a_damaged_line_of_history_is_told_and_the_rest_is_read(store, folder):
    history = folder / ".history" / "border.jsonl"
    store.save(replace(BORDER, paused=True), "ben", NOW)
    lines = history.read_bytes().splitlines(keepends=True)
    history.write_bytes(b"{damaged}\n" + lines[1])
    assert told(store, "border") == [(2, "ben", "paused")]
    (problem,) = store.problems()
    assert problem.startswith(".history/border.jsonl:1: this version cannot be read")


def test_a_writer_killed_before_the_history_leaves_a_version_by_file(store, folder):
    history = folder / ".history" / "border.jsonl"
    before = history.read_bytes()
    store.save(replace(BORDER, query="iris"), "ben", NOW)
    history.write_bytes(before)
    fresh = FileSubscriptions(folder)
    assert told(fresh, "border")[1:] == [(2, "file", "query face border becomes iris")]


def test_only_the_owner_reads_what_may_hold_passwords(store, folder):
    for path in (folder / "border.toml", folder / ".history" / "border.jsonl"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_nothing_is_left_of_a_save_that_failed(store, folder, tmp_path):
    names = {path.name for path in folder.rglob("*")}
    with pytest.raises(UserError):
        store.save(replace(BORDER, name=""), "anna", NOW)
    assert {path.name for path in folder.rglob("*")} == names
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    with pytest.raises(StoreError, match="cannot be kept"):
        FileSubscriptions(blocked / "subscriptions").save(BORDER, "anna", NOW)


def test_files_that_did_not_change_are_not_read_again(store, folder):
    first = store.get("border")
    (folder / "border.toml").chmod(0o000)
    assert store.get("border") is first
