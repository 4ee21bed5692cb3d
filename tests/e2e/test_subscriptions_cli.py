"""`biowire subscriptions` and `alerts`, as people call them, from the first subscription to a retried message."""

import json
import shutil
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from shared_data import ROOT

from dashboards.cli import biowire, main
from streams.alerting.embedded import AlertStage
from streams.alerting.file import alerts_file, open_alerts
from streams.core.alerts.ids import message_id
from streams.core.alerts.records import Delivery
from streams.embedded import Instance
from streams.outbox.sqlite import SqliteOutbox
from streams.seeds_files import vocabulary
from streams.subscriptions.files import FileSubscriptions

CHANNEL = "mailto:desk@news.example"
TITLES = [
    ("Police test face recognition at the harbour", "2026-11-02", "Harbour Ticker"),
    ("Iris scanners come to the border", "2026-11-04", "Northern Ledger"),
    ("A man was held after a wrong face match", "2026-11-09", "Harbour Ticker"),
    ("Council votes on face recognition vans", "2026-11-11", "Capitol Daily"),
    ("Bakers meet for the great bread fair", "2026-11-12", "Northern Ledger"),
    ("Airport drops face recognition gates", "2026-11-17", "Meridian Wire"),
]


def item(number, title, day, source):
    host = source.lower().replace(" ", "-")
    return {
        "feed_url": f"https://{host}.example/feed",
        "feed_title": source,
        "title": title,
        "link": f"https://{host}.example/{number}",
        "published": f"{day}T10:00:00Z",
        "language": "en",
        "summary_html": f"<p>{title}. Word number {number} makes this article one of its own, said {source}.</p>",
    }


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture
def archive(home, made_once):
    """A home with six articles, subscriptions and the alerts they raised."""
    return shutil.copytree(made_once, home)


@pytest.fixture(scope="module")
def made_once(tmp_path_factory):
    folder = tmp_path_factory.mktemp("archive")
    home = folder / "home"
    run(home, "subscriptions", "add", "Faces", "--query", "face", "--to", CHANNEL)
    run(home, "subscriptions", "add", "Iris", "--query", "iris OR bread", "--when", "story")
    ingest(home, folder, TITLES)
    return home


def ingest(home, folder, titles):
    lines = [json.dumps(item(number, *one)) for number, one in enumerate(titles)]
    file = folder / "items.jsonl"
    file.write_text("\n".join(lines), encoding="utf-8")
    run(home, "ingest", file)


def call(home, *arguments):
    return CliRunner().invoke(biowire, ["--home", str(home), *map(str, arguments)])


def run(home, *arguments):
    done = call(home, *arguments)
    assert done.exit_code == 0, (done.output, done.exception)
    return done.stdout


def told(home, *arguments):
    return json.loads(run(home, *arguments, "--json"))


def lines(home, *arguments):
    return [json.loads(line) for line in run(home, *arguments, "--json").splitlines()]


def test_a_subscription_is_added_with_the_usual_numbers_and_listed(home):
    assert "Added borders: spike (count 5, window 1d, factor 3, sources 2, cooldown 1d)" in run(
        home, "subscriptions", "add", "Borders", "--query", "border face", "--when", "spike"
    )
    (one,) = lines(home, "subscriptions", "list")
    assert one["condition"] == {
        "kind": "spike",
        "count": 5,
        "window": "1d",
        "factor": 3.0,
        "sources": 2,
        "cooldown": "1d",
    }
    assert (one["id"], one["name"], one["query"], one["version"]) == ("borders", "Borders", "border face", 1)
    assert "1 subscription." in run(home, "subscriptions", "list")


def test_every_option_arrives(home):
    options = "--when threshold --count 3 --window 6h --sources 1 --cooldown 0 --rhythm weekly --at 17:30"
    more = "--on fri --zone Asia/Tokyo --quiet 22:00-07:00 --max-age 7d --cap 5 --id desk"
    one = told(
        home,
        *("subscriptions", "add", "Faces", "--query", "face", *options.split(), *more.split()),
        *("--to", CHANNEL, "--to", "https://hooks.example.com/T0/secret"),
    )
    assert one["id"] == "desk"
    assert one["condition"] == {
        "kind": "threshold",
        "count": 3,
        "window": "6h",
        "sources": 1,
        "cooldown": "0",
    }
    assert one["rhythm"] == {
        "every": "weekly",
        "at": "17:30",
        "on": "friday",
        "zone": "Asia/Tokyo",
        "quiet": "22:00-07:00",
        "cap": 5,
    }
    assert one["max_age"] == "7d"
    assert one["to"][0] == CHANNEL
    assert "secret" not in one["to"][1]


