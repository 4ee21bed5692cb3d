"""Links as they may leave the parser: absolute where that can be, and never anything but http and https."""

from __future__ import annotations

import re
from urllib.parse import urljoin

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_EXTRA_SLASHES = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*://)/+")
_CONTROLS = re.compile(r"[\t\r\n]+")
_EDGES = "".join(map(chr, range(0x21)))
_PLAIN = re.compile(r"https?://[A-Za-z0-9.:-]+(?:/[!$-.0-:=@-Z_a-z~%/]*(?:\?[!$-;=?-Z_a-z~%&]+)?)?", re.ASCII)
"""What urljoin gives back as it is, whatever the base."""


def resolve(base: str, link: str) -> str:
    """Make a link absolute against `base` (RFC 3986), as feedparser does; empty when it is no URL at all."""
    if "///" in link:
        link = _EXTRA_SLASHES.sub(r"\1", link)
    if not base or (_PLAIN.fullmatch(link) and "/." not in link):
        return link
    try:
        return urljoin(base, link)
    except ValueError:
        return ""


def web_link(link: str) -> str:
    """The link if it is http, https or relative; empty for `javascript:` and every other scheme."""
    link = _CONTROLS.sub("", link).strip(_EDGES)
    scheme = _SCHEME.match(link)
    return link if scheme is None or scheme.group(1).lower() in {"http", "https"} else ""
