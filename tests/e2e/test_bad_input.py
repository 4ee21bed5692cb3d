"""Every bad input we could think of: one sentence, exit code 2, nothing lost, nothing half-written.

docs/bad-input.md lists the same rows for people; a test below keeps the two together.
"""

from __future__ import annotations

import gzip
import os
import re
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from embedded_runs import (
    biowire,
    command,
    differences,
    documents,
    environment,
    wait_until_locked,
    world_items,
    write_items,
)
from shared_data import ROOT

ITEMS = world_items()
FEED = b"""<rss version="2.0"><channel><title>Ledger</title><item><title>Council weighs cameras</title>
<link>https://ledger.example/a</link></item></channel></rss>"""


@dataclass(frozen=True)
class Case:
    """How the bad input comes to be, what is run, and what a person is told."""

    arguments: tuple[str, ...]
    says: str
    """Regular expression for the sentence."""
    prepare: Callable[[Path], None] = lambda home: None
    kept: bool = True
    """Whether the store stays as it was; False where a part of the input was good and is kept."""
    stdin: bytes | None = None


def wrote(name: str, data: bytes) -> Callable[[Path], None]:
    return lambda home: (home / name).write_bytes(data) and None  # type: ignore[func-returns-value]


def cut_gzip(home: Path) -> None:
    (home / "cut.jsonl.gz").write_bytes(
        gzip.compress(write_items(home / "some.jsonl", ITEMS).read_bytes())[:-2000]
    )


def long_line(home: Path) -> None:
    with gzip.open(home / "bomb.jsonl.gz", "wb", compresslevel=1) as file:
        for _ in range(64):
            file.write(b" " * (1 << 24))


def billion_laughs(home: Path) -> None:
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    (home / "laughs.xml").write_text(
        f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY l0 "ha">{levels}]><rss version="2.0"><channel>'
        "<title>&l9;</title></channel>"
    )


def newer_store(home: Path) -> None:
    with sqlite3.connect(home / "biowire.db") as connection:
        connection.execute("UPDATE schema_versions SET version = 99 WHERE name = 'log'")
    connection.close()


def only_feeds(home: Path) -> None:
    biowire("feeds", "add", "https://ledger.example/feed", "--unchecked", home=home / "feeds")


def broken_vocabulary(home: Path) -> None:
    shutil.copytree(ROOT / "seeds" / "vocabulary", home / "words" / "vocabulary")
    shutil.copytree(ROOT / "seeds" / "watchlists", home / "words" / "watchlists")
    path = home / "words" / "watchlists" / "detention.toml"
    path.write_text(path.read_text(encoding="utf-8") + "\n[[pattern]]\nforms = [\n", encoding="utf-8")


