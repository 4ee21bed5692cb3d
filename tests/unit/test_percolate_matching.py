"""From a document to its fact: which subscriptions it meets, which clauses hold, and in which words."""

from dataclasses import replace
from datetime import timedelta

import pytest
from documents import START, a_document, a_flag, a_grouping, a_label, a_story, an_id

from streams.core.alerts.matching import Matching
from streams.core.alerts.quoting import AROUND, LONGEST, QUOTES
from streams.core.alerts.records import Subscription
from streams.core.index import compose
from streams.core.query import QuerySyntaxError
from streams.core.records import Source

TEXT = "The ministry of Ruritania said on Monday that cameras with facial recognition had been removed. " * 9


def a_subscription(id_, query, **given):
    return Subscription(id=id_, name=id_.title(), query=query, **given)


def a_whole_document(grouping=None, story=None, **given):
    return compose(a_document(**given), grouping, story)


def met(matching, document):
    return [matched.subscription for matched in matching.fact(document).matched]


def the_match(query, document):
    (matched,) = Matching([a_subscription("a", query)]).fact(document).matched
    return matched


def test_a_fact_says_what_conditions_need_of_a_document():
    document = a_whole_document(
        grouping=a_grouping("a", role="report", copy_of=None),
        story=a_story(size=5),
        title="Clearview",
        published=None,
        source=Source(name="The Times", host="times.example"),
        labels=(a_label("organisation", "clearview-ai"), a_label("domain", "policing")),
        flags=(a_flag("vendors", "clearview", "title", 0, 9, "Clearview"),) * 2,
        watchlists=("vendors",),
    )
    fact = Matching().fact(document)
    assert (fact.id, fact.when, fact.first_seen) == (an_id("a"), document.first_seen, document.first_seen)
    assert (fact.story_id, fact.story_size, fact.role, fact.copy) == ("s1", 5, "report", False)
    assert (fact.title, fact.url, fact.source, fact.host) == (
        *("Clearview", document.url),
        *("The Times", "times.example"),
    )
    assert (fact.language, fact.matched) == ("en", ())
    assert fact.names == (
        *("domain:policing", "organisation:clearview-ai"),
        *("term:clearview", "watchlist:vendors"),
    )


def test_a_document_meets_those_whose_query_holds_in_order_of_id():
    matching = Matching(
        [
            a_subscription("c", "ministry", version=3),
            a_subscription("b", "parliament"),
            a_subscription("a", '"facial recognition" -parliament'),
        ]
    )
    fact = matching.fact(a_whole_document(text=TEXT))
    assert [(one.subscription, one.version) for one in fact.matched] == [("a", 1), ("c", 3)]


def test_clauses_that_hold_are_named_in_reading_order_without_those_under_not():
    query = 'recognition (parliament OR ministry) title:title country:gb is:lead published:2023-08 -nothing "on monday"'
    matched = the_match(query, a_whole_document(text=TEXT))
    assert matched.clauses == (
        *("recognition", "ministry", "title:title", 'country:"gb"', "is:lead"),
        *("published:2023-08-01..2023-08-31", '"on monday"'),
    )