def test_an_edit_says_what_changes_and_what_the_archive_gains_and_loses(archive):
    said = run(archive, "subscriptions", "edit", "Faces", "--query", "face recognition OR iris")
    assert "In the archive: 1 article gained, 1 article lost." in said
    assert "faces, version 2: query face becomes face recognition OR iris." in said
    edited = told(archive, "subscriptions", "edit", "faces", "--cap", "3")
    assert (edited["changed"], edited["saved"]) == ("at most 3 entries, before 20", True)
    assert "gained" not in edited
    assert "Nothing changes." in run(archive, "subscriptions", "edit", "faces", "--cap", "3")


def test_a_dry_run_changes_nothing(archive):
    said = run(archive, "subscriptions", "edit", "faces", "--query", "iris", "--dry-run")
    assert "faces would change: query face becomes iris." in said
    assert told(archive, "subscriptions", "show", "faces")["version"] == 1


def test_another_condition_comes_with_its_own_numbers_and_none_takes_back(home):
    run(home, "subscriptions", "add", "Faces", "--query", "face", "--when", "threshold", "--count", "9")
    run(home, "subscriptions", "edit", "faces", "--to", CHANNEL, "--quiet", "22:00-07:00", "--max-age", "7d")
    one = told(home, "subscriptions", "edit", "faces", "--when", "silence")
    assert one["condition"] == {"kind": "silence", "window": "7d"}
    one = told(home, "subscriptions", "edit", "faces", "--to", "none", "--quiet", "none", "--max-age", "none")
    assert (one["to"], one["rhythm"]["quiet"], one["max_age"]) == ([], None, None)


@pytest.mark.parametrize(
    ("command", "field", "value"),
    [
        ("pause", "paused", True),
        ("resume", "paused", False),
        ("mute", "muted", True),
        ("unmute", "muted", False),
    ],
)
def test_states_are_set_and_said(home, command, field, value):
    run(home, "subscriptions", "add", "Faces", "--query", "face")
    assert told(home, "subscriptions", command, "Faces")[field] is value


def test_a_snooze_ends_where_its_reader_lives_or_when_told_to(home):
    run(home, "subscriptions", "add", "Faces", "--query", "face", "--zone", "Asia/Tokyo")
    one = told(home, "subscriptions", "snooze", "faces", "--until", "2100-01-01")
    assert one["snoozed_until"] == "2099-12-31T15:00:00Z"
    one = told(home, "subscriptions", "snooze", "faces", "--until", "3d")
    ends = datetime.fromisoformat(one["snoozed_until"])
    assert abs(ends - datetime.now(UTC) - timedelta(days=3)) < timedelta(minutes=5)
    assert told(home, "subscriptions", "snooze", "faces", "--off")["snoozed_until"] is None


def test_show_tells_the_history_and_secrets_only_when_asked(home):
    hook = "https://hooks.example.com/T0/secret"
    run(home, "subscriptions", "add", "Faces", "--query", "face", "--to", hook)
    run(home, "subscriptions", "pause", "faces")
    shown = told(home, "subscriptions", "show", "Faces")
    assert [(one["version"], one["what"]) for one in shown["history"]] == [(1, "made: face"), (2, "paused")]
    assert "secret" not in json.dumps(shown)
    assert "feeds" not in shown
    secret = told(home, "subscriptions", "show", "Faces", "--secrets")
    assert secret["to"] == [hook]
    assert secret["webhook_keys"][hook].startswith("whsec_")
    assert secret["feeds"]["atom"].startswith("http://127.0.0.1:8383/feeds/faces/")
    assert "webhook key of https://hooks.example.com/…" in run(
        home, "subscriptions", "show", "Faces", "--secrets"
    )


