"""What is shipped: read this folder to know what people see in Kibana, and add to it what they should see.

views ─► searches ─► one module for each dashboard
"""

from __future__ import annotations

from pathlib import Path

from ..edited import merged, read
from ..objects import tag
from ..saved import Saved
from .coverage import COVERAGE
from .organisations import ORGANISATIONS
from .overview import OVERVIEW
from .regions import REGIONS
from .searches import QUERIES, SEARCHES
from .stories import STORIES
from .views import VIEWS
from .watchlists import WATCHLISTS

DASHBOARDS = (OVERVIEW, WATCHLISTS, ORGANISATIONS, REGIONS, STORIES, COVERAGE)

PREFIX = "biowire-"
"""Default of the setting `index_prefix`, and in the files that are checked in."""


EDITED = Path(__file__).with_name("edited")
"""Files that `biowire kibana pull --into` brought here: each stands in the place of a definition."""


def everything(prefix: str = PREFIX, edits: Path | None = None) -> list[Saved]:
    """Every object, with data views over indices of that prefix and a folder of edits. Raises UserError."""
    written = [tag(), *(view.saved(prefix) for view in VIEWS), *SEARCHES, *QUERIES, *DASHBOARDS]
    return merged(merged(written, read(EDITED)), read(edits) if edits else [])
