"""Tests of what is said of the cut of a training table."""

import pytest

from engine.data import TableError
from engine.data.parts.cut import Fractions, fractions_for


@pytest.mark.parametrize(
    ("separate", "default", "possible"),
    [
        ([], (0.7, 0.15, 0.15), [(0.8, 0.2, 0.0), (0.5, 0.25, 0.25), (0.333333, 0.333333, 0.333334)]),
        (["dev"], (1.0, 0.0, 0.0), [(0.9, 0.0, 0.1)]),
        (["test"], (0.85, 0.15, 0.0), [(0.5, 0.5, 0.0)]),
        (["dev", "test"], (1.0, 0.0, 0.0), [(1.0, 0.0, 0.0)]),
    ],
)
def test_what_is_cut_from_the_training_table_depends_on_which_parts_have_tables_of_their_own(
    separate: list[str], default: Fractions, possible: list[Fractions]
) -> None:
    assert fractions_for(None, separate) == default
    for said in possible:
        assert fractions_for(said, separate) == said


@pytest.mark.parametrize(
    ("said", "separate", "rules"),
    [
        ((0.7, 0.4, 0.1), [], ["The split 0.7, 0.4, 0.1 sums to 1.2"]),
        ((0.7, 0.4, -0.1), [], ["share that is negative or no number"]),
        ((float("nan"), 0.5, 0.5), [], ["share that is negative or no number"]),
        ((float("inf"), 0.5, 0.5), [], ["share that is negative or no number"]),
        ((0.0, 0.5, 0.5), [], ["leaves nothing to train on"]),
        ((0.9, 0.0, 0.1), [], ["leaves nothing to choose by: give dev a share, or a file of its own"]),
        ((0.9, 0.0, 0.1), ["test"], ["leaves nothing to choose by", "cuts test from the training table"]),
        ((0.8, 0.1, 0.1), ["dev"], ["cuts dev from the training table, but dev has a file of its own"]),
        ((0.8, 0.1, 0.1), ["dev", "test"], ["cuts dev", "cuts test"]),
        ((0.0, 0.0, 0.5), [], ["sums to 0.5", "nothing to train on", "nothing to choose by"]),
    ],
)
def test_fractions_that_make_no_sense_are_refused_with_every_fault(
    said: Fractions, separate: list[str], rules: list[str]
) -> None:
    with pytest.raises(TableError) as caught:
        fractions_for(said, separate)
    assert [fault.about for fault in caught.value.faults] == ["split"] * len(rules)
    for fault, rule in zip(caught.value.faults, rules, strict=True):
        assert rule in fault.detail