def test_what_is_removed_is_shown_with_its_history(home):
    run(home, "subscriptions", "add", "Faces", "--query", "face")
    assert told(home, "subscriptions", "remove", "Faces") == {"removed": ["faces"]}
    assert run(home, "subscriptions", "list").strip() == "0 subscriptions."
    assert "removed" in run(home, "subscriptions", "show", "faces")


@pytest.mark.parametrize(
    ("query", "period"),
    [
        ("*", ()),
        ("face", ()),
        ("face -police", ("--since", "2026-11-04", "--until", "2026-11-11")),
        ('"face recognition" OR iris', ("--until", "2026-11-10")),
    ],
)
def test_a_test_has_as_many_hits_as_a_search_finds(archive, query, period):
    result = told(archive, "subscriptions", "test", query, *period)
    found = lines(archive, "search", query, *period)
    assert result["hits"] == len(found) == len(result["alerts"])
    assert {"hits", "per_week", "sources", "samples", "messages"} <= set(result)
    assert set(result["messages"]) == {"now", "hourly", "daily", "weekly"}
    assert sum(week["hits"] for week in result["per_week"]) == result["hits"]
    assert sum(result["sources"].values()) == result["hits"]


def test_a_test_goes_as_far_as_the_archive_and_no_further(archive):
    result = told(archive, "subscriptions", "test", "*")
    assert (result["since"], result["until"]) == ("2026-11-02T10:00:00Z", "2026-11-17T10:00:01Z")
    assert [week["begins"] for week in result["per_week"]] == ["2026-11-02", "2026-11-09", "2026-11-16"]


def test_a_test_shows_people_weeks_words_and_messages(archive):
    shown = run(archive, "subscriptions", "test", "face")
    assert "4 hits in 4 stories" in shown
    assert "2026-11-09       2  ████████████████████████████████████████  2 alerts" in shown
    assert "Police test *face* recognition at the harbour" in shown
    assert "Harbour Ticker 2" in shown
    assert "Sent as the articles came in: 4 alerts.\n" in shown
    assert "Messages a week to each channel: now " in shown
    assert "\x1b" not in shown


def test_a_test_of_a_subscription_with_options_is_compared_with_how_it_is(archive):
    result = told(archive, "subscriptions", "test", "Faces", "--query", "face police")
    assert (result["hits"], result["gained"], result["lost"]) == (1, 0, 3)
    shown = run(archive, "subscriptions", "test", "Faces", "--query", "face police")
    assert "Compared with now: 0 articles gained, 3 articles lost" in shown
    silence = told(archive, "subscriptions", "test", "face", "--when", "silence", "--window", "4d")
    assert silence["alerts"][0]["sentence"].startswith("No matching article for 4 days")
    assert "gained" not in silence


def test_a_live_run_raises_what_the_test_said(archive):
    raised = lines(archive, "alerts", "list", "--subscription", "Faces")
    tried = told(archive, "subscriptions", "test", "Faces")
    assert {one["id"] for one in raised} == {one["id"] for one in tried["alerts"]}
    assert {one["alert"]["id"] for one in tried["sent"]} == {one["id"] for one in raised}
    assert len(raised) == 4


def test_alerts_are_listed_newest_first_and_cut(archive):
    raised = lines(archive, "alerts", "list")
    assert len(raised) == 6
    assert [one["seq"] for one in raised] == sorted((one["seq"] for one in raised), reverse=True)
    assert lines(archive, "alerts", "list", "--limit", "2") == raised[:2]
    assert lines(archive, "alerts", "list", "--until", "2020") == []
    assert len(lines(archive, "alerts", "list", "--since", "1d")) == 6
    assert "6 alerts." in run(archive, "alerts", "list")
    assert "2 alerts; there are more" in run(archive, "alerts", "list", "--limit", "2")


def test_an_alert_says_why(archive):
    (alert,) = [one for one in lines(archive, "alerts", "list") if "held after" in one["shown"][0]["title"]]
    shown = told(archive, "alerts", "show", alert["id"][:8])
    assert shown["id"] == alert["id"]
    (document,) = shown["shown"]
    assert document["clauses"] == ["face"]
    quote = document["quotes"][0]
    assert document["title"][quote["start"] : quote["end"]] == quote["surface"] == "face"
    assert (shown["asked"]["query"], shown["asked"]["version"]) == ("face", 1)
    said = run(archive, "alerts", "show", alert["id"][:8])
    assert "A man was held after a wrong *face* match" in said
    assert "matched: face; story of 1" in said
    assert "subscription faces, version 1: face" in said


