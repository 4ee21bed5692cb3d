"""Collects the texts of the web UI for translators: `./run.sh texts` writes locale/biowire.pot beside them.

The same templates and views give the same bytes: no dates, no line numbers, sorted.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_python
from babel.messages.pofile import write_po
from jinja2.ext import babel_extract

WEB = Path(__file__).resolve().parent.parent / "dashboards" / "web"
POT = WEB / "locale" / "biowire.pot"
HEADER = """\
# Texts of the web UI of biowire. Made by ./run.sh texts; docs/web.md says how to translate them.
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""
_FUNCTIONS = ("_", "gettext", "ngettext")
_OPTIONS = {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}


def collected() -> bytes:
    """The catalogue as it should be now."""
    catalog = Catalog()
    for path in sorted([*(WEB / "templates").glob("*.html"), *(WEB / "views").glob("*.py")]):
        with path.open("rb") as file:
            for _, _, message, _ in _texts(path, file):
                texts = message if isinstance(message, tuple) else (message,)
                found = tuple(one for one in texts if isinstance(one, str))
                if not found:  # a name that holds a text collected where it is set
                    continue
                catalog.add(found if len(found) > 1 else found[0], locations=[(path.name, 1)])
    out = io.BytesIO()
    write_po(out, catalog, width=110, omit_header=True, sort_output=True, include_lineno=False)
    return HEADER.encode() + out.getvalue()


def _texts(path: Path, file: BinaryIO) -> Iterable[tuple[int, str, Any, Any]]:
    if path.suffix == ".html":
        return babel_extract(file, _FUNCTIONS, (), _OPTIONS)
    return extract_python(file, _FUNCTIONS, (), {})


if __name__ == "__main__":
    POT.parent.mkdir(exist_ok=True)
    POT.write_bytes(collected())
