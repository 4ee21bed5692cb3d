"""`biowire kibana`: bring home what people changed in Kibana."""

from __future__ import annotations

from pathlib import Path

import click

from connectors.console import Context, json_option, pass_context, print_json, safe
from connectors.errors import UserError

from .client import Client
from .definitions import everything
from .edited import edits, write
from .provision import exported, ready
from .server import kibana_of


@click.group()
def kibana() -> None:
    """Work with the dashboards in Kibana; `biowire provision --kibana URL` installs them.

    Example: biowire kibana pull --kibana http://127.0.0.1:5601 --into edits
    """


@kibana.command()
@click.option("--kibana", "address", metavar="URL", help="Instead of the setting kibana.")
@click.option("--into", metavar="DIR", help="Folder to write to, instead of the setting kibana_edits.")
@json_option
@pass_context
def pull(context: Context, address: str | None, into: str | None, as_json: bool) -> None:
    """Save what people changed in Kibana, one readable file for each object.

    Saved are objects of ours that differ from what this version has, and any that carry the tag biowire. With
    the folder in the setting kibana_edits, `biowire provision` installs these files instead of its own.

    Example: biowire kibana pull --kibana http://127.0.0.1:5601 --into edits
    """
    settings = {**context.settings, **({"kibana": address} if address else {})}
    named, folder = kibana_of(settings), into or str(settings["kibana_edits"])
    if named is None:
        raise UserError("Which Kibana? Name it with --kibana http://HOST:PORT, or in the setting kibana.")
    if not folder:
        raise UserError("Where to? Name a folder with --into DIR, or in the setting kibana_edits.")
    client = Client(named)
    ready(client)
    found = edits(everything(str(settings["index_prefix"])), exported(client))
    written = write(Path(folder), found)
    if as_json:
        print_json({"pulled": [one.key for one in found], "into": folder})
        return
    for one, path in zip(found, written, strict=True):
        click.echo(safe(f"{one.key} -> {path}"))
    if not found:
        click.echo("Nothing differs from what this version has.")