@pytest.fixture
def failed(archive):
    """The same with one message that could not be delivered."""
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    alerts = [one["id"] for one in lines(archive, "alerts", "list", "--subscription", "faces")][:2]
    database = open_alerts(alerts_file(archive / "biowire.db"))
    outbox = SqliteOutbox(database)
    delivery = Delivery(
        id=message_id("faces", CHANNEL, alerts),
        subscription="faces",
        channel=CHANNEL,
        alerts=tuple(alerts),
        due=now,
        queued=now,
    )
    assert outbox.queue(delivery)
    outbox.claim("w", now, timedelta(minutes=5))
    outbox.settle(delivery.id, "w", "failed", now, error="No such address.")
    database.close()
    return archive


def test_a_failed_message_is_listed_shown_and_sent_again(failed):
    listed = lines(failed, "alerts", "list", "--failed")
    assert len(listed) == 2
    (delivery,) = listed[0]["deliveries"]
    assert (delivery["state"], delivery["error"]) == ("failed", "No such address.")
    shown = run(failed, "alerts", "show", listed[0]["id"])
    assert f"{CHANNEL}  failed, 1 try: No such address." in shown
    assert told(failed, "alerts", "retry", listed[0]["id"]) == {
        "retried": 1,
        "deliveries": [delivery["id"]],
    }
    assert run(failed, "alerts", "list", "--failed").strip() == "0 alerts."
    assert "nothing to send again" in run(failed, "alerts", "retry", "--all")


def test_all_failed_messages_are_sent_again(failed):
    assert "1 to be sent again." in run(failed, "alerts", "retry", "--all")


def test_everything_works_beside_a_process_that_writes(failed):
    with (
        Instance(failed / "biowire.db", vocabulary({})) as instance,
        AlertStage(instance, FileSubscriptions(failed / "subscriptions")) as stage,
    ):
        alert = lines(failed, "alerts", "list", "--failed")[0]["id"]
        assert told(failed, "alerts", "show", alert)["id"] == alert
        assert told(failed, "alerts", "retry", "--all")["retried"] == 1
        assert told(failed, "subscriptions", "test", "face")["hits"] == 4
        run(failed, "subscriptions", "add", "Police", "--query", "police")
        assert stage.step(datetime.now(UTC)) == 0
        run(failed, "subscriptions", "edit", "police", "--query", "police OR council")
        assert stage.step(datetime.now(UTC)) == 0
    assert len(lines(failed, "alerts", "list")) == 6


def test_looking_at_alerts_where_there_are_none_makes_nothing(home):
    assert run(home, "alerts", "list").strip() == "0 alerts."
    assert not home.exists()


def test_subscriptions_travel_as_files(home, tmp_path):
    for name, query in (("Faces", "face"), ("人脸", "人脸识别")):
        run(home, "subscriptions", "add", name, "--query", query)
    folder, other = tmp_path / "files", tmp_path / "other"
    assert len(told(home, "subscriptions", "export", folder)["exported"]) == 2
    assert len(told(other, "subscriptions", "import", folder)["added"]) == 2
    again = told(other, "subscriptions", "import", folder)
    assert {outcome: len(ids) for outcome, ids in again.items()} == {"added": 0, "changed": 0, "known": 2}
    run(other, "subscriptions", "pause", "Faces")
    assert told(other, "subscriptions", "import", folder / "faces.toml")["changed"] == ["faces"]
    plain = [
        {name: value for name, value in one.items() if name not in {"version", "changed_at"}}
        for one in lines(home, "subscriptions", "list")
    ]
    assert plain == [
        {name: value for name, value in one.items() if name not in {"version", "changed_at"}}
        for one in lines(other, "subscriptions", "list")
    ]


def test_the_samples_are_well_and_find_what_they_are_for(home):
    folder = ROOT / "seeds" / "subscriptions"
    assert told(home, "subscriptions", "check", folder)["subscriptions"] >= 3
    run(home, "subscriptions", "import", folder)
    assert told(home, "subscriptions", "check")["ok"] is True


