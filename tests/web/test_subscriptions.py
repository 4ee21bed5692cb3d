"""Subscriptions: made with a look at the archive, changed, silenced, removed; what they raised and sent."""

import shutil
from datetime import UTC, datetime, timedelta

import pytest
from api_world import NOON, a_delivery, a_shown, a_token, raise_alerts, served
from receiving import receiving
from web_pages import NARROW, accessible, fits, watched

from streams.alerts.sqlite import SqliteAlertStore
from streams.core.alerts.condition_defaults import default_condition
from streams.core.alerts.ids import alert_id
from streams.core.alerts.records import KINDS, Alert, Subscription
from streams.subscriptions.files import FileSubscriptions
from streams.vocabulary.own import make_own

QUERY = '"facial recognition" OR iris'


def _alert(subscription, key, sentence):
    return Alert(
        id=alert_id(subscription, "story", key),
        subscription=subscription,
        version=1,
        kind="story",
        key=key,
        when=NOON,
        sentence=sentence,
        shown=(a_shown(),),
    )


@pytest.fixture(scope="module")
def receiver():
    """Where webhooks arrive."""
    with receiving() as found:
        yield found


@pytest.fixture(scope="module")
def home(sample_home, tmp_path_factory, receiver):
    """A home with two subscriptions, one of which has raised alerts."""
    home = shutil.copytree(sample_home, tmp_path_factory.mktemp("asking") / "home")
    store = FileSubscriptions(home / "subscriptions")
    gates = Subscription(
        id="gates",
        name="Cameras at gates",
        query=QUERY,
        condition=default_condition("story"),
        to=(receiver.url,),
    )
    store.save(gates, "ana", NOON)
    store.save(Subscription(id="quiet", name="Nothing yet", query="zeppelin"), "ana", NOON)
    kept, gone = _alert("gates", "s1", "A new story."), _alert("gates", "s2", "A story that was a copy.")
    raise_alerts(home, [kept, gone])
    a_delivery(home, kept, receiver.url, state="failed", error="The receiver said 410.", tries=3)
    _withdraw(home, gone.id)
    return home


def _withdraw(home, id_):
    from api_world import alert_file

    with alert_file(home) as (store, _):
        assert isinstance(store, SqliteAlertStore)
        store.withdraw("The article became a copy of another.", [id_])


@pytest.fixture(scope="module")
def asking(home, receiver):
    """Where these are served."""
    with served(home, BIOWIRE_WEBHOOK_HTTP="1", BIOWIRE_WEBHOOK_PRIVATE="127.0.0.1") as server:
        yield server.url


def saved(home, id_):
    return FileSubscriptions(home / "subscriptions").get(id_)


def text(page):
    return page.locator("main").inner_text()


def test_the_list_says_what_each_asks_and_how_much_it_says(page, asking):
    page.goto(f"{asking}/subscriptions")
    row = page.locator(".subs-list > li").filter(has_text="Cameras at gates").inner_text()
    assert QUERY in row
    assert "Every new story" in row
    assert "none yet" in page.locator(".subs-list > li").filter(has_text="Nothing yet").inner_text()
    accessible(page)


def test_one_shows_its_alerts_messages_and_versions(page, asking):
    page.goto(f"{asking}/subscriptions/gates")
    said = text(page)
    assert "A new story." in said
    assert "1 alert holds today." in said
    assert "The article became a copy of another." in said
    assert "The receiver said 410." in said
    assert "made: " + QUERY in said
    accessible(page)


