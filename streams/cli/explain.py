"""`biowire explain`: the whole trace of one article."""

from __future__ import annotations

from typing import Any

import click
from rich.console import Console
from rich.markup import escape

from connectors.console import Context, json_option, pass_context, print_json, safe

from ..explain import Explainer
from ..reading import reading
from ..seeds_files import vocabulary


@click.command()
@click.argument("article", metavar="ID|URL")
@json_option
@pass_context
def explain(context: Context, article: str, as_json: bool) -> None:
    """Say where an article came from, what each stage decided and why - also why something was not flagged.

    Example: biowire explain https://example.org/2026/11/face-scans-at-the-border
    """
    with reading(context) as ports:
        trace = Explainer(reading=ports, vocabulary=vocabulary(context.settings)).explain(article)
    if as_json:
        print_json(trace)
    else:
        _Printed(trace)


class _Printed:
    """The trace for people, stage by stage."""

    def __init__(self, trace: dict[str, Any]) -> None:
        self._console = Console(highlight=False)
        self._say(f"[bold]{_quoted(trace['title'])}[/]\n{_quoted(trace['url'])}\nid {trace['id']}")
        self._dedup(trace["dedup"])
        if trace["classify"] is None:
            self._say("\nThere is no document of it: retention removed it, or its item failed.")
            return
        self._classify(trace["classify"])
        self._flag(trace["flag"])
        self._story(trace["story"])

    def _say(self, text: str, indent: int = 0) -> None:
        self._console.print(" " * indent + text, soft_wrap=True)

    def _dedup(self, verdict: dict[str, Any]) -> None:
        count = len(verdict["sightings"])
        self._say(f"\n[bold]dedup[/]: {count} sighting(s), version {verdict['revision']} of the words")
        for one in verdict["sightings"]:
            mark = "[green]speaks[/]" if one["speaks"] else "      "
            self._say(
                f"{mark}  {one.get('outcome', '')}  {_quoted(one['url'])} from {_quoted(one['feed_url'])}", 2
            )
            self._say(_quoted(one.get("reason", "")), 10)

    def _classify(self, verdict: dict[str, Any]) -> None:
        self._say(f"\n[bold]classify[/]: relevance {verdict['relevance']} (score {verdict['score']:.2f})")
        for reason in verdict["reasons"]:
            self._say(f"{reason['weight']:+.2f}  {reason['term']}: {_words(reason)} in {reason['field']}", 2)
        for label in verdict["labels"]:
            words = ", ".join(map(_words, label["reasons"][:4]))
            self._say(f"{label['facet']} {label['id']} {label['score']:.2f}: {words}", 2)

    def _flag(self, verdict: dict[str, Any]) -> None:
        self._say(f"\n[bold]flag[/]: {len(verdict['flags'])} flag(s)")
        for flag in verdict["flags"]:
            place = f"{flag['field']}[{flag['start']}:{flag['end']}]"
            self._say(
                escape(f"{flag['watchlist']} / {flag['term']}: ") + f"{_words(flag)} {escape(place)}", 2
            )
        for blocked in verdict["not_flagged"]:
            what = f"not {blocked['list']} / {blocked['term']}: {_words(blocked)}: {_quoted(blocked['why'])}"
            self._say(f"[dim]{what}[/]", 2)
        if not verdict["flags"] and not verdict["not_flagged"]:
            self._say(f"No term of any watchlist occurs in it ({verdict['terms_searched']}).", 2)

    def _story(self, verdict: dict[str, Any]) -> None:
        outlets = ", ".join(map(_quoted, verdict["sources"]))
        place = f"{verdict['role']} among {verdict['size']} from {outlets}"
        self._say(f"\n[bold]story[/] {verdict['story_id']}: {place}")
        self._say(_quoted(verdict["reason"]), 2)
        if verdict["near_duplicate"]["of"]:
            copy = verdict["near_duplicate"]
            self._say(f"copy of {copy['of']}: {_quoted(copy['reason'])}", 2)
        for kind in ("near_duplicates", "same_event"):
            for other in (verdict["candidates"] or {}).get(kind, ()):
                passed = "passed" if other["passed"] else "failed"
                why = f"{kind.replace('_', ' ')}, {passed} {other['rule']}: {other['of']}: {other['reason']}"
                self._say(f"[dim]{_quoted(why)}[/]", 2)


def _quoted(text: object) -> str:
    return escape(safe(str(text)))


def _words(found: dict[str, Any]) -> str:
    return f"“{_quoted(found['surface'])}”"
