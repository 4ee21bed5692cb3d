"""Near-duplicates, stories, roles and reasons, by example."""

from __future__ import annotations

import pytest
from story_articles import Told, flagged

from streams.core.story import Stories
from streams.state.memory import MemoryStoryState

WIRE = (
    "QUITO (Example Wire) - Fernando Villavicencio, a presidential candidate known for speaking up against cartels, was "
    "shot dead at a campaign rally in the Ecuadorian capital on Wednesday, officials said. The attacker died after a "
    "shootout with security guards, the attorney general wrote. Nine other people were injured, among them two police "
    "officers and a candidate for the legislature. President Guillermo Lasso blamed organised crime and declared a "
    "state of emergency for sixty days. The election will be held on August 20 as planned, the electoral council said."
)
MENU = (
    "Home News World Sport Weather Most read: Ten ways to cook aubergines. Storm Betty floods 14 villages. "
    "Why your cat ignores you. Subscribe to our newsletter. Terms of use. Cookie settings. Contact the newsroom."
)


def told(*articles) -> Told:
    stories = Stories(MemoryStoryState())
    for one in articles:
        stories.put(one)
    return Told().hear(stories.settle())


def matches(first, second):
    stories = Stories(MemoryStoryState())
    stories.put(first)
    return stories.put(second)


ORIGINAL = flagged("a", "Presidential candidate assassinated in Ecuador", WIRE)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (WIRE, "same-words"),
        (
            WIRE.replace("known for speaking up", "famous for speaking out").replace("injured", "hurt"),
            "same-words",
        ),
        (" ".join(WIRE.split()[:62]), "same-words"),
        (f"{MENU} {WIRE} {MENU} {MENU[::-1]}", "contained"),
    ],
    ids=["verbatim", "edited", "cut to 70 %", "wrapped in a menu"],
)
def test_a_copy_on_another_site_is_found_whichever_comes_first(text, rule) -> None:
    copy = flagged("b", "Ecuador candidate assassinated", text, hours=5, host="two.example")
    for first, second in ((ORIGINAL, copy), (copy, ORIGINAL)):
        (match,) = matches(first, second)
        assert (match.of, match.rule) == (first.article.id, rule)
    groupings = told(copy, ORIGINAL).groupings
    assert (groupings["a"].role, groupings["a"].near_duplicate) == ("lead", None)
    assert (groupings["b"].role, groupings["b"].story_id) == ("copy", "sa")
    assert groupings["b"].near_duplicate.of == "a"
    assert "published 5 h after the one on one.example" in groupings["b"].near_duplicate.reason


def test_an_independent_report_joins_the_story_with_names_and_words_in_the_reason() -> None:
    report = flagged(
        "b",
        "Ecuador: candidate Villavicencio shot dead at rally in Quito",
        "The presidential hopeful Fernando Villavicencio was killed by gunmen as he left a rally in Quito.",
        hours=2,
        host="two.example",
    )
    result = told(ORIGINAL, report)
    joined = result.groupings["b"].joined
    assert (result.groupings["b"].role, joined.of, joined.rule) == ("report", "a", "same-event")
    assert "villavicencio" in joined.reason
    assert "names" in joined.reason
    story = result.stories["sa"]
    assert (story.size, story.independent, story.sources) == (2, 2, ("one.example", "two.example"))
    assert story.first < story.last


def test_articles_in_different_languages_are_never_joined() -> None:
    other = flagged("b", ORIGINAL.article.title, WIRE, hours=1, host="two.example", language="es")
    assert matches(ORIGINAL, other) == ()
    assert told(ORIGINAL, other).groupings["b"].story_id == "sb"


RATES = "The euro bought {} dollars and {} yen at noon on the interbank market, the central bank said. Gold cost {}."
RATES += (
    " The rates are indicative and are used by companies for their books and by customs for their tariffs."
)
HINTS = "Here are today's hints and the answer for puzzle {}. Scroll slowly to avoid spoilers: the word has two vowels."


@pytest.mark.parametrize(
    ("title", "text", "later_title", "later_text", "hours"),
    [
        (
            "Exchange rates",
            RATES.format(1.0912, 155.2, 1931),
            "Exchange rates",
            RATES.format(1.0874, 156.9, 1902),
            24,
        ),
        (
            "Wordy #783 hints for Friday",
            HINTS.format(783),
            "Wordy #784 hints for Saturday",
            HINTS.format(784),
            24,
        ),
        ("Morning briefing", "What to read today.", "Morning briefing", "What to read today.", 24),
        ("Market Talk Roundup", "The latest on banks.", "Market Talk Roundup", "The latest on banks.", 48),
        ("Your horoscope for May 3", "Aries: rest.", "Your horoscope for May 4", "Aries: rest.", 22),
    ],
    ids=["rates", "puzzle", "briefing", "roundup", "horoscope"],
)
def test_issues_of_a_recurring_column_are_kept_apart(title, text, later_title, later_text, hours) -> None:
    one, two = flagged("a", title, text), flagged("b", later_title, later_text, hours=hours)
    assert matches(one, two) == ()
    groupings = told(one, two).groupings
    assert groupings["a"].story_id != groupings["b"].story_id


def test_the_same_stub_under_other_titles_is_no_copy() -> None:
    stub = "Read the full story on our website, and subscribe to our newsletter for more news like this every week."
    one = flagged("a", "Harbour wall collapses in Odessa storm", stub)
    two = flagged("b", "Parliament debates fishing quotas again", stub, hours=1)
    assert matches(one, two) == ()


