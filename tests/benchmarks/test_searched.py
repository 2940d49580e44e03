"""Tests of what the benchmark of searched splits posts, and of when it gives a verdict."""

from pathlib import Path

import pytest

from benchmarks.ensembles.searched import CASES, search, verdict
from tests.app.api.serving import serving


@pytest.mark.parametrize("large", [False, True])
def test_the_service_takes_each_search(large: bool, tmp_path: Path) -> None:
    with serving(tmp_path) as (client, _):
        sweep = client.post("/v1/sweeps", json=search("iris", 3, large)).raise_for_status().json()
    assert sweep["reproducible"]
    assert sweep["seed"] == 3


def test_fewer_splits_than_a_target_is_for_leave_it_open() -> None:
    assert verdict(CASES["adult"], [0.9, 0.9]) == ">= 0.857 on 3 splits: open"


def test_the_mean_of_all_splits_meets_or_misses_the_target() -> None:
    assert verdict(CASES["adult"], [0.9, 0.9, 0.9]).endswith("met")
    assert verdict(CASES["adult"], [0.9, 0.8, 0.85]).endswith("missed")
