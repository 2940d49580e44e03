"""Tests of redraws: points meet their constraints, and follow from their number alone."""

from dataclasses import replace

import numpy as np

from app.domain.space import IntParameter, Space
from app.planning.drawing import draw
from app.samplers.philox import first_words
from tests.app.planning.test_drawing import SPEC

PARAMETERS = {"batch_size": IntParameter(1, 512), "epochs": IntParameter(1, 100)}
FREE = replace(SPEC, space=Space(PARAMETERS), fixed={})
BOUND = replace(FREE, space=Space(PARAMETERS, ("batch_size <= 2 * epochs", "epochs > 10")))


def test_all_points_meet_the_constraints_and_those_that_did_so_at_once_stay() -> None:
    free = [trial.params for trial in draw(FREE, "0" * 64, 0, 300, ())]
    bound = [trial.params for trial in draw(BOUND, "0" * 64, 0, 300, ())]
    kept = [BOUND.space.admits(point, {}) for point in free]
    assert all(BOUND.space.admits(point, {}) for point in bound)
    assert 0 < sum(kept) < 150
    assert [new == old for new, old in zip(bound, free, strict=True)] == kept


def test_a_redraw_is_the_same_whichever_trials_are_drawn_together() -> None:
    together = [trial.params for trial in draw(BOUND, "0" * 64, 0, 40, ())]
    alone = [trial.params for number in range(40) for trial in draw(BOUND, "0" * 64, number, 1, ())]
    assert together == alone


def test_the_words_of_a_block_are_those_of_numpys_generator() -> None:
    found = first_words(7, [11], [3], 5)[0, 0]
    generator = np.random.Philox(key=np.array([7, 11], np.uint64), counter=np.array([5, 0, 0, 3], np.uint64))
    assert found == generator.random_raw()