@pytest.mark.parametrize("path", ["/subscriptions", "/subscriptions/gates", "/subscriptions/new"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_telephone(browser, asking, path, scheme):
    with watched(browser, f"asking{path} narrow {scheme}", viewport=NARROW, color_scheme=scheme) as page:
        page.goto(asking + path)
        fits(page)
        accessible(page)


def test_one_is_made_without_scripts_after_a_look_at_the_archive(browser, asking, home):
    with watched(browser, "asking without scripts", java_script_enabled=False) as page:
        page.goto(f"{asking}/subscriptions/new?query=iris")
        page.locator("#name").fill("Iris at borders")
        page.get_by_role("button", name="Try it on the archive").click()
        assert page.locator("#name").input_value() == "Iris at borders"
        trial = page.locator("#trial")
        assert "messages a week to each channel" in trial.inner_text()
        assert trial.locator("mark").count() > 3
        assert trial.locator("svg rect").count() > 1
        page.get_by_label("More than usual").check()
        page.locator("[name='spike.count']").fill("7")
        page.get_by_role("button", name="Save").click()
        assert "Saved." in text(page)
    kept = saved(home, "iris-at-borders")
    assert (kept.query, kept.condition.kind, kept.condition.count) == ("iris", "spike", 7)
    assert kept.changed_by == "web"


def test_each_kind_shows_its_own_fields(page, asking):
    page.goto(f"{asking}/subscriptions/new")
    for kind in KINDS:
        page.locator(f"#kind-{kind}").check()
        shown = page.locator(".subs-numbers-of:visible")
        assert shown.count() == (kind not in {"each", "story"}), kind


def test_the_archive_answers_while_one_types(page, asking):
    page.goto(f"{asking}/subscriptions/new")
    page.locator("#query").fill("iris")
    page.locator("#trial .subs-sum").wait_for()
    first = page.locator("#trial .subs-sum").inner_text()
    page.locator("#query").fill("iris OR face")
    page.wait_for_function(
        "said => document.querySelector('#trial .subs-sum')?.innerText !== said", arg=first
    )
    assert "hits" in page.locator("#trial .subs-sum").inner_text()


def test_a_query_that_cannot_be_read_is_told_at_the_place_and_mended(page, asking):
    page.goto(f"{asking}/subscriptions/new")
    page.locator("#query").fill("face titel:police")
    page.locator("[data-field=query].wrong").wait_for()
    said = page.locator("#query-said")
    assert "character 6" in said.inner_text()
    assert "Did you mean title:?" in said.inner_text()
    assert said.locator("mark").inner_text() == "t"
    page.locator("#query").fill("face title:police")
    page.locator("[data-field=query]:not(.wrong)").wait_for()


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "Cameras at gates", "is called Cameras at gates already"),
        ("query", "face AND", "It cannot be read at character"),
        ("to", "desk@news.example", "is no channel"),
        ("threshold.count", "many", "is no whole number"),
    ],
    ids=lambda value: value[:20] or "empty",
)
def test_what_cannot_be_kept_is_said_beside_the_field(browser, asking, field, value, sentence):
    with watched(browser, java_script_enabled=False) as page:
        page.goto(f"{asking}/subscriptions/new")
        page.locator("#name").fill("Another")
        page.locator("#query").fill("face")
        page.locator("#kind-threshold").check()
        page.locator(f".subs-form [name='{field}']").fill(value)
        page.get_by_role("button", name="Save").click()
        wrong = page.locator(f"[data-field='{field}'].wrong")
        assert sentence in wrong.inner_text()
        assert wrong.locator("input, textarea").input_value() == value


def test_an_edit_says_what_it_gains_and_loses(page, asking):
    page.goto(f"{asking}/subscriptions/gates/edit")
    page.locator("#query").fill("iris")
    page.locator(".subs-edit").wait_for()
    assert "loses" in page.locator(".subs-edit").inner_text()
    accessible(page)


