"""Vocabulary files: every fault told at once, with file and line; the shipped ones are sound."""

import json

import pytest
from click.testing import CliRunner

from connectors.console import Context
from connectors.errors import UserError
from streams.cli.analyze import analyze as analyze_command
from streams.cli.vocabulary import vocabulary as vocabulary_command
from streams.vocabulary.files import VocabularyFilesError, load_vocabulary

GOOD = """\
facet = "modality"
title = "Traits"

[contexts]
people = ["man", "woman"]

[[term]]
id = "face"
label = "Face"
relevance = 1.0

[[term.pattern]]
language = "en"
forms = ["face scan{,s}"]
"""
WATCH = """\
id = "faces"
title = "Faces"
include = ["modality.face"]

[condition]
any = ["@people"]
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "vocabulary").mkdir()
    (tmp_path / "watchlists").mkdir()
    (tmp_path / "vocabulary" / "modality.toml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "watchlists" / "faces.toml").write_text(WATCH, encoding="utf-8")
    return tmp_path


def problems(folder):
    with pytest.raises(VocabularyFilesError) as caught:
        load_vocabulary(folder)
    assert isinstance(caught.value, UserError)
    return [str(problem) for problem in caught.value.problems]


def test_sound_files_compile(folder):
    vocabulary = load_vocabulary(folder)
    assert (list(vocabulary.facets), list(vocabulary.watchlists)) == (["modality"], ["faces"])


FAULTS = {
    "unknown-key": ('label = "Face"', 'label = "Face"\nlable = "x"', 10, "unknown key 'lable'"),
    "wrong-type": ("relevance = 1.0", 'relevance = "much"', 10, "'relevance' must be a number"),
    "bad-kind": ('language = "en"', 'language = "en"\nkind = "regex"', 14, "kind 'regex' is none of"),
    "bad-language": ('language = "en"', 'language = "English"', 13, "language 'English' is no code"),
    "empty-forms": ('forms = ["face scan{,s}"]', "forms = []", 12, "'forms' is missing or empty"),
    "blank-form": ('forms = ["face scan{,s}"]', 'forms = [" "]', 14, "an empty form finds nothing"),
    "bad-form": ('forms = ["face scan{,s}"]', 'forms = ["face* scan"]', 14, "* in its middle"),
    "no-context": ('language = "en"', 'requires = ["@nobody"]', 13, "no context list @nobody"),
    "missing-label": ('label = "Face"\n', "", 7, "'label' is missing or empty"),
    "no-parent": ('label = "Face"', 'label = "Face"\nparent = "head"', 10, "there is no term 'head'"),
    "bad-id": ('id = "face"', 'id = "the face"', 8, "id 'the face' must be"),
    "dates": (
        'language = "en"',
        'language = "en"\nvalid_from = 2024-01-02\nvalid_until = 2024-01-01',
        15,
        "is before valid_from",
    ),
    "broken": ('title = "Traits"', 'title = "Traits', 2, "this is no TOML"),
}


@pytest.mark.parametrize(("old", "new", "line", "message"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_told_with_file_and_line(folder, old, new, line, message):
    path = folder / "vocabulary" / "modality.toml"
    path.write_text(GOOD.replace(old, new), encoding="utf-8")
    (folder / "watchlists" / "faces.toml").unlink()
    (told,) = [problem for problem in problems(folder) if message in problem]
    assert told.startswith(f"vocabulary/modality.toml:{line}: ")


def test_all_faults_of_all_files_are_told_at_once(folder):
    (folder / "vocabulary" / "modality.toml").write_text(
        GOOD.replace("relevance", "relevanz") + '\n[[term]]\nid = "face"\nlabel = "Again"\n', encoding="utf-8"
    )
    (folder / "watchlists" / "faces.toml").write_text(WATCH.replace("title", "titel"), encoding="utf-8")
    (folder / "watchlists" / "broken.toml").write_text("id = ", encoding="utf-8")
    told = problems(folder)
    assert [one.split(": ")[0] for one in told] == [
        "vocabulary/modality.toml:10",
        "vocabulary/modality.toml:16",
        "vocabulary/modality.toml:17",
        "watchlists/broken.toml:1",
        "watchlists/faces.toml:1",
        "watchlists/faces.toml:2",
    ]
    assert "'face' is defined twice; first at vocabulary/modality.toml:8" in told[2]


def test_a_condition_on_something_unknown_is_told(folder):
    (folder / "watchlists" / "faces.toml").write_text(WATCH.replace("@people", "domain.x"), encoding="utf-8")
    assert problems(folder) == ["watchlists/faces.toml:5: the condition names 'domain.x', which is unknown"]


def test_a_file_that_is_not_utf8_and_an_empty_folder_are_told(folder, tmp_path):
    (folder / "vocabulary" / "modality.toml").write_bytes(b'facet = "\xff"')
    assert any("cannot be read" in one for one in problems(folder))
    (tmp_path / "empty").mkdir()
    assert "there is no vocabulary" in problems(tmp_path / "empty")[0]


def run(command, *arguments, folder=None, text=None):
    context = Context(home=folder, settings={"vocabulary": str(folder) if folder else ""})
    return CliRunner().invoke(command, list(arguments), obj=context, input=text)


def test_check_prints_every_fault_and_fails(folder):
    (folder / "vocabulary" / "modality.toml").write_text(GOOD.replace("face scan", "a* b"), encoding="utf-8")
    result = run(vocabulary_command, "check", str(folder), folder=folder)
    assert "vocabulary/modality.toml:14: " in result.output
    assert isinstance(result.exception, UserError)
    assert "1 problem found" in str(result.exception)


def test_check_as_json_counts_what_is_there(folder):
    told = json.loads(run(vocabulary_command, "check", "--json", folder=folder).output)
    assert (told["ok"], told["terms"], told["patterns"], told["forms"]) == (True, 2, 1, 4)


def test_list_shows_the_terms_of_a_facet(folder):
    rows = run(vocabulary_command, "list", "--facet", "modality", "--json", folder=folder).output.splitlines()
    assert [json.loads(row)["id"] for row in rows] == ["face"]
    refused = run(vocabulary_command, "list", "--facet", "colour", folder=folder)
    assert "There is no facet 'colour'" in str(refused.exception)


def test_test_shows_flags_and_what_did_not_count(folder):
    told = json.loads(run(vocabulary_command, "test", "Face scans of a man", "--json", folder=folder).output)
    assert [flag["surface"] for flag in told["flags"]] == ["Face scans"]
    plain = run(vocabulary_command, "test", "Face scans of dogs", folder=folder).output
    assert "faces asks for one of @people in the article, and none is there" in plain


INPUTS = {
    "text": "Face scans at the gate\nA face scan of each man.",
    "json": json.dumps(
        {"feed_url": "", "link": "", "title": "Face scans at the gate", "content_html": "<p>A man"}
    ),
    "html": "<html><head><title>Face scans at the gate</title></head><body><article><p>"
    + "Every man had a face scan before he could pass the gate. " * 6
    + "</p></article></body></html>",
}


@pytest.mark.parametrize("text", INPUTS.values(), ids=INPUTS)
def test_analyze_reads_text_json_and_html(folder, text):
    result = run(analyze_command, "-", "--json", "--url", "https://example.org/a", folder=folder, text=text)
    document = json.loads(result.output)
    assert document["title"] == "Face scans at the gate"
    assert document["url"] == "https://example.org/a"
    assert document["watchlists"] == ["faces"]
    assert document["relevance"] == "main"


def test_analyze_says_in_a_sentence_that_nothing_is_there(folder):
    result = run(analyze_command, "-", folder=folder, text="  ")
    assert "Standard input holds no article" in str(result.exception)


def test_the_shipped_vocabulary_is_sound():
    vocabulary = load_vocabulary()
    assert {"modality", "function", "domain", "theme"} <= set(vocabulary.facets)
    assert {"facial-recognition", "detention", "surveillance"} <= set(vocabulary.watchlists)
