"""The documents have the hyperparameters as the table of the engine has them."""

import json
import re
from pathlib import Path

import pytest

from engine.hyperparameters import HYPERPARAMETERS, Hyperparameter

ROOT = Path(__file__).parents[2]
TECHNIQUES = (ROOT / "docs" / "techniques.md").read_text()


def table_of(document: str, first_cell: str) -> list[str]:
    """Return the rows of the table whose head begins with this cell."""
    found = re.search(rf"^\| {first_cell} \|.*\n\| --- .*\n((?:\|.*\n)+)", document, re.MULTILINE)
    assert found, first_cell
    return found[1].splitlines()


def row_of(one: Hyperparameter) -> str:
    """Return the line of the README that a row of the engine's table comes to."""
    values = re.sub(r'"(\w+)"', r"`\1`", one.allowed.rule())
    default = _code(one.default)
    if one.estimator_default != one.default:
        default += f", of the estimators {_code(one.estimator_default)}"
    return f"| `{one.name}` | {values} | {default} | {one.meaning} |"


def _code(value: object) -> str:
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"


def test_the_readme_has_the_table_of_hyperparameters_row_by_row() -> None:
    rows = table_of((ROOT / "README.md").read_text(), "hyperparameter")

    assert rows == [row_of(one) for one in HYPERPARAMETERS.values()]


FIELDS = [line.rstrip("|").rsplit("|", 1)[1] for line in TECHNIQUES.splitlines() if line.count(" | ") == 4]


@pytest.mark.parametrize("name", HYPERPARAMETERS)
def test_every_hyperparameter_is_the_field_of_a_technique(name: str) -> None:
    assert any(f"`{name}`" in field for field in FIELDS)
