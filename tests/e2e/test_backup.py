"""backup and restore: online, whole or not at all; and retention, which only takes what is older."""

import multiprocessing
import shutil
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from documents import START, a_document, a_flag, an_id

from connectors.database import Database
from connectors.errors import StoreError, UserError
from dashboards.cli import biowire
from streams.core.query_parse import parse
from streams.embedded import SCHEMAS
from streams.retention import Cutoffs, Forgotten, cutoffs, forget
from streams.sinks.memory import MemoryIndex
from streams.sinks.sqlite import SqliteIndex
from streams.store_files import NOTE, back_up, restore_from


def fill(path, names):
    database = Database(path, SCHEMAS)
    SqliteIndex(database).put(a_document(name, title=f"article {name}") for name in names)
    database.close()
    return path


def ids(path):
    database = Database(path, SCHEMAS, writer=False)
    try:
        return {document.id for document in SqliteIndex(database).scan()}
    finally:
        database.close()


def named(names):
    return {an_id(name) for name in names}


def run(home, *arguments):
    return CliRunner().invoke(biowire, ["--home", str(home), *map(str, arguments)])


def test_a_backup_restored_is_the_store_that_was(tmp_path):
    store = fill(tmp_path / "biowire.db", range(10))
    assert run(tmp_path, "backup", tmp_path / "copy.db").exit_code == 0
    fill(store, range(10, 20))
    assert run(tmp_path, "restore", tmp_path / "copy.db").exit_code == 0
    assert ids(store) == named(range(10))
    assert ids(tmp_path / "biowire.db.before-restore") == named(range(20))
    fill(store, [99])
    assert ids(store) == named([*range(10), 99])


def test_a_backup_opens_where_there_was_no_store(tmp_path):
    fill(tmp_path / "biowire.db", range(3))
    back_up(tmp_path / "biowire.db", tmp_path / "copy.db")
    assert restore_from(tmp_path / "copy.db", tmp_path / "new" / "biowire.db", SCHEMAS) is None
    assert ids(tmp_path / "new" / "biowire.db") == named(range(3))


def write_forever(path, started):
    database = Database(path, SCHEMAS)
    index = SqliteIndex(database)
    for batch in range(10_000):
        index.put(a_document(f"{batch}-{n}") for n in range(10))
        started.set()


def test_a_backup_is_whole_while_another_process_writes(tmp_path):
    context = multiprocessing.get_context("spawn")
    started = context.Event()
    writer = context.Process(target=write_forever, args=(tmp_path / "biowire.db", started))
    writer.start()
    try:
        assert started.wait(30)
        for number in range(3):
            back_up(tmp_path / "biowire.db", tmp_path / f"{number}.db")
            found = ids(tmp_path / f"{number}.db")
            assert found
            assert len(found) % 10 == 0
            with sqlite3.connect(tmp_path / f"{number}.db") as copy:
                assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        with pytest.raises(StoreError, match="Another biowire process is writing"):
            restore_from(tmp_path / "0.db", tmp_path / "biowire.db", SCHEMAS)
    finally:
        writer.kill()
        writer.join()


def test_a_reader_sees_the_store_before_or_after_a_restore(tmp_path):
    store = fill(tmp_path / "biowire.db", range(5))
    back_up(store, tmp_path / "copy.db")
    fill(store, range(5, 9))
    reader = Database(store, SCHEMAS, writer=False)
    index = SqliteIndex(reader)
    assert index.count() == 9
    restore_from(tmp_path / "copy.db", store, SCHEMAS)
    assert index.count() == 5
    assert index.count(parse("article")) == 5
    reader.close()


def test_an_existing_file_is_replaced_only_by_force(tmp_path):
    fill(tmp_path / "biowire.db", range(2))
    target = tmp_path / "copy.db"
    target.write_text("precious")
    refused = run(tmp_path, "backup", target)
    assert isinstance(refused.exception, UserError)
    assert "is there already" in str(refused.exception)
    assert target.read_text() == "precious"
    assert run(tmp_path, "backup", target, "--force").exit_code == 0
    assert ids(target) == named(range(2))
    with pytest.raises(UserError, match="the store itself"):
        back_up(tmp_path / "biowire.db", tmp_path / "biowire.db", force=True)


def damaged(path):
    content = bytearray(path.read_bytes())
    for at in range(4096, len(content), 7000):
        content[at : at + 64] = b"\xff" * 64
    path.write_bytes(content)


