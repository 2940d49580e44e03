"""Tests of the generator for many counters, against NumPy's, which has one stream."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.samplers.philox import first_words

WORDS = st.integers(0, 2**64 - 1)
FEW = st.lists(WORDS, max_size=5)


def first_of_numpy(seed: int, stream: int, number: int) -> int:
    key, counter = np.array([seed, stream], np.uint64), np.array([0, 0, 0, number], np.uint64)
    return int(np.random.Philox(key=key, counter=counter).random_raw())


@given(WORDS, FEW, FEW)
def test_the_first_words_are_those_of_numpy(seed: int, streams: list[int], numbers: list[int]) -> None:
    found = first_words(seed, streams, numbers)
    assert found.shape == (len(numbers), len(streams))
    assert found.tolist() == [[first_of_numpy(seed, stream, number) for stream in streams] for number in numbers]
