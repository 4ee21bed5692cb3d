"""The versions a running process is made of, as labels of `biowire_build_info`."""

from __future__ import annotations

import platform
from importlib import metadata

from ..pipeline import PIPELINE_VERSION

_PACKAGES = {
    "version": "biowire",
    "faust": "faust-streaming",
    "aiokafka": "aiokafka",
    "kafka_python": "kafka-python",
    "elasticsearch": "elasticsearch",
}


def versions() -> dict[str, str]:
    """Label to version; empty for a package that is not installed."""
    found = {"pipeline": PIPELINE_VERSION, "python": platform.python_version()}
    for label, package in _PACKAGES.items():
        try:
            found[label] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[label] = ""
    return found
