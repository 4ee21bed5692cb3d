"""Imported once by the server of `forked_command`: every command, and the vocabulary that most of them read."""

from __future__ import annotations

import importlib

from dashboards.cli import COMMANDS
from streams.seeds_files import vocabulary

for place in COMMANDS.values():
    importlib.import_module(place.partition(":")[0])
vocabulary({})
