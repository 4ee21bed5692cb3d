"""The sample world: an invented news landscape, for the demo and for tests of the whole path.

`load()` reads it, `render` turns its feeds into bytes, `pages` its web pages and OPML, `server` serves
both over HTTP. See README.md for the format of its files.
"""

from __future__ import annotations

from .loading import load
from .records import DEFAULT_PORT, OPENING, Article, Feed, Outlet, World, WorldError

__all__ = ["DEFAULT_PORT", "OPENING", "Article", "Feed", "Outlet", "World", "WorldError", "load"]