def test_quotes_have_the_first_words_of_each_clause_first_and_are_few():
    document = a_whole_document(text=TEXT)
    quotes = the_match("cameras ministry", document).quotes
    sentence = len(TEXT) // 9
    wanted = [
        (clause, turn * sentence + TEXT.index(clause))
        for turn in range(QUOTES // 2)
        for clause in ("cameras", "ministry")
    ]
    assert [(quote.clause, quote.start) for quote in quotes] == wanted


def test_a_quote_is_cut_from_the_text_letter_for_letter_at_whole_words():
    document = a_whole_document(text=TEXT)
    for quote in the_match('"facial recognition"', document).quotes:
        around = quote.before + quote.surface + quote.after
        first = quote.start - len(quote.before)
        assert quote.surface == "facial recognition" == document.text[quote.start : quote.end]
        assert document.text[first : first + len(around)] == around
        assert AROUND - 12 < len(quote.before) <= AROUND
        assert AROUND - 12 < len(quote.after) <= AROUND or quote.end + len(quote.after) == len(TEXT)
        assert set(around.replace(".", " ").split()) <= set(TEXT.replace(".", " ").split())


def test_a_quote_at_an_edge_or_in_a_script_without_spaces_keeps_what_there_is():
    edge = the_match("title", a_whole_document()).quotes[0]
    assert (edge.before, edge.surface, edge.after) == ("", "Title", " of a")
    chinese = the_match("人脸", a_whole_document(title="", text="的" * 90 + "人臉" + "了" * 90)).quotes[0]
    assert (chinese.before, chinese.surface, chinese.after) == ("的" * AROUND, "人臉", "了" * AROUND)
    wide = the_match("x", a_whole_document(text="w" * 70 + " x " + "w" * 70)).quotes[0]
    assert (wide.before, wide.after) == ("w" * (AROUND - 1) + " ", " " + "w" * (AROUND - 1))


@pytest.mark.parametrize(("query", "text"), [("x*", "x" * 9_000), ('"x y"', "x" + "." * 9_000 + "y")])
def test_a_piece_made_to_be_long_is_quoted_from_its_beginning(query, text):
    quote = the_match(query, a_whole_document(title="", text=text)).quotes[0]
    assert (quote.start, quote.end, quote.surface) == (0, LONGEST, text[:LONGEST])
    assert quote.after == text[LONGEST : LONGEST + AROUND]


def test_flags_and_labels_are_quoted_in_the_words_they_rest_on():
    document = a_whole_document(
        title="Clearview sued",
        flags=(a_flag("vendors", "clearview", "title", 0, 9, "Clearview"),),
        watchlists=("vendors",),
    )
    (quote,) = the_match("flag:vendors", document).quotes
    assert (quote.clause, quote.surface, quote.after) == ('flag:"vendors"', "Clearview", " sued")


COPY = a_grouping("a", role="copy", copy_of="b")


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("title", False),
        ("title is:copy", True),
        ("title OR is:copy", True),
        ("title -is:copy", False),
        ("*", False),
    ],
)
def test_a_copy_meets_only_queries_that_speak_of_copies(query, wanted):
    matching = Matching([a_subscription("a", query)])
    assert met(matching, a_whole_document(grouping=COPY)) == ["a"] * wanted
    assert matching.fact(a_whole_document(grouping=COPY)).copy


def test_a_paused_subscription_is_met_by_none_but_can_be_tried():
    paused = a_subscription("a", "title", paused=True)
    document = a_whole_document()
    assert met(Matching([paused]), document) == []
    assert [one.subscription for one in Matching.fact_of(document, paused).matched] == ["a"]


def test_muted_and_snoozed_subscriptions_are_met():
    kept = [
        a_subscription("a", "title", muted=True),
        a_subscription("b", "title", snoozed_until=START + timedelta(days=99)),
    ]
    assert met(Matching(kept), a_whole_document()) == ["a", "b"]


def test_trying_one_says_what_matching_all_says_of_it():
    subscriptions = [a_subscription(f"s{n}", query) for n, query in enumerate(["title", "of a", "tit* -x"])]
    document = a_whole_document()
    together = Matching(subscriptions).fact(document)
    alone = [Matching.fact_of(document, one) for one in subscriptions]
    assert together.matched == tuple(matched for fact in alone for matched in fact.matched)
    assert {replace(fact, matched=()) for fact in alone} == {replace(together, matched=())}


def test_replacing_takes_up_what_is_new_changed_paused_or_gone():
    one, two, three = (a_subscription(id_, "title") for id_ in "abc")
    matching = Matching([one, two, three])
    document = a_whole_document()
    edited = replace(one, query="nothing", version=2)
    matching.replace([edited, replace(two, paused=True, version=2), three, a_subscription("d", "of")])
    assert met(matching, document) == ["c", "d"]
    matching.replace([one, two])
    assert met(matching, document) == ["a", "b"]
    matching.replace([])
    assert met(matching, document) == []


def test_a_new_version_with_the_same_query_is_named_as_such():
    matching = Matching([a_subscription("a", "title")])
    matching.replace([a_subscription("a", "title", version=2, muted=True)])
    (matched,) = matching.fact(a_whole_document()).matched
    assert matched.version == 2


def test_a_query_that_cannot_be_read_stops_no_other():
    matching = Matching([a_subscription("a", "title ("), a_subscription("b", "title")])
    assert met(matching, a_whole_document()) == ["b"]
    assert matching.unreadable.keys() == {"a"}
    assert "parentheses" in matching.unreadable["a"] or "missing" in matching.unreadable["a"]
    matching.replace([a_subscription("a", "title"), a_subscription("b", "title (")])
    assert met(matching, a_whole_document()) == ["a"]
    assert matching.unreadable.keys() == {"b"}
    matching.replace([])
    assert not matching.unreadable
    with pytest.raises(QuerySyntaxError):
        Matching.fact_of(a_whole_document(), a_subscription("a", "title ("))
