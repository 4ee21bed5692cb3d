"""`./run.sh servers`: installs what the tests of the distributed mode start."""

import sys

from .install import MissingError, install


def main() -> int:
    """0 when the servers are ready to be started, 3 when they cannot be had; says what it does."""
    try:
        ready = install()
    except MissingError as error:
        print(f"servers: {error}", file=sys.stderr)
        return 3
    print(f"servers: ready, run by {ready.java}")
    return 0


sys.exit(main())
