"""`biowire provision`: give the servers what the distributed mode needs, and say first what that is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from connectors.console import Context, json_option, pass_context
from connectors.errors import UserError
from streams.cli.provision import carry_out
from streams.provision.setup import Part, setup_of

from .kibana.client import Client
from .kibana.definitions import everything
from .kibana.provision import KibanaSetup
from .kibana.server import kibana_of


@click.command()
@click.option("--kibana", metavar="URL", help="Also install dashboards there: http://HOST:5601.")
@click.option("--check", is_flag=True, help="Change nothing; exit code 1 when something differs.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--wait",
    default=0,
    show_default=True,
    type=click.IntRange(0),
    help="Seconds to wait for a server that is not there yet.",
)
@json_option
@pass_context
def provision(context: Context, kibana: str | None, check: bool, yes: bool, wait: int, as_json: bool) -> None:
    """Create or correct topics in Kafka, templates in Elasticsearch, and dashboards in Kibana.

    Works on the servers that are named. Shows what it would change before it changes it. A second run finds
    nothing to do.

    Example: biowire provision --broker kafka://127.0.0.1:9092 --index elasticsearch://127.0.0.1:9200 --yes
    """
    settings = {**context.settings, **({"kibana": kibana} if kibana else {})}
    carry_out(parts_of(settings, datetime.now(UTC)), check=check, yes=yes, wait=wait, as_json=as_json)


def parts_of(settings: Mapping[str, Any], now: datetime) -> list[Part]:
    """The servers the settings name, in the order in which they need each other. Raises UserError."""
    found: list[Part] = []
    if settings.get("broker") or settings.get("index"):
        found.append(setup_of(settings, now))
    if (kibana := kibana_of(settings)) is not None:
        edits = Path(str(settings["kibana_edits"])) if settings.get("kibana_edits") else None
        found.append(KibanaSetup(Client(kibana), everything(str(settings["index_prefix"]), edits)))
    if not found:
        raise UserError(
            "There is no server to provision; name them with --broker kafka://HOST:PORT, "
            "--index elasticsearch://HOST:PORT and --kibana http://HOST:PORT, or in the settings."
        )
    return found
