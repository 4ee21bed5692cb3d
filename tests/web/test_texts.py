"""Texts of the pages stand apart, so that they can be translated: collected, and none left out."""

import ast
import re

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from shared_data import ROOT

from dashboards.web.rendering import Rendering
from tools.web_texts import POT, collected

TEMPLATES = sorted((ROOT / "dashboards" / "web" / "templates").glob("*.html"))
VIEWS = sorted((ROOT / "dashboards" / "web" / "views").glob("*.py"))
SPOKEN = re.compile(r'\b(?:title|alt|placeholder|aria-label|aria-description)="([^"]*)"')
SAME = re.compile(
    r"<code>.*?</code>|\bbiowire(?: [a-z]+ [A-Z]+)?\b|\b(?:CSV|JSON Lines|RSS|BibTeX)\b|https?://", re.DOTALL
)
"""What is typed, and names, are the same in every language."""


def test_the_catalogue_is_up_to_date():
    assert POT.read_bytes() == collected(), "run ./run.sh texts, and commit what it writes"


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_no_text_of_its_own(template):
    """What is left without expressions, translated blocks and tags has no word in it; nor has what is read aloud."""
    source = re.sub(
        r"\{%-?\s*trans\b.*?endtrans\s*-?%\}", "", template.read_text(encoding="utf-8"), flags=re.DOTALL
    )
    plain = "".join(value for _, kind, value in Rendering()._environment.lex(source) if kind == "data")
    plain = SAME.sub("", plain)
    words = re.sub(r'<[^<>]*>|[a-z-]+="[^"]*"|\bautofocus\b', " ", plain)
    said = [
        *re.findall(r"[^\W\d_]{2,}", words),
        *(one for one in SPOKEN.findall(plain) if re.search(r"[^\W\d_]{2,}", one)),
    ]
    assert said == [], f"wrap these in _(…) or trans: {said}"


@pytest.mark.parametrize("view", VIEWS, ids=lambda path: path.name)
def test_a_notice_comes_from_the_catalogue(view):
    """What a page says once after a change is a sentence of gettext, or made of such."""
    for call in ast.walk(ast.parse(view.read_text(encoding="utf-8"))):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "go":
            said = [*call.args[1:2], *(one.value for one in call.keywords if one.arg == "said")]
            own = [one for one in said if isinstance(one, ast.JoinedStr | ast.Constant | ast.IfExp)]
            assert own == [], f"line {call.lineno}: say it by visit.gettext"


def test_a_compiled_catalogue_translates_the_pages(tmp_path):
    with POT.open("rb") as file:
        catalog = read_po(file, locale="de")
    catalog["Health"].string = "Befinden"
    catalog["%(num)s subscription made."].string = ("%(num)s Abo.", "%(num)s Abos.")
    (tmp_path / "de" / "LC_MESSAGES").mkdir(parents=True)
    with (tmp_path / "de" / "LC_MESSAGES" / "biowire.mo").open("wb") as file:
        write_mo(file, catalog)
    pages = Rendering("de", tmp_path)
    shown = pages.render("error.html", status=404, sentence="x")
    assert '<html lang="de"' in shown
    assert (
        pages.texts.ngettext("%(num)s subscription made.", "%(num)s subscriptions made.", 2)
        == "%(num)s Abos."
    )
    assert pages._environment.from_string('{{ _("Health") }}, {{ _("Feeds") }}').render() == "Befinden, Feeds"
