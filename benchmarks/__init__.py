"""Ratios against peers, measured in one run: `./run.sh bench`."""
