"""What went out of a feed is known again, in its bytes too; nothing new is mistaken for it."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from connectors.records import Entry
from connectors.seen import KEEP, PAGE_TRIES, SeenEntries

ONE, TWO, THREE = (Entry(id=name, link=f"https://example.org/{name}", title=name) for name in "abc")


def after(*entries, seen=b"", tries=0):
    """The memory once these entries went out of a document that holds them."""
    memory = SeenEntries(seen)
    document = memory.compare(entries)
    return memory.to_bytes(document, {one.key: (one.digest, tries) for one in document})


def test_an_entry_is_new_then_published_then_changed():
    (new,) = SeenEntries().compare([ONE])
    (same,) = SeenEntries(after(ONE)).compare([ONE])
    (changed,) = SeenEntries(after(ONE)).compare([replace(ONE, title="corrected")])
    assert (new.known, new.published, new.page_tries) == (False, False, PAGE_TRIES)
    assert (same.known, same.published, same.page_tries) == (True, True, 0)
    assert (changed.known, changed.published) == (True, False)


def test_without_guid_the_link_and_then_the_title_identify():
    linked, titled = replace(ONE, id=""), Entry(title="only a title")
    document = SeenEntries(after(linked, titled)).compare([replace(linked, title="new"), titled])
    assert [one.known for one in document] == [True, True]


def test_entries_that_share_one_guid_are_told_apart():
    same = [replace(entry, id="same") for entry in (ONE, TWO)]
    document = SeenEntries(after(*same)).compare([*same, replace(THREE, id="same")])
    assert [(one.known, one.published) for one in document] == [(True, True), (True, True), (False, False)]


def test_an_exact_repeat_in_one_document_counts_once():
    assert len(SeenEntries().compare([ONE, ONE, TWO])) == 2


def test_pages_still_to_be_tried_are_remembered_beside_the_content():
    (one,) = SeenEntries(after(ONE, tries=2)).compare([ONE])
    assert (one.published, one.page_tries) == (True, 2)


def test_entries_that_left_the_document_are_remembered_up_to_a_bound():
    seen = after(ONE)
    for number in range(0, 3 * KEEP, 500):
        entries = [Entry(id=f"{number + at}") for at in range(500)]
        seen = after(*entries, seen=seen)
        assert len(SeenEntries(seen)) <= KEEP + 500
    assert SeenEntries(after(TWO, seen=after(ONE))).compare([ONE])[0].published


def test_what_was_not_published_is_not_remembered():
    memory = SeenEntries()
    assert memory.to_bytes(memory.compare([ONE]), {}) == b""


@given(
    st.lists(st.builds(Entry, id=st.text(max_size=3), link=st.text(max_size=3), title=st.text(max_size=3)))
)
def test_a_document_that_went_out_holds_nothing_new(entries):
    assert all(one.published for one in SeenEntries(after(*entries)).compare(entries))


@given(st.binary(max_size=200))
def test_any_bytes_can_be_read(kept):
    SeenEntries(kept).compare([ONE])
