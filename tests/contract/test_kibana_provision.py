"""Dashboards come into Kibana, whatever it answers: what it refuses is told in words, and nothing is lost silently."""

import json
import re
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner
from kibana_server import FORBIDDEN, NOT_READY, STRANGER, UNAUTHORIZED, StandIn, refusal, status

from connectors.errors import NotYet, UserError
from dashboards.cli import biowire
from dashboards.kibana.client import Client
from dashboards.kibana.definitions import everything
from dashboards.kibana.edited import edits
from dashboards.kibana.objects import kuery
from dashboards.kibana.provision import KibanaSetup, exported
from dashboards.kibana.saved import Reference, Saved, ndjson
from dashboards.kibana.server import kibana_of
from dashboards.provision import parts_of

IMPORT = ("POST", "/api/saved_objects/_import")
EXPORT = ("POST", "/api/saved_objects/_export")
STATUS = ("GET", "/api/status")


@pytest.fixture
def kibana():
    with StandIn() as server:
        yield server


def setup(server, objects=None, slept=None, **settings):
    client = Client(
        kibana_of({"kibana": server.url, **settings}), sleep=(slept if slept is not None else []).append
    )
    return KibanaSetup(client, everything() if objects is None else objects)


def test_the_first_run_installs_everything_and_the_second_finds_nothing_to_do(kibana) -> None:
    first = setup(kibana)
    steps = first.plan()
    assert {one.kind for one in steps} == {"create"}
    assert {one.name for one in steps} == {one.key for one in everything()}
    first.apply()
    assert setup(kibana).plan() == []
    assert f"{kibana.url}/app/dashboards#/view/biowire-overview" in first.links


def test_what_was_installed_is_what_we_shipped(kibana) -> None:
    first = setup(kibana)
    first.plan()
    first.apply()
    shipped = {(one.type, one.id): one.envelope() for one in everything()}
    added = {"updated_at", "version"}
    there = {
        key: {name: value for name, value in one.items() if name not in added}
        for key, one in kibana.spaces["default"].items()
    }
    assert there == shipped


def test_an_edit_is_shown_before_it_is_put_back(kibana) -> None:
    first = setup(kibana)
    first.plan()
    first.apply()
    kibana.spaces["default"]["dashboard", "biowire-overview"]["attributes"]["title"] = "Mine"
    again = setup(kibana)
    (step,) = again.plan()
    assert (step.kind, step.name) == ("change", "dashboard:biowire-overview")
    assert step.says.startswith("title as this version has it")
    again.apply()
    assert setup(kibana).plan() == []


def test_what_a_newer_kibana_adds_is_no_difference(kibana) -> None:
    first = setup(kibana)
    first.plan()
    first.apply()
    for (type_, _), one in kibana.spaces["default"].items():
        one["typeMigrationVersion"] = "10.2.0"
        if type_ == "search":
            one["attributes"]["tabs"] = []
        if type_ == "dashboard":
            panels = json.loads(one["attributes"]["panelsJSON"])
            for panel in panels:
                panel["version"] = "9.3.0"
            one["attributes"]["panelsJSON"] = json.dumps(panels)
    assert setup(kibana).plan() == []


def pull(kibana, folder, *more):
    where = ["--kibana", kibana.url, "--into", str(folder), *more]
    done = CliRunner().invoke(biowire, ["kibana", "pull", *where])
    assert done.exit_code == 0, done.output
    return done.output


def installed(kibana, objects=None, **settings):
    one = setup(kibana, objects, **settings)
    one.plan()
    one.apply()
    return one


def test_edits_are_pulled_and_installed_again_instead_of_what_is_shipped(kibana, tmp_path) -> None:
    installed(kibana)
    assert "Nothing differs" in pull(kibana, tmp_path)
    overview = kibana.spaces["default"]["dashboard", "biowire-overview"]
    panels = json.loads(overview["attributes"]["panelsJSON"])
    panels[0]["title"] = "Alle Meldungen"
    overview["attributes"]["panelsJSON"] = json.dumps(panels)
    mine = {**json.loads(json.dumps(overview)), "id": "mine"}
    kibana.spaces["default"]["dashboard", "mine"] = mine
    kibana.spaces["default"]["dashboard", "of-others"] = {**mine, "id": "of-others", "references": []}
    pull(kibana, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        "dashboard.biowire-overview.json",
        "dashboard.mine.json",
    }
    assert '"title": "Alle Meldungen"' in (tmp_path / "dashboard.mine.json").read_text()
    with StandIn() as fresh:
        installed(fresh, everything(edits=tmp_path))
        kept = fresh.spaces["default"]["dashboard", "biowire-overview"]["attributes"]
        assert json.loads(kept["panelsJSON"]) == panels
        assert ("dashboard", "mine") in fresh.spaces["default"]
        assert setup(fresh, everything(edits=tmp_path)).plan() == []


def test_edits_in_a_second_space_are_pulled_under_our_ids(kibana, tmp_path) -> None:
    installed(kibana)
    installed(kibana, kibana_space="news")
    kibana.spaces["news"]["search", "biowire-latest-0c1d"]["attributes"]["title"] = "Mine"
    client = Client(kibana_of({"kibana": kibana.url, "kibana_space": "news"}))
    (one,) = edits(everything(), exported(client))
    assert (one.key, one.attributes["title"]) == ("search:biowire-latest", "Mine")


