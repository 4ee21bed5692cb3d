"""`./run.sh bench [name ...] [--quick]`: run benchmarks and print what they measured, one JSON object each.

Each compares with a peer in the same run and reports ratios: absolute times belong to a machine, ratios travel.
"""

from __future__ import annotations

import argparse
import importlib
import json
from pathlib import Path

NAMES = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith("_"))


def main() -> None:
    """Parse the arguments and run."""
    parser = argparse.ArgumentParser(prog="./run.sh bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; all by default")
    parser.add_argument("--quick", action="store_true", help="smaller data, wider error")
    given = parser.parse_args()
    if unknown := set(given.names) - set(NAMES):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}; choose from {', '.join(NAMES)}")
    for name in given.names or NAMES:
        measured = importlib.import_module(f"benchmarks.{name}").run(given.quick)
        print(json.dumps({"benchmark": name, **measured}, ensure_ascii=False, default=str), flush=True)


if __name__ == "__main__":
    main()
