"""The commands of this folder, mounted by `dashboards.cli`."""
