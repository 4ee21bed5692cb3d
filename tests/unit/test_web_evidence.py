"""Pieces of a text to mark, and quotes: the text stays as it is, every flag on its own words."""

from documents import a_document, a_flag
from hypothesis import given
from hypothesis import strategies as st

from dashboards.web.evidence import distinct, marked_text, quote_of, quotes_of
from streams.core.records import Evidence

TEXT = "Police used facial recognition near the prison, then facial recognition again."


def flag(start, end, term="face", watchlist="facial-recognition", field="text", text=TEXT):
    return a_flag(watchlist, term, field, start, end, text[start:end])


def reason(start, end):
    return Evidence(term="police", field="text", start=start, end=end, surface=TEXT[start:end], weight=1.0)


SPANS = (
    st.tuples(st.integers(0, len(TEXT)), st.integers(0, len(TEXT)))
    .map(sorted)
    .filter(lambda one: one[0] < one[1])
)


@given(st.lists(SPANS, max_size=6), st.lists(SPANS, max_size=6))
def test_the_pieces_are_the_text_and_each_flag_lies_on_flagged_pieces(flags, reasons):
    document = a_document(
        text=TEXT,
        flags=tuple(flag(*span) for span in flags),
        relevance_reasons=tuple(reason(*span) for span in reasons),
    )
    marked = marked_text(document)
    pieces = marked.fields["text"]
    assert "".join(piece.text for piece in pieces) == TEXT
    for one in document.flags:
        covered = [p for p in pieces if p.start < one.end and one.start < p.start + len(p.text)]
        assert all(one in piece.flags for piece in covered)
        assert covered[0].start <= one.start
        assert covered[-1].start + len(covered[-1].text) >= one.end
    places = {f"text-{piece.start}" for piece in pieces if piece.flags or piece.counted}
    assert {marked.place(one) for one in (*document.flags, *document.relevance_reasons)} <= places


def test_flags_that_overlap_are_one_piece_that_names_both():
    document = a_document(text=TEXT, flags=(flag(12, 30), flag(7, 18, "use", "surveillance")))
    (piece,) = [one for one in marked_text(document).fields["text"] if one.flags]
    assert piece.text == TEXT[7:30]
    assert {one.watchlist for one in piece.flags} == {"facial-recognition", "surveillance"}


def test_a_document_without_flags_is_quoted_by_what_it_is_relevant_for():
    flagged = a_document(text=TEXT, flags=(flag(12, 30),), relevance_reasons=(reason(0, 6),))
    plain = a_document(text=TEXT, flags=(), relevance_reasons=(reason(0, 6),))
    assert [(one.field, one.fragments[0].marks) for one in quotes_of(flagged)] == [("text", ((12, 30),))]
    assert [(one.field, one.fragments[0].marks) for one in quotes_of(plain)] == [("text", ((0, 6),))]
    assert quotes_of(a_document(text=TEXT, flags=(), relevance_reasons=())) == ()


def test_a_reason_is_quoted_with_what_stands_around_it():
    found = quote_of(a_document(text=TEXT), reason(0, 6))
    assert found.text.startswith("Police used")
    assert found.marks == ((0, 6),)


def test_terms_are_told_once_with_their_number():
    found = distinct([flag(0, 6, "police"), flag(12, 30), flag(53, 71)])
    assert [(one.term, one.start, count) for one, count in found] == [("face", 12, 2), ("police", 0, 1)]
