"""Tests of Hyperband: the brackets of the paper."""

from app.schedulers.hyperband import Hyperband


def test_brackets_have_the_sizes_of_the_paper() -> None:
    """Table 1 of Li et al.: R = 81 and eta = 3 give 81, 34, 15, 8 and 5 trials."""
    found = [Hyperband().bracket({}, 81, index) for index in range(6)]
    assert [one.size for one in found] == [81, 34, 15, 8, 5, 81]
    assert [list(one.rungs) for one in found[:5]] == [
        [1, 3, 9, 27, 81],
        [3, 9, 27, 81],
        [9, 27, 81],
        [27, 81],
        [81],
    ]
