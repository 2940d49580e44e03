"""Tests of the counts of answers by class."""

import tracemalloc

import numpy as np

from engine.metrics.confusion import Confusion


def test_examples_answers_and_right_answers_are_counted_by_class_for_each_member() -> None:
    counts = Confusion.of(np.array([[0, 1, 1, 2], [3, 3, 2, 2]]), np.array([0, 1, 2, 2]), classes=4)
    assert counts.there.tolist() == [[1, 1, 2, 0]] * 2
    assert counts.answered.tolist() == [[1, 2, 1, 0], [0, 0, 2, 2]]
    assert counts.found.tolist() == [[1, 1, 1, 0], [0, 0, 2, 0]]


def test_counts_of_many_classes_take_memory_by_their_number_and_not_by_its_square() -> None:
    labels = np.arange(20)
    answered = np.tile(labels, (16, 1))
    tracemalloc.start()
    Confusion.of(answered, labels, classes=1000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16 * 1000 * 8 * 10
