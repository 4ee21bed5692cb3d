"""The files for Kibana are what the definitions say, and each fault that Kibana would not tell of is found."""

import copy
import json

import pytest

from dashboards.kibana import kql
from dashboards.kibana.check import check
from dashboards.kibana.definitions.views import EVERYTHING
from dashboards.kibana.fields import of_aliases
from dashboards.kibana.files import ALL, FOLDER, files, write

FIELDS = of_aliases()


def test_the_checked_in_files_are_what_the_definitions_say_to_the_byte() -> None:
    assert {path.name: path.read_bytes().decode() for path in FOLDER.iterdir()} == files()


def test_writing_again_changes_nothing_and_removes_what_is_no_more(tmp_path) -> None:
    assert set(write(tmp_path)) == set(files())
    (tmp_path / "old.ndjson").write_text("")
    assert list(write(tmp_path)) == ["old.ndjson"]
    assert {path.name for path in tmp_path.iterdir()} == set(files())


@pytest.mark.parametrize("name", files())
def test_every_file_passes_the_check(name) -> None:
    assert check(files()[name], FIELDS) == []


class Bundle:
    """All objects, opened up so that a test can break one."""

    def __init__(self) -> None:
        self.objects = [json.loads(line) for line in files()[ALL].splitlines()]

    def of(self, type_, id_="") -> dict:
        return next(one for one in self.objects if one["type"] == type_ and one["id"].endswith(id_))

    @property
    def dashboard(self) -> dict:
        return self.of("dashboard", "overview")

    def edit(self, holder, key, change) -> None:
        """Change what is JSON in a string."""
        inner = json.loads(holder[key])
        change(inner)
        holder[key] = json.dumps(inner)

    def panel(self, id_, change) -> None:
        def found(panels):
            change(next(one for one in panels if one["panelIndex"] == id_))

        self.edit(self.dashboard["attributes"], "panelsJSON", found)

    def panels(self, change) -> None:
        self.edit(self.dashboard["attributes"], "panelsJSON", change)

    def layer(self, id_, change) -> None:
        def found(panel):
            state = panel["embeddableConfig"]["attributes"]["state"]
            change(state["datasourceStates"]["formBased"]["layers"][id_])

        self.panel(id_, found)

    def state(self, id_, change) -> None:
        self.panel(id_, lambda panel: change(panel["embeddableConfig"]["attributes"]["state"]))

    def control(self, id_, change) -> None:
        group = self.dashboard["attributes"]["controlGroupInput"]
        self.edit(group, "panelsJSON", lambda controls: change(controls[id_]))

    def drop_reference(self, holder, part) -> None:
        holder["references"] = [one for one in holder["references"] if part not in one["name"]]

    def text(self) -> str:
        return "\n".join(json.dumps(one) for one in self.objects)


def _put(key, value):
    return lambda one: one.__setitem__(key, value)


def _column(id_, key, value):
    return lambda layer: layer["columns"][id_].__setitem__(key, value)


