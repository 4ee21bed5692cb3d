"""Messages: what they are called, what comes first, and the words a person gets, for each kind of alert.

`tests/golden/messages/KIND.txt` holds each as it is; after a meant change, write them anew by
`BIOWIRE_GOLDEN=1 pytest tests/unit/test_composing.py` and look at the difference.
"""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from messages import NOW, SIGNING, a_digest, a_message, a_quote, a_subscription, an_alert, shown

from streams.core.alerts.phrasing import direction, link, one_line
from streams.core.alerts.records import KINDS, Condition, Rhythm
from streams.rendering import chart, text

GOLDEN = Path(__file__).parents[1] / "golden" / "messages"
SENTENCES = {
    "each": "New article from Paper A.",
    "story": "New story, first told by Paper A among the articles that match.",
    "threshold": "6 stories from 4 sources in 24 hours; 5 from 2 were asked for.",
    "spike": "9 stories from 5 sources in 24 hours; usually 2 on Mondays; share of all monitored stories 3.1 %, usually 0.8 %.",
    "silence": "No matching article for 7 days.",
    "new-term": "First time in 90 days in a matching article: FaceVACS (term).",
    "new-entity": "First time in 90 days in a matching article: Megvii (organisation).",
    "new-pairing": "First time in 90 days in a matching article: Megvii + detention.",
}


def of_kind(kind):
    documents = [
        shown(name, when=NOW - timedelta(hours=hours), story_id="s1", source=f"Paper {name.upper()}")
        for hours, name in enumerate("abcdefg", 1)
    ]
    documents = documents[: {"each": 1, "story": 3, "silence": 0}.get(kind, 7)]
    return a_message(
        an_alert("a", kind=kind, sentence=SENTENCES[kind], shown=tuple(documents)),
        subscription=a_subscription(condition=Condition(kind=kind)),
    )


def a_full_digest():
    alerts = [
        an_alert("a", shown=(shown("a", story_id="s1"),)),
        an_alert("b", shown=(shown("b", story_id="s1"),), when=NOW - timedelta(hours=1)),
        an_alert("c", shown=(shown("c", title="", url="javascript:alert(1)", story_size=1),)),
        an_alert("f", when=NOW - timedelta(hours=21)),
        an_alert("d", kind="silence", sentence=SENTENCES["silence"], shown=()),
        an_alert("e", when=NOW - timedelta(hours=20), version=2),
    ]
    return a_digest(
        *alerts,
        subscription=a_subscription(rhythm=Rhythm(every="daily", zone="Europe/Berlin", cap=4)),
        notices=["2 of 40 sources could not be reached in this period: River Ledger, Daily Example."],
    )


def check_golden(name, message):
    got = f"{message.subject}\n\n{text.render(message)}"
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("BIOWIRE_GOLDEN"):
        path.write_text(got, encoding="utf-8")
    assert got == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_of_each_kind_reads_as_it_should(kind):
    check_golden(kind, of_kind(kind))


def test_a_digest_reads_as_it_should():
    check_golden("digest", a_full_digest())


def test_alerts_on_one_story_stand_together_newest_first():
    message = a_full_digest()
    assert [alert.key for alert in message.entries[0].alerts] == [an_alert(name).key for name in "ba"]
    assert len(message.entries) == 4
    assert message.more == 1
    assert message.lead.startswith("6 alerts from 22 Nov 2026, 09:00 to 23 Nov 2026, 09:00 (Europe/Berlin).")


def test_a_message_about_one_story_is_threaded_by_it_and_one_about_more_is_not():
    one = a_message(*(an_alert(name, shown=(shown(name, story_id="s1"),)) for name in "ab"))
    assert one.thread == "s1"
    assert one.lead == "2 alerts on 1 story."
    assert a_message(an_alert("a"), an_alert("b")).thread == ""
    assert of_kind("spike").thread == ""


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ([3, 4], "4 matching articles, 3 in the period before, +33%."),
        ([1, 0], "0 matching articles, 1 in the period before, -100%."),
        ([0, 2], "2 matching articles, 0 in the period before."),
        ([2], "2 matching articles."),
        ([], ""),
    ],
)
def test_a_digest_is_compared_with_the_period_before_where_counts_reach_so_far(counts, said):
    spans = [(NOW - timedelta(days=len(counts) - at), number) for at, number in enumerate(counts)]
    assert a_digest(an_alert(), counts=spans).lead.partition("(Europe/Berlin). ")[2] == said


