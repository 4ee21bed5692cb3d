"""The wheel holds our packages and their data, and nothing else; nobody else claims our names."""

import importlib.metadata
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from shared_data import ROOT

NAMES = {"connectors", "streams", "dashboards", "seeds"}


@pytest.mark.slow
def test_the_wheel_has_our_packages_and_their_data(tmp_path: Path) -> None:
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--quiet",
            "--no-deps",
            "--wheel-dir",
            str(tmp_path),
            str(ROOT),
        ],
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("biowire-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == NAMES
    for data in (
        "seeds/feeds.opml",
        "seeds/vocabulary/modality.toml",
        "seeds/watchlists/detention.toml",
        "seeds/world/feeds.toml",
    ):
        assert data in names


def test_no_installed_package_shares_our_names() -> None:
    owners = importlib.metadata.packages_distributions()
    for name in NAMES & owners.keys():
        assert set(owners[name]) == {"biowire"}
