"""The HTML of a mail: whole on a phone, in the dark, in every script, and without asking anybody for anything."""

import re

import pytest
from lxml import html as lxml_html
from messages import a_digest, a_message, a_quote, an_alert, shown

from streams.rendering import html

ARABIC = shown(
    "x",
    title="الشرطة تختبر كاميرات التعرف على الوجوه",
    source="جريدة النهر",
    language="ar",
    quotes=(a_quote(before="قالت الوزارة إن ", surface="التعرف على الوجوه", after=" سيبدأ"),),
)


def page(message, **given):
    return lxml_html.document_fromstring(html.render(message, **given))


@pytest.mark.parametrize(
    ("document", "written", "side"),
    [(shown(), "ltr", "left"), (ARABIC, "rtl", "right"), (shown(language=""), "auto", "left")],
    ids=["ltr", "rtl", "unknown"],
)
def test_words_are_written_the_way_of_their_language(document, written, side):
    seen = page(a_message(an_alert(shown=(document,))))
    title = next(p for p in seen.iter("p") if document.title in p.text_content())
    quote = seen.find(".//mark").getparent()
    for element in (title, quote):
        assert element.get("dir") == written
        assert element.get("lang", "") == document.language
    assert f"border-{side}:" in quote.get("style")
    words = document.quotes[0]
    assert quote.text_content() == f"…{words.before}{words.surface}{words.after}…"
    assert seen.find(".//mark").text == words.surface
    assert (seen.get("lang"), seen.get("dir")) == ("en", "ltr")


def test_right_to_left_and_left_to_right_stand_in_one_digest():
    seen = page(a_digest(an_alert("a"), an_alert("x", shown=(ARABIC,))))
    assert {p.get("dir") for p in seen.iter("p") if p.get("dir")} == {"ltr", "rtl"}
    outside = [p for p in seen.iter("p") if "جريدة" in p.text_content()]
    assert all(p.find("bdi") is not None for p in outside), "what is mixed is kept apart"


def test_nothing_is_loaded_from_anywhere():
    seen = page(a_digest(an_alert()), chart="cid:chart@example.org")
    assert [image.get("src") for image in seen.iter("img")] == ["cid:chart@example.org"]
    assert seen.find(".//img").get("alt").startswith("Matching articles: 15 Nov 11")
    tags = {element.tag for element in seen.iter() if isinstance(element.tag, str)}
    assert not tags & {"script", "link", "iframe", "object", "form", "video", "svg", "input", "base"}
    assert not re.search(r"url\(|@import|@font-face|src=.http", html.render(a_digest(an_alert())))


def test_a_message_without_chart_has_no_image():
    assert page(a_message()).find(".//img") is None


def test_it_is_one_column_that_fits_a_phone_and_long_words_break():
    seen = page(a_digest(an_alert(shown=(shown(title="x" * 290),))))
    column = seen.find(".//body/div")
    assert "max-width:640px" in column.get("style")
    assert "overflow-wrap:anywhere" in column.get("style")
    assert seen.find(".//meta[@name='viewport']").get("content") == "width=device-width, initial-scale=1"
    assert not list(seen.iter("table"))
    widths = [
        int(found) for style in seen.xpath("//@style") for found in re.findall(r"(?<!-)width:(\d+)px", style)
    ]
    assert widths == []


def _contrast(one, other):
    """WCAG 2.2, 1.4.3."""

    def light(color):
        parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_colours_can_be_read_in_light_and_dark():
    text = html.render(a_digest(an_alert()))
    assert '<meta name="color-scheme" content="light dark">' in text
    dark = text.partition("prefers-color-scheme: dark")[2].partition("</style>")[0]
    ground = re.search(r"\.page \{ background: (#\w{6})", dark)[1]
    for color in re.findall(r"(?<!border-)(?<!-)color: (#\w{6}) !important", dark):
        if color != "#5e5c64":
            assert _contrast(color, ground) >= 4.5, color
    light = {*re.findall(r"(?<![-\w])color:(#\w{6})", text)}
    for color in light - {"#241f31"}:
        assert _contrast(color, "#ffffff") >= 4.5, color
    assert _contrast("#241f31", "#f9e6a0") >= 4.5
