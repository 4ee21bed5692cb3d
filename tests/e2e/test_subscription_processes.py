"""Several processes edit subscriptions at once: no version is lost, and every file is whole at any moment."""

import multiprocessing
import signal
import time
from dataclasses import replace
from datetime import UTC, datetime

from streams.core.alerts.records import Subscription
from streams.core.alerts.subscription_toml import read
from streams.subscriptions.files import FileSubscriptions

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
BORDER = Subscription(id="border", name="Borders", query="face border")
EDITS = 40
CONTEXT = multiprocessing.get_context("forkserver")


def edit(folder, who, times):
    store = FileSubscriptions(folder)
    for number in range(times):
        store.save(replace(BORDER, query=f"face {who} {number}"), who, NOW)


def test_two_processes_lose_no_version(tmp_path):
    FileSubscriptions(tmp_path).save(BORDER, "first", NOW)
    writers = [CONTEXT.Process(target=edit, args=(tmp_path, who, EDITS)) for who in ("anna", "ben")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0, 0]
    history = FileSubscriptions(tmp_path).history("border")
    assert [one.version for one, _ in history] == list(range(1, 2 * EDITS + 2))
    for who in ("anna", "ben"):
        mine = [one.query for one, _ in history if one.changed_by == who]
        assert mine == [f"face {who} {number}" for number in range(EDITS)]
    assert {one.changed_by for one, _ in history} == {"first", "anna", "ben"}


def test_a_writer_killed_at_any_moment_leaves_whole_files_and_a_whole_history(tmp_path):
    store = FileSubscriptions(tmp_path)
    store.save(BORDER, "first", NOW)
    for number in range(8):
        known = len(store.history("border"))
        writer = CONTEXT.Process(target=edit, args=(tmp_path, f"w{number}", 100_000))
        writer.start()
        deadline = time.monotonic() + 60
        while len(store.history("border")) == known and time.monotonic() < deadline:
            time.sleep(0.002 * number)
        writer.kill()
        writer.join()
        assert writer.exitcode == -signal.SIGKILL
        text = (tmp_path / "border.toml").read_text(encoding="utf-8")
        (now,) = store.all()
        assert read(text, "border").query == now.query == store.history("border")[-1][0].query
        assert list(store.problems()) == []
    store.save(BORDER, "last", NOW)
    versions = [one.version for one, _ in store.history("border")]
    assert versions == list(range(1, len(versions) + 1))
    assert {path.name for path in tmp_path.iterdir()} == {"border.toml", ".history", ".lock"}
