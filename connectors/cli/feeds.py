"""`biowire feeds`: the feed list, the health of each feed, and finding feeds in the first place."""

from __future__ import annotations

import contextlib
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from ..answers import Fetched
from ..console import Context, json_option, pass_context, print_json, print_lines, read_bytes, safe
from ..database import Database, Schema
from ..errors import UserError
from ..feed_changes import code, revive
from ..opml import read_opml, write_opml
from ..probe import Probe
from ..records import Feed
from ..state import FeedState, FeedStateStore
from ..state.memory import MemoryFeedStateStore
from ..state.sqlite import SCHEMA, SqliteFeedStateStore
from .feed_health import as_dict, probe_dict, probe_line, table
from .probing import find, look_at_all

SCHEMAS: tuple[Schema, ...] = (SCHEMA,)

PERSPECTIVES = ("industry", "civil-society", "regulator", "mainstream", "local", "research", "government")
KINDS = (
    "press",
    "ngo",
    "regulator",
    "government",
    "court",
    "research",
    "press-release",
    "company",
    "community",
)


@contextlib.contextmanager
def opened(context: Context, *, writer: bool) -> Iterator[FeedStateStore]:
    """The feed list, of this home or in Kafka. Raises UserError when it cannot be used."""
    if context.distributed:
        from ..feed_editor import feed_editor
        from ..kafka_errors import broker_needed

        with feed_editor(broker_needed(context.settings)) as store:
            yield store
        return
    database = Database(context.store, SCHEMAS, writer=writer)
    try:
        yield SqliteFeedStateStore(database)
    finally:
        database.close()


def known_feeds(context: Context) -> list[FeedState]:
    """Every feed on the list; none where there is no list yet."""
    if not context.distributed and not context.store.exists():
        return []
    with opened(context, writer=False) as store:
        try:
            return store.all()
        except sqlite3.OperationalError:  # a store that was made before any feed was added
            return MemoryFeedStateStore().all()


@click.group()
def feeds() -> None:
    """The feeds that are followed: add, remove, list, check, find, import and export them.

    Example: biowire feeds add https://example.org
    """


@feeds.command(
    help="""Follow a feed: URL of the feed, or of a site that names one.

\b
Example:
  biowire feeds add https://www.example.org/ --country GB --kind ngo --perspective civil-society
"""
)
@click.argument("url")
@click.option("--title", help="Name of the publisher; default what the feed calls itself.")
@click.option("--country", help="Country of the publisher, two letters (ISO 3166).")
@click.option("--kind", type=click.Choice(KINDS), help="What kind of source it is.")
@click.option("--perspective", type=click.Choice(PERSPECTIVES), help="From where it looks at things.")
@click.option("--language", help="Language of the feed, two letters; default what it declares.")
@click.option(
    "--full-text",
    type=click.Choice(["auto", "always", "never"]),
    help="When article pages are fetched; default auto, for entries of few words.",
)
@click.option(
    "--interval", type=click.IntRange(0), help="Seconds between fetches; default 0, adapts to the feed."
)
@click.option("--no-verify-tls", is_flag=True, help="Accept an invalid certificate of this feed.")
@click.option("--unchecked", is_flag=True, help="Do not fetch anything now; add the URL as it is.")
@json_option
@pass_context
def add(
    context: Context, /, *, url: str, no_verify_tls: bool, unchecked: bool, as_json: bool, **fields: Any
) -> None:
    """Look at the URL, find the feed, put it on the list. Raises UserError with what is wrong.

    For a feed on the list already, what is said now replaces what was said; a retired one is followed again.
    """
    said = {name: value for name, value in fields.items() if value is not None}
    feed, others = adding(context, url, said, verify_tls=not no_verify_tls, unchecked=unchecked)
    with opened(context, writer=True) as store:
        done = keep(store, feed, said)
    if as_json:
        print_json({"url": feed.url, "title": feed.title, "outcome": done, "others": others})
        return
    words = {"added": "Added", "updated": "Updated", "known": "Already on the list:"}
    click.echo(safe(f"{words[done]} {feed.url}  {feed.title}"))
    for other in others:
        click.echo(safe(f"  also on that page: {other}"))


def adding(
    context: Context, url: str, said: dict[str, Any], *, verify_tls: bool, unchecked: bool
) -> tuple[Feed, tuple[str, ...]]:
    """The feed at a URL with what is `said` of it, and others its page names. Raises UserError.

    Codes in `said` are written the usual way from then on.
    """
    said |= {name: code(name, said[name]) for name in ("country", "language") if said.get(name)}
    feed = Feed(url=url, verify_tls=verify_tls, **said)
    if unchecked:
        _check_address(context, url)
        return feed, ()
    return _found(feed, find(context, url, verify_tls=verify_tls))


def keep(store: FeedStateStore, feed: Feed, said: Mapping[str, Any]) -> str:
    """Put the feed on the list, or what is said of it: `added`, `updated` or `known`."""
    known = store.get(feed.url)
    if known is None:
        store.add([feed])
        return "added"
    changed = replace(known.feed, **said, verify_tls=feed.verify_tls)
    if changed == known.feed and not known.state.retired:
        return "known"
    store.update(changed)
    if known.state.retired:
        revive(store, feed.url)
    return "updated"


