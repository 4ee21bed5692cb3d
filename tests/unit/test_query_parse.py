"""Reading queries: what each form means, its canonical form, and where mistakes are found."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core import query as q
from streams.core.query_dates import read_duration, read_since, read_until
from streams.core.query_parse import parse

NOW = datetime(2023, 8, 10, 15, 30, tzinfo=UTC)


def day(number, month=8):
    return datetime(2023, month, number, tzinfo=UTC)


def words(*tokens, **more):
    return q.Phrase(tokens, **more)


FORMS = [
    ("", q.Everything(), "*"),
    ("* face", words("face"), "face"),
    ("Face Recognition", q.And((words("face"), words("recognition"))), "face recognition"),
    ("face-recognition", words("face", "recognition"), '"face recognition"'),
    ("“face recognition”", words("face", "recognition"), '"face recognition"'),
    (
        "„face recognition“ «a b»",
        q.And((words("face", "recognition"), words("a", "b"))),
        '"face recognition" "a b"',
    ),
    ("and or not near", q.And(tuple(map(words, ("and", "or", "not", "near")))), "and or not near"),
    ("a AND b", q.And((words("a"), words("b"))), "a b"),
    ("a b OR c", q.Or((q.And((words("a"), words("b"))), words("c"))), "(a b) OR c"),
    ("a (b OR c)", q.And((words("a"), q.Or((words("b"), words("c"))))), "a (b OR c)"),
    ("(a OR b) OR c", q.Or((words("a"), words("b"), words("c"))), "a OR b OR c"),
    ("a -b", q.And((words("a"), q.Not(words("b")))), "a -b"),
    ("a NOT (b c)", q.And((words("a"), q.Not(q.And((words("b"), words("c")))))), "a -(b c)"),
    ("NOT NOT a", words("a"), "a"),
    ("-(-a)", words("a"), "a"),
    ("biom*", words("biom", prefix=True), "biom*"),
    ('"face recog"*', words("face", "recog", prefix=True), '"face recog"*'),
    ("人脸*", words("人", "脸", prefix=True), '"人 脸"*'),
    ("a NEAR b", q.Near(words("a"), words("b"), 10), "a NEAR/10 b"),
    ('a NEAR/3 "b c" d', q.And((q.Near(words("a"), words("b", "c"), 3), words("d"))), 'a NEAR/3 "b c" d'),
    ("-(a NEAR/2 b)", q.Not(q.Near(words("a"), words("b"), 2)), "-(a NEAR/2 b)"),
    ("title:a", words("a", field="title"), "title:a"),
    (
        "title:(a NEAR/2 b)",
        q.Near(words("a", field="title"), words("b", field="title"), 2),
        "title:(a NEAR/2 b)",
    ),
    (
        "title:(a OR b)",
        q.Or((words("a", field="title"), words("b", field="title"))),
        "title:a OR title:b",
    ),
    ("org:Clearview", q.Value("organisation", "clearview"), 'organisation:"clearview"'),
    ("watchlist:x", q.Value("flag", "x"), 'flag:"x"'),
    ("lang:DE", q.Value("language", "de"), 'language:"de"'),
    ("country:OR", q.Value("country", "or"), 'country:"or"'),
    ("source:bio*", q.Value("source", "bio", prefix=True), 'source:"bio"*'),
    ("law:*", q.Value("law", "", prefix=True), 'law:""*'),
    (
        "domain:(policing OR border)",
        q.Or((q.Value("domain", "policing"), q.Value("domain", "border"))),
        'domain:"policing" OR domain:"border"',
    ),
    ("is:press-release", q.Is("press-release"), "is:press-release"),
    ("https://a.example/b?c=1", q.Value("url", "https://a.example/b?c=1"), 'url:"https://a.example/b?c=1"'),
    ("published:2023-08-01", q.Dates(day(1), day(2)), "published:2023-08-01..2023-08-01"),
    ("date:2023-08", q.Dates(day(1), day(1, 9)), "published:2023-08-01..2023-08-31"),
    ("published:2023-08-01..2023-08-07", q.Dates(day(1), day(8)), "published:2023-08-01..2023-08-07"),
    ("published:>2023-08-01", q.Dates(day(2), None), "published:2023-08-02.."),
    ("published:>=2023-08-01", q.Dates(day(1), None), "published:2023-08-01.."),
    ("published:<2023-08-01", q.Dates(None, day(1)), "published:..2023-07-31"),
    ("published:<=2023-08-01", q.Dates(None, day(2)), "published:..2023-08-01"),
    (
        "published:2023-08-01T10:00+02:00..",
        q.Dates(day(1) + timedelta(hours=8), None),
        "published:2023-08-01T08:00:00Z..",
    ),
]


@pytest.mark.parametrize(
    ("text", "meaning", "canonical"), FORMS, ids=[form[0] or "nothing" for form in FORMS]
)
def test_a_form_has_one_meaning_and_one_canonical_form(text, meaning, canonical):
    assert parse(text) == meaning
    assert str(meaning) == canonical
    assert parse(canonical) == meaning


MISTAKES = [
    ("(a", 0, "never closed"),
    ("x (a OR (b)", 2, "never closed"),
    ("a)", 1, "closes nothing"),
    ('a "b c', 2, "quotation mark is never closed"),
    ("a AND", 2, "AND needs something after it"),
    ("a NOT", 2, "NOT needs something after it"),
    ("OR a", 0, "OR needs something before it"),
    ("a OR OR b", 2, "OR needs something after it"),
    ("(AND b)", 1, "AND needs something before it"),
    ("a ()", 3, "nothing between these parentheses"),
    ("titel:x", 0, "Did you mean title:?"),
    ("a zzzz:1", 2, "There is no field zzzz:"),
    ("title:", 0, "needs a value directly after the colon"),
    ("title: x", 0, "needs a value directly after the colon"),
    ('source:""', 7, "needs a value"),
    ("title:(flag:x)", 7, "cannot stand inside the group"),
    ("a NEAR/ b", 2, "needs a number of words"),
    ("a NEAR/1001 b", 2, "at most 1000 words"),
    ("a NEAR flag:x", 7, "NEAR joins two words or phrases"),
    ("(a b) NEAR c", 0, "NEAR joins two words or phrases"),
    ("a NEAR b NEAR c", 9, "write a second pair with AND"),
    ("title:a NEAR b", 13, "same field"),
    ("published:2023-13", 10, "no date of the calendar"),
    ("published:01/08/2023", 10, "is no date"),
    ("published:2023-08-07..2023-08-01", 10, "ends (2023-08-01) before it begins"),
    ("published:..", 10, "at least one side"),
    ("published:9999-12-31", 10, "no date of the calendar"),
    ("is:old", 3, "one of lead, report, copy, press-release"),
    ("relevance:big", 10, "one of none, mention, main"),
    ("url:http*", 4, "compared as a whole"),
    ("a !!!", 2, "no letter or digit"),
    ("(" * 51 + "a" + ")" * 51, 50, "nest deeper than 50"),
    ("a " * 201, 400, "more than 200"),
    ("x" * 4097, 0, "longer than 4096 bytes"),
]


@pytest.mark.parametrize(
    ("text", "position", "sentence"), MISTAKES, ids=[mistake[0][:24] for mistake in MISTAKES]
)
def test_a_mistake_is_named_with_its_place(text, position, sentence):
    with pytest.raises(q.QuerySyntaxError) as caught:
        parse(text)
    assert caught.value.position == position
    assert sentence in caught.value.sentence
    assert str(caught.value).startswith(f"The query cannot be read at character {position + 1}: ")


@settings(deadline=None)
@given(st.text(max_size=60) | st.text('ab 人"()-*:/ANDORTEfield.>ıß\u0301', max_size=40))
def test_any_text_is_a_query_that_reads_back_or_a_mistake_with_a_place(text):
    try:
        query = parse(text)
        again = parse(str(query))
    except q.QuerySyntaxError as mistake:
        query, again = mistake.position, min(max(mistake.position, 0), len(text))
    assert query == again


def test_narrowing_adds_period_and_leaves_copies_out():
    narrowed = q.narrow(parse("a"), since=day(1), until=day(2))
    assert str(narrowed) == "a published:2023-08-01..2023-08-01 -is:copy"
    assert q.narrow(parse("a -is:copy")) == parse("a -is:copy")
    assert q.narrow(parse("a"), copies=True) == parse("a")
    later = day(1) + timedelta(microseconds=1)
    assert q.narrow(parse("a"), since=later, copies=True).parts[1].start == day(1) + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("7d", NOW - timedelta(days=7), NOW - timedelta(days=7)),
        ("24h", NOW - timedelta(hours=24), NOW - timedelta(hours=24)),
        ("90m", NOW - timedelta(minutes=90), NOW - timedelta(minutes=90)),
        ("2w", NOW - timedelta(weeks=2), NOW - timedelta(weeks=2)),
        ("2023-08-01", day(1), day(2)),
        ("2023", datetime(2023, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC)),
        ("2023-12", datetime(2023, 12, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC)),
    ],
)
def test_periods_of_the_command_line_are_relative_or_whole(text, since, until):
    assert (read_since(text, NOW), read_until(text, NOW)) == (since, until)


@pytest.mark.parametrize("text", ["soon", "999999w", "7", "7y", "2023-02-30", "-7d"])
def test_a_period_that_is_none_is_refused_with_a_sentence(text):
    with pytest.raises(ValueError, match=r"\.$"):
        read_since(text, NOW)


def test_durations_of_settings_are_read():
    assert read_duration("365d") == timedelta(days=365)
    with pytest.raises(ValueError, match="is no length of time"):
        read_duration("a year")
