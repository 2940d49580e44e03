"""The NumPy snippet of the README answers as the engine does, whatever the network."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.layers import ACTIVATIONS
from engine.models import FORMATS
from tests.documents.session import ROOT
from tests.documents.snippets import snippets
from tests.engine.models.trained import Trained, raw_inputs, trained


def _logits(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Any, Any], Any]:
    """Run the snippet in a folder with a model and the examples; return the function that it defines."""
    (folder / "model.npz").write_bytes(FORMATS["npz"](trained("multiclass").model))
    shutil.copytree(ROOT / "docs" / "examples", folder / "docs" / "examples")
    np.savetxt(folder / "docs" / "examples" / "flowers_new.csv", np.zeros((2, 7)), delimiter=",", header="x")
    monkeypatch.chdir(folder)
    code = next(one.code for one in snippets((ROOT / "README.md").read_text()) if "def logits" in one.code)
    found: dict[str, Any] = {}
    exec(code, found)  # noqa: S102  # our own README
    function: Callable[[Any, Any], Any] = found["logits"]
    return function


def _labels(one: Trained, logits: np.ndarray) -> list[str]:
    places = logits.argmax(axis=1) if len(one.model.classes) > 2 else (logits[:, 0] > 0.0).astype(int)
    return [one.model.classes[place] for place in places]


@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
@pytest.mark.parametrize("hidden", [(), (6,), (5, 4, 3)])
def test_the_readme_reads_a_model_of_any_depth_and_activation(
    hidden: tuple[int, ...], activation: str, batch_norm: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logits = _logits(tmp_path, monkeypatch)
    for task in ("binary", "multiclass"):
        one = trained(task, hidden, activation, batch_norm=batch_norm)
        (tmp_path / "other.npz").write_bytes(FORMATS["npz"](one.model))
        inputs = raw_inputs(one.model, one.rows)

        with np.load(tmp_path / "other.npz") as file:
            found = logits(file, inputs.astype(np.float64))

        assert _labels(one, found) == list(one.model.predict(one.rows).values)
