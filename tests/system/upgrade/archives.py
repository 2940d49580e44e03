"""What an older version left in archives, and how this version's work is held against what that one made of it."""

import base64
import json
import zipfile
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, final

import httpx
import numpy as np
import pytest
from numpy.testing import assert_allclose
from numpy.typing import NDArray

from app.models.files import predict_file
from tests.system.tables import made_with, result_tables

Json = dict[str, Any]

_TRIAL_METRICS = (
    *("train_loss", "train_error", "dev_loss", "dev_error", "test_error"),
    *("train_rmse", "dev_rmse", "test_rmse"),
)
_EPOCH_METRICS = ("train_loss", "dev_loss", "dev_error", "dev_rmse")
"""The columns that the older version had in place of metrics by name."""


@final
class Archives:
    """`before.zip` and `after.zip` in a folder, as the script beside them made them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def after(self) -> Json:
        """What the older version made of its data folder: the ids of its sweeps, their ends, models, predictions."""
        with zipfile.ZipFile(self._folder / "after.zip") as archive:
            made: Json = json.loads(archive.read("after.json"))
        return made

    def unpack(self, folder: Path) -> Path:
        """Make `folder` the data folder as the older version left it; return it."""
        with zipfile.ZipFile(self._folder / "before.zip") as archive:
            archive.extractall(folder)
        return folder

    def predicted(self, client: httpx.Client, name: str) -> list[Json]:
        """Return what the best model of a sweep says of the rows that the older version predicted."""
        sweep, asked = self.after["ids"][name], self.after["predictions"][name]
        answer = client.post(f"/v1/sweeps/{sweep}/trials/{asked['trial']}/predict", json={"rows": asked["rows"]})
        items: list[Json] = answer.raise_for_status().json()["items"]
        return items

    def on_this_machine(self, data: Path, name: str) -> bool:
        """Return whether all weights of a sweep were made with the older version's processor and libraries."""
        return made_with(data, self.after["ids"][name]) == [self.after["ends"][name]["made_with"]]

    def require_same_end(self, data: Path, name: str) -> None:
        """Require the older version's trials, curves and weights, to the bit if the machine was the same."""
        wanted, found = self.after["ends"][name], result_tables(data, self.after["ids"][name])
        trials = [[*row[:3], *_columns(row[3], _TRIAL_METRICS), *row[4:]] for row in found["trials"]]
        epochs = [[*row[:2], *_columns(row[2], _EPOCH_METRICS)] for row in found["epochs"]]
        weights = [[base64.b64decode(row[-1]) for row in wanted["models"]], [row[-1] for row in found["models"]]]
        assert [row[0] for row in found["models"]] == [row[0] for row in wanted["models"]]
        if self.on_this_machine(data, name):
            assert trials == wanted["trials"]
            assert epochs == wanted["epochs"]
            assert weights[0] == weights[1]
            return
        # Another processor or library may differ in the last bits, by which an example may change sides.
        assert [row[:3] for row in trials] == [row[:3] for row in wanted["trials"]]
        assert_allclose(_numbers(trials, slice(3, 12)), _numbers(wanted["trials"], slice(3, 12)), 1e-3, 0.04)
        assert_allclose(_numbers(epochs, slice(0, 4)), _numbers(wanted["epochs"], slice(0, 4)), 1e-3, 1e-4)
        # Adam divides a gradient by its own size: where it is nearly zero, the last bit turns a weight the other way.
        for one, other in zip(*weights, strict=True):
            assert np.isclose(np.frombuffer(one, "<f4"), np.frombuffer(other, "<f4"), 1e-3, 1e-3).mean() > 0.8

    def require_same_predictions(self, name: str, items: list[Json]) -> None:
        """Require what the older version predicted: of `items`, that came over REST, and of its model files."""
        old = self.after["predictions"][name]
        for item, wanted in zip(items, old["items"], strict=True):
            assert item == _about(wanted)
        for content in old["files"].values():
            text = predict_file(base64.b64decode(content), old["csv"].encode()).as_csv()
            found, wanted = _split(text), _split(old["predicted"])
            assert found[0] == wanted[0]
            assert found[1] == pytest.approx(wanted[1], rel=1e-5, abs=1e-7)


def _columns(metrics: Mapping[str, float], names: Sequence[str]) -> list[float | None]:
    return [metrics.get(name) for name in names]


def _about(item: Json) -> Json:
    """Return a prediction that equals those with nearly its numbers."""
    numbers = "probabilities" if "probabilities" in item else "prediction"
    return {**item, numbers: pytest.approx(item[numbers], rel=1e-3, abs=1e-5)}


def _numbers(rows: Any, columns: slice) -> NDArray[np.float64]:
    return np.array([list(row)[columns] for row in rows], np.float64)


def _split(text: str) -> tuple[list[str], list[float]]:
    """Return the names in predictions written as CSV, and the numbers."""
    cells = ",".join(text.split()).split(",")
    are_numbers = [cell.lstrip("-")[0].isdigit() for cell in cells]
    words = [cell for cell, is_number in zip(cells, are_numbers, strict=True) if not is_number]
    return words, [float(cell) for cell, is_number in zip(cells, are_numbers, strict=True) if is_number]
