"""The shape the guide promises: stages in one order, imports upstream, no file or function out of bounds."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from shared_data import ROOT

from streams.pipeline import STAGES

PACKAGES = ("connectors", "streams", "dashboards", "seeds")
FILES = sorted(path for name in PACKAGES for path in (ROOT / name).rglob("*.py"))


def test_imports_point_upstream_and_the_core_touches_nothing() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_each_stage_has_a_core_module_and_a_row_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = [
        line.split("|")[1].strip()
        for line in readme.splitlines()
        if line.startswith("| ") and "streams/core" in line
    ]
    assert tuple(rows) == (*STAGES, "alert", "deliver")  # what follows the index works from documents
    for stage in STAGES:
        assert (ROOT / "streams" / "core" / f"{stage}.py").exists()


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_stay_within_a_few_screens(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert text.count("\n") <= 500
    assert ast.get_docstring(tree), "a module says what it is for and where it stands"
    long = [node.name for node in functions(tree) if (node.end_lineno or 0) - node.lineno + 1 > 60]
    assert long == []


def test_the_environment_is_read_in_one_place() -> None:
    readers = [
        str(path.relative_to(ROOT))
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and node.attr in {"environ", "getenv"}
        and getattr(node.value, "id", "") == "os"
    ]
    assert set(readers) == {"dashboards/cli.py"}


def test_no_module_name_says_nothing() -> None:
    assert not [
        path for path in FILES if path.stem in {"utils", "helpers", "common", "manager", "base", "misc"}
    ]