def test_an_edit_of_somebody_else_is_not_written_over(page, asking, home):
    page.goto(f"{asking}/subscriptions/quiet/edit")
    store = FileSubscriptions(home / "subscriptions")
    with_channel = store.get("quiet")
    store.save(
        Subscription(id="quiet", name="Nothing yet", query="zeppelin OR airship", to=with_channel.to),
        "ben",
        NOON + timedelta(hours=1),
    )
    page.get_by_label("Entries, at most").fill("5")
    page.get_by_role("button", name="Save").click()
    said = page.get_by_role("alert").inner_text()
    assert "query zeppelin becomes zeppelin OR airship (by ben)" in said
    assert saved(home, "quiet").query == "zeppelin OR airship"
    page.get_by_role("button", name="Save").click()
    assert "Saved:" in text(page)
    assert saved(home, "quiet").rhythm.cap == 5


def test_it_is_paused_muted_snoozed_and_comes_back(browser, asking, home):
    with watched(browser, java_script_enabled=False) as page:
        page.goto(f"{asking}/subscriptions/quiet")
        for action, back, shown in [("Pause", "Resume", "Paused"), ("Mute", "Unmute", "Muted")]:
            page.get_by_role("button", name=action, exact=True).click()
            assert shown in page.locator(".subs-head").inner_text()
            page.get_by_role("button", name=back, exact=True).click()
            assert "On" in page.locator(".subs-head").inner_text()
        page.get_by_role("button", name="Snooze", exact=True).click()
        ends = saved(home, "quiet").snoozed_until - datetime.now(UTC)
        assert timedelta(hours=23) < ends <= timedelta(days=1)
        page.get_by_role("button", name="End the snooze").click()
        assert saved(home, "quiet").snoozed_until is None


def test_a_test_message_arrives(page, asking, receiver):
    page.goto(f"{asking}/subscriptions/gates")
    page.get_by_role("button", name="Send a test message").click()
    assert "has taken a test message" in text(page)
    assert len(receiver.messages) == 1


def test_a_message_that_failed_is_sent_again(page, asking):
    page.goto(f"{asking}/subscriptions/gates")
    page.get_by_role("button", name="Send again").click()
    assert "It is sent again" in text(page)


def test_feeds_of_its_alerts_open_at_their_secret_address(page, asking):
    page.goto(f"{asking}/subscriptions/gates")
    page.get_by_text("Show the addresses").click()
    address = page.locator(".subs-secrets code").first.inner_text()
    path = address.split("/", 3)[3]
    assert page.request.get(f"{asking}/{path}").status == 200


def test_it_is_removed_once_that_is_confirmed_and_its_page_stays(page, asking, home):
    store = FileSubscriptions(home / "subscriptions")
    store.save(Subscription(id="brief", name="Brief", query="drone"), "ana", NOON)
    page.goto(f"{asking}/subscriptions/brief")
    page.get_by_text("Remove…").click()
    page.get_by_role("button", name="Remove it").click()
    assert page.url.endswith("/subscriptions")
    assert saved(home, "brief") is None
    page.goto(f"{asking}/subscriptions/brief")
    assert "This subscription was removed." in text(page)


def test_who_may_only_look_sees_no_secrets_and_no_buttons(browser, sample_home, tmp_path):
    home = shutil.copytree(sample_home, tmp_path / "home")
    hook = "https://hooks.example/secret-path"
    FileSubscriptions(home / "subscriptions").save(
        Subscription(id="gates", name="Gates", query="face", to=(hook,)), "ana", NOON
    )
    make_own(home)
    secret = a_token(home, "eve", "read")["Authorization"].split()[1]
    with served(home) as server, watched(browser) as page:
        page.goto(f"{server.url}/subscriptions/gates")
        page.get_by_label("Token").fill(secret)
        page.get_by_role("button", name="Sign in").click()
        page.goto(f"{server.url}/subscriptions/gates")
        assert "Gates" in text(page)
        assert page.locator("main button").count() == 0
        assert "secret-path" not in page.content()
        page.goto(f"{server.url}/subscriptions/gates/edit")
        assert "secret-path" not in page.content()
        for path in ("subscriptions/gates/edit", "watchlists/detention/words?at=new"):
            page.goto(f"{server.url}/{path}")
            assert page.get_by_role("button", name="Save").count() == 0
