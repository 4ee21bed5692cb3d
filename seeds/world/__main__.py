"""`python -m seeds.world [serve [PORT]]`: check the files and print what is in them, or serve the world."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections import Counter

from .loading import load
from .records import DEFAULT_PORT, TRAPS, World, WorldError
from .server import serve


def main(arguments: list[str]) -> int:
    """Do as asked; 1 and the problem when a file is wrong or the port is taken."""
    try:
        world = load()
        if arguments[:1] == ["serve"]:
            port = int(arguments[1]) if len(arguments) > 1 else DEFAULT_PORT
            with contextlib.suppress(KeyboardInterrupt):
                asyncio.run(_serve(port))
        else:
            sys.stdout.write("\n".join(summary(world)) + "\n")
    except (WorldError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def summary(world: World) -> list[str]:
    """Say what is in the world, a line for each count."""
    articles = world.articles.values()
    stories = Counter(article.story for article in articles if article.story and not article.copy_of)
    used = {article.trap for article in articles}
    return [
        f"outlets {len(world.outlets)}, feeds {len(world.feeds)}, articles {len(articles)}",
        f"languages {dict(Counter(article.language for article in articles).most_common())}",
        f"relevance {dict(Counter(article.expect.relevance for article in articles))}",
        f"copies {sum(bool(a.copy_of) for a in articles)}",
        f"revised {sum(bool(a.revisions) for a in articles)}",
        f"stories {len(stories)}, with 3 independent reports {sum(n > 2 for n in stories.values())}",
        f"traps {len(TRAPS)}, without an article: {', '.join(t for t in TRAPS if t not in used) or 'none'}",
        f"moments after the opening {len(world.moments)}",
    ]


async def _serve(port: int) -> None:
    async with await serve(port) as running:
        sys.stdout.write(f"The sample world is at {running.url}/ until you press Ctrl+C.\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
