"""The NumPy snippet of the README answers as the engine does, whatever the network."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.data.table import CategoricalColumn, Table
from engine.layers import ACTIVATIONS
from engine.models import FORMATS
from tests.documents.session import ROOT
from tests.documents.snippets import snippets
from tests.engine.models.trained import TASKS, trained

Predict = Callable[[Any, list[dict[str, str]]], list[Any]]


@pytest.fixture(scope="module")
def predict() -> Predict:
    """The function that the snippet defines; its last lines read files."""
    code = next(one.code for one in snippets((ROOT / "README.md").read_text()) if "def predict" in one.code)
    found: dict[str, Any] = {}
    exec(code.partition("\nwith np.load")[0], found)  # noqa: S102  # our own README
    function: Predict = found["predict"]
    return function


def _cells(table: Table) -> list[dict[str, str]]:
    """Return rows as csv.DictReader reads them from a file."""
    texts = {}
    for column in table.columns:
        given = column.values if isinstance(column, CategoricalColumn) else map(repr, column.values.tolist())
        missing = (
            [value is None for value in column.values] if isinstance(column, CategoricalColumn) else column.missing
        )
        texts[column.name] = ["" if gone else cell for cell, gone in zip(given, missing, strict=True)]
    return [dict(zip(texts, row, strict=True)) for row in zip(*texts.values(), strict=True)]


@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
@pytest.mark.parametrize("hidden", [(), (6,), (5, 4, 3)])
def test_the_readme_reads_a_model_of_any_depth_and_activation_and_of_any_task(
    hidden: tuple[int, ...], activation: str, batch_norm: bool, tmp_path: Path, predict: Predict
) -> None:
    for task in TASKS:
        one = trained(task, hidden, activation, batch_norm=batch_norm)
        (tmp_path / "other.npz").write_bytes(FORMATS["npz"](one.model))
        with np.load(tmp_path / "other.npz") as file:
            found = predict(file, _cells(one.rows))
        wanted = list(one.model.predict(one.rows).values)
        assert found == (pytest.approx(wanted, rel=1e-4) if task == "regression" else wanted)


def test_the_readme_takes_a_word_that_training_did_not_have_for_a_missing_one(tmp_path: Path, predict: Predict) -> None:
    one = trained("binary")
    (tmp_path / "other.npz").write_bytes(FORMATS["npz"](one.model))
    rows = _cells(one.rows)
    with np.load(tmp_path / "other.npz") as file:
        unknown, missing = ([{**row, "words": word} for row in rows] for word in ("violet", ""))
        assert predict(file, unknown) == predict(file, missing)
