"""Health in the browser: numbers that add up, dead letters and messages taken up again."""

import shutil

import pytest
from api_world import NOON, a_delivery, a_shown, alert_file, printed, raise_alerts, served
from web_pages import NARROW, accessible, fits, watched

from streams.core.alerts.ids import alert_id
from streams.core.alerts.records import Alert
from streams.store_files import back_up


@pytest.fixture(scope="module")
def home(sample_home, tmp_path_factory):
    """The sample world with its dead letter, and a message that could not be delivered."""
    home = shutil.copytree(sample_home, tmp_path_factory.mktemp("health") / "home")
    alert = Alert(
        id=alert_id("gates", "story", "s1"),
        subscription="gates",
        version=1,
        kind="story",
        key="s1",
        when=NOON,
        sentence="A new story.",
        shown=(a_shown(),),
    )
    raise_alerts(home, [alert])
    a_delivery(
        home, alert, "https://hooks.example/x", state="failed", error="The receiver said 410.", tries=3
    )
    back_up(home / "biowire.db", home / "copy.db")
    return home


@pytest.fixture(scope="module")
def server(home):
    with served(home) as server:
        yield server.url


def numbers(page):
    """What the table of outcomes says, by the first word or words of its row."""
    cells = page.locator("section", has_text="What became of every item").locator("tbody tr")
    return {
        one.split("\t")[0].split("\n")[0]: int(one.split()[-1].replace(",", ""))
        for one in cells.all_inner_texts()
    }


def test_every_item_is_in_one_outcome_and_they_add_up_to_what_came_in(page, server, home):
    page.goto(f"{server}/health")
    found = numbers(page)
    assert len(found) == 7
    total = int(page.locator("#h-total").inner_text().replace(",", ""))
    (status,) = printed(home, "status")
    assert sum(found.values()) == total == status["items"] > 600
    accessible(page)


def test_what_is_not_well_is_said_first(page, server):
    page.goto(f"{server}/health")
    said = page.locator(".health-sum").inner_text()
    for words in (
        "Everything that came in is searchable",
        "No feed of 2 fails",
        "1 dead letter",
        "1 message could not",
    ):
        assert words in said
    facts = page.locator("main").inner_text()
    assert "half within" in facts
    assert "Last backup" in facts
    assert "none that is known" not in facts


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_telephone(browser, server, scheme):
    with watched(browser, f"health narrow {scheme}", viewport=NARROW, color_scheme=scheme) as page:
        page.goto(f"{server}/health")
        fits(page)
        accessible(page)


def test_a_dead_letter_and_a_message_are_taken_up_again_without_scripts(browser, server, home):
    with watched(browser, "health", java_script_enabled=False) as page:
        page.goto(f"{server}/health")
        letters = page.locator(".health-letters")
        assert "An item is a JSON object, this is a list." in letters.inner_text()
        letters.get_by_role("button", name="Retry number").click()
        assert page.get_by_role("status").inner_text() == "Taken up again: 1 failed."
        assert "The receiver said 410." in page.locator("main").inner_text()
        page.get_by_role("button", name="Try the message of gates again").click()
        assert page.get_by_role("status").inner_text() == "The message is tried again."
    with alert_file(home) as (_, outbox):
        assert [one.state for one in outbox.list()] == ["pending"]
