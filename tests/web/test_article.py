"""The pages of an article: its text with flags, its labels and reasons, its trace, its versions, citations."""

import re

import httpx
import pytest
from api_world import served
from messages import a_message, an_alert, shown
from told_articles import JOINED, LEDGER, id_of, told_home
from web_pages import NARROW, accessible, fits, keep, watched

from dashboards.web.names import naming
from streams.core.alerts.addresses import Addresses
from streams.seeds_files import vocabulary

CROSSING = id_of("crossing")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return told_home(tmp_path_factory.mktemp("article") / "home")


@pytest.fixture(scope="module")
def told(home):
    with served(home) as server:
        yield server.url


def get(told, path):
    return httpx.get(f"{told}{path}", timeout=60)


def document(told, id_):
    return get(told, f"/api/v1/documents/{id_}").json()


def test_every_flag_is_underlined_at_its_place(page, told):
    page.goto(f"{told}/documents/{CROSSING}")
    found = document(told, CROSSING)
    assert {one["field"] for one in found["flags"]} == {"title", "summary", "text"}
    marked = [
        (one.get_attribute("id"), one.locator("mark").inner_text())
        for one in page.locator(".article-flag").all()
    ]
    for flag in found["flags"]:
        assert any(
            place == f"{flag['field']}-{flag['start']}" or flag["surface"] in words for place, words in marked
        )
    assert all(words.strip() for _, words in marked)


def test_the_text_is_the_articles_letter_for_letter(page, told):
    page.goto(f"{told}/documents/{CROSSING}")
    page.evaluate("document.querySelectorAll('.article-tip').forEach((one) => one.remove())")
    shown_text = page.locator(".article-text").nth(1).inner_text()
    assert shown_text.split() == document(told, CROSSING)["text"].split()


def test_a_flag_says_its_watchlist_and_term_on_hover_and_focus(page, told):
    page.goto(f"{told}/documents/{CROSSING}")
    flag = page.locator(".article-text .article-flag").first
    tip = flag.locator("[role=tooltip]")
    assert not tip.is_visible()
    flag.hover()
    assert "Facial recognition" in tip.inner_text()
    page.mouse.move(0, 0)
    assert not tip.is_visible()
    flag.focus()
    page.keyboard.press("Shift+Tab")
    assert not tip.is_visible()
    page.keyboard.press("Tab")
    assert tip.is_visible()
    keep(page, "article-tip")


def test_labels_and_relevance_lead_to_the_words_they_rest_on(page, told):
    page.goto(f"{told}/documents/{CROSSING}")
    side = page.locator(".article-side")
    assert "Mainly on biometrics" in side.inner_text()
    for link in side.locator("a[href^='#']").all():
        assert page.locator(link.get_attribute("href")).count() == 1
    labels = document(told, CROSSING)["labels"]
    assert labels
    called = naming(lambda: vocabulary({}))
    said = side.inner_text()
    for label in labels:
        assert called(label["facet"], label["id"]) in said
        assert all(reason["surface"].casefold() in said.casefold() for reason in label["reasons"])


@pytest.mark.parametrize("path", ["", "/explain", "/versions"])
def test_its_pages_read_well_in_light_and_dark(browser, told, path):
    with watched(browser, f"article{path} dark") as page:
        page.goto(f"{told}/documents/{CROSSING}{path}")
        accessible(page)
        keep(page, f"article{path} light")
        page.emulate_media(color_scheme="dark")
        accessible(page)


@pytest.mark.parametrize("path", ["", "/explain", "/versions"])
def test_its_pages_fit_a_telephone(browser, told, path):
    with watched(browser, f"article{path} narrow", viewport=NARROW) as page:
        page.goto(f"{told}/documents/{CROSSING}{path}")
        fits(page)
        for flag in page.locator(".article-flag").all():
            flag.hover()
            fits(page)


def test_it_is_read_without_scripts(browser, told):
    with watched(browser, java_script_enabled=False) as page:
        page.goto(f"{told}/documents/{CROSSING}")
        page.get_by_role("link", name="How it came about").click()
        page.get_by_role("link", name="Versions").click()
        assert "two arrests and one apology" in page.locator("main").inner_text()
        page.get_by_role("link", name="Article", exact=True).click()
        page.get_by_text("BibTeX").click()
        assert "@article{biowire-" in page.locator("main").inner_text()


def test_the_versions_show_the_words_that_changed(page, told):
    page.goto(f"{told}/documents/{CROSSING}")
    page.get_by_role("link", name="What changed").click()
    assert page.locator("del").all_inner_texts() == ["three"]
    assert page.locator("ins").all_inner_texts() == ["two", " and one apology"]
    assert page.locator(".chip", has_text="stands now").count() == 1