CASES = {
    "missing file": Case(("ingest", "{home}/none.jsonl"), "none.jsonl cannot be read: No such file"),
    "a folder for a file": Case(("ingest", "{home}"), "cannot be read: Is a directory"),
    "truncated gzip": Case(
        ("ingest", "{home}/cut.jsonl.gz"),
        r"damaged after line \d+ .*lines before are kept",
        cut_gzip,
        kept=False,
    ),
    "1 GB in one packed line": Case(
        ("ingest", "{home}/bomb.jsonl.gz"), "Line 1 of .* longer than 16 MB", long_line
    ),
    "a page for a feed": Case(
        ("parse", "{home}/page.html"),
        "page",
        wrote("page.html", b"<!doctype html><html><body><h1>Hi</h1></body></html>"),
    ),
    "an empty document": Case(("parse", "-"), "empty", stdin=b""),
    "billion laughs": Case(("parse", "{home}/laughs.xml"), ".", billion_laughs),
    "a file too large for a document": Case(
        ("parse", "{home}/big.xml"),
        "larger than 64 MB",
        lambda home: os.truncate(home / "big.xml", 1 << 30) if not (home / "big.xml").touch() else None,
    ),
    "broken OPML": Case(
        ("feeds", "import", "{home}/list.opml"), "list.opml", wrote("list.opml", b"<opml><body><outline")
    ),
    "private address": Case(("feeds", "add", "http://127.0.0.1:9/feed"), "not on the public internet"),
    "address that is none": Case(("feeds", "add", "nonsense"), "nonsense"),
    "monitoring without feeds": Case(("run", "--once"), "There are no feeds yet"),
    "broken settings": Case(
        ("status", "--config", "{home}/s.toml"),
        r"s.toml is not valid TOML: .*line 2",
        wrote("s.toml", b'home = "x"\nretention_texts = \n'),
    ),
    "unknown setting": Case(
        ("status", "--config", "{home}/s.toml"),
        "s.toml, line 2: there is no setting `retention_text`; did you mean `retention_texts`",
        wrote("s.toml", b'demo_port = 1\nretention_text = "1d"\n'),
    ),
    "setting of the wrong kind": Case(
        ("status", "--config", "{home}/s.toml"),
        "line 1: `demo_port` takes a value of kind int",
        wrote("s.toml", b'demo_port = "high"\n'),
    ),
    "broken vocabulary": Case(
        ("replay", "--diff", "--vocabulary", "{home}/words"), r"detention\.toml:\d+", broken_vocabulary
    ),
    "missing vocabulary": Case(("replay", "--diff", "--vocabulary", "{home}/none"), "no folder"),
    "query with a hole": Case(("search", 'face AND ("recognition'), r"."),
    "unknown field in a query": Case(("search", "langauge:en"), "lang"),
    "date that is none": Case(("search", "face", "--since", "soon"), "soon"),
    "unknown article": Case(("show", "ffffffffffffffffffff"), "ffffffffffffffffffff"),
    "unknown article to explain": Case(("explain", "https://ledger.example/none"), "ever received"),
    "unknown dead letter": Case(("deadletters", "show", "9999"), "no dead letter 9999"),
    "backup over a file": Case(("backup", "{home}/there.db"), "there.db", wrote("there.db", b"mine")),
    "restore of no backup": Case(
        ("restore", "{home}/there.db"), "there.db", wrote("there.db", b"not a store")
    ),
    "store from a newer version": Case(("status",), "written by a newer biowire", newer_store),
    "store that is none": Case(("status",), "cannot be read", wrote("biowire.db", b"nonsense" * 1000)),
    "home that is a file": Case(
        ("ingest", "{home}/some.jsonl", "--home", "{home}/some.jsonl"),
        "cannot be written|No such|Not a directory",
        lambda home: write_items(home / "some.jsonl", ITEMS[:3]) and None,
    ),  # type: ignore[func-returns-value]
    "store that is not there": Case(("search", "face", "--home", "{home}/empty"), "There is no store"),
    "store with nothing but feeds": Case(
        ("search", "face", "--home", "{home}/feeds"),
        "Nothing came into the store .* yet. `biowire run` fetches its feeds",
        only_feeds,
    ),
    "unknown command": Case(("serach", "face"), "serach"),
    "unknown option": Case(("search", "face", "--fuzzy"), "fuzzy"),
}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("filled")
    biowire("ingest", str(write_items(home / "first.jsonl", ITEMS[:40])), home=home)
    return home


@pytest.fixture
def home(filled: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(filled, tmp_path / "home"))


def told(done: subprocess.CompletedProcess[bytes]) -> str:
    """What a person sees: a sentence, no traceback, nothing on standard output."""
    text = done.stderr.decode()
    assert "Traceback" not in text
    assert done.stdout == b""
    return text


@pytest.mark.parametrize("name", [name for name in CASES if name != "billion laughs"])
def test_a_person_is_told_in_a_sentence_and_nothing_is_lost(name: str, home: Path) -> None:
    case = CASES[name]
    case.prepare(home)
    arguments = [part.format(home=home) for part in case.arguments]
    before = (home / "biowire.db").read_bytes()
    done = biowire(*arguments, home=None if "--home" in arguments else home, code=2, stdin=case.stdin)
    assert re.search(case.says, told(done)), done.stderr.decode()
    if case.kept:
        assert (home / "biowire.db").read_bytes()[100:] == before[100:]