FAULTS = {
    "unknown attribute": (
        lambda b: b.of("tag")["attributes"].update(bogus=1),
        "tag:biowire has an unknown attribute, which Kibana refuses: bogus",
    ),
    "tabs of newer Kibana": (lambda b: b.of("search")["attributes"].update(tabs=[]), "refuses: tabs"),
    "version above the floor": (
        lambda b: b.dashboard.update(typeMigrationVersion="10.2.0"),
        "has typeMigrationVersion 10.2.0, not 8.9.0",
    ),
    "no version": (lambda b: b.dashboard.pop("typeMigrationVersion"), "lacks the key typeMigrationVersion"),
    "core version above the floor": (
        lambda b: b.of("query").update(coreMigrationVersion="9.0.0"),
        "has coreMigrationVersion 9.0.0",
    ),
    "key of an export": (lambda b: b.of("tag").update(updated_at="2026"), "has an unknown key: updated_at"),
    "twice": (
        lambda b: b.objects.append(copy.deepcopy(b.of("tag"))),
        "tag:biowire is there twice: Kibana refuses the whole file",
    ),
    "no data view in the file": (
        lambda b: b.objects.remove(b.of("index-pattern", "articles")),
        "refers to index-pattern:biowire-articles, which is not in the file",
    ),
    "reference missing inside the panel": (
        lambda b: b.panel("top-themes", lambda p: p["embeddableConfig"]["attributes"].update(references=[])),
        "panel top-themes has no reference indexpattern-datasource-layer-top-themes inside",
    ),
    "reference missing on the dashboard": (
        lambda b: b.drop_reference(b.dashboard, "top-themes:"),
        "panel top-themes needs the reference top-themes:indexpattern-datasource-layer-top-themes",
    ),
    "panelRefName with the id before it": (
        lambda b: b.panel("latest-about-biometrics", _put("panelRefName", "latest-about-biometrics:panel_x")),
        "the dashboard does not open",
    ),
    "reference of a control missing": (
        lambda b: b.drop_reference(b.dashboard, "controlGroup_theme"),
        "control theme needs the reference controlGroup_theme:optionsListDataView",
    ),
    "control over a text": (
        lambda b: b.control("theme", lambda one: one["explicitInput"].update(fieldName="title")),
        "control theme lists the field title (text), which cannot be counted by",
    ),
    "panels over each other": (
        lambda b: b.panel("top-themes", lambda p: p["gridData"].update(x=1)),
        "panels top-themes and top-sources overlap",
    ),
    "panel outside the grid": (
        lambda b: b.panel("languages", lambda p: p["gridData"].update(w=17)),
        "panel languages stands outside the grid",
    ),
    "grid of another panel": (
        lambda b: b.panel("languages", lambda p: p["gridData"].update(i="other")),
        "panel languages stands in the grid as other",
    ),
    "two panels of one id": (
        lambda b: b.panels(lambda panels: panels.append(copy.deepcopy(panels[0]))),
        "has several panels",
    ),
    "field that is not there": (
        lambda b: b.layer("top-themes", _column("by1", "sourceField", "facets.subject")),
        "column by1 uses the field facets.subject, which is not there",
    ),
    "terms of a text": (
        lambda b: b.layer("top-themes", _column("by1", "sourceField", "title")),
        "column by1 uses the field title (text), which cannot be counted by",
    ),
    "time of a keyword": (
        lambda b: b.layer("flags-over-time", _column("by1", "sourceField", "language")),
        "column by1 does date_histogram on language, which is a keyword",
    ),
    "order by a column that is not there": (
        lambda b: b.layer(
            "top-themes",
            lambda one: one["columns"]["by1"]["params"].update(
                orderBy={"type": "column", "columnId": "number9"}
            ),
        ),
        "is ordered by number9, which nothing can be ordered by",
    ),
    "order by a formula": (
        lambda b: b.layer("top-themes", _column("number1", "operationType", "formula")),
        "is ordered by number1, which nothing can be ordered by (formula)",
    ),
    "formula without its parts": (
        lambda b: b.layer(
            "part-of-all-coverage",
            lambda one: (one["columns"].pop("number1X2"), one["columnOrder"].remove("number1X2")),
        ),
        "column number1 is made of number1X2, which is not there",
    ),
    "numbers before buckets": (
        lambda b: b.layer("top-themes", lambda one: one["columnOrder"].reverse()),
        "has a number before a bucket in its columnOrder",
    ),
    "drawing a column that is not there": (
        lambda b: b.state("about-biometrics", lambda one: one["visualization"].update(metricAccessor="x")),
        "draws the column x, which is not there",
    ),
    "colours of newer Kibana": (
        lambda b: b.state(
            "top-themes", lambda one: one["visualization"]["layers"][0].update(colorMapping={})
        ),
        "has colorMapping, which older Kibana paints red",
    ),
    "query for a field that is not there": (
        lambda b: b.state("top-themes", lambda one: one["query"].update(query="relevanz : main")),
        "asks for the field relevanz, which is not there",
    ),
    "query that cannot be read": (
        lambda b: b.state("top-themes", lambda one: one["query"].update(query="relevance : (main")),
        "has a query that cannot be read",
    ),
    "query for what is only kept": (
        lambda b: b.of("query").get("attributes")["query"].update(query="dedup.reason : same"),
        "asks for the field dedup.reason, which is kept and not searched",
    ),
    "column of a Discover session": (
        lambda b: b.of("search")["attributes"]["columns"].append("headline"),
        "shows the field headline, which is not there",
    ),
    "order of a Discover session": (
        lambda b: b.of("search")["attributes"].update(sort=[["title", "asc"]]),
        "is sorted by title, which cannot be sorted by",
    ),
    "data view of other indices": (
        lambda b: b.of("index-pattern", "alerts")["attributes"].update(title="logs-*"),
        "looks at logs-*, which is none of our aliases",
    ),
    "time field that is no date": (
        lambda b: b.of("index-pattern", "articles")["attributes"].update(timeFieldName="id"),
        "has the time field id, which is no date of it",
    ),
    "time field of no name": (
        lambda b: b.of("index-pattern", "feeds")["attributes"].update(timeFieldName=""),
        "has the time field , which is no date of it",
    ),
    "broken JSON in a string": (
        lambda b: b.dashboard["attributes"].update(panelsJSON="[{"),
        "has no JSON in panelsJSON",
    ),
}


