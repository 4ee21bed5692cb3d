"""`biowire deliver`: send what waits, in a process of its own."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter

import click

from connectors.console import Context, json_option, pass_context, print_json
from connectors.errors import UserError

from ..alerting.service import AlertService, posted


@click.command()
@click.option("--once", is_flag=True, help="Send what is due now, and stop.")
@json_option
@pass_context
def deliver(context: Context, *, once: bool, as_json: bool) -> None:
    """Make up messages and send them, until Ctrl-C or SIGTERM. `biowire run` does the same beside its work.

    Any number of these may run at once: each message is sent by one of them.

    Example: biowire deliver --once
    """
    if context.distributed:
        raise UserError("In distributed mode the workers deliver; start one by `biowire worker`.")
    with posted(context) as post:
        service = AlertService(post)
        asyncio.run(service.once() if once else _until_stopped(service))
        result = dict(service.deliverer.settled)
        waiting = len(post.outbox.list(state="pending", limit=1_000_000))
    if as_json:
        print_json({**dict.fromkeys(("delivered", "failed", "muted"), 0), **result, "pending": waiting})
    else:
        click.echo(_said(Counter(result), waiting))


def _said(settled: Counter[str], waiting: int) -> str:
    failed = f", {settled['failed']:,} given up (`biowire alerts list --failed`)" if settled["failed"] else ""
    return f"{settled['delivered']:,} messages sent{failed}; {waiting:,} to be tried again."


async def _until_stopped(service: AlertService) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await service.run(stop)
