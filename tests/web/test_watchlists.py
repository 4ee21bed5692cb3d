"""Watchlists: words by language; changed with a look at the archive; saved in a copy of one's own."""

import shutil
import tomllib

import pytest
from api_world import served
from web_pages import NARROW, accessible, fits, watched

from streams.vocabulary.own import make_own


@pytest.fixture(scope="module")
def home(sample_home, tmp_path_factory):
    """A home with a vocabulary of its own."""
    home = shutil.copytree(sample_home, tmp_path_factory.mktemp("watching") / "home")
    make_own(home)
    return home


@pytest.fixture(scope="module")
def watching(home):
    """Where it is served."""
    with served(home) as server:
        yield server.url


def text(page):
    return page.locator("main").inner_text()


def table(home, name="detention"):
    return tomllib.loads((home / "vocabulary" / "watchlists" / f"{name}.toml").read_text(encoding="utf-8"))


def test_every_list_says_how_many_articles_have_its_flag(page, site):
    page.goto(f"{site}/watchlists")
    row = page.locator(".subs-list > li").filter(has_text="People held by an authority")
    assert int(row.locator("dd").inner_text()) > 0
    accessible(page)


def test_a_list_shows_its_words_by_language_with_what_they_need_and_what_blocks_them(page, site):
    page.goto(f"{site}/watchlists/detention")
    german = page.locator(".watch-language").filter(has=page.get_by_role("heading", name="German"))
    assert "haft" in german.inner_text().lower()
    assert "Not within 12 words of" in text(page)
    assert "@animals" in text(page)
    accessible(page)


def test_words_that_a_list_counts_from_the_vocabulary_are_shown(page, site):
    page.goto(f"{site}/watchlists/facial-recognition")
    assert "facial" in page.locator(".watch-included").first.inner_text()
    accessible(page)


@pytest.mark.parametrize(
    "path", ["", "/new", "/detention", "/detention/words?at=pattern.3", "/detention/file"]
)
def test_it_fits_a_telephone(browser, site, path):
    with watched(browser, f"watchlists{path} narrow", viewport=NARROW, color_scheme="dark") as page:
        page.goto(f"{site}/watchlists{path}")
        fits(page)
        accessible(page)


def test_the_shipped_lists_are_tried_but_not_changed_until_there_is_a_copy(browser, sample_home, tmp_path):
    home = shutil.copytree(sample_home, tmp_path / "home")
    with served(home) as server, watched(browser, java_script_enabled=False) as page:
        page.goto(f"{server.url}/watchlists/detention/words?at=new")
        assert page.get_by_role("button", name="Save").count() == 0
        page.get_by_role("button", name="Make a copy to change").click()
        assert str(home / "vocabulary") in page.get_by_role("status").inner_text()
        page.goto(f"{server.url}/watchlists/detention/words?at=new")
        assert page.get_by_role("button", name="Save").count() == 1


def test_words_are_tried_and_saved_without_scripts(browser, watching, home):
    with watched(browser, "watchlist without scripts", java_script_enabled=False) as page:
        page.goto(f"{watching}/watchlists/detention")
        page.get_by_role("link", name="Add words").click()
        page.locator("#forms").fill("biometr*\niris")
        page.locator("#requires").fill("camp")
        page.get_by_role("button", name="Try it on the newest").click()
        trial = page.locator("#trial").inner_text()
        assert "gain the flag" in trial
        assert "of all" in trial
        assert page.locator("#trial mark").count() > 0
        assert page.locator("#forms").input_value() == "biometr*\niris"
        page.get_by_role("button", name="Save").click()
        assert "Saved. What comes in is judged by it from the next start" in text(page)
    assert table(home)["pattern"][-1] == {"forms": ["biometr*", "iris"], "requires": ["camp"]}


def test_the_archive_answers_while_one_types(page, watching):
    page.goto(f"{watching}/watchlists/surveillance/words?at=new")
    page.locator("#forms").fill("biometr*")
    page.locator("#trial strong").wait_for()
    assert "gain the flag" in page.locator("#trial strong").inner_text()
    page.locator("#forms").fill("{biometr*")
    page.locator("#trial .trouble").wait_for()
    accessible(page)


