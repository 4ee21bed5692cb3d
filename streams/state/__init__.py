"""Port of the story stage's memory: what it must know again after a restart, by day of publication.

The Protocol stands in the core, which may not import this package; adapters are found here.
"""

from __future__ import annotations

from streams.core.days import StoryState as StoryState

__all__ = ["StoryState"]
