"""Training takes its memory in the first epoch; those that follow need no more."""

import gc
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from typing import Any

import numpy as np
import pytest

from engine.augmentation.settings import Augmentation
from engine.population import Population, member_bytes
from engine.spec import Knobs
from tests.engine.stacks import member, random_dataset, tick, training_set

TECHNIQUES: dict[str, dict[str, Any]] = {
    "plain": {},
    "batch norm": {"batch_norm": True},
    "dropout": {"knobs": Knobs(0.01, keep_prob=0.8, input_keep_prob=0.9)},
    "penalties and clipping": {"knobs": Knobs(0.01, l1=0.1, l2=0.1, clip_norm=0.1)},
    "augmentation": {"augment": Augmentation(flip=0.5, tilt=10.0, shift=1.0, zoom=0.1, elastic=0.5)},
}


@pytest.fixture(scope="module")
def alone() -> Iterator[Executor]:
    """A process of its own: what the threads of servers take, that other tests left in this one, is traced too."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        yield pool


@pytest.mark.parametrize("technique", TECHNIQUES)
def test_the_peak_of_an_epoch_after_the_first_grows_by_less_than_one_percent(alone: Executor, technique: str) -> None:
    peaks = alone.submit(_peaks, technique).result()

    assert max(peaks[1:]) < 1.01 * peaks[0]


def _peaks(technique: str) -> list[int]:
    """Return the traced peak of each of five epochs."""
    data = replace(training_set(random_dataset("multiclass", (500, 100, 0), 64)), image=(8, 8, 1), fill=np.zeros(1))
    population = Population(tick)
    specs = [member(data, n, hidden=(512,), batch=64, epochs=99, **TECHNIQUES[technique]) for n in range(4)]
    population.join(data, [(str(n), spec) for n, spec in enumerate(specs)])
    peaks = []
    tracemalloc.start()
    try:
        for _ in range(5):
            gc.collect()  # CPython keeps freed tuples for reuse until then, and they count as taken
            tracemalloc.reset_peak()
            population.train_epoch()
            peaks.append(tracemalloc.get_traced_memory()[1])
    finally:
        tracemalloc.stop()
    return peaks


def test_a_step_leaves_no_memory_behind(alone: Executor) -> None:
    before, after = alone.submit(_held_after_steps).result()

    assert after - before < 4 * 500 * 8, "not even one number for each step"


def _held_after_steps() -> tuple[int, int]:
    """Return what is held after an epoch, and after four more of 500 steps each."""
    data = training_set(random_dataset("multiclass", (500, 100, 0), 64))
    population = Population(tick)
    knobs = Knobs(0.01, keep_prob=0.8, clip_norm=0.1)
    population.join(data, [("a", member(data, hidden=(32,), batch=1, epochs=99, knobs=knobs, batch_norm=True))])
    population.train_epoch()
    tracemalloc.start()
    try:
        population.train_epoch()
        before = _held()
        for _ in range(4):
            population.train_epoch()
        return before, _held()
    finally:
        tracemalloc.stop()


def _held() -> int:
    """Return the traced memory without what CPython keeps for reuse."""
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def test_one_end_moves_rows_in_place_and_many_give_their_memory_back() -> None:
    data = training_set(random_dataset("multiclass", (100, 50, 0), 64))
    specs = [(str(n), member(data, n, hidden=(64,), batch=50, epochs=99)) for n in range(8)]
    population = Population(tick)
    population.join(data, specs)
    population.train_epoch()
    row = member_bytes(specs[0][1].structure, data)
    tracemalloc.start()
    try:
        population.leave(["1"])
        moved = tracemalloc.get_traced_memory()[1]
        population.leave(["0", "2", "3", "4", "5"])
        copied = _held()
    finally:
        tracemalloc.stop()

    assert moved < row / 2
    assert row < copied < 3 * row, "the two that stay have memory of their own"
