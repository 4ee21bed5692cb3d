"""Searches kept by name: whole files, one change after the other, names that can be told apart."""

import msgspec
import pytest

from connectors.errors import StoreError, UserError
from streams.core.query import QuerySyntaxError
from streams.saved_searches import MOST, SavedSearch, SavedSearches


@pytest.fixture
def kept(tmp_path):
    return SavedSearches(tmp_path)


def a_search(name="Faces", query="face"):
    return SavedSearch(id="", name=name, query=query, since="7d", sort="relevance", copies=True)


def test_what_is_saved_is_there_by_name(kept, tmp_path):
    assert kept.all() == ()
    iris, faces = kept.add(a_search("iris")), kept.add(a_search(" Faces  of  "))
    assert faces.name == "Faces of"
    assert SavedSearches(tmp_path).all() == [faces, iris]
    assert [one.name for one in tmp_path.iterdir() if one.suffix == ".json"] == ["searches.json"]


def test_it_is_renamed_and_deleted(kept):
    made = kept.add(a_search())
    assert kept.rename(made.id, "faces").name == "faces"
    kept.delete(made.id)
    assert kept.all() == []
    with pytest.raises(UserError, match="not there any more"):
        kept.delete(made.id)


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\x00b", "FACES"])
def test_a_name_has_to_say_which_one(kept, name):
    kept.add(a_search())
    with pytest.raises(UserError, match="name"):
        kept.add(a_search(name))


def test_what_cannot_be_asked_is_not_saved(kept):
    with pytest.raises(QuerySyntaxError):
        kept.add(a_search(query="titel:x"))


def test_there_are_so_many_at_most(kept, tmp_path):
    many = [SavedSearch(id=str(number), name=str(number), query="*") for number in range(MOST)]
    (tmp_path / "searches.json").write_bytes(msgspec.json.encode(many))
    with pytest.raises(UserError, match="already"):
        kept.add(a_search())


def test_a_damaged_file_is_said(kept, tmp_path):
    (tmp_path / "searches.json").write_text("[{")
    with pytest.raises(StoreError, match="saved searches"):
        kept.all()
