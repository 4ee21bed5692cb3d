"""search, show and export, as people call them, over a store with known articles."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from documents import START, a_document, a_flag, a_grouping, a_label, a_story, an_id
from embedded_runs import environment, finished

from connectors.database import Database
from dashboards.cli import biowire
from streams.embedded import SCHEMAS
from streams.sinks.sqlite import SqliteIndex

ARTICLES = [
    a_document(
        "face",
        title="Police test face recognition",
        text="Long before, nobody spoke of it. " * 10
        + "Then face recognition came. "
        + "Much was said. " * 20,
        labels=(a_label("domain", "policing"),),
        flags=(a_flag("facial-recognition", "face-recognition", "title", 12, 28, "face recognition"),),
        watchlists=("facial-recognition",),
    ),
    a_document("copy", title="Police test face recognition", published=START + timedelta(hours=1)),
    a_document("old", title="=HYPERLINK(1) iris", published=START - timedelta(days=30), authors=("@jane",)),
    a_document("recent", title="A face \x1b[31m today", published=datetime.now(UTC) - timedelta(days=2)),
]


@pytest.fixture
def home(tmp_path):
    database = Database(tmp_path / "biowire.db", SCHEMAS)
    index = SqliteIndex(database)
    index.put(ARTICLES)
    index.put_groupings([a_grouping("face", role="lead"), a_grouping("copy", role="copy", copy_of="face")])
    index.put_stories([a_story("s1", lead="face", size=2)])
    database.close()
    return tmp_path


def run(home, *arguments):
    result = CliRunner().invoke(biowire, ["--home", str(home), *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def found(home, *arguments):
    return [document["id"] for document in lines(run(home, "search", *arguments, "--json"))]


def test_search_prints_one_document_per_line_newest_first_without_copies(home):
    assert found(home, "face") == [an_id("recent"), an_id("face")]
    assert found(home, "face", "--copies") == [an_id("recent"), an_id("copy"), an_id("face")]
    assert found(home, "face", "--limit", "1") == [an_id("recent")]


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (("--since", "7d"), ["recent"]),
        (("--until", "2023-08-01"), ["face", "old"]),
        (("--since", "2023-07", "--until", "2023-07"), ["old"]),
        (("--since", "2023-08-01T12:00:00Z", "--until", "2023-08-01T12:00:00Z"), ["face"]),
        (("--since", "2023-08-01T12:00:01Z", "--until", "2024"), []),
    ],
    ids=["days-ago", "until-day", "month", "second", "after"],
)
def test_since_and_until_take_days_moments_and_lengths_of_time(home, options, names):
    assert found(home, "*", *options) == [an_id(name) for name in names]


def test_documents_have_every_field_of_the_interface(home):
    (document,) = lines(run(home, "search", "domain:policing", "--json"))
    assert {"id", "url", "canonical_url", "feed_url", "source", "title", "summary", "text", "authors"} <= set(
        document
    )
    assert document["source"] == {
        "name": "Daily Example",
        "host": "daily.example",
        "country": "GB",
        "kind": "press",
        "perspective": None,
    }
    assert document["published"] == "2023-08-01T12:00:00Z"
    assert document["dedup"]["outcome"] == "new"
    assert document["story_id"] == "s1"
    assert (document["story"]["lead"], document["story"]["size"]) == (an_id("face"), 2)
    (flag,) = document["flags"]
    assert document[flag["field"]][flag["start"] : flag["end"]] == flag["surface"]


def test_facets_come_as_one_object_with_total_and_documents(home):
    result = json.loads(run(home, "search", "*", "--facets", "--limit", "1", "--json"))
    assert result["total"] == 3
    assert result["facets"]["watchlist"] == {"facial-recognition": 1}
    assert result["facets"]["source"] == {"Daily Example": 3}
    assert [document["id"] for document in result["documents"]] == [an_id("recent")]


def test_people_see_marked_words_in_context_and_no_escape_codes(home):
    shown = run(home, "search", '"face recognition" OR today')
    assert "Police test *face recognition*" in shown
    assert "… " in shown
    assert "Then *face recognition* came." in shown
    assert "[facial-recognition]" in shown
    assert "\x1b" not in shown
    assert shown.rstrip().endswith("2 of 2 articles.")


def test_show_finds_by_id_beginning_of_id_and_url(home):
    for key in (an_id("copy"), an_id("copy")[:8], "https://daily.example/copy"):
        document = json.loads(run(home, "show", key, "--json"))
        assert document["id"] == an_id("copy")
        assert document["dedup"]["of"] == an_id("face")
    assert "near-duplicate of" in run(home, "show", an_id("copy"))
    assert "flag facial-recognition: face-recognition, title 12-28: face recognition" in run(
        home, "show", an_id("face")
    )


def test_export_is_in_a_stable_order_with_versions_and_copies(home):
    first = run(home, "export")
    documents = lines(first)
    assert [document["id"] for document in documents] == [an_id(n) for n in ("old", "face", "copy", "recent")]
    assert {document["vocabulary_version"] for document in documents} == {"v1"}
    assert {document["pipeline_version"] for document in documents} == {"p1"}
    assert run(home, "export") == first
    assert len(lines(run(home, "export", "--no-copies"))) == 3
    assert len(lines(run(home, "export", "title:iris"))) == 1


def test_csv_cells_cannot_become_formulas(home):
    rows = list(csv.DictReader(io.StringIO(run(home, "export", "--format", "csv"))))
    assert rows[0]["title"] == "'=HYPERLINK(1) iris"
    assert rows[0]["authors"] == "'@jane"
    assert rows[1]["watchlists"] == "facial-recognition"
    assert json.loads(rows[1]["flags"])[0]["surface"] == "face recognition"


def test_parquet_holds_the_same_rows(home):
    parquet = pytest.importorskip("pyarrow.parquet")
    run(home, "export", "--format", "parquet", "--output", str(home / "out.parquet"))
    table = parquet.read_table(home / "out.parquet").to_pylist()
    assert [row["id"] for row in table] == [an_id(n) for n in ("old", "face", "copy", "recent")]
    assert table[1]["published"] == START
    assert table[1]["story_size"] == 2


def test_an_export_that_fails_leaves_the_file_as_it_was(home):
    target = home / "out.jsonl"
    target.write_text("before")
    (home / "biowire.db").rename(home / "elsewhere.db")
    result = CliRunner().invoke(biowire, ["--home", str(home), "export", "--output", str(target)])
    assert result.exit_code != 0
    assert target.read_text() == "before"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["search", "titel:x"], "Did you mean title:?"),
        (["search", "(a"], "at character 1: This parenthesis is never closed."),
        (["search", "a", "--since", "soon"], "`soon` is no date"),
        (["show", "nothing"], "There is no article nothing in the index"),
        (["export", "--format", "parquet"], "add --output FILE"),
        (["export", "x", "--sightings"], "takes no query"),
    ],
    ids=["field", "parenthesis", "date", "show", "parquet", "sightings"],
)
def test_what_cannot_be_done_is_said_in_one_sentence(home, arguments, sentence):
    result = finished([*arguments, "--home", str(home)], environment())
    assert result.returncode == 2
    assert result.stdout == b""
    assert sentence in result.stderr.decode()
    assert b"Traceback" not in result.stderr