def test_check_tells_every_problem_with_file_and_line(home):
    run(home, "subscriptions", "add", "Faces", "--query", "face")
    folder = home / "subscriptions"
    (folder / "broken.toml").write_text('name = "B"\nquery = "("\npausd = 1\n', encoding="utf-8")
    (folder / "twice.toml").write_text('name = "Faces"\nquery = "x"\nto = ["mailto:x"]\n', encoding="utf-8")
    done = call(home, "subscriptions", "check", "--json")
    told_ = json.loads(done.stdout)
    assert done.exit_code != 0
    assert told_["ok"] is False
    assert [problem.partition(": ")[0] for problem in told_["problems"]] == [
        "broken.toml:3",
        "twice.toml",
        "twice.toml",
    ]
    assert "cannot be read: see `biowire subscriptions check`" in call(home, "subscriptions", "list").stderr
    assert told(home, "subscriptions", "remove", "broken") == {"removed": ["broken"]}
    assert not (folder / "broken.toml").exists()


def wrong(words, *arguments):
    return words, arguments


ADD = ("subscriptions", "add", "New")
ASK = (*ADD, "--query", "face")
WRONG = {
    "no query": wrong("--query", *ADD),
    "unknown field": wrong("at character 1: There is no field titel:", *ADD, "--query", "titel:x"),
    "open parenthesis": wrong("at character 7", *ADD, "--query", "face ("),
    "endless query": wrong("longer than 4096 bytes", *ADD, "--query", "face " * 1000),
    "empty name": wrong("The name is empty", "subscriptions", "add", " ", "--query", "x"),
    "name of two lines": wrong("one line", "subscriptions", "add", "a\nBcc: b", "--query", "x"),
    "long name": wrong("121 characters", "subscriptions", "add", "a" * 121, "--query", "x"),
    "name that is taken": wrong(
        "called Faces already", "subscriptions", "add", "Faces", "--query", "x", "--id", "b"
    ),
    "id that is taken": wrong(
        "a subscription faces already", "subscriptions", "add", "faces", "--query", "x"
    ),
    "id with a path": wrong("cannot be used", *ASK, "--id", "../x"),
    "id too long": wrong("at most 64", *ASK, "--id", "a" * 65),
    "unknown condition": wrong("'often' is not one of", *ASK, "--when", "often"),
    "count for each": wrong("each knows no count", *ASK, "--count", "3"),
    "factor for threshold": wrong("threshold knows no factor", *ASK, "--when", "threshold", "--factor", "2"),
    "count of none": wrong("count 0 has to be from 1", *ASK, "--when", "threshold", "--count", "0"),
    "count in words": wrong("'many' is not a valid integer", *ASK, "--when", "threshold", "--count", "many"),
    "window of a week's spike": wrong("to 7d", *ASK, "--when", "spike", "--window", "8d"),
    "window in weeks of years": wrong("to 366d", *ASK, "--when", "silence", "--window", "99w"),
    "window without unit": wrong("no length of time", *ASK, "--when", "silence", "--window", "3"),
    "factor of one": wrong("above 1", *ASK, "--when", "spike", "--factor", "1"),
    "factor of nothing": wrong("above 1", *ASK, "--when", "spike", "--factor", "nan"),
    "sources of none": wrong("sources 0", *ASK, "--when", "spike", "--sources", "0"),
    "facet that is none": wrong("no facet `x`", *ASK, "--when", "new-entity", "--facets", "x"),
    "pairing of one": wrong("two facets", *ASK, "--when", "new-pairing", "--facets", "law"),
    "unknown rhythm": wrong("'monthly' is not one of", *ASK, "--rhythm", "monthly"),
    "time of no day": wrong("no time of day", *ASK, "--at", "25:00"),
    "day of no week": wrong("no weekday", *ASK, "--on", "someday"),
    "unknown zone": wrong("did you mean Europe/Berlin?", *ASK, "--zone", "Europe/Berln"),
    "zone with a path": wrong("no time zone", *ASK, "--zone", "../etc/passwd"),
    "quiet for ever": wrong("mute it", *ASK, "--quiet", "08:00-08:00"),
    "quiet from when": wrong("no part of a day", *ASK, "--quiet", "22:00"),
    "age of nothing": wrong("from 1m", *ASK, "--max-age", "0"),
    "cap of none": wrong("cap 0", *ASK, "--cap", "0"),
    "channel that is none": wrong("is no channel", *ASK, "--to", "desk@news.example"),
    "channel with a line in it": wrong("is no channel", *ASK, "--to", "mailto:a@b.example\nBcc: c@d.example"),
    "mail to several": wrong("no mail address", *ASK, "--to", "mailto:a@b.example,c@d.example"),
    "webhook at home": wrong("webhook", *ASK, "--to", "https://127.0.0.1/hook"),
    "webhook in the open": wrong("https", *ASK, "--to", "http://hooks.example.com/x"),
    "unknown service": wrong("nosuch", *ASK, "--to", "nosuch://a/b"),
    "51 channels": wrong(
        "51 channels", *ASK, *(part for n in range(51) for part in ("--to", f"mailto:a{n}@b.example"))
    ),
    "show of none": wrong("no subscription nobody", "subscriptions", "show", "nobody"),
    "edit of none": wrong("no subscription nobody", "subscriptions", "edit", "nobody", "--cap", "3"),
    "edit to a wrong query": wrong("at character 1", "subscriptions", "edit", "faces", "--query", "titel:x"),
    "edit to another's name": wrong(
        "called Iris already", "subscriptions", "edit", "faces", "--name", "Iris"
    ),
    "remove one of two": wrong("no subscription nobody", "subscriptions", "remove", "faces", "nobody"),
    "pause of none": wrong("no subscription nobody", "subscriptions", "pause", "nobody"),
    "snooze till when": wrong("Say how long", "subscriptions", "snooze", "faces"),
    "snooze till yesterday": wrong("has passed", "subscriptions", "snooze", "faces", "--until", "2020-01-01"),
    "snooze till no date": wrong("is no date", "subscriptions", "snooze", "faces", "--until", "soon"),
    "test of a wrong query": wrong("at character 1", "subscriptions", "test", "titel:x"),
    "test of a period that ends first": wrong(
        "before --until", "subscriptions", "test", "x", "--since", "2026-11-10", "--until", "2026-11-01"
    ),
    "import of nothing": wrong("cannot be read", "subscriptions", "import", "{home}/nothing.toml"),
    "import of an empty folder": wrong(
        "no *.toml", "subscriptions", "import", "{home}/subscriptions/.history"
    ),
    "import of something wrong": wrong("wrong.toml:1", "subscriptions", "import", "{home}/../wrong.toml"),
    "export to a file": wrong("is a file", "subscriptions", "export", "{home}/biowire.db"),
    "alerts of nobody": wrong("no subscription nobody", "alerts", "list", "--subscription", "nobody"),
    "alert that is none": wrong("no alert ffff0000", "alerts", "show", "ffff0000"),
    "alert of three digits": wrong("no alert abc", "alerts", "show", "abc"),
    "retry of what": wrong("say --all", "alerts", "retry"),
    "retry of none": wrong("no alert ffff0000", "alerts", "retry", "ffff0000"),
}


@pytest.fixture(scope="module")
def untouched(made_once, tmp_path_factory):
    """A home that no wrong input may change."""
    folder = tmp_path_factory.mktemp("wrong")
    (folder / "wrong.toml").write_text("nam = 1\n", encoding="utf-8")
    return shutil.copytree(made_once, folder / "home")


def kept(home):
    return {path: path.read_bytes() for path in (home / "subscriptions").rglob("*") if path.is_file()}


@pytest.mark.parametrize(("words", "arguments"), WRONG.values(), ids=WRONG)
def test_a_wrong_input_is_one_sentence_and_changes_nothing(untouched, capsys, words, arguments):
    before = kept(untouched)
    code = main(["--home", str(untouched), *(one.replace("{home}", str(untouched)) for one in arguments)])
    out, err = capsys.readouterr()
    assert code == 2
    assert words in err
    assert "Traceback" not in err
    assert out == ""
    if err.startswith("biowire: "):  # what click refuses comes with the usage
        assert err.count("\n") == 1
        assert err.rstrip()[-1] in ".?"
    assert kept(untouched) == before
