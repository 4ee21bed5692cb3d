"""Templates and what they may use. Every value is escaped; a name that is not there is an error.

Texts stand in the templates as `_("…")` and `{% trans %}`, in views as `visit.gettext("…")` and
`visit.ngettext(one, many, number)`; `./run.sh texts` collects them into
`locale/biowire.pot`, and a compiled catalogue in `locale/LANGUAGE/LC_MESSAGES` translates them.
"""

from __future__ import annotations

import gettext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jinja2

from . import assets, words

LOCALE = Path(__file__).parent / "locale"


class Rendering:
    """Makes pages; one per application."""

    def __init__(self, language: str = "en", locale: Path = LOCALE) -> None:
        self.language = language
        self._environment = jinja2.Environment(
            loader=jinja2.PackageLoader(__package__ or "", "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        self.texts = texts = gettext.translation("biowire", locale, languages=[language], fallback=True)
        self._environment.install_gettext_translations(texts, newstyle=True)  # type: ignore[attr-defined]
        self._environment.globals.update(asset=assets.address, language=language)
        self._environment.filters.update(words.FILTERS)

    def render(self, template: str, **values: Any) -> str:
        """A page, or a piece of one."""
        return self._environment.get_template(template).render(now=datetime.now(UTC), **values)