def test_an_edit_of_a_newer_kibana_keeps_its_version(kibana, tmp_path) -> None:
    installed(kibana)
    one = kibana.spaces["default"]["search", "biowire-latest"]
    one["typeMigrationVersion"] = "10.6.0"
    one["attributes"] |= {"title": "Mine", "tabs": []}
    pull(kibana, tmp_path)
    (found,) = [one for one in everything(edits=tmp_path) if one.id == "biowire-latest"]
    assert found.envelope()["typeMigrationVersion"] == "10.6.0"


def test_a_file_that_is_no_edit_is_named(tmp_path) -> None:
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(UserError, match=r"x\.json is no saved object"):
        everything(edits=tmp_path)


def test_data_views_follow_the_prefix_of_the_indices(kibana) -> None:
    (part,) = parts_of({"kibana": kibana.url, "index_prefix": "news-", "kibana_edits": ""}, datetime.now(UTC))
    part.plan()
    part.apply()
    view = kibana.spaces["default"]["index-pattern", "biowire-articles"]
    assert view["attributes"]["title"] == "news-articles"


def test_in_a_second_space_links_lead_to_the_ids_that_kibana_gave(kibana) -> None:
    first = setup(kibana)
    first.plan()
    first.apply()
    second = setup(kibana, kibana_space="news")
    assert [one.name for one in second.plan() if one.says == "space"] == ["space:news"]
    second.apply()
    assert f"{kibana.url}/s/news/app/dashboards#/view/biowire-overview-0c1d" in second.links
    again = setup(kibana, kibana_space="news")
    assert again.plan() == []
    assert again.links == second.links


def test_a_space_that_another_made_meanwhile_is_used(kibana) -> None:
    one = setup(kibana, kibana_space="news")
    one.plan()
    kibana.spaces["news"] = {}
    one.apply()
    assert kibana.spaces["news"]


@pytest.mark.parametrize(
    "waiting",
    [[NOT_READY], [NOT_READY] * 3, [(0, "")], [(429, "Too many"), (502, "")]],
    ids=["503", "503 thrice", "hangs up", "429 and 502"],
)
def test_a_kibana_that_is_busy_is_asked_again_after_ever_longer_pauses(kibana, waiting) -> None:
    kibana.first[STATUS] = list(waiting)
    slept = []
    assert setup(kibana, slept=slept).plan()
    assert slept == sorted(set(slept))
    assert len(slept) == len(waiting)


def test_an_import_that_meets_a_503_is_sent_again(kibana) -> None:
    one = setup(kibana)
    one.plan()
    kibana.first[IMPORT] = [NOT_READY]
    one.apply()
    assert setup(kibana).plan() == []


@pytest.mark.parametrize(
    ("first", "sentence"),
    [
        ([NOT_READY] * 5, "is not ready (it answers 503)"),
        ([(0, "")] * 5, "does not answer"),
        ([(200, status(saved_objects="unavailable")[1])], "its savedObjects is unavailable"),
        ([(200, status(elasticsearch="critical")[1])], "its elasticsearch is critical"),
    ],
    ids=["503", "hangs up", "saved objects", "elasticsearch"],
)
def test_a_kibana_that_is_not_ready_is_worth_waiting_for(kibana, first, sentence) -> None:
    kibana.first[STATUS] = first
    with pytest.raises(NotYet, match=re.escape(sentence)):
        setup(kibana).plan()


def test_nobody_listening_is_worth_waiting_for() -> None:
    with StandIn() as server:
        gone = setup(server)
    with pytest.raises(NotYet, match="does not answer"):
        gone.plan()


@pytest.mark.parametrize(
    ("first", "sentence"),
    [
        (STRANGER, "does not know us: set kibana_user"),
        (UNAUTHORIZED, "does not know us: set kibana_user"),
        (FORBIDDEN, "does not let us do this: Unable to bulk_create dashboard"),
        ((200, "<html>hello</html>"), "there is no Kibana"),
        ((404, ""), "there is no Kibana"),
    ],
    ids=["stranger", "401", "403", "another server", "404"],
)
def test_what_a_person_has_to_mend_is_said_at_once(kibana, first, sentence) -> None:
    kibana.first[STATUS] = [first]
    slept = []
    with pytest.raises(UserError, match=sentence) as raised:
        setup(kibana, slept=slept).plan()
    assert not isinstance(raised.value, NotYet)
    assert slept == []


def broken(kind) -> list[Saved]:
    """Our objects with one that Kibana refuses."""
    ours = everything()
    if kind == "unknown key":
        return [
            *ours,
            Saved(type="query", id="bad", attributes={"title": "Bad", "query": kuery(""), "bogus": 1}),
        ]
    if kind == "missing reference":
        away = Reference(type="index-pattern", id="away", name="kibanaSavedObjectMeta.searchSourceJSON.index")
        return [*ours, Saved(type="search", id="bad", attributes={"title": "Bad"}, references=(away,))]
    return [*ours, ours[-1]]