def _found(feed: Feed, probes: list[Probe]) -> tuple[Feed, tuple[str, ...]]:
    """The feed as it turned out to be, and others its page names."""
    best = probes[0]
    if best.parsed is None or not isinstance(best.answer, Fetched):
        raise UserError(f"{feed.url} was not added. {best.reason}")
    found = replace(
        feed,
        url=best.answer.permanent_url or best.url,
        title=feed.title or best.parsed.title,
        site_url=best.parsed.link,
    )
    return found, tuple(probe.url for probe in probes[1:])


def _check_address(context: Context, url: str) -> None:
    from ..guard import Guard, Refused
    from ..settings import load

    try:
        Guard(load(context.settings).allow).check_url(url)
    except Refused as cause:
        raise UserError(f"{url} was not added. {cause}") from cause


@feeds.command(help="Stop following feeds.\n\n\b\nExample:\n  biowire feeds remove https://example.org/feed")
@click.argument("urls", nargs=-1, required=True, metavar="URL...")
@json_option
@pass_context
def remove(context: Context, *, urls: tuple[str, ...], as_json: bool) -> None:
    """Take feeds off the list, all or none. Raises UserError for one that is not on it."""
    with opened(context, writer=True) as store:
        for url in urls:
            if store.get(url) is None:
                raise UserError(f"{url} is not on the list. See `biowire feeds list`.")
        removed = [url for url in urls if store.remove(url)]
    if as_json:
        print_json({"removed": removed})
    else:
        click.echo(safe("\n".join(f"Removed {url}" for url in removed)))


@feeds.command(name="list", help="Feeds and their health.\n\n\b\nExample:\n  biowire feeds list --failing")
@click.option("--failing", is_flag=True, help="Only those with trouble, or retired.")
@json_option
@pass_context
def list_feeds(context: Context, *, failing: bool, as_json: bool) -> None:
    """Print each feed with last success, interval, next fetch, and what is wrong in words."""
    known = known_feeds(context)
    if failing:
        known = [one for one in known if one.state.failure or one.state.retired]
    if as_json:
        print_lines(as_dict(one) for one in known)
    else:
        click.echo(safe(table(known)))


@feeds.command(
    help="""Fetch feeds now and say what is wrong; nothing is stored. Without URL: the whole list.

\b
Example:
  biowire feeds check https://example.org/feed
"""
)
@click.argument("urls", nargs=-1, metavar="[URL]...")
@json_option
@pass_context
def check(context: Context, *, urls: tuple[str, ...], as_json: bool) -> None:
    """Look at each feed. Exit code 2 when one of them cannot be read."""
    listed = {one.feed.url: one.feed.verify_tls for one in known_feeds(context)}
    if not urls and not listed:
        raise UserError("There is no feed on the list. Add one with `biowire feeds add URL`.")
    wanted = [(url, listed.get(url, True)) for url in urls or listed]
    probes = look_at_all(context, wanted)
    if as_json:
        print_lines(probe_dict(probe) for probe in probes)
    else:
        click.echo(safe("\n".join(probe_line(probe) for probe in probes)))
    bad = sum(probe.parsed is None for probe in probes)
    if bad:
        raise UserError(f"{bad} of {len(probes)} feeds cannot be read.")


@feeds.command(
    help="Find the feeds of a site.\n\n\b\nExample:\n  biowire feeds discover https://example.org/"
)
@click.argument("url")
@json_option
@pass_context
def discover(context: Context, *, url: str, as_json: bool) -> None:
    """Print the feeds behind a URL. Raises UserError when there is none."""
    probes = find(context, url, verify_tls=True)
    if probes[0].parsed is None:
        raise UserError(f"No feed was found at {url}. {probes[0].reason}")
    if as_json:
        print_lines(probe_dict(probe) for probe in probes)
    else:
        click.echo(safe("\n".join(probe_line(probe) for probe in probes)))


@feeds.command(
    name="import", help="Follow the feeds of an OPML file.\n\n\b\nExample:\n  biowire feeds import feeds.opml"
)
@click.argument("file", metavar="FILE.opml")
@json_option
@pass_context
def import_feeds(context: Context, *, file: str, as_json: bool) -> None:
    """Add every feed of the file that is not on the list yet, all or none."""
    found = read_opml(read_bytes(file))
    if not found:
        raise UserError(f"{file} names no feed.")
    with opened(context, writer=True) as store:
        new = store.add(found)
    if as_json:
        print_json({"feeds": len(found), "added": new})
    else:
        click.echo(f"{new} of {len(found)} feeds added; the others were on the list already.")


@feeds.command(help="Write the feed list as OPML.\n\n\b\nExample:\n  biowire feeds export my-feeds.opml")
@click.argument("file", metavar="[FILE]", default="-")
@pass_context
def export(context: Context, *, file: str) -> None:
    """Write the list to a file, or to standard output. Raises UserError when it cannot be written."""
    document = write_opml(tuple(one.feed for one in known_feeds(context)), "biowire feeds")
    if file == "-":
        sys.stdout.buffer.write(document)
        return
    try:
        Path(file).write_bytes(document)
    except OSError as cause:
        raise UserError(f"{file} cannot be written: {cause.strerror}.") from cause
