"""`biowire backup` and `restore`: the whole instance as one file, and back."""

from __future__ import annotations

from pathlib import Path

import click

from connectors.console import Context, json_option, pass_context, print_json

from ..embedded import SCHEMAS
from ..store_files import back_up, restore_from


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace FILE if it is there already.")
@json_option
@pass_context
def backup(context: Context, file: Path, force: bool, as_json: bool) -> None:
    """Copy the whole store to FILE, also while another biowire writes to it.

    Alerts and what is still to be sent, subscriptions with their history, API tokens and the key that signs
    addresses go with it: keep FILE as you keep a password. Settings and vocabulary of yours do not.

    Example: biowire backup biowire-2023-08-01.db
    """
    size = back_up(context.store, file, force=force)
    if as_json:
        print_json({"file": str(file), "bytes": size})
    else:
        click.echo(f"Wrote {file} ({size / 1e6:.1f} MB).")


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@json_option
@pass_context
def restore(context: Context, file: Path, as_json: bool) -> None:
    """Put the store of FILE in place of the present one, which is kept beside it.

    The file is checked first; a damaged one, or one of a newer biowire, changes nothing. Alerts,
    subscriptions, tokens and key are put back with it, the present ones kept as NAME.before-restore. What
    was sent after the backup may be sent again.

    Example: biowire restore biowire-2023-08-01.db
    """
    kept = restore_from(file, context.store, SCHEMAS)
    if as_json:
        print_json({"store": str(context.store), "kept": str(kept) if kept else None})
    else:
        click.echo(f"Restored {context.store}." + (f" The store before is {kept}." if kept else ""))