def test_a_citation_is_copied_by_a_button(browser, told):
    with watched(browser, permissions=["clipboard-read", "clipboard-write"]) as page:
        page.goto(f"{told}/documents/{CROSSING}")
        page.get_by_role("button", name="Copy").first.click()
        page.get_by_role("button", name="Copied").wait_for()
        copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("Ana Marín: “Facial recognition at the river crossing")
    assert f"{LEDGER}/crossing" in copied
    assert "21 November 2026" in copied


def test_it_prints_without_menus_and_with_its_address(page, told):
    page.goto(f"{told}/documents/{CROSSING}")
    page.emulate_media(media="print")
    assert not page.locator("nav.ways").is_visible()
    assert not page.locator(".article-tabs").is_visible()
    assert page.locator("h1").is_visible()
    assert f"{LEDGER}/crossing" in page.locator(".article-cite").inner_text()


def test_the_trace_says_where_it_came_from_and_what_did_not_count(page, told):
    page.goto(f"{told}/documents/{CROSSING}/explain")
    said = page.locator("main").inner_text()
    trace = get(told, f"/api/v1/documents/{CROSSING}/explain").json()
    assert len(page.locator("tbody tr").all()) == len(trace["dedup"]["sightings"]) == 2
    for one in trace["dedup"]["sightings"]:
        assert one["item"] in said
        assert one["reason"] in said
    assert trace["versions"]["vocabulary"] in said
    for blocked in trace["flag"]["not_flagged"]:
        assert blocked["why"] in said
    assert "Compared as copies" not in said


def test_the_nearest_others_are_compared_when_asked_for_with_numbers(page, told):
    found = get(told, "/api/v1/documents?query=is:report&limit=1").json()["documents"][0]
    page.goto(f"{told}/documents/{found['id']}/explain")
    page.get_by_role("link", name="Compare with the nearest articles").click()
    page.wait_for_url("**/explain?compare=nearest#story")
    said = page.locator("#story").inner_text()
    others = get(told, f"/api/v1/documents/{found['id']}/explain").json()["story"]["candidates"]
    assert others["same_event"]
    for one in (*others["near_duplicates"], *others["same_event"]):
        assert " ".join(one["reason"].split()) in " ".join(said.split())
        assert f"{one['similarity']:.2f}" in said


def test_an_address_that_turned_out_to_be_another_articles_leads_there(told):
    ids = {id_of("tuesday"), id_of("wednesday")}
    answers = {id_: get(told, f"/documents/{id_}") for id_ in ids}
    (there,) = (id_ for id_, answer in answers.items() if answer.status_code == 200)
    (joined,) = ids - {there}
    assert answers[joined].headers["location"] == f"/documents/{there}"
    for tail in ("/explain", "/versions"):
        assert get(told, f"/documents/{joined}{tail}").headers["location"] == f"/documents/{there}{tail}"
    followed = httpx.get(f"{told}/documents/{joined}", follow_redirects=True)
    assert JOINED[0]["title"] in followed.text


def test_the_beginning_of_an_id_is_enough(told):
    assert get(told, f"/documents/{CROSSING[:12]}").headers["location"] == f"/documents/{CROSSING}"


@pytest.mark.parametrize("id_", ["0" * 20, "zz", "%3Cscript%3E", "a" * 65])
@pytest.mark.parametrize("tail", ["", "/explain", "/versions"])
def test_what_never_came_in_is_not_here(told, id_, tail):
    answer = get(told, f"/documents/{id_}{tail}")
    assert answer.status_code == 404
    assert "<script>" not in answer.text


def test_the_links_of_a_message_lead_to_what_they_say(told):
    found = get(told, "/api/v1/documents?limit=1").json()["documents"][0]
    message = a_message(an_alert(shown=(shown(id=found["id"]),)), base=told)
    explained = httpx.get(message.entries[0].explain, follow_redirects=True)
    assert explained.status_code == 200
    assert "text/html" in explained.headers["content-type"]
    assert found["id"] in explained.text
    results = httpx.get(dict(message.urls)["archive"], follow_redirects=True)
    assert results.status_code == 200
    assert "text/html" in results.headers["content-type"]


def test_a_query_keeps_its_words(told):
    link = Addresses(told, lambda *_: "").archive('a & "b c" #d +é')
    answer = httpx.get(link)  # which cannot be read, and is shown again to be mended
    field = re.search(r'<input[^>]*name="q"[^>]*value="([^"]*)"', answer.text)
    assert field is not None
    assert field[1] == "a &amp; &#34;b c&#34; #d +é"
