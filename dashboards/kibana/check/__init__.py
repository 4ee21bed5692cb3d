"""Whether saved objects will open in Kibana, which takes nearly anything when it imports. Pure.

NDJSON ─► lines ─► envelope, attributes, references ─► dashboards: grid, panels ─► charts: columns, fields
"""

from __future__ import annotations

from .whole import Fault, check

__all__ = ["Fault", "check"]
