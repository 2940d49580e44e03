"""Tests that SQLite's own words stand in few modules: with another database, these alone are written anew."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import app

ROOT = Path(app.__file__).parent
OWN = {f"storage/{name}.py" for name in ("backup", "connect", "dialect", "faults", "opening")}
"""What is written anew for another database; so are the migrations."""

STANDARD = {"count", "coalesce", "max", "min", "sum", "avg", "length", "lower", "upper"}
"""Functions that every SQL database has."""

WORDS = ("on_conflict_do_", "PRAGMA ", "WITHOUT ROWID", "rowid", "sqlite_version", "INSERT OR ", "GLOB ")
MODULES = [
    path
    for path in sorted(ROOT.rglob("*.py"))
    if (name := path.relative_to(ROOT).as_posix()) not in OWN and not name.startswith("storage/migrations/versions/")
]


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            yield f"{node.module}"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def sql_functions(tree: ast.AST) -> Iterator[str]:
    """Yield what is called of SQLAlchemy's `func`; `max` and `min` of several values are SQLite's alone."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and ast.unparse(node.func.value) == "func"
        ):
            name = node.func.attr
            yield f"{name} of several values" if name in {"max", "min"} and len(node.args) > 1 else name


def foreign(source: str) -> set[str]:
    """Return the words of SQLite's own that a module has."""
    tree = ast.parse(source)
    modules = {name for name in imports(tree) if name.startswith(("sqlite3", "pysqlite3", "sqlalchemy.dialects"))}
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    names = [node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    said = {word for word in WORDS if any(word in text for text in texts + names)}
    return modules | said | (set(sql_functions(tree)) - STANDARD)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_other_module_names_the_dialect(path: Path) -> None:
    assert foreign(path.read_text()) == set()


@pytest.mark.parametrize(
    "source",
    [
        "from sqlalchemy.dialects.sqlite import insert",
        "from sqlalchemy.dialects import sqlite",
        "import sqlite3",
        "func.json_extract(a, '$')",
        "func.max(a, b)",
        "insert(t).on_conflict_do_nothing()",
        "text('PRAGMA optimize')",
    ],
)
def test_a_word_of_the_dialect_is_found(source: str) -> None:
    assert foreign(source)


def test_the_standard_ones_are_not() -> None:
    assert foreign("from sqlalchemy import func\nfunc.max(a)\nfunc.coalesce(a, b)") == set()


def test_the_modules_of_the_dialect_are_there() -> None:
    assert {name for name in OWN if not (ROOT / name).exists()} == set()
    assert ROOT / "storage/results.py" in MODULES
