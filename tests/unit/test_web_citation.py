"""Citations: what is known of an article, and no name or title that could break out of its field."""

from dataclasses import replace
from datetime import UTC, datetime

from documents import a_document

from dashboards.web.citation import citations

ASKED = datetime(2026, 11, 23, tzinfo=UTC)


def cited(**given):
    fields = {
        "authors": ("Ana Marín", "B. Lee"),
        "title": "Faces & the law",
        "url": "https://daily.example/faces?a=1",
        "published": datetime(2026, 3, 9, 23, 30, tzinfo=UTC),
        "language": "en",
    }
    document = a_document(**{**fields, **given})
    return citations(replace(document, source=replace(document.source, name="The Daily")), ASKED)


def test_it_is_cited_in_words():
    assert cited()["Text"] == (
        "Ana Marín, B. Lee: “Faces & the law”. The Daily, 9 March 2026. "
        "https://daily.example/faces?a=1 (as of 23 November 2026)."
    )


def test_an_article_without_a_date_says_when_it_was_first_seen():
    said = cited(published=None, first_seen=datetime(2026, 4, 1, tzinfo=UTC), authors=())["Text"]
    assert said.startswith("“Faces & the law”. The Daily, no date, first seen 1 April 2026.")


def test_bibtex_has_the_fields_it_knows():
    said = cited()["BibTeX"].splitlines()
    assert said[0].startswith("@article{biowire-")
    assert "  author = {{Ana Marín} and {B. Lee}}," in said
    assert r"  title = {{Faces \& the law}}," in said
    assert "  month = mar," in said
    assert "  urldate = {2026-11-23}," in said
    assert said[-1] == "}"


def test_nothing_in_an_article_ends_its_field():
    said = cited(
        title="a} , evil = {b \\input{x} $%\nTY  - JOUR", authors=("}x{",), url="https://d.example/}{"
    )
    assert said["BibTeX"].count("{") == said["BibTeX"].count("}")
    assert "\\input" not in said["BibTeX"]
    assert [line[:2] for line in said["RIS"].splitlines()].count("TY") == 1


def test_ris_begins_and_ends_as_readers_ask():
    lines = cited()["RIS"].splitlines()
    assert (lines[0], lines[-1]) == ("TY  - NEWS", "ER  - ")
    assert "AU  - B. Lee" in lines
    assert "DA  - 2026/03/09" in lines