@pytest.mark.parametrize(("plant", "says"), FAULTS.values(), ids=FAULTS)
def test_a_planted_fault_is_found(plant, says) -> None:
    bundle = Bundle()
    plant(bundle)
    assert says in "\n".join(map(str, check(bundle.text(), FIELDS)))


def panels(dashboard):
    return json.loads(dashboard["attributes"]["panelsJSON"])


DASHBOARDS = [one for one in Bundle().objects if one["type"] == "dashboard"]


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda one: one["id"])
def test_every_dashboard_says_what_it_counts_and_what_it_does_not_cover(dashboard) -> None:
    (text,) = [
        one["embeddableConfig"]["savedVis"]["params"]["markdown"]
        for one in panels(dashboard)
        if one["type"] == "visualization"
    ]
    assert "**What is counted.**" in text
    assert "**What is not covered.**" in text


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda one: one["id"])
def test_copies_are_left_out_wherever_articles_are_counted(dashboard) -> None:
    """But where copying is what is looked at."""
    counted = [
        one["embeddableConfig"]["attributes"]
        for one in panels(dashboard)
        if one["type"] == "lens"
        and one["embeddableConfig"]["attributes"]["references"][0]["id"] == "biowire-articles"
    ]
    with_copies = {one["title"] for one in counted if "near_duplicate" not in one["state"]["query"]["query"]}
    if dashboard["id"] != "biowire-syndication":
        assert with_copies == set()


def test_narrowing_by_one_of_two_keeps_what_was_asked_before() -> None:
    narrowed = kql.read(EVERYTHING.but("a : 1 or b : 2").where)
    assert isinstance(narrowed, kql.And)
    assert isinstance(narrowed.parts[1], kql.Or)


def test_a_line_that_is_no_object_is_found_and_blank_ones_are_not() -> None:
    assert [str(one) for one in check("\n\n{]\n", FIELDS)] == ["line 3 is no saved object"]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("", None),
        ("watchlists : *", kql.Exists("watchlists")),
        ('a : "b c"', kql.Has("a", "b c", quoted=True)),
        ("not a : b", kql.Not(kql.Has("a", "b", quoted=False))),
        (
            "a : 1 or b : 2 and c > 3",
            kql.Or(
                (
                    kql.Has("a", "1", quoted=False),
                    kql.And((kql.Has("b", "2", quoted=False), kql.Compare("c", ">", "3"))),
                )
            ),
        ),
        ("a : (x or y)", kql.Or((kql.Has("a", "x", quoted=False), kql.Has("a", "y", quoted=False)))),
        ("(a : x)", kql.Has("a", "x", quoted=False)),
        ("face", kql.Has("", "face", quoted=False)),
    ],
)
def test_kibanas_query_language_is_read(text, meant) -> None:
    assert kql.read(text) == meant


@pytest.mark.parametrize("text", ["a :", "a : b c : d", "(a : b", "a : b )", 'a : "b', "and a : b", "a > "])
def test_what_is_not_in_the_language_is_refused(text) -> None:
    with pytest.raises(kql.KqlError):
        kql.read(text)
