"""How an article is cited: in plain words, for BibTeX and for RIS. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from streams.core.records import Document


def citations(document: Document, asked: datetime) -> Mapping[str, str]:
    """By name of the form. `asked`: when somebody looked at it."""
    return {"Text": _plain(document, asked), "BibTeX": _bibtex(document, asked), "RIS": _ris(document, asked)}


def _outlet(document: Document) -> str:
    return document.source.name or document.source.host


def _plain(one: Document, asked: datetime) -> str:
    who = f"{', '.join(one.authors)}: " if one.authors else ""
    when = (
        f"{one.published:%-d %B %Y}" if one.published else f"no date, first seen {one.first_seen:%-d %B %Y}"
    )
    where = f" {one.url}" if one.url else ""
    return _line(f"{who}“{one.title}”. {_outlet(one)}, {when}.{where} (as of {asked:%-d %B %Y}).")


def _bibtex(one: Document, asked: datetime) -> str:
    fields = {
        "author": " and ".join(f"{{{_tex(name)}}}" for name in one.authors),
        "title": f"{{{_tex(one.title)}}}",
        "journal": _tex(_outlet(one)),
        "year": f"{one.when:%Y}",
        "month": f"{one.when:%b}".lower(),
        "date": f"{one.when:%Y-%m-%d}",
        "url": _address(one.url),
        "urldate": f"{asked:%Y-%m-%d}",
        "langid": "" if one.language == "und" else one.language,
    }
    lines = [
        f"  {name} = {value}," if name == "month" else f"  {name} = {{{value}}},"
        for name, value in fields.items()
        if value
    ]
    return "\n".join([f"@article{{biowire-{one.id},", *lines, "}"])


def _ris(one: Document, asked: datetime) -> str:
    pairs = [
        ("TY", "NEWS"),
        *(("AU", name) for name in one.authors),
        ("TI", one.title),
        ("T2", _outlet(one)),
        ("DA", f"{one.when:%Y/%m/%d}"),
        ("UR", one.url),
        ("LA", "" if one.language == "und" else one.language),
        ("Y2", f"{asked:%Y/%m/%d}"),
        ("ER", ""),
    ]
    return "\n".join(f"{tag}  - {_line(value)}" for tag, value in pairs if value or tag == "ER")


def _line(text: str) -> str:
    return " ".join(text.split())


def _tex(text: str) -> str:
    """Without what TeX would take for a command; braces stay in pairs as there are none."""
    plain = _line(text).replace("\\", "/").translate({ord("{"): "(", ord("}"): ")"})
    return re.sub(r"([#$%&_])", r"\\\1", plain).replace("~", r"\~{}").replace("^", r"\^{}")


def _address(url: str) -> str:
    """An address cannot end its field."""
    return url.translate({ord("{"): "%7B", ord("}"): "%7D", ord("\\"): "%5C"})