def test_a_list_is_made_in_two_languages_and_tried_before_without_scripts(browser, watching, home):
    with watched(browser, "watchlist new without scripts", java_script_enabled=False) as page:
        page.goto(f"{watching}/watchlists")
        page.get_by_role("link", name="New watchlist").click()
        page.locator("#title").fill("Eyes and Augen")
        page.locator("#forms-0").fill("biometr*\niris")
        page.get_by_role("button", name="Add words in another language").click()
        page.locator("#forms-1").fill("Auge{,n}")
        page.locator("#language-1").fill("german")
        page.get_by_role("button", name="Try it on the newest").click()
        assert "no code like de" in page.locator("[data-field=language-1] .hint").inner_text()
        assert "Mend what is marked" in page.locator("#trial").inner_text()
        page.locator("#language-1").fill("de")
        page.get_by_role("button", name="Try it on the newest").click()
        assert "gain the flag, 0 lose it" in page.locator("#trial strong").inner_text()
        assert not (home / "vocabulary" / "watchlists" / "eyes-and-augen.toml").exists()
        page.get_by_role("button", name="Save").click()
        assert "Saved. What comes in is judged by it from the next start" in text(page)
        assert page.locator("h1").inner_text() == "Eyes and Augen"
    made = table(home, "eyes-and-augen")
    assert made.pop("added")
    assert made == {
        "id": "eyes-and-augen",
        "title": "Eyes and Augen",
        "pattern": [{"forms": ["biometr*", "iris"]}, {"language": "de", "forms": ["Auge{,n}"]}],
    }


def test_a_new_list_is_tried_while_one_types_and_a_slip_stands_beside_its_field(page, watching, home):
    before = sorted((home / "vocabulary" / "watchlists").iterdir())
    page.goto(f"{watching}/watchlists/new")
    page.locator("#forms-0").fill("biometr*")
    page.locator("#trial strong").wait_for()
    page.locator("#id").fill("detention")
    page.locator("[data-field=id].wrong").wait_for()
    assert "already" in page.locator("#id-said").inner_text()
    page.get_by_role("button", name="Save").click()
    page.locator("[data-field=title].wrong").wait_for()
    assert page.locator("#title-said").inner_text() == "Give it a title."
    assert page.locator("#forms-0").input_value() == "biometr*"
    accessible(page)
    assert sorted((home / "vocabulary" / "watchlists").iterdir()) == before


def test_where_there_is_no_list_one_can_be_made(browser, sample_home, tmp_path):
    home = shutil.copytree(sample_home, tmp_path / "home")
    for kind in ("watchlists", "vocabulary"):
        (home / "vocabulary" / kind).mkdir(parents=True)
    (home / "vocabulary" / "vocabulary" / "theme.toml").write_text(
        'facet = "theme"\ntitle = "Theme"\n[[term]]\nid = "bees"\nlabel = "Bees"\n[[term.pattern]]\nforms = ["bee"]\n'
    )
    with served(home) as server, watched(browser) as page:
        page.goto(f"{server.url}/watchlists")
        page.get_by_role("link", name="Make one").click()
        assert page.locator("h1").inner_text() == "New watchlist"


def test_words_are_taken_away_once_that_is_confirmed(page, watching, home):
    before = len(table(home, "surveillance")["pattern"])
    page.goto(f"{watching}/watchlists/surveillance/words?at=pattern.0")
    page.get_by_text("Take away…").click()
    page.get_by_role("button", name="Take them away").click()
    page.get_by_role("status").wait_for()
    assert len(table(home, "surveillance")["pattern"]) == before - 1


def test_a_file_with_a_slip_is_told_with_its_line_and_not_saved(page, watching, home):
    page.goto(f"{watching}/watchlists/vendors/file")
    page.locator("#source").fill(page.locator("#source").input_value() + "\n[[pattern]\n")
    page.get_by_role("button", name="Save").click()
    assert "watchlists/vendors.toml:" in page.locator(".trouble").inner_text()
    assert "[[pattern]\n" in page.locator("#source").input_value()
    assert "pattern" not in table(home, "vendors")


def test_a_file_changed_meanwhile_is_not_written_over(page, watching, home):
    page.goto(f"{watching}/watchlists/laws/file")
    path = home / "vocabulary" / "watchlists" / "laws.toml"
    path.write_text(path.read_text(encoding="utf-8") + "\n# by hand\n", encoding="utf-8")
    page.get_by_role("button", name="Save").click()
    assert "changed meanwhile" in page.locator(".trouble").inner_text()
    assert path.read_text(encoding="utf-8").endswith("# by hand\n")


@pytest.mark.parametrize("path", ["nowhere", "detention/words?at=pattern.99", "..%2Fvocabulary"])
def test_what_is_not_there_is_told(page, site, path):
    assert page.goto(f"{site}/watchlists/{path}").status == 404
