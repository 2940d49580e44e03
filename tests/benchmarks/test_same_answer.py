"""A sweep of each reproducible pair on small curves is the same with 1 and with 7 virtual workers."""

from pathlib import Path

from benchmarks.search.same_answer import PAIRS, main
from tests.app.simulation.files import small_curves


def test_a_sweep_of_each_pair_is_the_same_with_one_worker_and_with_seven(tmp_path: Path) -> None:
    assert len(PAIRS) >= 24
    assert main(small_curves(tmp_path), len(PAIRS)) == 0
