"""`./run.sh kibana`: write the NDJSON files anew from the definitions, and check them."""

from __future__ import annotations

import sys

from .check import check
from .fields import of_aliases
from .files import files, write


def main() -> int:
    """Write nothing that does not pass the check; 1 when something does not."""
    faults = {str(fault) for text in files().values() for fault in check(text, of_aliases())}
    if faults:
        print("\n".join(sorted(faults)), file=sys.stderr)
        return 1
    changed = list(write())
    print(f"{len(files())} files in dashboards/kibana/ndjson, {len(changed)} changed.")
    return 0


sys.exit(main())
