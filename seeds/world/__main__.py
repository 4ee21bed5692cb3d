"""`python -m seeds.world`: check the sample world's files and print what is in them."""

from __future__ import annotations

import sys
from collections import Counter

from . import WorldError, load
from .records import TRAPS


def main() -> int:
    """Print counts; 1 and the problem when a file is wrong."""
    try:
        world = load()
    except WorldError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    articles = world.articles.values()
    stories = Counter(article.story for article in articles if article.story and not article.copy_of)
    used = {article.trap for article in articles}
    lines = [
        f"outlets {len(world.outlets)}, feeds {len(world.feeds)}, articles {len(articles)}",
        f"languages {dict(Counter(article.language for article in articles).most_common())}",
        f"relevance {dict(Counter(article.expect.relevance for article in articles))}",
        f"copies {sum(bool(a.copy_of) for a in articles)}",
        f"revised {sum(bool(a.revisions) for a in articles)}",
        f"stories {len(stories)}, with 3 independent reports {sum(n > 2 for n in stories.values())}",
        f"traps {len(TRAPS)}, without an article: {', '.join(t for t in TRAPS if t not in used) or 'none'}",
        f"moments after the opening {len(world.moments)}",
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