def cut_short(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def no_store(path):
    path.unlink()
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE t (x)")


def newer(path):
    with sqlite3.connect(path) as other:
        other.execute("UPDATE schema_versions SET version = 99 WHERE name = 'articles'")


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (damaged, "is damaged"),
        (cut_short, "is damaged"),
        (lambda path: path.write_text("hello " * 1000), "is damaged or no store"),
        (no_store, "is no biowire store"),
        (newer, "written by a newer biowire"),
        (lambda path: path.unlink(), "There is no file"),
    ],
    ids=["damaged", "cut-short", "text", "other-database", "newer", "absent"],
)
def test_a_file_that_cannot_be_restored_changes_nothing(tmp_path, spoil, sentence):
    store = fill(tmp_path / "biowire.db", range(50))
    back_up(store, tmp_path / "copy.db")
    spoil(tmp_path / "copy.db")
    before = store.read_bytes()
    with pytest.raises(UserError, match=sentence):
        restore_from(tmp_path / "copy.db", store, SCHEMAS)
    assert store.read_bytes() == before
    left = {path.name for path in tmp_path.iterdir()} - {"biowire.db", "biowire.lock", "copy.db", NOTE}
    assert left <= {"biowire.db-wal", "biowire.db-shm"}


def test_a_store_too_damaged_to_open_is_moved_aside(tmp_path):
    store = fill(tmp_path / "biowire.db", range(5))
    back_up(store, tmp_path / "copy.db")
    store.write_text("nothing but text " * 1000)
    kept = restore_from(tmp_path / "copy.db", store, SCHEMAS)
    assert kept.read_text().startswith("nothing but text")
    assert ids(store) == named(range(5))


@pytest.mark.slow
def test_a_kill_in_the_middle_leaves_one_whole_store(tmp_path):
    store = fill(tmp_path / "biowire.db", range(600))
    back_up(store, tmp_path / "copy.db")
    fill(store, range(600, 700))
    program = "import sys; from pathlib import Path; from streams.store_files import restore_from;"
    program += (
        "from streams.embedded import SCHEMAS; restore_from(Path(sys.argv[1]), Path(sys.argv[2]), SCHEMAS)"
    )
    for wait in (0.3, 0.5, 0.6, 0.7, 0.9):
        work = tmp_path / f"work{wait}"
        work.mkdir()
        shutil.copy(store, work / "biowire.db")
        process = subprocess.Popen([sys.executable, "-c", program, tmp_path / "copy.db", work / "biowire.db"])
        time.sleep(wait)
        process.kill()
        process.wait()
        assert ids(work / "biowire.db") in (named(range(600)), named(range(700)))


NOW = datetime(2023, 9, 1, tzinfo=UTC)


@pytest.fixture(params=["memory", "sqlite"])
def index(request, tmp_path):
    if request.param == "memory":
        yield MemoryIndex()
        return
    database = Database(tmp_path / "biowire.db", SCHEMAS)
    yield SqliteIndex(database)
    database.close()


def test_dropped_texts_leave_what_is_kept_searchable_and_flags_with_their_words(index):
    flag = a_flag("surveillance", "camera", "text", 4, 10, "camera")
    index.put(
        [
            a_document(
                "old", title="Old news", text="The camera saw", flags=(flag,), watchlists=("surveillance",)
            )
        ]
    )
    index.put([a_document("new", title="New news", text="The camera sees", published=NOW)])
    assert forget(Cutoffs(texts=NOW), index) == Forgotten(texts=1)
    assert forget(Cutoffs(texts=NOW), index) == Forgotten()
    kept = index.get(an_id("old"))
    assert (kept.text, kept.flags[0].surface) == ("", "camera")
    assert [hit.document.id for hit in index.search(parse("camera")).hits] == [an_id("new")]
    assert index.count(parse("news flag:surveillance")) == 1
    assert index.search(parse("flag:surveillance")).hits[0].highlights == ()


def test_old_documents_go_and_others_stay(index):
    index.put(a_document(n, published=START + timedelta(days=n)) for n in range(1200))
    assert forget(Cutoffs(documents=START + timedelta(days=1100)), index) == Forgotten(documents=1100)
    assert index.count() == 100
    assert index.count(parse("title")) == 100


def test_raw_items_go_by_the_log_itself(index):
    asked = []

    class Items:
        def drop_before(self, moment):
            asked.append(moment)
            return 3

    assert forget(Cutoffs(items=NOW), index, Items()) == Forgotten(items=3)
    assert forget(Cutoffs(), index, Items()) == Forgotten()
    assert asked == [NOW]


def test_nothing_is_forgotten_unless_a_setting_says_so():
    assert cutoffs({}, NOW) == cutoffs({"retention_texts": ""}, NOW) == Cutoffs()
    assert cutoffs({"retention_texts": "31d"}, NOW) == Cutoffs(texts=datetime(2023, 8, 1, tzinfo=UTC))
    with pytest.raises(UserError, match="retention_items is a length of time"):
        cutoffs({"retention_items": "a year"}, NOW)
