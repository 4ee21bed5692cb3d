"""What is shipped: read this folder to know what people see in Kibana, and add to it what they should see.

views ─► searches ─► one module for each dashboard
"""

from __future__ import annotations

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


def everything(prefix: str = PREFIX) -> list[Saved]:
    """Every object, with data views over the indices of that prefix."""
    return [tag(), *(view.saved(prefix) for view in VIEWS), *SEARCHES, *QUERIES, *DASHBOARDS]
