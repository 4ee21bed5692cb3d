"""What all pages have: the menu, keys, themes, signing in; and that they fit and read well."""

import shutil

import pytest
from api_world import a_token, served
from web_pages import NARROW, accessible, fits, watched


def test_the_newest_stories_are_what_one_sees_first(page, site):
    page.goto(site)
    assert page.locator("h1").inner_text() == "Now"
    assert page.locator(".story").count() > 5
    accessible(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_telephone(browser, site, scheme):
    with watched(browser, f"frame narrow {scheme}", viewport=NARROW, color_scheme=scheme) as page:
        page.goto(site)
        fits(page)
        accessible(page)


def test_the_theme_is_chosen_without_scripts(browser, site):
    with watched(browser, java_script_enabled=False) as page:
        page.goto(site)
        page.get_by_role("button", name="Auto").click()
        assert page.locator("html").get_attribute("data-theme") == "dark"
        page.get_by_role("button", name="Dark").click()
        assert page.locator("html").get_attribute("data-theme") == "light"


def test_the_keyboard_reaches_the_search(page, site):
    page.goto(site)
    page.keyboard.press("/")
    page.keyboard.type("iris")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=iris", wait_until="commit")


def test_a_person_signs_in_with_a_token_and_out_again(page, sample_home, tmp_path):
    home = shutil.copytree(sample_home, tmp_path / "home")
    secret = a_token(home, "ana", "read")["Authorization"].split()[1]
    with served(home) as server:
        page.goto(server.url)
        assert "/sign-in?to=" in page.url
        accessible(page)
        page.get_by_label("Token").fill("biowire_wrong")
        page.get_by_role("button", name="Sign in").click()
        assert "not known" in page.locator("main").inner_text()
        page.get_by_label("Token").fill(secret)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{server.url}/")
        page.get_by_role("button", name="Sign out").click()
        page.goto(server.url)
        assert "/sign-in?to=" in page.url