def test_billion_laughs_end_at_once_without_the_laughter(home: Path) -> None:
    billion_laughs(home)
    started = time.monotonic()
    done = subprocess.run(
        command("parse", str(home / "laughs.xml")),
        env=environment(),
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert time.monotonic() - started < 15
    assert b"haha" not in done.stdout
    assert b"Traceback" not in done.stderr


def test_lines_before_the_damage_are_kept_and_the_whole_file_completes_them(home: Path) -> None:
    cut_gzip(home)
    biowire("ingest", str(home / "cut.jsonl.gz"), home=home, code=2)
    assert len(documents(home)) > 40
    biowire("ingest", str(home / "some.jsonl"), home=home)
    assert len(documents(home)) >= len({item["link"] for item in ITEMS}) - 20


def test_a_full_disk_stops_with_a_sentence_and_the_next_run_goes_on(home: Path, tmp_path: Path) -> None:
    items = write_items(home / "many.jsonl", world_items(times=2))
    size = (home / "biowire.db").stat().st_size

    def small_disk() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 400_000, size + 400_000))

    done = subprocess.run(
        command("ingest", str(items), "--home", str(home)),
        env=environment(),
        capture_output=True,
        preexec_fn=small_disk,
        timeout=120,
        check=False,
    )
    assert done.returncode == 2
    assert "make room" in told(done)
    biowire("ingest", str(items), home=home)
    other = tmp_path / "other"
    biowire("ingest", str(write_items(tmp_path / "first.jsonl", ITEMS[:40])), home=other)
    biowire("ingest", str(items), home=other)
    assert differences(documents(home), documents(other)) == []


def test_a_second_writer_is_refused_while_readers_are_not(home: Path) -> None:
    with subprocess.Popen(
        command("ingest", "-", "--home", str(home)),
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    ) as first:
        try:
            wait_until_locked(first, home)
            done = biowire("ingest", str(home / "first.jsonl"), home=home, code=2)
            assert "Another biowire process" in told(done)
            assert biowire("status", "--json", home=home).stdout
        finally:
            assert first.stdin is not None
            first.stdin.close()
    assert first.returncode == 0


def test_the_port_of_the_demo_may_be_taken(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = biowire("demo", "--once", "--port", str(taken.getsockname()[1]), home=home, code=2)
    assert re.search(r"Port \d+ is taken.*--port", told(done))


@contextmanager
def answering(*answers: bytes, pause: float = 0.0) -> Iterator[str]:
    """A server on loopback that sends each connection the same bytes."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]

        def serve() -> None:
            for _ in range(20):
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65536)
                    for answer in answers:
                        connection.sendall(answer.replace(b"PORT", str(port).encode()))
                    time.sleep(pause)

        threading.Thread(target=serve, daemon=True).start()
        yield f"127.0.0.1:{port}"


SERVERS = {
    "redirect loop": (
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:PORT/again\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        0.0,
        "redirect",
    ),
    "slow server": (b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n", 3.0, "time|long|slow"),
    "1 GB from a server": (
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n"
        + gzip.compress(b" " * (1 << 27)),
        0.0,
        "decompress|larger|MB",
    ),
    "a page from a server": (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<!doctype html><html><p>Hi",
        0.0,
        "feed",
    ),
}


@pytest.mark.parametrize("name", SERVERS)
def test_a_bad_server_is_described_and_the_feed_not_added(name: str, home: Path) -> None:
    answer, pause, says = SERVERS[name]
    with answering(answer, pause=pause) as address:
        settings = home / "s.toml"
        settings.write_text(
            f'fetch_allow = ["{address}"]\nfetch_first_byte_timeout = 1.0\nfetch_total_timeout = 2.0\nfetch_host_delay = 0.0\n'
        )
        done = biowire("feeds", "add", f"http://{address}/feed", "--config", str(settings), home=home, code=2)
    assert re.search(says, told(done)), done.stderr.decode()
    assert biowire("feeds", "list", "--json", home=home).stdout.strip() in (b"", b"[]")


def test_output_that_nobody_reads_any_more_is_no_error(home: Path) -> None:
    with subprocess.Popen(
        command("export", "--home", str(home)),
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""


ALSO_TESTED = {"disk full", "second process on the same store", "port of the demo taken", *SERVERS}


def test_the_table_in_the_docs_has_these_rows() -> None:
    text = (ROOT / "docs" / "bad-input.md").read_text(encoding="utf-8")
    table, _, _ = text.partition("## A set-up")  # those rows are tested where the servers are
    rows = re.findall(r"^\| ([^|]+?) \|", table, re.MULTILINE)
    assert set(rows) - {"input", "---"} == {*CASES, *ALSO_TESTED}
