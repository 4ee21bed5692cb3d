"""What the feed commands do on the network: one client, one reader, one event loop per command."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from ..console import Context
from ..http import Client
from ..probe import Probe, Prober
from ..reader import Reader
from ..settings import load

_T = TypeVar("_T")


def find(context: Context, url: str, *, verify_tls: bool) -> list[Probe]:
    """The feed at a URL, or those its page names; see Prober.find."""
    return _run(context, lambda prober: prober.find(url, verify_tls=verify_tls))


def look_at_all(context: Context, feeds: list[tuple[str, bool]]) -> list[Probe]:
    """Look at each, in order; see Prober.look_at_all."""
    return _run(context, lambda prober: prober.look_at_all(feeds))


def _run(context: Context, work: Callable[[Prober], Awaitable[_T]]) -> _T:
    settings = load(context.settings)

    async def main() -> _T:
        with Reader() as reader:
            async with Client(settings) as client:
                return await work(Prober(client, reader))

    return asyncio.run(main())
