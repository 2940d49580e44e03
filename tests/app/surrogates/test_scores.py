"""Normal scores depend on the order of costs alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm, rankdata

from app.surrogates import normal_scores

costs = st.lists(st.sampled_from([-1.5, 0.0, 0.25, 3.0, 1e300, np.inf]) | st.floats(allow_nan=False), max_size=60)


@given(costs)
def test_scores_are_the_normal_quantiles_of_mean_ranks(them: list[float]) -> None:
    expected = norm.ppf((rankdata(them) - 0.5) / len(them)) if them else []
    np.testing.assert_allclose(normal_scores(them), expected, atol=1e-12)


@given(costs)
def test_equal_costs_have_equal_scores_whatever_their_order(them: list[float]) -> None:
    scores = dict(zip(them, normal_scores(them).tolist(), strict=True))
    turned = them[::-1]
    assert [scores[one] for one in turned] == normal_scores(turned).tolist()


def test_if_all_are_equal_all_score_0() -> None:
    assert normal_scores([np.inf] * 5).tolist() == pytest.approx([0.0] * 5)