def test_a_title_alone_matches_the_same_title_on_another_site() -> None:
    title = "Broadcaster Nick Example reveals prostate cancer diagnosis"
    one = flagged("a", title, "He said the day he was told was among the worst of his life.")
    assert [m.rule for m in matches(one, flagged("b", title, hours=3, host="two.example"))] == ["same-title"]


RELEASE = "SPRINGFIELD, May 1, 2024 /PRNewswire/ -- Examplix, a maker of fingerprint readers, today announced the PalmPass "
RELEASE += "terminal, which opens doors to anyone whose veins it knows. It will be shown at a trade fair in Springfield in "
RELEASE += "June and sold from September through partners in forty countries. Pricing will be announced at a later date."


def test_a_press_release_and_its_reprints_do_not_count_as_independent() -> None:
    result = told(
        flagged("a", "Examplix announces PalmPass terminal", RELEASE, host="prnewswire.com"),
        flagged(
            "b", "Examplix launches PalmPass", RELEASE.partition("-- ")[2], hours=2, host="trade.example"
        ),
        flagged(
            "c",
            "Examplix unveils PalmPass vein terminal",
            "Examplix of Springfield unveiled PalmPass, a door terminal that reads veins. Critics fear for privacy.",
            hours=6,
            host="news.example",
        ),
    )
    assert [result.groupings[name].role for name in "abc"] == ["press-release", "press-release", "report"]
    assert (result.stories["sa"].size, result.stories["sa"].independent) == (3, 1)


def test_chinese_copies_are_found_by_characters() -> None:
    text = "欧盟委员会周三宣布,将对在公共场所使用人脸识别技术的行为展开调查。委员会表示,多个成员国的警方在没有法律依据的情况下使用了该技术。"
    text += "调查预计持续六个月,结果将提交欧洲议会。民间组织对此表示欢迎,并要求立即停止使用。"
    one = flagged("a", "欧盟调查公共场所人脸识别", text, language="zh")
    two = flagged(
        "b",
        "欧盟对人脸识别展开调查",
        text.replace("周三", "星期三"),
        hours=4,
        host="two.example",
        language="zh",
    )
    assert [match.of for match in matches(one, two)] == ["a"]


def test_a_late_first_report_takes_the_lead_and_the_old_story_is_gone() -> None:
    stories, heard = Stories(MemoryStoryState()), Told()
    stories.put(flagged("b", "Candidate Villavicencio shot dead in Quito", WIRE, hours=6, host="two.example"))
    heard.hear(stories.settle())
    assert set(heard.stories) == {"sb"}
    stories.put(ORIGINAL)
    changes = stories.settle()
    assert (changes.gone, [story.id for story in changes.stories]) == (("sb",), ["sa"])
    assert {grouping.story_id for grouping in heard.hear(changes).groupings.values()} == {"sa"}


def test_an_article_put_again_with_a_later_time_before_it_was_settled_is_decided_by_that_time() -> None:
    stories = Stories(MemoryStoryState())
    for hours in (0, 21):
        stories.put(flagged("b", "Ecuador candidate killed", WIRE, hours=hours, host="two.example"))
    stories.put(flagged("c", ORIGINAL.article.title, WIRE, hours=10, host="three.example"))
    heard = Told().hear(stories.settle())
    assert (heard.groupings["b"].story_id, heard.groupings["b"].role) == ("sc", "copy")


def test_removing_the_root_makes_its_copy_an_article_of_its_own() -> None:
    stories, heard = Stories(MemoryStoryState()), Told()
    stories.put(ORIGINAL)
    stories.put(flagged("b", "Ecuador candidate killed", WIRE, hours=5, host="two.example"))
    heard.hear(stories.settle())
    stories.remove("a")
    stories.remove("never seen")
    changes = stories.settle()
    heard.hear(changes)
    assert changes.gone == ("sa",)
    assert (heard.groupings["b"].role, heard.groupings["b"].near_duplicate) == ("lead", None)


def test_explain_names_the_nearest_others_and_the_test_they_failed() -> None:
    stories = Stories(MemoryStoryState())
    stories.put(flagged("a", "Exchange rates", RATES.format(1.0912, 155.2, 1931)))
    stories.put(flagged("b", "Exchange rates", RATES.format(1.0874, 156.9, 1902), hours=24))
    stories.settle()
    explanation = stories.explain("b")
    (copy,) = explanation.near_duplicates
    assert (copy.of, copy.passed, copy.rule) == ("a", False, "other-numbers")
    assert "the numbers in them are not" in copy.reason
    (event,) = explanation.same_event
    assert (event.passed, event.rule) == (False, "recurring-title")
    assert stories.explain("unknown") is None


def test_articles_that_name_other_organisations_need_more_in_common() -> None:
    one = flagged(
        "a", "Face scan supplier fined by regulator", "The watchdog fined it millions.", entities=("x",)
    )
    two = flagged(
        "b",
        "Supplier of stadium gates fined",
        "Face scan errors in Quito.",
        hours=20,
        host="o",
        entities=("y",),
    )
    same = flagged(
        "b",
        "Supplier of stadium gates fined",
        "Face scan errors in Quito.",
        hours=20,
        host="o",
        entities=("x",),
    )
    stories = [Stories(MemoryStoryState()) for _ in range(2)]
    strengths = []
    for stage, other in zip(stories, (two, same), strict=True):
        stage.put(one)
        stage.put(other)
        stage.settle()
        strengths.append(stage.explain("b").same_event[0].similarity)
    assert strengths[0] < strengths[1]
