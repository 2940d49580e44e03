"""Tests of what the live benchmark posts, and of when it says that a search came to the mark."""

import io
from pathlib import Path

import numpy as np
import pytest

from benchmarks.search.live_cases import BUDGET_EPOCHS, CASES, Reached, as_npz, body, reached
from engine.data import load_builtin
from tests.app.api.serving import serving


def test_a_search_is_at_the_mark_with_its_first_trial_that_is_as_good() -> None:
    trials = [(3.0, 40, 0.3), (4.5, 40, 0.1), (9.0, 40, 0.05)]
    assert reached(trials, 0.1) == Reached(4.5, 80, 0.1, reached=True)


def test_a_search_that_never_comes_to_the_mark_counts_whole() -> None:
    assert reached([(3.0, 40, 0.3), (4.5, 40, 0.1)], 0.01) == Reached(4.5, BUDGET_EPOCHS, 0.1, reached=False)


def test_what_is_uploaded_holds_each_part_as_it_is() -> None:
    digits = load_builtin("digits")
    with np.load(io.BytesIO(as_npz(digits))) as file:
        assert all(np.array_equal(file[name], getattr(digits, name)) for name in file.files)
        assert len(file.files) == 6


@pytest.mark.parametrize("kind", ["random", "thaw"])
def test_the_service_takes_what_is_uploaded_and_each_sweep(kind: str, tmp_path: Path) -> None:
    case = CASES[0]
    with serving(tmp_path) as (client, _):
        file = {"file": ("digits.npz", as_npz(load_builtin("digits")))}
        client.post("/v1/datasets", data={"name": case.name}, files=file).raise_for_status()
        sweep = client.post("/v1/sweeps", json=body(case, kind, 3, target=0.1)).raise_for_status().json()
    assert sweep["reproducible"]
    assert sweep["budget"]["epochs"] == BUDGET_EPOCHS
