"""Injection: whatever stands in titles, names and queries, it adds no header, no tag, no line, no receiver."""

import json
from collections import Counter
from email import message_from_bytes, policy

import pytest
from lxml import html as lxml_html
from messages import NOW, a_message, a_quote, a_subscription, an_alert, shown
from payloads import LINKS, PAYLOADS

from streams.channels.letter import letter
from streams.core.alerts.records import Rhythm
from streams.rendering import html, payload, text

HEADERS = [
    *("From", "To", "Subject", "Date", "Message-ID", "References", "In-Reply-To", "List-ID"),
    *("List-Unsubscribe", "List-Unsubscribe-Post", "Auto-Submitted", "X-Auto-Response-Suppress"),
    *("MIME-Version", "Content-Type"),
]


def attacked(said, url="https://ledger.example/a"):
    """A message in which every text that somebody else wrote is this one."""
    quote = a_quote(clause=said, before=said, surface=said, after=said)
    document = shown(
        "a", title=said, source=said, url=url, clauses=(said, "other"), quotes=(quote,), language=said[:40]
    )
    alerts = [an_alert("a", shown=(document,))]
    spike = an_alert("b", kind="spike", sentence=said, shown=(document, shown("b", title=said, url=url)))
    return a_message(
        *alerts,
        spike,
        subscription=a_subscription(name=said, query=said, rhythm=Rhythm(zone="Asia/Tokyo")),
        notices=[said],
    )


def single(said):
    """The same, one alert: its title is the subject."""
    return a_message(an_alert("a", shown=(shown("a", title=said, story_id=said),)))


def tags(page):
    """Each element with the names of its attributes; `lang` is there for a language that is known."""
    return Counter(
        (element.tag, *sorted(set(element.keys()) - {"lang"}))
        for element in lxml_html.document_fromstring(page).iter()
        if isinstance(element.tag, str)
    )


HARMLESS = attacked("Council weighs cameras")


def test_there_are_enough_of_them():
    assert len(PAYLOADS) >= 200
    assert len(set(PAYLOADS)) == len(PAYLOADS)


@pytest.mark.parametrize("make", [attacked, single], ids=["everywhere", "as the subject"])
def test_nothing_adds_a_header_or_a_part(make):
    for said in PAYLOADS:
        message = make(said)
        sent = letter(message, "ann@example.org", "news@example.org", NOW).as_bytes()
        head = sent.partition(b"\r\n\r\n")[0]
        assert b"\n" not in head.replace(b"\r\n", b""), repr(said)
        mail = message_from_bytes(sent, policy=policy.default)
        assert [name for name in mail if name not in HEADERS] == [], repr(said)
        assert len(mail.keys()) == len(set(mail.keys())), repr(said)
        assert mail["To"] == "ann@example.org"
        assert [part.get_content_type() for part in mail.walk()] == [
            "multipart/alternative",
            "text/plain",
            "text/html",
        ], repr(said)
        assert mail["Subject"] == message.subject, repr(said)
        assert len(message.subject.splitlines()) == 1
        assert len(message.subject) <= 150
        assert mail.defects == []
        assert all(len(line) <= 998 for line in sent.split(b"\r\n")), repr(said)


def test_nothing_adds_a_tag_or_an_attribute():
    expected = tags(html.render(HARMLESS))
    for said in PAYLOADS:
        assert tags(html.render(attacked(said))) == expected, repr(said)


@pytest.mark.parametrize("url", LINKS)
def test_links_lead_to_the_web_or_nowhere(url):
    page = lxml_html.document_fromstring(html.render(attacked("Council", url=url)))
    leads = [element.get("href") for element in page.iter() if "href" in element.attrib]
    assert leads
    for lead in leads:
        assert lead.startswith(("https://news.example.org/", "https://ok.example/")), lead
        assert not set(lead) & set("\"'<>\r\n \u202e") or "'" in lead
    assert not [element for element in page.iter() if any(name.startswith("on") for name in element.attrib)]


def test_nothing_is_read_as_a_template():
    for said in ("{{7*7}}", "{{ 7*'7' }}", "${7*7}", "#{7*7}", "<%= 7*7 %>"):
        message = attacked(said)
        page = lxml_html.document_fromstring(html.render(message)).text_content()
        assert said in page
        assert "49" not in page
        assert "7777777" not in page
        assert "49" not in text.render(message).replace("%7B%7B7%2A7%7D%7D", "")


def test_nothing_begins_a_line_of_its_own():
    expected = text.render(HARMLESS).count("\n")
    for said in PAYLOADS:
        rendered = text.render(attacked(said))
        assert rendered.count("\n") == len(rendered.splitlines()) == expected, repr(said)
        assert not {"\x00", "\x1b", "\r", "\u202e", "\x7f"} & set(rendered), repr(said)


def test_json_holds_texts_as_they_were():
    for said in PAYLOADS:
        body = payload.render(attacked(said))
        data = json.loads(body)["data"]
        assert data["subscription"]["query"] == said
        assert {"alerts", "explain"} == set(data["entries"][0])
        assert b"\n" not in body


def test_chat_services_are_not_made_to_call_anybody():
    for said in PAYLOADS:
        for word in text.brief(attacked(said), 20_000).split():
            if not word.startswith(("http://", "https://")):
                assert "@e" not in word
                assert "@h" not in word
                assert "<!" not in word
                assert "<@" not in word
    assert len(text.brief(attacked("x" * 5_000), 900)) <= 900