@pytest.mark.parametrize(
    ("kind", "sentence", "rest"),
    [
        (
            "unknown key",
            r"refused 1 object\(s\), \d+ others were installed: query:bad: \[attributes.bogus\]: definition for this key is missing",
            True,
        ),
        (
            "missing reference",
            r"refused 1 object\(s\), nothing was installed: search:bad: missing references: index-pattern:away",
            False,
        ),
        ("twice", r"took nothing \(400\): Non-unique import objects detected", False),
    ],
    ids=["unknown key", "missing reference", "twice"],
)
def test_what_kibana_refuses_is_told_with_what_became_of_the_rest(kibana, kind, sentence, rest) -> None:
    one = setup(kibana, broken(kind))
    one.plan()
    with pytest.raises(UserError, match=sentence):
        one.apply()
    assert bool(kibana.spaces["default"]) is rest


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (
            refusal(422, "Unprocessable Entity", 'Document "x" belongs to a more recent version of Kibana'),
            r"took nothing \(422\): Document",
        ),
        (refusal(415, "Unsupported Media Type", "Unsupported Media Type"), r"took nothing \(415\)"),
        (refusal(413, "Request Entity Too Large", "Payload too large"), r"took nothing \(413\): Payload"),
        (
            (
                200,
                {
                    "success": False,
                    "successCount": 0,
                    "errors": [
                        {"id": "a", "type": "tag", "error": {"type": "conflict"}},
                        {"id": "b", "type": "tag", "error": {"type": "ambiguous_conflict"}},
                        {"id": "c", "type": "map", "error": {"type": "unsupported_type"}},
                        {"id": "d", "type": "tag", "error": {"type": "unknown", "message": "of 9.x"}},
                    ],
                },
            ),
            r"refused 4 .*, nothing was installed: tag:a: conflict; tag:b: ambiguous conflict; map:c: unsupported type; tag:d: of 9\.x",
        ),
        ((200, {"success": False, "successCount": 0}), "without a reason"),
        ((200, "not json"), "without a reason"),
    ],
    ids=["422", "415", "413", "every kind of error", "no errors listed", "no JSON"],
)
def test_every_other_refusal_is_told(kibana, answer, sentence) -> None:
    one = setup(kibana)
    one.plan()
    kibana.first[IMPORT] = [answer]
    with pytest.raises(UserError, match=sentence):
        one.apply()


def test_an_object_of_a_newer_kibana_stops_the_whole_import(kibana) -> None:
    newer = ndjson(everything()).replace('"typeMigrationVersion":"8.9.0"', '"typeMigrationVersion":"10.2.0"')
    client = Client(kibana_of({"kibana": kibana.url}))
    answer = client.inside("POST", "/api/saved_objects/_import", file=("x.ndjson", newer))
    assert (answer.status, kibana.spaces["default"]) == (422, {})
    assert "belongs to a more recent version of Kibana [10.2.0]" in answer.message


def test_credentials_are_sent_and_never_shown(kibana, tmp_path) -> None:
    (tmp_path / "password").write_text("geheim\n")
    (tmp_path / "key").write_text("c2NobHVlc3NlbA==\n")
    with_user = setup(kibana, kibana_user="anna", kibana_password_file=str(tmp_path / "password"))
    with_user.plan()
    assert kibana.headers[-1]["Authorization"] == "Basic YW5uYTpnZWhlaW0="
    setup(kibana, kibana_api_key_file=str(tmp_path / "key")).plan()
    assert kibana.headers[-1]["Authorization"] == "ApiKey c2NobHVlc3NlbA=="
    assert "geheim" not in repr(with_user._kibana)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"kibana": "kibana:5601"}, "is not an address"),
        ({"kibana": "ftp://kibana"}, "is not an address"),
        ({"kibana": "http://a:b@kibana"}, "set kibana_user"),
        ({"kibana": "http://kibana", "kibana_space": "A b"}, "kibana_space"),
        ({"kibana": "http://kibana", "kibana_ca": "/nowhere.pem"}, "is not there"),
    ],
    ids=["no scheme", "scheme", "user inside", "space", "authority"],
)
def test_settings_that_cannot_be_meant_are_refused(settings, sentence) -> None:
    with pytest.raises(UserError, match=sentence):
        kibana_of(settings)


def test_the_command_checks_installs_and_shows_where_to_look(kibana, tmp_path) -> None:
    run = lambda *more: CliRunner().invoke(  # noqa: E731
        biowire, ["--home", str(tmp_path), "provision", "--kibana", kibana.url, *more]
    )
    checked = run("--check")
    assert checked.exit_code == 1
    assert "+ kibana dashboard:biowire-overview: biowire: Overview" in checked.output
    assert not kibana.spaces["default"]
    installed = run("--yes")
    assert installed.exit_code == 0, installed.output
    assert f"{kibana.url}/app/dashboards#/view/biowire-overview" in installed.output
    again = run("--check", "--json")
    assert (again.exit_code, json.loads(again.output)) == (0, {"changes": [], "applied": False})
