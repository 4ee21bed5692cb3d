"""`biowire evaluate`: how good are labels, flags, stories and duplicates?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from connectors.console import Context, json_option, pass_context, print_json

from ..evaluate import Labelled, evaluate_items, evaluate_pairs, evaluate_world, read_labels
from ..reading import reading
from ..seeds_files import vocabulary

MAIN = ("relevance", "relevance.mentioned", "flag.", "modality", "domain", "theme")


@click.command()
@click.option(
    "--labels",
    "files",
    metavar="FILE",
    multiple=True,
    help="Labelled items or pairs, JSON Lines; repeatable.",
)
@json_option
@pass_context
def evaluate(context: Context, files: tuple[str, ...], as_json: bool) -> None:
    """Measure precision, recall and F1 per label and flag, and for stories and duplicates.

    Labelled items are analyzed; labelled pairs are looked up in the store, which has to hold them. Without
    --labels the invented articles that ship with biowire are measured.

    Example: biowire evaluate --labels articles.jsonl --labels pairs.jsonl --home ./week --json
    """
    words = vocabulary(context.settings)
    read = [read_labels(Path(name)) for name in files]
    labelled = Labelled(
        tuple(item for one in read for item in one.items), tuple(pair for one in read for pair in one.pairs)
    )
    result: dict[str, Any] = {"vocabulary": words.version}
    if not files:
        result |= evaluate_world(words)
    if labelled.items:
        result |= evaluate_items(labelled, words)
    if labelled.pairs:
        with reading(context) as ports:
            result |= evaluate_pairs(labelled, ports.index, ports.received)
    if as_json:
        print_json(result)
    else:
        _print(result)


def _print(result: dict[str, Any]) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("measure", "precision", "recall", "F1"):
        table.add_column(heading, justify="left" if heading == "measure" else "right")
    for part in ("scores", "scores_without_note"):
        for measure, score in result.get(part, {}).items():
            if measure in MAIN or measure.startswith("flag."):
                name = f"{measure} (without hard items)" if part != "scores" else measure
                table.add_row(name, *(f"{score[one]:.3f}" for one in ("precision", "recall", "f1")))
    for measure in ("same_story", "same_story_without_note", "near_duplicate", "near_duplicate_without_note"):
        if measure in result:
            table.add_row(measure, *(f"{result[measure][one]:.3f}" for one in ("precision", "recall", "f1")))
    console = Console(highlight=False)
    console.print(table)
    console.print(f"vocabulary {result['vocabulary']}; --json has every label and the counts.", style="dim")
