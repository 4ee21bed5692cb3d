"""dashboards: see the README of the top folder for its place in the path."""
