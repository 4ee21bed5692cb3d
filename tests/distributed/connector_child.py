"""A connector in a process of its own, as `biowire connect` runs it, but that every name leads to loopback.

Its days are short: a second of the real clock is some minutes of the schedule, for no feed is asked more often than
once a minute.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys

from connectors.broker import Broker
from connectors.connector import Connector
from connectors.settings import FetchSettings
from dashboards.run import stopping
from tests.distributed.fast_days import hurrying, loopback, quick


async def main(bootstrap: str, prefix: str, member: str, port: str, delay: str) -> None:
    broker = Broker(hosts=(bootstrap,), prefix=prefix)
    settings = FetchSettings(
        allow=(f"127.0.0.1:{port}",), host_delay=float(delay), host_concurrency=1, pages=False
    )
    async with (
        stopping() as stop,
        Connector(broker, settings, member, lookup=loopback, clock=quick) as connector,
    ):
        print("working", flush=True)
        async with hurrying(connector):
            report = await connector.run(stop)
    print(json.dumps({"items": report.items, "feeds": dict(report.feeds)}), flush=True)


if __name__ == "__main__":
    handler = logging.StreamHandler()
    handler.setFormatter(
        logging.Formatter("%(asctime)s %(process)d %(name)s %(message)s %(why)s", defaults={"why": ""})
    )
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    asyncio.run(main(*sys.argv[1:]))
