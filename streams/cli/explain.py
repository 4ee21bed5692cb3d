"""`biowire explain`: the whole trace of one article."""

from __future__ import annotations

from typing import Any

import click
from rich.console import Console
from rich.markup import escape

from connectors.console import Context, json_option, pass_context, print_json, safe

from ..embedded import reading
from ..explain import Explainer
from ..seeds_files import vocabulary


@click.command()
@click.argument("article", metavar="ID|URL")
@json_option
@pass_context
def explain(context: Context, article: str, as_json: bool) -> None:
    """Say where an article came from, what each stage decided and why - also why something was not flagged.

    Example: biowire explain https://example.org/2026/11/face-scans-at-the-border
    """
    with reading(context.store) as ports:
        trace = Explainer(
            log=ports.log,
            seen=ports.seen,
            stories=ports.stories,
            index=ports.index,
            vocabulary=vocabulary(context.settings),
        ).explain(article)
    if as_json:
        print_json(trace)
    else:
        _print(trace)


def _print(trace: dict[str, Any]) -> None:
    console = Console(highlight=False)

    def say(text: str, indent: int = 0) -> None:
        console.print(" " * indent + text, soft_wrap=True)

    def quoted(text: object) -> str:
        return escape(safe(str(text)))

    say(f"[bold]{quoted(trace['title'])}[/]\n{quoted(trace['url'])}\nid {trace['id']}")
    say(
        f"\n[bold]dedup[/]: {len(trace['dedup']['sightings'])} sighting(s), version {trace['dedup']['revision']}"
    )
    for one in trace["dedup"]["sightings"]:
        mark = "speaks" if one["speaks"] else "      "
        say(f"{mark}  {one.get('outcome', '')}  {quoted(one['url'])} from {quoted(one['feed_url'])}", 2)
        say(f"{quoted(one.get('reason', ''))}", 12)
    if trace["classify"] is None:
        say("\nIts document was removed by retention or its item failed.")
        return
    _print_verdicts(say, quoted, trace)


def _print_verdicts(say: Any, quoted: Any, trace: dict[str, Any]) -> None:
    verdict = trace["classify"]
    say(f"\n[bold]classify[/]: relevance {verdict['relevance']} (score {verdict['score']:.2f})")
    for reason in verdict["reasons"]:
        say(
            f"{reason['weight']:+.2f}  {reason['term']}: “{quoted(reason['surface'])}” in {reason['field']}",
            2,
        )
    for label in verdict["labels"]:
        words = ", ".join(f"“{quoted(reason['surface'])}”" for reason in label["reasons"][:4])
        say(f"{label['facet']} {label['id']} {label['score']:.2f}: {words}", 2)
    say(f"\n[bold]flag[/]: {len(trace['flag']['flags'])} flag(s)")
    for flag in trace["flag"]["flags"]:
        say(
            f"{flag['watchlist']} / {flag['term']}: “{quoted(flag['surface'])}” {flag['field']}[{flag['start']}:{flag['end']}]",
            2,
        )
    for blocked in trace["flag"]["not_flagged"]:
        say(
            f"[dim]not {blocked['list']} / {blocked['term']}: “{quoted(blocked['surface'])}”: {quoted(blocked['why'])}[/]",
            2,
        )
    story = trace["story"]
    say(
        f"\n[bold]story[/] {story['story_id']}: {story['role']} among {story['size']} from {', '.join(map(quoted, story['sources']))}"
    )
    say(quoted(story["reason"]), 2)
    if story["near_duplicate"]["of"]:
        say(f"copy of {story['near_duplicate']['of']}: {quoted(story['near_duplicate']['reason'])}", 2)
    for candidate in story["candidates"]:
        say(f"[dim]{quoted(candidate)}[/]", 2)
