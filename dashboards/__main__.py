"""`python -m dashboards` is the command `biowire`."""

import sys

from .cli import main

sys.exit(main())