def test_a_digest_over_a_change_of_the_clock_names_local_times():
    """Berlin leaves summer time on 25 October 2026: the day from eight to eight has 25 hours."""
    since, until = datetime(2026, 10, 24, 6, tzinfo=UTC), datetime(2026, 10, 25, 7, tzinfo=UTC)
    message = a_message(
        an_alert(),
        subscription=a_subscription(rhythm=Rhythm(every="daily", zone="Europe/Berlin")),
        period=(since, until),
    )
    assert "from 24 Oct 2026, 08:00 to 25 Oct 2026, 08:00" in message.lead


def test_a_day_of_23_hours_is_compared_with_the_whole_day_before():
    """Berlin goes to summer time on 29 March 2026."""
    since, until = datetime(2026, 3, 28, 7, tzinfo=UTC), datetime(2026, 3, 29, 6, tzinfo=UTC)
    message = a_message(
        an_alert(),
        subscription=a_subscription(rhythm=Rhythm(every="daily", zone="Europe/Berlin")),
        period=(since, until),
        counts=[(since - timedelta(days=2), 9), (since - timedelta(days=1), 4), (since, 6)],
    )
    assert message.lead.endswith("6 matching articles, 4 in the period before, +50%.")


def test_links_of_a_message_are_those_of_its_channel():
    message = a_message(channel="https://hook.example/secret")
    urls = dict(message.urls)
    assert set(urls) == {"archive", "subscription", "unsubscribe", "feed"}
    token = urls["unsubscribe"].rpartition("/")[2]
    assert SIGNING.holds(token, "unsubscribe", "faces", "https://hook.example/secret")
    assert "secret" not in urls["unsubscribe"]
    assert message.entries[0].explain.startswith("https://news.example.org/documents/")


def test_no_message_is_without_entries_subject_and_lead():
    empty = a_message(an_alert(kind="silence", shown=()))
    assert "Silence: " in empty.subject
    assert empty.entries[0].explain == ""
    assert text.render(empty)


def test_the_chart_has_a_bar_for_each_span_those_of_the_period_marked():
    bars = chart.specification(a_digest(an_alert()))["data"]["values"]
    assert [bar["articles"] for bar in bars] == [11, 10, 9, 8, 7, 6, 5, 4]
    assert [bar["now"] for bar in bars] == [False] * 7 + [True]
    assert chart.png(a_message()) is None
    assert chart.png(a_digest(an_alert(), counts=[(NOW, 3)])) is None


@given(st.text(max_size=400), st.integers(1, 160))
def test_one_line_is_one_line_and_no_longer_than_asked(said, limit):
    line = one_line(said, limit)
    assert len(line) <= limit
    assert line.splitlines() in ([], [line])
    assert line == line.strip()
    assert one_line(line, limit) == line


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=80))
def test_a_link_is_of_the_web_or_empty(said):
    for url in (said, f"https://x.example/{said}", f"javascript:{said}"):
        found = link(url)
        assert found == "" or found.startswith(("http://", "https://"))
        assert not set(found) & set('"<> \r\n\t\x00')


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("en", "ltr"),
        ("ar", "rtl"),
        ("he", "rtl"),
        ("fa-IR", "rtl"),
        ("ur", "rtl"),
        ("zh", "ltr"),
        ("", "auto"),
    ],
)
def test_languages_are_written_their_way(language, written):
    assert direction(language) == written


def test_a_quote_keeps_the_spaces_of_its_text_and_needs_none_in_scripts_without():
    chinese = a_quote(
        before="\u8b66\u65b9\u4f7f\u7528", surface="\u4eba\u8138\u8bc6\u522b", after="\u6280\u672f"
    )
    message = a_message(an_alert(shown=(shown(quotes=(chinese,)),)))
    assert (
        "\u2026\u8b66\u65b9\u4f7f\u7528\u00ab\u4eba\u8138\u8bc6\u522b\u00bb\u6280\u672f\u2026"
        in text.render(message)
    )


def test_each_clause_is_quoted_once_from_below_the_title_where_it_can_be():
    quotes = (
        a_quote(field="title", before="", start=0),
        a_quote(),
        a_quote(before="again "),
        a_quote(clause="police", field="title", before="", start=0, surface="Police", after=""),
    )
    said = text.render(a_message(an_alert(shown=(shown(quotes=quotes),))))
    why = [line.strip() for line in said.splitlines() if line.strip().startswith("Why: ")]
    assert why == [
        'Why: "face recognition" in summary: …The police want «face recognition» at every crossing of the river…',
        "Why: police in title: «Police»",
    ]


def test_a_chat_gets_as_many_entries_as_fit():
    message = a_message(*(an_alert(name) for name in "abcdefghij"))
    whole = text.brief(message, 100_000)
    half = text.brief(message, len(whole) // 2)
    assert len(half) <= len(whole) // 2
    assert "And " in half
    assert "Unsubscribe: " in half
    assert len(text.brief(replace(message, lead="x" * 500), 100)) <= 100
