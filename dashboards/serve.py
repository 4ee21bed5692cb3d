"""`biowire serve`: pages and HTTP API of an instance, by themselves; `run` serves them beside its work."""

from __future__ import annotations

import asyncio
import sys

import click

from connectors.console import Context, json_option, pass_context, print_json

from .api.opening import OwnWriting
from .run import stopping
from .server import Place, listen, serving


@click.command()
@click.option("--host", help="Address to listen on [default: the setting web_host].")
@click.option("--port", type=click.IntRange(0, 65535), help="Port; 0: a free one [default: web_port].")
@json_option
@pass_context
def serve(context: Context, host: str | None, port: int | None, as_json: bool) -> None:
    """Serve the web pages and the HTTP API, until Ctrl-C or SIGTERM. See docs/web.md and docs/api.md.

    Fetches nothing: for an instance that another process fills, or that is only looked at.

    With --json, the first line says where: {"url": …, "port": …}.

    Example: biowire serve --port 8383
    """
    place = listen(
        context,
        host or context.settings["web_host"],
        context.settings["web_port"] if port is None else port,
        neighbours=port is None,
    )
    asyncio.run(_until_stopped(context, place, as_json=as_json))


async def _until_stopped(context: Context, place: Place, *, as_json: bool) -> None:
    async with stopping() as stop, serving(context, place, OwnWriting(context)):
        if as_json:
            print_json({"url": place.url, "port": place.port})
        elif sys.stderr.isatty():
            click.echo(f"Open {place.url} in a browser. Ctrl-C stops.", err=True)
        await stop.wait()
